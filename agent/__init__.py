"""Wardbeat's agent: measurements come in at one side, only sealed summaries go out at the other."""

import sys

__version__ = "0.2.0"
__built__ = "2026-11-01"  # no right clock says an earlier day; raised with each release

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts it with an older Python reads this, not a traceback
    raise SystemExit("Wardbeat needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031

"""The log's last wall: device addresses are taken out of every line, whoever wrote it.

Our own code logs none (tests/laws); libraries do, in warnings and in tracebacks.
"""

import logging
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from agent.system.output import one_line, printable

_LINE_S: Final = 60.0

# F0:12:..., F0_12_... in a D-Bus path, f0-12-..., and the UUIDs that macOS gives instead
_ADDRESS: Final = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:_-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])"
    r"|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"
)


def without_addresses(text: str) -> str:
    """Text with every device address replaced.

    >>> without_addresses("/org/bluez/hci0/dev_F0_00_00_00_00_01 is gone")
    '/org/bluez/hci0/dev_(address) is gone'
    """
    return _ADDRESS.sub("(address)", text)


class Formatter(logging.Formatter):
    """One event a line, without addresses and without commands to the terminal; tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(without_addresses(super().format(record)))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name in logging.Formatter
        # what is logged may be a stranger's: it must not look like a second line of the log
        record.message = one_line(record.message)
        return super().formatMessage(record)


def to_system() -> None:
    """Set the log of this process up: the journal where it reads us, Windows' event log without a console, stderr."""
    handler: logging.Handler
    if "JOURNAL_STREAM" in os.environ and (journal := _journal()) is not None:
        handler = journal
        handler.setFormatter(Formatter("%(message)s"))  # the journal has time, level and module as fields
    elif sys.platform == "win32" and sys.stderr is None:
        from agent.system.event_log import EventLogHandler

        handler = EventLogHandler()
        handler.setFormatter(Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


def _journal() -> logging.Handler | None:
    from agent.system import journal  # only where a service manager started this process

    return journal.JournalHandler() if journal.is_read_by_journal() else None


class Tally:
    """Events that somebody else may cause as often as he likes: one log line a minute, with how many of each.

    Args:
        log: Where the line goes.
        words: What it begins with.
        now_s: A clock that never jumps.
    """

    def __init__(self, log: logging.Logger, words: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._log, self._words, self._now_s = log, words, now_s
        self._counts: Counter[str] = Counter()
        self._next_s = now_s()

    def count(self, reason: str, number: int = 1) -> None:
        """Count, and write the line when its minute has come."""
        self._counts[reason] += number
        if self._now_s() < self._next_s:
            return
        self._next_s = self._now_s() + _LINE_S
        self._log.warning("%s: %s", self._words, ", ".join(f"{n} {name}" for name, n in sorted(self._counts.items())))
        self._counts.clear()

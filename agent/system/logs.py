"""The log's last wall: device addresses are taken out of every line, whoever wrote it.

Our own code logs none (tests/laws); libraries do, in warnings and in tracebacks.
"""

import logging
import re
import sys
from typing import Final

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
    """One event a line, without addresses; tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return without_addresses(super().format(record))


def to_stderr() -> None:
    """Set the log of this process up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])

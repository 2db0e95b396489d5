"""The log as fields of systemd's journal, where the service manager reads this process's error output.

Source: "Native Journal Protocol", systemd.io/JOURNAL_NATIVE_PROTOCOL: one datagram an entry, ``NAME=value`` lines; a
value with a line break is written as its name, its length in 64 bits little-endian, and its bytes.
"""

import logging
import os
import socket
import struct
import sys
import uuid
from pathlib import Path
from typing import Final

from agent.system.events import Event

SOCKET: Final = Path("/run/systemd/journal/socket")
_NAMESPACE: Final = uuid.UUID("0b6b52b6-2f0c-4a6e-8f0e-7d3a6d0c5e21")  # drawn once, for lines that are no event
_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG: Final = 7


def is_read_by_journal() -> bool:
    """Whether this process's error output is the stream of the journal that systemd names (systemd.exec(5))."""
    named = os.environ.get("JOURNAL_STREAM", "")
    try:
        seen = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return named == f"{seen.st_dev}:{seen.st_ino}" and SOCKET.exists()


class JournalHandler(logging.Handler):
    """Sends each record with its fields; what cannot be sent is written to the error output.

    Args:
        place: The journal's socket.
    """

    def __init__(self, place: Path = SOCKET) -> None:
        super().__init__()
        self._place, self._instead = place, logging.StreamHandler()

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 - the name in logging.Handler
        """Format records so, on both ways."""
        super().setFormatter(fmt)
        self._instead.setFormatter(fmt)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        if sys.platform == "win32":
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
                way.settimeout(1.0)
                way.sendto(entry(fields(record, self.format(record))), str(self._place))
        except OSError:
            self._instead.emit(record)


def fields(record: logging.LogRecord, text: str) -> dict[str, str]:
    """The journal's fields of a record.

    Args:
        record: As it was logged.
        text: Its line, without addresses.
    """
    found = {
        "MESSAGE": text,
        "PRIORITY": str(next((value for level, value in _PRIORITIES if record.levelno >= level), _DEBUG)),
        "SYSLOG_IDENTIFIER": "wardbeat",
        "CODE_MODULE": record.name,
        # the same for each line of one place in the program, whatever it names
        "MESSAGE_ID": uuid.uuid5(_NAMESPACE, f"{record.name} {record.msg}").hex,
    }
    event = getattr(record, "event", None)
    if isinstance(event, Event):
        found |= {
            "MESSAGE_ID": event.message_id,
            "WARDBEAT_EVENT": event.name,
            "WARDBEAT_PART": event.part,
            "WARDBEAT_STATE": "trouble" if event.is_trouble else "over",
            "WARDBEAT_CAUSE": event.cause,
            "WARDBEAT_REMEDY": event.remedy,
        }
    return found


def entry(of: dict[str, str]) -> bytes:
    """The bytes of one datagram."""
    parts = []
    for name, value in of.items():
        raw = value.encode("utf-8", "replace")
        if b"\n" in raw:
            parts.append(name.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n")
        else:
            parts.append(name.encode() + b"=" + raw + b"\n")
    return b"".join(parts)

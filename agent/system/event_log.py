"""The events in Windows' own event log, under the source "Wardbeat" of the log "Application".

The installer names EventCreate.exe as the file with the texts: it shows an event's string for numbers of 1 to 1000.
Source: ReportEventW and RegisterEventSourceW, learn.microsoft.com/windows/win32/api/winbase.
"""

import ctypes
import logging
import sys
from typing import Final, Protocol

from agent.system.events import Event

SOURCE: Final = "Wardbeat"
_KINDS: Final = ((logging.ERROR, 1), (logging.WARNING, 2))  # EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE
_INFORMATION: Final = 4
NO_EVENT: Final = 1000
"""The number of a line that is no event."""


class Reports(Protocol):
    """Where events go."""

    def report(self, kind: int, number: int, text: str) -> None:
        """Write one.

        Raises:
            OSError: It was not written.
        """


class WindowsReports:
    """The system's own."""

    def report(self, kind: int, number: int, text: str) -> None:
        """Write one."""
        if sys.platform != "win32":
            raise OSError("there is no event log on this system")
        library = ctypes.WinDLL("advapi32", use_last_error=True)
        library.RegisterEventSourceW.restype = ctypes.c_void_p
        source = library.RegisterEventSourceW(None, SOURCE)
        if not source:
            raise OSError(ctypes.get_last_error(), "the event log cannot be opened")
        try:
            strings = (ctypes.c_wchar_p * 1)(text)
            if not library.ReportEventW(ctypes.c_void_p(source), kind, 0, number, None, 1, 0, strings, None):
                raise OSError(ctypes.get_last_error(), "the event log cannot be written")
        finally:
            library.DeregisterEventSource(ctypes.c_void_p(source))


class EventLogHandler(logging.Handler):
    """Reports events, and every other line from a warning up.

    Args:
        reports: Where to.
    """

    def __init__(self, reports: Reports | None = None) -> None:
        super().__init__()
        self._reports = reports or WindowsReports()

    def emit(self, record: logging.LogRecord) -> None:
        """Report one record."""
        event = getattr(record, "event", None)
        if not isinstance(event, Event) and record.levelno < logging.WARNING:
            return
        number = event.number if isinstance(event, Event) else NO_EVENT
        kind = next((value for level, value in _KINDS if record.levelno >= level), _INFORMATION)
        try:
            self._reports.report(kind, number, self.format(record))
        except OSError:
            self.handleError(record)

"""From bytes to the lines that matter of each event and zone: unfolded, bounded, without a copy of the rest.

An attachment, a description, a place or a guest is dropped here, before any library sees it.

Source: RFC 5545 section 3.1 (content lines, folding) and 3.6 (components).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from agent.days.calendar.reasons import Reason

LINE_MOST: Final = 64 * 1024
LINES_MOST: Final = 10_000
DEPTH_MOST: Final = 32
_PIECE: Final = re.compile(rb"[^\r\n]+")
_NAME: Final = re.compile(rb"[^:;]*")
_OF_EVENT: Final = frozenset(
    b"DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID STATUS TRANSP UID SEQUENCE DTSTAMP LAST-MODIFIED"
    b" SUMMARY CATEGORIES X-MICROSOFT-CDO-ALLDAYEVENT X-MICROSOFT-CDO-BUSYSTATUS".split()
)
_OF_ZONE: Final = frozenset(b"TZID DTSTART RRULE RDATE TZOFFSETFROM TZOFFSETTO".split())
_OTHERS: Final = frozenset((b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"VAVAILABILITY"))
_RULES: Final = frozenset((b"STANDARD", b"DAYLIGHT"))

Line = tuple[bytes, bytes | None]
"""A property's name in capitals, and the whole line; None where it is too long."""


@dataclass(slots=True)
class RawEvent:
    """Lines of one event."""

    lines: list[Line] = field(default_factory=list)
    broken: Reason | None = None


@dataclass(slots=True)
class RawZone:
    """Lines of one zone, and of each of its parts (standard time, summer time)."""

    lines: list[Line] = field(default_factory=list)
    rules: list[list[Line]] = field(default_factory=list)


@dataclass(slots=True)
class RawCalendar:
    """One calendar of a file.

    Attributes:
        events, zones: Those that have an end line.
        is_cancelled: The file says so of all of them.
        cut: Events without an end line.
        others: Tasks, journals, free/busy.
    """

    events: list[RawEvent] = field(default_factory=list)
    zones: list[RawZone] = field(default_factory=list)
    is_cancelled: bool = False
    cut: int = 0
    others: int = 0


def calendars(data: bytes) -> list[RawCalendar]:
    """All calendars of a file, one after the other; entries outside of any form one more."""
    scan = _Scan()
    for name, line in _lines(_utf8(data)):
        if name == b"BEGIN":
            scan.begin(_value(line))
        elif name == b"END":
            scan.end(_value(line))
        else:
            scan.keep(name, line)
    scan.drop_event()
    return scan.found


def _utf8(data: bytes) -> bytes:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data


def _value(line: bytes | None) -> bytes:
    return (line or b"").partition(b":")[2].strip().upper()[:64]


def _lines(data: bytes) -> Iterator[Line]:
    """Unfolded lines. Of one that is too long only the name is kept."""
    parts: list[bytes] = []
    size = 0
    for match in _PIECE.finditer(data):
        length = match.end() - match.start()
        if parts and data[match.start()] in b" \t":
            size += length - 1
            if size <= LINE_MOST:
                parts.append(data[match.start() + 1 : match.end()])
            continue
        if parts:
            yield _line(parts, size)
        size = length
        parts = [data[match.start() : min(match.end(), match.start() + LINE_MOST)]]
    if parts:
        yield _line(parts, size)


def _line(parts: list[bytes], size: int) -> Line:
    line = b"".join(parts)
    name = _NAME.match(line[:64])
    return (name[0] if name else b"").lstrip(b"\xef\xbb\xbf").strip().upper(), line if size <= LINE_MOST else None


class _Scan:
    """Where in the file we are."""

    def __init__(self) -> None:
        self.found: list[RawCalendar] = []
        self._calendar: RawCalendar | None = None
        self._event: RawEvent | None = None
        self._zone: RawZone | None = None
        self._rule: list[Line] | None = None
        self._inner: list[bytes] = []  # parts of an event, or of something else, that are not looked into
        self._deeper = 0

    def begin(self, what: bytes) -> None:
        if what == b"VCALENDAR":
            self._close_all()
            self._calendar = RawCalendar()
            self.found.append(self._calendar)
        elif what == b"VEVENT":
            self._close_all()
            self._event = RawEvent()
            self._here().events.append(self._event)
        elif self._event is None and not self._inner and what == b"VTIMEZONE":
            self._zone, self._rule = RawZone(), None
            self._here().zones.append(self._zone)
        elif self._zone is not None and not self._inner and what in _RULES:
            self._rule = []
            self._zone.rules.append(self._rule)
        elif len(self._inner) >= DEPTH_MOST:
            self._deeper += 1
            if self._event is not None:
                self._event.broken = Reason.TOO_DEEP
        else:
            if what in _OTHERS and self._event is None and not self._inner:
                self._here().others += 1
            self._inner.append(what)

    def end(self, what: bytes) -> None:
        if self._deeper and what != b"VEVENT":
            self._deeper -= 1
        elif what == b"VEVENT":
            self._event, self._inner, self._deeper = None, [], 0
        elif what == b"VCALENDAR":
            self._close_all()
            self._calendar = None
        elif what in self._inner:
            while self._inner.pop() != what:
                pass
        elif what == b"VTIMEZONE":
            self._zone = self._rule = None
        elif what in _RULES:
            self._rule = None

    def keep(self, name: bytes, line: bytes | None) -> None:
        if self._inner:
            return
        if self._event is not None:
            if name in _OF_EVENT:
                if len(self._event.lines) >= LINES_MOST:
                    self._event.broken = Reason.TOO_MANY_DATES
                else:
                    self._event.lines.append((name, line))
        elif self._zone is not None:
            lines = self._zone.lines if self._rule is None else self._rule
            if name in _OF_ZONE and len(lines) < LINES_MOST:
                lines.append((name, line))
        elif name == b"METHOD" and self._calendar is not None:
            self._calendar.is_cancelled = _value(line) == b"CANCEL"

    def drop_event(self) -> None:
        """An event that another begin, or the file's end, cut off."""
        if self._event is not None:
            here = self._here()
            here.events.pop()  # the last one: it is still open
            here.cut += 1
        self._event = None

    def _close_all(self) -> None:
        self.drop_event()
        self._zone = self._rule = None
        self._inner, self._deeper = [], 0

    def _here(self) -> RawCalendar:
        if self._calendar is None:
            self._calendar = RawCalendar()
            self.found.append(self._calendar)
        return self._calendar

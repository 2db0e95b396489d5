"""One property at a time, by icalendar: a line becomes a moment, a list of them, or a length.

icalendar parses values here and never resolves a zone: it would make a floating time of one that it does not know.

Source: RFC 5545 section 3.3.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from icalendar.parser import Contentline
from icalendar.prop import vDDDTypes, vDuration

from agent.days.calendar.content import Line
from agent.days.calendar.reasons import Reason
from agent.days.calendar.refused import FOREIGN, EntryRefused
from agent.days.calendar.zones import UTC_ZONE, Floating, Zone

DATES_MOST: Final = 10_000
# a zone's name with a colon and without quotation marks: DTSTART;TZID=(UTC+01:00) Amsterdam:20260302T090000
_LOOSE: Final = re.compile(r'[\w-]+;(?:[^"]*;)?TZID=([^"]*):([^:"]*)', re.IGNORECASE)
_LENGTH: Final = re.compile(r"([-+]?)(P(?:\d+[WD])*)(T.*)?")

ZoneOf = Callable[[str], Zone]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it is written.

    Attributes:
        wall: On the clock of the zone, without a tzinfo; midnight for a date.
        zone: None for a date.
    """

    wall: datetime
    zone: Zone | None

    @property
    def is_date(self) -> bool:
        return self.zone is None

    @property
    def is_floating(self) -> bool:
        return isinstance(self.zone, Floating)


@dataclass(frozen=True, slots=True)
class Length:
    """A duration. Days follow the clock on the wall; the rest is real time (RFC 5545 section 3.3.6).

    Attributes:
        days: Whole days.
        rest: What is beyond them.
        is_on_wall: The rest follows the clock, too: the length comes from an end that was written as a time.
    """

    days: int
    rest: timedelta
    is_on_wall: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A start with an end or a length."""

    start: Moment
    end: Moment | Length


@dataclass(frozen=True, slots=True)
class Property:
    """A line in its parts."""

    parameters: Mapping[str, str]
    value: str


def of_name(lines: Sequence[Line], name: bytes) -> list[bytes]:
    """Each line of a property.

    Raises:
        EntryRefused: One is too long.
    """
    found = [line for its_name, line in lines if its_name == name]
    if any(line is None for line in found):
        raise EntryRefused(Reason.LINE_TOO_LONG)
    return [line for line in found if line is not None]


def text_of(line: bytes) -> str:
    """UTF-8, or what old exporters wrote instead."""
    try:
        return line.decode("utf-8").lstrip("\ufeff").strip()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").strip()


def split(line: bytes) -> Property:
    """A line in its parts, as icalendar finds them.

    Raises:
        EntryRefused: It is no property.
    """
    try:
        _, parameters, value = Contentline(text_of(line)).raw_parts()
    except FOREIGN as error:
        raise EntryRefused(Reason.BAD_VALUE) from error
    return Property({key.upper(): str(parameters[key]) for key in parameters}, value.strip())


def simple_value(lines: Sequence[Line], name: bytes) -> str:
    """The value of a property of one word, in capitals; empty without one."""
    found = of_name(lines, name)
    return text_of(found[-1]).rpartition(":")[2].strip().upper() if found else ""


def moments(line: bytes, zone_of: ZoneOf) -> list[Moment | Period]:
    """Every date, time or period of a line.

    Raises:
        EntryRefused: A value is none, its zone is unknown, or there are too many.
    """
    loose = _LOOSE.fullmatch(text_of(line))
    parts = Property({"TZID": loose[1]}, loose[2]) if loose is not None and ":" in loose[1] else split(line)
    words = [word for word in parts.value.split(",") if word.strip()]  # an empty list is one without dates
    if len(words) > DATES_MOST:
        raise EntryRefused(Reason.TOO_MANY_DATES)
    return [_moment_or_period(word.strip(), parts.parameters.get("TZID"), zone_of) for word in words]


def one_moment(line: bytes, zone_of: ZoneOf) -> Moment:
    """The date or time of a line that holds one.

    Raises:
        EntryRefused: It holds none, or another kind of value.
    """
    found = moments(line, zone_of)
    if len(found) != 1 or not isinstance(found[0], Moment):
        raise EntryRefused(Reason.BAD_VALUE)
    return found[0]


def _moment_or_period(word: str, tzid: str | None, zone_of: ZoneOf) -> Moment | Period:
    first, slash, second = word.partition("/")
    start = _moment(first, tzid, zone_of)
    if not slash:
        return start
    return Period(start, length(second) if second[:2].strip("+-").startswith("P") else _moment(second, tzid, zone_of))


def _moment(word: str, tzid: str | None, zone_of: ZoneOf) -> Moment:
    try:
        value = vDDDTypes.from_ical(word.upper())
    except FOREIGN as error:
        raise EntryRefused(Reason.BAD_VALUE) from error
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return Moment(value.astimezone(UTC).replace(tzinfo=None), UTC_ZONE)
        return Moment(value, Floating() if tzid is None else zone_of(tzid))
    if isinstance(value, date):
        return Moment(datetime(value.year, value.month, value.day), None)  # noqa: DTZ001 - a date has no zone
    raise EntryRefused(Reason.BAD_VALUE)


def length(word: str) -> Length:
    """A duration; icalendar checks it, and would make 24 hours of a day.

    Raises:
        EntryRefused: It is none, or absurd.

    >>> length("P1DT2H")
    Length(days=1, rest=datetime.timedelta(seconds=7200), is_on_wall=False)
    """
    parts = _LENGTH.fullmatch(word.strip().upper())
    try:
        if parts is None:
            raise EntryRefused(Reason.BAD_VALUE)
        sign = -1 if parts[1] == "-" else 1
        days = vDuration.from_ical(parts[2]).days if parts[2] != "P" else 0
        rest = vDuration.from_ical("P" + parts[3]) if parts[3] else timedelta()
        return Length(sign * days, sign * rest)
    except FOREIGN as error:
        raise EntryRefused(Reason.BAD_VALUE) from error

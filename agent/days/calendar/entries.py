"""One event from its lines: when, how long, how often, and whether it counts. What it is called stays behind.

Source: RFC 5545 section 3.6.1 and 3.8.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from agent.days.calendar.content import RawEvent
from agent.days.calendar.properties import (
    DATES_MOST,
    Length,
    Moment,
    Period,
    ZoneOf,
    length,
    moments,
    of_name,
    one_moment,
    simple_value,
    text_of,
)
from agent.days.calendar.reasons import Mark, Reason
from agent.days.calendar.refused import EntryRefused
from agent.days.calendar.rules import Rule, rule
from agent.days.calendar.titles import Name
from agent.days.calendar.zones import Zone

SPAN_MOST_S: Final = 31 * 86_400
_YEARS: Final = range(1900, 2201)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a file.

    Attributes:
        uid: Its name within the file; empty without one.
        version: (sequence, stamp): the greater one is newer.
        start: When it starts.
        span: How long each occurrence lasts: on the wall where the file gives an end, as written where it gives a
            duration.
        end_utc_s: The first occurrence's end, where the file gives it.
        rules, dates, exceptions: RRULE, RDATE, EXDATE.
        replaces: The occurrence of another entry of the same uid that this one stands for (RECURRENCE-ID).
        and_future: It also stands for all later ones.
        mark: What the person said of its title; None: nothing.
        has_name: It has a title or a category.
        names: These, where the person asks to see them; else empty.
    """

    uid: str
    version: tuple[int, str]
    start: Moment
    span: Length
    end_utc_s: int | None
    rules: tuple[Rule, ...]
    dates: tuple[Moment | Period, ...]
    exceptions: tuple[Moment, ...]
    replaces: Moment | None
    and_future: bool
    is_cancelled: bool
    is_transparent: bool
    is_all_day: bool
    mark: Mark | None
    has_name: bool
    names: tuple[Name, ...]

    @property
    def zone(self) -> Zone | None:
        return self.start.zone


Named = Callable[[RawEvent], tuple[Mark | None, tuple[Name, ...], bool]]
"""An entry's mark, its names if they are asked for, and whether it has any."""


def entry(raw: RawEvent, zone_of: ZoneOf, named: Named, *, is_cancelled: bool) -> Entry:
    """An event from its lines.

    Raises:
        EntryRefused: By name, whatever is wrong with it.
    """
    if raw.broken is not None:
        raise EntryRefused(raw.broken)
    lines = raw.lines
    replaces = [one_moment(line, zone_of) for line in of_name(lines, b"RECURRENCE-ID")]
    start = _start(lines, zone_of, replaces, is_cancelled=is_cancelled or simple_value(lines, b"STATUS") == "CANCELLED")
    is_all_day = start.is_date or simple_value(lines, b"X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE"
    if not is_all_day and start.wall.year not in _YEARS:
        raise EntryRefused(Reason.DATE_OUT_OF_RANGE)
    span, end_utc_s = _span(lines, start, zone_of)
    mark, names, has_name = named(raw)
    dates, exceptions = (_listed(lines, name, zone_of) for name in (b"RDATE", b"EXDATE"))
    if of_name(lines, b"EXRULE"):  # of RFC 2445; leaving it out would make shifts that were none
        raise EntryRefused(Reason.RULE_UNREADABLE)
    return Entry(
        uid=_word(lines, b"UID"),
        version=(_sequence(lines), simple_value(lines, b"LAST-MODIFIED") or simple_value(lines, b"DTSTAMP")),
        start=start,
        span=span,
        end_utc_s=end_utc_s,
        rules=tuple(rule(text_of(line).partition(":")[2]) for line in of_name(lines, b"RRULE")[:4]),
        dates=tuple(dates),
        exceptions=tuple(date.start if isinstance(date, Period) else date for date in exceptions),
        replaces=replaces[0] if replaces else None,
        and_future=b"THISANDFUTURE" in b"".join(of_name(lines, b"RECURRENCE-ID")).upper(),
        is_cancelled=is_cancelled or simple_value(lines, b"STATUS") == "CANCELLED",
        is_transparent=simple_value(lines, b"TRANSP") == "TRANSPARENT"
        or simple_value(lines, b"X-MICROSOFT-CDO-BUSYSTATUS") == "FREE",
        is_all_day=is_all_day,
        mark=mark,
        has_name=has_name,
        names=names,
    )


def _listed(lines: Sequence[tuple[bytes, bytes | None]], name: bytes, zone_of: ZoneOf) -> list[Moment | Period]:
    found: list[Moment | Period] = []
    for line in of_name(lines, name):
        found += moments(line, zone_of)
        if len(found) > DATES_MOST:
            raise EntryRefused(Reason.TOO_MANY_DATES)
    return found


def _start(
    lines: Sequence[tuple[bytes, bytes | None]], zone_of: ZoneOf, replaces: Sequence[Moment], *, is_cancelled: bool
) -> Moment:
    found = of_name(lines, b"DTSTART")
    if found:
        return one_moment(found[0], zone_of)
    if replaces and is_cancelled:  # a cancelled occurrence needs no start
        return replaces[0]
    raise EntryRefused(Reason.NO_START)


def _span(lines: Sequence[tuple[bytes, bytes | None]], start: Moment, zone_of: ZoneOf) -> tuple[Length, int | None]:
    """How long it lasts, and its end where the file gives one."""
    ends, durations = of_name(lines, b"DTEND"), of_name(lines, b"DURATION")
    if ends:
        return span_to(start, one_moment(ends[0], zone_of))
    if durations:
        return checked(length(text_of(durations[0]).partition(":")[2])), None
    return Length(1 if start.is_date else 0, timedelta()), None


def span_to(start: Moment, end: Moment) -> tuple[Length, int | None]:
    """The time between two moments on the clock of the first, and the second in s of UTC (None for dates).

    Raises:
        EntryRefused: The end lies before the start, is of another kind, or far away.
    """
    if start.zone is None or end.zone is None:
        if start.is_date != end.is_date:
            raise EntryRefused(Reason.MIXED_TIMES)
        return checked(Length((end.wall - start.wall).days, timedelta())), None
    if start.is_floating != end.is_floating:
        raise EntryRefused(Reason.MIXED_TIMES)
    if end.wall.year not in _YEARS:
        raise EntryRefused(Reason.TOO_LONG)
    end_utc_s = end.zone.utc_s(end.wall)
    if end_utc_s < start.zone.utc_s(start.wall):
        raise EntryRefused(Reason.END_BEFORE_START)
    on_the_wall = start.zone.wall(end_utc_s) - start.wall
    # over a clock that is set back, the end may read earlier than the start
    days, rest = divmod(max(on_the_wall, timedelta()), timedelta(days=1))
    return checked(Length(days, rest, is_on_wall=True)), end_utc_s


def checked(span: Length) -> Length:
    """The same length, if a person's entry can have it.

    Raises:
        EntryRefused: It is negative or longer than 31 days.
    """
    whole = timedelta(days=span.days) + span.rest if abs(span.days) < 10**6 else timedelta.max
    if whole < timedelta():
        raise EntryRefused(Reason.END_BEFORE_START)
    if whole.total_seconds() > SPAN_MOST_S:
        raise EntryRefused(Reason.TOO_LONG)
    return span


def _sequence(lines: Sequence[tuple[bytes, bytes | None]]) -> int:
    word = simple_value(lines, b"SEQUENCE")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0


def _word(lines: Sequence[tuple[bytes, bytes | None]], name: bytes) -> str:
    found = of_name(lines, name)
    return text_of(found[0]).partition(":")[2].strip() if found else ""

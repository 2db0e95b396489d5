"""From entries to occurrences within a window: rules, lists of dates, exceptions, moved and cancelled occurrences.

An occurrence ends at the time on the wall that its entry gives: a night shift from 21 to 7 ends at 7 every night, and
lasts 11 hours where clocks are set back. (By RFC 5545 section 3.8.5.3 all would last as long as the first one, and that
night would end at 6, an hour before the shift does.) A duration in hours is real time.

Source: RFC 5545 section 3.8.4.4 and 3.8.5.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from agent.days.calendar.entries import SPAN_MOST_S, Entry, checked, span_to
from agent.days.calendar.properties import Length, Moment, Period
from agent.days.calendar.reasons import Mark, Reason
from agent.days.calendar.refused import EntryRefused
from agent.days.calendar.rules import OCCURRENCES_MOST, Rule, starts
from agent.days.calendar.zones import EPOCH, Zone, seconds

_MARGIN: Final = timedelta(days=2)  # wall-clock time is less than two days from the same number in UTC
_LATER_MOST: Final = 366
_VERSIONS_MOST: Final = 3
_SHIFT_MOST: Final = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of one entry.

    Attributes:
        start_s, end_s: In s of UTC; of a floating one, on the person's clock.
        entry: What it comes from: its mark, and whether it counts.
        is_endless: It belongs to a series without an end: it does not show how far the calendar was filled in.
        rest_s: The last part of it that is real time and not time on the wall; 0 unless it is floating.
    """

    start_s: int
    end_s: int
    entry: Entry
    mark: Mark | None
    is_endless: bool = False
    rest_s: int = 0

    @property
    def is_floating(self) -> bool:
        return self.entry.start.is_floating


@dataclass(slots=True)
class Series:
    """Entries of one uid: those that stand for themselves, and those that replace an occurrence of them."""

    masters: list[Entry] = field(default_factory=list)
    changes: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked at, [low, high) in s of UTC."""

    low_utc_s: int
    high_utc_s: int

    @property
    def low(self) -> datetime:
        return EPOCH + timedelta(seconds=self.low_utc_s)

    @property
    def high(self) -> datetime:
        return EPOCH + timedelta(seconds=self.high_utc_s)


def grouped(entries: Iterable[Entry]) -> tuple[list[Series], int]:
    """Entries by uid, the newest version of each alone; how many older ones were left out.

    A uid that more entries have than an entry has versions is no name: some roster systems write one for all.
    """
    by_uid: dict[str, list[Entry]] = defaultdict(list)
    for number, entry in enumerate(entries):
        by_uid[entry.uid or f"\0{number}"].append(entry)
    found, older = [], 0
    for of_uid in by_uid.values():
        series = Series()
        masters = [entry for entry in of_uid if entry.replaces is None]
        series.masters = _newest(masters) if len(masters) <= _VERSIONS_MOST else masters
        changes: dict[object, list[Entry]] = defaultdict(list)
        for entry in of_uid:
            if entry.replaces is not None:
                changes[_place(entry.replaces)].append(entry)
        for versions in changes.values():
            series.changes.append(_newest(versions)[-1])
        older += len(of_uid) - len(series.masters) - len(series.changes)
        found.append(series)
    return found, older


def _newest(entries: Sequence[Entry]) -> list[Entry]:
    greatest = max((entry.version for entry in entries), default=None)
    return [entry for entry in entries if entry.version == greatest]


def _place(moment: Moment) -> tuple[bool, int]:
    """Where an occurrence was: by its day for a date, else by its moment."""
    zone = moment.zone
    return (True, seconds(moment.wall)) if zone is None else (False, zone.utc_s(moment.wall))


def occurrences(series: Series, window: Window, is_over: Callable[[], bool] = lambda: False) -> Iterator[Occurrence]:
    """All occurrences of a series that touch the window; all-day ones have no hours and are left out.

    Args:
        series: Entries of one uid.
        window: What is looked at.
        is_over: Whether the time for the file is used up; it is called before each entry.

    Raises:
        EntryRefused: A rule cannot be followed or gives too many, there are too many changes, or the time is used up.
    """
    alone = {_place(change.replaces): change for change in series.changes if change.replaces is not None}
    later = sorted(
        (change for change in series.changes if change.and_future and change.replaces is not None),
        key=lambda change: _place(change.replaces)[1] if change.replaces is not None else 0,
    )
    if len(later) > _LATER_MOST or len(series.changes) > OCCURRENCES_MOST:
        raise EntryRefused(Reason.TOO_MANY_DATES)
    cancelled = max((entry.version[0] for entry in series.masters if entry.is_cancelled), default=-1)
    for entry in series.masters:
        _go_on(is_over)
        if entry.is_all_day or entry.is_cancelled or entry.zone is None:
            continue
        yield from _of_master(entry, entry.zone, window, alone, later)
    for change in series.changes:
        _go_on(is_over)
        if change.is_all_day or change.is_cancelled or change.zone is None or change.version[0] <= cancelled:
            continue
        mark = change.mark if change.has_name else _inherited(series)
        yield from (_marked(found, mark) for found in _of_change(change, change.zone, window))


def _go_on(is_over: Callable[[], bool]) -> None:
    if is_over():
        raise EntryRefused(Reason.OUT_OF_TIME)


def _inherited(series: Series) -> Mark | None:
    return next((entry.mark for entry in series.masters), None)


def _marked(found: Occurrence, mark: Mark | None) -> Occurrence:
    return replace(found, mark=mark)


def _of_master(
    entry: Entry, zone: Zone, window: Window, alone: dict[tuple[bool, int], Entry], later: Sequence[Entry]
) -> Iterator[Occurrence]:
    for start, end, is_endless in _times(entry, zone, window, _SHIFT_MOST if later else timedelta()):
        place = zone.utc_s(start)
        day = seconds(start.replace(hour=0, minute=0, second=0))
        if (False, place) in alone or (True, day) in alone:
            continue
        change = next((one for one in reversed(later) if _is_from(one, place, day)), None)
        if change is None:
            found = _occurrence(entry, zone, start, end, is_endless=is_endless)
        elif change.is_cancelled or change.rules or change.dates or change.is_all_day or change.zone is None:
            continue  # it is cancelled, or the change lists its times itself
        else:
            moved = _moved(change, change.zone, place)
            mark = change.mark if change.has_name else entry.mark
            found = _marked(_occurrence(change, change.zone, moved, None, is_endless=is_endless), mark)
        if _touches(found, window):
            yield found


def _of_change(change: Entry, zone: Zone, window: Window) -> Iterator[Occurrence]:
    for start, end, is_endless in _times(change, zone, window, timedelta()):
        found = _occurrence(change, zone, start, end, is_endless=is_endless)
        if _touches(found, window):
            yield found


def _is_from(change: Entry, place: int, day: int) -> bool:
    if change.replaces is None:
        return False
    is_date, at = _place(change.replaces)
    return (day if is_date else place) >= at


def _moved(change: Entry, zone: Zone, place: int) -> datetime:
    """A later occurrence, moved on the wall as far as the changed one was."""
    replaced = change.replaces
    if replaced is None or replaced.zone is None:  # by its day: it takes the time of day of the change
        old = zone.wall(place)
        return old.replace(
            hour=change.start.wall.hour, minute=change.start.wall.minute, second=change.start.wall.second
        )
    by = change.start.wall - zone.wall(replaced.zone.utc_s(replaced.wall))
    if abs(by) > _SHIFT_MOST:
        raise EntryRefused(Reason.TOO_LONG)
    return zone.wall(place) + by


Time = tuple[datetime, Moment | Length | None, bool]
"""A start on the wall, its own end if it has one, and whether it belongs to a series without an end."""


def _times(entry: Entry, zone: Zone, window: Window, further: timedelta) -> list[Time]:
    """Starts of an entry around the window, by time, without exceptions."""
    reach = timedelta(seconds=SPAN_MOST_S) + _MARGIN + further
    low, high = window.low - reach, window.high + _MARGIN + further
    found: dict[int, Time] = {}
    ends = [_until(rule, zone) for rule in entry.rules]
    for rule, until in zip(entry.rules, ends, strict=True):
        for start in starts(rule, entry.start.wall, until, low, high):
            found.setdefault(zone.utc_s(start), (start, None, rule.is_endless))
    if not ends or any(until is None or until >= entry.start.wall for until in ends):
        found.setdefault(zone.utc_s(entry.start.wall), (entry.start.wall, None, False))
    for date in entry.dates:
        moment, end = (date.start, date.end) if isinstance(date, Period) else (date, None)
        start = _on(moment, zone, entry.start.wall)
        if low <= start <= high:
            found[zone.utc_s(start)] = (start, end, False)
    if len(found) > OCCURRENCES_MOST:
        raise EntryRefused(Reason.RULE_TOO_LONG)
    gone = {_place(moment) for moment in entry.exceptions}
    return [
        found[place]
        for place in sorted(found)
        if (False, place) not in gone and (True, _midnight(found[place][0])) not in gone
    ]


def _midnight(start: datetime) -> int:
    return seconds(start.replace(hour=0, minute=0, second=0))


def _on(moment: Moment, zone: Zone, first: datetime) -> datetime:
    """A listed date on the clock of the entry; a date without a time takes the time of the first start."""
    if moment.zone is None:
        return moment.wall.replace(hour=first.hour, minute=first.minute, second=first.second)
    return zone.wall(moment.zone.utc_s(moment.wall))


def _until(rule: Rule, zone: Zone) -> datetime | None:
    if rule.until is None or not rule.until_is_utc:
        return rule.until
    return zone.wall(seconds(rule.until))


def _occurrence(
    entry: Entry, zone: Zone, start: datetime, end: Moment | Length | None, *, is_endless: bool
) -> Occurrence:
    start_s = zone.utc_s(start)
    span = checked(end) if isinstance(end, Length) else entry.span
    if isinstance(end, Moment):
        span, end_utc_s = span_to(Moment(start, zone), end)
        end_s = end_utc_s if end_utc_s is not None else _end_s(zone, start, span)
    elif end is None and entry.end_utc_s is not None and start == entry.start.wall:
        end_s = entry.end_utc_s
    else:
        end_s = _end_s(zone, start, span)
    rest_s = 0 if span.is_on_wall or not entry.start.is_floating else round(span.rest.total_seconds())
    return Occurrence(start_s, max(end_s, start_s), entry, entry.mark, is_endless, rest_s)


def _end_s(zone: Zone, start: datetime, span: Length) -> int:
    rest = span.rest if span.is_on_wall else timedelta()
    end_s = zone.utc_s(start + timedelta(days=span.days) + rest)
    return end_s if span.is_on_wall else end_s + round(span.rest.total_seconds())


def _touches(found: Occurrence, window: Window) -> bool:
    margin_s = round(_MARGIN.total_seconds()) if found.is_floating else 0
    return found.start_s < window.high_utc_s + margin_s and found.end_s >= window.low_utc_s - margin_s

"""One file, from its bytes to what leaves the reading process: times, marks and counts."""

import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.days.calendar.content import RawCalendar, RawEvent, calendars
from agent.days.calendar.entries import Entry, entry
from agent.days.calendar.own_zones import OwnZones
from agent.days.calendar.reasons import Mark, Reason
from agent.days.calendar.refused import FOREIGN, EntryRefused
from agent.days.calendar.series import Occurrence, Series, Window, grouped, occurrences
from agent.days.calendar.titles import Name, digest, mark_of, names_of

FOUND_MOST: Final = 100_000
SERIES_MOST: Final = 20_000
TITLES_MOST: Final = 2_000


Row = tuple[int, int, int, int, int, int]
"""Start and end in s, 1 for a shift, 1 for floating, 1 for endless, s at its end that are real time."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of every file.

    Attributes:
        window: What is looked at.
        key: Of the digests.
        marks: By digest.
        wants_titles: Titles are asked for, and no times.
        cpu_s: CPU seconds, after which the remaining entries are left unread.
        cpu_now_s: The clock of these seconds.
    """

    window: Window
    key: bytes
    marks: Mapping[str, Mark]
    wants_titles: bool
    cpu_s: float
    cpu_now_s: Callable[[], float] = time.process_time


@dataclass(slots=True)
class Answer:
    """What is said of one file.

    Attributes:
        found: Occurrences, by time.
        titles: (field, text) with its occurrences; empty unless asked for.
        reach: The first and the last start that the file writes, whatever the window: [s, 1 for floating].
        has_shifts, has_meetings: Whether it writes any, whatever the window.
    """

    events_n: int = 0
    all_day_n: int = 0
    other_n: int = 0
    unread: Counter[Reason] = field(default_factory=Counter)
    found: list[Row] = field(default_factory=list)
    titles: Counter[Name] = field(default_factory=Counter)
    reach: list[tuple[int, int]] = field(default_factory=list)
    has_shifts: bool = False
    has_meetings: bool = False

    def note(self, start_s: int, *, is_floating: bool, is_shift: bool) -> None:
        """Note that something starts there."""
        self.has_shifts |= is_shift
        self.has_meetings |= not is_shift
        alike = [at_s for at_s, floating in self.reach if floating == is_floating] + [start_s]
        others = [place for place in self.reach if place[1] != is_floating]
        self.reach = [*others, (min(alike), int(is_floating)), (max(alike), int(is_floating))]


def answer(data: bytes, task: Task) -> Answer:
    """Read one file. Whatever is wrong with an entry is counted, and the others are read."""
    made = Answer()
    until_s = task.cpu_now_s() + task.cpu_s
    found = calendars(data)
    entries = [one for calendar in found for one in _entries(calendar, task, made, until_s)]
    made.other_n = sum(calendar.others for calendar in found)
    groups, older = grouped(entries)
    if older:
        made.unread[Reason.OLDER_VERSION] += older
        made.events_n -= older
    for series in groups:
        _add(series, task, made, until_s)
    if not (made.events_n or made.unread or made.other_n):
        made.unread[Reason.NO_CALENDAR] += 1
    made.found.sort()
    return made


def _entries(calendar: RawCalendar, task: Task, made: Answer, until_s: float) -> Iterator[Entry]:
    zones = OwnZones(calendar, task.window.low, task.window.high)
    if calendar.cut:
        made.unread[Reason.NO_END_LINE] += calendar.cut
    for place, raw in enumerate(calendar.events):
        if task.cpu_now_s() > until_s:
            made.unread[Reason.OUT_OF_TIME] += len(calendar.events) - place
            return
        try:
            one = entry(raw, zones.named, lambda event: _named(event, task), is_cancelled=calendar.is_cancelled)
        except EntryRefused as refused:
            made.unread[refused.reason] += 1
        except FOREIGN:  # of a library, past every check of ours: this entry alone is lost
            made.unread[Reason.BAD_VALUE] += 1
        else:
            made.events_n += 1
            made.all_day_n += one.is_all_day
            if one.is_all_day and one.mark == "shift" and not one.is_cancelled:
                made.unread[Reason.MARKED_WITHOUT_HOURS] += 1
            yield one


def _named(raw: RawEvent, task: Task) -> tuple[Mark | None, tuple[Name, ...], bool]:
    names = list(names_of(raw.lines))
    mark = mark_of(names, task.key, task.marks) if task.marks else None
    return mark, tuple(names) if task.wants_titles else (), bool(names)


def _add(series: Series, task: Task, made: Answer, until_s: float) -> None:
    n = len(series.masters) + len(series.changes)
    if task.cpu_now_s() > until_s or len(made.found) > FOUND_MOST:
        made.unread[Reason.OUT_OF_TIME] += n
        made.events_n -= n
        return
    try:
        some = occurrences(series, task.window, lambda: task.cpu_now_s() > until_s)
        times = list(itertools.islice(some, SERIES_MOST + 1))
        if len(times) > SERIES_MOST:
            raise EntryRefused(Reason.RULE_TOO_LONG)
    except EntryRefused as refused:
        made.unread[refused.reason] += n
        made.events_n -= n
        return
    except FOREIGN:
        made.unread[Reason.BAD_VALUE] += n
        made.events_n -= n
        return
    for one in (*series.masters, *series.changes):
        if _counts(one, one.mark) and one.zone is not None and not (one.is_all_day or one.is_cancelled):
            at_s = one.zone.utc_s(one.start.wall)
            made.note(at_s, is_floating=one.start.is_floating, is_shift=one.mark == "shift")
    if task.wants_titles:
        _count_titles(times, made)
    else:
        made.found.extend(_kept(times, made))


def _counts(one: Entry, mark: Mark | None) -> bool:
    """Whether an entry is a shift or a meeting."""
    return mark == "shift" or not (mark == "ignored" or one.is_transparent)


def _kept(times: list[Occurrence], made: Answer) -> Iterator[Row]:
    for one in times:
        is_shift = one.mark == "shift"
        if not _counts(one.entry, one.mark):
            continue
        if one.start_s == one.end_s:
            if is_shift:
                made.unread[Reason.MARKED_WITHOUT_HOURS] += 1
            continue
        yield one.start_s, one.end_s, int(is_shift), int(one.is_floating), int(one.is_endless), one.rest_s


def _count_titles(times: list[Occurrence], made: Answer) -> None:
    for one in times:
        for name in set(one.entry.names):
            if name in made.titles or len(made.titles) < TITLES_MOST:
                made.titles[name] += 1


def by_digest(titles: Mapping[Name, int], key: bytes) -> dict[str, tuple[str, str, int]]:
    """Titles under the digest of their mark; spellings that share one are counted together."""
    found: dict[str, tuple[str, str, int]] = {}
    counted: dict[str, int] = defaultdict(int)
    for (where, text), n in sorted(titles.items()):
        name = digest(key, where, text)
        counted[name] += n
        found[name] = (where, found[name][1] if name in found else text, counted[name])
    return found

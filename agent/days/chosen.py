"""One value for each day and row of DAYS, where several sources say something; the journal's counts; united shifts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.days.store import Entry, Rostered, SourceDay
from agent.model import DayValue
from agent.tables.days import MOODS


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value with what stands behind it.

    Attributes:
        value: The number.
        source: Who said it.
        revision: Of that source's day.
    """

    value: DayValue
    source: str
    revision: int


def chosen(days: Iterable[SourceDay]) -> list[Chosen]:
    """The value of the source that knew most of the day; of equal ones, of the first by name.

    Values of two sources are never added or averaged: a watch and a phone count the same steps.
    """
    best: dict[tuple[int, str], Chosen] = {}
    for one in sorted(days, key=lambda one: (one.day, one.source)):
        for name, (value, coverage_01) in one.values.items():
            before = best.get((one.day, name))
            if before is None or coverage_01 > before.value.coverage_01:
                best[one.day, name] = Chosen(DayValue(one.day, name, value, coverage_01), one.source, one.revision)
    return [best[at] for at in sorted(best)]


def of_journal(entries: Sequence[Entry]) -> list[Chosen]:
    """Counts of each day with an entry; a day without one has no value."""
    by_day: dict[int, Counter[str]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, Counter())[entry.mood] += 1
    return [
        Chosen(DayValue(day, f"journal_{mood}_n", float(min(counts[mood], 50)), 1.0), "journal", counts.total())
        for day, counts in sorted(by_day.items())
        for mood in MOODS
    ]


def shifts(days: Iterable[SourceDay]) -> list[Rostered]:
    """Shifts of all sources, oldest first; those that overlap are one, a night where one of them is."""
    united: list[Rostered] = []
    for shift in sorted((shift for one in days for shift in one.shifts), key=lambda one: one.start_utc_s):
        if united and shift.start_utc_s < united[-1].end_utc_s:
            last = united.pop()
            kind = "night" if "night" in (last.kind, shift.kind) else last.kind
            united.append(Rostered(last.start_utc_s, max(last.end_utc_s, shift.end_utc_s), kind))
        else:
            united.append(shift)
    return united

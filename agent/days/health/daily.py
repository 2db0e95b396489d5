"""Values of a day out of the records of an export. Pure: the same records give the same values, in any order.

A sleep belongs to the day of waking up, on the clock at waking: a night worker's sleep by day is that day's main sleep.
Absent is absent. Nothing here looks at stages, scores, stress or a vendor's variability.
"""

import statistics
from collections.abc import Mapping
from typing import Final

from agent.days.health.clock import DAY_S
from agent.days.health.facts import RANGES, Facts
from agent.days.health.found import KINDS, NAMES, HealthImport, SourceFound, Unread
from agent.days.health.rates import BIN_S
from agent.days.health.sleep import Sleep, apart, sleeps_of
from agent.model import DayValue

HOUR_S: Final = 3600
SD_DAYS: Final = 14
SD_NIGHTS: Final = 7
_RATE_BINS_LEAST: Final = HOUR_S // BIN_S


def summed(facts: Facts, name: str) -> HealthImport:
    """Everything that an export says of days.

    Args:
        facts: Its records.
        name: Of the format.
    """
    order = {number: place for place, (_, _, number) in enumerate(facts.sources())}
    values: dict[tuple[int, str], DayValue] = {}
    for day, sleeps in _by_day(_sleeps(facts, order)).items():
        for value in _of_sleep(facts, day, sleeps):
            values[day, value.name] = value
    middles = {day: one.value for (day, name), one in values.items() if name == "sleep_midpoint_h"}
    for value in [*deviations(middles), *_amounts(facts, order), *_totals(facts, values)]:
        values.setdefault((value.day, value.name), value)
    return HealthImport(
        format=name,
        values=tuple(sorted(values.values(), key=lambda value: (value.day, NAMES.index(value.name)))),
        covered=tuple(sorted(facts.covered | {day for day, _ in values})),
        unread=tuple(Unread(reason, count) for reason, count in sorted(facts.unread.items()) if count),
        person=facts.digest(),
        sources=_sources(facts),
        records=facts.records,
    )


def worn_01(facts: Facts, day: int) -> float:
    """Hours of a day that count as worn, of 24: as stated, else those in which a worn device wrote, else any device."""
    if day in facts.stated:
        return facts.stated[day]
    return (facts.worn.get(day, 0) or facts.heard.get(day, 0)).bit_count() / 24


def _sleeps(facts: Facts, order: dict[int, int]) -> list[Sleep]:
    stated, left_out = apart(
        Sleep(one.start_s, one.end_s, one.asleep_s, one.in_bed_s, one.known_s, one.east_s, order[source])
        for one, source in facts.sleeps
    )
    facts.unread["overlap"] += left_out
    if not stated:
        return sleeps_of(facts.spans(order))
    return apart([*stated, *sleeps_of(facts.spans(order))])[0]


def _by_day(sleeps: list[Sleep]) -> dict[int, list[Sleep]]:
    days: dict[int, list[Sleep]] = {}
    for sleep in sleeps:
        days.setdefault((sleep.end_s + sleep.east_s) // DAY_S, []).append(sleep)
    return days


def _of_sleep(facts: Facts, day: int, sleeps: list[Sleep]) -> list[DayValue]:
    main = max(sleeps, key=lambda one: (one.asleep_s, -one.start_s))
    coverage_01 = main.known_s / (main.end_s - main.start_s)
    total_h = sum(one.asleep_s for one in sleeps) / HOUR_S
    if total_h > RANGES["sleep_h"][1]:
        facts.unread["implausible_value"] += 1
        return []
    middle_s = (main.start_s + main.end_s) / 2 + main.east_s - day * DAY_S
    found = [
        DayValue(day, "sleep_h", total_h, coverage_01),
        DayValue(day, "sleep_midpoint_h", middle_s / HOUR_S, coverage_01),
    ]
    if main.in_bed_s is not None:
        found.append(DayValue(day, "sleep_efficiency_01", main.asleep_s / main.in_bed_s, coverage_01))
    return [*found, *_lowest_rate(facts, day, main)]


def _lowest_rate(facts: Facts, day: int, main: Sleep) -> list[DayValue]:
    means_bpm, bins = facts.rates.means_bpm(main.start_s, main.end_s)
    if len(means_bpm) < _RATE_BINS_LEAST:  # of less than an hour, the lowest says little about the night
        return []
    lowest_bpm = min(means_bpm)
    if lowest_bpm > RANGES["night_hr_min_bpm"][1]:
        facts.unread["implausible_value"] += 1
        return []
    return [DayValue(day, "night_hr_min_bpm", lowest_bpm, len(means_bpm) / bins)]


def deviations(middles: Mapping[int, float]) -> list[DayValue]:
    """``sleep_midpoint_sd_h``: standard deviation (n - 1) over the 14 days up to each night, of at least seven nights.

    The midpoint is on a line, not a circle: for a worker of nights and days the spread is that of both.

    Args:
        middles: Day -> ``sleep_midpoint_h``; all that the caller keeps, where an export holds only the last days.
    """
    found = []
    for day in sorted(middles):
        near = [middles[one] for one in range(day - SD_DAYS + 1, day + 1) if one in middles]
        if len(near) >= SD_NIGHTS:
            found.append(DayValue(day, "sleep_midpoint_sd_h", statistics.stdev(near), len(near) / SD_DAYS))
    return found


def _amounts(facts: Facts, order: dict[int, int]) -> list[DayValue]:
    found = []
    for name, kept in (("steps_n", facts.steps), ("active_min", facts.active)):
        for day in kept.days():
            total = kept.total(day, lambda source: order[source])
            total = float(round(total)) if name == "steps_n" else total
            if total > RANGES[name][1]:
                facts.unread["implausible_value"] += 1
            elif total or facts.worn.get(day):  # a device in a drawer writes zeros, too
                found.append(DayValue(day, name, total, worn_01(facts, day)))
    return found


def _totals(facts: Facts, values: dict[tuple[int, str], DayValue]) -> list[DayValue]:
    found = []
    for (day, name), (_, negative_01, value) in facts.totals.items():
        coverage_01 = worn_01(facts, day) or -negative_01
        night = values.get((day, "sleep_h"))
        if name == "night_hr_min_bpm" and night is not None:
            coverage_01 = night.coverage_01
        if value or coverage_01:
            found.append(DayValue(day, name, value, coverage_01))
    return found


def _sources(facts: Facts) -> tuple[SourceFound, ...]:
    found: list[SourceFound] = []
    for kind, _, number in facts.sources():
        if facts.records_of(number):
            count = 1 + sum(one.kind == KINDS[kind] for one in found)
            found.append(SourceFound(KINDS[kind], count, facts.records_of(number)))
    return tuple(found)

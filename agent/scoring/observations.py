"""From a person's summaries to readings: what of a day counts, and in which context.

A reading is the mean of three hours, of the heart only where its rate says rest. A block of one window counts like one
of thirty, so that a long shift and a lively day weigh as much as any other.

Derived: the block of three hours and the limit of rest are ours (docs/decisions/016-rest-is-a-limit.md).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from agent.model import Summary
from agent.scoring.channels import CHANNELS, Channel, reading
from agent.scoring.daily import CONTEXTS, Readings
from agent.scoring.level import BEFORE_DAYS

BLOCK_S: Final = 3 * 3600
KEPT_DAYS: Final = 400  # as the history keeps them
_ABOVE_REST_BPM: Final = 15.0
_ENOUGH: Final = 36  # windows: three hours, from which a quartile is worth something
_DAY_S: Final = 86_400
_BLOCKS: Final = _DAY_S // BLOCK_S
_NIGHT, _MORNING, _EVENING, _DAY_SHIFT, _NIGHT_SHIFT = range(len(CONTEXTS))


@dataclass(frozen=True, slots=True)
class Shift:
    """A time at work; no message appears in it, and it is a context of readings.

    Attributes:
        start_utc_s, end_utc_s: In s of UTC, [start, end).
        kind: Day or night.
    """

    start_utc_s: int
    end_utc_s: int
    kind: Literal["day", "night"]


@dataclass(frozen=True, slots=True)
class SelfReport:
    """One self-reported number of a channel without a sensor.

    Attributes:
        utc_s: When, in s of UTC.
        channel: A row of CHANNELS.
        value: In the channel's unit.
    """

    utc_s: int
    channel: str
    value: float


@dataclass(frozen=True, slots=True)
class Record:
    """One person by local day; day 0 is the first one.

    Attributes:
        first_day: Days since 1970 of day 0, on the person's clock.
        channels: Readings (m = 1) by row of `CHANNELS`.
        worn_h: Hours of windows with a heart rate, unit h, shape ``(days,)``.
        coverage_01: Mean coverage of these, shape ``(days,)``; NaN without any.
        resets: Days of tagged changes.
    """

    first_day: int
    channels: dict[str, Readings]
    worn_h: np.ndarray[tuple[int], np.dtype[np.float64]]
    coverage_01: np.ndarray[tuple[int], np.dtype[np.float64]]
    resets: tuple[int, ...] = ()

    @property
    def days(self) -> int:
        """Number of days.

        Returns: A count.
        Source: definition.
        """
        return self.worn_h.size


def record(
    summaries: Iterable[Summary],
    *,
    utc_offset_s: Callable[[int], int] = lambda _: 0,
    until_utc_s: int | None = None,
    shifts: Sequence[Shift] = (),
    resets_utc_s: Iterable[int] = (),
    self_reports: Iterable[SelfReport] = (),
    left_out: Sequence[tuple[int, int]] = (),
) -> Record:
    """One person's record: readings by three-hour block, hours worn, and coverage weighted by hours.

    Args:
        summaries: As `agent.windows.history` has them, oldest first.
        utc_offset_s: Of the person's clock, at a moment in UTC.
        until_utc_s: The record's last moment; None: the last summary's end. Days without readings up to it count, and
            what claims to be later than a day after it, or older than `KEPT_DAYS`, does not (a clock was wrong).
        shifts: Times at work.
        resets_utc_s: Moments of tagged changes (`agent.scoring.baseline.RESETS`).
        self_reports: Numbers that the person gave.
        left_out: Stretches (an illness with its end) whose readings count for nothing; what was worn still counts.

    Returns:
        The record; no days without a reading.

    Source: see the module.
    """
    every_window = [_window(summary, utc_offset_s) for summary in summaries]
    until = (
        until_utc_s if until_utc_s is not None else max((window.end_utc_s - 1 for window in every_window), default=0)
    )
    windows = [window for window in every_window if _is_plausible(window.utc_s, until)]
    counted = [window for window in windows if not any(begin <= window.utc_s < end for begin, end in left_out)]
    blocks = _blocks(counted)
    for report in self_reports:
        if _is_plausible(report.utc_s, until):
            blocks[report.channel][(report.utc_s + utc_offset_s(report.utc_s)) // BLOCK_S].append(report.value)
    every = [block for of_channel in blocks.values() for block in of_channel]
    first_day = min(every, default=0) // _BLOCKS
    last_day = max(max(every, default=0) // _BLOCKS, (until + utc_offset_s(until)) // _DAY_S)
    days = last_day - first_day + 1 if every else 0
    local_shifts = [
        Shift(
            shift.start_utc_s + utc_offset_s(shift.start_utc_s),
            shift.end_utc_s + utc_offset_s(shift.end_utc_s),
            shift.kind,
        )
        for shift in shifts
    ]
    worn_h, coverage = np.zeros(days), np.zeros(days)
    for window in windows:
        day = window.at_s // _DAY_S - first_day
        if math.isfinite(window.hr_bpm) and 0 <= day < days:
            worn_h[day] += window.hours
            coverage[day] += window.hours * window.coverage_01
    return Record(
        first_day,
        {name: _readings(of_channel, first_day, days, local_shifts) for name, of_channel in blocks.items()},
        worn_h,
        np.where(worn_h > 0, coverage / np.where(worn_h > 0, worn_h, 1.0), math.nan),
        tuple(sorted((at_s + utc_offset_s(at_s)) // _DAY_S - first_day for at_s in resets_utc_s)),
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """A summary's time and numbers; ``hr_bpm`` infinite where there is none."""

    utc_s: int
    end_utc_s: int
    at_s: int
    hours: float
    hr_bpm: float
    coverage_01: float
    values: dict[str, float]


def _is_plausible(utc_s: int, until_utc_s: int) -> bool:
    return until_utc_s - KEPT_DAYS * _DAY_S <= utc_s <= until_utc_s + _DAY_S


def _window(summary: Summary, utc_offset_s: Callable[[int], int]) -> _Window:
    values = {row.name: row.value for row in summary.values if row.value is not None and math.isfinite(row.value)}
    coverage = next((row.coverage_01 for row in summary.values if row.name == "hr_mean_bpm"), 0.0)
    channels = {row.name: _value(row, values) for row in CHANNELS.values() if row.features}
    return _Window(
        summary.start_utc_s,
        summary.end_utc_s,
        summary.start_utc_s + utc_offset_s(summary.start_utc_s),
        (summary.end_utc_s - summary.start_utc_s) / 3600.0,
        values.get("hr_mean_bpm", math.inf),
        coverage if math.isfinite(coverage) else 0.0,
        {name: value for name, value in channels.items() if math.isfinite(value)},
    )


def _blocks(windows: Iterable[_Window]) -> dict[str, dict[int, list[float]]]:
    """Values of each channel by block; of the heart those at rest alone."""
    blocks: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    by_day: dict[int, list[_Window]] = defaultdict(list)
    for window in windows:
        by_day[window.at_s // _DAY_S].append(window)
    rates: dict[int, list[float]] = {}
    for day in sorted(by_day):
        today = [window.hr_bpm for window in by_day[day] if math.isfinite(window.hr_bpm)]
        past = [rate for before in range(day - BEFORE_DAYS, day) for rate in rates.get(before, ())]
        rates[day] = today
        limit_bpm = rest_limit_bpm(past if len(past) >= _ENOUGH else [*past, *today])
        for window in by_day[day]:
            for name, value in window.values.items():
                if CHANNELS[name].group != "heart" or window.hr_bpm <= limit_bpm:
                    blocks[name][window.at_s // BLOCK_S].append(value)
    return blocks


def rest_limit_bpm(past_bpm: Sequence[float]) -> float:
    """Heart rate up to which a window counts as rest: ``Q(0.25) + 15``, Q over the 60 days before.

    The lower quartile is the person's rate at rest; 15 per minute above it is what posture and speech add, and walking
    exceeds. It is a limit and not a share of each block: a share selects more strictly the more was worn, so that
    wearing less would look like strain.

    Args:
        past_bpm: Mean heart rates of the windows of the 60 days before.

    Returns:
        In beats per minute; infinite without a rate.

    Derived: chosen by us (docs/decisions/016-rest-is-a-limit.md).
    """
    return float(np.percentile(past_bpm, 25)) + _ABOVE_REST_BPM if past_bpm else math.inf


def _value(channel: Channel, values: dict[str, float]) -> float:
    parts = [values[name] for name in channel.features if name in values]
    return reading(channel, sum(parts) / len(parts)) if len(parts) == len(channel.features) else math.nan


def _readings(blocks: dict[int, list[float]], first_day: int, days: int, shifts: Sequence[Shift]) -> Readings:
    """Blocks by day; ``shifts`` on the person's clock."""
    value = np.full((1, days, _BLOCKS), math.nan)
    context = np.zeros((1, days, _BLOCKS, len(CONTEXTS)))
    for block, values in blocks.items():
        day, place = block // _BLOCKS - first_day, block % _BLOCKS
        value[0, day, place] = np.mean(values)
        middle_s = block * BLOCK_S + BLOCK_S // 2
        hour = middle_s % _DAY_S // 3600
        context[0, day, place, _NIGHT] = hour < 6
        context[0, day, place, _MORNING] = 6 <= hour < 12
        context[0, day, place, _EVENING] = hour >= 18
        at_work = {shift.kind for shift in shifts if shift.start_utc_s <= middle_s < shift.end_utc_s}
        context[0, day, place, _DAY_SHIFT] = "day" in at_work
        context[0, day, place, _NIGHT_SHIFT] = "night" in at_work
    return Readings(value, context)

"""From a person's summaries to readings: what of a day counts, and in which context.

Source: `agent.scoring.day_windows` says what a reading is.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, overload

import numpy as np
from numpy.typing import NDArray

from agent.model import DayValue, Summary
from agent.scoring.channels import CHANNELS
from agent.scoring.column_days import blocks_of_days, day_windows, offsets_s, worn_by_day
from agent.scoring.columns import Columns, columns_of
from agent.scoring.daily import CONTEXTS, Readings
from agent.scoring.day_readings import is_left_out, readings_of_days
from agent.scoring.day_windows import BLOCK_S, BLOCKS, DAY_S, Blocks

KEPT_DAYS: Final = 400  # as the history keeps them
_NOON: Final = BLOCKS // 2
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
    day_values: Iterable[DayValue] = (),
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
        day_values: Values of days, at most one a day and row of DAYS.

    Returns:
        The record; no days without a reading.

    Source: see the module.
    """
    return record_of_columns(
        columns_of(summaries),
        utc_offset_s=utc_offset_s,
        until_utc_s=until_utc_s,
        shifts=shifts,
        resets_utc_s=resets_utc_s,
        self_reports=self_reports,
        left_out=left_out,
        day_values=day_values,
    )


def record_of_columns(
    columns: Columns,
    *,
    utc_offset_s: Callable[[int], int] = lambda _: 0,
    until_utc_s: int | None = None,
    shifts: Sequence[Shift] = (),
    resets_utc_s: Iterable[int] = (),
    self_reports: Iterable[SelfReport] = (),
    left_out: Sequence[tuple[int, int]] = (),
    day_values: Iterable[DayValue] = (),
) -> Record:
    """The same from windows side by side.

    Args:
        columns: Oldest first.
        utc_offset_s: As in `record`, as are the others. Windows that begin in one hour of UTC have one offset.
        until_utc_s: The record's last moment.
        shifts: Times at work.
        resets_utc_s: Moments of tagged changes.
        self_reports: Numbers that the person gave.
        left_out: Stretches whose readings count for nothing.
        day_values: Values of days.

    Returns:
        The record; no days without a reading.

    Source: see the module.
    """
    until = until_utc_s if until_utc_s is not None else int(columns.end_utc_s.max(initial=1)) - 1
    windows = columns.only(_is_plausible(columns.start_utc_s, until))
    at_s = windows.start_utc_s + offsets_s(windows.start_utc_s, utc_offset_s)
    order = np.argsort(at_s // DAY_S, kind="stable")
    windows = windows.only(order)
    counts = np.ones(order.size, dtype=bool)
    for begin, end in left_out:
        counts &= ~((begin <= windows.start_utc_s) & (windows.start_utc_s < end))
    of_days = day_windows(windows, at_s[order])
    return record_of_days(
        [blocks_of_days(of_days.only(counts))],
        worn_by_day(of_days),
        utc_offset_s=utc_offset_s,
        until_utc_s=until,
        shifts=shifts,
        resets_utc_s=resets_utc_s,
        self_reports=[report for report in self_reports if _is_plausible(report.utc_s, until)],
        day_values=[value for value in day_values if not is_left_out(value.day, left_out, utc_offset_s)],
    )


def record_of_days(
    days_of_blocks: Iterable[Blocks],
    worn: Mapping[int, tuple[float, float]],
    *,
    utc_offset_s: Callable[[int], int],
    until_utc_s: int,
    shifts: Sequence[Shift] = (),
    resets_utc_s: Iterable[int] = (),
    self_reports: Iterable[SelfReport] = (),
    day_values: Iterable[DayValue] = (),
) -> Record:
    """One person's record from readings that were made day by day.

    Args:
        days_of_blocks: Readings of each day, see `agent.scoring.day_windows.day_blocks`.
        worn: By day since 1970 on the person's clock: hours worn, and the same weighted by coverage, unit h.
        utc_offset_s: As in `record`, as are the others.
        until_utc_s: The record's last moment.
        shifts: Times at work.
        resets_utc_s: Moments of tagged changes.
        self_reports: Numbers that the person gave.
        day_values: Values of days; one counts as a single reading at noon.

    Returns:
        The record; no days without a reading.

    Source: see the module.
    """
    lists: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    blocks: dict[str, dict[int, float]] = defaultdict(dict)
    for of_day in days_of_blocks:
        for name, of_channel in of_day.items():
            blocks[name].update(of_channel)
    for report in self_reports:
        lists[report.channel][(report.utc_s + utc_offset_s(report.utc_s)) // BLOCK_S].append(report.value)
    for name, of_report in lists.items():
        blocks[name].update({block: float(np.mean(values)) for block, values in of_report.items()})
    today = (until_utc_s + utc_offset_s(until_utc_s)) // DAY_S
    for name, of_days in readings_of_days(day_values, today - KEPT_DAYS, today).items():
        blocks[name].update({day * BLOCKS + _NOON: value for day, value in of_days.items()})
    every = [block for of_channel in blocks.values() for block in of_channel]
    first_day = min(every, default=0) // BLOCKS
    last_day = max(max(every, default=0) // BLOCKS, (until_utc_s + utc_offset_s(until_utc_s)) // DAY_S)
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
    for day, (hours, covered_h) in worn.items():
        if 0 <= day - first_day < days:
            worn_h[day - first_day], coverage[day - first_day] = hours, covered_h
    return Record(
        first_day,
        {
            # a value of a whole day is in no context: sleep that a shift cut short was cut short
            name: _readings(of_channel, first_day, days, () if CHANNELS[name].day else local_shifts)
            for name, of_channel in blocks.items()
        },
        worn_h,
        np.where(worn_h > 0, coverage / np.where(worn_h > 0, worn_h, 1.0), math.nan),
        tuple(sorted((at_s + utc_offset_s(at_s)) // DAY_S - first_day for at_s in resets_utc_s)),
    )


@overload
def _is_plausible(utc_s: int, until_utc_s: int) -> bool: ...
@overload
def _is_plausible(utc_s: NDArray[np.int64], until_utc_s: int) -> NDArray[np.bool_]: ...
def _is_plausible(utc_s: int | NDArray[np.int64], until_utc_s: int) -> bool | NDArray[np.bool_]:
    return (until_utc_s - KEPT_DAYS * DAY_S <= utc_s) & (utc_s <= until_utc_s + DAY_S)


def _readings(blocks: Mapping[int, float], first_day: int, days: int, shifts: Sequence[Shift]) -> Readings:
    """Blocks by day; ``shifts`` on the person's clock."""
    value = np.full((1, days, BLOCKS), math.nan)
    context = np.zeros((1, days, BLOCKS, len(CONTEXTS)))
    block = np.fromiter(blocks, dtype=np.int64, count=len(blocks))
    day, place = block // BLOCKS - first_day, block % BLOCKS
    value[0, day, place] = np.fromiter(blocks.values(), dtype=float, count=len(blocks))
    middle_s = block * BLOCK_S + BLOCK_S // 2
    hour = middle_s % DAY_S // 3600
    context[0, day, place, _NIGHT] = hour < 6
    context[0, day, place, _MORNING] = (hour >= 6) & (hour < 12)
    context[0, day, place, _EVENING] = hour >= 18
    for kind, column in (("day", _DAY_SHIFT), ("night", _NIGHT_SHIFT)):
        bounds = [(shift.start_utc_s, shift.end_utc_s) for shift in shifts if shift.kind == kind]
        starts, ends = (
            (np.array(side, dtype=np.int64) for side in zip(*bounds, strict=True)) if bounds else (None, None)
        )
        if starts is not None and ends is not None:
            at_work = (starts <= middle_s[:, None]) & (middle_s[:, None] < ends)
            context[0, day, place, column] = at_work.any(axis=1)
    return Readings(value, context)

"""From a person's summaries to readings: what of a day counts, and in which context.

A reading is the quieter half of three hours: of the five-minute windows of a block, those whose heart rate is not above
the block's median. So it is rest as far as a strap can tell, a block of one window counts like one of thirty, and
neither a long shift nor a lively day has more to say than others.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from agent.model import Summary
from agent.scoring.channels import CHANNELS, Channel, reading
from agent.scoring.days import CONTEXTS, Readings

BLOCK_S: Final = 3 * 3600
_DAY_S: Final = 86_400
_BLOCKS: Final = _DAY_S // BLOCK_S
_NIGHT, _MORNING, _EVENING, _DAY_SHIFT, _NIGHT_SHIFT = range(len(CONTEXTS))


@dataclass(frozen=True, slots=True)
class Shift:
    """A time at work, in UTC seconds; quiet for alarms, and a context of readings."""

    start_utc_s: int
    end_utc_s: int
    kind: Literal["day", "night"]


@dataclass(frozen=True, slots=True)
class Said:
    """One self-reported number of a channel without a sensor."""

    utc_s: int
    channel: str
    value: float


@dataclass(frozen=True, slots=True)
class Record:
    """One person by local day; day 0 is the first one.

    Attributes:
        first_day: Days since 1970 of day 0, on the person's clock.
        channels: Readings (m = 1) by row of `CHANNELS`.
        worn_h: Hours of windows with a heart rate, shape ``(days,)``.
        coverage_01: Mean coverage of these, NaN without any.
        resets: Days of tagged changes.
        shifts: As given.
    """

    first_day: int
    channels: dict[str, Readings]
    worn_h: np.ndarray[tuple[int], np.dtype[np.float64]]
    coverage_01: np.ndarray[tuple[int], np.dtype[np.float64]]
    resets: tuple[int, ...] = ()
    shifts: tuple[Shift, ...] = field(default=())

    @property
    def days(self) -> int:
        return self.worn_h.size


def record(
    summaries: Iterable[Summary],
    *,
    utc_offset_s: int = 0,
    until_utc_s: int | None = None,
    shifts: Sequence[Shift] = (),
    resets_utc_s: Iterable[int] = (),
    said: Iterable[Said] = (),
) -> Record:
    """One person's record.

    Args:
        summaries: As `agent.history` has them, oldest first.
        utc_offset_s: Of the person's clock.
        until_utc_s: The record's last moment; None: the last summary's end. Days without readings up to it count.
        shifts: Times at work.
        resets_utc_s: Moments of tagged changes (`agent.scoring.baseline.RESETS`).
        said: Self-reports.
    """
    blocks: dict[str, dict[int, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    worn: dict[int, list[float]] = defaultdict(list)
    last_s = until_utc_s
    sensed = [row for row in CHANNELS.values() if row.features]
    for summary in summaries:
        values = {one.name: one for one in summary.values}
        at_s = summary.start_utc_s + utc_offset_s
        rate = values.get("hr_mean_bpm")
        hr_bpm = rate.value if rate is not None and rate.value is not None else math.inf
        if rate is not None and rate.value is not None:
            hours = (summary.end_utc_s - summary.start_utc_s) / 3600.0
            worn[at_s // _DAY_S].append(hours)
            worn[~(at_s // _DAY_S)].append(rate.coverage_01)
        if until_utc_s is None:
            last_s = max(last_s or 0, summary.end_utc_s - 1)
        for channel in sensed:
            value = _value(channel, {name: one.value for name, one in values.items()})
            if math.isfinite(value):
                blocks[channel.name][at_s // BLOCK_S].append((hr_bpm, value))
    for one in said:
        blocks[one.channel][(one.utc_s + utc_offset_s) // BLOCK_S].append((math.inf, one.value))
    every = [block for of_channel in blocks.values() for block in of_channel]
    first_day = min(every, default=0) // _BLOCKS
    last_day = max(max(every, default=0) // _BLOCKS, ((last_s or 0) + utc_offset_s) // _DAY_S)
    days = last_day - first_day + 1 if every else 0
    channels = {
        name: _readings(of_channel, first_day, days, shifts, utc_offset_s) for name, of_channel in blocks.items()
    }
    span = range(first_day, first_day + days)
    return Record(
        first_day,
        channels,
        np.array([sum(worn.get(day, ())) for day in span]),
        np.array([float(np.mean(worn[~day])) if ~day in worn else math.nan for day in span]),
        tuple(sorted((at_s + utc_offset_s) // _DAY_S - first_day for at_s in resets_utc_s)),
        tuple(shifts),
    )


def _value(channel: Channel, values: dict[str, float | None]) -> float:
    parts = [values.get(name) for name in channel.features]
    there = [part for part in parts if part is not None]
    return reading(channel, sum(there) / len(there)) if len(there) == len(parts) else math.nan


def _readings(
    blocks: dict[int, list[tuple[float, float]]], first_day: int, days: int, shifts: Sequence[Shift], utc_offset_s: int
) -> Readings:
    value = np.full((1, days, _BLOCKS), math.nan)
    context = np.zeros((1, days, _BLOCKS, len(CONTEXTS)))
    for block, seen in blocks.items():
        day, place = block // _BLOCKS - first_day, block % _BLOCKS
        rates = np.array([hr_bpm for hr_bpm, _ in seen])
        quiet = rates <= np.median(rates)
        value[0, day, place] = np.mean(np.array([one for _, one in seen])[quiet])
        middle_s = block * BLOCK_S + BLOCK_S // 2
        hour = middle_s % _DAY_S // 3600
        context[0, day, place, _NIGHT] = hour < 6
        context[0, day, place, _MORNING] = 6 <= hour < 12
        context[0, day, place, _EVENING] = hour >= 18
        at_work = {one.kind for one in shifts if one.start_utc_s <= middle_s - utc_offset_s < one.end_utc_s}
        context[0, day, place, _DAY_SHIFT] = "day" in at_work
        context[0, day, place, _NIGHT_SHIFT] = "night" in at_work
    return Readings(value, context)

"""The weeks window by window, as they were made before columns: what the quick way is compared with."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.model import Summary
from agent.scoring.channels import CHANNELS, Channel, reading
from agent.scoring.day_readings import is_left_out
from agent.scoring.day_windows import DAY_S, Blocks, DayWindows
from agent.scoring.level import BEFORE_DAYS
from agent.scoring.observations import KEPT_DAYS, Record, record_of_days
from agent.wire import schema

SCORED = {name for row in CHANNELS.values() for name in row.features}
WIRE = {one.name: one for one in schema.features().values() if one.name in SCORED}


def as_sent(summaries):
    """Values in steps of the wire."""
    return [replace(summary, values=tuple(map(_rounded, summary.values))) for summary in summaries]


def _rounded(value):
    row = WIRE.get(value.name)
    if row is None or value.value is None or not row.low <= value.value <= row.high:
        return value
    return replace(value, value=row.value(row.code(value.value)))


def record(summaries, *, utc_offset_s, until_utc_s, shifts=(), resets_utc_s=(), self_reports=(), left_out=(),
           day_values=()) -> Record:  # fmt: skip
    """`agent.scoring.observations.record`, one window after the other."""
    every_window = [_window(summary, utc_offset_s) for summary in summaries]
    until = until_utc_s
    windows = [window for window in every_window if _is_plausible(window.utc_s, until)]
    counted = [window for window in windows if not any(begin <= window.utc_s < end for begin, end in left_out)]
    reports = [report for report in self_reports if _is_plausible(report.utc_s, until)]
    return record_of_days(
        _blocks(_by_day(counted)),
        {day: (of_day.worn_h, of_day.covered_h) for day, of_day in _by_day(windows).items()},
        utc_offset_s=utc_offset_s,
        until_utc_s=until,
        shifts=shifts,
        resets_utc_s=resets_utc_s,
        self_reports=reports,
        day_values=[value for value in day_values if not is_left_out(value.day, left_out, utc_offset_s)],
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
    return until_utc_s - KEPT_DAYS * DAY_S <= utc_s <= until_utc_s + DAY_S


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


def _by_day(windows: Iterable[_Window]) -> dict[int, DayWindows]:
    by_day: dict[int, list[_Window]] = defaultdict(list)
    for window in windows:
        by_day[window.at_s // DAY_S].append(window)
    return {day: _day_windows(by_day[day]) for day in sorted(by_day)}


def _day_windows(windows: Sequence[_Window]) -> DayWindows:
    names = {name for window in windows for name in window.values}
    return DayWindows(
        np.array([window.at_s for window in windows], dtype=np.int64),
        np.array([window.hours for window in windows]),
        np.array([window.hr_bpm for window in windows]),
        np.array([window.coverage_01 for window in windows]),
        {
            name: np.array([window.values.get(name, math.nan) for window in windows])
            for name in CHANNELS
            if name in names
        },
    )


def _blocks(days: Mapping[int, DayWindows]) -> Iterator[Blocks]:
    """Readings of each day, with the limit of rest of the 60 days before."""
    for day, windows in days.items():
        past = [days[before].rates_bpm for before in range(day - BEFORE_DAYS, day) if before in days]
        before_bpm = np.concatenate(past) if past else np.empty(0)
        rates = before_bpm if before_bpm.size >= 36 else np.concatenate((before_bpm, windows.rates_bpm))
        yield _day_blocks(windows, float(np.percentile(rates, 25)) + 15.0 if rates.size else math.inf)


def _day_blocks(windows: DayWindows, limit_bpm: float) -> Blocks:
    block, found = windows.at_s // (3 * 3600), {}
    for name, value in windows.values.items():
        counts = np.isfinite(value)
        if CHANNELS[name].group == "heart":
            counts &= windows.hr_bpm <= limit_bpm
        if counts.any():
            of, kept = block[counts], value[counts]
            found[name] = {int(one): float(np.mean(kept[of == one])) for one in np.unique(of)}
    return found


def _value(channel: Channel, values: dict[str, float]) -> float:
    parts = [values[name] for name in channel.features if name in values]
    return reading(channel, sum(parts) / len(parts)) if len(parts) == len(channel.features) else math.nan


class Counted:
    """Beats, hours and movements, one window after the other."""

    def __init__(self, summaries, offset_s):
        self.beats, self.ln, self.face = defaultdict(int), defaultdict(list), defaultdict(lambda: defaultdict(list))
        for summary in summaries:
            values = {one.name: one for one in summary.values if one.value is not None}
            day = (summary.start_utc_s + offset_s(summary.start_utc_s // 3600 * 3600)) // DAY_S
            if rate := values.get("hr_mean_bpm"):
                self.beats[day] += rate.n
            rmssd = values.get("rmssd_ms")
            if rmssd is not None and rmssd.value:
                self.ln[summary.start_utc_s // 3600].append(math.log(rmssd.value))
            for name, row in CHANNELS.items():
                if row.group == "face" and all(one in values for one in row.features):
                    mean = np.mean([values[one].value for one in row.features])
                    self.face[name][day - (day + 3) % 7].append(float(mean))

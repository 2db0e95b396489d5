"""Days on the person's clock, made of windows side by side: hours worn, and readings of three hours.

Every number is what it would be day by day, to the last bit: no sum runs in another order.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from agent.scoring.channels import CHANNELS, Channel
from agent.scoring.columns import RATE, Columns
from agent.scoring.day_windows import DAY_S, Blocks, DayWindows, day_blocks, limit_of_day
from agent.scoring.level import BEFORE_DAYS
from agent.scoring.student_t import Floats

_HOUR_S = 3600


def offsets_s(utc_s: NDArray[np.int64], utc_offset_s: Callable[[int], int]) -> NDArray[np.int64]:
    """Offset of the person's clock at many moments: that of the hour of UTC in which each lies.

    Args:
        utc_s: In s of UTC, shape ``(n,)``.
        utc_offset_s: At a moment, in s.

    Returns:
        In s, shape ``(n,)``.

    Source: definition.
    """
    hours = utc_s // _HOUR_S
    begins = np.flatnonzero(np.concatenate(([True], np.diff(hours) != 0))[: hours.size])
    offsets = np.array([utc_offset_s(hour * _HOUR_S) for hour in hours[begins].tolist()], dtype=np.int64)
    return np.repeat(offsets, np.diff(np.append(begins, hours.size)))


def day_windows(columns: Columns, at_s: NDArray[np.int64]) -> DayWindows:
    """Windows of many days as `agent.scoring.day_windows` wants them, with the channels' numbers.

    Args:
        columns: Windows; those of a day stand together.
        at_s: Their beginnings on the person's clock, in s since 1970, shape ``(n,)``.

    Returns:
        Channels without a number are absent.

    Source: `agent.scoring.channels`.
    """
    rate = columns.values[RATE]
    channels = {row.name: _value(row, columns.values) for row in CHANNELS.values() if row.features}
    return DayWindows(
        at_s,
        (columns.end_utc_s - columns.start_utc_s) / float(_HOUR_S),
        np.where(np.isfinite(rate), rate, math.inf),
        columns.coverage_01,
        {name: value for name, value in channels.items() if np.isfinite(value).any()},
    )


def worn_by_day(windows: DayWindows) -> dict[int, tuple[float, float]]:
    """Hours worn of each day, and the same weighted by coverage.

    Args:
        windows: Of many days; those of a day stand together, oldest day first.

    Returns:
        By day since 1970, unit h.

    Source: definition.
    """
    days, counts = np.unique(windows.at_s // DAY_S, return_counts=True)
    ends = np.cumsum(counts)
    found = {}
    for day, begin, end in zip(days.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True):
        of_day = windows.only(slice(begin, end))
        found[day] = (of_day.worn_h, of_day.covered_h)
    return found


def blocks_of_days(windows: DayWindows) -> Blocks:
    """Readings of many days, each with the limit of rest of the 60 days before.

    Args:
        windows: Of many days; those of a day stand together, oldest day first.

    Returns:
        In the channels' units.

    Source: `agent.scoring.day_windows`.
    """
    day = windows.at_s // DAY_S
    is_rate = np.isfinite(windows.hr_bpm)
    rates, day_of_rate = windows.hr_bpm[is_rate], day[is_rate]
    days, counts = np.unique(day, return_counts=True)
    first, begins, ends = (np.searchsorted(day_of_rate, days + shift).tolist() for shift in (-BEFORE_DAYS, 0, 1))
    limits = [limit_of_day(rates[a:b], rates[b:c]) for a, b, c in zip(first, begins, ends, strict=True)]
    return day_blocks(windows, np.repeat(np.array(limits), counts))


def _value(channel: Channel, values: Mapping[str, Floats]) -> Floats:
    """`agent.scoring.channels.reading` of each window; NaN where a part is missing."""
    parts = [values[name] for name in channel.features]
    mean = np.asarray(sum(parts[1:], start=parts[0]) / len(parts))
    if not channel.name.startswith("ln_"):
        return mean
    logs = np.full(mean.size, math.nan)
    logs[mean > 0.0] = [math.log(one) for one in mean[mean > 0.0].tolist()]
    return logs

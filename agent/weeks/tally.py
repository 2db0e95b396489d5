"""What 'Your weeks' counts beside the log: beats, hours of a day or a shift, movements by week."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from agent.scoring.channels import CHANNELS, Channel
from agent.scoring.column_days import offsets_s
from agent.scoring.columns import Columns
from agent.scoring.daily import WEEK_DAYS
from agent.scoring.observations import Shift
from agent.scoring.quantiles import median, quantile
from agent.weeks import scores

WEEKS: Final = 13
_ROWS: Final = 14
_BEFORE_H, _AFTER_H = 2, 14  # of a shift's beginning
_DAY_S, _HOUR_S = 86_400, 3600
_WINDOWS_AN_HOUR: Final = 12
_QUARTILES: Final = (0.25, 0.5, 0.75)


class Tally:
    """Counts of one history.

    Args:
        windows: All of them, as they are kept.
        offset_s: Of the person's clock, at a moment in UTC.
    """

    def __init__(self, windows: Columns, offset_s: Callable[[int], int]) -> None:
        self._windows = windows
        at_s = windows.start_utc_s + offsets_s(windows.start_utc_s, offset_s)
        self._day: NDArray[np.int64] = at_s // _DAY_S  # since 1970, on the person's clock

    def beats_from(self, first_day: int) -> int:
        """Beats of seven days."""
        week = (self._day >= first_day) & (self._day < first_day + WEEK_DAYS)
        return int(self._windows.beats[week].sum())

    def worn_h(self, day: int) -> float:
        """Hours of windows with beats of a day."""
        return round(int(np.count_nonzero(self._windows.beats[self._day == day])) / _WINDOWS_AN_HOUR, 1)

    def _mean_ln(self, hour: int) -> float | None:
        """Mean lnRMSSD of an hour since 1970, UTC; None without any."""
        hours = np.searchsorted(self._windows.start_utc_s, (hour * _HOUR_S, (hour + 1) * _HOUR_S))
        found = self._windows.values["rmssd_ms"][slice(*hours.tolist())].tolist()
        logs = [math.log(one) for one in found if one and math.isfinite(one)]
        return float(np.mean(logs)) if logs else None

    def _of_channel(self, channel: Channel) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """A channel's number in each window that has it, and the Monday of its week."""
        parts = [self._windows.values[name] for name in channel.features]
        mean = np.mean(np.stack(parts, axis=1), axis=1)
        is_there = np.isfinite(mean)
        return mean[is_there], _monday(self._day[is_there])

    def hours(self, now_utc_s: int, shifts: Sequence[Shift]) -> dict[str, Any]:
        """RMSSD of each hour against the median of those shown, in per cent: by shift where shifts are noted."""
        past = [one for one in sorted(shifts, key=lambda one: one.start_utc_s) if one.start_utc_s < now_utc_s][-_ROWS:]
        if past:
            rows: list[tuple[dict[str, Any], list[int], list[bool]]] = [
                ({"start_utc_s": one.start_utc_s, "kind": one.kind},
                 [one.start_utc_s // 3600 + hour for hour in range(-_BEFORE_H, _AFTER_H)],
                 [one.start_utc_s // 3600 + hour < -(-one.end_utc_s // 3600) and hour >= 0
                  for hour in range(-_BEFORE_H, _AFTER_H)])
                for one in past
            ]  # fmt: skip
            columns = list(range(-_BEFORE_H, _AFTER_H))
        else:
            today = (now_utc_s + scores.offset_s(now_utc_s)) // _DAY_S
            rows = []
            for day in range(today - _ROWS + 1, today + 1):
                midnight_s = day * _DAY_S - scores.offset_s(day * _DAY_S)
                label = {"day": datetime.fromtimestamp(day * _DAY_S, tz=UTC).strftime("%Y-%m-%d")}
                rows.append((label, [midnight_s // 3600 + hour for hour in range(24)], [False] * 24))
            columns = list(range(24))
        means = [[self._mean_ln(hour) for hour in row] for _, row, _ in rows]
        every = [one for row in means for one in row if one is not None]
        middle = median(np.array(every)) if every else 0.0
        return {
            "by_shift": bool(past),
            "columns": columns,
            "rows": [
                label | {"at_work": at_work,
                 "percent": [None if one is None else round(100.0 * (math.exp(one - middle) - 1.0)) for one in row]}
                for (label, _, at_work), row in zip(rows, means, strict=True)
            ],
        }  # fmt: skip

    def ribbons(self, now_utc_s: int, channels: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Quartiles of each week's windows, by channel; only where there are any."""
        last = _monday((now_utc_s + scores.offset_s(now_utc_s)) // _DAY_S)
        made = {}
        for name in channels:
            value, monday = self._of_channel(CHANNELS[name])
            if not value.size:
                continue
            weeks = range(last - WEEKS * WEEK_DAYS, last + 1, WEEK_DAYS)
            made[name] = [_ribbon(week, value[monday == week]) for week in weeks]
        return made


def _ribbon(week: int, value: NDArray[np.float64]) -> dict[str, Any]:
    quartiles = [quantile(value, share) for share in _QUARTILES] if value.size else None
    return {
        "week": datetime.fromtimestamp(week * _DAY_S, tz=UTC).strftime("%Y-%m-%d"),
        "windows": int(value.size),
        "quartiles": None if quartiles is None else [round(one, 4) for one in quartiles],
    }


@overload
def _monday(day: int) -> int: ...
@overload
def _monday(day: NDArray[np.int64]) -> NDArray[np.int64]: ...
def _monday(day: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """The Monday of a day since 1970, which was a Thursday."""
    return day - (day + 3) % WEEK_DAYS

"""What 'Your weeks' shows beside the log: days against the normal range, hours by day or shift, movements by week.

One pass over the history; numbers alone, the page draws. A number that is not there is None, and is drawn as a gap.
"""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from agent.model import Summary
from agent.scoring.baseline import baseline, first_day_after
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, by_day
from agent.scoring.observations import Record, Shift
from agent.scoring.student_t import NINE_IN_TEN
from agent.tables.profiles import Profile
from agent.weeks import scores
from agent.weeks.beside import with_hub
from agent.weeks.days import KnownDays
from agent.weeks.shifts import shifts_of
from agent.windows.history import History
from agent.wire.score import Score

SHOWN_DAYS: Final = 60
_ROWS: Final = 14
_BEFORE_H, _AFTER_H = 2, 14  # of a shift's beginning
_DAY_S: Final = 86_400
_WEEKS: Final = 13
_WINDOW_H: Final = 1 / 12
_AROUND_S: Final = 60 * 86_400  # shifts that the page shows, before and after now
_NOTHING: Final = KnownDays()


def weeks(
    history: History,
    profile: Profile,
    now_utc_s: int | None = None,
    hub: Sequence[Score] = (),
    known: KnownDays = _NOTHING,
) -> dict[str, Any]:
    """All of the page's 'Your weeks'; the hub's scores stand beside."""
    now_s = int(time.time()) if now_utc_s is None else now_utc_s
    told = history.told()
    tally = _Tally()
    made = scores.of(tally.seen(history.summaries()), told, profile, _WEEKS, now_s, known)
    allowed = [name for name in CHANNELS if profile.shows(CHANNELS[name].kind)]
    found = made.as_json()
    today = (now_s + scores.offset_s(now_s)) // _DAY_S
    return found | {
        "weeks": with_hub(found["weeks"], hub if made.with_index else ()),
        "days": _days(made),
        "band": None
        if made.log.baseline is None or made.log.baseline.low is None or made.log.baseline.high is None
        else [math.exp(made.log.baseline.low), math.exp(made.log.baseline.high)],
        "hours": tally.hours(now_s, shifts_of(told, known.shifts)),
        "ribbons": tally.ribbons(now_s, [name for name in allowed if CHANNELS[name].group == "face"]),
        "beats": [tally.beats_from(week.first_day) for week in made.log.weeks],
        "rate_band": _rate_band(made.record),
        "worn_today_h": tally.worn_h(today),
        "shifts": [asdict(one) for one in shifts_of(told, known.shifts) if abs(one.start_utc_s - now_s) < _AROUND_S],
        "words": {name: CHANNELS[name].words for name in allowed},
        "features": {name: list(CHANNELS[name].features) for name in allowed},
    }


def _days(made: scores.Scores) -> list[dict[str, Any]]:
    """The last days' RMSSD at rest, in ms, and the mean of each day's last seven.

    ``low_ms`` and ``high_ms``: exp(mean -+ 1.645 s / sqrt(n)) of the day's n readings of ln RMSSD, where s is the
    standard deviation within days, pooled over all days.
    """
    record = made.record
    if "ln_rmssd" not in record.channels:
        return []
    days = by_day(record.channels["ln_rmssd"])
    mean, n = days.mean[0], days.n[0]
    spread = math.sqrt(float(days.within[0].sum()) / max(float(np.maximum(n - 1, 0).sum()), 1.0))
    shown = []
    for day in range(max(0, record.days - SHOWN_DAYS), record.days):
        week = slice(max(0, day + 1 - WEEK_DAYS), day + 1)
        of_week = float(np.average(mean[week], weights=n[week])) if n[week].any() else None
        half = NINE_IN_TEN * spread / math.sqrt(n[day]) if n[day] and spread else None
        shown.append(
            {
                "day": datetime.fromtimestamp((record.first_day + day) * _DAY_S, tz=UTC).strftime("%Y-%m-%d"),
                "rmssd_ms": round(math.exp(mean[day]), 1) if n[day] else None,
                "week_ms": None if of_week is None or not n[day] else round(math.exp(of_week), 1),
                "low_ms": None if half is None else round(math.exp(mean[day] - half), 1),
                "high_ms": None if half is None else round(math.exp(mean[day] + half), 1),
                "readings": int(n[day]),
            }
        )
    return shown


def _rate_band(record: Record) -> list[float] | None:
    """The person's usual range of the heart rate at rest, in beats a minute; None while it is being learnt."""
    if "hr_bpm" not in record.channels:
        return None
    days = by_day(record.channels["hr_bpm"])
    found = baseline(
        days, record.days - 1, np.zeros(days.context.shape[-1]), first_day_after(record.resets, record.days - 1)
    )
    return None if found.low is None or found.high is None else [round(found.low, 1), round(found.high, 1)]


class _Tally:
    """What is counted while the log reads the history."""

    def __init__(self) -> None:
        self._beats: dict[int, int] = defaultdict(int)  # by day since 1970, on the person's clock
        self._windows: dict[int, int] = defaultdict(int)  # with beats, by day
        self._ln: dict[int, list[float]] = defaultdict(list)  # by hour since 1970, UTC
        self._face: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def seen(self, summaries: Iterable[Summary]) -> Iterator[Summary]:
        for one in summaries:
            self._take(one)
            yield one

    def _take(self, summary: Summary) -> None:
        values = {one.name: one for one in summary.values if one.value is not None}
        day = (summary.start_utc_s + scores.offset_s(summary.start_utc_s // 3600 * 3600)) // _DAY_S
        if rate := values.get("hr_mean_bpm"):
            self._beats[day] += rate.n
            self._windows[day] += 1
        rmssd = values.get("rmssd_ms")
        if rmssd is not None and rmssd.value:
            self._ln[summary.start_utc_s // 3600].append(math.log(rmssd.value))
        for name, row in CHANNELS.items():
            if row.group == "face" and all(one in values for one in row.features):
                mean = np.mean([values[one].value or 0.0 for one in row.features])
                self._face[name][_monday(day)].append(float(mean))

    def beats_from(self, first_day: int) -> int:
        """Beats of seven days."""
        return sum(self._beats.get(day, 0) for day in range(first_day, first_day + WEEK_DAYS))

    def worn_h(self, day: int) -> float:
        """Hours of windows with beats of a day."""
        return round(self._windows.get(day, 0) * _WINDOW_H, 1)

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
                rows.append(
                    (
                        {"day": datetime.fromtimestamp(day * _DAY_S, tz=UTC).strftime("%Y-%m-%d")},
                        [midnight_s // 3600 + hour for hour in range(24)],
                        [False] * 24,
                    )
                )
            columns = list(range(24))
        means = [[float(np.mean(self._ln[one])) if one in self._ln else None for one in row] for _, row, _ in rows]
        every = [one for row in means for one in row if one is not None]
        middle = float(np.median(every)) if every else 0.0
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
            weeks_of = self._face.get(name)
            if not weeks_of:
                continue
            made[name] = [
                {"week": datetime.fromtimestamp(week * _DAY_S, tz=UTC).strftime("%Y-%m-%d"),
                 "windows": len(weeks_of.get(week, ())),
                 "quartiles": [round(float(one), 4) for one in np.percentile(weeks_of[week], (25, 50, 75))]
                 if week in weeks_of else None}
                for week in range(last - _WEEKS * WEEK_DAYS, last + 1, WEEK_DAYS)
            ]  # fmt: skip
        return made


def _monday(day: int) -> int:
    """The Monday of a day since 1970, which was a Thursday."""
    return day - (day + 3) % WEEK_DAYS

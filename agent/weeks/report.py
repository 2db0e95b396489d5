"""What 'Your weeks' shows beside the log: days against the normal range, hours by day or shift, movements by week.

Numbers alone, the page draws. A number that is not there is None, and is drawn as a gap.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from agent.scoring.baseline import baseline, first_day_after
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, by_day
from agent.scoring.observations import Record
from agent.scoring.student_t import NINE_IN_TEN
from agent.tables.profiles import Profile
from agent.weeks import scores
from agent.weeks.beside import with_hub
from agent.weeks.days import KnownDays
from agent.weeks.shifts import shifts_of
from agent.weeks.tally import WEEKS, Tally
from agent.windows.history import History

if TYPE_CHECKING:
    from agent.wire.score import Score

SHOWN_DAYS: Final = 60
_DAY_S: Final = 86_400
_AROUND_S: Final = 60 * 86_400  # shifts that the page shows, before and after now
_NOTHING: Final = KnownDays()


def weeks(
    history: History,
    profile: Profile,
    now_utc_s: int | None = None,
    hub: "Sequence[Score]" = (),
    known: KnownDays = _NOTHING,
) -> dict[str, Any]:
    """All of the page's 'Your weeks'; the hub's scores stand beside."""
    now_s = int(time.time()) if now_utc_s is None else now_utc_s
    told = history.told()
    windows = history.columns()
    of_hours = scores.offsets_by_hour()
    tally = Tally(windows, of_hours)
    made = scores.of(windows, told, profile, WEEKS, now_s, known, of_hours)
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

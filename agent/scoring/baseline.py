"""A person's normal: the range of the last 60 days, the mean of the last 7, and whether either may be reported.

Only the past counts: a week is compared with the days before it. Median and median deviation of context-adjusted daily
means are robust. There is no verdict until 42 readings on 14 days are there; on the first day alone a population norm
stands in, and is marked as not the person's own.

Derived: READINGS, DAYS_TO_SPEAK and DAYS_TO_KNOW as their comments say. Norm: Voss et al. (2015),
doi:10.1371/journal.pone.0118308.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from agent.scoring.daily import WEEK_DAYS, Days
from agent.scoring.data import table
from agent.scoring.level import BEFORE_DAYS
from agent.scoring.quantiles import median
from agent.scoring.student_t import MAD_TO_SD, NINE_IN_TEN, Floats

State = Literal["learning", "provisional", "established", "stale"]

READINGS: Final = 42  # of the days before: from then on a constant offset cannot move the index by half a point
DAYS_TO_SPEAK: Final = 14  # two weeks, so that both halves of a rota were seen
DAYS_TO_KNOW: Final = 30  # half of the 60: the range's ends then move by less than a third of its width
STALE_DAYS: Final = 14
# after these a person's normal is another one; what was before is no longer compared with
RESETS: Final = ("medication", "illness", "pregnancy", "pacemaker")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual for one person and channel on a given day.

    Attributes:
        state: ``learning`` and ``stale`` allow no verdict; ``provisional`` and ``established`` do.
        usual: Median of the days before, in the channel's unit; None where there is nothing.
        low, high: Range in which nine of ten of the person's daily means lie; None while learning.
        week: Mean of the last seven days; None without a reading.
        readings, days: How many there were in the days before the week.
        prior_only: Whether `usual` rests on a population norm.
    """

    state: State
    usual: float | None
    low: float | None
    high: float | None
    week: float | None
    readings: int
    days: int
    prior_only: bool = False


def state(n: Floats, week_n: Floats) -> State:
    """State of a baseline, from counts.

    ``learning`` below 42 readings or 14 days before; else ``stale`` without a reading in the last 14 days; else
    ``established`` from 30 days on, ``provisional`` below.

    Args:
        n: Readings of each day before, counts, shape ``(days,)``.
        week_n: Readings of each day of the week, counts, shape ``(7,)``.

    Returns:
        One of the four states.

    Source: see the module.
    """
    days = int(np.sum(n > 0))
    if n.sum() < READINGS or days < DAYS_TO_SPEAK:
        return "learning"
    recent = np.concatenate((n, week_n))[-STALE_DAYS:]
    if not recent.any():
        return "stale"
    return "established" if days >= DAYS_TO_KNOW else "provisional"


def first_day_after(resets: Iterable[int], last_day: int) -> int:
    """First day that counts: ``max(resets in 1..last_day)``.

    Args:
        resets: Days of tagged changes.
        last_day: The latest day looked at.

    Returns:
        A day; 0 where there is no reset.

    Source: definition.
    """
    return max((day for day in resets if 0 < day <= last_day), default=0)


def baseline(days: Days, last_day: int, effect: Floats, first_day: int = 0, norm: float | None = None) -> Baseline:
    """Baseline of one person (m = 1) for the week that ends on `last_day`.

    With the level of a day, ``mean - context . effect``: usual = median of the 60 days before; range = usual -+ 1.645 *
    1.4826 * median(|level - usual|); week = mean of the week's days, weighted by readings. On the first day alone usual
    is ``(w norm + n week) / (w + n)``, w = 0.63 readings.

    Args:
        days: One person's, of `agent.scoring.daily.by_day`.
        last_day: The week's last day.
        effect: Of each context, in the channel's unit, as `agent.scoring.level.Deviation.effect` has learnt it, shape
            ``(contexts,)``; zeros before that.
        first_day: Of `first_day_after`.
        norm: A population's value for this age and sex (`norm_ln_rmssd`); None: not known.

    Returns:
        In the channel's unit.

    Derived: a normal variable lies within 1.645 deviations nine times in ten, and its deviation is 1.4826 median
        deviations. The norm's weight is (within-person SD / between-person SD)^2 readings.
    """
    week = slice(max(first_day, last_day + 1 - WEEK_DAYS), last_day + 1)
    before = slice(max(first_day, week.start - BEFORE_DAYS), week.start)
    level = days.mean[0] - days.context[0] @ effect
    n = days.n[0]
    here, past = level[week][n[week] > 0], level[before][n[before] > 0]
    counts = n[week][n[week] > 0]
    of_week = float(np.average(here, weights=counts)) if here.size else None
    now = state(n[before], n[week])
    if not past.size:
        only_first_day = int(np.sum(n[week] > 0)) == 1
        if norm is None or not only_first_day or of_week is None:
            return Baseline(now, None, None, None, of_week, 0, 0)
        # worth .63 of one reading: (within-person SD / between-person SD) squared, per reading
        weight, count = float(table("norms")["reading_weight"]), float(counts.sum())
        return Baseline(now, (weight * norm + count * of_week) / (weight + count), None, None, of_week, 0, 0, True)
    middle = median(past)
    half = NINE_IN_TEN * MAD_TO_SD * median(np.abs(past - middle))
    known = now != "learning"
    low, high = (middle - half, middle + half) if known else (None, None)
    return Baseline(now, middle, low, high, of_week, int(n[before].sum()), int(np.sum(n[before] > 0)))


def norm_ln_rmssd(sex: Literal["F", "M"], age_years: int) -> tuple[float, float]:
    """Mean and standard deviation of lnRMSSD among people of a sex and an age.

    Args:
        sex: F or M.
        age_years: In years.

    Returns:
        Logarithms of ms, no unit; NaN outside 25 to 74 years.

    Source: Voss et al. (2015), doi:10.1371/journal.pone.0118308
    """
    for row in table("norms")["rows"]:
        if row["sex"] == sex and row["from_age"] <= age_years <= row["to_age"]:
            return float(row["ln_rmssd"]), float(row["sd"])
    return math.nan, math.nan

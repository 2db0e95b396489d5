"""Whole scorers over synthetic people: ours, and three biased ones that the audit must catch.

pooled norm        everyone against the mean of all people, as a wellness app with "normal: 42 ms" does
no personal SD     own mean, but everyone on one scale
no shift context   own mean and scale, blind to nights

Source: the posterior of `agent.scoring.level`. Derived: spreads .298 within and .375 between people as in
`agent.scoring.channels` and `tables/norms.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.baseline import DAYS_TO_SPEAK, READINGS
from agent.scoring.change_detector import BUDGETS, FROM_DAY, watch
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, by_day, in_usual_context, stretches
from agent.scoring.level import BEFORE_DAYS, Deviation, Prior, Stretches, deviation
from agent.scoring.population import Population
from agent.scoring.student_t import NINE_IN_TEN, Floats, normal_cdf
from agent.scoring.week_rows import DAYS_IN_WEEK, READINGS_IN_WEEK

LAST_DAYS: Final = (48, 55, 62, 69, 76, 83, 89)
_SINCE_DAYS: Final = 28
Scorer = Callable[[Stretches], Deviation]


@dataclass(frozen=True, slots=True)
class Scored:
    """Person-weeks of lnRMSSD.

    Attributes:
        scored: Whether there was a number, shape ``(m, weeks)``; the others are only valid there.
        low, high: Its 90 % interval, no unit (differences of logarithms), shape ``(m, weeks)``.
        below_01: The named probability that the true deviation is below 0, shape ``(m, weeks)``.
        truth: The true deviation, no unit (a difference of logarithms), shape ``(m, weeks)``.
        fell: Whether the person fell by 20 % in the last four weeks, the whole week included, shape ``(m, weeks)``.
        worn: Whether anything was read in the week, shape ``(m, weeks)``.
        messages: Count of change alarms of people who have not fallen, shape ``(m,)``.
        watched: Worn days in which they could have come, over 91: a count of quarters, shape ``(m,)``.
    """

    scored: NDArray[np.bool_]
    low: Floats
    high: Floats
    below_01: Floats
    truth: Floats
    fell: NDArray[np.bool_]
    worn: NDArray[np.bool_]
    messages: Floats
    watched: Floats

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """Weeks whose whole interval lies on the side of strain: ``scored and high < 0``.

        Returns: Shape ``(m, weeks)``.
        Source: definition.
        """
        return self.scored & (self.high < 0.0)


def ours(weeks: Stretches) -> Deviation:
    """The scorer of the weekly log.

    Args:
        weeks: Stretches of lnRMSSD.

    Returns:
        Its posterior; see `agent.scoring.level.deviation`.

    Source: see the module.
    """
    return deviation(weeks, CHANNELS["ln_rmssd"].prior)


def pooled_norm(weeks: Stretches) -> Deviation:
    """Biased scorer: the week's mean minus the mean of all people; ``sd = sqrt(.298^2 / n + .1^2)``.

    It flags the lowest twentieth of all people: ``value -+ 1.645 sqrt(.375^2 + sd^2)``.

    Args:
        weeks: Stretches of lnRMSSD.

    Returns:
        In differences of logarithms.

    Source: see the module.
    """
    week = slice(BEFORE_DAYS, None)
    n = weeks.n[:, week].sum(axis=1)
    mean = np.sum(weeks.n[:, week] * np.where(weeks.n > 0, weeks.mean, 0.0)[:, week], axis=1) / np.maximum(n, 1.0)
    norm = float(np.mean(mean[n > 0])) if n.any() else 0.0
    value, sd = mean - norm, np.sqrt(0.298**2 / np.maximum(n, 1.0) + 0.1**2)
    # flags the lowest twentieth of all people
    edge = NINE_IN_TEN * np.hypot(0.375, sd)
    none = np.zeros_like(value)
    return Deviation(value, sd, value - edge, value + edge, none + 0.375, none + 0.298, none + norm, none[:, None])


def no_personal_sd(weeks: Stretches) -> Deviation:
    """Biased scorer: ours with a prior on the scale that is worth 1e9 readings, so that no reading can move it.

    Args:
        weeks: Stretches of lnRMSSD.

    Returns:
        In differences of logarithms.

    Source: see the module.
    """
    return deviation(weeks, Prior(CHANNELS["ln_rmssd"].prior.scale, 1e9))


def no_shift_context(weeks: Stretches) -> Deviation:
    """Biased scorer: ours without the contexts (time of day, shift).

    Args:
        weeks: Stretches of lnRMSSD.

    Returns:
        In differences of logarithms.

    Source: see the module.
    """
    return deviation(replace(weeks, context=weeks.context[:, :, :0]), CHANNELS["ln_rmssd"].prior)


SCORERS: Final[dict[str, Scorer]] = {
    "ours": ours,
    "pooled norm": pooled_norm,
    "no personal SD": no_personal_sd,
    "no shift context": no_shift_context,
}


def score(people: Population, scorer: Scorer, last_days: tuple[int, ...] = LAST_DAYS) -> Scored:
    """Score synthetic people in the weeks that end on `last_days`, with the truth beside.

    ``truth = mean(level in the week) - mean(level in the 60 days before)``. A week is scored under the conditions of
    the weekly log: 42 readings on 14 days before, 3 readings on 2 days in it.

    Args:
        people: Readings and their truth.
        scorer: A value of SCORERS.
        last_days: Last day of each week.

    Returns:
        Person-weeks, shape ``(m, len(last_days))`` each.

    Source: see the module.
    """
    m = people.level.shape[0]
    weeks = stretches(people.ln_rmssd, by_day(people.ln_rmssd), last_days)
    answer = scorer(weeks)
    week = weeks.n[:, BEFORE_DAYS:]

    def by_person(column: NDArray[np.generic]) -> Floats:
        return np.asarray(column).reshape(len(last_days), m).T

    truth, fell = np.empty((m, len(last_days))), np.zeros((m, len(last_days)), dtype=bool)
    for place, last in enumerate(last_days):
        begins = last + 1 - WEEK_DAYS
        past = people.level[:, max(0, begins - BEFORE_DAYS) : begins]
        truth[:, place] = people.level[:, begins : last + 1].mean(axis=1) - past.mean(axis=1)
        fell[:, place] = (people.fell_on >= 0) & (people.fell_on <= begins) & (people.fell_on > last - _SINCE_DAYS)
    messages, watched = _messages(people, scorer)
    return Scored(
        by_person(is_scored(weeks)).astype(bool),
        by_person(answer.low),
        by_person(answer.high),
        by_person(normal_cdf(-answer.value / np.maximum(answer.sd, 1e-12))),
        truth,
        fell,
        by_person(week.sum(axis=1) > 0).astype(bool),
        messages,
        watched,
    )


def is_scored(weeks: Stretches) -> NDArray[np.bool_]:
    """Whether the weekly log has a number: 42 readings on 14 days before the week, 3 readings on 2 days in it.

    Args:
        weeks: m stretches of a week and 60 days before it.

    Returns:
        Shape ``(m,)``.

    Source: the conditions of `agent.scoring.baseline` and `agent.scoring.weeks`.
    """
    before, week = weeks.n[:, :BEFORE_DAYS], weeks.n[:, BEFORE_DAYS:]
    enough = (before.sum(axis=1) >= READINGS) & (np.sum(before > 0, axis=1) >= DAYS_TO_SPEAK)
    return np.asarray(enough & (week.sum(axis=1) >= READINGS_IN_WEEK) & (np.sum(week > 0, axis=1) >= DAYS_IN_WEEK))


def _messages(people: Population, scorer: Scorer) -> tuple[Floats, Floats]:
    """The change alarm as shipped, over days without a fall so far; contexts as learnt week by week."""
    days = by_day(people.ln_rmssd)
    lasts = list(range(FROM_DAY - 1, days.n.shape[1], WEEK_DAYS))
    effect = scorer(stretches(people.ln_rmssd, days, lasts)).effect
    usual = in_usual_context(days, lasts, effect.reshape(len(lasts), days.n.shape[0], -1))
    raised = watch(usual, CHANNELS["ln_rmssd"].prior, BUDGETS[0.25]).alarms
    day = np.arange(days.n.shape[1])
    open_ = (day >= FROM_DAY) & ((people.fell_on < 0)[:, None] | (day < people.fell_on[:, None]))
    return (raised & open_).sum(axis=1).astype(float), ((days.n > 0) & open_).sum(axis=1) / 91.0

"""Weeks of facts that are counted and not measured, such as night shifts of a roster.

A roster has no noise of a window: where every day is known, the count of a week is exact, and so is its difference from
the days before. What is uncertain is only what the days that nobody imported would have held.

    value     events of the week, minus a week's share of the events before
    hidden    events of days that nobody imported: beta-binomial, from all days that are known and a prior worth a week
              with one event. Of known days alone nothing is uncertain: the interval is a point
    usual_sd  standard deviation of the counts of seven days before, and at least the channel's `Prior.scale`: one
              single event in a quiet year is one usual deviation and no more

Source: Gelman et al. (2013), Bayesian Data Analysis, section 2.1, for the predictive distribution.
Derived: the prior and the lower bound of `usual_sd` are ours (docs/decisions/134-a-roster-is-counted.md).
"""

import math
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.scoring.daily import WEEK_DAYS
from agent.scoring.level import BEFORE_DAYS, Deviation, Stretches
from agent.scoring.student_t import NINE_IN_TEN, Floats

_TAIL: Final = 0.05
_WINDOWS: Final = 14  # of seven known days; fewer say nothing of how a count usually moves


def counted_deviation(stretches: Stretches, least_sd: float) -> Deviation:
    """Week minus the days before, of counts; formulas in the module.

    Args:
        stretches: Of one channel with at most one reading a day, per week: seven times the day's count.
        least_sd: Lower bound of `usual_sd`, per week.

    Returns:
        Per week, shape ``(m,)`` each; effects of context are 0.

    Source: see the module.
    """
    m, k = stretches.mean.shape[0], stretches.context.shape[2]
    m, k = stretches.mean.shape[0], stretches.context.shape[2]
    known = stretches.n > 0
    x = np.where(known, stretches.mean, 0.0)
    rows = [
        _row(x[row], known[row], int(np.sum(stretches.weights[row, :BEFORE_DAYS] != 0.0)), least_sd) for row in range(m)
    ]
    value, sd, low, high, usual_sd, scale, usual = np.array(rows).reshape(m, 7).T
    return Deviation(value, sd, low, high, usual_sd, scale, usual, np.zeros((m, k)))


def _row(x: Floats, known: NDArray[np.bool_], days_before: int, least_sd: float) -> tuple[float, ...]:
    """One stretch: value, sd, low, high, usual_sd, scale of a day, usual; per week."""
    before, week = known[:BEFORE_DAYS], known[BEFORE_DAYS:]
    n, events = int(before.sum() + week.sum()), float(x.sum()) / WEEK_DAYS
    # a day without two events, as nearly all are; more than one a day count as one day more with an event
    alpha, beta = 1.0 + min(events, float(n)), WEEK_DAYS - 1.0 + max(n - events, 0.0)
    hidden, hidden_before = WEEK_DAYS - int(week.sum()), max(days_before - int(before.sum()), 0)
    mean, variance = _beta_binomial(hidden, alpha, beta)
    mean_before, variance_before = _beta_binomial(hidden_before, alpha, beta)
    share = WEEK_DAYS / max(days_before, 1)
    usual = share * (float(x[:BEFORE_DAYS].sum()) / WEEK_DAYS + mean_before)
    counted = float(x[BEFORE_DAYS:].sum()) / WEEK_DAYS
    least, most = _quantiles(hidden, alpha, beta)
    half = NINE_IN_TEN * share * math.sqrt(variance_before)
    value = counted + mean - usual
    rate = alpha / (alpha + beta)
    return (
        value,
        math.sqrt(variance + share**2 * variance_before),
        counted + least - usual - half,
        counted + most - usual + half,
        max(least_sd, _of_weeks(x[:BEFORE_DAYS], before)),
        WEEK_DAYS * math.sqrt(rate * (1.0 - rate)),
        usual,
    )


def _beta_binomial(days: int, alpha: float, beta: float) -> tuple[float, float]:
    """Mean and variance of the events of some days nobody knows."""
    whole = alpha + beta
    mean = days * alpha / whole
    return mean, mean * (beta / whole) * (whole + days) / (whole + 1.0)


def _quantiles(days: int, alpha: float, beta: float) -> tuple[int, int]:
    """Events of some unknown days: fewest and most, each end leaving out at most a twentieth."""
    total, least, most = 0.0, 0, days
    for events in range(days + 1):
        before = total
        total += math.exp(
            math.lgamma(days + 1) - math.lgamma(events + 1) - math.lgamma(days - events + 1)
            + _log_beta(events + alpha, days - events + beta) - _log_beta(alpha, beta)
        )  # fmt: skip
        if before <= _TAIL:
            least = events
        if total >= 1.0 - _TAIL:
            most = events
            break
    return least, most


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def _of_weeks(x: Floats, known: NDArray[np.bool_]) -> float:
    """Standard deviation of the counts of seven known days in a row; from too few of them, 0."""
    whole = sliding_window_view(known, WEEK_DAYS).all(axis=1)
    if whole.sum() < _WINDOWS:
        return 0.0
    return float(np.std(sliding_window_view(x, WEEK_DAYS).mean(axis=1)[whole]))

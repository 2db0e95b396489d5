"""From the fused number of a week to the probability of an answer and an interval of it.

    p         sigmoid((a + b t) / sqrt(1 + pi b^2 v / 8))
    interval  c + d t + (q_low, q_high) sqrt(sigma^2 + d^2 v)

t and v are those of `agent.scoring.fused`, for people who were left out.

Answers scatter more where they are high. So q is one pair for each of three groups: people without a last answer, with
one below the cut, and with one at or above it. A measured channel does not change the group. Losing the last answer
does, and must widen the interval too: where ``q_high - q_low`` without one is smaller than that of another group,
both groups have one q.

Source: Platt (1999), Advances in Large Margin Classifiers, pages 61-74, for a and b; Vovk, Gammerman and Shafer (2005),
Algorithmic Learning in a Random World, 4.5, for quantiles by group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.conformal import tails
from agent.scoring.logistic import logistic, shrink, sigmoid
from agent.scoring.person_weeks import LAST_ANSWER, Table, Weeks
from agent.scoring.student_t import Floats

GROUPS: Final = 3
GROUP_WEEKS: Final = 200
GROUP_PEOPLE: Final = 20
_ROUNDS: Final = 4
_RIDGE: Final = np.array([0.0, 0.1])  # so that b is finite where t separates the labels without error
_LEAST_SIGMA: Final = 0.1  # of the answers' standard deviation: nobody's answers are known better


@dataclass(frozen=True, slots=True)
class Scale:
    """From t and v to a probability and an interval.

    Attributes:
        intercept, slope: a and b.
        centre, per_t: c and d, in points.
        sigma: Spread of the answers where t is known, in points.
        q_low, q_high: By group; in units of the stated spread, shape ``(3,)``.
    """

    intercept: float
    slope: float
    centre: float
    per_t: float
    sigma: float
    q_low: Floats
    q_high: Floats


def groups(inputs: Sequence[str], weeks: Weeks, cut: float) -> NDArray[np.int64]:
    """0 without a last answer, 1 with one below the cut, 2 with one at or above it; all 0 where it is no input.

    Args:
        inputs: Of a fusion.
        weeks: n of them.
        cut: In points.

    Returns:
        Shape ``(n,)``.

    Source: definition.
    """
    if LAST_ANSWER not in inputs:
        return np.zeros(weeks.last_answer.size, dtype=np.int64)
    is_high = weeks.last_answer >= cut - 1e-9
    return np.where(np.isfinite(weeks.last_answer), np.where(is_high, 2, 1), 0)


def scale(t: Floats, v: Floats, of_group: NDArray[np.int64], table: Table) -> Scale:
    """Fit a to d, sigma and q to predictions for people who were left out.

    a and b by the logistic of the label; c and d by least squares; ``sigma^2 = mean((score - c - d t)^2) - d^2
    mean(v)``, and a tenth of the answers' deviation at least; q by `agent.scoring.conformal.tails`. A group of fewer
    than 200 weeks or 20 people has one q with those without a last answer.

    Args:
        t: Fused numbers, no unit, shape ``(n,)``.
        v: Their variances, no unit, shape ``(n,)``.
        of_group: Of each row, shape ``(n,)``.
        table: The rows.

    Returns:
        The scale.

    Source: see the module.
    """
    slope, design = 1.0, np.column_stack((np.ones_like(t), t))
    for _ in range(_ROUNDS):
        found = logistic(design * shrink(slope**2 * v)[:, None], table.label, _RIDGE).coefficients
        slope = float(found[1])
    centre, per_t = np.linalg.lstsq(design, table.score, rcond=None)[0].tolist()
    left = table.score - centre - per_t * t
    sigma2 = float(np.mean(left**2) - per_t**2 * np.mean(v))
    sigma = max(sigma2, _LEAST_SIGMA**2 * float(np.var(table.score)), 1e-12) ** 0.5
    width, half = np.sqrt(sigma**2 + per_t**2 * v), 0.5 * table.target.step
    low, high = (left - half) / width, (left + half) / width
    q = _by_group(low, high, of_group, table)
    return Scale(float(found[0]), slope, centre, per_t, sigma, q[:, 0], q[:, 1])


def _by_group(low: Floats, high: Floats, of_group: NDArray[np.int64], table: Table) -> Floats:
    """Both q by group, shape ``(3, 2)``; too small a group stands with the people without a last answer."""
    pool = np.arange(GROUPS)
    for place in range(1, GROUPS):
        if _is_small(of_group == place, table):
            pool[place] = 0
    while True:
        if _is_small(pool[of_group] == 0, table):
            pool[:] = 0
        q = np.empty((GROUPS, 2))
        for place in range(GROUPS):
            inside = pool[of_group] == pool[place]
            q[place] = tails(low[inside], high[inside], table.person[inside])
        span = q[:, 1] - q[:, 0]
        if span.argmax() == 0 or pool[span.argmax()] == 0:
            return q
        pool[span.argmax()] = 0


def _is_small(inside: NDArray[np.bool_], table: Table) -> bool:
    return bool(inside.sum() < GROUP_WEEKS or np.unique(table.person[inside]).size < GROUP_PEOPLE)


def probability_01(of: Scale, t: Floats, v: Floats) -> Floats:
    """p; formula in the module.

    Args:
        of: The scale.
        t: No unit, shape ``(n,)``.
        v: No unit, shape ``(n,)``.

    Returns:
        0 to 1, shape ``(n,)``.

    Source: see the module.
    """
    return sigmoid((of.intercept + of.slope * t) * shrink(of.slope**2 * v))


def interval(of: Scale, t: Floats, v: Floats, of_group: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The interval; formula in the module.

    Args:
        of: The scale.
        t: No unit, shape ``(n,)``.
        v: No unit, shape ``(n,)``.
        of_group: Of `groups`, shape ``(n,)``.

    Returns:
        Its ends, in units of points, shape ``(n,)`` each.

    Source: see the module.
    """
    middle, width = of.centre + of.per_t * t, np.sqrt(of.sigma**2 + of.per_t**2 * v)
    return middle + of.q_low[of_group] * width, middle + of.q_high[of_group] * width

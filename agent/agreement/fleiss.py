"""Fleiss' kappa: many raters on categories. Who rated a unit does not matter; how many rated it may differ."""

from typing import Final

import numpy as np

from agent.agreement.draws import Floats, intervals
from agent.agreement.estimate import Estimate, missing
from agent.agreement.kappa import Ints

ONE_CATEGORY: Final = "every rating is in one category, so agreement by chance is complete"
NO_UNITS: Final = "no unit was rated twice"


def fleiss(counts: Ints) -> Estimate:
    """Fleiss' kappa, ``1 - mean(d) / (1 - sum(q^2))``.

    ``d`` is the share of pairs of a unit's ratings that differ; ``q`` is the mean share of each category.
    With as many ratings for every unit this is the form of 1971.

    The interval: see `agent.agreement.draws`, over units. Its prior adds one unit, spread evenly over units whose
    ratings are all in one category, and one unit spread evenly over units whose ratings are halved between two.

    Args:
        counts: How many raters put each unit into each category, counts, shape ``(n, k)``; units with fewer than two
            ratings are left out.

    Returns:
        Kappa.

    Source: Fleiss (1971), doi:10.1037/h0031619
    """
    counts = counts[counts.sum(axis=1) >= 2][:, counts.sum(axis=0) > 0]
    n, k = counts.shape
    if not n:
        return missing(0, NO_UNITS)
    if k < 2:
        return missing(n, ONE_CATEGORY)
    patterns, times = np.unique(counts, axis=0, return_counts=True)
    raters = round(float(counts.sum() / n))
    extra, extra_weight = _prior(k, raters)
    differ, share_01 = _of_units(np.concatenate([patterns, extra]).astype(np.float64))

    def statistics(weights_01: Floats) -> Floats:
        by_chance = 1.0 - ((weights_01 @ share_01) ** 2).sum(axis=1)
        return np.asarray(1.0 - (weights_01 @ differ) / by_chance)[:, None]

    observed = np.concatenate([times, np.zeros(len(extra))])
    value = statistics(observed[None, :] / n)[0]
    prior = np.concatenate([np.zeros(len(times)), extra_weight])
    ((low, high),) = intervals(observed, prior, statistics, value)
    return Estimate(float(value[0]), low, high, n)


def _of_units(counts: Floats) -> tuple[Floats, Floats]:
    """Share of a unit's pairs of ratings that differ, shape ``(n,)``, and its share of each category."""
    m = counts.sum(axis=1)
    agreed = (counts * (counts - 1.0)).sum(axis=1) / (m * (m - 1.0))
    return np.asarray(1.0 - agreed), np.asarray(counts / m[:, None])


def _prior(k: int, raters: int) -> tuple[Ints, Floats]:
    """Units that the prior adds, and the weight of each."""
    unit = np.eye(k, dtype=np.int64)
    half = raters // 2
    split = [(raters - half) * unit[i] + half * unit[j] for i in range(k) for j in range(k) if i != j]
    weight = np.concatenate([np.full(k, 1.0 / k), np.full(len(split), 1.0 / len(split))])
    return np.concatenate([raters * unit, np.array(split)]), weight

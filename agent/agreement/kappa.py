"""Two raters on categories: Cohen's kappa without and with weights, and what is needed to read it.

A table counts units: rows are the first rater's categories, columns the second rater's, in one order.
"""

import math
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent.agreement.draws import Floats, intervals
from agent.agreement.estimate import Estimate, missing

Ints = NDArray[np.int64]
Weighting = Literal["plain", "linear", "quadratic"]
WEIGHTINGS: Final[tuple[Weighting, ...]] = ("plain", "linear", "quadratic")

ONE_CATEGORY: Final = "both raters put every unit into one category, so agreement by chance is complete"
NO_UNITS: Final = "the two raters share no unit"
TWO_ONLY: Final = "it is defined for two categories"

_PRIOR_AGREED: Final = 1.0
_PRIOR_DISAGREED: Final = 1.0


def disagreement(categories: int, weighting: Weighting) -> Floats:
    """Weight of each disagreement: 0 on the diagonal, 1 at most.

    Args:
        categories: Their number, at least 1.
        weighting: ``plain``: every disagreement is 1; ``linear``: the steps between the categories over the most
            steps; ``quadratic``: its square.

    Returns:
        No unit, shape ``(categories, categories)``.

    Source:
        Cohen (1968), doi:10.1037/h0026256; quadratic: Fleiss and Cohen (1973), doi:10.1177/001316447303300309

    >>> disagreement(3, "linear").tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 0.5], [1.0, 0.5, 0.0]]
    """
    place = np.arange(categories, dtype=np.float64)
    steps = np.abs(place[:, None] - place[None, :])
    if weighting == "plain":
        return np.asarray((steps > 0).astype(np.float64))
    return np.asarray((steps / max(categories - 1, 1)) ** (1 if weighting == "linear" else 2))


def kappa(shares: Floats, weights: Floats) -> Floats:
    """``1 - sum(w p) / sum(w r c)``, r and c the margins of the table of shares p.

    Args:
        shares: Counts or shares, no unit, shape ``(..., k, k)``.
        weights: Of disagreement, no unit, shape ``(k, k)``.

    Returns:
        No unit, shape ``(...)``; NaN where no disagreement by chance is possible.

    Source:
        Cohen (1960), doi:10.1177/001316446002000104; with weights Cohen (1968), doi:10.1037/h0026256

    >>> kappa(np.array([[20, 5], [10, 15]]), disagreement(2, "plain")).round(3)
    np.float64(0.4)
    """
    p = shares / shares.sum(axis=(-2, -1), keepdims=True)
    observed = (p * weights).sum(axis=(-2, -1))
    by_chance = ((p.sum(axis=-1) @ weights) * p.sum(axis=-2)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(by_chance > 0, 1.0 - observed / by_chance, np.nan))


def standard_error(table: Ints, weights: Floats) -> float:
    """Of kappa, for large samples.

    Args:
        table: Counts, shape ``(k, k)``.
        weights: Of disagreement, no unit, shape ``(k, k)``.

    Returns:
        No unit; NaN where kappa is.

    Source:
        Fleiss, Cohen and Everitt (1969), doi:10.1037/h0028106, equation 8, with weights of agreement ``1 - w``.
    """
    n = table.sum()
    p = table / n
    r, c = p.sum(axis=1), p.sum(axis=0)
    agreed = 1.0 - weights
    by_chance = float(r @ agreed @ c)
    value = float(kappa(table.astype(np.float64), weights))
    if math.isnan(value):
        return math.nan
    mean_of = (agreed @ c)[:, None] + (agreed.T @ r)[None, :]
    inside = (p * (agreed - mean_of * (1.0 - value)) ** 2).sum() - (value - by_chance * (1.0 - value)) ** 2
    return math.sqrt(max(float(inside), 0.0) / n) / (1.0 - by_chance)


def names(*, is_ordered: bool) -> list[str]:
    """What `pair_numbers` gives, in its order.

    Args:
        is_ordered: Whether the categories have an order.

    Returns:
        Names of statistics.

    Source: definition.
    """
    weightings = WEIGHTINGS if is_ordered else WEIGHTINGS[:1]
    return [*(_name(one) for one in weightings), "agreement_01", "pabak", "prevalence_index", "bias_index"]


def pair_numbers(table: Ints, *, is_ordered: bool) -> dict[str, Estimate]:
    """What a table of two raters gives, each with its 95 % interval.

    ``kappa``, with an order ``kappa_linear`` and ``kappa_quadratic``; ``agreement_01``, the share of units in one
    category; ``pabak``, ``(k p - 1) / (k - 1)`` with the share p of agreement; and for two categories
    ``prevalence_index``, the share of agreement on the first minus that on the second, and ``bias_index``, the first
    rater's share of the first category minus the second rater's.

    The interval: see `agent.agreement.draws`. Its prior adds one unit, spread evenly over the diagonal of the
    categories in use, and one unit spread evenly over the other cells.

    Args:
        table: Counts, shape ``(k, k)``.
        is_ordered: Whether the categories have an order.

    Returns:
        By name.

    Source:
        see `kappa`; Byrt, Bishop and Carlin (1993), doi:10.1016/0895-4356(93)90018-V, for prevalence, bias and PABAK;
        intervals: Basu, Banerjee and Sen (2000), doi:10.1111/j.0006-341X.2000.00577.x
    """
    n, categories = int(table.sum()), len(table)
    weightings = WEIGHTINGS if is_ordered else WEIGHTINGS[:1]
    of_table = names(is_ordered=is_ordered)
    used = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    if used.size < 2:
        return dict.fromkeys(of_table, missing(n, ONE_CATEGORY if n else NO_UNITS))
    weights = [disagreement(categories, one)[np.ix_(used, used)] for one in weightings]
    counts = table[np.ix_(used, used)].astype(np.float64)
    size = used.size

    def statistics(shares_01: Floats) -> Floats:
        p = shares_01.reshape(-1, size, size)
        agreed = p.trace(axis1=1, axis2=2)
        pabak = (categories * agreed - 1.0) / (categories - 1.0)
        prevalence, bias = p[:, 0, 0] - p[:, -1, -1], p[:, 0, 1] - p[:, 1, 0]
        return np.stack([*(kappa(p, one) for one in weights), agreed, pabak, prevalence, bias], axis=1)

    estimates = statistics(counts.reshape(1, -1) / n)[0]
    ends = intervals(counts.ravel(), _prior(size).ravel(), statistics, estimates)
    found = {
        name: Estimate(float(value), low, high, n)
        for name, value, (low, high) in zip(of_table, estimates, ends, strict=True)
    }
    for weighting, weight in zip(weightings, weights, strict=True):
        one = found[_name(weighting)]
        error = standard_error(table[np.ix_(used, used)], weight)
        found[_name(weighting)] = Estimate(one.value, one.low, one.high, n, standard_error=error)
    if categories != 2:
        found |= dict.fromkeys(("prevalence_index", "bias_index"), missing(n, TWO_ONLY))
    return found


def _name(weighting: Weighting) -> str:
    return "kappa" if weighting == "plain" else f"kappa_{weighting}"


def _prior(size: int) -> Floats:
    """What is added to each cell; for two categories half a unit each."""
    agreed = np.eye(size)
    return np.asarray(_PRIOR_AGREED * agreed / size + _PRIOR_DISAGREED * (1.0 - agreed) / (size * (size - 1)))

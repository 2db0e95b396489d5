"""Intraclass correlations: every unit measured by the same raters, on a scale with an interval.

Intervals assume normal variation between units, between raters, and of the rest.
"""

import functools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.agreement.draws import DRAWS, SEED, Floats, interval
from agent.agreement.estimate import Estimate, missing
from agent.agreement.quantiles import f_quantile

SAME_EVERYWHERE: Final = "every rating is the same, so there is no variance"
NO_RESIDUAL: Final = (
    "the raters differ by a constant or not at all, so there is no variance within units to compare with"
)
TOO_FEW: Final = "it needs two units that the same two raters rated"
NAMES: Final = ("icc_1_1", "icc_2_1", "icc_3_1", "icc_2_k")
_ROUNDING: Final = 1e-12  # of a mean square whose differences are rounding alone, in squares of the range


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Of a two-way table without repetition.

    Attributes:
        between: Between units, BMS.
        raters: Between raters, JMS.
        error: Residual, EMS.
        within: Within units, WMS.
        n: Units.
        k: Raters.
    """

    between: float
    raters: float
    error: float
    within: float
    n: int
    k: int


def mean_squares(ratings: Floats) -> MeanSquares:
    """Analysis of variance of a complete table.

    Args:
        ratings: In units of their range, any offset, shape ``(n, k)``.

    Returns:
        In squares of the unit of `ratings`.

    Source: Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420, table 3
    """
    n, k = ratings.shape
    about = ratings - ratings.mean()
    unit, rater = about.mean(axis=1, keepdims=True), about.mean(axis=0, keepdims=True)
    between = k * float((unit**2).sum()) / (n - 1)
    of_raters = n * float((rater**2).sum()) / (k - 1)
    error = float(((about - unit - rater) ** 2).sum()) / ((n - 1) * (k - 1))
    within = float(((about - unit) ** 2).sum()) / (n * (k - 1))
    return MeanSquares(between, of_raters, error, within, n, k)


def iccs(ratings: Floats) -> dict[str, Estimate]:
    """All four, by name.

    Args:
        ratings: One unit for all, any unit, shape ``(n, k)``, without missing ratings.

    Returns:
        ``icc_1_1``, ``icc_2_1``, ``icc_3_1`` and ``icc_2_k``.

    Source: see each.
    """
    n, k = ratings.shape
    if n < 2 or k < 2:
        return dict.fromkeys(NAMES, missing(n, TOO_FEW))
    low, high = float(ratings.min()), float(ratings.max())
    if low == high:
        return dict.fromkeys(NAMES, missing(n, SAME_EVERYWHERE))
    found = mean_squares((ratings - low) / (high - low))
    if found.error < _ROUNDING or found.within < _ROUNDING:
        return dict.fromkeys(NAMES, missing(n, NO_RESIDUAL))
    return {"icc_1_1": icc_1_1(found), "icc_2_1": icc_2_1(found), "icc_3_1": icc_3_1(found), "icc_2_k": icc_2_k(found)}


def icc_1_1(ms: MeanSquares) -> Estimate:
    """One rating, each unit rated by different raters: ``(BMS - WMS) / (BMS + (k - 1) WMS)``.

    Args:
        ms: Mean squares.

    Returns:
        With the exact interval from F.

    Source: Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420
    """
    return _from_f(ms, ms.between / ms.within, ms.n * (ms.k - 1))


def icc_3_1(ms: MeanSquares) -> Estimate:
    """One rating by these raters alone, without their constant differences: ``(BMS - EMS) / (BMS + (k - 1) EMS)``.

    Args:
        ms: Mean squares.

    Returns:
        With the exact interval from F.

    Source: Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420
    """
    return _from_f(ms, ms.between / ms.error, (ms.n - 1) * (ms.k - 1))


def icc_2_1(ms: MeanSquares) -> Estimate:
    """One rating by a rater drawn from many: ``(BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n)``.

    Args:
        ms: Mean squares.

    Returns:
        With the interval from generalised pivots; docs/decisions/135 says why not that of Shrout and Fleiss.

    Source:
        Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420; interval: Weerahandi (1993),
        doi:10.1080/01621459.1993.10476355, compared with others by Ionan et al. (2014), doi:10.1186/1471-2288-14-121
    """
    return _from_pivots(ms, 1)


def icc_2_k(ms: MeanSquares) -> Estimate:
    """The mean of k raters drawn from many: ``(BMS - EMS) / (BMS + (JMS - EMS) / n)``.

    Args:
        ms: Mean squares.

    Returns:
        With the interval from generalised pivots.

    Source: see `icc_2_1`.
    """
    return _from_pivots(ms, ms.k)


def shrout_fleiss_interval(ms: MeanSquares) -> tuple[float, float]:
    """The published 95 % interval of ICC(2,1), from an F with approximate degrees of freedom; shown nowhere.

    Args:
        ms: Mean squares.

    Returns:
        Both ends.

    Source: Shrout and Fleiss (1979), doi:10.1037/0033-2909.86.2.420, page 424; McGraw and Wong (1996),
        doi:10.1037/1082-989X.1.1.30
    """
    n, k, b, j, e = ms.n, ms.k, ms.between, ms.raters, ms.error
    value = float(_icc_2(np.array(b), np.array(j), np.array(e), n, k, 1))
    of_raters = k * value / (n * (1.0 - value))
    of_error = 1.0 + k * value * (n - 1) / (n * (1.0 - value))
    freedom = (of_raters * j + of_error * e) ** 2 / (
        (of_raters * j) ** 2 / (k - 1) + (of_error * e) ** 2 / ((n - 1) * (k - 1))
    )
    above, below = f_quantile(0.975, n - 1, freedom), f_quantile(0.975, freedom, n - 1)
    rest = k * j + (k * n - k - n) * e
    return n * (b - above * e) / (above * rest + n * b), n * (below * b - e) / (rest + n * below * b)


def _from_f(ms: MeanSquares, ratio: float, freedom: int) -> Estimate:
    def of(f: float) -> float:
        return (f - 1.0) / (f + ms.k - 1.0)

    low, high = (ratio / f_quantile(p, ms.n - 1, freedom) for p in (0.975, 0.025))
    return Estimate(of(ratio), of(low), of(high), ms.n)


def _from_pivots(ms: MeanSquares, averaged: int) -> Estimate:
    """Each mean square over drawn values of its distribution."""
    n, k = ms.n, ms.k
    b, j, e = (of * pivots for of, pivots in zip((ms.between, ms.raters, ms.error), _pivots(n - 1, k - 1), strict=True))
    value = float(_icc_2(np.array(ms.between), np.array(ms.raters), np.array(ms.error), n, k, averaged))
    drawn = _icc_2(b, j, e, n, k, averaged)
    if not math.isfinite(value):
        return missing(n, NO_RESIDUAL)
    return Estimate(value, *interval(drawn, value), n)


@functools.lru_cache(maxsize=4)
def _pivots(of_units: int, of_raters: int) -> tuple[Floats, Floats, Floats]:
    """For each mean square, its degrees of freedom over drawn values of their chi-squared distribution."""
    generator = np.random.default_rng(SEED)
    b, j, e = (freedom / generator.chisquare(freedom, DRAWS) for freedom in (of_units, of_raters, of_units * of_raters))
    return b, j, e


def _icc_2(b: Floats, j: Floats, e: Floats, n: int, k: int, averaged: int) -> Floats:
    """ICC(2,1), or for the mean of k raters ICC(2,k)."""
    of_raters = (j - e) / n
    if averaged == 1:
        return np.asarray((b - e) / (b + (k - 1) * e + k * of_raters))
    return np.asarray((b - e) / (b + of_raters))

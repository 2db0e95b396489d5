"""Quantiles of F, Student's t and noncentral t in numpy alone; each inverts its distribution function by bisection."""

import functools
import math
from collections.abc import Callable
from typing import Final

import numpy as np

from agent.scoring.student_t import normal_cdf

_TINY: Final = 1e-300
_STEPS: Final = 200
_MOST_TERMS: Final = 100_000
_POINTS: Final = 1001  # of the quadrature
_SPREADS: Final = 9.0  # of the chi density on each side of its mean


def beta_cdf(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function ``I_x(a, b)``.

    Args:
        x: 0 to 1.
        a, b: Shape parameters, above 0.

    Returns:
        0 to 1.

    Source:
        NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction, by the modified Lentz method).

    >>> round(beta_cdf(0.5, 2.0, 3.0), 6)
    0.6875
    """
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - beta_cdf(1.0 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    c, d = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    total = d
    for m in range(1, _MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _nonzero(1.0 + term * d)
            c = _nonzero(1.0 + term / c)
            total *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return math.exp(front) * total / a


@functools.cache
def f_quantile(p: float, first: float, second: float) -> float:
    """Quantile of the F distribution; its degrees of freedom need not be whole.

    Args:
        p: 0 to 1, exclusive.
        first, second: Degrees of freedom of numerator and denominator.

    Returns:
        No unit, above 0.

    Source:
        ``F = (b / a) x / (1 - x)``, x of the beta distribution, a and b half the degrees of freedom (NIST DLMF 8.17).

    >>> round(f_quantile(0.975, 5, 15), 4)
    3.5764
    """
    # the smaller of x and 1 - x is what is searched for, so that both tails keep their digits
    share_01 = _inverse(lambda x: beta_cdf(x, first / 2, second / 2), p, 0.0, 1.0)
    if share_01 > 0.5:
        rest_01 = _inverse(lambda x: beta_cdf(x, second / 2, first / 2), 1.0 - p, 0.0, 1.0)
        return (second / first) * (1.0 - rest_01) / rest_01
    return (second / first) * share_01 / (1.0 - share_01)


def t_quantile(p: float, freedom: float) -> float:
    """Quantile of Student's t.

    Args:
        p: Above 0.5 and below 1.
        freedom: Degrees of freedom.

    Returns:
        No unit.

    Source: the square of t is F with 1 and `freedom` degrees of freedom.

    >>> round(t_quantile(0.975, 16), 4)
    2.1199
    """
    return math.sqrt(f_quantile(2.0 * p - 1.0, 1.0, freedom))


@functools.cache
def noncentral_t_quantile(p: float, freedom: float, noncentrality: float) -> float:
    """Quantile of ``(Z + noncentrality) / sqrt(chi2 / freedom)``.

    ``P(T <= q) = E[Phi(q u - noncentrality)]`` over ``u = sqrt(chi2 / freedom)``, by the trapezoidal rule.

    Args:
        p: 0 to 1, exclusive.
        freedom: Degrees of freedom, at least 2.
        noncentrality: Mean of the numerator.

    Returns:
        No unit.

    Source: definition; the rule is checked in the tests against another implementation.
    """
    spread = 1.0 / math.sqrt(2.0 * freedom)
    u = np.linspace(max(1.0 - _SPREADS * spread, 1e-9), 1.0 + _SPREADS * spread, _POINTS)
    log_density = (freedom - 1.0) * np.log(u) - freedom * (u * u - 1.0) / 2.0
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    far = abs(noncentrality) + 10.0
    return _inverse(lambda q: float(density @ normal_cdf(q * u - noncentrality)), p, -4.0 * far, 4.0 * far)


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _inverse(rising: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Where a rising function reaches `p`."""
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        low, high = (middle, high) if rising(middle) < p else (low, middle)
    return (low + high) / 2.0

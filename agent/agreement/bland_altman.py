"""Two instruments on one scale: bias, limits of agreement, and whether the difference depends on the mean.

Intervals assume that the differences are independent and normal.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.agreement.draws import Floats
from agent.agreement.estimate import Estimate, missing
from agent.agreement.quantiles import noncentral_t_quantile, t_quantile

NINETY_FIVE: Final = 1.959963984540054  # the normal's quantile at .975
CONSTANT: Final = "every difference is the same, so differences have no variance"
CONSTANT_MEAN: Final = "every unit has the same mean of both, so nothing can depend on it"
TOO_FEW: Final = "it needs three units that both rated"
NAMES: Final = ("bias", "lower_limit", "upper_limit", "slope", "spread_slope")
_ROUNDING: Final = 1e-12  # of a difference, against the largest rating


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line by least squares.

    Attributes:
        slope: With its 95 % interval.
        at_zero: Where it meets the vertical axis.
    """

    slope: Estimate
    at_zero: float


def differences(first: Floats, second: Floats) -> dict[str, Estimate]:
    """First minus second, unit by unit.

    ``bias`` is the mean difference; ``lower_limit`` and ``upper_limit`` lie 1.96 standard deviations from it. ``slope``
    is the change of the difference with the mean of both, ``spread_slope`` that of its distance from the line.

    The intervals of the bias and of the slopes are from t. That of a limit is exact, because
    ``(limit - bias) sqrt(n) / s`` has a noncentral t distribution.

    Args:
        first, second: In one unit, shapes ``(n,)``.

    Returns:
        By name, in the unit of the ratings; both slopes have no unit.

    Source:
        Bland and Altman (1986), doi:10.1016/S0140-6736(86)90837-8; both slopes: Bland and Altman (1999),
        doi:10.1177/096228029900800204; intervals of the limits: Carkeet (2015), doi:10.1097/OPX.0000000000000513
    """
    n = first.size
    if n < 3:
        return dict.fromkeys(NAMES, missing(n, TOO_FEW))
    d, mean = first - second, first / 2.0 + second / 2.0
    largest = max(float(np.abs(first).max()), float(np.abs(second).max()))
    if float(np.ptp(d)) <= _ROUNDING * largest:
        return dict.fromkeys(NAMES, missing(n, CONSTANT))
    bias, sd = float(d.mean()), float(d.std(ddof=1))
    error = sd / math.sqrt(n)
    half = t_quantile(0.975, n - 1) * error
    near, far = (noncentral_t_quantile(p, n - 1, NINETY_FIVE * math.sqrt(n)) * error for p in (0.025, 0.975))
    found = {
        "bias": Estimate(bias, bias - half, bias + half, n),
        "lower_limit": Estimate(bias - NINETY_FIVE * sd, bias - far, bias - near, n),
        "upper_limit": Estimate(bias + NINETY_FIVE * sd, bias + near, bias + far, n),
    }
    if float(np.ptp(mean)) <= _ROUNDING * largest:
        return found | dict.fromkeys(("slope", "spread_slope"), missing(n, CONSTANT_MEAN))
    of_difference = line(mean, d)
    fitted = of_difference.at_zero + (of_difference.slope.value or 0.0) * mean
    return found | {"slope": of_difference.slope, "spread_slope": line(mean, np.abs(d - fitted)).slope}


def line(x: Floats, y: Floats) -> Line:
    """The line through y over x.

    Args:
        x, y: Any unit, shapes ``(n,)``, n at least 3 and not all x the same.

    Returns:
        The line; its slope in units of y over units of x.

    Source: definition of least squares; the interval from t with n - 2 degrees of freedom.
    """
    n = x.size
    about_x, about_y = x - x.mean(), y - y.mean()
    squares = float(about_x @ about_x)
    slope = float(about_x @ about_y) / squares
    rest = about_y - slope * about_x
    half = t_quantile(0.975, n - 2) * math.sqrt(float(rest @ rest) / (n - 2) / squares)
    return Line(Estimate(slope, slope - half, slope + half, n), float(y.mean() - slope * x.mean()))


def depends_on_mean(found: Estimate) -> bool:
    """Whether the interval of a slope leaves out 0.

    Args:
        found: A slope.

    Returns:
        False where there is no slope.

    Source: definition.
    """
    return found.low is not None and found.high is not None and (found.low > 0.0 or found.high < 0.0)


def hints(numbers: dict[str, Estimate]) -> tuple[str, ...]:
    """Where the limits do not describe all units alike, in words.

    Args:
        numbers: As from `differences`.

    Returns:
        One sentence for each slope whose interval leaves out 0.

    Source: Bland and Altman (1999), doi:10.1177/096228029900800204, section 3.
    """
    said = {
        "slope": "The difference depends on the mean: the interval of its slope leaves out 0. One bias and one pair of"
        " limits do not fit all units. Look at the plot, at ratios, or at parts of the range.",
        "spread_slope": "The spread of the differences depends on the mean: the interval of its slope leaves out 0. The"
        " limits do not fit both ends of the range. Look at the plot, or at ratios.",
    }
    return tuple(words for name, words in said.items() if depends_on_mean(numbers[name]))

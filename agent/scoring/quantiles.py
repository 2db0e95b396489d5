"""Quantiles of numbers, in numpy's partition alone: a year of days asks for hundreds of them."""

import numpy as np

from agent.scoring.student_t import Floats


def quantile(value: Floats, share_01: float) -> float:
    """``np.percentile(value, 100 share_01)`` to the last bit: linear between the two numbers beside the place.

    Args:
        value: Finite numbers in any one unit, at least one, shape ``(n,)``.
        share_01: Of the numbers below it, 0 to 1.

    Returns: In the numbers' unit.
    Source: Hyndman and Fan (1996), doi:10.1080/00031305.1996.10473566, definition 7.

    >>> quantile(np.array([4.0, 1.0, 2.0, 3.0]), 0.25)
    1.75
    """
    place = (value.size - 1) * share_01
    below = int(place)
    part = place - below
    ordered = np.partition(value, below)
    low = float(ordered[below])
    high = float(ordered[below + 1 :].min()) if below + 1 < value.size else low
    step = high - low
    return high - step * (1.0 - part) if part >= 0.5 else low + step * part


def median(value: Floats) -> float:
    """``np.median(value)``: the middle number, or the mean of the two in the middle.

    Args:
        value: Finite numbers in any one unit, at least one, shape ``(n,)``.

    Returns: In the numbers' unit.
    Source: definition.

    >>> median(np.array([4.0, 1.0, 2.0, 3.0]))
    2.5
    """
    below, above = (value.size - 1) // 2, value.size // 2
    ordered = np.partition(value, below)
    return float(ordered[below] + (ordered[below + 1 :].min() if above > below else ordered[below])) / 2.0

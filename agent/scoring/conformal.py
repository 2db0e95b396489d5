"""Split-conformal quantiles for answers in steps, and what share of answers an interval holds.

An answer is rounded: 3 on a line of steps of 1 stands for everything from 2.5 to 3.5, evenly. So a residual is not a
point but a stretch, and the quantile is that of the mixture of these stretches. Without that, no interval of a line
with five answers can hold nine in ten: one more answer inside would make it 97.

People, not weeks, are exchangeable. A new person counts as one of m + 1, so each tail is taken at
``1 - (1 - .05) (1 + 1 / m)``.

Source: Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, 4.2, for residuals divided by a
stated spread; Dunn, Wasserman and Ramdas (2023), doi:10.1080/01621459.2022.2060112, for people with several rows.
Derived: rounding as an even stretch, after Machado and Santos Silva (2005), doi:10.1198/016214505000000330.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.student_t import Floats

TAIL_01: Final = 0.05  # on either side


def tails(low: Floats, high: Floats, person: NDArray[np.str_]) -> tuple[float, float]:
    """Quantiles of residuals that are stretches: below the first lies a share of .05, above the second too.

    Args:
        low: Lower ends of the residuals, in units of their stated spread, shape ``(n,)``.
        high: Upper ends, in the same unit, shape ``(n,)``.
        person: Who, shape ``(n,)``.

    Returns:
        Both quantiles, in units of the stated spread.

    Source: see the module.

    >>> low, high = np.arange(100) / 100, np.arange(1, 101) / 100
    >>> below, above = tails(low, high, np.arange(1_000_000, 1_000_100).astype(str))
    >>> round(below, 4), round(above, 4)
    (0.0405, 0.9595)
    """
    people = np.unique(person).size
    tail = max(1.0 - (1.0 - TAIL_01) * (1.0 + 1.0 / people), 0.0)
    # the share below x is piecewise linear: each stretch adds its slope at its low end and takes it away at its high
    slope = 1.0 / np.maximum(high - low, 1e-9) / low.size
    place = np.concatenate((low, np.maximum(high, low + 1e-9)))
    order = np.argsort(place, kind="stable")
    place = place[order]
    rising = np.cumsum(np.concatenate((slope, -slope))[order])
    share = np.concatenate(([0.0], np.cumsum(rising[:-1] * np.diff(place))))
    share = np.maximum.accumulate(np.clip(share, 0.0, 1.0))
    return float(np.interp(tail, share, place)), float(np.interp(1.0 - tail, share, place))


def held_01(low: Floats, high: Floats, score: Floats, step: float) -> Floats:
    """Share of each answer's step that its interval holds; 1 where the whole step lies inside.

    ``max(0, min(high, score + step / 2) - max(low, score - step / 2)) / step``; its mean is the coverage.

    Args:
        low: Lower ends, in units of points, shape ``(n,)``.
        high: Upper ends, in units of points, shape ``(n,)``.
        score: Answers, in units of points, shape ``(n,)``.
        step: Smallest difference between two answers, in points; 0: answers are points of a line.

    Returns:
        0 to 1, shape ``(n,)``.

    Source: see the module.

    >>> held_01(np.array([1.0, 0.0]), np.array([2.75, 9.0]), np.array([3.0, 3.0]), 1.0)
    array([0.25, 1.  ])
    """
    half = 0.5 * max(step, 1e-9)
    inside = np.minimum(high, score + half) - np.maximum(low, score - half)
    return np.asarray(np.clip(inside / (2.0 * half), 0.0, 1.0))

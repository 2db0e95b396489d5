"""Intervals from weights that are drawn at random.

Each row of weights stands for a population that the units may be from, and a statistic is computed for each. With half
a unit added to each cell of a table of two categories, this is the interval from Jeffreys' prior. Decision record 135
compares it with intervals from standard errors.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEED: Final = 135
"""Fixed, so that the same file gives the same interval."""
DRAWS: Final = 10_000
_FEWEST_DRAWS: Final = 2_000
_MOST_NUMBERS: Final = 200_000_000
_AT_ONCE: Final = 1_000_000
TAILS: Final = (0.025, 0.975)


def dirichlet(counts: Floats) -> Iterator[Floats]:
    """Random shares around observed counts, in batches.

    Args:
        counts: What was observed plus what the prior adds, counts above 0, shape ``(c,)``.

    Yields:
        Shares, 0 to 1, each row with the sum 1, shape ``(batch, c)``; 10,000 rows in all, fewer above 20,000 cells.

    Source: Rubin (1981), doi:10.1214/aos/1176345338
    """
    generator = np.random.default_rng(SEED)
    left = int(np.clip(_MOST_NUMBERS // counts.size, _FEWEST_DRAWS, DRAWS))
    batch = max(_AT_ONCE // counts.size, 1)
    while left > 0:
        drawn = generator.standard_gamma(counts, size=(min(batch, left), counts.size))
        left -= len(drawn)
        yield drawn / drawn.sum(axis=1, keepdims=True)


def interval(values: Floats, estimate: float) -> tuple[float, float]:
    """The central 95 % of drawn values, widened to hold the estimate.

    Args:
        values: No unit, shape ``(draws,)``.
        estimate: From the units alone. It lies outside where all raters agree on every unit: the value is then 1.

    Returns:
        Both ends.

    Source: Brown, Cai and DasGupta (2001), doi:10.1214/ss/1009213286, section 4.1.1, for the widening.
    """
    low, high = np.quantile(values, TAILS).tolist()
    return min(low, estimate), max(high, estimate)


def intervals(counts: Floats, statistics: Callable[[Floats], Floats], estimates: Floats) -> list[tuple[float, float]]:
    """Intervals of several statistics from the same drawn shares.

    Args:
        counts: As for `dirichlet`, shape ``(c,)``.
        statistics: From shares, 0 to 1, shape ``(batch, c)``, to values without unit, shape ``(batch, s)``.
        estimates: From the units alone, no unit, shape ``(s,)``.

    Returns:
        Both ends for each of the s statistics.

    Source: see `dirichlet` and `interval`.
    """
    drawn = np.concatenate([statistics(shares_01) for shares_01 in dirichlet(counts)])
    return [interval(drawn[:, place], float(estimate)) for place, estimate in enumerate(estimates)]

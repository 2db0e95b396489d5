"""How sure a number is: 95 % confidence intervals of what a window of beats gives.

Neighbouring intervals are alike, so n of them say less than n: intervals come from a moving-block bootstrap that keeps
neighbours together.
Source: Künsch (1989), doi:10.1214/aos/1176347265; block length n^(1/3), Hall, Horowitz and Jing (1995),
doi:10.1093/biomet/82.3.561.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from agent.signal.rr import Floats

DRAWS: Final = 200
_FEWEST: Final = 20
_SEED: Final = 20260101  # the same beats give the same interval


def interval_95(values: Floats, of: Callable[[Floats], Floats], draws: int = DRAWS) -> tuple[float, float] | None:
    """A 95 % confidence interval (percentiles of a moving-block bootstrap); None for fewer than 20 values.

    Args:
        values: Intervals or differences in order, shape ``(n,)``.
        of: The metric over rows: ``(draws, n)`` in, ``(draws,)`` out.
        draws: Resamples.
    """
    n = values.size
    if n < _FEWEST:
        return None
    length = max(round(n ** (1 / 3)), 2)
    blocks = -(-n // length)
    starts = np.random.default_rng(_SEED).integers(0, n - length + 1, (draws, blocks))
    places = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :n]
    low, high = np.percentile(of(values[places]), [2.5, 97.5])
    return float(low), float(high)


def rms_rows(values: Floats) -> Floats:
    """Root mean square of each row: RMSSD of resampled differences."""
    return np.asarray(np.sqrt(np.mean(values**2, axis=1)))


def deviation_rows(values: Floats) -> Floats:
    """Standard deviation (ddof 1) of each row."""
    return np.asarray(np.std(values, axis=1, ddof=1))


def rate_rows(values: Floats) -> Floats:
    """Mean heart rate of each row, in beats a minute."""
    return np.asarray(60_000.0 / np.mean(values, axis=1))

"""Scaling, entropy, asymmetry and fragmentation of intervals. Pure numpy."""

import math
from typing import Final

import numpy as np

from agent.signal.rr import Bools, Floats

ALPHA1_BOXES: Final = (4, 16)
ALPHA2_BOXES: Final = (17, 64)


def dfa(nn_ms: Floats, boxes: tuple[int, int]) -> float:
    """Detrended fluctuation exponent over box lengths ``boxes[0]`` to ``boxes[1]``; NaN for too few intervals.

    Boxes do not overlap and begin at the front; the trend in each is a line; the slope is that of
    log F against log n over whole lengths.
    Source: Peng et al. (1995), doi:10.1063/1.166141
    """
    low, high = boxes
    high = min(high, nn_ms.size // 2)
    if high - low < 2:
        return math.nan
    profile = np.cumsum(nn_ms - nn_ms.mean())
    lengths = np.arange(low, high + 1)
    fluctuation = np.array([_fluctuation(profile, int(n)) for n in lengths])
    if not np.all(fluctuation > 0):
        return math.nan
    return float(np.polyfit(np.log(lengths), np.log(fluctuation), 1)[0])


def _fluctuation(profile: Floats, n: int) -> float:
    cut = profile[: profile.size // n * n].reshape(-1, n)
    x = np.arange(n) - (n - 1) / 2
    slope = cut @ x / float(x @ x)
    rest = cut - cut.mean(axis=1, keepdims=True) - slope[:, None] * x
    return float(np.sqrt(np.mean(rest**2)))


def sampen(nn_ms: Floats, *, m: int = 2, r: float = 0.2) -> float:
    """Sample entropy: m = 2, tolerance 0.2 SDNN (ddof 1), Chebyshev; NaN where no template is found again.

    Source: Richman and Moorman (2000), doi:10.1152/ajpheart.2000.278.6.H2039
    """
    n = nn_ms.size - m
    if n < 2:
        return math.nan
    tolerance = r * float(np.std(nn_ms, ddof=1))
    near = np.abs(nn_ms[:, None] - nn_ms[None, :]) <= tolerance
    short = near[:n, :n].copy()
    for k in range(1, m):
        short &= near[k : k + n, k : k + n]
    longer = short & near[m : m + n, m : m + n]
    matches, again = int(short.sum()) - n, int(longer.sum()) - n
    return math.log(matches / again) if again > 0 else math.nan


def asymmetry_gi(diff_ms: Floats) -> float:
    """Guzik's index: the decelerations' share of the squared distance to the diagonal; 0.5: as much as the rest.

    Source: Guzik et al. (2006), doi:10.1515/BMT.2006.054

    >>> asymmetry_gi(np.array([10.0, -10.0]))
    0.5
    """
    total = float(np.sum(diff_ms**2))
    return float(np.sum(diff_ms[diff_ms > 0] ** 2)) / total if total > 0 else math.nan


def fragmentation_pip_01(nn_ms: Floats, joined: Bools | None = None) -> float:
    """Share of inflection points: intervals after which the difference changes its sign, or to or from zero.

    Args:
        nn_ms: Intervals, shape ``(n,)``; NaN is returned where no two differences are neighbours.
        joined: Whether interval i + 1 follows directly on i, shape ``(n - 1,)``; None: all do.

    Source: Costa, Davis and Goldberger (2017), doi:10.3389/fphys.2017.00255

    >>> fragmentation_pip_01(np.array([800.0, 810.0, 800.0, 790.0]))
    0.5
    """
    diff_ms = np.diff(nn_ms)
    if diff_ms.size < 2:
        return math.nan
    pair = np.ones(diff_ms.size - 1, dtype=bool) if joined is None else joined[1:] & joined[:-1]
    turns = (diff_ms[1:] * diff_ms[:-1] < 0) | ((diff_ms[1:] == 0) != (diff_ms[:-1] == 0))
    return float(np.mean(turns[pair])) if pair.any() else math.nan

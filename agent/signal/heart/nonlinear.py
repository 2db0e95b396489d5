"""Scaling, entropy, asymmetry and fragmentation of intervals. Pure numpy."""

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.rr import NOTHING_MS, Bools, Floats, over

Ints = NDArray[np.int64]
ALPHA1_BOXES: Final = (4, 16)
ALPHA2_BOXES: Final = (16, 64)
_PAIRS_AT_ONCE: Final = 1 << 18
_MOST_TEMPLATES: Final = 20_000


def fluctuations(nn_ms: Floats, boxes: tuple[int, int]) -> tuple[Ints, Floats]:
    """Detrended fluctuation: box lengths, as far as half the series goes, and the mean square left by lines in them.

    Boxes do not overlap and begin at the front. Both are empty for too few intervals and for a constant.
    Source: Peng et al. (1995), doi:10.1063/1.166141
    """
    low, high = boxes[0], min(boxes[1], nn_ms.size // 2)
    none = np.zeros(0, dtype=np.int64), np.zeros(0)
    if high - low < 2:
        return none
    apart_ms = nn_ms - nn_ms.mean()
    if float(np.abs(apart_ms).max()) < NOTHING_MS:
        return none
    profile = np.cumsum(apart_ms)
    begin, length, first = _boxes(nn_ms.size, low, high)
    # sums over boxes are differences of running sums
    place = np.arange(profile.size) - (profile.size - 1) / 2
    sums = [np.concatenate([[0.0], np.cumsum(one)]) for one in (profile, profile * profile, profile * place)]
    total, square, product = (one[begin + length] - one[begin] for one in sums)
    product = product - (begin + (length - 1) / 2 - (profile.size - 1) / 2) * total
    rest = square - total**2 / length - 12 * product**2 / (length * (length**2 - 1.0))
    found = np.add.reduceat(rest, first) / np.add.reduceat(length, first)
    found[found <= 1e-12 * float(profile @ profile) / profile.size] = 0.0  # rounding
    return np.arange(low, high + 1), found


def slope(lengths: Ints, squares: Floats, boxes: tuple[int, int]) -> float:
    """The exponent: slope of log F against log n over some lengths of `fluctuations`; NaN for fewer than three."""
    inside = (lengths >= boxes[0]) & (lengths <= boxes[1])
    if np.count_nonzero(inside) < 3 or not np.all(squares[inside] > 0):
        return math.nan
    x, y = np.log(lengths[inside]), np.log(squares[inside]) / 2
    x = x - x.mean()
    return float(x @ y / (x @ x))


@lru_cache(maxsize=64)
def _boxes(n: int, low: int, high: int) -> tuple[Ints, Ints, Ints]:
    """(first beat and length of every box of every length; where each length's boxes begin)."""
    begins = [np.arange(n // length) * length for length in range(low, high + 1)]
    sizes = np.array([one.size for one in begins])
    return np.concatenate(begins), np.repeat(np.arange(low, high + 1), sizes), np.cumsum(sizes) - sizes


def sampen(nn_ms: Floats, *, m: int = 2, r: float = 0.2) -> float:
    """Sample entropy: m = 2, tolerance 0.2 SDNN (ddof 1), Chebyshev.

    NaN where no template is found again, for a constant, and beyond 20,000 intervals (its time grows with the square).

    Source: Richman and Moorman (2000), doi:10.1152/ajpheart.2000.278.6.H2039
    """
    n = nn_ms.size - m
    if n < 2:
        return math.nan
    tolerance = r * float(np.std(nn_ms, ddof=1))
    if tolerance < r * NOTHING_MS or n > _MOST_TEMPLATES:
        return math.nan
    # only pairs whose first intervals are near are looked at: a tenth of all, so many at a time that memory stays small
    order = np.argsort(nn_ms[:n], kind="stable")
    template = [nn_ms[order + k] for k in range(m + 1)]
    last = np.searchsorted(template[0], template[0] + tolerance, side="right")
    count = last - np.arange(1, n + 1)
    part = np.cumsum(count) // _PAIRS_AT_ONCE
    matches = again = 0
    for rows in np.split(np.arange(n), np.flatnonzero(part[1:] > part[:-1]) + 1):
        sizes = count[rows]
        one = np.repeat(rows, sizes)
        other = np.arange(one.size) + np.repeat(rows + 1 - (np.cumsum(sizes) - sizes), sizes)
        near = [np.abs(part_ms[one] - part_ms[other]) <= tolerance for part_ms in template[1:]]
        alike = np.logical_and.reduce(near[:-1])
        matches += int(np.count_nonzero(alike))
        again += int(np.count_nonzero(alike & near[-1]))
    return math.log(matches / again) if again > 0 else math.nan


def asymmetry_gi(diff_ms: Floats) -> float:
    """Guzik's index: the decelerations' share of the squared distance to the diagonal; 0.5: as much as the rest.

    Source: Guzik et al. (2006), doi:10.1515/BMT.2006.054

    >>> asymmetry_gi(np.array([10.0, -10.0]))
    0.5
    """
    slower = diff_ms[diff_ms > 0]
    return over(float(slower @ slower), float(diff_ms @ diff_ms))


def share_of(true: Bools) -> float:
    """The share that is true; NaN for none.

    >>> share_of(np.array([True, False]))
    0.5
    """
    return float(np.count_nonzero(true)) / true.size if true.size else math.nan


def turns(nn_ms: Floats, joined: Bools | None = None) -> Bools:
    """Where the heart turns: intervals after which the difference changes its sign, or to or from zero.

    Args:
        nn_ms: Intervals, shape ``(n,)``.
        joined: Whether interval i + 1 follows directly on i, shape ``(n - 1,)``; None: all do.

    Returns:
        For each interval with both neighbours, shape ``(m,)``; its share is the fragmentation.

    Source: Costa, Davis and Goldberger (2017), doi:10.3389/fphys.2017.00255

    >>> turns(np.array([800.0, 810.0, 800.0, 790.0])).tolist()
    [True, False]
    """
    diff_ms = np.diff(nn_ms)
    if diff_ms.size < 2:
        return np.zeros(0, dtype=bool)
    pair = np.ones(diff_ms.size - 1, dtype=bool) if joined is None else joined[1:] & joined[:-1]
    found = (diff_ms[1:] * diff_ms[:-1] < 0) | ((diff_ms[1:] == 0) != (diff_ms[:-1] == 0))
    return np.asarray(found[pair])

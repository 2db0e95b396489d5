"""Scaling, entropy, asymmetry and fragmentation of intervals. Pure numpy."""

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.rr import ROUNDING_MS, Bools, Floats, over

Ints = NDArray[np.int64]
ALPHA1_BOXES: Final = (4, 16)
ALPHA2_BOXES: Final = (16, 64)
_PAIRS_AT_ONCE: Final = 1 << 18
_MOST_TEMPLATES: Final = 20_000


def fluctuations(nn_ms: Floats, boxes: tuple[int, int]) -> tuple[Ints, Floats]:
    """Detrended fluctuation ``F^2(n)``: mean square that lines leave of the profile in boxes of n intervals.

    The profile is ``y[k] = sum_{i <= k} (nn[i] - mean(nn))``. Boxes do not overlap and begin at the front. Each box's
    least-squares line is subtracted; the mean of the squares runs over all boxes of a length.

    Args:
        nn_ms: Intervals in ms, shape ``(N,)``.
        boxes: Shortest and longest box, in intervals; the longest is at most N / 2.

    Returns:
        Box lengths n in intervals, and F^2 in ms^2; both of shape ``(b,)``, and empty for too few intervals and for a
        constant.

    Source:
        Peng et al. (1995), doi:10.1063/1.166141
    """
    low, high = boxes[0], min(boxes[1], nn_ms.size // 2)
    empty = np.zeros(0, dtype=np.int64), np.zeros(0)
    if high - low < 2:
        return empty
    centred_ms = nn_ms - nn_ms.mean()
    if float(np.abs(centred_ms).max()) < ROUNDING_MS:
        return empty
    profile = np.cumsum(centred_ms)
    begin, length, first = _boxes(nn_ms.size, low, high)
    # sums over boxes are differences of running sums
    place = np.arange(profile.size) - (profile.size - 1) / 2
    sums = [np.concatenate([[0.0], np.cumsum(series)]) for series in (profile, profile * profile, profile * place)]
    total, square, product = (running[begin + length] - running[begin] for running in sums)
    product = product - (begin + (length - 1) / 2 - (profile.size - 1) / 2) * total
    rest = square - total**2 / length - 12 * product**2 / (length * (length**2 - 1.0))
    squares = np.add.reduceat(rest, first) / np.add.reduceat(length, first)
    squares[squares <= 1e-12 * float(profile @ profile) / profile.size] = 0.0  # rounding
    return np.arange(low, high + 1), squares


def slope(lengths: Ints, squares: Floats, boxes: tuple[int, int]) -> float:
    """Scaling exponent alpha: least-squares slope of ``ln(F(n))`` over ``ln(n)``.

    Args:
        lengths: Box lengths n in intervals, shape ``(b,)``.
        squares: F^2 in ms^2, of `fluctuations`, shape ``(b,)``.
        boxes: Shortest and longest box that counts, in intervals.

    Returns:
        No unit; NaN for fewer than three lengths, or an F of 0.

    Source:
        Peng et al. (1995), doi:10.1063/1.166141
    """
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
    sizes = np.array([begin.size for begin in begins])
    return np.concatenate(begins), np.repeat(np.arange(low, high + 1), sizes), np.cumsum(sizes) - sizes


def sampen(nn_ms: Floats, *, m: int = 2, r: float = 0.2) -> float:
    """Sample entropy, ``-ln(A / B)``: B pairs of templates match over m intervals, A of them over m + 1.

    Two templates match where no interval differs by more than ``r SDNN`` (Chebyshev distance; SDNN with ddof 1).

    Args:
        nn_ms: Intervals in ms, shape ``(n,)``.
        m: Length of a template, in intervals.
        r: Tolerance, in SDNN; no unit.

    Returns:
        No unit (nats); NaN where no template of m + 1 matches, for a constant, and beyond 20,000 intervals, since time
        grows with the square.

    Source:
        Richman and Moorman (2000), doi:10.1152/ajpheart.2000.278.6.H2039
    """
    n = nn_ms.size - m
    if n < 2:
        return math.nan
    tolerance = r * float(np.std(nn_ms, ddof=1))
    if tolerance < r * ROUNDING_MS or n > _MOST_TEMPLATES:
        return math.nan
    # only pairs whose first intervals are near are looked at: a tenth of all, so many at a time that memory stays small
    order = np.argsort(nn_ms[:n], kind="stable")
    template = [nn_ms[order + k] for k in range(m + 1)]
    last = np.searchsorted(template[0], template[0] + tolerance, side="right")
    count = last - np.arange(1, n + 1)
    part = np.cumsum(count) // _PAIRS_AT_ONCE
    matches = longer_matches = 0
    for rows in np.split(np.arange(n), np.flatnonzero(part[1:] > part[:-1]) + 1):
        sizes = count[rows]
        earlier = np.repeat(rows, sizes)
        later = np.arange(earlier.size) + np.repeat(rows + 1 - (np.cumsum(sizes) - sizes), sizes)
        near = [np.abs(part_ms[earlier] - part_ms[later]) <= tolerance for part_ms in template[1:]]
        match = np.logical_and.reduce(near[:-1])
        matches += int(np.count_nonzero(match))
        longer_matches += int(np.count_nonzero(match & near[-1]))
    return math.log(matches / longer_matches) if longer_matches > 0 else math.nan


def asymmetry_gi(diff_ms: Floats) -> float:
    """Guzik's index, ``sum(d^2 where d > 0) / sum(d^2)``: decelerations' share of the squared distance to the diagonal.

    Args:
        diff_ms: Differences d of neighbouring NN intervals, in ms, shape ``(m,)``.

    Returns:
        0 to 1, 0.5 for a symmetric plot; NaN where all differences are 0.

    Source:
        Guzik et al. (2006), doi:10.1515/BMT.2006.054

    >>> asymmetry_gi(np.array([10.0, -10.0]))
    0.5
    """
    slower = diff_ms[diff_ms > 0]
    return over(float(slower @ slower), float(diff_ms @ diff_ms))


def share_of(true: Bools) -> float:
    """Share of values that are true, ``count(true) / n``.

    Args:
        true: Shape ``(n,)``.

    Returns:
        0 to 1; NaN for none.

    Source: definition.

    >>> share_of(np.array([True, False]))
    0.5
    """
    return float(np.count_nonzero(true)) / true.size if true.size else math.nan


def inflections(nn_ms: Floats, joined: Bools | None = None) -> Bools:
    """Inflection points: intervals at which the difference changes sign, or changes to or from zero.

    ``d[i] d[i-1] < 0, or exactly one of d[i], d[i-1] is 0``. The share of inflection points is the fragmentation (PIP).

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``.
        joined: Whether interval i + 1 follows directly on i, shape ``(n - 1,)``; None: all do.

    Returns:
        For each interval with both neighbours, shape ``(m,)``.

    Source:
        Costa, Davis and Goldberger (2017), doi:10.3389/fphys.2017.00255

    >>> inflections(np.array([800.0, 810.0, 800.0, 790.0])).tolist()
    [True, False]
    """
    diff_ms = np.diff(nn_ms)
    if diff_ms.size < 2:
        return np.zeros(0, dtype=bool)
    pair = np.ones(diff_ms.size - 1, dtype=bool) if joined is None else joined[1:] & joined[:-1]
    changes = (diff_ms[1:] * diff_ms[:-1] < 0) | ((diff_ms[1:] == 0) != (diff_ms[:-1] == 0))
    return np.asarray(changes[pair])

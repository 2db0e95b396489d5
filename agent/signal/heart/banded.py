"""Two banded systems, solved without a library that takes longer to load than a recording takes to be analyzed.

A tridiagonal one (the spline through the beats), and the one of the smoothness priors (the slow trend), whose matrix is
diagonal under a cosine transform but for its two ends.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats

_KEPT: Final = 4096  # points up to which what the length alone decides is kept; some 60 kB each


def tridiagonal(lower: Floats, middle: Floats, upper: Floats, right: Floats) -> Floats:
    """Solve ``lower[i] x[i-1] + middle[i] x[i] + upper[i] x[i+1] = right[i]`` by elimination without pivoting.

    Args:
        lower: Below the diagonal, no unit, shape ``(n,)``; the first is not used.
        middle: The diagonal, no unit, shape ``(n,)``; every pivot that it leaves must be other than 0.
        upper: Above the diagonal, no unit, shape ``(n,)``; the last is not used.
        right: Right side, in any unit, shape ``(n,)``.

    Returns:
        x, in the unit of `right`, shape ``(n,)``.

    Source:
        Conte and de Boor (1980), Elementary Numerical Analysis, section 4.3

    >>> tridiagonal(*(np.array(row) for row in ([0.0, 1.0], [2.0, 2.0], [1.0, 0.0], [4.0, 5.0]))).tolist()
    [1.0, 2.0]
    """
    pivots, sides = [], []
    pivot, side, above = 1.0, 0.0, 0.0
    ups = upper.tolist()
    for low, diagonal, up, value in zip(lower.tolist(), middle.tolist(), ups, right.tolist(), strict=True):
        factor = low / pivot
        pivot = diagonal - factor * above
        side = value - factor * side
        above = up
        pivots.append(pivot)
        sides.append(side)
    ups[-1] = x = 0.0
    found = []
    for pivot, side, up in zip(reversed(pivots), reversed(sides), reversed(ups), strict=True):
        x = (side - up * x) / pivot
        found.append(x)
    return np.array(found[::-1])


def smoothed(series: Floats, weight: float) -> Floats:
    """Smoothness priors: ``(I + weight^2 D2' D2)^-1 series``, with D2 the second differences.

    Args:
        series: z, in any unit, shape ``(n,)``, n at least 4.
        weight: lambda, no unit, above 0.

    Returns:
        The smooth part, in the unit of `series`, shape ``(n,)``.

    Source:
        Tarvainen, Ranta-aho and Karjalainen (2002), doi:10.1109/10.979357, for the system

    Derived: with L the second differences of a series that is mirrored at its ends, ``D2' D2 = L'L - e e' - f f'``,
        where e takes the first difference and f the last. ``I + weight^2 L'L`` is diagonal under a cosine transform,
        with ``1 + weight^2 (2 sin(pi k / 2n))^4``; the two ends are then a correction of rank two (Woodbury), which
        the mirror symmetry parts into two numbers.
    """
    n, square = series.size, weight**2
    gain, edge = (_edge if n <= _KEPT else _edge.__wrapped__)(n, weight)
    mean = series.mean()
    inner = _mirrored(series - mean, gain)
    first, last = inner[0] - inner[1], inner[-1] - inner[-2]
    near, far = edge[0] - edge[1], edge[-1] - edge[-2]
    even = (first + last) / (1.0 / square - near - far) / 2
    odd = (first - last) / (1.0 / square - near + far) / 2
    return np.asarray(mean + inner + (even + odd) * edge + (even - odd) * edge[::-1])


@lru_cache(maxsize=16)
def _edge(n: int, weight: float) -> tuple[Floats, Floats]:
    """The gain of each frequency, and the answer to the first difference; windows of one length share them."""
    gain = 1.0 / (1.0 + weight**2 * (2.0 * np.sin(np.pi * np.arange(n + 1) / (2 * n))) ** 4)
    end = np.zeros(n)
    end[:2] = 1.0, -1.0
    return gain, _mirrored(end, gain)


def _mirrored(part: Floats, gain: Floats) -> Floats:
    twice = np.concatenate([part, part[::-1]])
    return np.asarray(np.fft.irfft(np.fft.rfft(twice) * gain, twice.size)[: part.size])

"""How intervals spread: histogram measures, Poincare ellipse, Baevsky's index. Pure numpy."""

import math
from typing import Final

import numpy as np

from agent.signal.heart.rr import ROUNDING_MS, Floats, over, sdnn_ms

_HTI_BIN_MS: Final = 1000.0 / 128.0  # Task Force (1996): bins of 1/128 s
_BAEVSKY_BIN_MS: Final = 50.0


def histogram(nn_ms: Floats, bin_ms: float) -> tuple[Floats, Floats]:
    """Histogram with bins ``[k bin_ms, (k + 1) bin_ms)``, anchored at 0, from the lowest interval to the highest.

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``, n at least 1.
        bin_ms: Width of a bin in ms.

    Returns:
        Counts, and lower edges of the bins in ms; both of shape ``(b,)``.

    Source: definition. Bins of 1/128 s: Task Force (1996), doi:10.1161/01.CIR.93.5.1043.
    """
    place = np.floor(nn_ms / bin_ms).astype(np.int64)
    first = int(place.min())
    counts = np.bincount(place - first)
    return counts.astype(np.float64), np.arange(first, first + counts.size, dtype=np.float64) * bin_ms


def hti(nn_ms: Floats) -> float:
    """Triangular index, ``n / max(count)`` over bins of 1/128 s.

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``.

    Returns:
        No unit; NaN for no interval.

    Source:
        Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043

    >>> hti(np.array([1000.0, 1001.0, 1002.0, 900.0]))
    1.3333333333333333
    """
    return nn_ms.size / float(histogram(nn_ms, _HTI_BIN_MS)[0].max()) if nn_ms.size else math.nan


def tinn_ms(nn_ms: Floats) -> float:
    """Base width of the triangle that fits the histogram best (least squares), bins of 1/128 s.

    The apex stands on the highest bin. Each foot is the bin's middle that minimizes ``sum((count - triangle)^2)`` on
    its side.

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``.

    Returns:
        In ms; NaN for fewer than two intervals.

    Source:
        Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043
    """
    if nn_ms.size < 2:
        return math.nan
    counts, lower = histogram(nn_ms, _HTI_BIN_MS)
    middle = lower + _HTI_BIN_MS / 2
    top = int(counts.argmax())
    left = _foot(middle[: top + 1], counts[: top + 1], middle[top], counts[top], -1.0)
    right = _foot(middle[top:], counts[top:], middle[top], counts[top], 1.0)
    return float(right - left)


def _foot(middle: Floats, counts: Floats, apex_ms: float, height: float, side: float) -> float:
    """Where one side of the triangle ends: the foot with the least squared error over that side's bins."""
    feet = middle + side * _HTI_BIN_MS
    width = np.abs(feet - apex_ms)
    inside = 1.0 - np.abs(middle[None, :] - apex_ms) / width[:, None]
    error = np.sum((counts[None, :] - height * np.clip(inside, 0.0, None)) ** 2, axis=1)
    return float(feet[int(error.argmin())])


def sd1_ms(diff_ms: Floats) -> float:
    """Width of the Poincare ellipse across the diagonal, ``SD1 = sqrt(1/2) SDSD``.

    Args:
        diff_ms: Differences of neighbouring NN intervals, in ms, shape ``(m,)``.

    Returns:
        In ms; NaN for fewer than two differences.

    Source:
        Brennan, Palaniswami and Kamen (2001), doi:10.1109/10.959330
    """
    return math.sqrt(0.5) * sdnn_ms(diff_ms)


def sd2_ms(nn_ms: Floats, diff_ms: Floats) -> float:
    """Length of the Poincare ellipse along the diagonal, ``SD2 = sqrt(2 SDNN^2 - SDSD^2 / 2)``.

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``.
        diff_ms: Differences of neighbouring NN intervals, in ms, shape ``(m,)``.

    Returns:
        In ms; NaN where the square is negative or not defined.

    Source:
        Brennan, Palaniswami and Kamen (2001), doi:10.1109/10.959330
    """
    square = 2.0 * sdnn_ms(nn_ms) ** 2 - 0.5 * sdnn_ms(diff_ms) ** 2
    return math.sqrt(square) if square >= 0 else math.nan


def csi(sd1: float, sd2: float) -> float:
    """Cardiac sympathetic index, ``SD2 / SD1``.

    Args:
        sd1: In ms, of `sd1_ms`.
        sd2: In ms, of `sd2_ms`.

    Returns:
        No unit; NaN where SD1 is 0.

    Source:
        Toichi et al. (1997), doi:10.1016/S0165-1838(96)00112-9
    """
    return over(sd2, sd1)


def cvi(sd1: float, sd2: float) -> float:
    """Cardiac vagal index, ``log10(16 SD1 SD2)``; 16 SD1 SD2 is the product of both axes at four deviations.

    Args:
        sd1: In ms, of `sd1_ms`.
        sd2: In ms, of `sd2_ms`.

    Returns:
        Logarithm of ms^2, no unit; NaN where either is 0.

    Source:
        Toichi et al. (1997), doi:10.1016/S0165-1838(96)00112-9

    >>> cvi(10.0, 62.5)
    4.0
    """
    return math.log10(16.0 * sd1 * sd2) if min(sd1, sd2) > ROUNDING_MS else math.nan


def baevsky_si(nn_ms: Floats) -> float:
    """Baevsky's stress index, ``AMo / (2 Mo MxDMn)``, bins of 50 ms.

    AMo is the share of the modal bin in percent, Mo its middle in s, MxDMn the range in s.

    Args:
        nn_ms: Intervals without their slow trend, in ms, shape ``(n,)``.

    Returns:
        In 1/s^2; NaN for fewer than two intervals and where all are equal.

    Source:
        Baevsky and Chernikova (2017), doi:10.12710/cardiometry.2017.10.6676
    """
    if nn_ms.size < 2 or float(np.ptp(nn_ms)) < ROUNDING_MS:
        return math.nan
    counts, lower = histogram(nn_ms, _BAEVSKY_BIN_MS)
    mode_s = (float(lower[int(counts.argmax())]) + _BAEVSKY_BIN_MS / 2) / 1000.0
    share_percent = 100.0 * float(counts.max()) / nn_ms.size
    return share_percent / (2.0 * mode_s * float(np.ptp(nn_ms)) / 1000.0)


def sqrt(value: float) -> float:
    """Square root of `value`.

    Returns: In the root of its unit; NaN for NaN and below 0.
    Source: definition.
    """
    return math.sqrt(value) if value >= 0 else math.nan

"""Beat intervals: which are neighbours, and the plain numbers of intervals and their differences."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# 30 to 200 beats a minute: the range of the Polar and Kubios plausibility checks.
RR_MIN_MS = 300.0
RR_MAX_MS = 2000.0

# RR in 1/1024 s steps plus the rounding of written files stay below this. Chosen by us.
GAP_TOLERANCE_MS = 25.0
NOTHING_MS = 1e-6  # a spread below it is rounding


def neighbours(t_ms: Floats, rr_ms: Floats) -> Bools:
    """Where interval i + 1 begins at the beat that ended interval i.

    Args:
        t_ms: Time of each interval's end, in ms, shape ``(n,)``, ascending.
        rr_ms: The intervals, in ms, shape ``(n,)``.

    Returns:
        Shape ``(max(n - 1, 0),)``; False where time is missing between the two (a gap).
    """
    return np.asarray(np.abs(np.diff(t_ms) - rr_ms[1:]) <= GAP_TOLERANCE_MS)


def mean(values: Floats) -> float:
    """The mean of at least one; a third of the time of `numpy.mean` for some hundred values."""
    return float(np.add.reduce(values)) / values.size


def hr_mean_bpm(nn_ms: Floats) -> float:
    """Mean heart rate over time, ``60000 / mean(NN)``, in beats a minute; NaN for no beat.

    The time-weighted mean (Shaffer and Ginsberg 2017, doi:10.3389/fpubh.2017.00258 leave the
    choice open; the mean of ``60000 / NN`` is larger).

    >>> hr_mean_bpm(np.array([1000.0, 1000.0]))
    60.0
    """
    return 60_000.0 / mean(nn_ms) if nn_ms.size else math.nan


def rmssd_ms(diff_ms: Floats) -> float:
    """Root mean square of successive differences, in ms; NaN for no difference.

    Source: Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043

    >>> round(rmssd_ms(np.array([10.0, -20.0])), 6)
    15.811388
    """
    return math.sqrt(float(diff_ms @ diff_ms) / diff_ms.size) if diff_ms.size else math.nan


def sdnn_ms(nn_ms: Floats) -> float:
    """Standard deviation (ddof 1) of good intervals, in ms; NaN for fewer than two.

    Source: Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043

    >>> sdnn_ms(np.array([800.0, 810.0, 820.0]))
    10.0
    """
    if nn_ms.size < 2:
        return math.nan
    apart_ms = nn_ms - mean(nn_ms)
    return math.sqrt(float(apart_ms @ apart_ms) / (nn_ms.size - 1))


def pnn_01(diff_ms: Floats, beyond_ms: float) -> float:
    """Share of differences beyond so many ms (strictly, either way), 0 to 1; NaN for none.

    Over the count of valid differences, as Kubios and Shaffer and Ginsberg (2017) do.
    Source: Mietus et al. (2002), doi:10.1136/heart.88.4.378

    >>> pnn_01(np.array([50.0, 51.0, -60.0, 0.0]), 50.0)
    0.5
    """
    return float(np.mean(np.abs(diff_ms) > beyond_ms)) if diff_ms.size else math.nan


def median_ms(nn_ms: Floats) -> float:
    """The middle interval, in ms; NaN for none."""
    return quantile(np.sort(nn_ms), 0.5)


def iqr_ms(nn_ms: Floats) -> float:
    """Distance between the quartiles (linear interpolation), in ms; NaN for none.

    >>> iqr_ms(np.array([800.0, 810.0, 820.0, 830.0, 840.0]))
    20.0
    """
    ordered = np.sort(nn_ms)
    return quantile(ordered, 0.75) - quantile(ordered, 0.25)


def quantile(ordered: Floats, share_01: float) -> float:
    """A quantile of ascending values by linear interpolation; NaN for none."""
    if not ordered.size:
        return math.nan
    place = share_01 * (ordered.size - 1)
    low = int(place)
    high = min(low + 1, ordered.size - 1)
    return float(ordered[low]) + (place - low) * float(ordered[high] - ordered[low])


def over(part: float, whole: float) -> float:
    """A quotient; NaN where there is none, and of roundings.

    >>> over(1.0, 4.0), over(1.0, 0.0)
    (0.25, nan)
    """
    return part / whole if whole > NOTHING_MS else math.nan


def logarithm(value: float) -> float:
    """Natural logarithm; NaN for what has none."""
    return math.log(value) if value > NOTHING_MS else math.nan

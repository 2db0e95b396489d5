"""Beat intervals: which are neighbours, and the plain numbers of intervals and their differences.

NN intervals are RR intervals between two normal beats, in ms.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# 240 to 20 beats per minute and a tenth more for its variation. An interval beyond 300 to 2000 ms (the plausibility
# checks of Polar and Kubios) is normal only where its neighbours agree: see `artifacts`.
RR_MIN_MS = 230.0
RR_MAX_MS = 3300.0
PAUSE_MS = 2000.0  # from here on one interval alone may be a pause of the heart

# RR in 1/1024 s steps plus the rounding of written files stay below this. Chosen by us.
GAP_TOLERANCE_MS = 25.0
ROUNDING_MS = 1e-6  # a spread below it is rounding


def neighbours(t_ms: Floats, rr_ms: Floats) -> Bools:
    """Where interval i + 1 begins at the beat that ended interval i: ``|t[i+1] - t[i] - rr[i+1]| <= 25 ms``.

    Args:
        t_ms: Time of each interval's end, in ms, shape ``(n,)``, ascending.
        rr_ms: The intervals, in ms, shape ``(n,)``.

    Returns:
        Shape ``(max(n - 1, 0),)``; False where time is missing between the two (a gap).

    Derived: the tolerance exceeds a step of 1/1024 s plus the rounding of written files.
    """
    return np.asarray(np.abs(np.diff(t_ms) - rr_ms[1:]) <= GAP_TOLERANCE_MS)


def mean(values: Floats) -> float:
    """Arithmetic mean, ``sum(values) / n``; a third of the time of `numpy.mean` for some hundred values.

    Args:
        values: In any unit, shape ``(n,)``, n at least 1.

    Returns:
        In the unit of `values`.

    Source: definition.
    """
    return float(np.add.reduce(values)) / values.size


def hr_mean_bpm(nn_ms: Floats) -> float:
    """Mean heart rate over time, ``60000 / mean(NN)``.

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``.

    Returns:
        In beats per minute; NaN for no beat.

    Source:
        Shaffer and Ginsberg (2017), doi:10.3389/fpubh.2017.00258. They leave open which mean is meant; this is the one
        weighted by time. The mean of ``60000 / NN`` is larger.

    >>> hr_mean_bpm(np.array([1000.0, 1000.0]))
    60.0
    """
    return 60_000.0 / mean(nn_ms) if nn_ms.size else math.nan


def rmssd_ms(diff_ms: Floats) -> float:
    """Root mean square of successive differences, ``sqrt(mean(d^2))``.

    Args:
        diff_ms: Differences d of neighbouring NN intervals, in ms, shape ``(m,)``.

    Returns:
        In ms; NaN for no difference.

    Source:
        Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043

    >>> round(rmssd_ms(np.array([10.0, -20.0])), 6)
    15.811388
    """
    return math.sqrt(float(diff_ms @ diff_ms) / diff_ms.size) if diff_ms.size else math.nan


def sdnn_ms(nn_ms: Floats) -> float:
    """Standard deviation, ``sqrt(sum((x - mean(x))^2) / (n - 1))``; of differences it is SDSD.

    Args:
        nn_ms: NN intervals, or their differences, in ms, shape ``(n,)``.

    Returns:
        In ms; NaN for fewer than two.

    Source:
        Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043

    >>> sdnn_ms(np.array([800.0, 810.0, 820.0]))
    10.0
    """
    if nn_ms.size < 2:
        return math.nan
    centred_ms = nn_ms - mean(nn_ms)
    return math.sqrt(float(centred_ms @ centred_ms) / (nn_ms.size - 1))


def pnn_01(diff_ms: Floats, beyond_ms: float) -> float:
    """Share of differences larger than a limit, ``count(|d| > beyond_ms) / m``.

    Args:
        diff_ms: Differences d of neighbouring NN intervals, in ms, shape ``(m,)``.
        beyond_ms: The limit in ms; a difference of exactly so much does not count.

    Returns:
        0 to 1; NaN for no difference.

    Source:
        Mietus et al. (2002), doi:10.1136/heart.88.4.378. The denominator is the number of valid differences, as in
        Shaffer and Ginsberg (2017), doi:10.3389/fpubh.2017.00258.

    >>> pnn_01(np.array([50.0, 51.0, -60.0, 0.0]), 50.0)
    0.5
    """
    return float(np.mean(np.abs(diff_ms) > beyond_ms)) if diff_ms.size else math.nan


def median_ms(nn_ms: Floats) -> float:
    """Median of NN intervals.

    Args:
        nn_ms: In ms, shape ``(n,)``.

    Returns:
        In ms; NaN for none.

    Source: definition.
    """
    return quantile(np.sort(nn_ms), 0.5)


def iqr_ms(nn_ms: Floats) -> float:
    """Interquartile range, ``Q(0.75) - Q(0.25)``, Q as in `quantile`.

    Args:
        nn_ms: NN intervals in ms, shape ``(n,)``.

    Returns:
        In ms; NaN for none.

    Source: definition.

    >>> iqr_ms(np.array([800.0, 810.0, 820.0, 830.0, 840.0]))
    20.0
    """
    ordered = np.sort(nn_ms)
    return quantile(ordered, 0.75) - quantile(ordered, 0.25)


def quantile(ordered: Floats, share_01: float) -> float:
    """Quantile by linear interpolation: ``x[k] + (p - k) (x[k+1] - x[k])``, ``p = share_01 (n - 1)``, ``k = floor(p)``.

    Args:
        ordered: Ascending values x in any unit, shape ``(n,)``.
        share_01: Share of values that lie below, 0 to 1.

    Returns:
        In the unit of `ordered`; NaN for none.

    Source: definition (the linear method of `numpy.quantile`).
    """
    if not ordered.size:
        return math.nan
    place = share_01 * (ordered.size - 1)
    low = int(place)
    high = min(low + 1, ordered.size - 1)
    return float(ordered[low]) + (place - low) * float(ordered[high] - ordered[low])


def over(part: float, whole: float) -> float:
    """Quotient, ``part / whole``.

    Args:
        part, whole: Of one unit, or of two.

    Returns:
        In the quotient of their units; NaN where `whole` is at most 1e-6, which is rounding.

    Source: definition.

    >>> over(1.0, 4.0), over(1.0, 0.0)
    (0.25, nan)
    """
    return part / whole if whole > ROUNDING_MS else math.nan


def logarithm(value: float) -> float:
    """Natural logarithm of `value`.

    Returns: No unit; NaN where `value` is at most 1e-6, which is rounding.
    Source: definition.
    """
    return math.log(value) if value > ROUNDING_MS else math.nan

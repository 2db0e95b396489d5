"""How sure a number is: 95 % confidence intervals of what a window of beats gives.

Most metrics are functions of means: of intervals, of squared differences, of "beyond 50 ms or not". Neighbouring beats
are alike, so n of them say less than n; the variance of a mean is therefore the long-run one (Newey and West 1987,
doi:10.2307/1913610; Bartlett weights over as many lags as so alike a series asks for, Andrews 1991,
doi:10.2307/2938229), carried to the metric by the delta method. What cannot be
negative gets its interval on a logarithmic scale, shares get Wilson's (1927, doi:10.1080/01621459.1927.10502953).
Powers of a spectrum get the chi-square interval of their equivalent degrees of freedom (Welch 1967,
doi:10.1109/TAU.1967.1161901). None where neither holds: a metric without an established interval says none.
"""

import math
from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats, mean
from agent.signal.heart.spectrum import HANN_SPREAD, Spectrum

CI = tuple[float, float] | None

FEWEST: Final = 20
_FEW_LAGS: Final = 16
_Z: Final = 1.959964  # 97.5 % of the normal distribution


def standard_error(influence: Floats) -> float:
    """Of a mean of alike neighbours: its long-run standard deviation over sqrt(n); NaN for fewer than 20.

    Args:
        influence: What each beat adds to the metric, about its mean, shape ``(n,)``.

    >>> round(standard_error(np.tile([1.0, 1.0, -1.0, -1.0], 100)), 3)
    0.019
    """
    n = influence.size
    if n < FEWEST:
        return math.nan
    apart = influence - mean(influence)
    around = float(apart @ apart)
    alike = min(max(float(apart[1:] @ apart[:-1]) / around, -0.97), 0.97) if around > 0 else 0.0
    lags = math.ceil(1.1447 * (4 * alike**2 / (1 - alike**2) ** 2 * n) ** (1 / 3))
    lags = min(max(lags, round(n ** (1 / 3)), 2), n // 2)
    if lags > _FEW_LAGS:  # all of them at once, by the transform
        density = np.abs(np.fft.rfft(apart, 1 << (2 * n - 1).bit_length())) ** 2
        together = np.fft.irfft(density)[1:lags]
        total = around + 2 * float((1 - np.arange(1, lags) / lags) @ together)
    else:
        total = around + sum(2 * (1 - k / lags) * float(apart[k:] @ apart[:-k]) for k in range(1, lags))
    return math.sqrt(max(total, 0.0)) / n


def of_mean(values: Floats) -> CI:
    """Interval of a mean."""
    error = _Z * standard_error(values)
    middle = mean(values) if values.size else math.nan
    return _sane(middle - error, middle + error)


def of_positive(value: float, relative_error: float) -> CI:
    """Interval of a positive number.

    Args:
        value: The number.
        relative_error: Standard error of its logarithm.
    """
    error = _Z * relative_error
    if not (value > 0 and error < 5):  # beyond a factor of 150 it says nothing
        return None
    return _sane(value * math.exp(-error), value * math.exp(error))


def of_share(hits: Floats) -> CI:
    """Wilson's interval of a share, with as many independent beats as the alike ones are worth.

    Args:
        hits: 0 or 1 for each, shape ``(n,)``.
    """
    n = hits.size
    if n < FEWEST:
        return None
    share_01 = mean(hits)
    error = standard_error(hits)
    worth = share_01 * (1 - share_01) / error**2 if error > 0 else n / 2
    worth = min(worth, float(n))
    middle = (share_01 + _Z**2 / (2 * worth)) / (1 + _Z**2 / worth)
    half = _Z / (1 + _Z**2 / worth) * math.sqrt(share_01 * (1 - share_01) / worth + _Z**2 / (4 * worth**2))
    return _sane(max(min(middle - half, share_01), 0.0), min(max(middle + half, share_01), 1.0))


def moved_by_deviation(values: Floats) -> Floats:
    """What each value adds to the logarithm of the standard deviation; NaN for a constant."""
    return moved_by_root_mean_square(values - mean(values)) if values.size else values


def moved_by_root_mean_square(values: Floats) -> Floats:
    """What each value adds to the logarithm of the root mean square; NaN where all are 0."""
    squares = values * values
    square = mean(squares) if values.size else 0.0
    return (squares / square - 1) / 2 if square > 0 else np.full(values.size, math.nan)


def freedom(found: Spectrum, band_hz: tuple[float, float]) -> float:
    """Equivalent degrees of freedom of a band's power; NaN where there is none.

    The power's relative variance is C/T ∫S² / (∫S)², C = 35/18 for Hann windows. A raw density's square is on average
    1 + 1/k times the true one's over k windows.
    """
    density, step_hz = found.band(band_hz), float(found.f_hz[1] - found.f_hz[0])
    power = float(density.sum()) * step_hz
    if power <= 0:
        return math.nan
    squared = float(density @ density) * step_hz / (1 + 1 / found.windows)
    return 2 * power**2 * found.length_s / (HANN_SPREAD * squared)


def of_power(power_ms2: float, degrees: float) -> CI:
    """Chi-square interval of a power."""
    if not (power_ms2 > 0 and degrees >= 2):
        return None
    return _sane(power_ms2 / _chi_square(_Z, degrees), power_ms2 / _chi_square(-_Z, degrees))


def of_ratio(ratio: float, one: float, other: float) -> CI:
    """Interval of a ratio of two powers with so many degrees of freedom (each logarithm's variance: 2/degrees)."""
    if not (ratio > 0 and one >= 2 and other >= 2):
        return None
    error = _Z * math.sqrt(2 / one + 2 / other)
    return _sane(ratio * math.exp(-error), ratio * math.exp(error))


def _chi_square(z: float, degrees: float) -> float:
    """A chi-square quantile over its degrees, Wilson and Hilferty (1931), doi:10.1073/pnas.17.12.684."""
    part = 2 / (9 * degrees)
    return float(max(1 - part + z * math.sqrt(part), 1e-3) ** 3)


def _sane(low: float, high: float) -> CI:
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None

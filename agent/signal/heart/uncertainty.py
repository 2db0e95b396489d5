"""Confidence intervals (95 %) from series of beats: the statistics that `agent.signal.heart.confidence` builds on.

Most metrics are functions of means: of intervals, of squared differences, of "beyond 50 ms or not". Neighbouring beats
are alike, so n of them are worth fewer than n independent ones. The variance of a mean is therefore the long-run
variance, and the delta method carries it to the metric. A number that cannot be negative has its interval on the log
scale, a share has Wilson's, and the power of a spectrum has the chi-square interval of its equivalent degrees of
freedom. A metric without an established interval has None.
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
    """Standard error of a mean of alike neighbours: ``sqrt(sum_k w_k g_k / n)``.

    ``g_k`` is the autocovariance at lag k (sums over n, both signs of k) and ``w_k = 1 - |k| / L`` for ``|k| < L`` are
    Bartlett weights. The bandwidth is ``L = ceil(1.1447 (4 r^2 / (1 - r^2)^2 n)^(1/3))``, r the lag-1 autocorrelation
    cut to -0.97 to 0.97; L is at least ``max(n^(1/3), 2)`` and at most n / 2.

    Args:
        influence: First-order effect of each beat on the metric, about its mean, in the metric's unit, shape ``(n,)``.

    Returns:
        In the metric's unit; NaN for fewer than 20 beats.

    Source:
        Newey and West (1987), doi:10.2307/1913610; bandwidth of an AR(1): Andrews (1991), doi:10.2307/2938229.

    >>> round(standard_error(np.tile([1.0, 1.0, -1.0, -1.0], 100)), 3)
    0.019
    """
    n = influence.size
    if n < FEWEST:
        return math.nan
    centred = influence - mean(influence)
    squares = float(centred @ centred)
    lag1 = min(max(float(centred[1:] @ centred[:-1]) / squares, -0.97), 0.97) if squares > 0 else 0.0
    lags = math.ceil(1.1447 * (4 * lag1**2 / (1 - lag1**2) ** 2 * n) ** (1 / 3))
    lags = min(max(lags, round(n ** (1 / 3)), 2), n // 2)
    if lags > _FEW_LAGS:  # all lags at once, by the Fourier transform
        density = np.abs(np.fft.rfft(centred, 1 << (2 * n - 1).bit_length())) ** 2
        products = np.fft.irfft(density)[1:lags]
        total = squares + 2 * float((1 - np.arange(1, lags) / lags) @ products)
    else:
        total = squares + sum(2 * (1 - k / lags) * float(centred[k:] @ centred[:-k]) for k in range(1, lags))
    return math.sqrt(max(total, 0.0)) / n


def mean_interval(values: Floats) -> CI:
    """Interval of a mean: ``mean(values) -+ z SE(values)``.

    Args:
        values: In any unit, shape ``(n,)``.

    Returns:
        (low, high) in the unit of `values`; None for fewer than 20.

    Derived: normal approximation of a mean, with `standard_error`.
    """
    error = _Z * standard_error(values)
    middle = mean(values) if values.size else math.nan
    return _finite(middle - error, middle + error)


def log_interval(value: float, log_error: float) -> CI:
    """Interval of a positive number on the log scale: ``value exp(-+ z log_error)``.

    Args:
        value: The number, in any unit.
        log_error: Standard error of its natural logarithm, no unit.

    Returns:
        (low, high) in the unit of `value`; None for a number not above 0, and where z log_error reaches 5 (a factor of
        150 either way says nothing).

    Derived: normal approximation of ln(value), mapped by exp; the bounds stay positive.
    """
    error = _Z * log_error
    if not (value > 0 and error < 5):
        return None
    return _finite(value * math.exp(-error), value * math.exp(error))


def share_interval(hits: Floats) -> CI:
    """Wilson's interval of a share p, with the number of independent beats that alike ones are worth.

    ``(p + z^2 / 2m -+ z sqrt(p (1 - p) / m + z^2 / 4m^2)) / (1 + z^2 / m)``; ``m = p (1 - p) / SE^2``, at most n; n / 2
    where the error is 0.

    Args:
        hits: 0 or 1 for each beat, shape ``(n,)``.

    Returns:
        (low, high) from 0 to 1, never beyond the share itself; None for fewer than 20.

    Source:
        Wilson (1927), doi:10.1080/01621459.1927.10502953. The effective number m equates the variance of an
        independent share with the long-run variance of this one; n / 2 for a share of 0 or 1 is our choice, a caution.
    """
    n = hits.size
    if n < FEWEST:
        return None
    share_01 = mean(hits)
    error = standard_error(hits)
    effective = share_01 * (1 - share_01) / error**2 if error > 0 else n / 2
    effective = min(effective, float(n))
    middle = (share_01 + _Z**2 / (2 * effective)) / (1 + _Z**2 / effective)
    root = math.sqrt(share_01 * (1 - share_01) / effective + _Z**2 / (4 * effective**2))
    half = _Z / (1 + _Z**2 / effective) * root
    return _finite(max(min(middle - half, share_01), 0.0), min(max(middle + half, share_01), 1.0))


def log_sd_influence(values: Floats) -> Floats:
    """Influence of each value on ln(standard deviation): ``((x_i - m)^2 / s^2 - 1) / 2``.

    Args:
        values: x, in any unit, shape ``(n,)``; m is their mean and s^2 their mean squared deviation.

    Returns:
        No unit, shape ``(n,)``; NaN for a constant.

    Derived: delta method on ``ln(s^2) / 2``; the effect of estimating m is of second order.
    """
    return log_rms_influence(values - mean(values)) if values.size else values


def log_rms_influence(values: Floats) -> Floats:
    """Influence of each value on ln(root mean square): ``(x_i^2 / mean(x^2) - 1) / 2``.

    Args:
        values: x, in any unit, shape ``(n,)``.

    Returns:
        No unit, shape ``(n,)``; NaN where all are 0.

    Derived: delta method on ``ln(mean(x^2)) / 2``.
    """
    squares = values * values
    square = mean(squares) if values.size else 0.0
    return (squares / square - 1) / 2 if square > 0 else np.full(values.size, math.nan)


def degrees_of_freedom(spectrum: Spectrum, band_hz: tuple[float, float]) -> float:
    """Equivalent degrees of freedom of a band's power: ``nu = 2 P^2 T / (C Q)``.

    P = sum(S) df is the power, Q = sum(S^2) df / (1 + 1/k) the integral of the squared density, corrected for the
    scatter of a raw estimate over k windows, T the length of the series and C = 35/18 for Hann windows.

    Args:
        spectrum: Density S in ms^2/Hz.
        band_hz: Lower and upper edge in Hz.

    Returns:
        A count, not whole; NaN for a band without power.

    Source:
        Welch (1967), doi:10.1109/TAU.1967.1161901, for the variance of averaged periodograms. Derived: a chi-square
        power has relative variance 2 / nu; that of a band is C / T int(S^2) / (int(S))^2.
    """
    density, step_hz = spectrum.band(band_hz), float(spectrum.f_hz[1] - spectrum.f_hz[0])
    power = float(density.sum()) * step_hz
    if power <= 0:
        return math.nan
    squared = float(density @ density) * step_hz / (1 + 1 / spectrum.windows)
    return 2 * power**2 * spectrum.length_s / (HANN_SPREAD * squared)


def power_interval(power_ms2: float, degrees: float) -> CI:
    """Chi-square interval of a power: ``nu P / chi2_nu(0.975)`` to ``nu P / chi2_nu(0.025)``.

    Args:
        power_ms2: P in ms^2.
        degrees: nu, of `degrees_of_freedom`.

    Returns:
        (low, high) in ms^2; None for no power or fewer than 2 degrees.

    Source:
        Welch (1967), doi:10.1109/TAU.1967.1161901; quantiles by Wilson and Hilferty (1931), doi:10.1073/pnas.17.12.684.
    """
    if not (power_ms2 > 0 and degrees >= 2):
        return None
    return _finite(power_ms2 / _chi_square(_Z, degrees), power_ms2 / _chi_square(-_Z, degrees))


def power_ratio_interval(ratio: float, degrees: float, other_degrees: float) -> CI:
    """Interval of a ratio of two powers on the log scale: ``ratio exp(-+ z sqrt(2 / nu1 + 2 / nu2))``.

    Args:
        ratio: No unit.
        degrees, other_degrees: nu1 and nu2, degrees of freedom of the two powers.

    Returns:
        (low, high), no unit; None for a ratio not above 0 or fewer than 2 degrees.

    Derived: the logarithm of a chi-square power has variance 2 / nu to first order; independent variances add.
    """
    if not (ratio > 0 and degrees >= 2 and other_degrees >= 2):
        return None
    error = _Z * math.sqrt(2 / degrees + 2 / other_degrees)
    return _finite(ratio * math.exp(-error), ratio * math.exp(error))


def _chi_square(z: float, degrees: float) -> float:
    """A chi-square quantile over its degrees, Wilson and Hilferty (1931), doi:10.1073/pnas.17.12.684."""
    part = 2 / (9 * degrees)
    return float(max(1 - part + z * math.sqrt(part), 1e-3) ** 3)


def _finite(low: float, high: float) -> CI:
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None

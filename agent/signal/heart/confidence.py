"""95 % confidence intervals of the heart's numbers, computed from the beats of a window and the number itself.

Each metric theta is a function of means over beats. The influence of beat i on theta, u_i, is its first-order effect
(delta method): theta_hat - theta = mean(u_i) + smaller terms. The standard error of theta is the long-run standard
error of that mean, SE(u) (`agent.signal.heart.uncertainty.standard_error`), which allows for neighbouring beats being
alike. With z = 1.959964:

    linear scale    theta -+ z SE(u)                              means, shares
    log scale       theta exp(-+ z SE(u)), u of ln(theta)         numbers that cannot be negative

Every function here takes the beats of a window and the value of the metric, and gives (low, high) or None. It is None
below 20 beats or differences and where a bound is not finite. Powers: `agent.signal.heart.power_confidence`.

Derived: delta method on the formulas of the metrics (`agent.signal.heart.rr`, `geometric`, `nonlinear`); the coverage
of the intervals is measured on simulated hearts (docs/decisions/055-closed-form-intervals.md). Sources of the standard
error and of Wilson's interval: `agent.signal.heart.uncertainty`.
"""

import math
from collections.abc import Callable

import numpy as np

from agent.signal.heart import rr, uncertainty
from agent.signal.heart.beats import Beats, cached
from agent.signal.heart.uncertainty import (
    CI,
    log_interval,
    log_rms_influence,
    log_sd_influence,
    standard_error,
)

ConfidenceFormula = Callable[[Beats, float], CI]

# ---- standard errors and influences, each for several metrics


@cached
def _log_sdnn_error(beats: Beats) -> float:
    return standard_error(log_sd_influence(beats.nn_ms))


@cached
def _log_rmssd_error(beats: Beats) -> float:
    return standard_error(log_rms_influence(beats.diff_ms))


@cached
def _log_sd1_influence(beats: Beats) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return log_sd_influence(beats.diff_ms)


@cached
def _log_sd2_influence(beats: Beats) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return log_sd_influence(beats.pair_sum_ms)


@cached
def _log_sd1_error(beats: Beats) -> float:
    return standard_error(_log_sd1_influence(beats))


@cached
def _log_sd_ratio_error(beats: Beats) -> float:
    return standard_error(_log_sd1_influence(beats) - _log_sd2_influence(beats))


# ---- intervals


@cached
def _mean_ms(beats: Beats) -> CI:
    return uncertainty.mean_interval(beats.nn_ms)


def mean(beats: Beats, _: float) -> CI:
    """Interval of mean NN: ``m -+ z SE(nn_ms)``, m the mean of `beats.nn_ms`.

    Args:
        beats: Beats of one window; NN intervals in ms, shape ``(k,)``.

    Returns:
        (low, high) in ms, or None.

    Derived: the mean is linear, so the influence of an interval is ``nn_ms - m``; see the module.
    """
    return _mean_ms(beats)


def rate(beats: Beats, _: float) -> CI:
    """Interval of mean heart rate, ``60000 / mean(NN)``: the bounds of mean NN, mapped and exchanged.

    Args:
        beats: Beats of one window; NN intervals in ms, shape ``(k,)``.

    Returns:
        (60000 / high, 60000 / low) of `mean`, in beats per minute; None where `mean` has none, or a bound not above 0.

    Derived: ``60000 / m`` falls strictly with m above 0, so the interval of m maps onto the interval of the rate.
    """
    mean_ms = _mean_ms(beats)
    return None if mean_ms is None or mean_ms[0] <= 0 else (60_000.0 / mean_ms[1], 60_000.0 / mean_ms[0])


def deviation(beats: Beats, value: float) -> CI:
    """Interval of SDNN on the log scale: ``value exp(-+ z SE(u))``, ``u_i = ((nn_i - m)^2 / s^2 - 1) / 2``.

    Args:
        beats: Beats of one window; NN intervals in ms, shape ``(k,)``, m their mean, s^2 their mean squared deviation.
        value: SDNN in ms.

    Returns:
        (low, high) in ms, or None.

    Derived: ``ln(s) = ln(s^2) / 2``, and the influence on s^2 is ``(nn_i - m)^2 - s^2``; dividing by 2 s^2 gives u_i.
    """
    return log_interval(value, _log_sdnn_error(beats))


def cv(beats: Beats, value: float) -> CI:
    """Interval of CVNN = SDNN / mean(NN) on the log scale: ``value exp(-+ z SE(u))``.

    ``u_i = ((nn_i - m)^2 / s^2 - 1) / 2 - (nn_i - m) / m``.

    Args:
        beats: Beats of one window; NN intervals in ms, shape ``(k,)``, m their mean, s^2 their mean squared deviation.
        value: CVNN, no unit.

    Returns:
        (low, high), no unit, or None.

    Derived: ``ln(s / m) = ln(s) - ln(m)``, so the influences of both logarithms are subtracted beat by beat.
    """
    mean_ms = rr.mean(beats.nn_ms)
    return log_interval(value, standard_error(log_sd_influence(beats.nn_ms) - (beats.nn_ms - mean_ms) / mean_ms))


def rms(beats: Beats, value: float) -> CI:
    """Interval of RMSSD on the log scale: ``value exp(-+ z SE(u))``, ``u_i = (d_i^2 / mean(d^2) - 1) / 2``.

    CVSD = RMSSD / mean(NN) takes the same relative error: the relative error of the mean is small beside that of RMSSD.

    Args:
        beats: Beats of one window; differences d = `beats.diff_ms` in ms, shape ``(m,)``.
        value: RMSSD in ms, or CVSD without unit.

    Returns:
        (low, high) in the unit of `value`, or None.

    Derived: ``ln(RMSSD) = ln(mean(d^2)) / 2``; the influence on mean(d^2) is ``d_i^2 - mean(d^2)``.
    """
    return log_interval(value, _log_rmssd_error(beats))


def ln_rms(beats: Beats, value: float) -> CI:
    """Interval of ln(RMSSD): the logarithms of the bounds of RMSSD, ``value -+ z SE(u)`` with u of `rms`.

    Args:
        beats: Beats of one window; differences in ms, shape ``(m,)``.
        value: ln(RMSSD / ms), no unit.

    Returns:
        (low, high), logarithms of ms without unit, or None.

    Derived: the logarithm is strictly increasing, so it maps the interval of `rms` at ``exp(value)``.
    """
    bounds_ms = rms(beats, math.exp(value))
    return None if bounds_ms is None else (math.log(bounds_ms[0]), math.log(bounds_ms[1]))


def difference_deviation(beats: Beats, value: float) -> CI:
    """Interval of SDSD, or of SD1 = sqrt(1/2) SDSD, on the log scale: ``value exp(-+ z SE(u))``.

    ``u_i = ((d_i - mean(d))^2 / var(d) - 1) / 2``.

    Args:
        beats: Beats of one window; differences d = `beats.diff_ms` in ms, shape ``(m,)``.
        value: SDSD or SD1 in ms; a constant factor does not change the relative error.

    Returns:
        (low, high) in ms, or None.

    Derived: as `deviation`, of differences in place of intervals.
    """
    return log_interval(value, _log_sd1_error(beats))


def sum_deviation(beats: Beats, value: float) -> CI:
    """Interval of SD2 on the log scale: ``value exp(-+ z SE(u))``, ``u_i = ((q_i - mean(q))^2 / var(q) - 1) / 2``.

    Args:
        beats: Beats of one window; sums of neighbours q = `beats.pair_sum_ms` in ms, shape ``(m,)``.
        value: SD2 in ms.

    Returns:
        (low, high) in ms, or None.

    Derived: ``SD2 = sqrt(1/2) SD(q)``, since q runs along the diagonal of the Poincare plot; then as `deviation`. The
        value itself is computed from SDNN and SDSD, which differs from this by the ends of the series alone.
    """
    return log_interval(value, standard_error(_log_sd2_influence(beats)))


def sd_ratio(beats: Beats, value: float) -> CI:
    """Interval of SD1 / SD2 or SD2 / SD1 on the log scale: ``value exp(-+ z SE(u1 - u2))``.

    Args:
        beats: Beats of one window; differences and sums of neighbours in ms, shape ``(m,)``; u1 and u2 are their
            influences on ln(SD1) and ln(SD2), see `difference_deviation` and `sum_deviation`.
        value: The ratio, no unit.

    Returns:
        (low, high), no unit, or None.

    Derived: ``ln(SD1 / SD2) = ln(SD1) - ln(SD2)``; the difference is taken pair by pair, so their covariance is
        counted. The inverse ratio has the same standard error.
    """
    return log_interval(value, _log_sd_ratio_error(beats))


def cvi(beats: Beats, value: float) -> CI:
    """Interval of CVI = log10(16 SD1 SD2): ``value -+ z SE(u1 + u2) / ln(10)``.

    Args:
        beats: Beats of one window; differences and sums of neighbours in ms, shape ``(m,)``; u1 and u2 as in
            `sd_ratio`.
        value: CVI, log10 of ms^2, no unit.

    Returns:
        (low, high), log10 of ms^2 without unit, or None.

    Derived: ``ln(16 SD1 SD2) = ln(16) + ln(SD1) + ln(SD2)``; the bounds are mapped by log10, which is increasing.
    """
    bounds_ms2 = log_interval(10.0**value, standard_error(_log_sd1_influence(beats) + _log_sd2_influence(beats)))
    return None if bounds_ms2 is None else (math.log10(bounds_ms2[0]), math.log10(bounds_ms2[1]))


def share(beyond_ms: float) -> ConfidenceFormula:
    """Formula for the interval of pNN: Wilson's interval of the share of differences with ``|d_i| > beyond_ms``.

    Args:
        beyond_ms: The limit in ms: 20 or 50.

    Returns:
        A function of beats and value that gives (low, high) from 0 to 1, or None.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953, with an effective number of differences; see
        `agent.signal.heart.uncertainty.share_interval`.
    """
    return lambda beats, _: uncertainty.share_interval((np.abs(beats.diff_ms) > beyond_ms).astype(np.float64))


def asymmetry(beats: Beats, value: float) -> CI:
    """Interval of Guzik's index G = sum(d_i^2 [d_i > 0]) / sum(d_i^2) on the linear scale, cut to 0 to 1.

    ``G + mean(u) -+ z SE(u)``, ``u_i = (d_i^2 [d_i > 0] - G d_i^2) / mean(d^2)``; mean(u) is 0 but for rounding.

    Args:
        beats: Beats of one window; differences d = `beats.diff_ms` in ms, shape ``(m,)``.
        value: G, 0 to 1.

    Returns:
        (low, high) from 0 to 1, or None.

    Derived: G is a ratio of means A / B; its influence is ``(a_i - G b_i) / B`` (ratio estimator).
    """
    square = beats.diff_ms * beats.diff_ms
    error = uncertainty.mean_interval((square * (beats.diff_ms > 0) - value * square) / rr.mean(square))
    return None if error is None else (max(value + error[0], 0.0), min(value + error[1], 1.0))


def inflections(beats: Beats, _: float) -> CI:
    """Interval of the share of inflection points: Wilson's interval of the mean of `beats.inflections`.

    Args:
        beats: Beats of one window; `Beats.inflections` is 1 or 0 for each NN interval with both neighbours,
            shape ``(k,)``.

    Returns:
        (low, high) from 0 to 1, or None.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953, with an effective number of intervals; see
        `agent.signal.heart.uncertainty.share_interval`.
    """
    return uncertainty.share_interval(beats.inflections.astype(np.float64))

"""95 % confidence intervals of a spectrum's powers and their ratios.

A band's power P has nu equivalent degrees of freedom; its interval is that of a chi-square variable:
``nu P / chi2_nu(0.975)`` to ``nu P / chi2_nu(0.025)``. Ratios have theirs on the log scale, with z = 1.959964. Every
function takes the beats of a window and the value of the metric, and gives (low, high) or None; it is None without a
spectrum and below 2 degrees of freedom.
"""

import math
from functools import partial

from agent.signal.heart import uncertainty
from agent.signal.heart.beats import Beats, cached
from agent.signal.heart.confidence import ConfidenceFormula
from agent.signal.heart.spectrum import HF_HZ, LF_HZ, TOTAL_HZ, VLF_HZ
from agent.signal.heart.uncertainty import CI


def _band_degrees(band_hz: tuple[float, float], beats: Beats) -> float:
    return math.nan if beats.spectrum is None else uncertainty.degrees_of_freedom(beats.spectrum, band_hz)


_DEGREES = {band_hz: cached(partial(_band_degrees, band_hz)) for band_hz in (VLF_HZ, LF_HZ, HF_HZ, TOTAL_HZ)}


def power(band_hz: tuple[float, float]) -> ConfidenceFormula:
    """Formula for the interval of a band's power P: ``nu P / chi2_nu(0.975)`` to ``nu P / chi2_nu(0.025)``.

    Args:
        band_hz: Lower and upper edge of the band in Hz; one of VLF_HZ, LF_HZ, HF_HZ, TOTAL_HZ.

    Returns:
        A function of beats and value (P in ms^2) that gives (low, high) in ms^2, or None.

    Source: Welch (1967), doi:10.1109/TAU.1967.1161901, for the variance of averaged periodograms; nu is the equivalent
        number of degrees of freedom, `agent.signal.heart.uncertainty.degrees_of_freedom`.
    """
    return lambda beats, value: uncertainty.power_interval(value, _DEGREES[band_hz](beats))


def lf_hf(beats: Beats, value: float) -> CI:
    """Interval of LF / HF on the log scale: ``value exp(-+ z sqrt(2 / nu_LF + 2 / nu_HF))``.

    Args:
        beats: Beats of one window; nu_LF and nu_HF are the degrees of freedom of its two bands.
        value: LF / HF, no unit.

    Returns:
        (low, high), no unit, or None.

    Derived: ``var(ln(P)) = 2 / nu`` to first order for a chi-square power with nu degrees; powers of bands that do not
        overlap are independent, so the variances add.
    """
    return uncertainty.power_ratio_interval(value, _DEGREES[LF_HZ](beats), _DEGREES[HF_HZ](beats))


def lf_nu(beats: Beats, value: float) -> CI:
    """Interval of the share p = LF / (LF + HF): the bounds r of LF / HF, mapped by ``r / (1 + r)``.

    Args:
        beats: Beats of one window; see `lf_hf`.
        value: p, 0 to 1; at 1 there is no HF, and no interval.

    Returns:
        (low, high) from 0 to 1, or None.

    Derived: ``p = r / (1 + r)`` rises strictly with ``r = LF / HF = p / (1 - p)``, so bounds map onto bounds.
    """
    bounds = lf_hf(beats, value / (1 - value)) if value < 1 else None
    return None if bounds is None else (bounds[0] / (1 + bounds[0]), bounds[1] / (1 + bounds[1]))


def hf_nu(beats: Beats, value: float) -> CI:
    """Interval of the share HF / (LF + HF) = 1 - p: one minus the bounds of `lf_nu`, exchanged.

    Args:
        beats: Beats of one window; see `lf_hf`.
        value: HF / (LF + HF), 0 to 1.

    Returns:
        (low, high) from 0 to 1, or None.

    Derived: the two shares sum to 1.
    """
    bounds = lf_nu(beats, 1 - value)
    return None if bounds is None else (1 - bounds[1], 1 - bounds[0])

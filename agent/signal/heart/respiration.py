"""Breaths per minute from the heart: respiratory sinus arrhythmia (RSA), where one peak of the spectrum stands out.

    usual    0.14 to 0.67 Hz: it holds at least 40 % of the power there within 0.03 Hz, is five times the median
             density, and nothing larger lies at half its frequency, nor four times larger at a third or a quarter
    slow     0.06 to 0.14 Hz, where no usual one stands out: with its overtones it holds at least 87 % of all power from
             0.04 Hz on, within 2.5 / T of it in T seconds, and swings by 15 ms or more. The rhythm of the vessels near
             0.1 Hz is broader, or smaller than that

A heart shows no breath faster than half its own rate. Little RSA is hidden in noise; then there is no value.

Source: Schäfer and Kratky (2008), doi:10.1007/s10439-007-9428-1, for RSA as a carrier. Derived: the rule and its limits
were chosen on synthetic hearts whose breathing is known.
"""

import math
from typing import Final

import numpy as np

from agent.signal.heart.rr import Bools, Floats, median_ms
from agent.signal.heart.spectrum import ROUNDING_MS2, SEGMENT_S, Spectrum

BAND_HZ: Final = (0.04, 0.7)
SLOWEST_BPM: Final = 4.0
FASTEST_BPM: Final = 40.0
_EDGE_BPM: Final = 0.3  # the mean frequency of a peak at either end
_LF_HZ: Final = 0.14  # below it a peak may be the rhythm of the vessels
_SLOWEST_HZ: Final = 0.055  # a leaning peak's mean frequency lies beside its top
_FASTEST_HZ: Final = 0.69
_AROUND_HZ: Final = 0.03
_NARROW: Final = 2.5  # over the length of a Hann window: a little more than half the width of a steady rhythm's peak
_SHARE_01: Final = 0.4
_SLOW_SHARE_01: Final = 0.87
_ABOVE: Final = 5.0
_SLOW_SWING_MS: Final = 15.0
_OVERTONE_OF: Final = ((2, 1.0), (3, 4.0), (4, 4.0))
_FEWEST: Final = 8


def resp_rate_bpm(spectrum: Spectrum, heart_hz: float = math.inf) -> float:
    """Breathing rate: 60 times the density-weighted mean frequency around the peak.

    Args:
        spectrum: Density in ms^2/Hz over frequency in Hz.
        heart_hz: Mean heart rate in Hz; breath faster than half of it cannot be seen.

    Returns:
        In breaths per minute, from `SLOWEST_BPM` to `FASTEST_BPM`; NaN where no peak stands out.

    Source: see the module.
    """
    inside = (spectrum.f_hz >= BAND_HZ[0]) & (spectrum.f_hz < min(BAND_HZ[1], heart_hz / 2))
    f_hz, density = spectrum.f_hz[inside], spectrum.psd_ms2_hz[inside]
    if f_hz.size < _FEWEST or spectrum.power_ms2(BAND_HZ) <= ROUNDING_MS2:
        return math.nan
    usual_hz = _usual_hz(f_hz, density)
    rate_bpm = 60.0 * (
        usual_hz if math.isfinite(usual_hz) else _slow_hz(f_hz, density, _NARROW / min(spectrum.length_s, SEGMENT_S))
    )
    if not SLOWEST_BPM - _EDGE_BPM <= rate_bpm <= FASTEST_BPM + _EDGE_BPM:
        return math.nan
    return min(max(rate_bpm, SLOWEST_BPM), FASTEST_BPM)


def _usual_hz(f_hz: Floats, density: Floats) -> float:
    breath = (f_hz >= _LF_HZ) & (f_hz <= _FASTEST_HZ)
    if np.count_nonzero(breath) < _FEWEST:
        return math.nan
    places = np.flatnonzero(breath)
    top = int(places[int(density[breath].argmax())])
    near = breath & (np.abs(f_hz - f_hz[top]) <= _AROUND_HZ)
    if top in (places[0], places[-1]) or density[top] < _ABOVE * median_ms(density):
        return math.nan
    for part, larger in _OVERTONE_OF:
        below = np.abs(f_hz - f_hz[top] / part) <= _AROUND_HZ / part
        if below.any() and float(density[below].max()) > larger * density[top]:
            return math.nan
    return _mean_hz(f_hz, density, near) if _share_01(density, near, breath) >= _SHARE_01 else math.nan


def _slow_hz(f_hz: Floats, density: Floats, narrow_hz: float) -> float:
    slow = (f_hz >= _SLOWEST_HZ) & (f_hz < _LF_HZ + _AROUND_HZ / 2)
    if np.count_nonzero(slow) < 3:
        return math.nan
    top = int(np.flatnonzero(slow)[int(density[slow].argmax())])
    near = np.abs(f_hz - f_hz[top]) <= narrow_hz
    own = near.copy()
    for times, _ in _OVERTONE_OF:
        own |= np.abs(f_hz - times * f_hz[top]) <= narrow_hz
    step_hz = float(f_hz[1] - f_hz[0])
    swing_ms = math.sqrt(2 * float(density[near].sum()) * step_hz)
    if swing_ms < _SLOW_SWING_MS or _share_01(density, own, np.ones(f_hz.size, dtype=bool)) < _SLOW_SHARE_01:
        return math.nan
    return _mean_hz(f_hz, density, near)


def _share_01(density: Floats, part: Bools, whole: Bools) -> float:
    return float(density[part & whole].sum() / density[whole].sum())


def _mean_hz(f_hz: Floats, density: Floats, near: Bools) -> float:
    return float(np.average(f_hz[near], weights=density[near]))

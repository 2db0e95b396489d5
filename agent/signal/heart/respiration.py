"""Breaths per minute from the heart: respiratory sinus arrhythmia (RSA), where one peak stands out.

A peak stands out where it lies between 0.14 and 0.5 Hz, holds at least 40 % of the power there within 0.03 Hz of it, is
five times the median density, and nothing larger lies at half its frequency. Breathing slower than 8.4 a minute is
hidden in the LF rhythm, and its overtone would be mistaken for it. Little RSA is hidden in noise; then there is no
value.

Source: Schäfer and Kratky (2008), doi:10.1007/s10439-007-9428-1, for RSA as a carrier. Derived: the rule and its limits
were chosen on synthetic hearts whose breathing is known.
"""

import math
from typing import Final

import numpy as np

from agent.signal.heart.spectrum import ROUNDING_MS2, Spectrum

BAND_HZ: Final = (0.1, 0.5)
_AROUND_HZ: Final = 0.03
_SHARE_01: Final = 0.4
_ABOVE: Final = 5.0
# below this the peak may be the LF rhythm of the vessels (about 0.1 Hz), not breath
_SLOWEST_HZ: Final = 0.14
SLOWEST_BPM: Final = 60.0 * _SLOWEST_HZ
FASTEST_BPM: Final = 60.0 * BAND_HZ[1]
"""What the rule can say, in breaths a minute: 8.4 to 30."""


def resp_rate_bpm(spectrum: Spectrum) -> float:
    """Breathing rate: 60 times the density-weighted mean frequency within 0.03 Hz of the peak.

    Args:
        spectrum: Density in ms^2/Hz over frequency in Hz.

    Returns:
        In breaths per minute, from `SLOWEST_BPM` to `FASTEST_BPM`; NaN where no peak stands out.

    Source: see the module.
    """
    inside = (spectrum.f_hz >= BAND_HZ[0]) & (spectrum.f_hz < BAND_HZ[1])
    f_hz, density = spectrum.f_hz[inside], spectrum.psd_ms2_hz[inside]
    if f_hz.size < 8 or spectrum.power_ms2(BAND_HZ) <= ROUNDING_MS2:
        return math.nan
    breath = f_hz >= _SLOWEST_HZ
    top = int(np.flatnonzero(breath)[int(density[breath].argmax())])
    near = breath & (np.abs(f_hz - f_hz[top]) <= _AROUND_HZ)
    share_01 = float(density[near].sum() / density[breath].sum())
    half = np.abs(spectrum.f_hz - f_hz[top] / 2) <= _AROUND_HZ / 2
    if half.any() and float(spectrum.psd_ms2_hz[half].max()) > density[top]:
        return math.nan
    if share_01 < _SHARE_01 or density[top] < _ABOVE * float(np.median(density)):
        return math.nan
    if top in (int(np.flatnonzero(breath)[0]), f_hz.size - 1):
        return math.nan
    return 60.0 * float(np.average(f_hz[near], weights=density[near]))

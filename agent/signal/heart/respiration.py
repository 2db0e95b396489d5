"""Breaths a minute from the heart: respiratory sinus arrhythmia, where it can be told at all.

Applies when one peak stands out between 0.14 and 0.5 Hz: it holds at least 40 % of the power there within 0.03 Hz,
stands five times above the median density, and nothing larger stands at half its frequency: breathing slower than 8.4
a minute hides in the LF rhythm, and its overtone would be told for it. Little RSA hides in noise: nothing is said.
Source: Schäfer and Kratky (2008), doi:10.1007/s10439-007-9428-1, for RSA as a carrier; the rule and its limits were
chosen by us on made-up hearts whose breathing is known (tests/agent/signal/heart/test_incremental.py).
"""

import math
from typing import Final

import numpy as np

from agent.signal.heart.spectrum import NOTHING_MS2, Spectrum

BAND_HZ: Final = (0.1, 0.5)
_AROUND_HZ: Final = 0.03
_SHARE_01: Final = 0.4
_ABOVE: Final = 5.0
# below this the peak may be the LF rhythm of the vessels (about 0.1 Hz), not breath
_SLOWEST_HZ: Final = 0.14
SLOWEST_BPM: Final = 60.0 * _SLOWEST_HZ
FASTEST_BPM: Final = 60.0 * BAND_HZ[1]
"""What the rule can say, in breaths a minute: 8.4 to 30."""


def resp_rate_bpm(found: Spectrum) -> float:
    """Breaths a minute, from `SLOWEST_BPM` to `FASTEST_BPM`; NaN where the rule does not hold.

    Args:
        found: Density in ms²/Hz over frequency in Hz.
    """
    inside = (found.f_hz >= BAND_HZ[0]) & (found.f_hz < BAND_HZ[1])
    f_hz, density = found.f_hz[inside], found.psd_ms2_hz[inside]
    if f_hz.size < 8 or found.power_ms2(BAND_HZ) <= NOTHING_MS2:
        return math.nan
    breath = f_hz >= _SLOWEST_HZ
    top = int(np.flatnonzero(breath)[int(density[breath].argmax())])
    near = breath & (np.abs(f_hz - f_hz[top]) <= _AROUND_HZ)
    share_01 = float(density[near].sum() / density[breath].sum())
    half = np.abs(found.f_hz - f_hz[top] / 2) <= _AROUND_HZ / 2
    if half.any() and float(found.psd_ms2_hz[half].max()) > density[top]:
        return math.nan
    if share_01 < _SHARE_01 or density[top] < _ABOVE * float(np.median(density)):
        return math.nan
    if top in (int(np.flatnonzero(breath)[0]), f_hz.size - 1):
        return math.nan
    return 60.0 * float(np.average(f_hz[near], weights=density[near]))

"""Rises of skin conductance: peaks of its slope that stand out of what lies on both sides of them.

A response rises within seconds and falls slowly. Where one begins while another still falls, the conductance need not
have a minimum, but its slope has a peak. Peaks of the slope are therefore what is looked for.

Source:
    Rises as peaks of a smoothed derivative: Kim et al. (2004), doi:10.1007/BF02344719. Overlap and its bias of
    trough-to-peak counts: Benedek and Kaernbach (2010), doi:10.1016/j.jneumeth.2010.04.028.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.rr import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How the slope is smoothed.

    Attributes:
        width_s: Standard deviation of the Gaussian.
        unit_per_s: Highest slope, after smoothing, of a response of 1 uS.
        apart_s: Distance from which on two responses of one size keep peaks of their own.
    """

    width_s: float
    unit_per_s: float
    apart_s: float


FINE: Final = Smoothing(0.4, 0.78, 1.6)
COARSE: Final = Smoothing(0.6, 0.57, 2.2)
"""The coarser one halves the noise. Slopes of a response of 1 uS
with rise constants of .5 to 1 s and fall constants of 2 to 6 s (biexponential form, Alexander et al. 2005,
doi:10.1016/j.jneumeth.2005.02.001): .69 to .90, and .54 to .61, per s."""

_WIDTHS: Final = 4.0
_BEFORE_S, _AFTER_S = 3.0, 4.0  # a response's rise lies within: 1 to 3 s (Boucsein 2012, doi:10.1007/978-1-4614-1126-0)
_RELATIVE_01: Final = 0.2  # of a peak: a smaller dip on its way parts no two responses
_NOISES: Final = 3.0
_SMALLEST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Excursions:
    """Rises of a record, in order.

    Attributes:
        onset, peak, end: Samples where the rise begins, is steepest, and is over, int64, no unit, shape ``(e,)``.
        slope_us_per_s: The steepest slope, in uS per s, shape ``(e,)``.
        prominence_us_per_s: How far the slope stands above the higher of its two sides, in uS per s, shape ``(e,)``.
        height_us: From the lowest to the highest point of the smoothed rise; NaN where another one begins before it is
            over, in uS, shape ``(e,)``.
    """

    onset: Ints
    peak: Ints
    end: Ints
    slope_us_per_s: Floats
    prominence_us_per_s: Floats
    height_us: Floats


def excursions(value_us: Floats, fs_hz: float, noise_us: float, by: Smoothing) -> Excursions:
    """Every rise whose slope stands out by three times the noise of the slope, and by a fifth of itself.

    Args:
        value_us: Conductance in uS, shape ``(n,)``.
        fs_hz: Samples per second.
        noise_us: Standard deviation of its noise.
        by: How the slope is smoothed.

    Returns:
        The rises, most of them noise.

    Source: see the module.
    """
    if value_us.size < 3:
        return _as_arrays([])
    slope = slope_us_per_s(value_us, fs_hz, by)
    smooth = _filtered(value_us, _gauss(fs_hz, by))
    turns = _turns(slope, max(_NOISES * noise_us * slope_gain_per_s(fs_hz, by), _SMALLEST))
    found = []
    for before, middle, after in zip(turns[:-2], turns[1:-1], turns[2:], strict=True):
        if slope[middle] <= slope[before] or slope[middle] <= slope[after]:
            continue
        found.append(_rise(slope, smooth, fs_hz, (before, middle, after)))
    return _as_arrays(found)


def slope_us_per_s(value_us: Floats, fs_hz: float, by: Smoothing) -> Floats:
    """Slope of the conductance, smoothed by a Gaussian g: ``sum_k -k g_k x / sum_k k^2 g_k dt``.

    Args:
        value_us: In uS, shape ``(n,)``.
        fs_hz: Samples per second.
        by: How it is smoothed.

    Returns:
        In uS per s, shape ``(n,)``.

    Source: least squares with Gaussian weights, definition.
    """
    return _filtered(value_us, _slope_weights(fs_hz, by))


def slope_gain_per_s(fs_hz: float, by: Smoothing) -> float:
    """Standard deviation of the slope per standard deviation of white noise: ``sqrt(sum w^2)`` of its weights.

    Args:
        fs_hz: Samples per second.
        by: How the slope is smoothed.

    Returns:
        Per s.

    Source: definition.
    """
    return float(np.sqrt(np.sum(_slope_weights(fs_hz, by) ** 2)))


def _gauss(fs_hz: float, by: Smoothing) -> Floats:
    half = max(math.ceil(_WIDTHS * by.width_s * fs_hz), 1)
    at_s = np.arange(-half, half + 1) / fs_hz
    weight = np.exp(-0.5 * (at_s / by.width_s) ** 2)
    return np.asarray(weight / weight.sum())


def _slope_weights(fs_hz: float, by: Smoothing) -> Floats:
    gauss = _gauss(fs_hz, by)
    at_s = (np.arange(gauss.size) - gauss.size // 2) / fs_hz
    return np.asarray(at_s * gauss / np.sum(at_s**2 * gauss))


def _filtered(value: Floats, weight: Floats) -> Floats:
    """The weighted sum around each sample; beyond the ends the record goes on as its point reflection."""
    half = weight.size // 2
    padded = np.pad(value, half, mode="reflect", reflect_type="odd") if value.size > 1 else np.pad(value, half, "edge")
    return np.convolve(padded, weight[::-1], "valid")


def _turns(slope: Floats, least: float) -> list[int]:
    """Highest and lowest points by turns, each apart from the one before by `least`, and a fifth of a highest one."""
    change = np.diff(slope)
    places = [0, *(np.flatnonzero(change[:-1] * change[1:] < 0) + 1).tolist(), slope.size - 1]
    found: list[int] = []
    low = high = places[0]
    is_rising: bool | None = None
    for place in places:
        value = slope[place]
        low = place if value < slope[low] else low
        high = place if value > slope[high] else high
        if is_rising is not False and slope[high] - value >= max(least, _RELATIVE_01 * abs(slope[high])):
            found.append(high)
            is_rising, low = False, place
        elif is_rising is not True and value - slope[low] >= max(least, _RELATIVE_01 * value):
            found.append(low)
            is_rising, high = True, place
    found.append(high if is_rising else low)
    return found


def _rise(slope: Floats, smooth: Floats, fs_hz: float, turns: tuple[int, int, int]) -> tuple[float, ...]:
    before, middle, after = turns
    before = max(before, middle - round(_BEFORE_S * fs_hz))
    after = min(after, middle + round(_AFTER_S * fs_hz))
    before += int(np.argmin(slope[before : middle + 1]))
    over = np.flatnonzero(slope[before:middle] <= (slope[before] + slope[middle]) / 2)
    onset = before + int(over[-1]) if over.size else before
    falls = np.flatnonzero(slope[middle : after + 1] <= 0)
    end = middle + int(falls[0]) if falls.size else after
    flat = np.flatnonzero(slope[before:middle] <= 0)
    trough = before + int(flat[-1]) if flat.size else before
    height = float(smooth[end] - smooth[trough]) if falls.size and slope[middle] > 0 else math.nan
    prominence = float(slope[middle] - max(slope[before], slope[middle : after + 1].min()))
    return onset, middle, end, float(slope[middle]), prominence, height


def _as_arrays(found: list[tuple[float, ...]]) -> Excursions:
    table = np.array(found, dtype=np.float64).reshape(-1, 6)
    onset, peak, end = table[:, :3].astype(np.int64).T
    return Excursions(onset, peak, end, table[:, 3], table[:, 4], table[:, 5])

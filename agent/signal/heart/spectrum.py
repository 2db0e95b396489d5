"""Power of intervals by frequency: cubic 4 Hz, smoothness priors, Hann Welch. Pure numpy.

    beats ─▶ cubic spline ─▶ 4 Hz ─▶ slow trend away ─▶ Hann windows of 300 s ─▶ ms²/Hz ─▶ bands

Source: Task Force (1996), doi:10.1161/01.CIR.93.5.1043, for the bands, and Tarvainen et al. (2014),
doi:10.1016/j.cmpb.2013.07.024, for the steps.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from agent.signal.heart.banded import smoothed, tridiagonal
from agent.signal.heart.rr import Floats

FS_HZ: Final = 4.0
LAMBDA: Final = 500.0  # cut-off about 0.035 Hz at 4 Hz
SEGMENT_S: Final = 300.0
VLF_HZ: Final = (0.0033, 0.04)
LF_HZ: Final = (0.04, 0.15)
HF_HZ: Final = (0.15, 0.4)
TOTAL_HZ: Final = (0.0033, 0.4)
# Below this a power is rounding: a recorder's tick of 1 ms alone leaves 0.08 ms².
ROUNDING_MS2: Final = 1e-6
HANN_SPREAD: Final = 35 / 18  # mean of the window's fourth power over the squared mean of its square


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One-sided power spectral density.

    Attributes:
        f_hz: Frequencies in Hz, ascending, shape ``(n,)``.
        psd_ms2_hz: Density in ms^2/Hz, shape ``(n,)``.
        detrended: Whether the slow trend was removed.
        length_s: Length of the series in s.
        windows: Number of Hann windows that were averaged.
    """

    f_hz: Floats
    psd_ms2_hz: Floats
    detrended: bool
    length_s: float
    windows: int

    def power_ms2(self, band_hz: tuple[float, float]) -> float:
        """Power in a band: integral of the density by the trapezoid rule; the upper edge is excluded.

        Args:
            band_hz: Lower and upper edge in Hz.

        Returns:
            In ms^2; NaN for fewer than two frequencies in the band.

        Source: see the module.
        """
        inside = self.band(band_hz)
        if inside.size < 2:
            return math.nan
        return float(inside.sum() - (inside[0] + inside[-1]) / 2) * float(self.f_hz[1] - self.f_hz[0])

    def band(self, band_hz: tuple[float, float]) -> Floats:
        """Density in a band; the upper edge is excluded.

        Args:
            band_hz: Lower and upper edge in Hz.

        Returns:
            In ms^2/Hz, shape ``(m,)``.

        Source: definition.
        """
        first, last = np.searchsorted(self.f_hz, band_hz)
        return self.psd_ms2_hz[first:last]

    def peak_hz(self, band_hz: tuple[float, float]) -> float:
        """Frequency of the highest density in a band.

        Args:
            band_hz: Lower and upper edge in Hz.

        Returns:
            In Hz; NaN where the highest density lies at the band's edge, which is no peak, and where there is no power.

        Source: definition.
        """
        inside = np.flatnonzero((self.f_hz >= band_hz[0]) & (self.f_hz < band_hz[1]))
        if inside.size < 3:
            return math.nan
        top = int(inside[int(self.psd_ms2_hz[inside].argmax())])
        at_edge = top in (inside[0], inside[-1])
        return math.nan if at_edge or self.power_ms2(band_hz) <= ROUNDING_MS2 else float(self.f_hz[top])


@dataclass(frozen=True, slots=True)
class EvenlySampled:
    """Intervals on a regular grid.

    Attributes:
        t_s: Times in s at 4 Hz, from the first beat to the last, shape ``(m,)``.
        rr_ms: The spline through the intervals at those times, in ms, shape ``(m,)``.
        detrended_ms: The same without its slow trend, in ms, shape ``(m,)``; its mean is about 0.
    """

    t_s: Floats
    rr_ms: Floats
    detrended_ms: Floats


def evenly_sampled(t_s: Floats, nn_ms: Floats) -> EvenlySampled:
    """Intervals at 4 Hz (`spline`), with and without their slow trend (`without_trend`).

    Args:
        t_s: End of each interval in s, ascending, shape ``(n,)``, n at least 4.
        nn_ms: The intervals in ms, shape ``(n,)``.

    Returns:
        The regular series.

    Source: see the module.
    """
    even_s = np.arange(t_s[0], t_s[-1], 1.0 / FS_HZ)
    even_ms = spline(t_s, nn_ms, even_s)
    return EvenlySampled(even_s, even_ms, without_trend(even_ms))


def spectrum(t_s: Floats, nn_ms: Floats, *, detrend: bool = True) -> Spectrum:
    """Spectrum of intervals at their times: `evenly_sampled`, then `welch`.

    Args:
        t_s: End of each interval in s, ascending, shape ``(n,)``, n at least 4.
        nn_ms: The intervals in ms, shape ``(n,)``.
        detrend: Remove the slow trend; False removes the mean alone.

    Returns:
        Density in ms^2/Hz over Hz.

    Source: see the module.
    """
    even = evenly_sampled(t_s, nn_ms)
    return welch(even.detrended_ms if detrend else even.rr_ms - even.rr_ms.mean(), detrended=detrend)


def without_trend_at_beats(t_s: Floats, nn_ms: Floats, even: EvenlySampled) -> Floats:
    """Intervals without the trend of their 4 Hz series, about their mean: ``nn - trend(t) + mean(nn)``.

    Args:
        t_s: End of each interval in s, ascending, shape ``(n,)``.
        nn_ms: The intervals in ms, shape ``(n,)``.
        even: Their series at 4 Hz.

    Returns:
        In ms, shape ``(n,)``; the intervals as they are for fewer than four grid points.

    Source: see `without_trend`; Tarvainen et al. (2002), doi:10.1109/10.979357.
    """
    if even.t_s.size < 4:
        return nn_ms.copy()
    trend_ms = np.interp(
        t_s, even.t_s, even.rr_ms - even.detrended_ms
    )  # smooth: a line between two grid points will do
    return np.asarray(nn_ms - trend_ms + nn_ms.mean())


def spline(x: Floats, y: Floats, at: Floats) -> Floats:
    """Cubic spline through (x, y) with not-a-knot ends, from a tridiagonal system for the slopes.

    Args:
        x: Ascending, in any unit, shape ``(n,)``, n at least 4.
        y: In any unit, shape ``(n,)``.
        at: Where it is evaluated, in the unit of `x`, shape ``(m,)``.

    Returns:
        In the unit of `y`, shape ``(m,)``.

    Source:
        de Boor (1978), A Practical Guide to Splines, chapter IV.
    """
    h = np.diff(x)
    slope = np.diff(y) / h
    n = x.size
    lower, middle, upper, right = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    lower[1:-1], middle[1:-1], upper[1:-1] = h[1:], 2 * (h[:-1] + h[1:]), h[:-1]
    right[1:-1] = 3 * (h[1:] * slope[:-1] + h[:-1] * slope[1:])
    first, last = x[2] - x[0], x[-1] - x[-3]
    middle[0], upper[0] = h[1], first
    right[0] = ((h[0] + 2 * first) * h[1] * slope[0] + h[0] ** 2 * slope[1]) / first
    middle[-1], lower[-1] = h[-2], last
    right[-1] = (h[-1] ** 2 * slope[-2] + (2 * last + h[-1]) * h[-2] * slope[-1]) / last
    rate = tridiagonal(lower, middle, upper, right)
    place = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    t, width = at - x[place], h[place]
    c = (3 * slope[place] - 2 * rate[place] - rate[place + 1]) / width
    d = (rate[place] + rate[place + 1] - 2 * slope[place]) / width**2
    return np.asarray(y[place] + t * (rate[place] + t * (c + t * d)))


def without_trend(even_ms: Floats) -> Floats:
    """Smoothness priors: a series z minus its smooth part, ``z - (I + lambda^2 D2' D2)^-1 z``, lambda = 500.

    D2 takes second differences. The cut-off at 4 Hz is about 0.035 Hz.

    Args:
        even_ms: z in ms at 4 Hz, shape ``(n,)``.

    Returns:
        In ms, shape ``(n,)``.

    Source:
        Tarvainen, Ranta-aho and Karjalainen (2002), doi:10.1109/10.979357
    """
    n = even_ms.size
    if n < 3:
        return np.asarray(even_ms - even_ms.mean(), dtype=np.float64)
    if n < 5:
        d2 = np.diff(np.eye(n), 2, axis=0)
        return np.asarray(even_ms - np.linalg.solve(np.eye(n) + LAMBDA**2 * d2.T @ d2, even_ms))
    return np.asarray(even_ms - smoothed(even_ms, LAMBDA), dtype=np.float64)


@lru_cache(maxsize=8)
def _hann(n: int) -> Floats:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n))


def welch(even_ms: Floats, *, detrended: bool) -> Spectrum:
    """Mean of Hann-windowed periodograms of 300 s, half overlapping: ``2 |FFT(w (x - mean(x)))|^2 / (fs sum(w^2))``.

    A series shorter than 300 s is one window. Each window is padded with zeros to a power of two; at 0 Hz and at half
    the sampling rate the factor is 1.

    Args:
        even_ms: x in ms at 4 Hz, shape ``(n,)``.
        detrended: Whether the slow trend was removed; kept in the result.

    Returns:
        Density in ms^2/Hz over Hz.

    Source:
        Welch (1967), doi:10.1109/TAU.1967.1161901
    """
    n = min(even_ms.size, int(SEGMENT_S * FS_HZ))
    step = max(n // 2, 1)
    window = _hann(n)
    starts = range(0, even_ms.size - n + 1, step)
    pieces = np.array([even_ms[start : start + n] for start in starts])
    pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * window
    points = 1 << (n - 1).bit_length()  # zeros behind it, to a power of two
    power = np.abs(np.fft.rfft(pieces, points, axis=1)) ** 2 / (FS_HZ * float(window @ window))
    power[:, 1:-1] *= 2
    f_hz = np.asarray(np.fft.rfftfreq(points, 1 / FS_HZ), dtype=np.float64)
    return Spectrum(f_hz, power.mean(axis=0), detrended, even_ms.size / FS_HZ, len(starts))

"""Beats of a waveform: where an electrocardiogram has its R peaks and a pulse wave its maxima.

    wave ─▶ band ─▶ energy ─▶ two moving means: the short one (as wide as a beat's mark) above the
    long one (as wide as a beat) marks a block; a block wide enough holds one beat

What is usual is learnt from the seconds around: a disturbance costs its own seconds, and none before or after.

Source: Elgendi (2013), doi:10.1371/journal.pone.0073557 (QRS) and Elgendi et al. (2013),
doi:10.1371/journal.pone.0076585 (systolic peaks). The widths and offsets are theirs; the band is taken by FFT, which
shifts nothing.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from agent.signal.heart import quality, waves
from agent.signal.heart.rr import Floats


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """What a beat of a kind of waveform looks like.

    Attributes:
        band_hz: Band of a beat's energy.
        mark_s: Width of a beat's mark (QRS; systolic upstroke).
        beat_s: Width of a beat.
        offset_01: Share of the mean energy by which the long mean is raised.
        refractory_s: Shortest time between two beats.
        upward: Only the wave's upper half counts (a pulse wave); else both (QRS).
        shape_hz: Band of a beat's shape, for comparing beats.
        likeness_s: To either side of a beat: what is compared with the mean beat.
        least_correlation: Lowest correlation with the mean beat at which a stretch is used (Orphanidou et al. 2015).
    """

    band_hz: tuple[float, float]
    mark_s: float
    beat_s: float
    offset_01: float
    refractory_s: float
    upward: bool
    shape_hz: tuple[float, float]
    likeness_s: float
    least_correlation: float


ECG: Final = DetectorSettings(
    (8.0, 20.0), 0.097, 0.611, 0.08, 0.24, upward=False, shape_hz=(0.5, 40.0), likeness_s=0.12, least_correlation=0.66
)
PPG: Final = DetectorSettings(
    (0.5, 8.0), 0.111, 0.667, 0.02, 0.24, upward=True, shape_hz=(0.5, 8.0), likeness_s=0.4, least_correlation=0.86
)
_FEWEST_S: Final = 2.0
SHAPE_S: Final = 0.25  # to either side of a pulse wave's top: its rise, and the fall to the notch
_AROUND: Final = 7  # beats to either side
_LEAST_01: Final = 0.1
_FEWEST_BEATS: Final = 5  # below which there is no mean beat
_UP_01: Final = 0.7  # an upright R of this share of the downward deflection is R, and that one S
_OWN_01: Final = 0.65  # a beat whose R is less than this share of its other deflection is timed at that
_GLITCH: Final = 6.0  # times the usual largest value of two seconds: no beat is so much larger than the rest
_BEAT_01: Final = 0.85  # of an interval: the width of a beat of a fast heart
_FASTEST_01: Final = 0.4
_STRONG: Final = 75  # percentile: it follows the strong maxima even where noise makes more of them than the heart


def beats_s(wave: Floats, fs_hz: float, detector: DetectorSettings) -> Floats:
    """Times of beats: maxima of blocks where ``MA_short(e) > MA_long(e) + offset u(e)``, e the energy in the band.

    u is what is usual around: the 45 % quantile of the means of 17 stretches of 2 s.
    Blocks narrower than the mark are dropped, then maxima below a tenth of the energy usual around them, then the
    weaker of two within the refractory time. A parabola through three samples refines each time.

    Args:
        wave: Samples in any unit, shape ``(n,)``; NaN is replaced by the median.
        fs_hz: Samples per second, at least three times the band's upper end.
        detector: `ECG` or `PPG`.

    Returns:
        In s from the first sample, ascending, shape ``(b,)``; empty for less than two seconds or a flat line.

    Raises:
        ValueError: Too few samples per second for the band.

    Source: see the module.
    """
    check_rate(fs_hz, detector)
    clean = waves.cleaned(wave)
    if clean.size < _FEWEST_S * fs_hz or float(np.ptp(clean)) == 0.0:
        return np.zeros(0)
    band = waves.band_pass(clean, fs_hz, detector.band_hz)
    limit = _GLITCH * waves.usual_largest(np.abs(band), fs_hz)
    band = np.clip(band, -limit, limit)  # one glitch would lift the long mean above the beats beside it
    energy = np.square(np.clip(band, 0.0, None) if detector.upward else band)
    offset = detector.offset_01 * waves.usual_mean(energy, fs_hz)
    fast_01 = _fast_01(band, fs_hz, detector) if detector.upward else 1.0
    width = max(round(detector.mark_s * fast_01 * fs_hz), 1)
    short = _moving_mean(energy, width)
    long = _moving_mean(energy, max(round(detector.beat_s * fast_01 * fs_hz), 1))
    blocks = [(begin, end) for begin, end in waves.blocks_of(short > long + offset) if end - begin >= width]
    tops = {begin + int(energy[begin:end].argmax()): (begin, end) for begin, end in blocks}
    kept = [tops[top] for top in _apart(_strong(list(tops), energy), energy, detector.refractory_s * fs_hz)]
    band = band if detector.upward else _r_upward(band, kept)
    places = [_timed_at(band, begin, end) for begin, end in kept]
    return np.array([_between_samples(band, place) for place in places]) / fs_hz


def _r_upward(band: Floats, blocks: list[tuple[int, int]]) -> Floats:
    """The band with R upward, so that every beat is timed at the same deflection: R and S may be alike in size."""
    if not blocks:
        return band
    up = float(np.median([band[begin:end].max() for begin, end in blocks]))
    down = float(np.median([-band[begin:end].min() for begin, end in blocks]))
    return band if up >= _UP_01 * down else -band


def _timed_at(band: Floats, begin: int, end: int) -> int:
    """The highest sample of a block; or the lowest, where the beat has hardly anything above."""
    block = band[begin:end]
    high, low = int(block.argmax()), int(block.argmin())
    return begin + (high if block[high] >= -_OWN_01 * block[low] else low)


def check_rate(fs_hz: float, detector: DetectorSettings) -> None:
    """Whether there are enough samples: three times the band's upper edge.

    Args:
        fs_hz: Samples per second.
        detector: `ECG` or `PPG`.

    Raises:
        ValueError: Too few.

    Derived: the band's edge falls off over a third, and a maximum needs two samples beside it.
    """
    least_hz = 3 * detector.band_hz[1]
    if fs_hz < least_hz:
        raise ValueError(f"{fs_hz:g} samples a second are too few; {least_hz:g} are needed")


def timed_by_shape(shape: Floats, fs_hz: float, at_s: Floats) -> Floats:
    """Beat times again: the maximum of the cross-correlation with the mean beat, which noise moves less than a peak.

    Args:
        shape: The wave in the band of a beat's shape, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        at_s: First times in s, ascending, shape ``(b,)``; they are returned as they are for fewer than five.

    Returns:
        In s, ascending, shape ``(b,)``; a beat at the edge, or one that would move by more than a twelfth of a second,
        stays where it is.

    Source: Woodward (1953), Probability and Information Theory, chapter 6 (matched filter).
    """
    if at_s.size < _FEWEST_BEATS:
        return at_s
    half = int(min(SHAPE_S, 0.45 * float(np.median(np.diff(at_s)))) * fs_hz)
    places = np.round(at_s * fs_hz).astype(np.int64)
    segments = quality.beat_segments(shape, fs_hz, at_s, half)
    if half < 2 or len(segments) < _FEWEST_BEATS:
        return at_s
    match = np.correlate(shape, segments.mean(axis=0), mode="same")
    reach = max(int(fs_hz / 12), 1)
    refined_s = at_s.copy()
    for n, place in enumerate(places):
        low, high = int(place) - reach, int(place) + reach + 1
        if low > 0 and high < shape.size:
            refined_s[n] = _between_samples(match, low + int(match[low:high].argmax())) / fs_hz
    later = np.concatenate([[True], np.diff(refined_s) > 0])
    return refined_s if later.all() else at_s


def _fast_01(band: Floats, fs_hz: float, detector: DetectorSettings) -> float:
    """By how much the widths shrink for a heart whose interval is shorter than the width of a beat: 0.4 to 1."""
    return min(max(waves.period_s(band, fs_hz) * _BEAT_01 / detector.beat_s, _FASTEST_01), 1.0)


def _moving_mean(values: Floats, width: int) -> Floats:
    before, after = width // 2, width - width // 2
    sums = np.concatenate([[0.0], np.cumsum(values)])
    high = np.minimum(np.arange(values.size) + after, values.size)
    low = np.maximum(np.arange(values.size) - before, 0)
    return np.asarray((sums[high] - sums[low]) / (high - low), dtype=np.float64)


def _strong(tops: list[int], energy: Floats) -> list[int]:
    """Without those that are noise beside their neighbours: below a tenth of the energy usual before and after them.

    At the edge of a disturbance the calmer side counts.

    A real beat keeps a third of its neighbours' amplitude (a tenth of the energy); chosen by us on synthetic waves.
    """
    sizes = energy[tops]
    if not sizes.size:
        return []
    padded = np.pad(sizes, _AROUND, constant_values=np.nan)
    around = sliding_window_view(padded, 2 * _AROUND + 1)
    usual = np.nanpercentile(around, _STRONG, axis=1)
    sides = [np.nanpercentile(side, _STRONG, axis=1) for side in (around[:, : _AROUND + 1], around[:, _AROUND:])]
    at_edge = np.maximum(*sides) * _LEAST_01 > np.minimum(*sides)
    at_edge[:_FEWEST_BEATS] = at_edge[-_FEWEST_BEATS:] = False  # one side is the beat itself and few more
    usual = np.where(at_edge, np.minimum(*sides), usual)
    return [top for top, size, least in zip(tops, sizes, _LEAST_01 * usual, strict=True) if size >= least]


def _apart(tops: list[int], energy: Floats, least: float) -> list[int]:
    """Of two closer than the refractory time, the stronger one."""
    kept: list[int] = []
    for top in tops:
        if kept and top - kept[-1] < least:
            if energy[top] > energy[kept[-1]]:
                kept[-1] = top
        else:
            kept.append(top)
    return kept


def _between_samples(wave: Floats, place: int) -> float:
    """The top of the parabola through three samples: finer than the sampling."""
    if not 0 < place < wave.size - 1:
        return float(place)
    left, middle, right = (float(wave[place + k]) for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = 0.0 if bend >= 0 else 0.5 * (left - right) / bend
    return place + (shift if math.isfinite(shift) and abs(shift) <= 1 else 0.0)

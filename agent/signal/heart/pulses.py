"""Beats of a waveform: where an electrocardiogram has its R peaks and a pulse wave its maxima.

    wave ─▶ band ─▶ energy ─▶ two moving means: the short one (as wide as a beat's mark) above the
    long one (as wide as a beat) marks a block; a block wide enough holds one beat

Source: Elgendi (2013), doi:10.1371/journal.pone.0073557 (QRS) and Elgendi et al. (2013),
doi:10.1371/journal.pone.0076585 (systolic peaks). The widths and offsets are theirs; the band is taken by FFT, which
shifts nothing.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.heart import quality
from agent.signal.heart.rr import Bools, Floats


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
        least_correlation: Lowest correlation with the mean beat at which a stretch is used (Orphanidou et al. 2015).
    """

    band_hz: tuple[float, float]
    mark_s: float
    beat_s: float
    offset_01: float
    refractory_s: float
    upward: bool
    shape_hz: tuple[float, float]
    least_correlation: float


ECG: Final = DetectorSettings(
    (8.0, 20.0), 0.097, 0.611, 0.08, 0.24, upward=False, shape_hz=(0.5, 40.0), least_correlation=0.66
)
PPG: Final = DetectorSettings(
    (0.5, 8.0), 0.111, 0.667, 0.02, 0.24, upward=True, shape_hz=(0.5, 8.0), least_correlation=0.86
)
_FEWEST_S: Final = 2.0
SHAPE_S: Final = 0.25  # to either side of a pulse wave's top: its rise, and the fall to the notch
_AROUND: Final = 7  # beats to either side
_LEAST_01: Final = 0.1
_FEWEST_BEATS: Final = 5  # below which there is no mean beat
_GLITCH: Final = 10.0  # times the 98th percentile: no beat is so much larger than the rest
_STRONG: Final = 75  # percentile: it follows the strong maxima even where noise makes more of them than the heart


def beats_s(wave: Floats, fs_hz: float, detector: DetectorSettings) -> Floats:
    """Times of beats: maxima of blocks where ``MA_short(e) > MA_long(e) + offset mean(e)``, e the energy in the band.

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
    least_hz = 3 * detector.band_hz[1]  # the band's edge falls off over a third, and a top needs two samples beside it
    if fs_hz < least_hz:
        raise ValueError(f"{fs_hz:g} samples a second are too few; {least_hz:g} are needed")
    clean = cleaned(wave)
    if clean.size < _FEWEST_S * fs_hz or float(np.ptp(clean)) == 0.0:
        return np.zeros(0)
    band = band_pass(clean, fs_hz, detector.band_hz)
    limit = _GLITCH * float(np.percentile(np.abs(band), 98))
    band = np.clip(band, -limit, limit)  # one glitch would lift the mean above every beat
    energy = np.square(np.clip(band, 0.0, None) if detector.upward else band)
    width = max(round(detector.mark_s * fs_hz), 1)
    short = _moving_mean(energy, width)
    long = _moving_mean(energy, max(round(detector.beat_s * fs_hz), 1))
    tops = [
        begin + int(np.abs(band[begin:end]).argmax() if not detector.upward else band[begin:end].argmax())
        for begin, end in _blocks(short > long + detector.offset_01 * float(energy.mean()))
        if end - begin >= width
    ]
    places = _apart(_strong(tops, energy), energy, detector.refractory_s * fs_hz)
    return np.array([_between_samples(band if detector.upward else np.abs(band), place) for place in places]) / fs_hz


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


def cleaned(wave: Floats) -> Floats:
    """A wave with its median in place of NaN and infinities.

    Args:
        wave: Samples in any unit, shape ``(n,)``.

    Returns:
        In the unit of `wave`, shape ``(n,)``; 0 where no sample is finite.

    Source: definition.
    """
    known = np.isfinite(wave)
    return wave if known.all() else np.where(known, wave, np.median(wave[known]) if known.any() else 0.0)


def upright(wave: Floats, fs_hz: float) -> Floats:
    """A pulse wave the right way up: negated where the skewness of its slope is negative.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.

    Returns:
        In the unit of `wave`, shape ``(n,)``.

    Derived: blood comes faster than it goes, so the steepest slope of an upright wave rises.
    """
    if wave.size < 3:
        return wave
    return -wave if quality.skewness(np.diff(band_pass(cleaned(wave), fs_hz, PPG.band_hz))) < 0 else wave


def band_pass(wave: Floats, fs_hz: float, band_hz: tuple[float, float]) -> Floats:
    """A wave's part in a band, without phase shift.

    The gain rises from 0 at 2/3 of the lower edge to 1 at the edge, and falls from 1 at the upper edge to 0 at 4/3 of
    it, both as a raised cosine. The wave is mirrored at both ends first.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        band_hz: Lower and upper edge in Hz.

    Returns:
        In the unit of `wave`, shape ``(n,)``.

    Source: definition.
    """
    mirrored = np.concatenate([wave[::-1], wave, wave[::-1]])  # so that the ends do not ring
    f_hz = np.fft.rfftfreq(mirrored.size, 1.0 / fs_hz)
    low, high = band_hz
    rise = np.clip((f_hz - low * 2 / 3) / (low / 3), 0.0, 1.0)
    fall = np.clip((high * 4 / 3 - f_hz) / (high / 3), 0.0, 1.0)
    gain = 0.25 * (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall))
    kept = np.fft.irfft(np.fft.rfft(mirrored - wave.mean()) * gain, mirrored.size)
    return np.asarray(kept[wave.size : 2 * wave.size], dtype=np.float64)


def _moving_mean(values: Floats, width: int) -> Floats:
    before, after = width // 2, width - width // 2
    sums = np.concatenate([[0.0], np.cumsum(values)])
    high = np.minimum(np.arange(values.size) + after, values.size)
    low = np.maximum(np.arange(values.size) - before, 0)
    return np.asarray((sums[high] - sums[low]) / (high - low), dtype=np.float64)


def _blocks(inside: Bools) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def _strong(tops: list[int], energy: Floats) -> list[int]:
    """Without those that are noise beside their neighbours: below a tenth of the energy usual around them.

    A real beat keeps a third of its neighbours' amplitude (a tenth of the energy); chosen by us on synthetic waves.
    """
    sizes = energy[tops]
    around = [float(np.percentile(sizes[max(0, n - _AROUND) : n + _AROUND + 1], _STRONG)) for n in range(len(tops))]
    return [top for top, size, usual in zip(tops, sizes, around, strict=True) if size >= _LEAST_01 * usual]


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

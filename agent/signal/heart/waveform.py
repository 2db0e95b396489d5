"""A waveform to beat intervals, with marks on doubtful ones, and whether the body was still.

wave, right way up ─▶ beats (`pulses`) ─▶ quality of each 10 s (`quality`) ─▶ intervals, doubtful ones marked
acceleration ──────────────────────────────────────────────────────────────▶ still or not, second by second
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.heart import pulses, quality
from agent.signal.heart.rr import Bools, Floats

_STRETCH_S: Final = 10.0  # Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351: quality is judged over 10 s
_FEWEST_S: Final = 5.0
_FEWEST_BEATS: Final = 5
_LOSS: Final = 1.5  # over the bound: 1.35 to 1.7 on synthetic waves whose beats are known


@dataclass(frozen=True, slots=True)
class WaveformIntervals:
    """Intervals between a waveform's beats.

    Attributes:
        t_s: When each ended, in s from the first sample, ascending, shape ``(n,)``.
        rr_ms: Their lengths in ms, shape ``(n,)``.
        good: False where the wave is too bad to trust the beat, shape ``(n,)``.
        still_01: For each whole second, 1 where the body was still, else 0, shape ``(seconds,)``; None without
            acceleration.
        jitter_ms: Standard deviation of beat times that noise causes; NaN for too few beats.
    """

    t_s: Floats
    rr_ms: Floats
    good: Bools
    still_01: Floats | None
    jitter_ms: float


def intervals(
    wave: Floats, fs_hz: float, detector: pulses.DetectorSettings, acceleration_g: Floats | None = None
) -> WaveformIntervals:
    """Intervals of a waveform: differences of its beat times; those in a bad stretch of 10 s are marked.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        detector: `pulses.ECG` or `pulses.PPG`.
        acceleration_g: Three axes beside the wave, shape ``(n, 3)``, or None.

    Returns:
        Intervals with their quality.

    Raises:
        ValueError: Too few samples per second for the detector.

    Source:
        Beats: see `pulses`. Quality over 10 s: Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351.
    """
    wave = pulses.upright(wave, fs_hz) if detector.upward else pulses.cleaned(wave)
    at_s = pulses.beats_s(wave, fs_hz, detector)
    low_hz, high_hz = detector.shape_hz
    shape = pulses.band_pass(wave, fs_hz, (low_hz, min(high_hz, 0.35 * fs_hz))) if at_s.size else wave
    if detector.upward:
        at_s = pulses.timed_by_shape(shape, fs_hz, at_s)
    bad = [
        (begin_s, end_s)
        for begin_s, end_s in _stretches(wave.size / fs_hz)
        if not _is_good(shape, fs_hz, detector, at_s, begin_s, end_s)
    ]
    ends = at_s[1:]
    good = np.ones(ends.size, dtype=bool)
    for begin_s, end_s in bad:
        good &= (ends < begin_s) | (at_s[:-1] >= end_s)
    still = None if acceleration_g is None else quality.still_01(acceleration_g, fs_hz)
    return WaveformIntervals(ends, np.diff(at_s) * 1000.0, good, still, jitter_ms(shape, fs_hz, detector, at_s))


def jitter_ms(shape: Floats, fs_hz: float, detector: pulses.DetectorSettings, at_s: Floats) -> float:
    """Standard deviation of beat times that noise causes: ``1.5 s sqrt(1 / (2 B R))``, in s before the factor 1000.

    s is the noise's standard deviation: what is left of each beat after the mean beat and its slope are fitted and
    subtracted (median over beats). B is the bandwidth in Hz, and R the integral of the mean beat's squared slope, in
    squared units per s. Pulse waves are timed by their shape; R peaks are not, and are moved by up to 40 % less than
    this.

    Args:
        shape: The wave in the band of a beat's shape, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        detector: `pulses.ECG` or `pulses.PPG`.
        at_s: Beat times in s from the first sample, shape ``(b,)``.

    Returns:
        In ms; NaN for fewer than five beats.

    Source:
        The bound of a matched filter's time, Woodward (1953), Probability and Information Theory, chapter 6. The factor
        1.5 is the loss over the bound, 1.35 to 1.7 on synthetic waves whose beats are known.
    """
    half = int(pulses.SHAPE_S * fs_hz)
    beat_segments = quality.beat_segments(shape, fs_hz, at_s, half)
    if half < 2 or len(beat_segments) < _FEWEST_BEATS:
        return math.nan
    template = beat_segments.mean(axis=0)
    # each beat's own height, and where it stands between two samples, are no noise
    known = np.stack([template, np.gradient(template)], axis=1)
    rest = beat_segments - (known @ np.linalg.lstsq(known, beat_segments.T, rcond=None)[0]).T
    noise = float(np.median(np.std(rest, axis=1)))
    band_hz = min(detector.shape_hz[1], fs_hz / 2) - detector.shape_hz[0]
    rise = float(np.sum(np.gradient(template) ** 2)) * fs_hz
    return 1000.0 * _LOSS * noise * math.sqrt(1 / (2 * band_hz * rise)) if rise > 0 else math.nan


def _stretches(length_s: float) -> list[tuple[float, float]]:
    """Every 10 s; a rest shorter than 5 s goes with the stretch before."""
    begins = np.arange(0.0, max(length_s - _FEWEST_S, 1e-9), _STRETCH_S)
    return list(zip(begins.tolist(), [*begins[1:].tolist(), length_s], strict=True))


def _is_good(
    shape: Floats, fs_hz: float, detector: pulses.DetectorSettings, at_s: Floats, begin_s: float, end_s: float
) -> bool:
    low, high = int(begin_s * fs_hz), int(end_s * fs_hz)
    inside = at_s[(at_s >= begin_s) & (at_s < end_s)] - low / fs_hz
    return quality.quality(shape[low:high], fs_hz, inside).is_good(detector.least_correlation)

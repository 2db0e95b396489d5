"""A waveform to beat intervals, with marks on doubtful ones, and whether the body was still.

wave, right way up ─▶ beats (`pulses`) ─▶ likeness of each, noise beside it ─▶ intervals, doubtful ones marked
acceleration ─────────────────────────────────────────────────────────────▶ still or not, second by second

A wave is read in blocks, and worked on in stretches of a few minutes: what is usual is learnt from the time around.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.heart import polarity, pulses, quality, waves
from agent.signal.heart.rr import RR_MAX_MS, RR_MIN_MS, Bools, Floats

_STRETCH_S: Final = 120.0
_AROUND_S: Final = 20.0  # before and after a stretch: a beat is found by what lies around it
_LEAST_S: Final = 2.0  # of samples without a gap, below which no beat is looked for
_FEWEST_BEATS: Final = 5
_LOSS: Final = 1.5  # over the bound: 1.35 to 1.7 on synthetic waves whose beats are known
_NOISE_S: Final = 1.0
_NOISE: Final = 4.0  # times the usual roughness between beats: no heart makes that
_CALM_01: Final = 0.3  # quantile of a stretch's seconds: what is usual even where noise fills two thirds of it
_FLAT_S: Final = 0.3  # a line so long without any change is no measurement


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a recorded waveform.

    Attributes:
        start_s: Time of the first sample, in s after the recording's first sample.
        value: Even samples in any unit, shape ``(n,)``; NaN where one is not known.
        acceleration_g: Three axes beside it, shape ``(n, 3)``, or None.
    """

    start_s: float
    value: Floats
    acceleration_g: Floats | None = None


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
        noisy: Where not even the interval is known, because noise or a flat line stands there, shape ``(n,)``.
    """

    t_s: Floats
    rr_ms: Floats
    good: Bools
    still_01: Floats | None
    jitter_ms: float
    noisy: Bools


def intervals(
    wave: Floats, fs_hz: float, detector: pulses.DetectorSettings, acceleration_g: Floats | None = None
) -> WaveformIntervals:
    """Intervals of a waveform: differences of its beat times; those beside a doubtful beat are marked.

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
        Beats: see `pulses`. Likeness of beats: see `quality.likeness`.
    """
    return of_blocks([Block(0.0, wave, acceleration_g)], fs_hz, detector)


def of_blocks(blocks: Iterable[Block], fs_hz: float, detector: pulses.DetectorSettings) -> WaveformIntervals:
    """Intervals of a waveform that comes in blocks; no more than some minutes of it are held at once.

    Args:
        blocks: In order of time. One that begins later than the one before ended, by half a sample or more, follows a
            gap: no interval lies across it.
        fs_hz: Samples per second.
        detector: `pulses.ECG` or `pulses.PPG`.

    Returns:
        Intervals with their quality, in s from the recording's first sample.

    Raises:
        ValueError: Too few samples per second for the detector.

    Source: see `intervals`.
    """
    pulses.check_rate(fs_hz, detector)
    found: list[_Found] = []
    still: list[Floats] = []
    turned: bool | None = None
    for stretch in _stretches(blocks, fs_hz, still):
        if stretch.value.size < _LEAST_S * fs_hz:
            continue
        unknown = ~np.isfinite(stretch.value) | _flat(stretch.value, fs_hz)
        wave = waves.bridged(stretch.value, unknown)
        if detector.upward and turned is None:
            turned = _is_turned(wave, fs_hz, detector)
        found.append(_of_stretch(stretch, -wave if turned else wave, unknown, fs_hz, detector))
    jitters = [part.jitter_ms for part in found if math.isfinite(part.jitter_ms)]
    columns = [np.concatenate([getattr(part, name) for part in found] or [np.zeros(0)]) for name in _COLUMNS]
    t_s, rr_ms, good, noisy = columns
    return WaveformIntervals(
        t_s,
        rr_ms,
        good.astype(bool),
        np.concatenate(still) if still else None,
        float(np.median(jitters)) if jitters else math.nan,
        noisy.astype(bool),
    )


_COLUMNS: Final = ("t_s", "rr_ms", "good", "noisy")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Samples without a gap; beats are taken whose interval ends in [begin_s, end_s)."""

    start_s: float
    value: Floats
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class _Found:
    t_s: Floats
    rr_ms: Floats
    good: Bools
    noisy: Bools
    jitter_ms: float


def _stretches(blocks: Iterable[Block], fs_hz: float, still: list[Floats]) -> Iterator[_Stretch]:
    """Stretches of two minutes, with what lies around them."""
    held, start_s, begin_s, moving = np.zeros(0), 0.0, 0.0, np.zeros((0, 3))
    for block in blocks:
        if held.size and block.start_s - (start_s + held.size / fs_hz) >= 0.5 / fs_hz:
            yield _Stretch(start_s, held, begin_s, math.inf)
            held = np.zeros(0)
        if not held.size:
            start_s = begin_s = block.start_s
        if block.acceleration_g is not None:
            moving = np.concatenate([moving, block.acceleration_g])
            seconds = moving.shape[0] // int(fs_hz)
            still.append(quality.still_01(moving[: seconds * int(fs_hz)], fs_hz))
            moving = moving[seconds * int(fs_hz) :]
        held = np.concatenate([held, block.value])
        while held.size / fs_hz >= begin_s - start_s + _STRETCH_S + _AROUND_S:
            end_s = begin_s + _STRETCH_S
            size = int((end_s + _AROUND_S - start_s) * fs_hz)
            yield _Stretch(start_s, held[:size], begin_s, end_s)
            drop = max(int((end_s - _AROUND_S - start_s) * fs_hz), 0)
            held, start_s, begin_s = held[drop:], start_s + drop / fs_hz, end_s
    if held.size:
        yield _Stretch(start_s, held, begin_s, math.inf)


def _is_turned(wave: Floats, fs_hz: float, detector: pulses.DetectorSettings) -> bool:
    shape = _shape(wave, fs_hz, detector)
    return polarity.is_turned(shape, fs_hz, lambda one: pulses.beats_s(one, fs_hz, detector))


def _shape(wave: Floats, fs_hz: float, detector: pulses.DetectorSettings) -> Floats:
    low_hz, high_hz = detector.shape_hz
    return waves.band_pass(wave, fs_hz, (low_hz, min(high_hz, 0.35 * fs_hz)))


def _of_stretch(
    stretch: _Stretch, wave: Floats, unknown: Bools, fs_hz: float, detector: pulses.DetectorSettings
) -> _Found:
    shape = _shape(wave, fs_hz, detector)
    at_s = pulses.beats_s(wave, fs_hz, detector)
    if detector.upward:
        at_s = pulses.timed_by_shape(shape, fs_hz, at_s)
    alike = ~(quality.likeness(shape, fs_hz, at_s, detector.likeness_s) < detector.least_correlation)
    good, noisy = _trusted(at_s, alike, unknown | _is_rough(wave, fs_hz, detector), fs_hz)
    ends_s = at_s[1:] + stretch.start_s
    inside = (ends_s >= stretch.begin_s) & (ends_s < stretch.end_s)
    jitter = jitter_ms(shape, fs_hz, detector, at_s)
    return _Found(ends_s[inside], np.diff(at_s)[inside] * 1000, good[inside], noisy[inside], jitter)


def _trusted(at_s: Floats, alike: Bools, noise: Bools, fs_hz: float) -> tuple[Bools, Bools]:
    """(which intervals are good, which are noise): both beats alike, no noise between, a length that can be."""
    if at_s.size < 2:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    so_far = np.concatenate([[0], np.cumsum(noise)])
    places = np.clip(np.round(at_s * fs_hz).astype(np.int64), 0, noise.size)
    noisy = so_far[places[1:]] > so_far[places[:-1]]
    rr_ms = np.diff(at_s) * 1000
    possible = (rr_ms >= RR_MIN_MS) & (rr_ms <= RR_MAX_MS)
    return alike[1:] & alike[:-1] & ~noisy & possible, noisy


def _is_rough(wave: Floats, fs_hz: float, detector: pulses.DetectorSettings) -> Bools:
    """Which samples lie in noise: rougher between beats than a heart makes it."""
    rough = waves.quiet_part(np.abs(waves.band_pass(wave, fs_hz, detector.band_hz)), fs_hz, _NOISE_S)
    return np.asarray(rough > _NOISE * float(np.quantile(rough, _CALM_01)))


def _flat(raw: Floats, fs_hz: float) -> Bools:
    """Which samples lie on a line without any change: an amplifier at its rail, or a contact that was lost."""
    same = np.concatenate([[False], raw[1:] == raw[:-1]])
    flat = waves.runs_of(same, round(_FLAT_S * fs_hz))
    return np.asarray(flat & ~flat.all())


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

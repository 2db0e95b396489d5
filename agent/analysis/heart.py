"""`wardbeat analyze FILE`: the same engine over a recording, offline.

file ─▶ intervals ─▶ labels, once over all ─▶ windows ─▶ FEATURES ─▶ words, JSON, table, picture
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from agent.analysis.part import ALL, Part, part_of
from agent.analysis.recorded import Recorded
from agent.analysis.windowing import WINDOW_S, Span, check_lengths, spans
from agent.errors import WrongUse
from agent.features import compute_all
from agent.model import NS_PER_S, FeatureValue, Window
from agent.recording import files
from agent.signal.heart import pulses, waveform
from agent.signal.heart.artifacts import Label
from agent.signal.heart.labelling import labelled

Signal = Literal["rr", "ecg", "ppg"]

_RECIPES: Final = {"ecg": pulses.ECG, "ppg": pulses.PPG}
_RATES_APART_01: Final = 0.02


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked.

    Attributes:
        file: The recording.
        signal: What it holds.
        fs_hz: Samples a second of a waveform; None for intervals.
        window_s, step_s: Windows and how far apart they begin; step None: one after the other.
        part: From when until when.
    """

    file: Path
    signal: Signal = "rr"
    fs_hz: float | None = None
    window_s: float = WINDOW_S
    step_s: float | None = None
    part: Part = ALL


Timed = tuple[float, float, tuple[FeatureValue, ...]]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came out.

    Attributes:
        wish: What was asked.
        recorded: The intervals.
        spans: Where its windows lie, in s from the first interval's start.
    """

    wish: Wish
    recorded: Recorded
    spans: list[Span]

    @property
    def windows(self) -> Iterator[Timed]:
        """(start, end, values) of each, in s as the file counts them; computed one after the other, none is kept."""
        return (timed for timed, _ in self.measured())

    def measured(self) -> Iterator[tuple[Timed, Window]]:
        """The same, each with the window that it was computed from."""
        for span in self.spans:
            # the last beat of all ends with the recording: it has no window after this one
            end_ns = round(span.end_s * NS_PER_S) + span.is_last
            window = self.recorded.window(round(span.start_s * NS_PER_S), end_ns)
            start_s = self.recorded.start_s
            yield (start_s + span.start_s, start_s + span.end_s, compute_all(window)), window


def analyze(wish: Wish) -> Analysis:
    """Read, label and find the windows.

    Raises:
        WrongUse: A window, step, part or sampling rate that cannot be.
        RecordingUnreadable: Naming the line and the reason.
    """
    step_s = wish.window_s if wish.step_s is None else wish.step_s
    check_lengths(wish.window_s, step_s)
    recorded = part_of(_read(wish), wish.part, wish.file.name)
    return Analysis(wish, recorded, spans(recorded.length_s, wish.window_s, step_s, recorded.beat_s))


def _read(wish: Wish) -> Recorded:
    if wish.signal == "rr":
        if wish.fs_hz is not None:
            raise WrongUse("--fs is for waveforms", remedy="Add --signal ecg or --signal ppg.")
        read = files.intervals(wish.file)
        t_s = read.start_s + np.array([beat.end_s for beat in read.beats])
        rr_ms = np.array([beat.rr_ms for beat in read.beats])
        label = labelled(t_s, rr_ms, np.ones(t_s.size, dtype=bool))
        return Recorded(read.start_s, float(t_s[-1]) - read.start_s, t_s, rr_ms, label, None, None)
    wave, fs_hz = _even(wish, files.wave(wish.file, wish.signal))
    try:
        found = waveform.intervals(wave.value, fs_hz, _RECIPES[wish.signal], wave.acceleration_g)
    except ValueError as error:
        raise WrongUse(f"{wish.file.name}: {error}") from error
    if not found.t_s.size:
        raise WrongUse(f"{wish.file.name}: it contains no beats", remedy="Check --signal and --fs.")
    still = None if found.still_01 is None else (np.arange(found.still_01.size, dtype=np.float64), found.still_01)
    label = labelled(found.t_s, found.rr_ms, found.good)
    start_s = float(found.t_s[0] - found.rr_ms[0] / 1000.0)
    jitter_ms = found.jitter_ms if math.isfinite(found.jitter_ms) else None
    return Recorded(start_s, wave.value.size / fs_hz - start_s, found.t_s, found.rr_ms, label, still, jitter_ms)


def _even(wish: Wish, wave: files.Wave) -> tuple[files.Wave, float]:
    """A waveform at an even rate, and the rate: by its own times where it has them, else by --fs."""
    if wish.fs_hz is not None and not (math.isfinite(wish.fs_hz) and wish.fs_hz > 0):
        raise WrongUse(
            f"--fs {wish.fs_hz:g} is not a valid sampling rate", remedy="Give samples per second, for example --fs 250."
        )
    if wave.t_s is None or wave.t_s.size < 2:
        if wish.fs_hz is None:
            raise WrongUse(
                f"the sampling rate of the {wish.signal} is not known", remedy="Add it, for example --fs 250."
            )
        return wave, wish.fs_hz
    fs_hz = (wave.t_s.size - 1) / float(wave.t_s[-1])
    if wish.fs_hz is not None and abs(wish.fs_hz / fs_hz - 1) > _RATES_APART_01:
        raise WrongUse(
            f"the file gives {fs_hz:.1f} samples per second, but --fs says {wish.fs_hz:g}", remedy="Leave out --fs."
        )
    at_s = np.arange(wave.t_s.size) / fs_hz
    axes = wave.acceleration_g
    even = None if axes is None else np.stack([np.interp(at_s, wave.t_s, axis) for axis in axes.T], axis=1)
    return files.Wave(np.interp(at_s, wave.t_s, wave.value), even, at_s), fs_hz


def names(recorded: Recorded) -> list[str]:
    """Each interval's label as a word."""
    return [Label(int(label)).name.lower() for label in recorded.label]

"""`wardbeat analyze FILE`: the same engine over a recording, offline.

file ─▶ intervals ─▶ labels, once over all ─▶ windows ─▶ FEATURES ─▶ words, JSON, picture
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent import __version__
from agent.errors import WrongUse
from agent.features import FEATURES, compute_all
from agent.model import NS_PER_S, FeatureValue, Series, Window
from agent.recording import files
from agent.signal.heart import pulses, waveform
from agent.signal.heart.artifacts import Label
from agent.signal.heart.labelling import labelled
from agent.signal.heart.rr import Floats

Ints = NDArray[np.int64]
Signal = Literal["rr", "ecg", "ppg"]

_RECIPES: Final = {"ecg": pulses.ECG, "ppg": pulses.PPG}
WINDOW_S: Final = 300.0
_SHORTEST_S: Final = 1.0
_MOST_WINDOWS: Final = 20_000
_RATES_APART_01: Final = 0.02


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked.

    Attributes:
        file: The recording.
        signal: What it holds.
        fs_hz: Samples a second of a waveform; None for intervals.
        window_s, step_s: Windows and how far apart they begin; step None: one after the other.
    """

    file: Path
    signal: Signal = "rr"
    fs_hz: float | None = None
    window_s: float = WINDOW_S
    step_s: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording's intervals, labelled.

    Attributes:
        start_s: The first interval's start, as the file counts time.
        length_s: From there to the recording's end.
        t_s: When each ended, shape ``(n,)``.
        rr_ms: Their lengths, shape ``(n,)``.
        label: `Label` values, int8, shape ``(n,)``.
        still: (second, 1 or 0) where the body's stillness is known, shapes ``(s,)``.
        jitter_ms: By how much noise moved the beats of a waveform; None for intervals, and where nobody knows.
    """

    start_s: float
    length_s: float
    t_s: Floats
    rr_ms: Floats
    label: NDArray[np.int8]
    still: tuple[Floats, Floats] | None
    jitter_ms: float | None

    def window(self, start_ns: int, end_ns: int) -> Window:
        """[start, end), counted from the recording's start."""
        ends_ns = _ns(self.t_s - self.start_s)
        first, last = (int(place) for place in np.searchsorted(ends_ns, [start_ns, end_ns]))
        # the beat before, for the difference to it; labels look no further, they are known
        lead = min(first, 1)
        cut = slice(first - lead, last)
        series = {}
        if last > first:
            good = self.label[cut] != Label.EXCLUDED
            series["rr_ms"] = Series(ends_ns[cut], self.rr_ms[cut], good, lead, label=self.label[cut])
        if self.jitter_ms is not None:
            series["jitter_ms"] = _known(np.array([start_ns]), np.array([self.jitter_ms]))
        if self.still is not None:
            still_ns = _ns(self.still[0] - self.start_s)
            near = (still_ns >= start_ns) & (still_ns < end_ns)
            if near.any():
                series["still_01"] = _known(still_ns[near], self.still[1][near])
        return Window(start_ns, end_ns, series)

    def whole(self) -> Window:
        """All of it, its last beat included."""
        return self.window(0, int(_ns(self.t_s[-1:] - self.start_s)[0]) + 1)


Timed = tuple[float, float, tuple[FeatureValue, ...]]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came out.

    Attributes:
        wish: What was asked.
        recorded: The intervals.
        windows: (start, end, values) of each, in s as the file counts them.
    """

    wish: Wish
    recorded: Recorded
    windows: list[Timed]


def analyze(wish: Wish) -> Analysis:
    """Read, label and compute.

    Raises:
        WrongUse: A window, step or sampling rate that cannot be.
        RecordingUnreadable: Naming the line and the reason.
    """
    step_s = wish.window_s if wish.step_s is None else wish.step_s
    check_lengths(wish.window_s, step_s)
    recorded = _read(wish)
    return Analysis(wish, recorded, list(_windows(recorded, wish.window_s, step_s)))


def check_lengths(window_s: float, step_s: float) -> None:
    """Whether windows can be so long and so far apart.

    Raises:
        WrongUse: They cannot.
    """
    for name, value in (("--window", window_s), ("--step", step_s)):
        if not (math.isfinite(value) and value >= _SHORTEST_S):
            remedy = f"Give a length of {_SHORTEST_S:g} s or more, for example {name} 60."
            raise WrongUse(f"{name} {value:g} is not a valid length", remedy=remedy)


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


def _windows(recorded: Recorded, window_s: float, step_s: float) -> Iterator[Timed]:
    """[start, end) from the first interval's start; a last part shorter than half a window is left out."""
    for start_s in window_starts(recorded.length_s, window_s, step_s):
        window = recorded.window(round(start_s * NS_PER_S), round((start_s + window_s) * NS_PER_S))
        yield recorded.start_s + start_s, recorded.start_s + start_s + window_s, compute_all(window)


def window_starts(length_s: float, window_s: float, step_s: float) -> Iterator[float]:
    """Where windows begin, in s from the start; a last part shorter than half a window has none.

    Raises:
        WrongUse: That would be too many.
    """
    half_s = window_s / 2 - 1e-9
    count = math.floor((length_s - half_s) / step_s) + 1 if length_s >= half_s else 0
    if count > _MOST_WINDOWS:
        raise WrongUse(f"that makes {count} windows; {_MOST_WINDOWS} are the most", remedy="Choose a longer --step.")
    for place in range(count):
        yield place * step_s


def _known(t_ns: Ints, value: Floats) -> Series:
    return Series(t_ns, value, np.ones(t_ns.size, dtype=bool))


def _ns(seconds: Floats) -> Ints:
    return np.round(seconds * NS_PER_S).astype(np.int64)


# ---- what is printed


def as_json(found: Analysis) -> str:
    """One object: every interval with its label, every window with every feature; values as they are, unrounded."""
    recorded = found.recorded
    beats = [
        {"t_s": t_s, "rr_ms": rr_ms, "label": name}
        for t_s, rr_ms, name in zip(recorded.t_s.tolist(), recorded.rr_ms.tolist(), names(recorded), strict=True)
    ]
    windows = [
        {"start_s": start_s, "end_s": end_s, "features": {one.name: feature_as_json(one) for one in values}}
        for start_s, end_s, values in found.windows
    ]
    detrended = sorted(name for name, spec in FEATURES.items() if spec.detrended)
    about = {"version": __version__, "detrended": detrended, "confidence": 0.95}
    return json.dumps({"beats": beats, "windows": windows, **about}, allow_nan=False)


def feature_as_json(one: FeatureValue) -> dict[str, float | int | str | None]:
    """A number, or its reason, as it is."""
    return {
        "value": one.value,
        "n": one.n,
        "coverage_01": one.coverage_01,
        "edited_01": one.edited_01,
        "longest_gap_s": one.longest_gap_s,
        "ci_low": one.ci_low,
        "ci_high": one.ci_high,
        "reason": one.reason or None,
    }


def names(recorded: Recorded) -> list[str]:
    """Each interval's label as a word."""
    return [Label(int(one)).name.lower() for one in recorded.label]

"""A recording of skin conductance or acceleration to the numbers of its windows.

file ─▶ `recording.channels` ─▶ the part asked for ─▶ the whole record (noise, responses; gravity) ─▶ windows
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from agent.analysis.part import ALL, Part, bounds_s
from agent.analysis.windowing import WINDOW_S, Span, check_lengths, spans
from agent.errors import WrongUse
from agent.recording.channels import Channel, Channels, channels
from agent.recording.options import Options
from agent.recording.source import OnRead
from agent.signal.activity import numbers as activity
from agent.signal.eda import numbers as eda
from agent.signal.eda.prepared import prepared
from agent.signal.heart.rr import Bools, Floats
from agent.signal.number import Number

_MOVING_G: Final = 0.1
"""Standard deviation of acceleration within a second, above which electrodes may shift: typing hands stay below .05 g,
walking ones are above .15 g; chosen by us."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked.

    Attributes:
        file: The recording; ``-`` for stdin.
        signal: What it holds.
        options: What the person says of the file.
        window_s, step_s: Windows and how far apart they begin; step None: one after the other.
        part: From when until when.
    """

    file: Path
    signal: Channel
    options: Options = field(default_factory=Options)
    window_s: float = WINDOW_S
    step_s: float | None = None
    part: Part = ALL


@dataclass(frozen=True, slots=True)
class Timed:
    """One window.

    Attributes:
        start_s, end_s: After the recording's start.
        numbers: In the order of `specs.SPECS`.
    """

    start_s: float
    end_s: float
    numbers: tuple[Number, ...]

    def number(self, name: str) -> Number:
        """One of them by its name."""
        return next(one for one in self.numbers if one.name == name)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came out.

    Attributes:
        wish: What was asked.
        found: The recording, or the part of it.
        cut_s: How far after the recording's start that part begins.
        whole: The record that windows are taken from.
        spans: Where they lie, in s from the part's start.
    """

    wish: Wish
    found: Channels
    cut_s: float
    whole: eda.Record | activity.Record
    spans: list[Span]

    @property
    def length_s(self) -> float:
        """Of the part."""
        return float(self.found.value.shape[0] / self.found.fs_hz)

    @property
    def windows(self) -> Iterator[Timed]:
        """Each window, computed one after the other."""
        for span in self.spans:
            if isinstance(self.whole, eda.Record):
                values = eda.numbers(self.whole, span.start_s, span.end_s)
            else:
                values = activity.numbers(self.whole, span.start_s, span.end_s)
            yield Timed(self.cut_s + span.start_s, self.cut_s + span.end_s, values)


def analyze(wish: Wish, on_read: OnRead | None = None) -> Analysis:
    """Read, look at the whole, and lay the windows.

    Args:
        wish: What is asked.
        on_read: Called with the bytes that are read, and the bytes in all.

    Raises:
        WrongUse: A window, step, part, unit or sampling rate that cannot be.
        RecordingUnreadable: Naming the line and the reason.
    """
    step_s = wish.window_s if wish.step_s is None else wish.step_s
    check_lengths(wish.window_s, step_s)
    read = channels(wish.file, wish.signal, wish.options, on_read)
    found, cut_s = _part_of(read, wish)
    length_s = found.value.shape[0] / found.fs_hz
    whole: eda.Record | activity.Record
    if wish.signal == "eda":
        moving = None if found.acceleration_g is None else _moving(found.acceleration_g, found.fs_hz)
        whole = eda.record(prepared(found.value, found.fs_hz, moving), found.fs_hz)
    else:
        whole = activity.record(found.value, found.fs_hz)
    return Analysis(wish, found, cut_s, whole, spans(length_s, wish.window_s, step_s))


def _part_of(read: Channels, wish: Wish) -> tuple[Channels, float]:
    if wish.part == ALL:
        return read, 0.0
    length_s = read.value.shape[0] / read.fs_hz
    begin_s, end_s = bounds_s(wish.part, read.start_s, length_s, wish.file.name)
    part = slice(round(begin_s * read.fs_hz), round(end_s * read.fs_hz))
    value = read.value[part]
    if not value.shape[0]:
        raise WrongUse(
            f"{wish.file.name}: nothing lies between {begin_s:g} and {end_s:g} s; it is {length_s:.0f} s long",
            remedy="Choose another --from and --until.",
        )
    axes = None if read.acceleration_g is None else read.acceleration_g[part]
    start_s = read.start_s + begin_s
    return Channels(value, read.fs_hz, start_s, axes, read.dialect, read.notes), begin_s


def _moving(axes_g: Floats, fs_hz: float) -> Bools:
    """Samples in seconds in which the hand moves."""
    width = max(round(fs_hz), 2)
    count = axes_g.shape[0] // width
    spread = np.linalg.norm(axes_g[: count * width].reshape(count, width, 3).std(axis=1), axis=1)
    moving = np.repeat(spread > _MOVING_G, width)
    return np.concatenate([moving, np.zeros(axes_g.shape[0] - moving.size, dtype=bool)])

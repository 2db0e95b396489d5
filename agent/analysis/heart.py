"""`wardbeat analyze FILE`: the same engine over a recording, offline.

file ─▶ intervals ─▶ labels, once over all ─▶ windows ─▶ FEATURES ─▶ words, JSON, table, picture
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.analysis import reading
from agent.analysis.part import ALL, Part, part_of
from agent.analysis.reading import Signal
from agent.analysis.recorded import Recorded
from agent.analysis.windowing import WINDOW_S, Span, check_lengths, spans
from agent.features import compute_all
from agent.model import NS_PER_S, FeatureValue, Window
from agent.recording.options import Options
from agent.recording.source import OnRead
from agent.signal.heart.artifacts import Label


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
    signal: Signal = "rr"
    options: Options = field(default_factory=Options)
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


def analyze(wish: Wish, on_read: OnRead | None = None) -> Analysis:
    """Read, label and find the windows.

    Args:
        wish: What is asked.
        on_read: Called with the bytes that are read, and the bytes in all.

    Raises:
        WrongUse: A window, step, part or sampling rate that cannot be.
        RecordingUnreadable: Naming the line and the reason.
    """
    step_s = wish.window_s if wish.step_s is None else wish.step_s
    check_lengths(wish.window_s, step_s)
    read = reading.read(wish.file, wish.signal, wish.options, on_read)
    recorded = part_of(read, wish.part, wish.file.name)
    return Analysis(wish, recorded, spans(recorded.length_s, wish.window_s, step_s, recorded.beat_s))


def names(recorded: Recorded) -> list[str]:
    """Each interval's label as a word."""
    return [Label(int(label)).name.lower() for label in recorded.label]

"""Recordings as files: beat intervals and waves, whichever program wrote them; refused with the line and the reason.

file or stdin ─▶ `source` (unpacked, text) ─▶ a row of `dialects.table` ─┬▶ intervals: `meaning` ─▶ `clock` (times)
                                                                         └▶ wave: `grid` (rate, gaps) ─▶ blocks
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from agent.errors import RecordingUnreadable, WrongUse
from agent.recording import clock, grid, meaning
from agent.recording.dialects.table import DIALECTS, Dialect
from agent.recording.grid import Rate, Stretch
from agent.recording.numbers import ask
from agent.recording.options import Options
from agent.recording.source import OnRead, Source, opened
from agent.recording.tables import ONE_SAMPLE, Samples
from agent.signal.heart.rr import Floats
from agent.signal.heart.waveform import Block

_RATES_APART_01: Final = 0.02
_MOST_BAD_01: Final = 0.5
_FOR_EXAMPLE: Final = {"ecg": 250, "ppg": 64, "eda": 4, "acc": 32}
_NAMES: Final = {"ecg": "an ECG", "ppg": "a pulse wave", "eda": "skin conductance", "acc": "acceleration"}
CHANNELS: Final = ("eda", "acc")


@dataclass(frozen=True, slots=True)
class Beat:
    """One interval of a recording.

    Attributes:
        end_s: When the interval ended, after the first interval's start.
        rr_ms: How long it was.
    """

    end_s: float
    rr_ms: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """A recording of beat intervals.

    Attributes:
        start_s: The first interval's start, as the file counts time (0 for a text without times).
        end_s: When each ended, after that start, ascending, shape ``(n,)``.
        rr_ms: Their lengths in ms, shape ``(n,)``.
        dialect: Which program's file it is.
        notes: What the person is to know: how it was read, and what could not be.
    """

    start_s: float
    end_s: Floats
    rr_ms: Floats
    dialect: str = ""
    notes: tuple[str, ...] = ()

    @property
    def beats(self) -> list[Beat]:
        """One by one."""
        return [Beat(end_s, rr_ms) for end_s, rr_ms in zip(self.end_s.tolist(), self.rr_ms.tolist(), strict=True)]


@dataclass(slots=True)
class Wave:
    """A recorded wave, read as it is asked for.

    Attributes:
        fs_hz: Samples per second.
        blocks: Even samples of at most a minute each, in order; read once.
        dialect: Which program's file it is.
        start_s: The first sample's time, as the file counts it.
        samples: How many were read, once it is read.
        end_s: When the last one ended, after the first one.
        notes: What the person is to know, complete once it is read.
        unit: Of its samples, as the file or the person says; empty where neither does.
    """

    fs_hz: float
    blocks: Iterator[Block]
    dialect: str
    start_s: float = 0.0
    samples: int = 0
    end_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    unit: str = ""


def beats(file: Path) -> list[Beat]:
    """The intervals of a recording.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
    """
    return intervals(file).beats


def intervals(file: Path, options: Options | None = None, on_read: OnRead | None = None) -> Intervals:
    """Read a recording of beat intervals.

    Args:
        file: Its path; ``-`` for stdin.
        options: What the person says of it.
        on_read: Called with the bytes that are read, and the bytes in all.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
        WrongUse: Options that cannot be.
    """
    options = options or Options()
    options.check()
    with opened(file, on_read) as source:
        found = known(source)
        if found.rows is None:
            kinds = "a waveform"
            raise source.refused(f"{kinds} ({found.name}), not intervals", "Add --signal ecg or --signal ppg.")
        rows = found.rows(source, options)
        total = len(rows.value)
        notes = list(rows.notes)
        if total:
            notes += meaning.once(rows)
            notes += meaning.differences(source, rows, options)
        notes += meaning.in_ms(source, rows, options)
        notes += meaning.likeness(source, rows, options)
        bad = int(np.sum(~np.isfinite(np.frombuffer(rows.value))))
        if rows.faults.count and max(bad, rows.faults.count) >= _MOST_BAD_01 * max(total, 1):
            raise source.bad(rows.faults.line, rows.faults.why, meaning.ONE_A_LINE)
        if rows.faults.count:
            notes.append(rows.faults.note("read as a gap"))
        placed = clock.placed(source, rows, options)
    return Intervals(placed.start_s, placed.end_s, placed.rr_ms, found.name, (*notes, *placed.notes))


@contextmanager
def wave(file: Path, signal: str, options: Options | None = None, on_read: OnRead | None = None) -> Iterator[Wave]:
    """Open a wave; its blocks are read while it is open.

    Args:
        file: Its path; ``-`` for stdin.
        signal: ``ecg``, ``ppg``, ``eda`` or ``acc``.
        options: What the person says of it.
        on_read: Called with the bytes that are read, and the bytes in all.

    Raises:
        RecordingUnreadable: Naming the line and the reason; also while blocks are read.
        WrongUse: Options that cannot be, or no rate.
    """
    options = options or Options()
    options.check(is_of_time=signal not in CHANNELS)
    with opened(file, on_read) as source:
        found = known(source)
        if found.wave is None:
            raise source.refused(f"intervals ({found.name}), not {_NAMES[signal]}", "Leave out --signal.")
        if signal not in found.signals:
            raise source.refused(f"{_NAMES[signal]} is not read from {found.name}", "Export it as a CSV table.")
        samples = found.wave(source, signal, options)
        stretches, rate = _rate(source, samples, signal, options)
        result = Wave(1.0 / rate.apart_s, iter(()), found.name, samples.start_s, unit=options.unit or samples.unit)
        result.blocks = _counted(source, grid.blocks(stretches, rate, signal), samples, result)
        yield result


def known(source: Source) -> Dialect:
    """The dialect of a file.

    Raises:
        RecordingUnreadable: No text, and no other file that is known.
    """
    found = next((one for one in DIALECTS if one.knows(source)), None)
    if found is None:
        raise source.not_text()
    return found


def _rate(source: Source, samples: Samples, signal: str, options: Options) -> tuple[Iterator[Stretch], Rate]:
    """By the person's word, the file's word, or its times."""
    begin: list[Stretch] = []
    for stretch in samples.stretches:
        begin.append(stretch)
        if stretch.t_s is None or sum(one.value.size for one in begin) >= grid.STUDIED:
            break
    if not any(one.value.size for one in begin):
        raise source.bad(1, "it contains no samples", ONE_SAMPLE)
    stretches = chain(begin, samples.stretches)
    timed = [one.t_s for one in begin if one.t_s is not None]
    by_times = grid.rate(np.concatenate(timed)) if timed and not ask(options) else None
    if by_times is not None and not 0 < by_times.apart_s < np.inf:
        by_times = None
    said_hz = 1.0 / by_times.apart_s if by_times is not None else samples.fs_hz
    if said_hz is None:
        if options.fs_hz is None:
            raise WrongUse(
                f"{source.name}: the sampling rate of the {signal} is not known",
                remedy=f"Add it, for example --fs {_FOR_EXAMPLE[signal]}.",
            )
        return stretches, Rate(1.0 / options.fs_hz, 1, 0.0)
    if options.fs_hz is not None and abs(options.fs_hz / said_hz - 1) > _RATES_APART_01:
        raise WrongUse(
            f"{source.name}: the file gives {said_hz:.1f} samples per second, but --fs says {options.fs_hz:g}",
            remedy="Leave out --fs; or, if the file's times are wrong, add --time-column none.",
        )
    if samples.fs_hz is not None and by_times is not None and abs(samples.fs_hz / said_hz - 1) < _RATES_APART_01:
        by_times = Rate(1.0 / samples.fs_hz, by_times.packet, by_times.step_s)
    return stretches, by_times or Rate(1.0 / said_hz, 1, 0.0)


def _counted(source: Source, blocks: Iterator[Block], samples: Samples, result: Wave) -> Iterator[Block]:
    gaps, longest_s = 0, 0.0
    for block in blocks:
        gap_s = block.start_s - result.end_s
        if result.samples and gap_s > 0.5 / result.fs_hz:
            gaps, longest_s = gaps + 1, max(longest_s, gap_s)
        result.end_s = block.start_s + block.value.size / result.fs_hz
        result.samples += block.value.size
        yield block
    if samples.faults.count * 2 >= max(samples.count, 1):
        raise source.bad(samples.faults.line, samples.faults.why, ONE_SAMPLE)
    result.notes += samples.notes
    if samples.faults.count:
        result.notes.append(samples.faults.note("read as a gap"))
    if gaps:
        result.notes.append(f"{gaps} pause{'s' if gaps > 1 else ''} in the file's times, the longest {longest_s:.2g} s")


__all__ = ["Beat", "Intervals", "RecordingUnreadable", "Wave", "beats", "intervals", "known", "wave"]

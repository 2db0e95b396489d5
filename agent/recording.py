"""Recordings as files: beat intervals, and waveforms; refused with the line and the reason.

    RR text   one interval in ms a line                            1114
    CSV       a header that names t_s (when the interval ended)    t_s,rr_ms
              and rr_ms; other columns are passed over             1.114,1114
    wave CSV  one number a line, or a header and a column named    ecg
              ecg or ppg (or the only one that is no time);        0.13
              acc_x_g, acc_y_g, acc_z_g beside it are used

Empty lines and lines that begin with # are passed over.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from agent.errors import RecordingUnreadable
from agent.signal.rr import Floats

MAX_BYTES: Final = 64 * 1024 * 1024
# An interval beyond these is not a doubtful beat but a wrong file.
_FILE_MIN_MS, _FILE_MAX_MS = 10.0, 600_000.0
_TIMES: Final = ("t_s", "t", "time", "time_s", "timer", "timestamp", "t_ms")
_ACCELERATION: Final = ("acc_x_g", "acc_y_g", "acc_z_g")
_RR_REMEDY: Final = "One interval in ms a line, or a CSV with the header t_s,rr_ms."
_WAVE_REMEDY: Final = "One number a line, or a CSV whose header names the column ecg or ppg; --fs: samples a second."


@dataclass(frozen=True, slots=True)
class Beat:
    """One line of a recording.

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
        start_s: The first interval's start, as the file counts time (0 for a text).
        beats: One for each line, in order.
    """

    start_s: float
    beats: list[Beat]


@dataclass(frozen=True, slots=True)
class Wave:
    """A recorded waveform.

    Attributes:
        value: One a sample, shape ``(n,)``.
        acceleration_g: Three axes beside it, shape ``(n, 3)``, or None.
    """

    value: Floats
    acceleration_g: Floats | None


def beats(file: Path) -> list[Beat]:
    """The intervals of a recording.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
    """
    return intervals(file).beats


def intervals(file: Path) -> Intervals:
    """Read a recording of beat intervals.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
    """
    lines = _lines(file, _RR_REMEDY)
    found = _from_csv(file, lines) if lines and "," in lines[0][1] else _from_text(file, lines)
    if not found.beats:
        raise RecordingUnreadable(f"{file.name}: there is no beat in it", remedy=_RR_REMEDY)
    return found


def wave(file: Path, name: str) -> Wave:
    """Read a waveform.

    Args:
        file: The CSV.
        name: ``ecg`` or ``ppg``.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
    """
    lines = _lines(file, _WAVE_REMEDY)
    if not lines:
        raise RecordingUnreadable(f"{file.name}: there is no sample in it", remedy=_WAVE_REMEDY)
    header = [part.strip().lower() for part in lines[0][1].split(",")]
    has_header = not any(_is_number(part) for part in header)
    if not has_header:
        header = ["t_s", name] if len(header) == 2 else [name] if len(header) == 1 else ["?"] * len(header)
    column = _column(file, lines[0][0], header, name)
    axes = [header.index(axis) for axis in _ACCELERATION] if set(_ACCELERATION) <= set(header) else []
    rows = []
    for number, line in lines[has_header:]:
        parts = line.split(",")
        if len(parts) != len(header):
            raise _bad(file, number, f"{len(parts)} columns instead of {len(header)}", _WAVE_REMEDY)
        rows.append([_number(file, number, parts[place], _WAVE_REMEDY) for place in (column, *axes)])
    if not rows:
        raise RecordingUnreadable(f"{file.name}: there is no sample in it", remedy=_WAVE_REMEDY)
    table = np.array(rows)
    return Wave(table[:, 0], table[:, 1:] if axes else None)


def _column(file: Path, number: int, header: list[str], name: str) -> int:
    if name in header:
        return header.index(name)
    rest = [place for place, column in enumerate(header) if column not in (*_TIMES, *_ACCELERATION)]
    if len(rest) != 1:
        raise _bad(file, number, f"which of {len(header)} columns is the {name}?", _WAVE_REMEDY)
    return rest[0]


def _lines(file: Path, remedy: str) -> list[tuple[int, str]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise RecordingUnreadable(f"{file.name}: larger than {MAX_BYTES // 2**20} MiB", remedy="Cut it in parts.")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}", remedy="Check the path.") from error
    except UnicodeDecodeError as error:
        raise RecordingUnreadable(f"{file.name}: not a text file", remedy=remedy) from error
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def _from_text(file: Path, lines: list[tuple[int, str]]) -> Intervals:
    read, end_ms = [], 0.0
    for number, line in lines:
        rr_ms = _interval(file, number, line)
        end_ms += rr_ms
        read.append(Beat(end_ms / 1000.0, rr_ms))
    return Intervals(0.0, read)


def _from_csv(file: Path, lines: list[tuple[int, str]]) -> Intervals:
    header = [part.strip() for part in lines[0][1].split(",")]
    if not {"t_s", "rr_ms"} <= set(header):
        raise _bad(file, lines[0][0], "a CSV begins with the header t_s,rr_ms")
    t_at, rr_at = header.index("t_s"), header.index("rr_ms")
    read: list[Beat] = []
    start_s = last_s = -math.inf
    for place, (number, line) in enumerate(lines[1:]):
        parts = line.split(",")
        if len(parts) != len(header):
            raise _bad(file, number, f"{len(parts)} columns instead of {len(header)}")
        t_s = _number(file, number, parts[t_at])
        if t_s <= last_s:
            raise _bad(file, number, "the time does not go forward")
        last_s = t_s
        if place == 0 and not parts[rr_at].strip():
            continue  # a first beat has no interval before it
        rr_ms = _interval(file, number, parts[rr_at])
        start_s = t_s - rr_ms / 1000.0 if not read else start_s
        read.append(Beat(t_s - start_s, rr_ms))
    return Intervals(start_s, read)


def _interval(file: Path, number: int, text: str) -> float:
    rr_ms = _number(file, number, text)
    if 0 < rr_ms < _FILE_MIN_MS:
        raise _bad(file, number, f"{text.strip()[:20]} looks like seconds; intervals are in ms")
    if not _FILE_MIN_MS <= rr_ms <= _FILE_MAX_MS:
        raise _bad(file, number, f"an interval outside {_FILE_MIN_MS:g} to {_FILE_MAX_MS:g} ms")
    return rr_ms


def _number(file: Path, number: int, text: str, remedy: str = _RR_REMEDY) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise _bad(file, number, f"{text[:20]!r} is not a number", remedy) from error
    if not math.isfinite(value):
        raise _bad(file, number, "not a finite number", remedy)
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _bad(file: Path, number: int, reason: str, remedy: str = _RR_REMEDY) -> RecordingUnreadable:
    return RecordingUnreadable(f"{file.name}, line {number}: {reason}", remedy=remedy)

"""A recording of beat intervals, played as if a strap were worn now.

    RR text   one interval in ms a line                1114
    CSV       header t_s,rr_ms: beat time, interval    1.114,1114

Empty lines and lines that begin with # are passed over. The first interval begins at the
session's start; where a CSV's times leave a hole, the replay leaves the same hole.
"""

import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import RecordingUnreadable
from agent.model import NS_PER_S, Sample
from agent.sources.surroundings import Surroundings

MAX_BYTES: Final = 64 * 1024 * 1024
# A beat interval beyond these is not a doubtful beat but a wrong file (s instead of ms, say).
_FILE_MIN_MS, _FILE_MAX_MS = 1.0, 600_000.0
_CSV_HEADER: Final = ["t_s", "rr_ms"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source."""

    file: Path


@dataclass(frozen=True, slots=True)
class Beat:
    """One line of a recording: when the interval ended after the start, and how long it was."""

    end_s: float
    rr_ms: float


async def samples(settings: Settings, around: Surroundings) -> AsyncGenerator[Sample, None]:
    """Beats at their own pace, from the session's start on.

    Raises:
        RecordingUnreadable: Naming the line and the reason, before the first beat.
    """
    start_ns = around.clock.start_ns()
    for beat in beats(settings.file):
        t_ns = start_ns + round(beat.end_s * NS_PER_S)
        await around.clock.sleep_until(t_ns)
        yield Sample(t_ns, "rr_ms", beat.rr_ms)


def beats(file: Path) -> list[Beat]:
    """Read a whole recording.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
    """
    lines = _lines(file)
    if not lines:
        raise RecordingUnreadable(f"{file.name}: there is no beat in it", remedy=_REMEDY)
    number, first = lines[0]
    if "," in first:
        if [part.strip() for part in first.split(",")] != _CSV_HEADER:
            raise _bad(file, number, "a CSV begins with the header t_s,rr_ms")
        return _from_csv(file, lines[1:])
    return _from_text(file, lines)


_REMEDY: Final = "One interval in ms a line, or a CSV with the header t_s,rr_ms."


def _lines(file: Path) -> list[tuple[int, str]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise RecordingUnreadable(f"{file.name}: larger than {MAX_BYTES // 2**20} MiB", remedy=_REMEDY)
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RecordingUnreadable(
            f"{file}: {error.strerror}", remedy="Check the path in sources.replay.file."
        ) from error
    except UnicodeDecodeError as error:
        raise RecordingUnreadable(f"{file.name}: not a text file", remedy=_REMEDY) from error
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def _from_text(file: Path, lines: list[tuple[int, str]]) -> list[Beat]:
    read, end_ms = [], 0.0
    for number, line in lines:
        rr_ms = _number(file, number, line)
        end_ms += _interval(file, number, rr_ms)
        read.append(Beat(end_ms / 1000.0, rr_ms))
    return read


def _from_csv(file: Path, lines: list[tuple[int, str]]) -> list[Beat]:
    read: list[Beat] = []
    offset_s = 0.0
    for number, line in lines:
        parts = line.split(",")
        if len(parts) != len(_CSV_HEADER):
            raise _bad(file, number, f"{len(parts)} columns instead of 2")
        t_s = _number(file, number, parts[0])
        rr_ms = _interval(file, number, _number(file, number, parts[1]))
        if not read:
            offset_s = t_s - rr_ms / 1000.0
        elif t_s - offset_s <= read[-1].end_s:
            raise _bad(file, number, "the time does not go forward")
        read.append(Beat(t_s - offset_s, rr_ms))
    if not read:
        raise RecordingUnreadable(f"{file.name}: there is no beat in it", remedy=_REMEDY)
    return read


def _number(file: Path, number: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise _bad(file, number, f"{text[:20]!r} is not a number") from error
    if not math.isfinite(value):
        raise _bad(file, number, "not a finite number")
    return value


def _interval(file: Path, number: int, rr_ms: float) -> float:
    if not _FILE_MIN_MS <= rr_ms <= _FILE_MAX_MS:
        raise _bad(file, number, f"an interval outside {_FILE_MIN_MS:g} to {_FILE_MAX_MS:g} ms")
    return rr_ms


def _bad(file: Path, number: int, reason: str) -> RecordingUnreadable:
    return RecordingUnreadable(f"{file.name}, line {number}: {reason}", remedy=_REMEDY)

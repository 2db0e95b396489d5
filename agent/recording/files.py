"""Recordings as files: beat intervals, and waveforms; refused with the line and the reason.

    RR text   one interval in ms a line                            1114
    CSV       a header that names t_s (when the interval ended)    t_s,rr_ms
              and rr_ms; other columns are passed over             1.114,1114
    .hrm      Polar's own, from [HRData] on
    wave CSV  one number a line, or a header and a column named    ecg
              ecg or ppg (or the only one that is no time);        0.13
              a time column and acc_x_g, acc_y_g, acc_z_g are used

Columns are parted by comma, semicolon or tab. Empty lines and lines that begin with # are passed over.
"""

import math
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from agent.errors import RecordingUnreadable
from agent.signal.heart.rr import GAP_TOLERANCE_MS, Floats

MAX_BYTES: Final = 64 * 1024 * 1024
MOST_BEATS: Final = 1_000_000  # nine days
_LONGEST_GAP_S: Final = 31 * 86_400.0
# Clocks of recorders slip by a beat now and then; times of another meaning overlap at every other interval.
_MOST_OVERLAPS, _OVERLAPS_01 = 2, 0.05
_POLAR: Final = "[HRData]"
# An interval beyond these is not a doubtful beat but a wrong file.
_FILE_MIN_MS, _FILE_MAX_MS = 10.0, 600_000.0
_TIMES: Final = ("t_s", "t", "time", "time_s", "timer", "timestamp", "t_ms")
_ACCELERATION: Final = ("acc_x_g", "acc_y_g", "acc_z_g")
_RR_REMEDY: Final = "One interval in ms per line, or a CSV with the header t_s,rr_ms."
_WAVE_REMEDY: Final = "One number per line, or a CSV with a column ecg or ppg; --fs gives samples per second."


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
        t_s: When each sample was taken, ascending, shape ``(n,)``, or None.
    """

    value: Floats
    acceleration_g: Floats | None
    t_s: Floats | None


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
    if lines and _POLAR in (line for _, line in lines):  # Polar's .hrm: what stands above is about the person
        lines = lines[[line for _, line in lines].index(_POLAR) + 1 :]
    if lines and _names(lines[0][1]) == ["rr_ms"]:
        lines = lines[1:]
    found = _from_csv(file, lines) if lines and len(_parts(lines[0][1])) > 1 else _from_text(file, lines)
    if not found.beats:
        raise _bad(file, 1, "it contains no beats")
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
        raise _bad(file, 1, "it contains no samples", _WAVE_REMEDY)
    header = _names(lines[0][1])
    has_header = not any(_is_number(part) for part in header)
    if not has_header:
        header = ["t_s", name] if len(header) == 2 else [name] if len(header) == 1 else ["?"] * len(header)
    column = _column(file, lines[0][0], header, name)
    axes = [header.index(axis) for axis in _ACCELERATION] if set(_ACCELERATION) <= set(header) else []
    times = [place for place, name in enumerate(header) if name in _TIMES][:1]
    wanted, numbers = (column, *axes, *times), array("d")  # plain doubles: hours of samples fit
    for number, line in lines[has_header:]:
        parts = _parts(line)
        if len(parts) != len(header):
            raise _bad(file, number, f"{len(parts)} columns instead of {len(header)}", _WAVE_REMEDY)
        numbers.extend(_number(file, number, parts[place], _WAVE_REMEDY) for place in wanted)
    if not numbers:
        raise _bad(file, 1, "it contains no samples", _WAVE_REMEDY)
    table = np.frombuffer(numbers).reshape(-1, len(wanted))
    t_s = None
    if times:
        back = np.flatnonzero(np.diff(table[:, -1]) <= 0)
        if back.size:
            raise _bad(file, lines[has_header:][int(back[0]) + 1][0], "the time does not increase", _WAVE_REMEDY)
        t_s = _seconds(table[:, -1], header[times[0]])
    return Wave(table[:, 0], table[:, 1:4] if axes else None, t_s)


def _seconds(times: Floats, name: str) -> Floats:
    """A time column in seconds, by its name; else steps of 1 and more are ms, since no wave has one sample a second."""
    guess_ms = times.size > 1 and float(np.median(np.diff(times))) >= 1
    is_ms = name.endswith("_ms") or (guess_ms and not name.endswith("_s"))
    return np.asarray((times - times[0]) / (1000.0 if is_ms else 1.0))


def _column(file: Path, number: int, header: list[str], name: str) -> int:
    if name in header:
        return header.index(name)
    rest = [place for place, column in enumerate(header) if column not in (*_TIMES, *_ACCELERATION)]
    if len(rest) != 1:
        raise _bad(file, number, f"cannot tell which column is the {name}: {', '.join(header)[:80]}", _WAVE_REMEDY)
    return rest[0]


def _lines(file: Path, remedy: str) -> list[tuple[int, str]]:
    try:
        if not file.is_file() and file.exists():
            raise RecordingUnreadable(f"{file}: not a file", remedy="Give a file.")
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise RecordingUnreadable(
                f"{file.name}: larger than {MAX_BYTES // 2**20} MiB", remedy="Split it into parts."
            )
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except PermissionError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}", remedy="Get permission to read it.") from error
    except OSError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}", remedy="Check the path.") from error
    except UnicodeDecodeError as error:
        raise RecordingUnreadable(f"{file.name}: not a text file", remedy=remedy) from error
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def _from_text(file: Path, lines: list[tuple[int, str]]) -> Intervals:
    read, end_ms = [], 0.0
    if len(lines) > MOST_BEATS:
        raise RecordingUnreadable(f"{file.name}: more than {MOST_BEATS} intervals", remedy="Split it into parts.")
    for number, line in lines:
        rr_ms = _interval(file, number, line)
        end_ms += rr_ms
        read.append(Beat(end_ms / 1000.0, rr_ms))
    return Intervals(0.0, read)


def _from_csv(file: Path, lines: list[tuple[int, str]]) -> Intervals:
    if len(lines) > MOST_BEATS:
        raise RecordingUnreadable(f"{file.name}: more than {MOST_BEATS} intervals", remedy="Split it into parts.")
    header = _names(lines[0][1])
    if not {"t_s", "rr_ms"} <= set(header):
        why = "decimals need a point" if all(map(_is_number, header)) and len(header) == 2 else "its header"
        raise _bad(file, lines[0][0], f"a CSV begins with the header t_s,rr_ms ({why})")
    t_at, rr_at = header.index("t_s"), header.index("rr_ms")
    read: list[Beat] = []
    overlaps: list[int] = []
    start_s = last_s = -math.inf
    for place, (number, line) in enumerate(lines[1:]):
        parts = _parts(line)
        if len(parts) != len(header):
            raise _bad(file, number, f"{len(parts)} columns instead of {len(header)}")
        t_s = _number(file, number, parts[t_at])
        if t_s <= last_s:
            raise _bad(file, number, "the time does not increase")
        if place and t_s - last_s > _LONGEST_GAP_S:
            raise _bad(file, number, "the time increases by more than a month")
        if place == 0 and not parts[rr_at].strip():
            last_s = t_s
            continue  # a first beat has no interval before it
        rr_ms = _interval(file, number, parts[rr_at])
        if read and t_s - last_s < rr_ms / 1000.0 - GAP_TOLERANCE_MS / 1000.0:
            overlaps.append(number)
        last_s = t_s
        start_s = t_s - rr_ms / 1000.0 if not read else start_s
        read.append(Beat(t_s - start_s, rr_ms))
    if len(overlaps) > max(_MOST_OVERLAPS, _OVERLAPS_01 * len(read)):
        remedy = (
            "t_s is the time at which an interval ended. If yours is its start or its arrival, leave the column out."
        )
        raise _bad(
            file,
            overlaps[0],
            f"the interval begins before the previous one has ended ({len(overlaps)} of them do)",
            remedy,
        )
    return Intervals(start_s, read)


def _interval(file: Path, number: int, text: str) -> float:
    rr_ms = _number(file, number, text)
    if 0 < rr_ms < _FILE_MIN_MS:
        remedy = "Multiply by 1000."
        raise _bad(file, number, f"{text.strip()[:20]} looks like seconds; intervals are in ms", remedy)
    if not _FILE_MIN_MS <= rr_ms <= _FILE_MAX_MS:
        raise _bad(file, number, f"an interval outside {_FILE_MIN_MS:g} to {_FILE_MAX_MS:g} ms")
    return rr_ms


def _parts(line: str) -> list[str]:
    """The columns of a line; what parts them is the first of semicolon, tab and comma that stands in it."""
    separator = next((one for one in (";", "\t", ",") if one in line), ",")
    return [part.strip().strip('"') for part in line.split(separator)]


def _names(line: str) -> list[str]:
    return [part.lower() for part in _parts(line)]


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

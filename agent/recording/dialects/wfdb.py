"""WFDB (PhysioNet): a header ``.hea`` that names signals, and a ``.dat`` beside it in format 16 or 212."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.recording.dialects.edf import chosen_by_name
from agent.recording.grid import Stretch
from agent.recording.options import Options
from agent.recording.source import Source, opened
from agent.recording.tables import Samples

_RECORD: Final = re.compile(r"([\w.-]+)\s+(\d{1,3})(?:\s+(\d+(?:\.\d+)?)\S*)?(?:\s+(\d+))?(?:\s.*)?")
_SIGNAL: Final = re.compile(r"([\w.-]+)\s+(\d+)(?:\s+(-?\d+(?:\.\d+)?)(?:\((-?\d+)\))?\S*(?:\s+-?\d+\s+(-?\d+)(.*))?)?")
_FORMATS: Final = ("16", "212")
_INVALID: Final = {"16": -32_768, "212": -2048}
_FRAMES: Final = 30_000
_DEFAULT_HZ: Final = 250.0  # header(5): where a record line states none


@dataclass(frozen=True, slots=True)
class _Signal:
    file: str
    form: str
    label: str


def knows(source: Source) -> bool:
    """By the two first lines of a header."""
    if not source.is_text():
        return False
    lines = [line.strip() for line in source.head_lines() if line.strip() and not line.startswith("#")]
    if len(lines) < 2 or not _RECORD.fullmatch(lines[0]):
        return False
    second = _SIGNAL.match(lines[1])
    return second is not None and second[1].endswith(".dat")


def wave(source: Source, signal: str, options: Options) -> Samples:
    """One signal; its samples are left in steps of the converter.

    Raises:
        RecordingUnreadable: A form that is not read, or no such signal.
    """
    lines = [line.strip() for line in source.head_lines() if line.strip() and not line.startswith("#")]
    record = _RECORD.fullmatch(lines[0])
    assert record is not None
    signals = [_signal(source, line) for line in lines[1 : 1 + int(record[2])]]
    place, note = chosen_by_name(source, [one.label for one in signals], signal, options)
    chosen = signals[place]
    together = [one for one in signals if one.file == chosen.file]
    if source.path is None:
        raise source.refused("a header without its .dat", "Give the path of the .hea file.")
    if chosen.form not in _FORMATS:
        raise source.refused(f"format {chosen.form[:9]} is not read", "Convert the record to format 16 or 212 (xform).")
    found = Samples(iter(()), float(record[3] or _DEFAULT_HZ), notes=[note] if note else [])
    found.stretches = _frames(source, chosen, together.index(chosen), len(together), found)
    return found


def _signal(source: Source, line: str) -> _Signal:
    found = _SIGNAL.match(line)
    if found is None:
        raise source.bad(2, f"{line[:30]!r} is no signal of a WFDB header", "Download the record again.")
    return _Signal(found[1], found[2], (found[6] or "").split(maxsplit=3)[-1] if found[6] else "")


def _frames(source: Source, chosen: _Signal, place: int, count: int, found: Samples) -> Iterator[Stretch]:
    assert source.path is not None
    size = 2 * count * _FRAMES if chosen.form == "16" else 3 * count * _FRAMES // 2
    with opened(source.path.parent / chosen.file) as beside:
        stream = beside.bytes()
        while data := stream.read(size):
            raw = _samples(data, chosen.form)
            raw = raw[: raw.size // count * count].reshape(-1, count)[:, place]
            value = np.where(raw == _INVALID[chosen.form], np.nan, raw.astype(np.float64))
            found.count += value.size
            yield Stretch(value)


def _samples(data: bytes, form: str) -> NDArray[np.int32]:
    if form == "16":
        return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int32)
    three = np.frombuffer(data[: len(data) // 3 * 3], dtype=np.uint8).reshape(-1, 3).astype(np.int32)
    first = three[:, 0] | (three[:, 1] & 0x0F) << 8
    second = three[:, 2] | (three[:, 1] & 0xF0) << 4
    both = np.stack([first, second], axis=1).reshape(-1)
    return np.asarray(np.where(both > 2047, both - 4096, both), dtype=np.int32)

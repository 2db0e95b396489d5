"""EDF, EDF+ and BDF: a header of fixed fields, then records of samples; EDF+D says of each record when it began.

Source: Kemp et al. (1992), doi:10.1016/0013-4694(92)90009-7; Kemp and Olivan (2003), doi:10.1016/S1388-2457(03)00123-8
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from agent.recording.grid import Stretch
from agent.recording.options import Options
from agent.recording.source import Source
from agent.recording.tables import Samples
from agent.signal.heart.rr import Floats

_BDF: Final = b"\xffBIOSEMI"
_ANNOTATIONS: Final = ("EDF Annotations", "BDF Annotations")
_ECG: Final = re.compile(r"ecg|ekg|\bml?i+\b|\blead\b|^i{1,3}$|^av[rlf]$|^v[1-6]$", re.IGNORECASE)
_PPG: Final = re.compile(r"ppg|pleth|bvp|\bpulse\b", re.IGNORECASE)
_EDA: Final = re.compile(r"\beda\b|\bgsr\b|conductance|electrodermal|\bsc[lr]?\b", re.IGNORECASE)
_PATTERNS: Final = {"ecg": _ECG, "ppg": _PPG, "eda": _EDA}
_MOST_SIGNALS: Final = 1000
_MOST_BYTES: Final = 32 * 1024 * 1024
_AGAIN: Final = "Export it again; the header is not that of an EDF file."


@dataclass(frozen=True, slots=True)
class _Signal:
    label: str
    samples: int
    offset: int
    scale: float
    base: float
    unit: str


@dataclass(frozen=True, slots=True)
class _Header:
    signals: list[_Signal]
    record_s: float
    records: int
    width: int
    is_broken: bool
    size: int

    @property
    def record_bytes(self) -> int:
        return sum(one.samples for one in self.signals) * self.width


def knows(source: Source) -> bool:
    """By its first eight bytes, and the number of signals."""
    head = source.head[:256]
    return len(head) == 256 and head[:8] in (b"0       ", _BDF) and head[252:256].strip().isdigit()


def wave(source: Source, signal: str, options: Options) -> Samples:
    """One signal, in its physical unit.

    Raises:
        RecordingUnreadable: A damaged header, or no such signal.
    """
    stream = source.bytes()
    header = _header(source, stream)
    shown = [one for one in header.signals if one.label not in _ANNOTATIONS]
    place, note = chosen_by_name(source, [one.label for one in shown], signal, options)
    chosen = shown[place]
    if chosen.samples / header.record_s <= 0:
        raise source.refused(f"signal {chosen.label!r} has no samples", "Choose another with --lead.")
    found = Samples(iter(()), chosen.samples / header.record_s, notes=[note] if note else [], unit=chosen.unit)
    found.stretches = _records(source, stream, header, chosen, found)
    return found


def _records(source: Source, stream: BinaryIO, header: _Header, chosen: _Signal, found: Samples) -> Iterator[Stretch]:
    clock = next((one for one in header.signals if one.label in _ANNOTATIONS), None) if header.is_broken else None
    inside_s = np.arange(chosen.samples, dtype=np.float64) * (header.record_s / chosen.samples)
    first_s, number = None, 0
    while number != header.records:
        data = stream.read(header.record_bytes)
        if len(data) < header.record_bytes:
            if data or header.records > 0:
                found.notes.append(f"the file ends in record {number + 1}; the records before it are read")
            break
        number += 1
        value = _physical(data, header.width, chosen)
        found.count += value.size
        if clock is None:
            yield Stretch(value)
            continue
        onset_s = _onset_s(data[clock.offset * header.width :][: clock.samples * header.width])
        if onset_s is None:
            raise source.refused(f"record {number} does not say when it began", "Export it as continuous EDF+C.")
        first_s = onset_s if first_s is None else first_s
        yield Stretch(value, np.asarray(inside_s + (onset_s - first_s), dtype=np.float64))
    if not number:
        raise source.refused("it contains no samples", "Export it again.")


def _physical(data: bytes, width: int, chosen: _Signal) -> Floats:
    part = data[chosen.offset * width : (chosen.offset + chosen.samples) * width]
    if width == 2:
        raw = np.frombuffer(part, dtype="<i2").astype(np.float64)
    else:
        three = np.frombuffer(part, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
        raw = ((three[:, 0] | three[:, 1] << 8 | three[:, 2] << 16) << 8 >> 8).astype(np.float64)
    return np.asarray(chosen.base + raw * chosen.scale)


def _onset_s(data: bytes) -> float | None:
    """The time at the record's first annotation: ``+1234.5``, two signs of the end."""
    found = re.match(rb"([+-]\d{1,12}(?:\.\d{1,9})?)[\x14\x15]", data)
    return float(found[1]) if found else None


def chosen_by_name(source: Source, labels: list[str], signal: str, options: Options) -> tuple[int, str]:
    """The place of the signal that is asked for, or whose name is one of an ECG or a pulse wave; and a note.

    Raises:
        RecordingUnreadable: There is none.
    """
    names = ", ".join(labels)[:120]
    word = options.lead if options.lead is not None else options.column
    if word is not None:
        wanted = word.strip().lower()
        same = [n for n, label in enumerate(labels) if label.lower() == wanted]
        same = same or [n for n, label in enumerate(labels) if wanted in label.lower()]
        if not same and wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted) <= len(labels):
            same = [int(wanted) - 1]
        if not same:
            raise source.refused(f"no signal {word!r}", f"Choose one with --lead: {names}.")
        return same[0], ""
    pattern = _PATTERNS[signal]
    fit = [n for n, label in enumerate(labels) if pattern.search(label)] or ([0] if len(labels) == 1 else [])
    if not fit:
        raise source.refused(f"no signal is called {signal}", f"Choose one with --lead: {names}.")
    note = f"several signals; {labels[fit[0]]!r} is read (--lead chooses another)" if len(fit) > 1 else ""
    return fit[0], note


def _header(source: Source, stream: BinaryIO) -> _Header:
    fixed = stream.read(256)
    width = 3 if fixed[:8] == _BDF else 2
    count = int(_field(source, fixed, 252, 4))
    if not 1 <= count <= _MOST_SIGNALS:
        raise source.refused(f"{count} signals", _AGAIN)
    text = stream.read(256 * count)
    if len(fixed) < 256 or len(text) < 256 * count:
        raise source.refused("the header is cut off", _AGAIN)
    signals, offset = [], 0
    for n in range(count):
        label = text[16 * n : 16 * n + 16].decode("latin-1").strip()
        low, high, digital_low, digital_high = (
            _field(source, text, at * count + 8 * n, 8) for at in (104, 112, 120, 128)
        )
        samples = int(_field(source, text, 216 * count + 8 * n, 8))
        if samples < 0 or (digital_high == digital_low and label not in _ANNOTATIONS):
            raise source.refused(f"signal {label[:16]!r} has impossible limits", _AGAIN)
        scale = (high - low) / (digital_high - digital_low) if digital_high != digital_low else 1.0
        unit = text[96 * count + 8 * n : 96 * count + 8 * n + 8].decode("latin-1").strip()
        signals.append(_Signal(label, samples, offset, scale, low - digital_low * scale, unit))
        offset += samples
    record_s = _field(source, fixed, 244, 8)
    records = int(_field(source, fixed, 236, 8))
    found = _Header(signals, record_s, records, width, fixed[192:197] in (b"EDF+D", b"BDF+D"), 256 * (count + 1))
    if not record_s > 0 or not 0 < found.record_bytes <= _MOST_BYTES or records < -1:
        raise source.refused("its records have no length, or one that cannot be", _AGAIN)
    return found


def _field(source: Source, text: bytes, at: int, size: int) -> float:
    word = text[at : at + size].decode("latin-1").replace("\0", " ").strip()
    try:
        value = float(word)
    except ValueError as error:
        raise source.refused(f"a damaged header: {word[:8]!r} is not a number", _AGAIN) from error
    if not -1e12 < value < 1e12 or "_" in word:
        raise source.refused(f"a damaged header: {word[:8]!r} cannot be", _AGAIN)
    return value

"""Intervals and waves out of a table; most programs' files are one, and differ in the words over their columns."""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np

from agent.errors import RecordingUnreadable
from agent.recording import columns, quantities
from agent.recording.grid import STUDIED, Stretch
from agent.recording.meaning import ONE_A_LINE
from agent.recording.names import BEATS, ECG, INTERVALS, PPG
from agent.recording.numbers import BLANK, ToNumber, reader_of_times, with_comma, with_point
from agent.recording.options import Options
from agent.recording.rows import Faults, Rows, numbers
from agent.recording.sheet import Sheet, cells, sniffed
from agent.recording.source import Source
from agent.signal.heart.rr import Floats

_BETWEEN: Final = re.compile(r"[\s,;]+")
_AXES: Final = ("acc_x_g", "acc_y_g", "acc_z_g")
ONE_SAMPLE: Final = "Give one sample per line, or a table; every file that can be read: docs/recordings.md"
_ORDER: Final = "Sort the file by time; or leave its times out with --time-column none and say --fs HZ."
# 4 to 4000 samples a second (of conductance 1 to 250): no two units of time can both be meant
_WAVE_S: Final = (2.5e-4, 0.25)
_APART_S: Final = {"ecg": _WAVE_S, "ppg": _WAVE_S, "acc": _WAVE_S, "eda": (4e-3, 1.5)}


@dataclass(slots=True)
class Samples:
    """A wave as a file holds it.

    Attributes:
        stretches: Its samples, in order; read once.
        fs_hz: Samples per second, where the file states them.
        faults: Cells that could not be read, counted while it is read.
        notes: What the person is to know, complete when it is read.
        count: Samples that were read.
        start_s: The first sample's time, as the file counts it.
        unit: Of the samples, as the file says; empty where it does not.
    """

    stretches: Iterator[Stretch]
    fs_hz: float | None = None
    faults: Faults = field(default_factory=Faults)
    notes: list[str] = field(default_factory=list)
    count: int = 0
    start_s: float = 0.0
    unit: str = ""


def rows(source: Source, options: Options, sheet: Sheet | None = None) -> Rows:
    """The intervals of a table.

    Raises:
        RecordingUnreadable: No column that can be intervals.
    """
    sheet = sheet or sniffed(source.head_lines())
    if sheet is None:
        raise _nothing(source, "it contains no beats", ONE_A_LINE)
    if options.column is None and _first_of(sheet, INTERVALS, BEATS) is None:
        _is_a_wave(source, sheet)
    value, time = columns.of_intervals(source, sheet, options)
    about = sheet.columns[value]
    found = Rows(role=BEATS if about.role == BEATS and options.column is None else INTERVALS)
    found.unit_ms = about.unit_ms if about.unit_ms is not None else sheet.unit_ms
    if options.column is None and sheet.has_head and about.role == "" and len(sheet.columns) > 1:
        found.notes.append(f"column {about.name[:40]!r} is read as the intervals (--column chooses another)")
    read = with_comma if sheet.decimal_comma else with_point
    if time is None:
        for lines, (texts,) in cells(source, sheet, (value,)):
            texts, _, lines = _one_each(texts, texts, lines)
            found.value.extend(numbers(texts, lines, read, found.faults))
            found.line.extend(lines)
        return found
    found.time = array("d")
    shown, unit_ms = sheet.cells_of(time), sheet.columns[time].unit_ms
    read_time, found.time_is_s = reader_of_times(shown, unit_ms, decimal_comma=sheet.decimal_comma)
    time_faults = Faults()
    for lines, (texts, times) in cells(source, sheet, (value, time)):
        texts, times, lines = _one_each(texts, times, lines)
        kept = [n for n, text in enumerate(texts) if text.strip().strip("\"'").lower() not in BLANK]
        if len(kept) < len(texts):  # a row of another column, or the first beat, which has no interval before it
            lines, texts, times = [lines[n] for n in kept], [texts[n] for n in kept], [times[n] for n in kept]
        found.value.extend(numbers(texts, lines, read, found.faults))
        found.time.extend(numbers(times, lines, read_time, time_faults))
        found.line.extend(lines)
    return found


def _one_each(texts: list[str], times: list[str], lines: Sequence[int]) -> tuple[list[str], list[str], Sequence[int]]:
    """Rows with several intervals in a cell, as loggers of packets write them (``[812, 799]``), as one row each."""
    if not any(text.lstrip('"').startswith("[") for text in texts[:50]):
        return texts, times, lines
    parts = [_BETWEEN.split(text.strip("[]\"' ")) for text in texts]
    each = [n for n, part in enumerate(parts) for _ in part]
    return [one for part in parts for one in part], [times[n] for n in each], [lines[n] for n in each]


def _first_of(sheet: Sheet, *roles: str) -> str | None:
    return next((one.name for one in sheet.columns if one.role in roles), None)


def _is_a_wave(source: Source, sheet: Sheet) -> None:
    for role in (ECG, PPG):
        name = _first_of(sheet, role)
        if name is not None:
            raise source.bad(
                sheet.first, f"column {name!r} is a waveform, not intervals", f"Add --signal {role}, or name --column."
            )


def _nothing(source: Source, empty: str, remedy: str) -> RecordingUnreadable:
    """Why there is nothing in it: the first line that is no number."""
    shown = ((n, line.strip()) for n, line in enumerate(source.head_lines(), start=1))
    first = next(((n, line) for n, line in shown if line and not line.startswith("#")), None)
    if first is None:
        return source.bad(1, empty, remedy)
    return source.bad(first[0], f"{empty}: {first[1][:20]!r} is not a number", remedy)


def wave(source: Source, signal: str, options: Options, sheet: Sheet | None = None) -> Samples:
    """The samples of a table.

    Raises:
        RecordingUnreadable: No column that can be the wave.
    """
    sheet = sheet or sniffed(source.head_lines())
    if sheet is None:
        raise _nothing(source, "it contains no samples", ONE_SAMPLE)
    axes: list[int]
    if signal == "acc":
        axes, time = columns.of_axes(source, sheet, options)
        value = axes[0]
    else:
        value, time = columns.of_wave(source, sheet, signal, options)
        names = [one.name.lower() for one in sheet.columns]
        axes = [names.index(axis) for axis in _AXES] if set(_AXES) <= set(names) else []
    found = Samples(iter(()), sheet.fs_hz, unit=quantities.written(sheet.columns[value], signal))
    found.stretches = _stretches(
        source, sheet, (value, *axes, *([] if time is None else [time])), found, has_axes=bool(axes)
    )
    if time is not None:
        found.stretches = _in_seconds(sheet, time, found, _APART_S[signal])
    return found


def _stretches(
    source: Source, sheet: Sheet, places: Sequence[int], found: Samples, *, has_axes: bool
) -> Iterator[Stretch]:
    read = with_comma if sheet.decimal_comma else with_point
    has_time = len(places) > 1 + 3 * has_axes
    read_time: ToNumber = read
    if has_time:
        about = sheet.columns[places[-1]]
        read_time, _ = reader_of_times(sheet.cells_of(places[-1]), about.unit_ms, decimal_comma=sheet.decimal_comma)
    last_s = -np.inf
    for lines, texts in cells(source, sheet, places):
        found.count += len(lines)
        value = _array(texts[0], lines, read, found.faults)
        axes = np.stack([_array(one, lines, read, Faults()) for one in texts[1:4]], axis=1) if has_axes else None
        t_s = None
        if has_time:
            time_faults = Faults()
            t_s = _array(texts[-1], lines, read_time, time_faults)
            if time_faults.count:
                known = np.isfinite(t_s)
                found.faults.add(time_faults.line, time_faults.why + " (its time)", time_faults.count)
                value, t_s, lines = value[known], t_s[known], [lines[n] for n in np.flatnonzero(known).tolist()]
                axes = None if axes is None else axes[known]
                if not t_s.size:
                    continue
            back = np.flatnonzero(np.diff(t_s, prepend=last_s) < 0)
            if back.size:
                raise source.bad(lines[int(back[0])], "the time does not increase", _ORDER)
            last_s = float(t_s[-1])
        if found.faults.count * 2 >= found.count:
            raise source.bad(found.faults.line, found.faults.why, ONE_SAMPLE)
        yield Stretch(value, t_s, axes)


def _array(texts: Sequence[str], lines: Sequence[int], read: object, faults: Faults) -> Floats:
    if read is with_point:
        try:
            value = np.array(list(map(float, texts)))
        except ValueError:
            value = np.array([np.nan])
        if np.all(np.isfinite(value)):
            return value
    return np.array(numbers(texts, lines, read, faults))  # type: ignore[arg-type]


def _in_seconds(sheet: Sheet, time: int, found: Samples, apart_s: tuple[float, float]) -> Iterator[Stretch]:
    """The same with times in s, from 0 on."""
    _, is_s = reader_of_times(sheet.cells_of(time), sheet.columns[time].unit_ms, decimal_comma=sheet.decimal_comma)
    begin, count = [], 0
    for stretch in found.stretches:
        begin.append(stretch)
        count += stretch.value.size
        if count >= STUDIED:
            break
    if not begin:
        return iter(())
    t_s = np.concatenate([stretch.t_s for stretch in begin if stretch.t_s is not None])
    scale = 1.0 if is_s else _scale(t_s, apart_s)
    found.start_s = float(t_s[0]) * scale
    rest = chain(begin, found.stretches)
    return (
        Stretch(one.value, None if one.t_s is None else one.t_s * scale - found.start_s, one.acceleration_g)
        for one in rest
    )


def _scale(times: Floats, apart_s: tuple[float, float]) -> float:
    """The unit of times without one, in s, by how far samples of such a signal are apart."""
    apart = np.diff(times)
    apart = apart[apart > 0]
    if not apart.size:
        return 1.0
    lag = max(1, min(1000, times.size // 4))
    usual = float(np.median(times[lag:] - times[:-lag])) / lag or float(np.median(apart))
    return next((scale for scale in (1.0, 1e-3, 1e-6, 1e-9) if apart_s[0] <= usual * scale <= apart_s[1]), 1.0)

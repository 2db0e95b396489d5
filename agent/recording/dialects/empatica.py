"""Empatica E4: ``IBI.csv`` and ``BVP.csv``, both with the start of the session in s since 1970 above their numbers."""

import re
from dataclasses import replace
from typing import Final

from agent.recording.names import INTERVALS, PPG, TIME, Column
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.sheet import Sheet, split
from agent.recording.source import Source
from agent.recording.tables import Samples
from agent.recording.tables import rows as of_table
from agent.recording.tables import wave as wave_of_table

_IBI: Final = re.compile(r"\d{9,10}(?:\.\d+)?\s*,\s*\"?ibi\"?", re.IGNORECASE)
_START: Final = re.compile(r"\d{9,10}\.\d+")
_RATE: Final = re.compile(r"\d{1,3}\.0{6}")
_SLOWEST_HZ: Final = 4.0


def knows(source: Source) -> bool:
    """By its first two lines."""
    if not source.is_text():
        return False
    lines = [line.strip() for line in source.head_lines()[:3]]
    return bool(_IBI.fullmatch(lines[0])) or _has_rate(lines)


def _has_rate(lines: list[str]) -> bool:
    return len(lines) > 1 and bool(_START.fullmatch(lines[0])) and bool(_RATE.fullmatch(lines[1]))


def rows(source: Source, options: Options) -> Rows:
    """Intervals of ``IBI.csv``: its first column is the time of an interval's end after the session's start."""
    lines = [line.strip() for line in source.head_lines()]
    if _has_rate(lines[:3]):
        if float(lines[1]) < _SLOWEST_HZ:
            raise source.bad(
                2, f"{float(lines[1]):g} samples a second: heart rates or another slow signal, no intervals", _IBI_FILE
            )
        raise source.bad(2, "a waveform, not intervals", "For BVP.csv add --signal ppg; intervals are in IBI.csv.")
    columns = (Column("time", TIME, 1000.0), Column("IBI", INTERVALS, 1000.0))
    shown = [split(line, ",") for line in lines[1:300] if line]
    found = of_table(source, options, Sheet(",", False, columns, 2, True, shown))
    start_s = float(lines[0].split(",")[0])
    if found.time is not None:
        found.time = type(found.time)("d", [t_s + start_s for t_s in found.time])
    return found


def wave(source: Source, signal: str, options: Options) -> Samples:
    """Samples of ``BVP.csv``; the second line is their rate."""
    lines = source.head_lines()[:3]
    if not _has_rate([line.strip() for line in lines]):
        raise source.bad(1, "intervals, not a waveform", "Leave out --signal.")
    fs_hz = float(lines[1])
    if signal != "ppg":
        raise source.bad(2, "a pulse wave, not an ECG", "Use --signal ppg.")
    if fs_hz < _SLOWEST_HZ:
        raise source.bad(2, f"{fs_hz:g} samples a second: heart rates or another slow signal, no pulse wave", _IBI_FILE)
    sheet = Sheet(",", False, (Column("BVP", PPG),), 3, True, [[line] for line in lines[2:]], fs_hz)
    found = wave_of_table(source, signal, replace(options, column=None, lead=None, time_column=None), sheet)
    found.start_s = float(lines[0])
    return found


_IBI_FILE: Final = "Give IBI.csv for intervals, or BVP.csv with --signal ppg."

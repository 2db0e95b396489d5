"""Empatica E4: ``IBI.csv``, and ``BVP.csv``, ``EDA.csv``, ``ACC.csv`` with start and rate above their numbers.

1560279825.000000            1560279825.000000, 1560279825.000000, 1560279825.000000     s since 1970
4.000000                     32.000000, 32.000000, 32.000000                             samples a second
0.020499                     -12,3,61                                                    uS; 1/64 g
"""

import re
from dataclasses import replace
from typing import Final

from agent.recording.names import EDA, INTERVALS, PPG, TIME, Column
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.sheet import Sheet, split
from agent.recording.source import Source
from agent.recording.tables import Samples
from agent.recording.tables import rows as of_table
from agent.recording.tables import wave as wave_of_table

_IBI: Final = re.compile(r"\d{9,10}(?:\.\d+)?\s*,\s*\"?ibi\"?", re.IGNORECASE)
_START: Final = re.compile(r"\d{9,10}\.\d+(?:\s*,\s*\d{9,10}\.\d+){0,2}")
_RATE: Final = re.compile(r"\d{1,3}\.0{6}(?:\s*,\s*\d{1,3}\.0{6}){0,2}")
_TWO_DIGITS: Final = re.compile(r"-?\d+\.\d\d")
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
        if "," in lines[1]:
            raise source.bad(
                2, "three axes of acceleration, not intervals", "Add --signal acc; intervals are in IBI.csv."
            )
        rate_hz = float(lines[1].split(",")[0])
        if rate_hz < _SLOWEST_HZ:
            raise source.bad(
                2, f"{rate_hz:g} samples a second: heart rates or another slow signal, no intervals", _IBI_FILE
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
    """Samples of ``BVP.csv``, ``EDA.csv`` or ``ACC.csv``; the second line is their rate."""
    lines = [line.strip() for line in source.head_lines()]
    if not _has_rate(lines[:3]):
        raise source.bad(1, "intervals, not a waveform", "Leave out --signal.")
    fs_hz, count = float(lines[1].split(",")[0]), lines[1].count(",") + 1
    if not fs_hz > 0:
        raise source.bad(2, "a rate of 0 samples a second", _IBI_FILE)
    shown = [split(line, ",") for line in lines[2:300] if line]
    _check(source, signal, fs_hz, shown if count == 1 else [])
    if (count == 3) != (signal == "acc"):
        kind = "three axes of acceleration" if count == 3 else "one column, not three axes"
        raise source.bad(2, kind, "Use --signal acc for ACC.csv, and --signal eda or ppg for EDA.csv and BVP.csv.")
    heads = (Column("x"), Column("y"), Column("z")) if count == 3 else (Column("value", _ROLES[signal]),)
    sheet = Sheet(",", False, heads, 3, True, shown, fs_hz)
    found = wave_of_table(source, signal, replace(options, column=None, lead=None, time_column=None), sheet)
    found.unit = _UNITS[signal]
    found.start_s = float(lines[0].split(",")[0])
    return found


def _check(source: Source, signal: str, fs_hz: float, shown: list[list[str]]) -> None:
    """Whether a file of one column is the one that is asked for; files differ by rate and digits alone.

    Raises:
        RecordingUnreadable: It is another.
    """
    if signal == "ecg":
        raise source.bad(2, "a pulse wave, not an ECG", "Use --signal ppg.")
    if signal == "ppg" and fs_hz < _SLOWEST_HZ:
        raise source.bad(2, f"{fs_hz:g} samples a second: heart rates or another slow signal, no pulse wave", _IBI_FILE)
    cells = [row[0] for row in shown if row]
    if signal == "eda" and cells and all(_TWO_DIGITS.fullmatch(cell) for cell in cells):
        raise source.bad(
            3, "numbers with two decimals: temperatures, heart rates or a pulse wave, no conductance", "Give EDA.csv."
        )


_ROLES: Final = {"ppg": PPG, "eda": EDA}
_UNITS: Final = {"ppg": "", "eda": "uS", "acc": "1/64g"}
_IBI_FILE: Final = "Give IBI.csv for intervals, or BVP.csv with --signal ppg."

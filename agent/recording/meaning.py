"""What a file's numbers are: intervals in which unit, times of beats, or something else that is no interval.

numbers ─▶ each written twice? ─▶ times of beats? differences ─▶ unit ─▶ ms, or refused by what they look like
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import RecordingUnreadable
from agent.recording.names import BEATS
from agent.recording.options import Options
from agent.recording.rows import Rows, middle_of
from agent.recording.source import Source
from agent.signal.heart.rr import Floats, quantile

MIN_MS, MAX_MS = 10.0, 600_000.0
"""An interval beyond these is not a doubtful beat but no interval."""

_NO_INTERVAL, _SAME = 65_535.0, 1e-6  # what devices of 16 bits write for none

# The middle of a recording's intervals: 240 to 20 beats a minute, and beyond, for athletes asleep and for bad files.
_MIDDLE_MS: Final = (250.0, 3000.0)
_GUESSED: Final = (("ms", 1.0), ("s", 1000.0), ("µs", 1e-3), ("ns", 1e-6))
_LOOKED_AT: Final = 3000
_FEWEST_SAMPLES: Final = 100
# How alike neighbouring steps are: .95 and more in pulse waves of 60 to 500 Hz; .6 at most in real intervals, and below
# cos(2 pi / 17) = .93 where a breath lasts 17 beats or fewer.
_ALIKE: Final = 0.93
_WIDE: Final = 0.3
_RATES: Final = (25.0, 250.0)
_FEWEST_PAIRS: Final = 10
_TWICE: Final = "every interval is written twice; each pair is read as one"
_COPIES: Final = "the file holds the same intervals twice, one copy after the other; they are read once"
_UNIT_REMEDY: Final = "Say the unit with --unit ms, s, us, ns or 1/1024s; or --unit samples --fs HZ."


def once(rows: Rows) -> list[str]:
    """Leave out what is written twice; the notes.

    Two equal neighbours prove nothing, since paced and calm hearts have them. Every pair equal while neighbours of
    different pairs differ is a recorder's fault.
    """
    value = np.frombuffer(rows.value)
    if rows.role == BEATS or value.size < 2 * _FEWEST_PAIRS:
        return []
    if keep := _pairs(value):
        _keep(rows, np.arange(value.size)[keep])
        return [_TWICE]
    half = value.size // 2
    first, second = value[:half], value[half:]
    if (
        value.size % 2 == 0
        and np.array_equal(first, second)
        and len(set(first.tolist())) > 2
        and not _later(rows, half)
    ):
        _keep(rows, np.arange(half))
        return [_COPIES]
    return []


def _pairs(value: Floats) -> slice | None:
    for begin in (0, 1):
        first, second = value[begin:-1:2], value[begin + 1 :: 2]
        count = min(first.size, second.size)
        if count < _FEWEST_PAIRS:
            continue
        between = value[begin + 1 : -1 : 2] != value[begin + 2 :: 2]
        if np.all(first[:count] == second[:count]) and np.mean(between) > 0.5:
            return slice(begin, None, 2)
    return None


def _later(rows: Rows, half: int) -> bool:
    return rows.time is not None and rows.time[half] > rows.time[half - 1]


def _keep(rows: Rows, places: NDArray[np.int64]) -> None:
    rows.value = type(rows.value)("d", np.frombuffer(rows.value)[places].tobytes())
    rows.line = type(rows.line)("I", np.frombuffer(rows.line, dtype=np.uintc)[places].tobytes())
    if rows.time is not None:
        rows.time = type(rows.time)("d", np.frombuffer(rows.time)[places].tobytes())
    rows.stops = np.searchsorted(places, rows.stops).tolist()


def differences(source: Source, rows: Rows, options: Options) -> list[str]:
    """Times of beats become intervals, in place; the notes.

    Numbers that rise from line to line all the way are times, whatever their column is called.
    """
    value = np.frombuffer(rows.value)
    good = value[np.isfinite(value)]
    is_rising = good.size > 3 and bool(np.all(np.diff(good) > 0)) and good[-1] > 4 * good[0] + 3 * (good[1] - good[0])
    if rows.role != BEATS and not (rows.time is None and is_rising):
        return []
    back = np.flatnonzero(np.diff(value) <= 0)
    stops = set(rows.stops)
    fault = next((int(n) + 1 for n in back if int(n) + 1 not in stops), None)
    if fault is not None:
        raise source.bad(
            rows.line[fault], "the time of a beat is not after the one before it", "Sort the file by time."
        )
    gaps = np.diff(value)
    for stop in rows.stops:
        if 0 < stop < value.size:
            gaps[stop - 1] = np.nan
    at = value[1:].copy()
    rows.value = type(rows.value)("d", gaps.tobytes())
    rows.line = rows.line[1:]
    rows.time, rows.time_is_value = type(rows.value)("d", at.tobytes()), True
    rows.stops = []
    notes = ["" if rows.role == BEATS else "these numbers rise from line to line: they are read as the times of beats"]
    if rows.unit_ms is None and options.unit is None and np.all(at == np.round(at)):
        notes.append("whole numbers without a unit; if they count samples, say --unit samples --fs HZ")
    return [note for note in notes if note]


def in_ms(source: Source, rows: Rows, options: Options) -> list[str]:
    """Give intervals their unit, in place, and make faults of those that cannot be; the notes.

    Raises:
        RecordingUnreadable: They are no intervals.
    """
    value = np.frombuffer(rows.value)  # written in place: a recording of months has millions
    shown = value[np.isfinite(value) & (value > 0)]
    if not shown.size:
        if rows.faults.count:
            raise source.bad(rows.faults.line, f"it contains no beats: {rows.faults.why}", ONE_A_LINE)
        raise source.bad(1, "it contains no beats", ONE_A_LINE)
    asked_ms = options.unit_ms()
    scale, notes = (asked_ms, []) if asked_ms is not None else _unit(source, rows, shown)
    value *= scale
    if rows.time is not None and rows.time_is_value:
        rows.time = type(rows.value)("d", (np.frombuffer(rows.time) * scale / 1000.0).tobytes())
    wrong = np.flatnonzero((value < MIN_MS) | (value > MAX_MS) | (np.abs(value - _NO_INTERVAL * scale) < _SAME))
    if wrong.size:
        first = int(wrong[0])
        written = value[first] / scale
        rows.faults.add(rows.line[first], f"{written:g} cannot be an interval", wrong.size)
        if rows.faults.line > rows.line[first]:
            rows.faults.line, rows.faults.why = rows.line[first], f"{written:g} cannot be an interval"
        value[wrong] = np.nan
    rows.unit_ms = 1.0
    return notes


def _unit(source: Source, rows: Rows, shown: Floats) -> tuple[float, list[str]]:
    """The unit's length in ms, by the file's word and its numbers."""
    middle = middle_of(shown)
    low, high = _MIDDLE_MS
    if rows.unit_ms is not None:
        if low <= middle * rows.unit_ms <= high:
            return rows.unit_ms, []
        raise _no_intervals(source, rows, middle, stated=True)
    for name, scale in _GUESSED:
        if low <= middle * scale <= high:
            note = f"no unit is stated; {middle:g} and the like are read as {name}"
            return scale, [] if name == "ms" else [note]
    raise _no_intervals(source, rows, middle, stated=False)


def likeness(source: Source, rows: Rows, options: Options) -> list[str]:
    """Whether they change as the samples of a waveform do; a note, or refused where no heart could do it.

    Samples rise and fall for many values in a row. Intervals do so when a fast heart follows a slow breath, but then by
    little; none runs through half its length within a few breaths, up and down, without a step back.

    Raises:
        RecordingUnreadable: They are a waveform.
    """
    value = np.frombuffer(rows.value)
    value = value[np.isfinite(value)][:_LOOKED_AT]
    if value.size < _FEWEST_SAMPLES or options.unit is not None:
        return []
    step = np.diff(value)
    step = step - np.mean(step)
    power = float(step @ step)
    alike = float(step[1:] @ step[:-1]) / power if power > 0 else 0.0
    if alike < _ALIKE:
        return []
    ordered = np.sort(value)
    spread = (quantile(ordered, 0.95) - quantile(ordered, 0.05)) / quantile(ordered, 0.5)
    if spread > _WIDE:
        raise source.bad(
            rows.line[0],
            "these look like the samples of a waveform, not like intervals",
            "Add --signal ecg or --signal ppg, and --fs HZ.",
        )
    return ["these change as smoothly as the samples of a waveform; if they are one, add --signal and --fs"]


def _no_intervals(source: Source, rows: Rows, middle: float, *, stated: bool) -> RecordingUnreadable:
    line = rows.line[0] if len(rows.line) else 1
    low, high = _RATES
    if low <= middle < high and (rows.unit_ms in (None, 1.0)):
        return source.bad(
            line,
            f"these look like heart rates in beats a minute, or like counts of samples (the middle one is {middle:g}),"
            " not like intervals in ms",
            "Heart rates have no variability to compute. Of counts of samples, say --unit samples --fs HZ.",
        )
    fits = next((name for name, scale in _GUESSED if _MIDDLE_MS[0] <= middle * scale <= _MIDDLE_MS[1]), None)
    if stated and fits is not None:
        word = "us" if fits == "µs" else fits
        return source.bad(
            line, f"{middle:g} and the like look like {fits}, not like the stated unit", f"Add --unit {word}."
        )
    words = f"the middle one is {middle:g}{' in the stated unit' if stated else ''}, which no heart has"
    return source.bad(line, f"these are no beat-to-beat intervals ({words})", _UNIT_REMEDY)


ONE_A_LINE: Final = "Give one interval per line, or a table; every file that can be read: docs/recordings.md"

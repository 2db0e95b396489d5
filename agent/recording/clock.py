"""Where intervals stand in time: by a file's own times, where they and the lengths agree, else one after the other.

times of the ends     1.114 1114      the recorder's own; holes between them are gaps
times of the starts   0     1114      the same, one interval later
times of arrival      a phone's: several beats have one time, and it jitters; only pauses of 2 s count
no times              intervals follow one another; a cell that could not be read is a gap
"""

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import RecordingUnreadable
from agent.recording.options import Options
from agent.recording.rows import Rows, middle_of
from agent.recording.source import Source
from agent.signal.heart.rr import GAP_TOLERANCE_MS, Bools, Floats

Ints = NDArray[np.uintc]

_LONGEST_GAP_S: Final = 31 * 86_400.0
# Clocks of recorders slip by a beat now and then; times of another meaning overlap at every other interval.
_MOST_OVERLAPS, _OVERLAPS_01 = 2, 0.05
# An arrival may be late by a second and more (a radio's); a pause is what eight beats in a row agree on.
_PAUSE_S: Final = 2.0
_AGREE: Final = 8
_TOO_LONG: Final = 1.1
_PACKET_S: Final = 0.1
_1024: Final = (1.0225, 1.0255)
_FEWEST: Final = 20
_LEAVE_OUT: Final = "Leave its times out with --time-column none; intervals then follow one another."


@dataclass(frozen=True, slots=True)
class Placed:
    """Intervals with their times.

    Attributes:
        start_s: The first one's start, as the file counts time.
        end_s: When each ended, after that start, ascending, shape ``(n,)``.
        rr_ms: Their lengths, shape ``(n,)``.
        notes: What the person is to know.
    """

    start_s: float
    end_s: Floats
    rr_ms: Floats
    notes: tuple[str, ...]


def placed(source: Source, rows: Rows, options: Options) -> Placed:
    """Intervals in time.

    Args:
        source: For messages.
        rows: Intervals in ms; NaN where a cell could not be read.
        options: The person's words.

    Raises:
        RecordingUnreadable: Times that contradict the intervals.
    """
    rr_ms = np.frombuffer(rows.value)
    line = np.frombuffer(rows.line, dtype=np.uintc)
    if rows.time is None:
        return _in_turn(rr_ms, rows.stops, ())
    t_s, notes = _seconds(rows, rr_ms)
    known = np.isfinite(t_s)
    if not np.all(known):
        first = int(np.flatnonzero(~known)[0])
        notes.append(f"line {line[first]}: no time; the row is left out ({int(np.sum(~known))} such)")
    good = known & np.isfinite(rr_ms)
    if not np.any(good):
        raise source.bad(int(line[0]), "no row has both a time and an interval", _LEAVE_OUT)
    _far(source, t_s[known], line[known])
    found = _ends(source, t_s[good], rr_ms[good], line[good]) or _starts(t_s[good], rr_ms[good])
    found = found or _arrivals(source, t_s[known], rr_ms[known], line[known], options)
    return Placed(found.start_s, found.end_s, found.rr_ms, (*notes, *found.notes))


def _seconds(rows: Rows, rr_ms: Floats) -> tuple[Floats, list[str]]:
    """Times in s; where no unit is stated, the one in which they are as far apart as the intervals are long."""
    assert rows.time is not None
    time = np.frombuffer(rows.time)
    if rows.time_is_s:
        return time, []
    apart = np.diff(time[np.isfinite(time)])
    apart = apart[apart > 0]
    if not apart.size:
        return time, []
    middle = middle_of(rr_ms[np.isfinite(rr_ms)]) / 1000.0
    apart_usual = middle_of(apart)
    scale = min((1.0, 1e-3, 1e-6, 1e-9), key=lambda one: abs(np.log(apart_usual * one / middle)))
    return time * scale, []


def _far(source: Source, t_s: Floats, line: Ints) -> None:
    far = np.flatnonzero(np.diff(t_s) > _LONGEST_GAP_S)
    if far.size:
        raise source.bad(int(line[far[0] + 1]), "the time increases by more than a month", _LEAVE_OUT)
    back = np.flatnonzero(np.diff(t_s) < -_PAUSE_S)
    if back.size:
        raise source.bad(int(line[back[0] + 1]), "the time does not increase", _LEAVE_OUT)


def _overlaps(apart_s: Floats, length_ms: Floats) -> Bools:
    """Where an interval begins before the one before it has ended."""
    return np.asarray(apart_s < (length_ms - GAP_TOLERANCE_MS) / 1000.0)


def _few(overlaps: Bools) -> bool:
    return int(np.sum(overlaps)) <= max(_MOST_OVERLAPS, _OVERLAPS_01 * overlaps.size)


def _ends(source: Source, t_s: Floats, rr_ms: Floats, line: Ints) -> Placed | None:
    if not _few(_overlaps(np.diff(t_s), rr_ms[1:])):
        return None
    back = np.flatnonzero(np.diff(t_s) <= 0)
    if back.size:
        raise source.bad(int(line[back[0] + 1]), "the time does not increase", _LEAVE_OUT)
    start_s = float(t_s[0] - rr_ms[0] / 1000.0)
    return Placed(start_s, t_s - start_s, rr_ms, ())


def _starts(t_s: Floats, rr_ms: Floats) -> Placed | None:
    apart_s = np.diff(t_s)
    if not _few(_overlaps(apart_s, rr_ms[:-1])) or np.any(apart_s <= 0):
        return None
    end_s = t_s + rr_ms / 1000.0 - t_s[0]
    note = "its times are those at which intervals begin"
    return Placed(float(t_s[0]), np.maximum.accumulate(end_s), rr_ms, (note,)) if np.all(np.diff(end_s) > 0) else None


def _arrivals(
    source: Source,
    t_s: Floats,
    rr_ms: Floats,
    line: Ints,
    options: Options,
) -> Placed:
    """One after the other; a pause of the clock that later beats do not make up for is a gap."""
    notes = ["its times are those of arrival; intervals follow one another, and pauses of 2 s and more are gaps"]
    ratio = _too_long(t_s, rr_ms)
    if ratio > _TOO_LONG and rr_ms.size >= _FEWEST:
        keep = _without_repeats(t_s, rr_ms)
        if keep.size == rr_ms.size or _too_long(t_s[keep], rr_ms[keep]) > _TOO_LONG:
            raise _contradiction(source, t_s, rr_ms, line, ratio)
        notes.append(f"packets came twice; {rr_ms.size - keep.size} intervals are left out")
        t_s, rr_ms = t_s[keep], rr_ms[keep]
    elif ratio > _TOO_LONG:
        raise _contradiction(source, t_s, rr_ms, line, ratio)
    elif _1024[0] < ratio < _1024[1] and rr_ms.size >= 10 * _FEWEST and options.unit is None:
        rr_ms = rr_ms / 1.024
        notes.append("by the file's own clock the unit is 1/1024 s, not ms; it is read as that")
    lag_s = t_s - np.cumsum(_filled(rr_ms)) / 1000.0
    ahead = _least_of_eight(np.pad(lag_s, (0, _AGREE - 1), mode="edge"))
    behind = _least_of_eight(np.pad(lag_s, (_AGREE - 1, 0), mode="edge"))
    stops = np.flatnonzero(ahead[1:] - behind[:-1] > _PAUSE_S) + 1
    stops = stops[np.diff(stops, prepend=-_AGREE - 1) > 1]
    gap_s = np.zeros(rr_ms.size)
    gap_s[stops] = ahead[stops] - behind[stops - 1]
    found = _in_turn(rr_ms, [], gap_s)
    start_s = float(t_s[0] - rr_ms[0] / 1000.0) if np.isfinite(rr_ms[0]) else float(t_s[0])
    return Placed(start_s, found.end_s, found.rr_ms, (*notes, *found.notes))


def _least_of_eight(lag_s: Floats) -> Floats:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(lag_s, _AGREE).min(axis=1))


def _too_long(t_s: Floats, rr_ms: Floats) -> float:
    """The sum of lengths over the time in which they came."""
    span_s = float(t_s[-1] - t_s[0])
    return float(np.nansum(rr_ms[1:])) / 1000.0 / span_s if span_s > 0 else np.inf


def _without_repeats(t_s: Floats, rr_ms: Floats) -> Ints:
    """Places to keep, where a packet that holds the same as itself came twice within a tenth of a second."""
    keep: list[int] = []
    edges = [0, *(np.flatnonzero(np.diff(t_s) > _PACKET_S) + 1).tolist(), t_s.size]
    for begin, end in itertools.pairwise(edges):
        half = (end - begin) // 2
        is_twice = (end - begin) % 2 == 0 and np.array_equal(rr_ms[begin : begin + half], rr_ms[begin + half : end])
        keep.extend(range(begin, begin + half if is_twice else end))
    return np.array(keep, dtype=np.int64)


def _contradiction(
    source: Source,
    t_s: Floats,
    rr_ms: Floats,
    line: Ints,
    ratio: float,
) -> RecordingUnreadable:
    first = np.flatnonzero(_overlaps(np.diff(t_s), rr_ms[1:]))
    where = int(line[first[0] + 1]) if first.size else int(line[0])
    if 1.8 < ratio < 2.2:
        return source.bad(
            where,
            "the intervals last twice as long as the file's own clock says: each may be written twice, or have another"
            " unit",
            "Export the recording again, or say the unit with --unit. " + _LEAVE_OUT,
        )
    how = f"{ratio:.2f} times as long as" if np.isfinite(ratio) else "longer than"
    return source.bad(where, f"the intervals last {how} the file's own clock says", _LEAVE_OUT)


def _filled(rr_ms: Floats) -> Floats:
    """Intervals; in place of one that could not be read, the one before it."""
    bad = ~np.isfinite(rr_ms)
    if not np.any(bad):
        return rr_ms
    place = np.maximum.accumulate(np.where(bad, 0, np.arange(rr_ms.size)))
    filled = rr_ms[place]
    return np.asarray(np.where(np.isfinite(filled), filled, middle_of(rr_ms[~bad])))


def _in_turn(rr_ms: Floats, stops: list[int], gap_s: "Floats | tuple[()]") -> Placed:
    """One after the other. A gap whose length nobody knows lasts as long as the interval before it."""
    length_s = _filled(rr_ms) / 1000.0
    if len(gap_s):
        length_s = length_s + gap_s
    for stop in stops:
        if 0 < stop < length_s.size:
            length_s[stop] += length_s[stop - 1]
    good = np.isfinite(rr_ms)
    return Placed(0.0, np.cumsum(length_s)[good], rr_ms[good], ())

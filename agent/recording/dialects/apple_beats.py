"""Apple's heartbeat series as JSON: beats by ``timeSinceSeriesStart`` in s, with ``precededByGap``.

Programs that read HealthKit write them alike: a list of series with ``startDate``, each with a list of beats. A beat is
an object, or a pair ``[time, gap]``.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agent.recording.json_stream import ITEM, Event, Value, events, looks_like_json
from agent.recording.names import BEATS
from agent.recording.numbers import date_s
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source

_TIME: Final = "timesinceseriesstart"
_GAP: Final = "precededbygap"
_PAIRS: Final = "heartbeats"
_STARTS: Final = ("startdate", "start", "starttime", "start_date")
_APART_S: Final = 60.0
_MOST_NAMES: Final = 50


@dataclass(slots=True)
class _Series:
    start_s: float | None = None
    at_s: list[float] = field(default_factory=list)
    gap: list[bool] = field(default_factory=list)
    line: list[int] = field(default_factory=list)

    def add(self, at_s: float, line: int, *, is_after_gap: bool) -> None:
        self.at_s.append(at_s)
        self.gap.append(is_after_gap)
        self.line.append(line)


def knows(source: Source) -> bool:
    """By its names."""
    head = source.head.lower()
    return looks_like_json(source) and (_TIME.encode() in head or b'"heartbeats"' in head)


def rows(source: Source, _: Options) -> Rows:
    """The beats of all series, by their times; a new series follows a gap.

    Raises:
        RecordingUnreadable: No JSON.
    """
    series = _read(source)
    known = [one for one in series if one.at_s]
    base_s = 0.0
    for one in known:
        if one.start_s is None:
            one.start_s = base_s
        base_s = one.start_s + max(one.at_s) + _APART_S
    known.sort(key=lambda one: one.start_s or 0.0)
    found = Rows(role=BEATS, unit_ms=1000.0)
    for one in known:
        found.stops.append(len(found.value))
        for n in np.argsort(one.at_s, kind="stable").tolist():
            if one.gap[n]:
                found.stops.append(len(found.value))
            found.add((one.start_s or 0.0) + one.at_s[n], one.line[n])
    if len(known) > 1:
        found.notes.append(f"{len(known)} series of beats; the time between them is a gap")
    return found


def _read(source: Source) -> list[_Series]:
    done = [_Series()]
    objects: list[dict[str, Value]] = []
    pair: list[Value] = []
    for event in events(source):
        if event.kind == "{":
            objects.append({})
        elif event.kind == "}":
            _end_object(done, objects.pop(), event)
        elif event.kind == "value" and event.path[-1] == ITEM:
            pair = [*pair[-2:], event.value]
        elif event.kind == "value" and objects and len(objects[-1]) < _MOST_NAMES:
            objects[-1][event.path[-1].lower()] = event.value
        elif event.kind in ("[", "]"):
            if event.kind == "]" and _is_pair(event, pair):
                done[-1].add(float(pair[0] or 0.0), event.line, is_after_gap=pair[1] is True)
            pair = []
    return done


def _end_object(done: list[_Series], one: dict[str, Value], event: Event) -> None:
    """It was a beat, or a series with its start."""
    at_s = one.get(_TIME)
    current = done[-1]
    if isinstance(at_s, float):
        if current.at_s and at_s < current.at_s[-1] - _APART_S:
            done.append(current := _Series())
        current.add(at_s, event.line, is_after_gap=one.get(_GAP) is True)
    elif current.at_s:
        current.start_s = _start(one)
        done.append(_Series())


def _is_pair(event: Event, pair: list[Value]) -> bool:
    names = [name.lower() for name in event.path]
    return names[-2:] == [_PAIRS, "[]"] and len(pair) == 2 and isinstance(pair[0], float) and pair[1] in (True, False)


def _start(one: dict[str, Value]) -> float | None:
    for name in _STARTS:
        word = one.get(name)
        if isinstance(word, float):
            return word / 1000.0 if word > 1e11 else word
        if isinstance(word, str):
            try:
                return date_s(word)
            except ValueError:
                continue
    return None

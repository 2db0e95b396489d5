"""Any other JSON with beat intervals: a list of numbers, or objects that name an interval and perhaps its time."""

from array import array
from typing import Final

from agent.recording.json_stream import ITEM, Event, Value, events, looks_like_json
from agent.recording.names import BEATS, INTERVALS, TIME, Column, column
from agent.recording.numbers import date_s
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source

_MOST_LISTS: Final = 200
_MOST_NAMES: Final = 100
_EPOCH_MS: Final = 1e11
_NAME_IT: Final = "Name it with --column, for example --column rr_ms."


def knows(source: Source) -> bool:
    """By its first signs."""
    return looks_like_json(source)


def rows(source: Source, options: Options) -> Rows:
    """The list, or the objects' numbers, whose name is one of intervals, or the person's.

    Raises:
        RecordingUnreadable: No such list.
    """
    lists: dict[tuple[str, ...], Rows] = {}
    objects: list[dict[str, Value]] = []
    for event in events(source):
        if event.kind == "{":
            objects.append({})
        elif event.kind == "}":
            _add_object(lists, objects.pop(), event, options)
        elif event.kind == "value" and event.path[-1] == ITEM:
            _add_item(lists, event, options)
        elif event.kind == "value":
            if objects and len(objects[-1]) < _MOST_NAMES:
                objects[-1][event.path[-1]] = event.value
            _add_words(lists, event, options)
    return _longest(source, lists)


def _longest(source: Source, lists: dict[tuple[str, ...], Rows]) -> Rows:
    found = max(lists.values(), key=lambda one: len(one.value), default=None)
    if found is None:
        raise source.bad(1, "no list of beat intervals", _NAME_IT)
    if len(lists) > 1:
        found.notes.append(f"{len(lists)} lists of intervals; the longest one is read")
    if found.time is not None and len(found.time) != len(found.value):
        found.time = None
    return found


def _wanted(name: str, options: Options) -> Column | None:
    """The column that a name stands for, where intervals can be in it."""
    if options.column is not None:
        return column(name) if name.lower() == options.column.lower() else None
    about = column(name)
    return about if about.role in (INTERVALS, BEATS) or name in ("R-R", "rrsMs", "rrIntervals", "rrs_ms") else None


def _list(lists: dict[tuple[str, ...], Rows], path: tuple[str, ...], about: Column) -> Rows | None:
    if path not in lists:
        if len(lists) >= _MOST_LISTS:
            return None
        lists[path] = Rows(role=BEATS if about.role == BEATS else INTERVALS, unit_ms=about.unit_ms)
    return lists[path]


def _add_item(lists: dict[tuple[str, ...], Rows], event: Event, options: Options) -> None:
    names = tuple(name for name in event.path if name != ITEM)
    near = names[-1:] if names else ()
    about = next((one for name in reversed(names[-2:]) if (one := _wanted(name, options))), None)
    if about is None and not near and options.column is None:
        about = Column("")
    if about is None or not isinstance(event.value, float):
        return
    if (found := _list(lists, names, about)) is not None:
        found.add(event.value, event.line)


def _add_words(lists: dict[tuple[str, ...], Rows], event: Event, options: Options) -> None:
    """A text of many numbers: ``"232 651 627"``."""
    if not isinstance(event.value, str):
        return
    names = [name for name in event.path if name != ITEM]
    about = next((one for name in reversed(names[-2:]) if (one := _wanted(name, options))), None)
    parts = event.value.replace(",", " ").split()
    if about is None or len(parts) < 2 or not all(part.replace(".", "", 1).isdecimal() for part in parts):
        return
    if (found := _list(lists, tuple(names), about)) is not None:
        for part in parts:
            found.add(float(part), event.line)


def _add_object(lists: dict[tuple[str, ...], Rows], one: dict[str, Value], event: Event, options: Options) -> None:
    name = next((name for name in one if _wanted(name, options) and isinstance(one[name], float)), None)
    if name is None:
        return
    about = _wanted(name, options) or Column(name)
    names = tuple(part for part in event.path if part != ITEM)
    found = _list(lists, (*names, name), about)
    if found is None:
        return
    value = one[name]
    assert isinstance(value, float)
    found.add(value, event.line)
    time = next((_time(one[key], column(key)) for key in one if key != name and column(key).role == TIME), None)
    if time is not None:
        if found.time is None:
            found.time, found.time_is_s = array("d"), time[1]
        found.time.append(time[0])


def _time(value: Value, about: Column) -> tuple[float, bool] | None:
    """A time, and whether it is in s."""
    if isinstance(value, str):
        try:
            return date_s(value), True
        except ValueError:
            return None
    if not isinstance(value, float):
        return None
    if about.unit_ms is not None:
        return value * about.unit_ms / 1000.0, True
    return (value / 1000.0, True) if value > _EPOCH_MS else (value, False)

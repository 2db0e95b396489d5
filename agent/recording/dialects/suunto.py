"""Suunto, in ms: ``.sml`` (XML) with ``<R-R><Data>651 627``, and JSON of its app with ``R-R``."""

import re
from typing import Final

from agent.recording.json_stream import ITEM, events, looks_like_json
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source

_BEGIN: Final = re.compile(r"<R-R\b[^>]*>\s*<Data\b[^>]*>", re.DOTALL)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_CHUNK: Final = 64 * 1024
_KEYS: Final = ("IBI", "Data", "R-R")


def knows(source: Source) -> bool:
    """By its names."""
    if not source.is_text():
        return False
    head = source.head.lstrip()
    is_xml = head.startswith((b"<sml", b"<?xml", b"\xef\xbb\xbf<")) and (
        b"<sml" in head or b"<R-R" in head or b"suunto" in head.lower()
    )
    return is_xml or (
        looks_like_json(source) and (b'"R-R"' in head or b"suunto" in head.lower() or b'"DeviceLog"' in head)
    )


def rows(source: Source, _: Options) -> Rows:
    """All intervals, in order.

    Raises:
        RecordingUnreadable: None in it.
    """
    found = _of_json(source) if looks_like_json(source) else _of_xml(source)
    if not len(found.value):
        raise source.bad(
            1, "no R-R intervals; it holds other data of a workout", "Export a workout with a chest strap."
        )
    return found


def _of_json(source: Source) -> Rows:
    found = Rows(unit_ms=1.0)
    for event in events(source):
        if event.kind != "value" or "R-R" not in event.path:
            continue
        names = [name for name in event.path if name != ITEM]
        if names[-1] not in _KEYS:
            continue
        if isinstance(event.value, float):
            found.add(event.value, event.line)
        elif isinstance(event.value, str):
            for number in _NUMBER.findall(event.value):
                found.add(float(number), event.line)
    return found


def _of_xml(source: Source) -> Rows:
    found, buffer, line, inside = Rows(unit_ms=1.0), "", 1, False
    text = source.text()
    while chunk := text.read(_CHUNK):
        buffer += chunk
        while buffer:
            if not inside:
                begin = _BEGIN.search(buffer)
                if begin is None:
                    line += buffer.count("\n", 0, max(len(buffer) - 200, 0))
                    buffer = buffer[-200:]
                    break
                line += buffer.count("\n", 0, begin.end())
                buffer, inside = buffer[begin.end() :], True
            end = buffer.find("<")
            cut = end if end >= 0 else max(buffer.rfind(" "), buffer.rfind("\n"), 0)
            for number in _NUMBER.findall(buffer[:cut]):
                found.add(float(number), line)
            line += buffer.count("\n", 0, cut)
            buffer = buffer[cut:]
            if end < 0:
                break
            inside = False
            buffer = buffer[1:]
    return found

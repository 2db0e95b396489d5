"""JSON of any length, token by token: what opens and closes, and each value with the names that lead to it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.recording.source import Source

_TOKEN: Final = re.compile(
    r'\s*(?:([{}\[\]:,])|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null|NaN))', re.DOTALL
)
_WORDS: Final = {"true": True, "false": False, "null": None, "NaN": None}
_CHUNK: Final = 64 * 1024
_LONGEST: Final = 16 * 1024 * 1024
_DEEPEST: Final = 64
ITEM: Final = "[]"

Value = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One step through a document.

    Attributes:
        kind: ``value``, or one of the brackets that open and close.
        path: The names that lead there; ``[]`` for an item of a list.
        value: Of a ``value``.
        line: Where it stands.
    """

    kind: str
    path: tuple[str, ...]
    value: Value
    line: int


def looks_like_json(source: Source) -> bool:
    """Whether the first sign opens a list or an object that holds something JSON can hold."""
    if not source.is_text():
        return False
    text = "\n".join(source.head_lines()[:50]).lstrip()[:2000]
    return bool(re.match(r'\{\s*"|\[\s*[\[{"\d\-]', text)) and not text.startswith(("[Params", "[HRData"))


def events(source: Source) -> Iterator[Event]:
    """Every step.

    Raises:
        RecordingUnreadable: No JSON, or one nested too deep.
    """
    path: list[str] = []
    opened: list[str] = []
    key: str | None = None
    for sign, value, line in _tokens(source):
        if sign in ("{", "["):
            if len(opened) >= _DEEPEST:
                raise source.bad(line, f"nested deeper than {_DEEPEST} levels", _EXPORT)
            path.append(key if key is not None else ITEM)
            opened.append(sign)
            key = None
            yield Event(sign, tuple(path[1:]), None, line)
        elif sign in ("}", "]"):
            if not opened or opened[-1] != {"}": "{", "]": "["}[sign]:
                raise source.bad(line, f"{sign} without its beginning", _EXPORT)
            yield Event(sign, tuple(path[1:]), None, line)
            path.pop()
            opened.pop()
            key = None
        elif sign == "":
            if opened and opened[-1] == "{" and key is None:
                key = str(value)
            else:
                yield Event("value", (*path[1:], key if key is not None else ITEM), value, line)
                key = None


def _tokens(source: Source) -> Iterator[tuple[str, Value, int]]:
    text, buffer, place, line, is_all = source.text(), "", 0, 1, False
    while True:
        found = _TOKEN.match(buffer, place)
        if found is None or (found.end() == len(buffer) and not is_all):
            if is_all:
                if buffer[place:].strip():
                    raise source.bad(line, f"no JSON from {buffer[place:].strip()[:20]!r} on", _EXPORT)
                return
            line += buffer.count("\n", 0, place)
            buffer, place = buffer[place:], 0
            if len(buffer) > _LONGEST:
                raise source.bad(line, "a value of more than 16 million characters", _EXPORT)
            chunk = text.read(max(_CHUNK, len(buffer)))
            is_all = not chunk
            buffer += chunk
            continue
        sign, word, number, name = found.groups()
        here = line if place < _CHUNK // 64 else line + buffer.count("\n", 0, place)
        place = found.end()
        if sign is not None:
            yield sign, None, here
        elif word is not None:
            yield "", _unescaped(word), here
        elif number is not None:
            yield "", float(number), here
        else:
            yield "", _WORDS[name], here


def _unescaped(word: str) -> str:
    if "\\" not in word:
        return word
    try:
        return str(json.loads(f'"{word}"'))
    except ValueError:
        return word


_EXPORT: Final = "Export the file again; it may be cut off."

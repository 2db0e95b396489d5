"""All intervals in one line, or many in each, apart by spaces, commas or semicolons."""

import re
from typing import Final

from agent.recording.numbers import is_number, with_point
from agent.recording.options import Options
from agent.recording.rows import Rows, numbers
from agent.recording.source import Source

_APART: Final = re.compile(r"[\s,;]+")
_FEWEST: Final = 9
_LEAST_MS, _MOST_MS = 250.0, 3000.0
_CHUNK: Final = 64 * 1024


def knows(source: Source) -> bool:
    """Lines of many numbers, and nothing else; more than two only where all of them can be intervals."""
    if not source.is_text():
        return False
    lines = [line for line in source.head_lines() if line.strip() and not line.startswith("#")]
    if not lines:
        return False
    parts = [part for part in _APART.split(lines[0].strip("[] ;,\t")) if part]
    if len(parts) < _FEWEST or not all(is_number(part) for part in parts[:-1]):
        return False
    return len(lines) <= 2 or all(_can_be_intervals(line) for line in lines)


def _can_be_intervals(line: str) -> bool:
    parts = [part for part in _APART.split(line.strip("[] ;,\t")) if part]
    return all(is_number(part) and _LEAST_MS <= with_point(part) <= _MOST_MS for part in parts)


def rows(source: Source, _: Options) -> Rows:
    """Each number."""
    found, rest = Rows(), ""
    text = source.text()
    while chunk := text.read(_CHUNK):
        parts = _APART.split(rest + chunk)
        rest = parts.pop()
        _add(found, parts)
        if len(rest) > _CHUNK:
            raise source.bad(1, f"{rest[:20]!r} is not a number", "Give one interval per line.")
    _add(found, [rest])
    return found


def _add(found: Rows, parts: list[str]) -> None:
    parts = [part.strip("[]") for part in parts if part.strip("[]")]
    found.value.extend(numbers(parts, [1] * len(parts), with_point, found.faults))
    found.line.extend([1] * len(parts))

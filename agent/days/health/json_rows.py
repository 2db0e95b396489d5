"""JSON files of exports as rows of named values; whatever is not of the form is refused or counted."""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

from agent.days.health.container import File
from agent.days.health.refusals import refused

Row = dict[str, Any]
_NUMBER_MOST: Final = 15


def document(file: File) -> Any:
    """The whole document.

    Raises:
        ImportRefused: No JSON, or longer than a file that is parsed as a whole may be.
    """
    try:
        return json.loads(file.whole().decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise refused("damaged") from error


def rows(file: File) -> Iterator[Row]:
    """The objects of a list; a document that is one object is one row."""
    found = document(file)
    yield from (row for row in (found if isinstance(found, list) else [found]) if isinstance(row, dict))


def part(row: Row, *names: str) -> Row:
    """An object inside; empty where it is none."""
    for name in names:
        inner = row.get(name)
        row = inner if isinstance(inner, dict) else {}
    return row


def items(row: Row, name: str) -> Iterator[Row]:
    """The objects of a list inside."""
    inner = row.get(name)
    yield from (item for item in (inner if isinstance(inner, list) else []) if isinstance(item, dict))


def number(value: object) -> float | None:
    """A finite number, also one that is written as text; else None.

    >>> number("12"), number(3.5), number(True), number("1e5"), number(None)
    (12.0, 3.5, None, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        short = value.strip()
        if (
            not short.isascii()
            or len(short) > _NUMBER_MOST
            or not short.replace(".", "", 1).removeprefix("-").isdigit()
        ):
            return None
        value = float(short)
    if not isinstance(value, int | float) or abs(value) > 10**_NUMBER_MOST or not math.isfinite(value):
        return None
    return float(value)


def _no_number(_: str) -> None:
    raise ValueError

"""A table in a text: what parts its cells, where its numbers begin, its columns, and its cells, batch by batch.

prose, comments ─▶ facts (a sampling rate, a unit)    head ─▶ columns (`names`)    rows ─▶ cells of the columns wanted
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from agent.recording.names import Column, column, is_units, with_unit
from agent.recording.numbers import BLANK, is_number, is_time
from agent.recording.options import unit_in_ms
from agent.recording.source import Source

COMMENTS: Final = ("#", "%", "//")
_SEPARATORS: Final = (";", "\t", "|", ",")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_RATE: Final = re.compile(
    r"(?:sampl\w*[ _-]?(?:rate|frequency|freq)|\bfs\b|\bsrate\b)\W{0,6}(\d+(?:\.\d+)?)\s*(k?hz|hertz|samples)?",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(r"\bunits?\b\W{1,4}(ms|us|µs|ns|s|sec|seconds|milliseconds|1/\d+\s?s?)\b", re.IGNORECASE)
_MOST_SHOWN: Final = 300
_FEW_01: Final = 0.3
_LEAST_MS: Final = 250

Cells = tuple[Sequence[int], list[list[str]]]
"""Line numbers, and for each wanted column its cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a text is to be read as a table.

    Attributes:
        separator: What parts cells; None for white space.
        decimal_comma: Whether decimals have a comma.
        columns: What the head says of each; without names where there is no head.
        first: The line of the first row.
        has_head: Whether the columns have names.
        shown: The cells of the first rows.
        fs_hz: Samples per second, where the text states them.
        unit_ms: The unit of its numbers, where the text states it.
    """

    separator: str | None
    decimal_comma: bool
    columns: tuple[Column, ...]
    first: int
    has_head: bool
    shown: list[list[str]] = field(repr=False)
    fs_hz: float | None = None
    unit_ms: float | None = None

    def cells_of(self, place: int) -> list[str]:
        """The first cells of a column."""
        return [cells[place] if place < len(cells) else "" for cells in self.shown]

    def named(self) -> str:
        """The columns, for a person."""
        names = (one.name or f"column {n}" for n, one in enumerate(self.columns, start=1))
        return ", ".join(names)[:120]


def sniffed(lines: Sequence[str], begin: int = 0) -> Sheet | None:
    """The table in a text; None where no line holds a number.

    Args:
        lines: The first lines.
        begin: Lines before this one are no part of it.
    """
    texts = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    facts = [line for _, line in texts]
    rows = [(number, line) for number, line in texts[begin:] if line and not line.startswith(COMMENTS)]
    rows = rows[:_MOST_SHOWN]
    separator, comma = _separator([line for _, line in rows])
    parts = [(number, split(line, separator)) for number, line in rows]
    width = _width([cells for _, cells in parts])
    if not width:
        return None
    numeric = _numeric(width, [cells for _, cells in parts])
    place = next((n for n, (_, cells) in enumerate(parts) if _is_row(cells, width, numeric)), None)
    if place is None:
        return None
    place = _after_head([cells for _, cells in parts[:place]], width, place)
    head, has_head = _head([cells for _, cells in parts[:place]], width)
    shown = [cells for _, cells in parts[place:]]
    about = "\n".join(facts[: parts[place][0] - 1])
    return Sheet(separator, comma, head, parts[place][0], has_head, shown, _stated_rate(about), _stated_unit(about))


def split(line: str, separator: str | None) -> list[str]:
    """The cells of a line."""
    if len(line) > 1 and line[0] == line[-1] == '"' and line.count('"') == 2:
        line = line[1:-1]
    if separator is None:
        return [cell.strip('"') for cell in line.split()] if '"' in line else line.split()
    if '"' in line:
        import csv

        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
        except (csv.Error, StopIteration):
            pass
    return [cell.strip() for cell in line.split(separator)]


def cells(source: Source, sheet: Sheet, places: Sequence[int]) -> Iterator[Cells]:
    """The cells of some columns, in batches; empty where a row is too short."""
    for first, lines in source.batches():
        if first + len(lines) <= sheet.first:
            continue
        skipped = max(sheet.first - first, 0)
        numbers: Sequence[int] = range(first + skipped, first + len(lines))
        lines = lines[skipped:]
        if any(not line or line.isspace() or line.lstrip().startswith(COMMENTS) for line in lines):
            kept = [(n, line) for n, line in zip(numbers, lines, strict=True) if _is_content(line)]
            numbers, lines = [n for n, _ in kept], [line for _, line in kept]
        if lines:
            yield numbers, _columns(lines, sheet.separator, places)


def _columns(lines: list[str], separator: str | None, places: Sequence[int]) -> list[list[str]]:
    if separator is not None and len(places) == 1 and places[0] == 0 and not any(separator in line for line in lines):
        return [[line.strip().strip('"') for line in lines]]
    if any('"' in line for line in lines):
        parts = [split(line.strip(), separator) for line in lines]
    else:
        parts = [line.split(separator) for line in lines]
    try:
        return [[part[place] for part in parts] for place in places]
    except IndexError:
        return [[part[place] if place < len(part) else "" for part in parts] for place in places]


def _is_content(line: str) -> bool:
    line = line.strip()
    return bool(line) and not line.startswith(COMMENTS)


def _separator(lines: Sequence[str]) -> tuple[str | None, bool]:
    """What parts the cells, and whether decimals have a comma."""
    has_head = any("," in line and not any(map(is_number, split(line, ","))) for line in lines[: len(lines) // 2 + 1])
    lines = [line[1:-1] if len(line) > 1 and line[0] == line[-1] == '"' and line.count('"') == 2 else line
             for line in lines[len(lines) // 2 :]]  # fmt: skip
    for mark in _SEPARATORS[:3]:
        if sum(mark in line for line in lines) * 2 > len(lines):
            parts = [cell for line in lines for cell in split(line, mark) if "," in cell]
            return mark, bool(parts) and sum(bool(_DECIMAL_COMMA.fullmatch(cell)) for cell in parts) * 2 > len(parts)
    if sum("," in line for line in lines) * 2 > len(lines):
        return (None, True) if not has_head and _are_decimals(lines) else (",", False)
    counts = Counter(len(parts) for line in lines if any(map(is_number, parts := split(line, None))))
    usual, often = counts.most_common(1)[0] if counts else (1, 0)
    return (None, False) if usual > 1 and often * 2 > len(lines) else (",", False)


def _are_decimals(lines: Sequence[str]) -> bool:
    """Whether ``0,812`` is one number, not two.

    Of two columns, the first rises from line to line as times do, or both hold whole numbers that can be intervals.
    """
    parts = [line.split() for line in lines if "," in line]
    if not all(_DECIMAL_COMMA.fullmatch(cell) for cells in parts for cell in cells):
        return False
    if any(len(cells) > 1 for cells in parts):
        return True
    pairs = [cells[0].split(",") for cells in parts]
    firsts = [int(first) for first, _ in pairs]
    if len(firsts) < 2 or all(b > a for a, b in pairwise(firsts)):
        return False
    return min(firsts) < _LEAST_MS or any(
        rest[0] == "0" or int(rest) < _LEAST_MS for _, rest in pairs if rest.isdecimal()
    )


def _width(rows: Sequence[Sequence[str]]) -> int:
    counts = Counter(len(cells) for cells in rows if any(is_number(cell) for cell in cells))
    return counts.most_common(1)[0][0] if counts else 0


def _numeric(width: int, rows: Sequence[Sequence[str]]) -> dict[int, Callable[[str], bool]]:
    """Columns that hold numbers, or times, and how to know them."""
    right = [cells for cells in rows if len(cells) == width]
    found: dict[int, Callable[[str], bool]] = {}
    for place in range(width):
        shown = [cells[place] for cells in right if cells[place].lower() not in BLANK]
        kind = is_time if sum(map(is_time, shown)) * 2 > len(shown) else is_number
        if shown and sum(map(kind, shown)) > _FEW_01 * len(shown):
            found[place] = kind
    return found


def _is_row(cells: Sequence[str], width: int, numeric: dict[int, Callable[[str], bool]]) -> bool:
    if abs(len(cells) - width) > 1:
        return False
    shown = [place for place in numeric if place < len(cells) and cells[place].lower() not in BLANK]
    right = sum(numeric[place](cells[place]) for place in shown)
    return right > 0 and right * 2 >= len(shown)


def _after_head(above: Sequence[list[str]], width: int, place: int) -> int:
    """The first row: what stands under a head of known names is a row, even where it cannot be read."""
    known = [n for n, cells in enumerate(above) if len(cells) == width and any(column(cell).role for cell in cells)]
    if not known:
        return place
    under = known[-1] + 1
    return min(under + (under < len(above) and is_units(above[under])), place)


def _head(above: Sequence[list[str]], width: int) -> tuple[tuple[Column, ...], bool]:
    units: list[str] = []
    if above and len(above[-1]) >= width and is_units(above[-1]):
        units, above = above[-1], above[:-1]
    names = above[-1] if above else []
    if len(names) == width - 1 and width > 1:
        names = ["", *names]  # row numbers have no name
    if len(names) < width or any(is_number(name) for name in names if name) or not any(names):
        return tuple(Column("") for _ in range(width)), False
    found = [column(name) for name in names[:width]]
    if units:
        found = [with_unit(one, unit) for one, unit in zip(found, units, strict=False)]
    return tuple(found), True


def _stated_rate(text: str) -> float | None:
    found = _RATE.search(text)
    if found is None or float(found[1]) <= 0:
        return None
    return float(found[1]) * (1000.0 if (found[2] or "").lower() == "khz" else 1.0)


def _stated_unit(text: str) -> float | None:
    found = _UNIT.search(text)
    return unit_in_ms(found[1]) if found else None

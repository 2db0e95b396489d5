"""Kubios: results as text or CSV with the intervals in a section of their own, and its series export.

The section begins with a heading that names RR intervals. Its rows hold a time in s and an interval, or an interval
alone; the units stand under the heads, and the numbers show them too. It ends at the first line without a number.
"""

import re
from typing import Final

from agent.recording.names import TIME, column, is_units
from agent.recording.numbers import is_number, with_comma
from agent.recording.options import Options, unit_in_ms
from agent.recording.rows import Rows
from agent.recording.sheet import split
from agent.recording.source import Source
from agent.recording.tables import rows as of_table

_HEADING: Final = re.compile(r"\brr[ _-]?(interval|series|data)", re.IGNORECASE)
_LOOKED_AT: Final = 40
_PAIR: Final = 2


def knows(source: Source) -> bool:
    """By its name in the first lines."""
    return source.is_text() and any("kubios" in line.lower() for line in source.head_lines()[:_LOOKED_AT])


def rows(source: Source, options: Options) -> Rows:
    """The intervals of the section, or of all the file where it is a series export.

    Raises:
        RecordingUnreadable: It holds results alone.
    """
    lines = source.head_lines()
    if all(line.startswith("#") or is_number(line.strip()) or not line.strip() for line in lines):
        return of_table(source, options)
    section = _Section()
    for first, batch in source.batches():
        for number, line in enumerate(batch, start=first):
            cells = [cell for cell in split(line.strip(), _separator(line)) if cell]
            if cells and not set(line.strip()) <= set("-=_ ,;"):
                section.line(number, line, cells)
    if not len(section.rows.value):
        raise source.bad(1, "a Kubios report without its RR intervals", "Export the RR data as text or CSV in Kubios.")
    return section.rows


class _Section:
    """The intervals of a report: what stands under a heading of RR intervals, up to the next words."""

    def __init__(self) -> None:
        self.rows = Rows()
        self._is_inside = False
        self._names = [""]

    def line(self, number: int, line: str, cells: list[str]) -> None:
        if is_number(cells[0]):
            if self._is_inside:
                _add(self.rows, [with_comma(cell) for cell in cells[:_PAIR] if is_number(cell)], number, self._names)
        elif len(self.rows.value):
            self._is_inside = False
        elif self._is_inside or _HEADING.search(line):
            self._is_inside = True
            self._head(cells)

    def _head(self, cells: list[str]) -> None:
        last = cells[min(1, len(cells) - 1)]
        if is_units(cells):
            self.rows.unit_ms = unit_in_ms(last.strip("()[] "))
        else:
            self._names = cells
            self.rows.unit_ms = column(last).unit_ms or self.rows.unit_ms


def _add(found: Rows, values: list[float], number: int, names: list[str]) -> None:
    has_time = len(values) == _PAIR and (column(names[0]).role == TIME or len(names) != 1)
    if has_time and (found.time is not None or not len(found.value)):
        if found.time is None:
            found.time, found.time_is_s = type(found.value)("d"), True
        found.time.append(values[0])
        found.add(values[1], number)
    elif found.time is None:
        found.add(values[0], number)


def _separator(line: str) -> str | None:
    return next((mark for mark in (";", "\t", ",") if mark in line), None)

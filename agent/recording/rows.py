"""What a reader of intervals gathers: numbers as they are written, their lines and times, and unreadable cells."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.recording.names import INTERVALS
from agent.recording.numbers import BLANK, ToNumber
from agent.signal.heart.rr import Floats, quantile


@dataclass(slots=True)
class Faults:
    """Cells that could not be read.

    Attributes:
        count: How many.
        line: Of the first.
        why: What is wrong with it.
    """

    count: int = 0
    line: int = 0
    why: str = ""

    def add(self, line: int, why: str, count: int = 1) -> None:
        """One more."""
        if not self.count:
            self.line, self.why = line, why
        self.count += count

    def note(self, what: str) -> str:
        """For a person."""
        more = f" ({self.count} such)" if self.count > 1 else ""
        return f"line {self.line}: {self.why}; {what}{more}"


@dataclass(slots=True)
class Rows:
    """Beats as a file holds them.

    Attributes:
        value: Intervals, or times of beats, in the file's unit; NaN where a cell could not be read.
        line: The line, or the record, of each.
        time: When each was written, in s or in a unit to be found; None where the file has no times.
        role: `names.INTERVALS` or `names.BEATS`.
        unit_ms: The length of the file's unit in ms; None where it states none.
        time_is_s: Whether times are in s.
        time_is_value: Whether times have the intervals' own unit.
        stops: Places before which something is missing, by the file's own word.
        faults: Cells that could not be read.
        notes: What the person is to know.
    """

    value: "array[float]" = field(default_factory=lambda: array("d"))
    line: "array[int]" = field(default_factory=lambda: array("I"))
    time: "array[float] | None" = None
    role: str = INTERVALS
    unit_ms: float | None = None
    time_is_s: bool = True
    time_is_value: bool = False
    stops: list[int] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    notes: list[str] = field(default_factory=list)

    def add(self, value: float, line: int) -> None:
        """One more, without a time."""
        self.value.append(value)
        self.line.append(line)


def middle_of(values: Floats) -> float:
    """The median. numpy's own loads its masked arrays first, a tenth of what a start may cost."""
    return quantile(np.sort(values), 0.5)


def numbers(cells: Sequence[str], lines: Sequence[int], read: ToNumber, faults: Faults) -> list[float]:
    """Cells as numbers; NaN where one is none, which is counted."""
    try:
        found = [read(cell) for cell in cells]
    except ValueError:
        found = [_number(cell, line, read, faults) for cell, line in zip(cells, lines, strict=True)]
    return found


def _number(cell: str, line: int, read: ToNumber, faults: Faults) -> float:
    cell = cell.strip().strip("\"'")
    try:
        return read(cell)
    except ValueError:
        pass
    if cell.lower() not in BLANK:
        faults.add(line, f"{cell[:20]!r} is not a number")
    else:
        faults.add(line, "not a finite number" if cell else "an empty cell")
    return math.nan

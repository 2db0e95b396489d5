"""Polar Flow: no head; the time since the start in s, a tab, and the interval in ms."""

import itertools
from dataclasses import replace

from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.sheet import sniffed
from agent.recording.source import Source
from agent.recording.tables import rows as of_table

_FEWEST = 3


def knows(source: Source) -> bool:
    """Two columns of numbers, apart by tabs, the first one rising."""
    sheet = sniffed(source.head_lines()) if source.is_text() else None
    if sheet is None or sheet.separator != "\t" or sheet.has_head or len(sheet.columns) != 2:
        return False
    try:
        first = [float(cell.replace(",", ".")) for cell in sheet.cells_of(0)[:50]]
    except ValueError:
        return False
    steps = [b - a for a, b in itertools.pairwise(first)]
    return len(first) >= _FEWEST and all(step > 0 for step in steps) and set(steps) != {1.0}


def rows(source: Source, options: Options) -> Rows:
    """The second column, at the times of the first."""
    if options.column is None:
        options = replace(options, column="2")
    if options.time_column is None and options.column == "2":
        options = replace(options, time_column="1")
    return of_table(source, options)

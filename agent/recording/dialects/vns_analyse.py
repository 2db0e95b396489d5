"""VNS Analyse: a report in German; intervals in s, one a line, some with a note behind a tab."""

import re
from typing import Final

from agent.recording.numbers import with_comma
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source

_HEAD: Final = re.compile(r"rr[- ]?interval(le|ls)?\b", re.IGNORECASE)
_VALUE: Final = re.compile(r"(\d+[.,]\d+)(\s.*)?")


def knows(source: Source) -> bool:
    """By its heading."""
    return source.is_text() and any(line.lower().startswith("rr-intervalle") for line in source.head_lines()[:200])


def rows(source: Source, _: Options) -> Rows:
    """The last section of intervals: the corrected ones where the file has both."""
    found = Rows(unit_ms=1000.0)
    sections = 0
    for first, lines in source.batches():
        for number, line in enumerate(lines, start=first):
            if line.lower().startswith("rr-intervalle"):
                sections += 1
                found = Rows(unit_ms=1000.0)
            elif sections and (value := _VALUE.fullmatch(line.strip())):
                found.add(with_comma(value[1]), number)
    if sections > 1:
        found.notes.append(f"{sections} series of intervals; the last one is read")
    return found

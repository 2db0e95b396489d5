"""Bytes of a CSV file to numbered lines of cells; lines that cannot be read are counted, with reason and first line."""

import codecs
import csv
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.errors import RatingsUnreadable

MOST_BYTES: Final = 50_000_000
MOST_ROWS: Final = 1_000_000
LONGEST_LINE: Final = 10_000
LONGEST_CELL: Final = 200
STDIN: Final = "-"
_MOST_REASONS: Final = 8

_AS_CSV: Final = "Save it as CSV in UTF-8, with commas and decimal points."
_MARKS: Final = {
    codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"\x1f\x8b": "packed with gzip", b"\xd0\xcf\x11\xe0": "a spreadsheet", b"%PDF": "a PDF",
}  # fmt: skip
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NEVER: Final = (
    (re.compile("[\ud800-\udfff]"), "bytes that are no UTF-8"),
    (re.compile("\0"), "a NUL byte"),
    (_CONTROL, "a control character"),
)
"""Bytes that are no UTF-8 arrive as lone surrogates; among control characters are marks that reorder text."""

Line = tuple[int, list[str]]
"""Number of the line in the file, from 1, and its cells."""


class Faults:
    """Lines that could not be read, by reason.

    Args:
        name: Of the file.

    Attributes:
        lines: How many there are under the header, blank ones left out.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.lines = 0
        self._found: dict[str, list[int]] = {}
        self._lines: set[int] = set()

    def add(self, line: int, reason: str) -> None:
        """Count one.

        Args:
            line: Its number.
            reason: What it has or lacks, in words that go on from "with".
        """
        self._lines.add(line)
        counted = self._found.setdefault(reason, [0, line])
        counted[0] += 1

    def refuse(self) -> None:
        """Refuse the file if any line could not be read.

        Raises:
            RatingsUnreadable: With all reasons.
        """
        if not self._lines:
            return
        parts = [f"{count} with {reason} (first: line {first})" for reason, (count, first) in self._found.items()]
        more = f"; and {len(parts) - _MOST_REASONS} more reasons" if len(parts) > _MOST_REASONS else ""
        said = f"{'; '.join(parts[:_MOST_REASONS])}{more}"
        raise RatingsUnreadable(
            f"{self._name}: {len(self._lines)} of {self.lines:,} lines could not be read: {said}",
            remedy=f"Correct these lines; none is left out silently. {_AS_CSV}",
        )


def load(file: Path) -> tuple[str, bytes]:
    """The name of a file, or of stdin where the path is ``-``, and its bytes.

    Raises:
        RatingsUnreadable: It cannot be opened, is empty, or is larger than 50 MB.
    """
    name = "stdin" if str(file) == STDIN else file.name
    try:
        if str(file) == STDIN:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with file.open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise RatingsUnreadable(f"{file}: {words}", remedy="Check the path, and that you may read it.") from error
    if len(data) > MOST_BYTES:
        raise RatingsUnreadable(
            f"{name}: larger than {MOST_BYTES // 1_000_000} MB",
            remedy=f"At most {MOST_BYTES // 1_000_000} MB and {MOST_ROWS:,} rows are read; split the file.",
        )
    return name, data


def rows(name: str, data: bytes, faults: Faults) -> Iterator[Line]:
    """The header, then each line that could be read. Lines without any text are passed over.

    Args:
        name: Of the file, for messages.
        data: All of it.
        faults: Where lines are counted that could not be read.

    Raises:
        RatingsUnreadable: No CSV in UTF-8, a header that cannot be read, or too many rows.
    """
    for mark, what in _MARKS.items():
        if data.startswith(mark):
            raise RatingsUnreadable(f"{name}: {what}, not CSV in UTF-8", remedy=_AS_CSV)
    text = data.decode("utf-8-sig", errors="surrogateescape").replace("\r\n", "\n").replace("\r", "\n")
    width = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip(" \t,"):
            continue
        cells, reason = _cells(line)
        if not width:
            width = len(_header(name, line, cells, reason))
        else:
            faults.lines += 1
            if faults.lines > MOST_ROWS:
                raise RatingsUnreadable(f"{name}: more than {MOST_ROWS:,} rows", remedy="Split the file.")
            if not reason and len(cells) != width:
                reason = f"{len(cells)} cells instead of {width}"
        if reason:
            faults.add(number, reason)
        else:
            yield number, cells
    if not width:
        raise RatingsUnreadable(f"{name}: empty", remedy="Give a header 'unit,rater,rating', and a line a rating.")


def _header(name: str, line: str, cells: list[str], reason: str) -> list[str]:
    """The header's cells."""
    if reason:
        raise RatingsUnreadable(f"{name}: a header with {reason}", remedy=_AS_CSV)
    if len(cells) == 1:
        mark = next((words for sign, words in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")) if sign in line), "")
        what = f"columns are separated by {mark}" if mark else "the header has one column"
        raise RatingsUnreadable(
            f"{name}: {what}",
            remedy="Columns are separated by commas: unit,rater,rating; or unit and a column a rater.",
        )
    return cells


def _cells(line: str) -> tuple[list[str], str]:
    """A line's cells, trimmed; or the reason why there are none."""
    if len(line) > LONGEST_LINE:
        return [], f"more than {LONGEST_LINE:,} characters"
    reason = next((words for pattern, words in _NEVER if pattern.search(line)), "")
    if reason:
        return [], reason
    if '"' in line:
        try:
            cells = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration):
            return [], "a quotation mark that is not closed, or text after it"
    else:
        cells = line.split(",")
    cells = [cell.strip() for cell in cells]
    if not line.isascii():
        cells = [unicodedata.normalize("NFC", cell) for cell in cells]
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return [], f"a cell of more than {LONGEST_CELL} characters"
    return cells, ""

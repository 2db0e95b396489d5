"""Lines to a grid of units and raters. The header decides the form.

Long: unit, rater and rating, a line a rating. Wide: unit, and then a column a rater.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final, Literal

import numpy as np

from agent.agreement.kappa import Ints
from agent.agreement.lines import Faults, Line, load, rows
from agent.errors import RatingsUnreadable

MOST_RATERS: Final = 50
MOST_CELLS: Final = 5_000_000
"""Units times raters: what fits into the memory of a small machine."""
LARGEST: Final = 1e15
MISSING: Final = frozenset(("", "na", "n/a", "."))
"""Cells that hold no rating, in small letters."""
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)

_LONG: Final = ("unit", "rater", "rating")
_NOT_FINITE: Final = re.compile(r"[+-]?(inf|infinity|nan|1\.#inf|1\.#ind|1\.#qnan)", re.IGNORECASE)
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_FORMS: Final = "The header is 'unit,rater,rating', or 'unit' and then a column a rater."
_NO_CODE: Final = -1
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """Ratings as text, each distinct text once.

    Attributes:
        name: Of the file.
        form: Long or wide.
        units: Their names.
        raters: Their names.
        labels: Every different rating.
        code: Place of a rating in `labels`, -1 where there is none, shape ``(units, raters)``.
        missing: Pairs of a unit and a rater without a rating.
        notes: What the person is to know.
        lines: For each label, the first line that it stands on.
    """

    name: str
    form: Literal["long", "wide"]
    units: tuple[str, ...]
    raters: tuple[str, ...]
    labels: tuple[str, ...]
    code: Ints
    missing: int
    notes: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(slots=True)
class _Names:
    """Names in the order of their first appearance."""

    place: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        return self.place.setdefault(name, len(self.place))


@dataclass(slots=True)
class _Labels:
    """Every different rating; what cannot be one, and why."""

    place: dict[str, int] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def of(self, cell: str, line: int) -> int | str:
        """Its code, or the reason why it is no rating."""
        code = self.place.get(cell)
        if code is not None:
            return code
        if cell.lower() in MISSING:
            return _NO_CODE
        reason = self.refused.get(cell) or _why_no_rating(cell)
        if reason:
            self.refused[cell] = reason
            return reason
        self.lines.append(line)
        return self.place.setdefault(cell, len(self.place))


def read(file: Path) -> Grid:
    """A file of ratings.

    Args:
        file: Its path; ``-`` for stdin.

    Raises:
        RatingsUnreadable: Naming the reason, and for lines how many, why and the first.
    """
    name, data = load(file)
    return parse(name, data)


def parse(name: str, data: bytes) -> Grid:
    """The same from bytes.

    Args:
        name: For messages.
        data: Any bytes.

    Raises:
        RatingsUnreadable: As for `read`.
    """
    faults = Faults(name)
    lines = rows(name, data, faults)
    first = next(lines)
    header = [cell.lower() for cell in first[1]]
    if set(_LONG) <= set(header):
        grid = _long(name, header, first[1], lines, faults)
    elif header[0] == "unit":
        grid = _wide(name, first[1][1:], lines, faults)
    else:
        raise RatingsUnreadable(f"{name}: the first column of the header is not 'unit'", remedy=_FORMS)
    if len(grid.raters) < 2:
        raise RatingsUnreadable(f"{name}: {len(grid.raters)} rater; agreement is between two or more", remedy=_FORMS)
    return grid


def _long(name: str, header: list[str], titles: list[str], lines: Iterator[Line], faults: Faults) -> Grid:
    doubled = sorted({title for title in _LONG if header.count(title) > 1})
    if doubled:
        raise RatingsUnreadable(f"{name}: the header names {doubled[0]!r} twice", remedy=_FORMS)
    at = [header.index(title) for title in _LONG]
    units, raters, labels = _Names(), _Names(), _Labels()
    seen: dict[tuple[int, int], int] = {}
    for number, cells in lines:
        unit, rater, cell = (cells[place] for place in at)
        if not unit or not rater:
            faults.add(number, "no name of the unit" if not unit else "no name of the rater")
            continue
        code = labels.of(cell, number)
        if isinstance(code, str):
            faults.add(number, code)
            continue
        key = (units.of(unit), raters.of(rater))
        if key in seen:
            faults.add(number, "a unit and a rater that an earlier line has together")
            continue
        _check_raters(name, len(raters.place))
        seen[key] = code
    faults.refuse()
    _check_cells(name, len(units.place), len(raters.place))
    code_of = np.full((len(units.place), len(raters.place)), _NO_CODE, dtype=np.int64)
    if seen:
        pairs = np.fromiter(chain.from_iterable(seen), dtype=np.int64, count=2 * len(seen)).reshape(-1, 2)
        code_of[pairs[:, 0], pairs[:, 1]] = np.fromiter(seen.values(), dtype=np.int64, count=len(seen))
    unused = [title for title, small in zip(titles, header, strict=True) if small not in _LONG]
    more = f" and {len(unused) - _MOST_NAMED} more" if len(unused) > _MOST_NAMED else ""
    notes = (f"columns that are not used: {', '.join(unused[:_MOST_NAMED])}{more}",) if unused else ()
    return _grid(name, "long", (units, raters, labels), code_of, notes)


def _wide(name: str, raters: list[str], lines: Iterator[Line], faults: Faults) -> Grid:
    _check_raters(name, len(raters))
    if "" in raters or len(set(raters)) < len(raters):
        what = "a column without a name" if "" in raters else "two raters of one name"
        raise RatingsUnreadable(f"{name}: the header has {what}", remedy="Give each rater a name.")
    units, labels = _Names(), _Labels()
    codes: list[list[int]] = []
    for number, cells in lines:
        if not cells[0]:
            faults.add(number, "no name of the unit")
            continue
        if cells[0] in units.place:
            faults.add(number, "a unit that an earlier line has")
            continue
        _check_cells(name, units.of(cells[0]) + 1, len(raters))
        found = [labels.of(cell, number) for cell in cells[1:]]
        reason = next((code for code in found if isinstance(code, str)), "")
        if reason:
            faults.add(number, reason)
            continue
        codes.append([code for code in found if isinstance(code, int)])
    faults.refuse()
    code_of = np.array(codes, dtype=np.int64).reshape(-1, len(raters))
    return _grid(name, "wide", (units, _Names(dict.fromkeys(raters, 0)), labels), code_of, ())


def _grid(
    name: str, form: Literal["long", "wide"], parts: tuple[_Names, _Names, _Labels], code: Ints, notes: tuple[str, ...]
) -> Grid:
    units, raters, labels = parts
    missing = int(np.count_nonzero(code == _NO_CODE))
    return Grid(name, form, tuple(units.place), tuple(raters.place), tuple(labels.place), code, missing, notes,
                tuple(labels.lines))  # fmt: skip


def _check_raters(name: str, raters: int) -> None:
    if raters > MOST_RATERS:
        raise RatingsUnreadable(
            f"{name}: more than {MOST_RATERS} raters", remedy=f"At most {MOST_RATERS} are compared; split the file."
        )


def _check_cells(name: str, units: int, raters: int) -> None:
    if units * raters > MOST_CELLS:
        raise RatingsUnreadable(
            f"{name}: {units:,} units times {raters} raters are more than {MOST_CELLS:,} cells",
            remedy="Split the file.",
        )


def _why_no_rating(cell: str) -> str:
    """Why a cell is no rating; empty where it can be one."""
    if _NOT_FINITE.fullmatch(cell):
        return "the word inf or nan as a rating"
    if cell.startswith("#"):
        return "a spreadsheet's error value as a rating"
    if _DECIMAL_COMMA.fullmatch(cell):
        return "a decimal comma"
    if NUMBER.fullmatch(cell) and abs(float(cell)) > LARGEST:
        return f"a number beyond {LARGEST:.0e}"
    return ""

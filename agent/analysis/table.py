"""`--csv out.csv`: one row a recording and window (or, with --long, a number of it); `out.dictionary.csv` beside it.

Missing is empty, and the reason stands beside it. UTF-8, comma, decimal point, as R's read.csv, pandas, SPSS, JASP and
jamovi read it without an option.
"""

import csv
import math
from pathlib import Path
from typing import Final

from agent.analysis.columns import LONG, REASON_CODES, WIDE, Cell, Column, Row, heart_numbers, meaning_of, unit_of
from agent.analysis.heart import Analysis, Timed
from agent.analysis.study import Refused, dictionary_of
from agent.model import Window
from agent.report.cells import no_formula
from agent.report.written import WholeFile
from agent.tables.feature_spec import FeatureSpec

DICTIONARY_HEAD: Final = (
    "column", "unit", "meaning", "formula", "source", "slow_trend_removed", "interval_95", "needs_window_s",
    "needs_count", "needs_coverage_01", "most_edited_01", "most_gap_s", "lowest", "highest",
)  # fmt: skip


class Table:
    """An output of a study.

    Args:
        file: The table.
        is_long: One row a number.
    """

    def __init__(self, file: Path, *, is_long: bool) -> None:
        self._columns = LONG if is_long else WIDE
        self._is_long = is_long
        self._name, self._place = "", 0
        self._file, self._beside = WholeFile(file), WholeFile(dictionary_of(file))
        csv.writer(self._beside.text, lineterminator="\n").writerows(dictionary(self._columns))
        self._writer = csv.writer(self._file.text, lineterminator="\n")
        self._writer.writerow(column.name for column in self._columns)

    def begin(self, name: str, found: Analysis) -> None:  # noqa: ARG002 - an output's form
        self._name, self._place = name, 0

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:  # noqa: ARG002 - an output's form
        start_s, end_s, values = timed
        self._place += 1
        by_name = {value.name: value for value in values}
        for number in values if self._is_long else (None,):
            self._write(Row(self._name, found, "", self._place, start_s, end_s, by_name, number))

    def end(self, found: Analysis) -> None:
        pass

    def refused(self, refused: Refused) -> None:
        self._write(Row(refused.name, error=refused.reason))

    def keep(self) -> None:
        """Put both files in their places."""
        self._beside.keep()
        self._file.keep()

    def discard(self) -> None:
        """Leave nothing of them."""
        self._beside.discard()
        self._file.discard()

    def _write(self, row: Row) -> None:
        self._writer.writerow(as_cell(column.cell(row)) for column in self._columns)


def dictionary(columns: tuple[Column, ...]) -> list[tuple[str, ...]]:
    """A row for each column, in order, under a head; at the end what words in them mean.

    Args:
        columns: Of the table.
    """
    rows: list[tuple[str, ...]] = [DICTIONARY_HEAD]
    rows += [_entry(column.name, column.unit, column.meaning, column.spec) for column in columns]
    if not any(column.spec for column in columns):  # the long form names its numbers in a column
        rows += [_entry(f"number = {one.name}", unit_of(one.name), meaning_of(one), one) for one in heart_numbers()]
    rows.append(_entry("reason codes", "text", REASON_CODES, None))
    return rows


def _entry(name: str, unit: str, meaning: str, spec: FeatureSpec | None) -> tuple[str, ...]:
    if spec is None:
        return (name, unit, meaning, *("" for _ in DICTIONARY_HEAD[3:]))
    limits: tuple[Cell, ...] = (
        spec.min_span_s, spec.min_samples, spec.min_coverage_01, spec.most_edited_01,
        spec.most_hole_s if math.isfinite(spec.most_hole_s) else None, spec.low, spec.high,
    )  # fmt: skip
    yes_no = ("yes" if spec.detrended else "no", "yes" if spec.has_interval else "none is established")
    return (name, unit, meaning, spec.formula, f"doi:{spec.source}", *yes_no, *map(as_cell, limits))


def as_cell(cell: Cell) -> str:
    """A cell: the shortest text that is read back as the same number; words in one line, and never a formula."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return repr(float(cell))
    return no_formula(str(cell))

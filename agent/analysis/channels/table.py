"""`--csv out.csv`: one row a recording and window (with --long: a number of it); `out.dictionary.csv` beside it."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent import __version__
from agent.analysis.channels.analysis import Analysis, Timed
from agent.analysis.channels.specs import REASONS, SPECS, Spec
from agent.analysis.part import is_clock
from agent.analysis.study import Refused, dictionary_of
from agent.analysis.table import as_cell
from agent.report.written import WholeFile

Cell = str | int | float | None

_ABOUT: Final = (
    ("file", "text", "Name of the recording, below the folder that all recordings share."),
    ("error", "text", "Why the recording could not be read; its other cells are empty."),
    ("read_as", "text", "Kind of file that it was read as."),
    ("notes", "text", "What is doubtful about the file, parted by ' | '."),
    ("recording_start_utc", "ISO 8601 in UTC", "Its start, where the file has clock times."),
    ("recording_s", "s", "Length of the recording, or of its part between --from and --until."),
    ("fs_hz", "Hz", "Samples per second."),
    ("window", "count", "Number of the window in its recording, from 1."),
    ("window_start_s", "s", "Start of the window, after the start of the recording."),
    ("window_s", "s", "Length of the window."),
)
_NUMBER: Final = (
    ("number", "text", "Which number; all are listed below."),
    ("value", "as in the column unit", "Its value; empty if withheld."),
    ("unit", "text", "Its unit; a share is from 0 to 1."),
    ("n", "count", "Seconds or responses that it rests on."),
    ("reason", "text", "Why the value is empty; see the row 'reason codes'."),
)
_VERSION: Final = ("wardbeat_version", "text", "Version that computed the row.")
_HEAD: Final = ("column", "unit", "meaning", "formula", "source")


class Table:
    """An output.

    Args:
        file: The table.
        signal: Of all recordings.
        is_long: One row a number.
    """

    def __init__(self, file: Path, signal: str, *, is_long: bool) -> None:
        self._specs, self._is_long = SPECS[signal], is_long
        self._file, self._beside = WholeFile(file), WholeFile(dictionary_of(file))
        csv.writer(self._beside.text, lineterminator="\n").writerows(dictionary(signal, is_long=is_long))
        self._writer = csv.writer(self._file.text, lineterminator="\n")
        self._writer.writerow(name for name, *_ in _columns(self._specs, is_long=is_long))

    def recording(self, name: str, found: Analysis, windows: Sequence[Timed]) -> None:
        about = (
            name, "", found.found.dialect, " | ".join(found.found.notes), _utc(found.found.start_s), found.length_s,
            found.found.fs_hz,
        )  # fmt: skip
        for place, window in enumerate(windows, start=1):
            row: tuple[Cell, ...] = (*about, place, window.start_s, window.end_s - window.start_s)
            for cells in self._cells(window):
                self._write((*row, *cells, __version__))

    def refused(self, refused: Refused) -> None:
        empty = len(_columns(self._specs, is_long=self._is_long)) - 3
        self._write((refused.name, refused.reason, *(None for _ in range(empty)), __version__))

    def keep(self) -> None:
        """Put both files in their places."""
        self._beside.keep()
        self._file.keep()

    def discard(self) -> None:
        """Leave nothing of them."""
        self._beside.discard()
        self._file.discard()

    def _cells(self, window: Timed) -> Iterator[tuple[Cell, ...]]:
        if self._is_long:
            for spec in self._specs:
                one = window.number(spec.name)
                yield spec.name, one.value, _unit(spec), one.n, one.reason
            return
        numbers = [window.number(spec.name) for spec in self._specs]
        yield tuple(cell for one in numbers for cell in (one.value, one.n, one.reason))

    def _write(self, row: tuple[Cell, ...]) -> None:
        self._writer.writerow(as_cell(cell) for cell in row)


def dictionary(signal: str, *, is_long: bool) -> list[tuple[str, ...]]:
    """A row for each column, in order, under a head; at the end what words in them mean.

    Args:
        signal: Of the table.
        is_long: Its form.
    """
    rows: list[tuple[str, ...]] = [_HEAD, *_columns(SPECS[signal], is_long=is_long)]
    if is_long:
        rows += [_entry(spec, f"number = {spec.name}") for spec in SPECS[signal]]
    codes = "; ".join(f"{code}: {words}" for code, words in REASONS[signal].items())
    return [*rows, ("reason codes", "text", codes, "", "")]


def _columns(specs: Sequence[Spec], *, is_long: bool) -> list[tuple[str, ...]]:
    rows = [(*row, "", "") for row in _ABOUT]
    if is_long:
        rows += [(*row, "", "") for row in _NUMBER]
    else:
        for spec in specs:
            rows += [
                _entry(spec, spec.name),
                (f"{spec.name}_n", "count", f"Seconds or responses that {spec.name} rests on.", "", ""),
                (f"{spec.name}_reason", "text", f"Why {spec.name} is empty; see the row 'reason codes'.", "", ""),
            ]
    return [*rows, (*_VERSION, "", "")]


def _entry(spec: Spec, name: str) -> tuple[str, str, str, str, str]:
    return name, _unit(spec), spec.meaning, spec.formula, f"doi:{spec.source}" if spec.source else ""


def _unit(spec: Spec) -> str:
    return {"%": "1, a share from 0 to 1", "µS": "uS", "/min": "1/min"}.get(spec.unit, spec.unit)


def _utc(start_s: float) -> str | None:
    if not is_clock(start_s):
        return None
    return datetime.fromtimestamp(round(start_s, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""COLUMNS of `--csv`: one row a column, from which both the table's cells and its data dictionary are made.

Wide: one row a recording and window, one column a number, beside it its 95 % interval and the reason why it is missing.
Long: one row a number of a window.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from agent import __version__
from agent.analysis.heart import Analysis
from agent.analysis.notes import notes_of
from agent.analysis.part import has_clock
from agent.features import FEATURES
from agent.model import FeatureValue
from agent.tables.feature_spec import REASONS, FeatureSpec

Cell = str | int | float | None

_UNITS: Final = (
    ("_ms2", "ms^2"), ("_ms", "ms"), ("_bpm", "1/min"), ("_hz", "Hz"), ("_s", "s"), ("_01", "1, a share from 0 to 1"),
    ("_count", "count"), ("_utc", "ISO 8601 in UTC"), ("ln_rmssd", "ln(ms)"), ("_ratio", "1"),
)  # fmt: skip
_NO_UNIT: Final = "1"
_NEUTRAL: Final = (
    (" over five minutes", ""), ("two of your heart beats", "two heart beats"), ("How often you breathe", "Breaths"),
    ("Your ", "The "), (" your ", " the "),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What the cells of one row are taken from.

    Attributes:
        name: The recording's.
        found: The analysis; None for a recording that could not be read.
        error: Why it could not.
        place: Number of the window, from 1.
        start_s, end_s: Of the window, as the file counts time.
        values: The window's numbers by name.
        number: In the long form, the number of this row.
    """

    name: str
    found: Analysis | None = None
    error: str = ""
    place: int = 0
    start_s: float = 0.0
    end_s: float = 0.0
    values: dict[str, FeatureValue] | None = None
    number: FeatureValue | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: With its unit at the end.
        unit: Of its values; "text" for words.
        meaning: One sentence.
        cell: Its value in a row; None: empty.
        spec: The number whose value it holds, or None.
    """

    name: str
    unit: str
    meaning: str
    cell: Callable[[Row], Cell]
    spec: FeatureSpec | None = None


def unit_of(name: str) -> str:
    """The unit that a name ends in.

    >>> unit_of("rmssd_ms"), unit_of("csi")
    ('ms', '1')
    """
    return next((unit for ending, unit in _UNITS if name.endswith(ending)), _NO_UNIT)


def meaning_of(spec: FeatureSpec) -> str:
    """A number's words, of a recording instead of the reader."""
    words = spec.words
    for personal, neutral in _NEUTRAL:
        words = words.replace(personal, neutral)
    return words


def heart_numbers() -> list[FeatureSpec]:
    """Every number of the heart, in the order of the documents."""
    return sorted((spec for spec in FEATURES.values() if spec.signal == "heart"), key=lambda spec: spec.feature_id)


# ---- the cells


def _of_recording(take: Callable[[Analysis], Cell]) -> Callable[[Row], Cell]:
    return lambda row: None if row.found is None else take(row.found)


def _of_window(take: Callable[[Row], Cell]) -> Callable[[Row], Cell]:
    return lambda row: None if row.values is None else take(row)


def _of(name: str, take: Callable[[FeatureValue], Cell]) -> Callable[[Row], Cell]:
    return lambda row: None if row.values is None or name not in row.values else take(row.values[name])


def _of_number(take: Callable[[FeatureValue], Cell]) -> Callable[[Row], Cell]:
    return lambda row: None if row.number is None else take(row.number)


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(round(at_s, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clock(found: Analysis | None, at_s: float) -> str | None:
    return _utc(at_s) if found is not None and has_clock(found.recorded) else None


def _since_start_s(row: Row) -> Cell:
    if row.found is None:
        return None
    return round(row.start_s - row.found.recorded.start_s + row.found.recorded.cut_s, 6)


_RECORDING: Final = (
    Column("file", "text", "Name of the recording, below the folder that all recordings share.", lambda row: row.name),
    Column("error", "text", "Why the recording could not be read; its other cells are empty.", lambda row: row.error),
    Column("read_as", "text", "Kind of file that it was read as.", _of_recording(lambda found: found.recorded.dialect)),
    Column(
        "notes", "text", "What is doubtful about the file, parted by ' | '.",
        _of_recording(lambda found: " | ".join(notes_of(found.recorded))),
    ),
    Column(
        "recording_start_utc", unit_of("_utc"), "Start of the first interval, where the file has clock times.",
        lambda row: None if row.found is None else _clock(row.found, row.found.recorded.start_s),
    ),
    Column("recording_s", "s", "Length of the recording, or of its part between --from and --until.",
           _of_recording(lambda found: round(found.recorded.length_s, 6))),
    Column("recording_intervals_count", "count", "Intervals in it.",
           _of_recording(lambda found: int(found.recorded.rr_ms.size))),
    Column("recording_faulty_01", unit_of("_01"), "Share of them with another label than normal.",
           _of_recording(lambda found: float(np.mean(found.recorded.label != 0)))),
)  # fmt: skip
_WINDOW: Final = (
    Column("window", "count", "Number of the window in its recording, from 1.", _of_window(lambda row: row.place)),
    Column("window_start_s", "s", "Start of the window, after the start of the recording.", _of_window(_since_start_s)),
    Column("window_start_utc", unit_of("_utc"), "The same by the clock, where the file has clock times.",
           _of_window(lambda row: _clock(row.found, row.start_s))),
    Column("window_s", "s", "Length of the window; a short recording, or the rest of a long one, is a window as long as"
           " it is.", _of_window(lambda row: round(row.end_s - row.start_s, 6))),
)  # fmt: skip
_QUALITY: Final = (
    Column("nn_count", "count", "Normal intervals that end in the window.", _of("mean_nn_ms", lambda one: one.n)),
    Column("nn_pairs_count", "count", "Pairs of neighbouring normal intervals.", _of("rmssd_ms", lambda one: one.n)),
    Column("coverage_01", unit_of("_01"), "Share of the window that normal intervals fill.",
           _of("mean_nn_ms", lambda one: one.coverage_01)),
    Column("edited_01", unit_of("_01"), "Share of the window's intervals that are not normal.",
           _of("mean_nn_ms", lambda one: one.edited_01)),
    Column("longest_gap_s", "s", "Longest part of the window without a normal interval.",
           _of("mean_nn_ms", lambda one: one.longest_gap_s)),
)  # fmt: skip
_PROGRAM: Final = (Column("wardbeat_version", "text", "Version that computed the row.", lambda _: __version__),)


def _number(spec: FeatureSpec) -> tuple[Column, ...]:
    name, unit = spec.name, unit_of(spec.name)
    value = Column(name, unit, meaning_of(spec), _of(name, lambda one: one.value), spec)
    ends = (
        Column(f"{name}_ci_low", unit, f"Lower end of the 95 % interval of {name}.", _of(name, lambda one: one.ci_low)),
        Column(
            f"{name}_ci_high", unit, f"Upper end of the 95 % interval of {name}.", _of(name, lambda one: one.ci_high)
        ),
    )
    reason = Column(f"{name}_reason", "text", f"Why {name} is empty; see the row 'reason codes'.",
                    _of(name, lambda one: one.reason))  # fmt: skip
    return (value, *(ends if spec.has_interval else ()), reason)


WIDE: Final = (*_RECORDING, *_WINDOW, *_QUALITY, *(c for spec in heart_numbers() for c in _number(spec)), *_PROGRAM)
LONG: Final = (
    *_RECORDING[:2],
    *_WINDOW,
    Column("number", "text", "Which number; all are listed below.", _of_number(lambda one: one.name)),
    Column("value", "as in the column unit", "Its value; empty if withheld.", _of_number(lambda one: one.value)),
    Column("unit", "text", "Its unit.", _of_number(lambda one: unit_of(one.name))),
    Column("ci_low", "as in the column unit", "Lower end of its 95 % interval.", _of_number(lambda one: one.ci_low)),
    Column("ci_high", "as in the column unit", "Upper end of its 95 % interval.", _of_number(lambda one: one.ci_high)),
    Column("n", "count", "Beats or pairs of beats that it rests on.", _of_number(lambda one: one.n)),
    Column("reason", "text", "Why the value is empty; see the row 'reason codes'.", _of_number(lambda one: one.reason)),
    *_QUALITY[2:],
    *_PROGRAM,
)  # fmt: skip
REASON_CODES: Final = "; ".join(f"{code}: {words}" for code, words in REASONS.items())

"""Which column of a table holds what: by the person's word, by its head, by its numbers; else the file is refused."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from agent.errors import RecordingUnreadable, WrongUse
from agent.recording.names import BEATS, ECG, EDA, INTERVALS, PPG, RATE, TIME
from agent.recording.numbers import BLANK, ask, is_number, is_time, with_comma
from agent.recording.options import Options
from agent.recording.quantities import axes
from agent.recording.rows import middle_of
from agent.recording.sheet import Sheet
from agent.recording.source import Source
from agent.signal.heart.rr import Floats

NAME_IT: Final = "Name the column with --column, for example --column 2."
NAME_AXES: Final = "Name the first of three neighbouring columns x, y and z with --column, for example --column 2."
_ONLY_RATES: Final = (
    "Variability cannot be computed from heart rates. Export the beat-to-beat intervals (RR, IBI), if the program can."
)
_LIKELY_MS: Final = (250.0, 3000.0)


def asked(source: Source, sheet: Sheet, word: str, option: str) -> int:
    """The column that a person names, by its number from 1 or by its name.

    Raises:
        WrongUse: There is none.
    """
    names = [one.name.lower() for one in sheet.columns]
    wanted = word.strip().lower()
    if wanted in names:
        return names.index(wanted)
    if wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted) <= len(sheet.columns):
        return int(wanted) - 1
    near = [place for place, name in enumerate(names) if name.startswith(wanted)]
    if len(near) == 1:
        return near[0]
    raise WrongUse(f"{source.name}: no column {word!r} ({option})", remedy=f"Its columns: {sheet.named()}.")


def of_intervals(source: Source, sheet: Sheet, options: Options) -> tuple[int, int | None]:
    """The columns of intervals (or of beat times) and of times; None where there are no times.

    Raises:
        RecordingUnreadable: The column is not known.
        WrongUse: The person names none of them.
    """
    value = asked(source, sheet, options.column, "--column") if options.column is not None else None
    time = _time(source, sheet, options)
    if value is None:
        value = _first(sheet, INTERVALS)
    if value is None:
        value = _first(sheet, BEATS)
    if value is None:
        value = _likely(source, sheet, time)
    if time is None and options.time_column is None:
        time = _rising(sheet, value)
    return value, None if time == value else time


def of_wave(source: Source, sheet: Sheet, signal: str, options: Options) -> tuple[int, int | None]:
    """The columns of samples and of times; None where there are no times.

    Raises:
        RecordingUnreadable: The column is not known.
        WrongUse: The person names none of them.
    """
    time = _time(source, sheet, options)
    word = options.column if options.column is not None else options.lead
    if word is not None:
        option = "--column" if options.column is not None else "--lead"
        return asked(source, sheet, word, option), time
    role = {"ecg": ECG, "ppg": PPG, "eda": EDA}[signal]
    named = [place for place, one in enumerate(sheet.columns) if one.role == role and place != time]
    if named:
        return named[0], time
    rest = [place for place, one in enumerate(sheet.columns) if one.role == "" and _numbers(sheet, place).size]
    rest = [place for place in rest if place != time and not one_of_axes(sheet, place)]
    if not rest:  # a wave under another name, such as hr
        rest = [place for place in range(len(sheet.columns)) if place != time and _numbers(sheet, place).size]
    if not sheet.has_head and time is None and options.time_column is None and len(rest) == 2:
        time = rest.pop(0) if _is_rising(_numbers(sheet, rest[0])) else None
    if len(rest) != 1:
        shown = sheet.named() if sheet.has_head else f"{len(sheet.columns)} columns without names"
        raise source.bad(sheet.first, f"cannot tell which column is the {signal}: {shown}", NAME_IT)
    return rest[0], time


def of_axes(source: Source, sheet: Sheet, options: Options) -> tuple[list[int], int | None]:
    """The three columns of acceleration, and that of times; None where there are no times.

    A named column is the first of three neighbours.

    Raises:
        RecordingUnreadable: The columns are not known.
        WrongUse: The person names none of them.
    """
    time = _time(source, sheet, options)
    width = len(sheet.columns)
    word = options.column if options.column is not None else options.lead
    if word is not None:
        first = asked(source, sheet, word, "--column" if options.column is not None else "--lead")
        if first + 3 > width:
            raise WrongUse(
                f"{source.name}: {word!r} is not the first of three columns", remedy=f"Its columns: {sheet.named()}."
            )
        return [first, first + 1, first + 2], time
    if sheet.has_head:
        found = axes([one.name for one in sheet.columns])
        if found:
            return found, time
    elif width == 3 and time is None:
        return [0, 1, 2], None
    elif width == 4:
        times = _numbers(sheet, 0)
        if time == 0 or _is_rising(times):
            return [1, 2, 3], None if ask(options) else 0
    shown = sheet.named() if sheet.has_head else f"{width} columns without names"
    raise source.bad(sheet.first, f"cannot tell which columns are the three axes: {shown}", NAME_AXES)


def one_of_axes(sheet: Sheet, place: int) -> bool:
    """Whether a column is one of acceleration."""
    return sheet.columns[place].name.lower().startswith("acc_")


def _time(source: Source, sheet: Sheet, options: Options) -> int | None:
    if ask(options):
        return None
    if options.time_column is not None:
        return asked(source, sheet, options.time_column, "--time-column")
    named = [place for place, one in enumerate(sheet.columns) if one.role == TIME]
    read = [place for place in named if _numbers(sheet, place).size or _are_dates(sheet.cells_of(place))]
    if read:
        return read[0]
    return next((place for place in range(len(sheet.columns)) if _are_dates(sheet.cells_of(place))), None)


def _are_dates(cells: Sequence[str]) -> bool:
    return bool(cells) and sum(is_time(cell) for cell in cells[:20]) * 2 > len(cells[:20])


def _first(sheet: Sheet, role: str) -> int | None:
    return next((place for place, one in enumerate(sheet.columns) if one.role == role), None)


def _likely(source: Source, sheet: Sheet, time: int | None) -> int:
    """The one column whose numbers can be intervals, where no name says which it is."""
    columns = [place for place in range(len(sheet.columns)) if place != time and _numbers(sheet, place).size]
    rates = [place for place in columns if sheet.columns[place].role == RATE]
    rest = [place for place in columns if sheet.columns[place].role == "" and place not in rates]
    if len(rest) > 1:
        rest = [place for place in rest if not _is_rising(_numbers(sheet, place))] or rest
    if len(rest) > 1:
        rest = [place for place in rest if _can_be_intervals(_numbers(sheet, place))] or rest
    if len(rest) == 1 and (not rates or _can_be_intervals(_numbers(sheet, rest[0]))):
        return rest[0]
    if rates:
        raise _rates_only(source, sheet, rates[0])
    if not rest and len(sheet.columns) == 1:
        return 0
    if not rest:
        raise source.bad(sheet.first, f"no column of intervals: {sheet.named()}", NAME_IT)
    raise source.bad(sheet.first, f"cannot tell which column holds the intervals: {sheet.named()}", NAME_IT)


def _rates_only(source: Source, sheet: Sheet, place: int) -> RecordingUnreadable:
    name = sheet.columns[place].name
    return source.bad(sheet.first, f"it holds heart rates (column {name!r}), not beat-to-beat intervals", _ONLY_RATES)


def _rising(sheet: Sheet, value: int) -> int | None:
    """A column without a name that rises as times do; row numbers are none."""
    for place, one in enumerate(sheet.columns):
        found = _numbers(sheet, place)
        if place != value and one.role == "" and not one.name and found.size > 1 and _is_rising(found):
            return None if np.all(np.diff(found) == 1) else place
    return None


def _numbers(sheet: Sheet, place: int) -> Floats:
    shown = [cell for cell in sheet.cells_of(place) if cell.lower() not in BLANK]
    found = [with_comma(cell) for cell in shown if is_number(cell)]
    if len(found) * 2 < len(shown) and not any(is_time(cell) for cell in shown[:1]):
        return np.empty(0)
    return np.array(found)


def _is_rising(values: Sequence[float] | Floats) -> bool:
    return len(values) > 1 and bool(np.all(np.diff(values) > 0))


def _can_be_intervals(values: Floats) -> bool:
    middle = middle_of(values) if values.size else 0.0
    low, high = _LIKELY_MS
    return any(low <= middle * scale <= high for scale in (1.0, 1000.0)) and not _is_rising(values)

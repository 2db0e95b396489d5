"""Cells to numbers: decimals with point or comma, and times in every form that recorders write."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from agent.recording.options import Options

BLANK: Final = frozenset(("", "nan", "na", "n/a", "null", "none", "-", "--"))
_DAY_S: Final = 86_400.0
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})[ T,]+(\d{1,2}:\d{2}.*)")
_YEAR_FIRST: Final = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})[ T]+(\d{1,2}:\d{2}.*)")
_HALF: Final = re.compile(r"[\s\u202f]*([ap])\.?m\.?$", re.IGNORECASE)
_MONTHS: Final = 12
_ZONE: Final = re.compile(r"\s+([+-]\d{2}):?(\d{2})$")
# Numbers of a clock that counts from 1970 or 2000, by their size: 3 years to 300 years in each unit.
_EPOCHS: Final = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (1e8, 1.0))

ToNumber = Callable[[str], float]


def with_point(text: str) -> float:
    """A decimal number.

    Raises:
        ValueError: None; names like nan, signs of grouping and other scripts' underscores are none.
    """
    if "_" in text:
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def with_comma(text: str) -> float:
    """A decimal number with a comma.

    Raises:
        ValueError: None.
    """
    return with_point(text.replace(",", "."))


def is_number(text: str) -> bool:
    """Whether a cell is one, by point or by comma."""
    try:
        with_comma(text)
    except ValueError:
        return False
    return True


def time_of_day_s(text: str) -> float:
    """``23:59:59.5`` in s since midnight.

    Raises:
        ValueError: None.
    """
    text, later_s = _half_of_day(text)
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return later_s + 3600.0 * int(found[1]) + 60.0 * int(found[2]) + float((found[3] or "0").replace(",", "."))


def date_s(text: str) -> float:
    """A date with a time in s since 1970; without a zone, as if it were UTC.

    Raises:
        ValueError: None.

    >>> date_s("2026-04-24T14:10:16.752") == date_s("24.04.2026 14:10:16,752")
    True
    """
    text, later_s = _half_of_day(text)
    text = _ZONE.sub(r"\1:\2", text)
    if found := _DAY_FIRST.fullmatch(text):
        day, month = (found[1], found[2]) if int(found[2]) <= _MONTHS else (found[2], found[1])
        text = f"{found[3]}-{int(month):02}-{int(day):02}T{_two_digits(found[4])}"
    elif found := _YEAR_FIRST.fullmatch(text):
        text = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}T{_two_digits(found[4])}"
    moment = datetime.fromisoformat(_six_digits(text))
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() + later_s
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error


def _half_of_day(text: str) -> tuple[str, float]:
    """``2:10:16 PM`` without its letters, and what they add in s."""
    found = _HALF.search(text)
    if found is None:
        return text, 0.0
    text = text[: found.start()]
    is_twelve = re.search(r"(?:^|[ T,])12:", text) is not None
    return text, (43_200.0 if found[1].lower() == "p" else 0.0) - (43_200.0 if is_twelve else 0.0)


def _two_digits(clock: str) -> str:
    return clock.zfill(len(clock) + 1) if clock[1:2] == ":" else clock


_FRACTION: Final = re.compile(r"[.,](\d+)")


def _six_digits(text: str) -> str:
    """Nine digits of a second are too many for Python."""
    return _FRACTION.sub(lambda found: "." + found[1][:6], text, count=1) if ("." in text or "," in text) else text


def is_time(text: str) -> bool:
    """Whether a cell is a date with a time, or a time of day."""
    if ":" not in text:
        return False
    for read in (time_of_day_s, date_s):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


def reader_of_times(cells: Sequence[str], unit_ms: float | None, *, decimal_comma: bool) -> tuple[ToNumber, bool]:
    """How to read a column of times.

    Args:
        cells: Its first cells.
        unit_ms: The unit that its head states.
        decimal_comma: Whether decimals have a comma.

    Returns:
        The function, and whether it gives s (else the unit is still to be found).
    """
    plain = with_comma if decimal_comma else with_point
    shown = [cell for cell in cells if cell.lower() not in BLANK]
    dated = [cell for cell in shown if is_time(cell)]
    if len(dated) * 2 > len(shown):
        return (_days_on(time_of_day_s), True) if _CLOCK.fullmatch(dated[0]) else (date_s, True)
    first = next((with_comma(cell) for cell in shown if is_number(cell)), 0.0)
    scale = next((scale for least, scale in _EPOCHS if abs(first) > least), None) if unit_ms is None else None
    if unit_ms is not None:
        scale = unit_ms / 1000.0
    if scale is None:
        return plain, False
    return (plain, True) if scale == 1.0 else ((lambda text: plain(text) * scale), True)


def _days_on(read: ToNumber) -> ToNumber:
    """A time of day that goes on after midnight."""
    last = [-math.inf, 0.0]

    def reading(text: str) -> float:
        value = read(text) + last[1]
        if last[0] - value > _DAY_S / 2:
            last[1] += _DAY_S
            value += _DAY_S
        last[0] = value
        return value

    return reading


def ask(options: Options) -> bool:
    """Whether the file's own times are to be left out."""
    return options.time_column is not None and options.time_column.strip().lower() == "none"

"""Dates, times and numbers as the person writes them.

The browser knows its person's region (Intl); it sends the parts of which dates and numbers are made, once, with the
code that opens the page (``static/local.js``). Python fills them in, so that a sentence, a table and a label for a
reader of screens say the same. Nothing of it is kept.
"""

import math
import re
import time
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from agent.system import host

STYLES: Final = ("day", "day_year", "date", "date_year", "weekday", "time", "moment", "moment_year")
"""Patterns that the browser sends: 24 Nov, 24 Nov 2026, Tue 24 Nov, the same with the year, Tue, 21:05, both."""

_FIELDS: Final = frozenset({"weekday", "day", "month", "year", "hour", "minute", "period"})
_LONGEST: Final = 120
_FIELD: Final = re.compile(r"\{([^}]*)\}")
_DIGIT_GROUP: Final = 3


@dataclass(frozen=True, slots=True)
class LocalForms:
    """How one person's region writes dates and numbers.

    Attributes:
        months: Twelve short names, January first.
        weekdays: Seven short names, Monday first.
        periods: Before and after noon; empty where the day has 24 hours.
        patterns: By style: a text with fields in braces.
        padded: Fields of two digits.
        decimal, group: The marks inside a number.
    """

    months: tuple[str, ...] = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
    weekdays: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    periods: tuple[str, ...] = ()
    patterns: dict[str, str] = field(
        default_factory=lambda: {
            "day": "{day} {month}",
            "day_year": "{day} {month} {year}",
            "date": "{weekday} {day} {month}",
            "date_year": "{weekday} {day} {month} {year}",
            "weekday": "{weekday}",
            "time": "{hour}:{minute}",
            "moment": "{weekday} {day} {month}, {hour}:{minute}",
            "moment_year": "{weekday} {day} {month} {year}, {hour}:{minute}",
        }
    )
    padded: frozenset[str] = frozenset({"hour", "minute"})
    decimal: str = "."
    group: str = ","

    # ---- numbers

    def number(self, value: float | None, digits: int = 0, *, sign: bool = False) -> str:
        """A number with its own marks; a dash where there is none.

        Args:
            value: What is written.
            digits: Behind the decimal mark.
            sign: Whether a number above zero has its sign, too.
        """
        if value is None or not math.isfinite(value):
            return "–"
        text = f"{abs(value):,.{digits}f}"
        marked = text.replace(",", "\0").replace(".", self.decimal).replace("\0", self.group)
        is_zero = not float(f"{abs(value):.{digits}f}")
        return ("" if is_zero else "−" if value < 0 else "+" if sign else "") + marked

    def short(self, value: float | None) -> str:
        """A number with as many digits as it is worth: 3 of them below a hundred."""
        if value is None or not math.isfinite(value):
            return "–"
        size = abs(value)
        digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
        return self.number(value, digits)

    def share(self, value_01: float | None) -> str:
        """A share as per cent."""
        return "–" if value_01 is None else f"{self.number(100.0 * value_01)}\u202f%"

    # ---- dates

    def day(self, day: str | int) -> str:
        """A day, such as 24 Nov; with its year where it is not this year's.

        Args:
            day: As 2026-11-24, or a moment of it in s of UTC.
        """
        made = _start_of(day)
        return self._filled("day" if made.year == _this_year() else "day_year", made)

    def full_day(self, day: str | int) -> str:
        """A day with its weekday; with its year where it is not this year's."""
        made = _start_of(day)
        return self._filled("date" if made.year == _this_year() else "date_year", made)

    def weekday(self, day: str | int) -> str:
        """The short name of a weekday."""
        return self._filled("weekday", _start_of(day))

    def clock(self, utc_s: float) -> str:
        """A time of the person's clock."""
        return self._filled("time", host.local_time(utc_s))

    def minutes(self, minutes: int) -> str:
        """A time of day from the minutes since midnight."""
        return self._filled("time", datetime(2000, 1, 1, minutes // 60 % 24, minutes % 60, tzinfo=UTC))

    def moment(self, utc_s: float) -> str:
        """A day and a time; with the year where it is not this year's."""
        made = host.local_time(utc_s)
        return self._filled("moment" if made.year == _this_year() else "moment_year", made)

    def _filled(self, style: str, at: datetime) -> str:
        hour = at.hour if not self.periods else (at.hour + 11) % 12 + 1
        numbers = {"day": at.day, "year": at.year, "hour": hour, "minute": at.minute}
        texts = {name: f"{value:02d}" if name in self.padded else f"{value}" for name, value in numbers.items()}
        texts |= {"weekday": self.weekdays[at.weekday()], "month": self.months[at.month - 1]}
        texts["period"] = self.periods[at.hour >= 12] if self.periods else ""
        return _FIELD.sub(lambda one: texts[one[1]], self.patterns[style])


def from_browser(given: Any) -> LocalForms:
    """What the browser sent; the forms of English where it is not of this shape."""
    try:
        return _checked(given)
    except (ValueError, KeyError, TypeError):
        return LocalForms()


def _checked(given: Any) -> LocalForms:
    """The forms.

    Raises:
        ValueError, KeyError, TypeError: They are not of this shape.
    """
    patterns = {style: _text(given["patterns"][style]) for style in STYLES}
    for pattern in patterns.values():
        if not set(_FIELD.findall(pattern)) <= _FIELDS:
            raise ValueError("an unknown field")
    padded = frozenset(_text(one) for one in given["padded"])
    if not padded <= _FIELDS:
        raise ValueError("an unknown field")
    return LocalForms(
        _texts(given["months"], 12),
        _texts(given["weekdays"], 7),
        _texts(given["periods"], 2) if given["periods"] else (),
        patterns,
        padded,
        _text(given["decimal"], 2),
        _text(given["group"], 2),
    )


def _texts(given: Any, n: int) -> tuple[str, ...]:
    made = tuple(_text(one, 20) for one in given)
    if len(made) != n:
        raise ValueError("too few or too many")
    return made


def _text(given: Any, longest: int = _LONGEST) -> str:
    if not isinstance(given, str) or len(given) > longest or not all(map(_is_printed, given)):
        raise ValueError("not a short text")
    return given


def _is_printed(sign: str) -> bool:
    """Whether a sign is printed: no-break spaces are, which French has inside its numbers."""
    return sign.isprintable() or unicodedata.category(sign) == "Zs"


def _start_of(day: str | int) -> datetime:
    return datetime.fromisoformat(day) if isinstance(day, str) else host.local_time(day)


def _this_year() -> int:
    return host.local_time(time.time()).year

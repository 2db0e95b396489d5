"""Dates and times of exports: one strict form, offsets from UTC, and the person's zone as a table of its changes."""

import bisect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

DAY_S: Final = 86_400
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
YEAR_2000_S: Final = (date(2000, 1, 1).toordinal() - EPOCH_DAY) * DAY_S
EAST_MOST_S: Final = 14 * 3600
_WEST_MOST_S: Final = -12 * 3600
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)? ?(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII
)
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_AMERICAN: Final = re.compile(r"(\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)", re.ASCII)

Zone = Callable[[float], int]
"""The person's zone: seconds east of UTC at a UTC moment."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as an export writes it.

    Attributes:
        local_s: Seconds since 1970 on the clock that is written.
        east_s: Seconds east of UTC; None where the export names no zone.
    """

    local_s: int
    east_s: int | None

    @property
    def day(self) -> int:
        return self.local_s // DAY_S


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with the clock at both ends.

    Attributes:
        start_s, end_s: UTC seconds.
        east_s, end_east_s: Seconds east of UTC at the beginning and at the end.
    """

    start_s: int
    end_s: int
    east_s: int
    end_east_s: int

    @property
    def day(self) -> int:
        """On which it begins."""
        return (self.start_s + self.east_s) // DAY_S

    @property
    def last_day(self) -> int:
        """On which it ends, on the clock there."""
        return (self.end_s + self.end_east_s) // DAY_S


@dataclass(frozen=True, slots=True)
class Offsets:
    """A zone as a table: ``east_s[i]`` holds from ``from_s[i]`` on, in UTC seconds; the first also before."""

    from_s: tuple[int, ...]
    east_s: tuple[int, ...]

    def east_at(self, utc_s: int) -> int:
        """Seconds east of UTC at a moment."""
        return self.east_s[max(bisect.bisect_right(self.from_s, utc_s) - 1, 0)]

    def utc_of(self, local_s: int) -> int:
        """The moment of a local time: the first of two in autumn; in the hour that spring skips, the offset before."""
        near = {self.east_at(local_s - DAY_S), self.east_at(local_s + DAY_S)}
        fitting = [local_s - east for east in near if self.east_at(local_s - east) == east]
        return min(fitting) if fitting else local_s - self.east_at(local_s - DAY_S)

    def placed(self, moment: Moment) -> tuple[int, int]:
        """UTC seconds and the offset there: the offset that is written, else this zone's."""
        if moment.east_s is not None:
            return moment.local_s - moment.east_s, moment.east_s
        utc_s = self.utc_of(moment.local_s)
        return utc_s, self.east_at(utc_s)


def table_of(zone: Zone, first_s: int, last_s: int) -> Offsets:
    """A zone's changes between two moments: looked for from day to day, then found to the second.

    Args:
        zone: Seconds east of UTC at a UTC moment.
        first_s, last_s: UTC seconds.
    """
    starts, offsets = [first_s], [int(zone(first_s))]
    for at_s in range(first_s + DAY_S, last_s + DAY_S, DAY_S):
        if int(zone(at_s)) == offsets[-1]:
            continue
        low, high = at_s - DAY_S, at_s
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if int(zone(middle)) == offsets[-1] else (low, middle)
        starts.append(high)
        offsets.append(int(zone(high)))
        if int(zone(at_s)) != offsets[-1]:  # two changes within a day
            starts.append(at_s)
            offsets.append(int(zone(at_s)))
    return Offsets(tuple(starts), tuple(offsets))


def moment_of(text: object) -> Moment | None:
    """``2024-01-31 23:05:00 +0100``, with ``T``, fractions, ``Z``, a colon in the offset or no offset; else None."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    number = _day(int(year), int(month), int(day))
    clock_s = _clock_s(int(hour), int(minute), int(second or 0))
    if number is None or clock_s is None:
        return None
    east_s = None if zone is None else 0 if zone in ("Z", "UTC") else offset_of(zone)
    return None if zone is not None and east_s is None else Moment(number * DAY_S + clock_s, east_s)


def american_of(text: object) -> Moment | None:
    """``01/31/24 23:05:00``, month first, of 2000 to 2099; else None."""
    found = _AMERICAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    month, day, year, hour, minute, second = (int(part) for part in found.groups())
    number, clock_s = _day(2000 + year, month, day), _clock_s(hour, minute, second)
    return None if number is None or clock_s is None else Moment(number * DAY_S + clock_s, None)


def day_of(text: object) -> int | None:
    """Days since 1970 of ``2024-01-31``; else None."""
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else _day(*(int(part) for part in found.groups()))


def date_text(day: int) -> str:
    """``2024-01-31`` of days since 1970."""
    return date.fromordinal(day + EPOCH_DAY).isoformat()


def offset_of(text: object) -> int | None:
    """Seconds east of UTC of ``+0100``, ``+01:00``, ``UTC+01:00``; else None."""
    found = _OFFSET.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[3]) > 59:
        return None
    east_s = (int(found[2]) * 3600 + int(found[3]) * 60) * (-1 if found[1] == "-" else 1)
    return east_s if _WEST_MOST_S <= east_s <= EAST_MOST_S else None


def _day(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal() - EPOCH_DAY
    except ValueError:
        return None


def _clock_s(hour: int, minute: int, second: int) -> int | None:
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second

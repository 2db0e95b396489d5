"""What a calendar gives: times at work, meetings, and what could not be read. No title, place or name among them."""

from dataclasses import dataclass, field

from agent.days.calendar.reasons import FileReport, Unread
from agent.days.calendar.wall import Offset
from agent.model import DayValue
from agent.scoring.observations import Shift


@dataclass(frozen=True, slots=True)
class Meeting:
    """A timed entry that makes the person busy and is no shift: [start, end), in s of UTC."""

    start_utc_s: int
    end_utc_s: int


@dataclass(frozen=True, slots=True)
class DayRange:
    """Whole days on the person's calendar, days since 1970, both ends included."""

    first_day: int
    last_day: int

    @classmethod
    def around(cls, today: int, back: int = 400, ahead: int = 60) -> "DayRange":
        """The days that an import looks at."""
        return cls(today - back, today + ahead)


@dataclass(frozen=True, slots=True)
class UsualHours:
    """When the person usually works with others, on their clock.

    Attributes:
        start_h, end_h: Hours since midnight, 0 <= start < end <= 24.
        weekdays: 0 is Monday.
    """

    start_h: float = 8.0
    end_h: float = 18.0
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a person's calendars.

    Attributes:
        days: Days on their calendar; `DayRange.around` gives the usual ones.
        utc_offset_s: Seconds east of UTC of their clock at a moment; `offset_along` makes it of zone changes.
        hours: When they usually work with others.
        declared: Days that they say the calendars cover; None: from the first to the last entry.
    """

    days: DayRange
    utc_offset_s: Offset
    hours: UsualHours = field(default_factory=UsualHours)
    declared: DayRange | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """One import: what the files say of the days that they cover.

    Attributes:
        shifts, meetings: By start; overlapping shifts are united.
        values: By day, then by name.
        covered: Days that the files cover, without overlaps, by time; days between two rosters are not among them. What
            was kept of this source for these days is to be replaced by `values`.
        unread: Summed over all files.
        files: One report a file.
    """

    shifts: tuple[Shift, ...]
    meetings: tuple[Meeting, ...]
    values: tuple[DayValue, ...]
    covered: tuple[DayRange, ...]
    unread: tuple[Unread, ...]
    files: tuple[FileReport, ...]

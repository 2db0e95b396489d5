"""Time zones by the name that a calendar gives: of the zone database, of the file, or of Windows; else refused.

    name ──▶ the database of this machine ──▶ the file's own VTIMEZONE ──▶ Windows' name (CLDR) ──▶ a path's end

The database comes first: exporters write rules of one year, or of none, under a name that the database knows better.

Source: RFC 5545 section 3.2.19 and 3.6.5; Unicode CLDR, windowsZones (as icalendar holds it).
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from agent.days.calendar.reasons import Reason
from agent.days.calendar.refused import EntryRefused
from agent.days.calendar.wall import utc_of_wall_s

EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock times
_MICROSOFT_UTC: Final = "tzone://microsoft/utc"


class Zone(Protocol):
    """Between a clock and UTC; moments in s of UTC, times as datetimes without tzinfo."""

    def utc_s(self, wall: datetime) -> int: ...
    def wall(self, utc_s: int) -> datetime: ...


def seconds(wall: datetime) -> int:
    """Seconds since 1970 on a wall clock."""
    since = wall - EPOCH
    return since.days * 86_400 + since.seconds


@dataclass(frozen=True, slots=True)
class Floating:
    """No zone: the time holds wherever the person is. Its seconds are those of the clock on the wall."""

    def utc_s(self, wall: datetime) -> int:
        return seconds(wall)

    def wall(self, utc_s: int) -> datetime:
        return EPOCH + timedelta(seconds=utc_s)


@dataclass(frozen=True, slots=True)
class Known:
    """A zone of the database."""

    zone: ZoneInfo

    def utc_s(self, wall: datetime) -> int:
        # fold 0 is the first of two, and in a gap the offset before it
        shift = wall.replace(tzinfo=self.zone).utcoffset()
        return seconds(wall) - (round(shift.total_seconds()) if shift is not None else 0)

    def wall(self, utc_s: int) -> datetime:
        return (EPOCH.replace(tzinfo=UTC) + timedelta(seconds=utc_s)).astimezone(self.zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Written:
    """A zone that the file describes.

    Attributes:
        before_s: Its offset before the first change, s east of UTC.
        changes: (moment in s of UTC, offset from then on), by time.
    """

    before_s: int
    changes: tuple[tuple[int, int], ...]

    def offset_s(self, utc_s: int) -> int:
        low, high = 0, len(self.changes)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.changes[middle][0] <= utc_s else (low, middle)
        return self.changes[low - 1][1] if low else self.before_s

    def utc_s(self, wall: datetime) -> int:
        return utc_of_wall_s(seconds(wall), self.offset_s)

    def wall(self, utc_s: int) -> datetime:
        return EPOCH + timedelta(seconds=utc_s + self.offset_s(utc_s))


@functools.cache
def _database_names() -> dict[str, str]:
    """Every name of the zone database, by its lower case; `tzdata` lists them even where the system has no zones."""
    words = (resources.files("tzdata") / "zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in words if name != "Factory"}


@functools.cache
def _windows_names() -> dict[str, str]:
    return {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@functools.lru_cache(maxsize=1024)
def of_database(name: str) -> Zone | None:
    """A zone by its name in the database, or None."""
    known = _database_names().get(name.lower())
    if known is None:
        return None
    try:
        return Known(ZoneInfo(known))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def named(tzid: str, own: Zone | None) -> Zone:
    """The zone that a name means.

    Args:
        tzid: As the calendar writes it.
        own: What the file's VTIMEZONE of this name describes, if it has a usable one.

    Raises:
        EntryRefused: The zone is unknown. It is never read as a floating time.
    """
    name = tzid.strip().strip('"').strip()
    windows = _windows_names().get(name.lower())
    path = name.lower().split("/")
    ends = ("/".join(path[-parts:]) for parts in (3, 2)) if name.startswith("/") or path[0] == "posix" else ()
    found = (
        of_database(name)
        or own
        or (of_database(windows) if windows else None)
        or (UTC_ZONE if name.lower() == _MICROSOFT_UTC else None)
        or next((zone for end in ends if (zone := of_database(end)) is not None), None)
    )
    if found is None:
        raise EntryRefused(Reason.ZONE_UNKNOWN)
    return found


def written(rules: Sequence[tuple[Sequence[datetime], int, int]]) -> Written | None:
    """A zone from the parts of a VTIMEZONE.

    Args:
        rules: Of each part: when it begins (on the clock before it), the offset before and after, in s.

    Returns:
        None without any part.
    """
    changes = sorted(
        (seconds(onset) - before_s, after_s, before_s) for onsets, before_s, after_s in rules for onset in onsets
    )
    if not changes:
        return None
    return Written(changes[0][2], tuple((at_s, after_s) for at_s, after_s, _ in changes))


UTC_ZONE: Final = Known(ZoneInfo("UTC"))

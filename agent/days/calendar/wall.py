"""Wall clock and UTC: where a clock is set forward or back, and where a person changes zone.

A zone is given by its offset at each moment, which also holds for a person who travels.

Source: RFC 5545 section 3.3.5: of a time that occurs twice the first is meant; one that does not occur is counted with
the offset before the gap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
Offset = Callable[[int], int]
"""Seconds east of UTC at a moment in s of UTC."""


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """From this moment on the person is in this zone.

    Attributes:
        from_utc_s: In s of UTC; the first entry also holds for the time before it.
        zone: As `zoneinfo.ZoneInfo` has it.
    """

    from_utc_s: int
    zone: tzinfo


def offset_along(changes: Sequence[ZoneChange]) -> Offset:
    """The offset of a person's clock, from the zones where they were.

    Args:
        changes: By time, at least one.
    """

    def offset_s(utc_s: int) -> int:
        zone = changes[0].zone
        for change in changes[1:]:
            if change.from_utc_s > utc_s:
                break
            zone = change.zone
        shift = datetime.fromtimestamp(utc_s, tz=UTC).astimezone(zone).utcoffset()
        return 0 if shift is None else round(shift.total_seconds())

    return offset_s


def utc_of_wall_s(wall_s: int, offset_s: Offset) -> int:
    """The moment at which a clock shows a time.

    Args:
        wall_s: Seconds since 1970 on that clock.
        offset_s: Of that clock.

    >>> utc_of_wall_s(7200, lambda utc_s: 3600)
    3600
    """
    near = [offset_s(wall_s + hours * HOUR_S) for hours in range(-30, 31, 6)]
    matches = [wall_s - shift for shift in set(near) if offset_s(wall_s - shift) == shift]
    if matches:
        return min(matches)
    # it does not occur: the clock was set forward over it; the smaller offset is the one before
    return wall_s - min(near)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time [start, end) in s of UTC over which the person's clock has one offset."""

    start_utc_s: int
    end_utc_s: int
    offset_s: int


def stretches(start_utc_s: int, end_utc_s: int, offset_s: Offset) -> list[Stretch]:
    """All stretches of one offset within [start, end); a change that is undone within the hour is not seen."""
    found: list[Stretch] = []
    begin, now, here = start_utc_s, start_utc_s, offset_s(start_utc_s)
    while now < end_utc_s:
        later = min(now + HOUR_S, end_utc_s)
        if later < end_utc_s and (new := offset_s(later)) != here:
            low, high = now, later
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_s(middle) == here else (low, middle)
            found.append(Stretch(begin, high, here))
            begin, here = high, new
        now = later
    if begin < end_utc_s:
        found.append(Stretch(begin, end_utc_s, here))
    return found


def pieces(first_s: int, last_s: int, clock: Sequence[Stretch]) -> list[tuple[int, int]]:
    """The moments, as [start, end) in s of UTC, at which a clock shows a time within [first, last).

    Args:
        first_s, last_s: Seconds since 1970 on that clock.
        clock: Its stretches.
    """
    found = []
    for stretch in clock:
        start = max(first_s - stretch.offset_s, stretch.start_utc_s)
        end = min(last_s - stretch.offset_s, stretch.end_utc_s)
        if start < end:
            found.append((start, end))
    return found

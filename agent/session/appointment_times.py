"""When camera sessions are due. Pure: a plan, shifts and a clock come in, times go out.

at          each time of the day, where the person's clock has it: the first coming of one that comes twice
per_shift   the middle of equal parts of each known shift, at least an hour apart
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from agent.outbox.camera_plan import ANNOUNCED_S, CameraPlan
from agent.outbox.pauses import Hours

LocalTime = Callable[[int], datetime]
"""A moment of UTC seconds on the person's clock."""

_BETWEEN_MIN: Final = 60
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Appointment:
    """One camera session, in s of UTC: [start, end)."""

    start_utc_s: int
    end_utc_s: int

    @property
    def announced_utc_s(self) -> int:
        """When its announcement begins."""
        return self.start_utc_s - ANNOUNCED_S


@dataclass(frozen=True, slots=True)
class Shift:
    """A time at work that is known, in s of UTC: [start, end)."""

    start_utc_s: int
    end_utc_s: int


def between(
    plan: CameraPlan, shifts: Iterable[Shift], from_utc_s: int, until_utc_s: int, local: LocalTime
) -> tuple[Appointment, ...]:
    """Sessions that begin in a stretch, oldest first; none overlaps another.

    Args:
        plan: The person's.
        shifts: Times at work that are known.
        from_utc_s, until_utc_s: [from, until).
        local: The person's clock. A time that it leaves out in spring gives no session; one that comes twice in autumn
            gives one, at its first coming.
    """
    if plan.how == "at":
        found = _at_times(plan, from_utc_s, until_utc_s, local)
    elif plan.how == "per_shift":
        found = [one for shift in shifts for one in in_shift(plan, shift)]
    else:
        return ()
    made: list[Appointment] = []
    for one in sorted(set(found), key=_start):
        if not made or made[-1].end_utc_s < one.announced_utc_s:
            made.append(one)
    return tuple(one for one in made if from_utc_s <= one.start_utc_s < until_utc_s)


def in_shift(plan: CameraPlan, shift: Shift) -> list[Appointment]:
    """Sessions of one shift: in the middle of equal parts of it, at whole minutes, at least an hour apart.

    A shift that is too short for all of them has fewer, and one that is shorter than a session has none.

    >>> [one.start_utc_s // 60 for one in in_shift(CameraPlan("per_shift", times=3), Shift(0, 8 * 3600))]
    [75, 235, 395]
    """
    first_min, length_min = -(-shift.start_utc_s // 60), (shift.end_utc_s - shift.start_utc_s) // 60
    for times in range(plan.times, 0, -1):
        part_min = length_min // times
        if part_min >= plan.minutes + (_BETWEEN_MIN if times > 1 else 1):
            starts = [first_min + part_min * n + (part_min - plan.minutes) // 2 for n in range(times)]
            return [Appointment(60 * one, 60 * (one + plan.minutes)) for one in starts]
    return []


def shown(plan: CameraPlan, shifts: Iterable[Shift], now_utc_s: int, local: LocalTime) -> tuple[Appointment, ...]:
    """The plan of today, as the person sees it: from midnight to this time tomorrow."""
    return between(plan, shifts, midnight_utc_s(now_utc_s, 0, local), now_utc_s + _DAY_S, local)


def rest_until_utc_s(shifts: Iterable[Shift], now_utc_s: int, local: LocalTime) -> int:
    """When the rest of today is over: at midnight, or with the shift that runs now."""
    running = [one.end_utc_s for one in shifts if one.start_utc_s - ANNOUNCED_S <= now_utc_s < one.end_utc_s]
    return max([midnight_utc_s(now_utc_s, 1, local), *running])


def midnight_utc_s(now_utc_s: int, days: int, local: LocalTime) -> int:
    """The first minute of today or of a later day on the person's clock."""
    day = local(now_utc_s).date() + timedelta(days=days)
    found = (_utc_s(day, minute, local) for minute in range(0, 180, 15))  # some zones leave midnight out in spring
    return next(one for one in found if one is not None)


def touching(appointments: Iterable[Appointment], hours: Sequence[Hours], local: LocalTime) -> frozenset[int]:
    """Beginnings of the sessions that touch private hours, their announcement included.

    Args:
        appointments: Sessions.
        hours: The person's private hours.
        local: The person's clock.
    """
    return frozenset(
        one.start_utc_s
        for one in appointments
        if any(_is_private(utc_s, hours, local) for utc_s in range(one.announced_utc_s, one.end_utc_s, 60))
    )


def _is_private(utc_s: int, hours: Sequence[Hours], local: LocalTime) -> bool:
    at = local(utc_s)
    return any(one.holds(at.hour * 60 + at.minute) for one in hours)


def _at_times(plan: CameraPlan, from_utc_s: int, until_utc_s: int, local: LocalTime) -> list[Appointment]:
    first, last = local(from_utc_s).date(), local(until_utc_s).date()
    found = []
    for day in range(first.toordinal(), last.toordinal() + 1):
        for minute in plan.at_min:
            start_utc_s = _utc_s(date.fromordinal(day), minute, local)
            if start_utc_s is not None:
                found.append(Appointment(start_utc_s, start_utc_s + 60 * plan.minutes))
    return found


def _utc_s(day: date, minute: int, local: LocalTime) -> int | None:
    """A minute of a day on the person's clock in UTC: its first coming; None where their clock leaves it out."""
    wanted = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    as_if_utc_s = int(wanted.timestamp())
    offsets = {_offset_s(as_if_utc_s + around, local) for around in (-_DAY_S, 0, _DAY_S)}
    fitting = [one for one in (as_if_utc_s - offset for offset in offsets) if local(one).replace(tzinfo=UTC) == wanted]
    return min(fitting, default=None)


def _offset_s(utc_s: int, local: LocalTime) -> int:
    return int((local(utc_s).utcoffset() or timedelta()).total_seconds())


def _start(one: Appointment) -> int:
    return one.start_utc_s

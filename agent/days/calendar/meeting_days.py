"""Meetings by day: how long the person is busy, outside of their usual hours, without a break, and without meetings.

Hours are real time, on the person's clock where they were. No study supports a score from these: they are shown.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from agent.days.calendar.results import DayRange, Meeting, UsualHours
from agent.days.calendar.shift_days import Span, local_day, united
from agent.days.calendar.wall import DAY_S, HOUR_S, Offset, Stretch, pieces
from agent.model import DayValue

BACK_TO_BACK_S: Final = 10 * 60
_THURSDAY: Final = 3  # day 0, 1970-01-01


def meeting_values(
    meetings: Sequence[Meeting], covered: DayRange, hours: UsualHours, clock: Sequence[Stretch], offset_s: Offset
) -> Iterator[DayValue]:
    """Values of each covered day.

    Args:
        meetings: By start.
        covered: Days that the calendar covers.
        hours: When the person usually works with others.
        clock: Stretches of the person's clock over these days.
        offset_s: The same clock at any moment.
    """
    busy = united((meeting.start_utc_s, meeting.end_utc_s) for meeting in meetings)
    quick = _back_to_back(meetings, offset_s)
    first = 0
    for day in range(covered.first_day, covered.last_day + 1):
        of_day = pieces(day * DAY_S, (day + 1) * DAY_S, clock)
        if not of_day:  # a day that the person never had: they crossed the date line
            continue
        while first < len(busy) and busy[first][1] <= of_day[0][0]:
            first += 1
        near = _until(busy, first, of_day[-1][1])
        usual = _usual(day, hours, clock)
        busy_s, inside_s = _length(_both(near, of_day)), _length(_both(near, usual))
        yield _value(day, "busy_h", busy_s / HOUR_S)
        yield _value(day, "outside_hours_h", (busy_s - inside_s) / HOUR_S)
        yield _value(day, "back_to_back_n", quick.get(day, 0))
        if usual:
            yield _value(day, "longest_free_h", _longest_free_s(near, usual) / HOUR_S)


def _until(spans: Sequence[Span], first: int, end: int) -> list[Span]:
    last = first
    while last < len(spans) and spans[last][0] < end:
        last += 1
    return list(spans[first:last])


def _usual(day: int, hours: UsualHours, clock: Sequence[Stretch]) -> list[Span]:
    if (day + _THURSDAY) % 7 not in hours.weekdays:
        return []
    midnight = day * DAY_S
    return united(pieces(midnight + round(hours.start_h * HOUR_S), midnight + round(hours.end_h * HOUR_S), clock))


def _back_to_back(meetings: Sequence[Meeting], offset_s: Offset) -> dict[int, int]:
    """By the day of the later one: meetings that begin within ten minutes after the end of all before them."""
    found: dict[int, int] = {}
    end_utc_s = None
    for meeting in sorted(meetings, key=lambda one: (one.start_utc_s, one.end_utc_s)):
        if end_utc_s is not None and 0 <= meeting.start_utc_s - end_utc_s < BACK_TO_BACK_S:
            day = local_day(meeting.start_utc_s, offset_s)
            found[day] = found.get(day, 0) + 1
        end_utc_s = max(meeting.end_utc_s, end_utc_s or meeting.end_utc_s)
    return found


def _both(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """What lies in both, either without overlaps."""
    found = [(max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right]
    return [span for span in found if span[0] < span[1]]


def _length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def _longest_free_s(busy: Sequence[Span], usual: Sequence[Span]) -> int:
    longest = 0
    for start, end in usual:
        free = start
        for begin, until in busy:
            if begin >= end:
                break
            longest = max(longest, begin - free)
            free = max(free, until)
        longest = max(longest, end - free)
    return longest


def _value(day: int, name: str, value: float) -> DayValue:
    return DayValue(day, name, float(value), 1.0)

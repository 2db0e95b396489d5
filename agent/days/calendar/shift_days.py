"""Shifts by day: hours, rests, nights, days off.

A shift belongs to the day on which it begins, on the person's clock where they were; its hours are real time. The day
after a night shift counts as off, unless another shift begins on it.

Source: Öster et al. 2024, doi:10.5271/sjweh.4175 (90 nurses: an hour less of sleep after less than 11 h between shifts,
0.81 to 1.23); Nielsen et al. 2019, doi:10.5271/sjweh.3770 (injuries: rate ratio 1.39, 1.23 to 1.58); Vedaa et al. 2016,
doi:10.1136/oemed-2016-103920 (days of sick leave: 1.066 each, 21 % at three a month); Eldevik et al. 2013,
doi:10.1371/journal.pone.0070882. The limit of 11 h is that of Directive 2003/88/EC, article 3.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from agent.days.calendar.results import DayRange
from agent.days.calendar.wall import DAY_S, HOUR_S, Offset, Stretch, pieces
from agent.model import DayValue
from agent.scoring.observations import Shift

SHORT_REST_H: Final = 11.0
_LOOK_BACK_S: Final = 7 * DAY_S
_NIGHT_END_S: Final = 6 * HOUR_S

Span = tuple[int, int]
"""[start, end) in s of UTC."""


def united(spans: Iterable[Span]) -> list[Span]:
    """Spans by start, without overlaps; those that touch are one.

    >>> united([(5, 9), (0, 3), (3, 4), (6, 7)])
    [(0, 4), (5, 9)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def local_day(utc_s: int, offset_s: Offset) -> int:
    """The day of a moment on the person's clock, days since 1970."""
    return (utc_s + offset_s(utc_s)) // DAY_S


def is_night(span: Span, clock: Sequence[Stretch]) -> bool:
    """Whether any moment of it lies between midnight and six on the person's clock.

    Args:
        span: A shift.
        clock: Stretches of the person's clock around it.
    """
    start, end = span
    days = {
        (moment + stretch.offset_s) // DAY_S
        for stretch in clock
        if stretch.start_utc_s < end and start < stretch.end_utc_s
        for moment in range(max(start, stretch.start_utc_s), min(end, stretch.end_utc_s) + DAY_S, DAY_S)
    }
    return any(
        max(start, first) < min(end, last)
        for day in days
        for first, last in pieces(day * DAY_S, day * DAY_S + _NIGHT_END_S, clock)
    )


def shifts_of(spans: Iterable[Span], clock: Sequence[Stretch]) -> list[Shift]:
    """Shifts by start, overlapping ones united, each with its kind."""
    return [Shift(start, end, "night" if is_night((start, end), clock) else "day") for start, end in united(spans)]


def shift_values(
    shifts: Sequence[Shift], covered: DayRange, clock: Sequence[Stretch], offset_s: Offset
) -> Iterator[DayValue]:
    """Values of each covered day.

    Args:
        shifts: By start, none overlapping; those shortly before the covered days count for rests.
        covered: Days that the roster covers: a day without a shift is a day off here, and nothing elsewhere.
        clock: Stretches of the person's clock over these days.
        offset_s: The same clock at any moment.
    """
    by_day: dict[int, list[Shift]] = defaultdict(list)
    rests: dict[int, list[float]] = defaultdict(list)
    for number, shift in enumerate(shifts):
        day = local_day(shift.start_utc_s, offset_s)
        by_day[day].append(shift)
        if number and shift.start_utc_s - shifts[number - 1].end_utc_s <= _LOOK_BACK_S:
            rests[day].append((shift.start_utc_s - shifts[number - 1].end_utc_s) / HOUR_S)
    for day in range(covered.first_day, covered.last_day + 1):
        if not pieces(day * DAY_S, (day + 1) * DAY_S, clock):  # they crossed the date line
            continue
        hours = [(shift.end_utc_s - shift.start_utc_s) / HOUR_S for shift in by_day[day]]
        shortest_h = min(rests[day], default=None)
        yield _value(day, "shift_hours_h", sum(hours))
        yield _value(day, "short_rests_n", shortest_h is not None and shortest_h < SHORT_REST_H)
        if shortest_h is not None:
            yield _value(day, "shortest_rest_h", shortest_h)
        yield _value(day, "night_shifts_n", sum(shift.kind == "night" for shift in by_day[day]))
        if hours:
            yield _value(day, "longest_shift_h", max(hours))
        yield _value(day, "days_off_n", not hours)
        yield _value(day, "consecutive_days_n", _run(day, by_day))


def _run(day: int, by_day: dict[int, list[Shift]]) -> int:
    """Days in a row with a shift, up to this one."""
    length = 0
    while by_day.get(day - length):
        length += 1
    return length


def _value(day: int, name: str, value: float) -> DayValue:
    return DayValue(day, name, float(value), 1.0)

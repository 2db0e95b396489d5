"""Clocks that are set forward and back, persons who cross the date line, and days of meetings around both."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.days.calendar.meeting_days import meeting_values
from agent.days.calendar.results import DayRange, Meeting, UsualHours
from agent.days.calendar.shift_days import is_night, shift_values, shifts_of, united
from agent.days.calendar.wall import ZoneChange, offset_along, pieces, stretches, utc_of_wall_s

DAY_S = 86_400


def utc(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def day(*parts):
    return (date(*parts) - date(1970, 1, 1)).days


def along(*zones):
    return offset_along([ZoneChange(at_s, ZoneInfo(name)) for at_s, name in zones])


BERLIN = along((0, "Europe/Berlin"))
LORD_HOWE = along((0, "Australia/Lord_Howe"))


@pytest.mark.parametrize(
    ("clock", "wall", "moment"),
    [
        (BERLIN, utc(2026, 3, 29, 1, 59), utc(2026, 3, 29, 0, 59)),
        (BERLIN, utc(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1, 30)),  # does not occur
        (BERLIN, utc(2026, 3, 29, 3, 0), utc(2026, 3, 29, 1, 0)),
        (BERLIN, utc(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30)),  # occurs twice: the first
        (LORD_HOWE, utc(2026, 4, 5, 1, 45), utc(2026, 4, 4, 14, 45)),  # twice, half an hour apart
        (LORD_HOWE, utc(2026, 10, 4, 2, 15), utc(2026, 10, 3, 15, 45)),  # does not occur
    ],
)
def test_moments_of_a_wall_clock(clock, wall, moment):
    assert utc_of_wall_s(wall, clock) == moment


def test_stretches_end_at_the_second_of_the_change():
    found = stretches(utc(2026, 1, 1), utc(2026, 12, 31), BERLIN)
    assert [(one.end_utc_s, one.offset_s) for one in found] == [
        (utc(2026, 3, 29, 1), 3600), (utc(2026, 10, 25, 1), 7200), (utc(2026, 12, 31), 3600),
    ]  # fmt: skip


def test_a_day_lasts_as_long_as_the_person_had_it():
    clock = stretches(utc(2026, 1, 1), utc(2026, 12, 31), BERLIN)
    hours = [
        sum(end - start for start, end in pieces(n * DAY_S, (n + 1) * DAY_S, clock)) / 3600
        for n in (day(2026, 3, 29), day(2026, 10, 25))
    ]
    assert hours == [23.0, 25.0]
    # east over the date line on 10 May: that person has the day twice; west: not at all
    east = along((0, "Pacific/Auckland"), (utc(2026, 5, 10, 6), "Pacific/Honolulu"))
    west = along((0, "Pacific/Honolulu"), (utc(2026, 5, 10, 10), "Pacific/Kiritimati"))
    lived = {}
    for name, offset_s in (("east", east), ("west", west)):
        clock = stretches(utc(2026, 5, 1), utc(2026, 5, 20), offset_s)
        lived[name] = {n: pieces(day(2026, 5, n) * DAY_S, day(2026, 5, n + 1) * DAY_S, clock) for n in (9, 10)}
    assert len(lived["east"][10]) == 2
    assert sum(end - start for start, end in lived["west"][10]) == 0


def test_no_value_for_a_day_that_the_person_never_had():
    offset_s = along((0, "Pacific/Honolulu"), (utc(2026, 5, 10, 10), "Pacific/Kiritimati"))
    clock = stretches(utc(2026, 5, 1), utc(2026, 5, 20), offset_s)
    shifts = shifts_of([(utc(2026, 5, 8, 16), utc(2026, 5, 8, 23))], clock)
    covered = DayRange(day(2026, 5, 8), day(2026, 5, 12))
    days = {value.day for value in shift_values(shifts, covered, clock, offset_s)}
    assert days == {day(2026, 5, n) for n in (8, 9, 11, 12)}
    meetings = [Meeting(utc(2026, 5, 8, 20), utc(2026, 5, 8, 21))]
    assert {value.day for value in meeting_values(meetings, covered, UsualHours(), clock, offset_s)} == days


@pytest.mark.parametrize(
    ("start", "end", "night"),
    [
        ((2026, 5, 11, 4), (2026, 5, 11, 12), False),  # 6 to 14
        ((2026, 5, 11, 3, 59), (2026, 5, 11, 12), True),
        ((2026, 5, 11, 14), (2026, 5, 11, 22), False),  # until midnight
        ((2026, 5, 11, 14), (2026, 5, 11, 22, 1), True),
        ((2026, 5, 11, 5), (2026, 5, 12, 5), True),  # a day and a night
        ((2026, 5, 11, 4), (2026, 5, 13, 4), True),
    ],
)
def test_a_night_touches_the_time_from_midnight_to_six(start, end, night):
    clock = stretches(utc(2026, 5, 1), utc(2026, 5, 20), BERLIN)
    assert is_night((utc(*start), utc(*end)), clock) == night


def test_a_shift_over_a_flight_is_a_night_where_the_person_was():
    offset_s = along((0, "Europe/Berlin"), (utc(2026, 5, 11, 12), "America/New_York"))
    clock = stretches(utc(2026, 5, 1), utc(2026, 5, 20), offset_s)
    assert not is_night((utc(2026, 5, 11, 22), utc(2026, 5, 12, 3)), clock)  # 18 to 23 there, midnight to 5 at home


def test_meetings_over_midnight_and_over_a_change_of_the_clock():
    clock = stretches(utc(2026, 3, 1), utc(2026, 4, 20), BERLIN)
    meetings = [Meeting(utc(2026, 3, 28, 21), utc(2026, 3, 29, 4))]  # 22 to 6 on the wall, seven hours
    found = {
        (value.day, value.name): value.value
        for value in meeting_values(meetings, DayRange(day(2026, 3, 27), day(2026, 3, 30)), UsualHours(), clock, BERLIN)
    }
    assert [found[day(2026, 3, n), "busy_h"] for n in (27, 28, 29, 30)] == [0.0, 2.0, 5.0, 0.0]
    assert [found.get((day(2026, 3, n), "longest_free_h")) for n in (27, 28, 29, 30)] == [10.0, None, None, 10.0]


def test_back_to_back_is_counted_once_for_duplicates_and_not_within_a_longer_meeting():
    clock = stretches(utc(2026, 5, 1), utc(2026, 5, 20), BERLIN)

    def quick(*spans):
        meetings = [Meeting(utc(2026, 5, 11, *start), utc(2026, 5, 11, *end)) for start, end in spans]
        values = meeting_values(meetings, DayRange(day(2026, 5, 11), day(2026, 5, 11)), UsualHours(), clock, BERLIN)
        return next(value.value for value in values if value.name == "back_to_back_n")

    nine, ten, eleven = ((7, 0), (8, 0)), ((8, 0), (9, 0)), ((9, 9), (10, 0))
    assert quick(nine, ten, eleven) == 2
    assert quick(nine, nine, ten, ten) == 1
    assert quick(((6, 0), (12, 0)), nine, ten) == 0
    assert quick(nine, ((8, 10), (9, 0))) == 0  # ten minutes are a break


def test_touching_spans_are_one():
    assert united([(3, 4), (0, 3), (5, 6), (5, 9)]) == [(0, 4), (5, 9)]

"""What is missing until today is shown, and nothing else is added."""

import itertools

import hypothesis.strategies as st
from hypothesis import given

from hub.care.pages import gaps
from hub.care.picture import Line, WeekShown

SUNDAY = 20_786  # 29 Nov 2026
NUMBER = st.one_of(st.none(), st.floats(1.0, 5.0))


def week(day: int, reason: str = "") -> WeekShown:
    return WeekShown(day, None if reason else 50.0, None if reason else 40.0, None if reason else 60.0, reason)


def test_weeks_that_ended_after_the_newest_reading_have_no_index():
    monday = SUNDAY - 13  # the newest reading
    shown = gaps.weeks_to_day([week(SUNDAY - 14), week(monday)], SUNDAY + 1)
    assert [(one.last_day, one.reason) for one in shown[2:]] == [(SUNDAY - 7, "thin"), (SUNDAY, "nothing")]
    assert gaps.weeks_to_day([week(SUNDAY)], SUNDAY + 1) == (week(SUNDAY),)
    assert gaps.weeks_to_day([week(SUNDAY - 2)], SUNDAY) == (week(SUNDAY - 2),)  # this week is not over


@given(st.integers(SUNDAY - 200, SUNDAY), st.integers(0, 200))
def test_each_week_that_is_added_is_over_and_ends_on_a_sunday(newest, more):
    added = gaps.weeks_to_day([week(newest)], newest + more)[1:]
    assert all(newest < one.last_day < newest + more and (one.last_day - SUNDAY) % 7 == 0 for one in added)
    assert [b.last_day - a.last_day for a, b in itertools.pairwise(added)] == [7] * max(0, len(added) - 1)


def test_reasons_of_weeks_in_a_row_stand_once_the_newest_first():
    weeks = [week(1, "learning"), week(8, "learning"), week(15), week(22, "learning"), week(29, "thin")]
    assert gaps.without_index(weeks) == [
        (29, 29, "too little was measured"),
        (22, 22, "their normal is still being learned"),
        (1, 8, "their normal is still being learned"),
    ]
    many = [week(7 * n, "thin" if n % 2 else "") for n in range(26)]
    assert len(gaps.without_index(many)) == gaps.REASONS_MOST


@given(st.lists(NUMBER, min_size=1, max_size=60), st.integers(0, 90))
def test_a_line_ends_yesterday_and_keeps_its_readings_in_place(values, later):
    column = tuple(values)
    line = Line("hr_bpm", SUNDAY, column, column, column, column)
    shown = gaps.to_yesterday(line, SUNDAY + len(values) + later)
    assert len(shown.value) == len(values)
    if later < len(values):
        assert shown.first_day + len(shown.value) == SUNDAY + len(values) + later
    for place, value in enumerate(shown.value):
        before = shown.first_day + place - SUNDAY
        assert value == (column[before] if before < len(column) else None)

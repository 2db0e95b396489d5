"""When camera sessions are due: on the person's clock with its summer time, and spread over a shift."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.outbox.camera_plan import ANNOUNCED_S, CameraPlan
from agent.outbox.pauses import Hours
from agent.session import appointment_times as times
from agent.session.appointment_times import Appointment, Shift

BERLIN = ZoneInfo("Europe/Berlin")
AT_NINE = CameraPlan("at", 10, (9 * 60, 13 * 60))
AT_NIGHT = CameraPlan("at", 10, (2 * 60 + 30,))
DAY_S = 86_400


def on(zone):
    return lambda utc_s: datetime.fromtimestamp(utc_s, tz=UTC).astimezone(zone)


def utc_s(zone, *at):
    return int(datetime(*at, tzinfo=zone).timestamp())


def local_times(found, zone=BERLIN):
    return [f"{on(zone)(one.start_utc_s):%d %H:%M}" for one in found]


def test_times_of_the_day_are_those_of_the_persons_clock():
    now_s = utc_s(BERLIN, 2026, 11, 30, 8)
    found = times.shown(AT_NINE, (), now_s, on(BERLIN))
    assert local_times(found) == ["30 09:00", "30 13:00"]
    assert all(one.end_utc_s - one.start_utc_s == 600 for one in found)
    assert local_times(times.shown(AT_NINE, (), now_s + 4 * 3600, on(BERLIN))) == ["30 09:00", "30 13:00", "01 09:00"]


def test_a_plan_without_times_has_no_sessions():
    for plan in (CameraPlan(), CameraPlan("at"), CameraPlan("per_shift")):
        assert times.shown(plan, (), utc_s(BERLIN, 2026, 11, 30, 8), on(BERLIN)) == ()


def test_a_time_that_spring_leaves_out_gives_no_session():
    """29 March 2026, Berlin: 02:30 does not exist. It is not moved to another time, which nobody chose."""
    found = times.between(AT_NIGHT, (), utc_s(BERLIN, 2026, 3, 28), utc_s(BERLIN, 2026, 3, 31), on(BERLIN))
    assert local_times(found) == ["28 02:30", "30 02:30"]


def test_a_time_that_comes_twice_in_autumn_gives_one_session():
    """25 October 2026, Berlin: 02:30 comes twice; the first is taken."""
    found = times.between(AT_NIGHT, (), utc_s(BERLIN, 2026, 10, 24), utc_s(BERLIN, 2026, 10, 27), on(BERLIN))
    assert local_times(found) == ["24 02:30", "25 02:30", "26 02:30"]
    assert on(BERLIN)(found[1].start_utc_s).utcoffset() == timedelta(hours=2)


def test_the_first_minute_of_a_day_is_found_where_midnight_is_left_out():
    santiago = ZoneInfo("America/Santiago")  # 6 September 2026: 00:00 is 01:00
    begins_s = times.midnight_utc_s(utc_s(santiago, 2026, 9, 6, 12), 0, on(santiago))
    assert f"{on(santiago)(begins_s):%d %H:%M}" == "06 01:00"


def test_three_sessions_lie_in_the_middle_of_a_shifts_thirds():
    shift = Shift(utc_s(BERLIN, 2026, 11, 30, 21), utc_s(BERLIN, 2026, 12, 1, 6))
    found = times.in_shift(CameraPlan("per_shift", times=3), shift)
    assert local_times(found) == ["30 22:25", "01 01:25", "01 04:25"]
    before_s = utc_s(BERLIN, 2026, 11, 30, 18)
    assert times.shown(CameraPlan("per_shift", times=3), [shift], before_s, on(BERLIN)) == tuple(found)


@given(
    plan=st.builds(CameraPlan, st.just("per_shift"), st.integers(1, 30), st.just(()), st.integers(1, 6)),
    start_s=st.integers(0, 2**31),
    length_s=st.integers(0, 36 * 3600),
)
def test_sessions_of_a_shift_lie_inside_it_and_an_hour_apart(plan, start_s, length_s):
    found = times.in_shift(plan, Shift(start_s, start_s + length_s))
    assert len(found) <= plan.times
    assert all(two.start_utc_s - one.end_utc_s >= 3600 for one, two in pairwise(found))
    for one in found:
        assert start_s <= one.start_utc_s
        assert one.end_utc_s <= start_s + length_s + 60
        assert one.end_utc_s - one.start_utc_s == 60 * plan.minutes
        assert one.start_utc_s % 60 == 0
    if length_s >= 60 * (plan.times * (plan.minutes + 60) + 1):
        assert len(found) == plan.times


@given(
    minutes=st.integers(1, 30),
    at=st.sets(st.integers(0, 1439), min_size=1, max_size=12),
    day=st.integers(20_000, 21_500),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_no_session_overlaps_another_or_its_announcement_and_each_is_at_a_chosen_time(minutes, at, day, zone):
    plan, local = CameraPlan("at", minutes, tuple(sorted(at))), on(ZoneInfo(zone))
    found = times.between(plan, (), day * DAY_S, (day + 2) * DAY_S, local)
    assert all(one.end_utc_s < two.start_utc_s - ANNOUNCED_S for one, two in pairwise(found))
    for one in found:
        when = local(one.start_utc_s)
        assert when.hour * 60 + when.minute in at
        assert day * DAY_S <= one.start_utc_s < (day + 2) * DAY_S


def test_shifts_that_overlap_give_no_sessions_that_do():
    shifts = [Shift(0, 8 * 3600), Shift(1800, 8 * 3600 + 1800)]
    found = times.between(CameraPlan("per_shift"), shifts, 0, DAY_S, on(UTC))
    assert all(one.end_utc_s < two.announced_utc_s for one, two in pairwise(found))
    assert found


@pytest.mark.parametrize(
    ("hours", "is_private"),
    [
        (Hours(9 * 60, 10 * 60), True),
        (Hours(8 * 60, 9 * 60), True),  # its announcement would lie in them
        (Hours(9 * 60 + 9, 10 * 60), True),
        (Hours(9 * 60 + 10, 10 * 60), False),
        (Hours(7 * 60, 8 * 60 + 59), False),
        (Hours(22 * 60, 6 * 60), False),
        (Hours(22 * 60, 9 * 60 + 1), True),
    ],
)
def test_a_session_that_touches_private_hours_is_known_beforehand(hours, is_private):
    nine = Appointment(utc_s(BERLIN, 2026, 11, 30, 9), utc_s(BERLIN, 2026, 11, 30, 9, 10))
    assert (times.touching([nine], [hours], on(BERLIN)) == {nine.start_utc_s}) is is_private


def test_the_rest_of_today_ends_at_midnight_or_with_the_shift_that_runs():
    night = Shift(utc_s(BERLIN, 2026, 11, 30, 21), utc_s(BERLIN, 2026, 12, 1, 6))
    for at, ends in (
        ((2026, 11, 30, 22), (2026, 12, 1, 6)),
        ((2026, 11, 30, 12), (2026, 12, 1)),
        ((2026, 12, 1, 2), (2026, 12, 2)),
    ):
        assert times.rest_until_utc_s([night], utc_s(BERLIN, *at), on(BERLIN)) == utc_s(BERLIN, *ends)

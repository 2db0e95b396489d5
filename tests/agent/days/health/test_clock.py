"""Times of exports, zones as tables, and sets of stretches: each beside a second computation."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.days.health import clock, intervals
from tests.support.health_exports import east

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "UTC",
)
FIRST_S, LAST_S = 946_684_800, 1_800_000_000
TABLES = {name: clock.table_of(east(ZoneInfo(name)), FIRST_S, LAST_S) for name in ZONES}


@given(name=st.sampled_from(ZONES), utc_s=st.integers(FIRST_S, LAST_S))
def test_a_table_says_what_the_zone_says(name, utc_s):
    expected = datetime.fromtimestamp(utc_s, UTC).astimezone(ZoneInfo(name)).utcoffset()
    assert TABLES[name].east_at(utc_s) == expected.total_seconds()


@given(name=st.sampled_from(ZONES), local_s=st.integers(FIRST_S + 10**5, LAST_S - 10**5))
def test_a_local_time_is_the_moment_that_the_zone_gives_it(name, local_s):
    """The first of two, and in the skipped hour the offset before it: ``fold=0`` of Python."""
    local = datetime(1970, 1, 1) + timedelta(seconds=local_s)
    expected = local.replace(tzinfo=ZoneInfo(name)).astimezone(UTC).timestamp()
    assert TABLES[name].utc_of(local_s) == expected


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2025-10-26 02:30:00", "2025-10-26 00:30:00 Z"),  # twice: the first, in summer time
        ("2025-10-26 03:30:00", "2025-10-26 02:30:00 Z"),
        ("2025-03-30 02:30:00", "2025-03-30 01:30:00 Z"),  # skipped: by the offset before, 03:30 in summer time
    ],
)
def test_a_time_that_comes_twice_or_never_has_one_moment(local, utc):
    assert TABLES["Europe/Berlin"].utc_of(clock.moment_of(local).local_s) == clock.moment_of(utc).local_s


@given(
    at=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), quarters=st.integers(-48, 56), form=st.integers(0, 3)
)
def test_a_written_time_is_read_to_its_second(at, quarters, form):
    minutes = quarters * 15
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    text = (
        f"{at:%Y-%m-%d %H:%M:%S} {sign}{hours:02}{rest:02}",
        f"{at:%Y-%m-%dT%H:%M:%S}.000{sign}{hours:02}:{rest:02}",
        f"{at:%Y-%m-%dT%H:%M:%S}Z",
        f"{at:%Y-%m-%d %H:%M:%S}.250",
    )[form]
    moment = clock.moment_of(text)
    assert moment.local_s == int((at.replace(microsecond=0) - datetime(1970, 1, 1)).total_seconds())
    assert moment.east_s == (minutes * 60, minutes * 60, 0, None)[form]
    assert clock.date_text(moment.day) == f"{at:%Y-%m-%d}"


@pytest.mark.parametrize(
    "text",
    ["", "2025-06-02", "2025-6-2 08:00:00", "2025-02-29 08:00:00", "2025-06-02 24:00:00", "2025-06-02 08:60:00", "2025-06-02 08:00:60",
     "2025-06-02 08:00:00 +1500", "2025-06-02 08:00:00 +0260", "2025-06-02  08:00:00", "٢٠٢٥-06-02 08:00:00", "0000-01-01 00:00:00", None, 5],
)  # fmt: skip
def test_what_is_no_time_is_none(text):
    assert clock.moment_of(text) is None


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text):
    for read in (clock.moment_of, clock.american_of, clock.day_of, clock.offset_of):
        assert read(text) is None or text.isascii()


pieces = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1])), max_size=8
)


def seconds(found):
    return {second for start_s, end_s in found for second in range(start_s, end_s)}


@given(a=pieces, b=pieces, low=st.integers(0, 90), length=st.integers(1, 40))
def test_sets_of_stretches_are_sets_of_seconds(a, b, low, length):
    one, other = intervals.merged(a), intervals.merged(b)
    assert seconds(one) == seconds(a)
    assert seconds(intervals.without(one, other)) == seconds(a) - seconds(b)
    assert seconds(intervals.within(one, low, low + length)) == seconds(a) & set(range(low, low + length))
    assert intervals.length_s(one) == len(seconds(a))
    assert all(before[1] < after[0] for before, after in itertools.pairwise(one))

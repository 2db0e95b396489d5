"""Rosters of eight zones against other arithmetic, and the two calendars with a known truth."""

import asyncio
import os
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.days.calendar.importer import answers, imported, read_calendars, titles
from agent.days.calendar.protocol import Question
from agent.days.calendar.results import DayRange, Meeting, UsualHours, Wanted
from agent.days.calendar.titles import digest
from agent.days.calendar.wall import ZoneChange, offset_along
from agent.errors import WrongUse
from agent.scoring.observations import Shift
from tests.support import rosters

KEY = bytes(range(32))
MARKS = {digest(KEY, "title", title): "shift" for title in rosters.TITLES}
YEAR = DayRange((date(2026, 1, 1) - date(1970, 1, 1)).days, (date(2026, 12, 31) - date(1970, 1, 1)).days)
BERLIN = offset_along([ZoneChange(0, ZoneInfo("Europe/Berlin"))])


def day(*parts):
    return (date(*parts) - date(1970, 1, 1)).days


def by_day(values):
    found = {}
    for value in values:
        found.setdefault(value.day, {})[value.name] = value.value
    return found


def read(*files, days=YEAR, marks=MARKS, clock=BERLIN, **more):
    return asyncio.run(read_calendars(files, Wanted(days, clock, **more), marks=marks, key=KEY))


@pytest.fixture(scope="module")
def forty():
    """Forty rosters and what one process read of them."""
    made = rosters.rosters()
    low, high = 1_700_000_000, 1_900_000_000
    return list(
        zip(made, asyncio.run(answers([roster.ics for roster in made], Question(low, high, KEY, MARKS))), strict=True)
    )


@pytest.mark.process
def test_forty_rosters_are_exact_to_the_minute(forty):
    assert len(forty) == 40
    for roster, answer in forty:
        clock = offset_along([ZoneChange(at_s, zone) for at_s, zone in roster.changes])
        found = imported([answer], Wanted(YEAR, clock))

        assert found.unread == (), roster.name
        spans = [(shift.start_utc_s, shift.end_utc_s) for shift in found.shifts]
        assert spans == [(shift.start_utc.timestamp(), shift.end_utc.timestamp()) for shift in roster.shifts], (
            roster.name
        )
        assert found.covered == (DayRange(roster.first_day, roster.last_day),), roster.name
        values = by_day(found.values)
        assert set(values) == set(roster.truth), roster.name
        for number, truth in roster.truth.items():
            assert values[number] == pytest.approx(truth, abs=1e-9), (roster.name, number)


def test_the_rosters_cross_changes_of_the_clock():
    """The truth itself: shifts that last other than the wall says are among them, in seven zones."""
    odd = {
        roster.name.split()[1]
        for roster in rosters.rosters()
        for shift in roster.shifts
        if shift.hours != (shift.end.replace(tzinfo=None) - shift.start.replace(tzinfo=None)).total_seconds() / 3600
    }
    assert odd == set(rosters.ZONES) - {"Asia/Kathmandu"}
    assert any(len(roster.changes) == 2 for roster in rosters.rosters())


def one(title, start, end, *lines, zone="Europe/Berlin", uid="1"):
    return rosters.event(uid, title, f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}", *lines)


@pytest.mark.process
def test_rests_over_both_changes_are_real_hours():
    """The wall says 11 h in spring and 10 h in autumn, and the opposite is true."""
    found = read(
        rosters.calendar(
            one("Late shift", "20260328T140000", "20260328T220000", uid="1"),
            one("Early shift", "20260329T090000", "20260329T170000", uid="2"),
            one("Late shift", "20261024T140000", "20261024T220000", uid="3"),
            one("Early shift", "20261025T080000", "20261025T160000", uid="4"),
        )
    )
    values = by_day(found.values)
    assert (values[day(2026, 3, 29)]["shortest_rest_h"], values[day(2026, 3, 29)]["short_rests_n"]) == (10.0, 1.0)
    assert (values[day(2026, 10, 25)]["shortest_rest_h"], values[day(2026, 10, 25)]["short_rests_n"]) == (11.0, 0.0)
    assert "shortest_rest_h" not in values[day(2026, 10, 24)]  # no shift within seven days before


@pytest.mark.process
def test_a_recurring_night_ends_at_seven_and_a_duration_is_real_time():
    night = one("Night shift", "20261023T210000", "20261024T070000", "RRULE:FREQ=DAILY;COUNT=3")
    lasting = rosters.event(
        "2", "Other night", "DTSTART;TZID=Europe/Berlin:20261023T210000", "DURATION:PT10H", "RRULE:FREQ=DAILY;COUNT=3"
    )
    by_end = by_day(read(rosters.calendar(night)).values)
    marks = {digest(KEY, "title", "other night"): "shift"}
    by_length = by_day(read(rosters.calendar(lasting), marks=marks).values)
    assert [by_end[day(2026, 10, n)]["shift_hours_h"] for n in (23, 24, 25)] == [10.0, 11.0, 10.0]
    assert [by_length[day(2026, 10, n)]["shift_hours_h"] for n in (23, 24, 25)] == [10.0, 10.0, 10.0]


@pytest.mark.process
def test_a_floating_time_is_the_person_s_own_clock():
    """Where they are, over a change of the clock; its duration in hours is real time all the same."""
    by_end = rosters.event("1", "Night shift", "DTSTART:20261024T210000", "DTEND:20261025T070000")
    by_length = rosters.event("2", "Night shift", "DTSTART:20261024T210000", "DURATION:PT10H")
    by_day_and_length = rosters.event("3", "Night shift", "DTSTART:20261024T040000", "DURATION:P1DT1H")
    hours = []
    for clock in (BERLIN, offset_along([ZoneChange(0, ZoneInfo("Asia/Kathmandu"))])):
        for event in (by_end, by_length, by_day_and_length):
            (shift,) = read(rosters.calendar(event), clock=clock).shifts
            hours.append((shift.end_utc_s - shift.start_utc_s) / 3600)
    assert hours == [11.0, 10.0, 26.0, 10.0, 10.0, 25.0]


SHARED = Path(os.environ.get("WARDBEAT_SHARED", "/nowhere")) / "data/signals/ics"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="WARDBEAT_SHARED holds no calendars")


@shared
@pytest.mark.process
def test_the_day_with_a_known_truth():
    found = read((SHARED / "day_with_truth.ics").read_bytes())
    number = day(2026, 3, 30)
    values = by_day(found.values)[number]
    assert {name: round(value, 2) for name, value in values.items()} == {
        "busy_h": 5.42, "outside_hours_h": 2.0, "back_to_back_n": 1.0, "longest_free_h": 5.5,
    }  # fmt: skip
    of_day = [m for m in found.meetings if number * 86400 <= m.start_utc_s < (number + 1) * 86400]
    sum_h = sum(m.end_utc_s - m.start_utc_s for m in of_day) / 3600
    assert round(sum_h - values["busy_h"], 2) == 0.58


@shared
@pytest.mark.process
def test_the_night_of_eleven_hours():
    data = (
        (SHARED / "night_shift_end_of_summer_time.ics").read_bytes().replace(b"UID:n", b"UID:n\r\nSUMMARY:Night shift")
    )
    found = read(data)
    assert found.shifts == (Shift(1792868400, 1792868400 + 11 * 3600, "night"),)
    assert by_day(found.values)[day(2026, 10, 24)]["shift_hours_h"] == 11.0


DAY = (
    one("Round", "20260330T090000", "20260330T100000", uid="1"),
    one("Call", "20260330T100500", "20260330T110500", uid="2"),
    one("Teaching", "20260330T103000", "20260330T113000", uid="3"),
    one("Council", "20260330T170000", "20260330T200000", uid="4"),
    one("Free", "20260330T120000", "20260330T130000", "TRANSP:TRANSPARENT", uid="5"),
    one("Gone", "20260330T120000", "20260330T130000", "STATUS:CANCELLED", uid="6"),
    ["BEGIN:VEVENT", "UID:7", "DTSTART;VALUE=DATE:20260330", "END:VEVENT"],
)


@pytest.mark.process
def test_meetings_of_a_day_are_a_union():
    values = by_day(read(rosters.calendar(*DAY)).values)[day(2026, 3, 30)]
    assert values == {"busy_h": 65 / 12, "outside_hours_h": 2.0, "back_to_back_n": 1.0, "longest_free_h": 5.5}
    twice = read(rosters.calendar(*DAY), rosters.calendar(*DAY))
    assert by_day(twice.values)[day(2026, 3, 30)] == values
    early = by_day(read(rosters.calendar(*DAY), hours=UsualHours(6.0, 12.0, (0,))).values)[day(2026, 3, 30)]
    assert (early["outside_hours_h"], early["longest_free_h"]) == (3.0, 3.0)


@pytest.mark.process
def test_days_that_the_calendar_does_not_cover_have_no_value():
    roster = rosters.calendar(
        one("Early shift", "20260302T060000", "20260302T140000", uid="1"),
        one("Early shift", "20260305T060000", "20260305T140000", uid="2"),
    )
    values = by_day(read(roster).values)
    assert {number: row["days_off_n"] for number, row in values.items()} == {
        day(2026, 3, 2): 0.0, day(2026, 3, 3): 1.0, day(2026, 3, 4): 1.0, day(2026, 3, 5): 0.0,
    }  # fmt: skip
    assert "busy_h" not in values[day(2026, 3, 3)]  # a roster says nothing of meetings
    declared = by_day(read(roster, declared=DayRange(day(2026, 3, 1), day(2026, 3, 7))).values)
    assert sum(row["days_off_n"] for row in declared.values()) == 5.0
    # one week out of the roster: its edges are covered, for the file goes on
    week = DayRange(day(2026, 3, 3), day(2026, 3, 4))
    assert [row["days_off_n"] for row in by_day(read(roster, days=week).values).values()] == [1.0, 1.0]


@pytest.mark.process
def test_an_endless_meeting_makes_no_days_off():
    """A roster that was filled in until Thursday says nothing of Friday, however long a weekly meeting goes on."""
    found = read(
        rosters.calendar(
            one("Early shift", "20260302T060000", "20260302T140000", uid="1"),
            one("Early shift", "20260305T060000", "20260305T140000", uid="2"),
            one("Round", "20260302T150000", "20260302T160000", "RRULE:FREQ=WEEKLY", uid="3"),
        )
    )
    values = by_day(found.values)
    assert max(number for number, row in values.items() if "days_off_n" in row) == day(2026, 3, 5)
    assert values[day(2026, 6, 1)]["busy_h"] == 1.0


@pytest.mark.process
def test_days_between_two_rosters_and_days_of_another_calendar_are_no_days_off():
    march, june = (
        rosters.calendar(one("Early shift", f"2026{month}02T060000", f"2026{month}02T140000")) for month in ("03", "06")
    )
    private = rosters.calendar(
        one("Choir", "20260301T180000", "20260301T190000"), one("Choir", "20260704T180000", "20260704T190000", uid="2")
    )
    values = by_day(read(march, june, private).values)
    assert {number for number, row in values.items() if "days_off_n" in row} == {day(2026, 3, 2), day(2026, 6, 2)}
    assert {number for number, row in values.items() if "busy_h" in row} == set(
        range(day(2026, 3, 1), day(2026, 7, 4) + 1)
    )
    assert read(march, june).covered == (
        DayRange(day(2026, 3, 2), day(2026, 3, 2)),
        DayRange(day(2026, 6, 2), day(2026, 6, 2)),
    )
    declared = DayRange(day(2026, 3, 1), day(2026, 3, 31))
    assert read(march, declared=declared).covered == (declared,)
    assert read(rosters.calendar(), declared=declared).covered == ()


@pytest.mark.process
def test_overlapping_shifts_are_united_and_an_import_twice_gives_the_same():
    roster = rosters.calendar(
        one("Early shift", "20260302T060000", "20260302T140000", uid="1"),
        one("Long day", "20260302T070000", "20260302T193000", uid="2"),
    )
    found = read(roster, roster)
    assert len(found.shifts) == 1
    assert by_day(found.values)[day(2026, 3, 2)]["shift_hours_h"] == 13.5
    assert found == read(roster, roster)
    assert repr(read(roster)).encode() == repr(read(roster)).encode()


@pytest.mark.process
def test_a_marked_entry_is_a_shift_even_where_the_roster_shows_it_as_free():
    found = read(rosters.calendar(one("Early shift", "20260302T060000", "20260302T140000", "TRANSP:TRANSPARENT")))
    assert (len(found.shifts), found.meetings) == (1, ())


@pytest.mark.process
def test_categories_mark_too_and_ignored_entries_are_nothing():
    ics = rosters.calendar(
        one("Ward 3", "20260302T060000", "20260302T140000", r"CATEGORIES:Home\, sweet,On duty", uid="1"),
        one("Training", "20260303T060000", "20260303T140000", uid="2"),
        one("Choir", "20260304T180000", "20260304T190000", uid="3"),
    )
    marks = {digest(KEY, "category", "ON  DUTY"): "shift", digest(KEY, "title", "Training"): "ignored"}
    found = read(ics, marks=marks)
    assert len(found.shifts) == 1
    assert found.meetings == (Meeting(1772643600, 1772647200),)
    rows = asyncio.run(titles([ics, ics], days=YEAR, key=KEY))
    assert {(row.where, row.text, row.count) for row in rows} == {
        ("title", "Ward 3", 2), ("title", "Training", 2), ("title", "Choir", 2), ("category", "Home, sweet", 2), ("category", "On duty", 2),
    }  # fmt: skip
    assert {row.digest for row in rows} >= set(marks)


def test_wrong_words_are_refused():
    with pytest.raises(WrongUse, match="too short"):
        asyncio.run(read_calendars([], Wanted(YEAR, BERLIN), marks={}, key=b"short"))
    with pytest.raises(WrongUse, match="mark"):
        asyncio.run(read_calendars([], Wanted(YEAR, BERLIN), marks={"a": "party"}, key=KEY))
    with pytest.raises(WrongUse, match="days"):
        asyncio.run(read_calendars([], Wanted(DayRange(0, 20_000), BERLIN), marks={}, key=KEY))

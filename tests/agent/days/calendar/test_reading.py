"""What is read of a file: forms of many programs, recurrences, zones. Inside one process, as the reading process does it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.days.calendar.reading import Task, answer
from agent.days.calendar.series import Window
from tests.support.calendar_exports import EXPORTS
from tests.support.rosters import calendar, event

KEY = bytes(range(32))


def utc(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


YEAR = Window(utc(2026, 1, 1), utc(2027, 1, 1))


def read(ics, window=YEAR, marks=None, cpu_s=20.0, **more):
    return answer(ics, Task(window, KEY, marks or {}, wants_titles=False, cpu_s=cpu_s, **more))


def shown(found):
    """Occurrences as the tests write them."""
    rows = []
    for start, end, _, is_floating, *_ in found:
        begin, until = (datetime.fromtimestamp(at_s, UTC) for at_s in (start, end))
        rows.append(f"{'~' * is_floating}{begin:%Y%m%dT%H%M}/{until:%m%dT%H%M}")
    return rows


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_each_program_s_form_is_read(export):
    made = read(export.ics)
    assert shown(made.found) == export.times
    assert {reason.value: n for reason, n in made.unread.items()} == export.unread


def times(*lines, **more):
    return shown(read(calendar(*lines), **more).found)


def zoned(*lines, start="20260302T080000", end="20260302T090000", zone="Europe/Berlin", uid="1"):
    return event(uid, "x", f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}", *lines)


RULES = [
    ("RRULE:FREQ=DAILY;UNTIL=20260301T000000Z", []),  # how programs write a series that was deleted
    ("RRULE:FREQ=DAILY;COUNT=3", ["20260302T0700/0302T0800", "20260303T0700/0303T0800", "20260304T0700/0304T0800"]),
    ("RRULE:FREQ=WEEKLY;UNTIL=20260309", ["20260302T0700/0302T0800", "20260309T0700/0309T0800"]),
    ("RRULE:FREQ=WEEKLY;UNTIL=20260309T070000Z", ["20260302T0700/0302T0800", "20260309T0700/0309T0800"]),
    ("RRULE:FREQ=WEEKLY;UNTIL=20260309T065959Z", ["20260302T0700/0302T0800"]),
    ("RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["20260302T0700/0302T0800", "20260331T0600/0331T0700", "20260531T0600/0531T0700"]),
    ("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;COUNT=2", ["20260302T0700/0302T0800", "20260329T0600/0329T0700"]),
    ("RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20260401T000000Z", ["20260302T0700/0302T0800", "20260331T0600/0331T0700"]),
    ("RDATE;TZID=Europe/Berlin:20260401T100000,20260402T100000", ["20260302T0700/0302T0800", "20260401T0800/0401T0900", "20260402T0800/0402T0900"]),
    ("RDATE;VALUE=DATE:20260401", ["20260302T0700/0302T0800", "20260401T0600/0401T0700"]),
    ("RDATE:", ["20260302T0700/0302T0800"]),
    ("RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE;VALUE=DATE:20260303", ["20260302T0700/0302T0800", "20260304T0700/0304T0800"]),
    ("RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20260303T070000Z,20260304T080000", ["20260302T0700/0302T0800", "20260304T0700/0304T0800"]),
    ("RRULE:FREQ=DAILY;COUNT=2\r\nEXDATE;TZID=Europe/London:20260302T070000", ["20260303T0700/0303T0800"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "found"), RULES)
def test_recurrences(line, found):
    assert times(zoned(*line.split("\r\n"))) == found


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA;WKST=SU",
        "FREQ=WEEKLY;INTERVAL=3",
        "FREQ=MONTHLY;INTERVAL=5",
        "FREQ=MONTHLY;BYDAY=2TU,-1FR",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,6;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYYEARDAY=100,200",
    ],
)
@pytest.mark.parametrize("first", ["20031130T080000", "19990131T233000", "20040229T010000"])
def test_a_rule_begun_near_the_window_gives_what_it_gives_from_its_start(rule, first):
    """Counted from its start by the same library: a count that is never reached turns the short cut off."""
    lines = [f"DTSTART;TZID=Europe/Berlin:{first}", "DURATION:PT1H"]
    short = times(event("1", "x", *lines, f"RRULE:{rule}"))
    whole = times(event("1", "x", *lines, f"RRULE:{rule};COUNT=49999"))
    assert short == whole


def test_a_moved_occurrence_a_cancelled_one_and_all_later_ones():
    series = zoned("RRULE:FREQ=DAILY;COUNT=6")
    moved = zoned("RECURRENCE-ID;TZID=Europe/Berlin:20260303T080000", start="20260303T200000", end="20260303T213000")
    gone = ["BEGIN:VEVENT", "UID:1@roster.example", "RECURRENCE-ID:20260304T070000Z", "STATUS:CANCELLED", "END:VEVENT"]
    later = zoned(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260305T080000",
        start="20260305T100000",
        end="20260305T103000",
    )
    assert times(series, moved, gone, later) == [
        "20260302T0700/0302T0800",
        "20260303T1900/0303T2030",
        "20260305T0900/0305T0930",
        "20260306T0900/0306T0930",
        "20260307T0900/0307T0930",
    ]
    ended = zoned("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260305T080000", "STATUS:CANCELLED")
    assert len(times(series, ended)) == 3
    assert times(moved) == ["20260303T1900/0303T2030"]  # its series is not in the file


def test_versions_of_an_entry_and_a_uid_that_is_no_name():
    def version(n, hour):
        return zoned(
            f"SEQUENCE:{n}",
            f"LAST-MODIFIED:2026010{n}T000000Z",
            start=f"20260302T{hour:02}0000",
            end=f"20260302T{hour + 1:02}0000",
        )

    made = read(calendar(version(1, 8), version(3, 12), version(2, 10)))
    assert shown(made.found) == ["20260302T1100/0302T1200"]
    assert {reason.value: n for reason, n in made.unread.items()} == {"older_version": 2}
    made = read(calendar(*(version(n, n) for n in range(1, 6))))  # one uid for all
    assert (len(made.found), made.unread) == (5, {})


def test_a_time_that_the_clock_skips_or_shows_twice():
    assert times(zoned(start="20260329T023000", end="20260329T040000")) == ["20260329T0130/0329T0200"]
    assert times(zoned(start="20261025T023000", end="20261025T040000")) == ["20261025T0030/1025T0300"]


ZONE = [
    "BEGIN:VTIMEZONE",
    "TZID:Ward",
    "BEGIN:STANDARD",
    "DTSTART:20200101T000000",
    "TZOFFSETFROM:+0330",
    "TZOFFSETTO:+0330",
    "END:STANDARD",
    "END:VTIMEZONE",
]


def test_zones_by_every_name():
    assert times(ZONE, zoned(zone="Ward")) == ["20260302T0430/0302T0530"]
    assert times(zoned(zone="Ward"), ZONE) == ["20260302T0430/0302T0530"]  # in any order
    assert times(zoned(zone="europe/berlin")) == ["20260302T0700/0302T0800"]
    assert times(zoned(zone="posix/Europe/Berlin")) == ["20260302T0700/0302T0800"]
    assert times(zoned(zone="/freeassociation.sourceforge.net/Tzfile/America/Argentina/Salta")) == [
        "20260302T1100/0302T1200"
    ]
    assert times(zoned(zone="Nepal Standard Time")) == ["20260302T0215/0302T0315"]
    assert times(zoned(zone='"W. Europe Standard Time"')) == ["20260302T0700/0302T0800"]


def test_the_last_change_of_a_zone_is_counted_in_utc():
    """A rule that ends with the change of March 2026, as exporters write it: from then on it is summer time."""
    summer = ["BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
              "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20260329T010000Z", "END:DAYLIGHT"]  # fmt: skip
    winter = ["BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
              "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20251026T010000Z", "END:STANDARD"]  # fmt: skip
    zone = ["BEGIN:VTIMEZONE", "TZID:Ward", *summer, *winter, "END:VTIMEZONE"]
    assert times(
        zone, zoned(zone="Ward"), zoned(zone="Ward", start="20261202T080000", end="20261202T090000", uid="2")
    ) == [
        "20260302T0700/0302T0800",
        "20261202T0600/1202T0700",
    ]


@pytest.mark.parametrize(
    "zone",
    ["Customized Time Zone", "GMT Standard Time 1", '"(UTC+01:00) Amsterdam, Berlin"', "(UTC+01:00) Amsterdam, Berlin", "Factory",
     "localtime", "../../etc/passwd", "Europe", "/etc/localtime", "Mitteleuropäische Zeit", ""],
)  # fmt: skip
def test_an_unknown_zone_is_an_error_of_its_entry(zone):
    made = read(calendar(zoned(zone=zone), zoned(uid="2")))
    assert {reason.value: n for reason, n in made.unread.items()} == {"zone_unknown": 1}
    assert shown(made.found) == ["20260302T0700/0302T0800"]


@pytest.mark.parametrize("breach", [
    ("TZOFFSETTO:+0330", "TZOFFSETTO:+9930"), ("TZOFFSETTO:+0330", "X:"), ("DTSTART:20200101T000000", "DTSTART:never"),
    ("END:STANDARD", "RRULE:FREQ=SECONDLY\r\nEND:STANDARD"), ("BEGIN:STANDARD", "BEGIN:OTHER"),
])  # fmt: skip
def test_a_zone_of_the_file_that_cannot_be_read_is_not_believed(breach):
    broken = [line.replace(*breach) for line in ZONE]
    assert [reason.value for reason in read(calendar(broken, zoned(zone="Ward"))).unread] == ["zone_unknown"]


@pytest.mark.parametrize("frequency", ["SECONDLY", "MINUTELY", "HOURLY"])
def test_what_repeats_more_often_than_daily_is_refused_by_name(frequency):
    made = read(
        calendar(zoned(f"RRULE:FREQ={frequency}", start="19700101T000000", end="19700101T000001"), zoned(uid="2"))
    )
    assert [reason.value for reason in made.unread] == ["rule_too_often"]
    assert len(made.found) == 1


def test_the_time_for_a_file_ends_and_what_was_read_stays():
    ticks = iter(range(1000))
    made = read(calendar(*(zoned(uid=n) for n in range(10))), cpu_s=4.0, cpu_now_s=lambda: next(ticks))
    assert made.unread["out_of_time"] == 10
    assert made.events_n == 0
    ticks = iter([0] * 15 + [9] * 100)
    made = read(calendar(*(zoned(uid=n) for n in range(10))), cpu_s=4.0, cpu_now_s=lambda: next(ticks))
    assert (made.events_n, len(made.found), made.unread["out_of_time"]) == (4, 4, 6)


def test_a_marked_day_without_hours_is_named():
    from agent.days.calendar.titles import digest

    marks = {digest(KEY, "title", "x"): "shift"}
    made = read(
        calendar(event("1", "x", "DTSTART;VALUE=DATE:20260302"), event("2", "x", "DTSTART:20260302T080000Z")),
        marks=marks,
    )
    assert {reason.value: n for reason, n in made.unread.items()} == {"marked_without_hours": 2}


SHARED = Path(os.environ.get("WARDBEAT_SHARED", "/nowhere")) / "data/signals/ics"


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="WARDBEAT_SHARED holds no calendars")
def test_every_calendar_of_the_folder_is_read_or_refused_by_name():
    window = Window(utc(1990, 1, 1), utc(2030, 1, 1))
    rows = {file.name: read(file.read_bytes(), window) for file in sorted(SHARED.glob("*.ics"))}
    assert len(rows) == 77  # 75 of others, two of ours
    assert all(made.events_n or made.other_n or made.unread for made in rows.values())
    assert sum(made.events_n for made in rows.values()) == 51
    assert rows["issue_526_calendar_with_events.ics"].unread == {"zone_unknown": 2}
    assert shown(rows["issue_722_timezone_transition_ambiguity.ics"].found) == []  # moments without a length
    assert shown(rows["issue_156_RDATE_with_PERIOD_TZID_khal_2.ics"].found)[1] == "20211206T1500/1206T1530"

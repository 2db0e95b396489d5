"""Values of days out of records: overlapping devices, naps, sleep by day, changes of the clock, journeys, gaps.

Expected values are worked out by hand in the comments; two properties compare with a second computation, minute by
minute, that shares no code with the agent.
"""

import dataclasses
import itertools
import random
import statistics
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.days.health import HealthImport, Options
from agent.days.health.reading import read_here
from tests.support import health_exports as made
from tests.support.fit_monitoring import WALKING

OPTIONS = Options(now_s=1_796_000_000, zone=made.east(made.BERLIN), key=b"k" * 32)


@pytest.fixture
def of(tmp_path):
    """Values of an export: {(date, name): value}."""

    def found(*records: str, **more) -> HealthImport:
        path = tmp_path / "export.xml"
        path.write_bytes(made.apple(*records, **more))
        return read_here(path, OPTIONS)

    return found


def fitbit(tmp_path, files: dict[str, object], zone=made.BERLIN) -> HealthImport:
    path = tmp_path / "archive.zip"
    path.write_bytes(made.zipped({f"Global Export Data/{name}": made.dumped(rows) for name, rows in files.items()}))
    return read_here(path, dataclasses.replace(OPTIONS, zone=made.east(zone)))


def value(found: HealthImport, day: str, name: str):
    return next((one.value for one in found.values if (one.day, one.name) == (made.day(day), name)), None)


def coverage(found: HealthImport, day: str, name: str):
    return next(one.coverage_01 for one in found.values if (one.day, one.name) == (made.day(day), name))


# ---- overlapping devices


def test_a_phone_adds_only_the_steps_outside_the_watch_s_stretches(of):
    """08:00-08:10 watch 900; phone 08:05-08:15 1,000, of which half is left: 500; 09:00-09:10 phone alone 400."""
    found = of(
        made.walked("2025-06-02 08:05:00 +0200", "2025-06-02 08:15:00 +0200", 1000, "iPhone"),
        made.walked("2025-06-02 09:00:00 +0200", "2025-06-02 09:10:00 +0200", 400, "iPhone"),
        made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", 900),
    )
    assert value(found, "2025-06-02", "steps_n") == 1800


def test_the_same_record_twice_counts_once(of):
    rows = [made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", 900)] * 3
    assert value(of(*rows), "2025-06-02", "steps_n") == 900


def test_what_a_person_typed_comes_last(of):
    typed = '<MetadataEntry key="HKWasUserEntered" value="1"/>'
    found = of(
        made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 09:00:00 +0200", 9000, inside=typed),
        made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:30:00 +0200", 1000, "iPhone"),
    )
    assert value(found, "2025-06-02", "steps_n") == 1000 + 4500
    assert [(one.kind, one.records) for one in found.sources] == [("phone", 1), ("typed", 1)]


def test_the_order_of_records_changes_nothing(of):
    rows = made.APPLE.decode().split("\n <ExportDate")[1].split("\n ")[2:]
    rows = [row for row in rows if row.startswith("<Record")]
    rows[-1] = rows[-1].replace("\n</HealthData>\n", "")
    forward = of(*rows)
    random.Random(5).shuffle(rows)
    assert of(*rows).values == forward.values


def test_a_phone_s_sleep_counts_only_outside_the_watch_s_sleep(of):
    """Watch 23:00-03:00 and 03:30-06:00 (its pause is awake); phone 22:30-07:00 adds 22:30-23:00 and 06:00-07:00: 8 h."""
    found = of(
        made.slept("2025-06-01 22:30:00 +0200", "2025-06-02 07:00:00 +0200", "Asleep", "iPhone"),
        made.slept("2025-06-01 23:00:00 +0200", "2025-06-02 03:00:00 +0200"),
        made.slept("2025-06-02 03:30:00 +0200", "2025-06-02 06:00:00 +0200"),
    )
    assert value(found, "2025-06-02", "sleep_h") == 8.0


def test_a_watch_that_is_empty_at_two_leaves_the_rest_of_the_night_to_the_phone(of):
    found = of(
        made.slept("2025-06-01 23:00:00 +0200", "2025-06-02 02:00:00 +0200"),
        made.slept("2025-06-01 23:30:00 +0200", "2025-06-02 06:30:00 +0200", "Asleep", "iPhone"),
    )
    assert value(found, "2025-06-02", "sleep_h") == 7.5


def test_in_bed_is_no_sleep(of):
    found = of(made.slept("2025-06-01 22:00:00 +0200", "2025-06-02 07:00:00 +0200", "InBed", "iPhone"))
    assert found.values == ()
    assert found.covered == (made.day("2025-06-02"),)


def test_efficiency_needs_both_and_is_never_above_one(of):
    """Asleep 23:00-07:00, in bed only 23:30-06:30 by the phone: in bed is at least the sleep."""
    alone = of(made.slept("2025-06-01 23:00:00 +0200", "2025-06-02 07:00:00 +0200"))
    assert value(alone, "2025-06-02", "sleep_efficiency_01") is None
    both = of(
        made.slept("2025-06-01 23:00:00 +0200", "2025-06-02 07:00:00 +0200"),
        made.slept("2025-06-01 23:30:00 +0200", "2025-06-02 06:30:00 +0200", "InBed", "iPhone"),
    )
    assert value(both, "2025-06-02", "sleep_efficiency_01") == 1.0


def test_stages_are_never_told_apart(of):
    """Any share of the stages gives the same values."""
    hours = [
        ("2025-06-01 23:00:00 +0200", "2025-06-02 02:00:00 +0200"),
        ("2025-06-02 02:00:00 +0200", "2025-06-02 06:00:00 +0200"),
    ]
    seen = {
        tuple(of(*(made.slept(*when, stage) for when, stage in zip(hours, stages, strict=True))).values)
        for stages in (("AsleepCore", "AsleepDeep"), ("AsleepREM", "AsleepREM"), ("Asleep", "AsleepUnspecified"))
    }
    assert len(seen) == 1


# ---- which day


def test_naps_belong_to_the_day_and_the_longest_sleep_gives_the_midpoint(of):
    """A night of 5 h (00:00-05:00, middle 02:30) and a nap of 1.5 h."""
    found = of(
        made.slept("2025-06-02 00:00:00 +0200", "2025-06-02 05:00:00 +0200"),
        made.slept("2025-06-02 14:00:00 +0200", "2025-06-02 15:30:00 +0200"),
    )
    assert value(found, "2025-06-02", "sleep_h") == 6.5
    assert value(found, "2025-06-02", "sleep_midpoint_h") == 2.5


def test_a_night_worker_s_sleep_by_day_is_the_main_sleep_of_that_day(of):
    """08:00-14:00 after the shift, middle 11:00; a nap before it, 19:00-20:30."""
    found = of(
        made.slept("2025-06-02 19:00:00 +0200", "2025-06-02 20:30:00 +0200"),
        made.slept("2025-06-03 08:00:00 +0200", "2025-06-03 14:00:00 +0200"),
    )
    assert value(found, "2025-06-02", "sleep_h") == 1.5
    assert value(found, "2025-06-02", "sleep_midpoint_h") == 19.75
    assert value(found, "2025-06-03", "sleep_h") == 6.0
    assert value(found, "2025-06-03", "sleep_midpoint_h") == 11.0


def test_a_midpoint_before_midnight_is_negative(of):
    """20:00 to 00:30: the middle is 22:15 of the evening before."""
    found = of(made.slept("2025-06-01 20:00:00 +0200", "2025-06-02 00:30:00 +0200"))
    assert value(found, "2025-06-02", "sleep_midpoint_h") == -1.75


def test_a_pause_of_an_hour_is_one_sleep_and_a_longer_one_two(of):
    """Of one sleep the middle lies in the pause; of two, in the longer."""
    one = of(
        made.slept("2025-06-02 00:00:00 +0200", "2025-06-02 03:00:00 +0200"),
        made.slept("2025-06-02 04:00:00 +0200", "2025-06-02 06:00:00 +0200"),
    )
    assert value(one, "2025-06-02", "sleep_midpoint_h") == 3.0
    assert coverage(one, "2025-06-02", "sleep_h") == pytest.approx(5 / 6)
    two = of(
        made.slept("2025-06-02 00:00:00 +0200", "2025-06-02 03:00:00 +0200"),
        made.slept("2025-06-02 04:00:01 +0200", "2025-06-02 06:00:00 +0200"),
    )
    assert value(two, "2025-06-02", "sleep_midpoint_h") == 1.5


def test_steps_over_midnight_are_shared_by_their_time(of):
    """23:50 to 00:20, 300 steps: a third before midnight."""
    found = of(made.walked("2025-06-02 23:50:00 +0200", "2025-06-03 00:20:00 +0200", 300))
    assert value(found, "2025-06-02", "steps_n") == 100
    assert value(found, "2025-06-03", "steps_n") == 200


def test_a_quarter_of_an_hour_in_a_file_of_a_day_belongs_to_that_day(tmp_path):
    """The last one ends nine seconds after midnight, by a clock that was set."""
    path = tmp_path / "takeout.zip"
    row = "23:45:00.000+02:00,00:00:09.000+02:00,9,20,90,5,3,100"
    name = "Takeout/Fit/Daily activity metrics/2025-06-04.csv"
    path.write_bytes(made.zipped({name: made.lines(made.GOOGLE_HEAD, row)}))
    found = read_here(path, OPTIONS)
    assert {(one.day, one.name): one.value for one in found.values} == {
        (made.day("2025-06-04"), "steps_n"): 100.0,
        (made.day("2025-06-04"), "active_min"): 3.0,
    }


def test_a_counter_that_begins_anew_counts_from_midnight(tmp_path):
    """23:30 local 100 steps, 00:30 local 40 of a new count, 01:00 local 55."""
    path = tmp_path / "night.fit"
    counts = ((30, WALKING, 100), (90, WALKING, 40), (120, WALKING, 55))
    path.write_bytes(made.monitoring_file("", "2025-06-02T21:00:00", 2, counts))
    found = read_here(path, OPTIONS)
    assert value(found, "2025-06-02", "steps_n") == 100
    assert value(found, "2025-06-03", "steps_n") == 55


# ---- changes of the clock


@pytest.mark.parametrize(
    ("zone", "evening", "morning", "real_h", "midpoint_h"),
    [
        (made.BERLIN, "2025-10-25T23:00:00.000", "2025-10-26T07:00:00.000", 9, 2.5),  # summer time ends at 03:00
        (made.BERLIN, "2025-03-29T23:00:00.000", "2025-03-30T07:00:00.000", 7, 3.5),  # and begins at 02:00
        (made.SYDNEY, "2025-04-05T23:00:00.000", "2025-04-06T07:00:00.000", 9, 2.5),
        (made.SYDNEY, "2025-10-04T23:00:00.000", "2025-10-05T07:00:00.000", 7, 3.5),
        (made.NEW_YORK, "2025-11-01T23:00:00.000", "2025-11-02T07:00:00.000", 9, 2.5),
        (made.NEW_YORK, "2025-03-08T23:00:00.000", "2025-03-09T07:00:00.000", 7, 3.5),
        (made.BERLIN, "2025-06-01T23:00:00.000", "2025-06-02T07:00:00.000", 8, 3.0),
    ],
)
def test_a_night_across_a_change_of_the_clock_counts_real_hours(zone, evening, morning, real_h, midpoint_h, tmp_path):
    """Asleep for all of it; the middle on the clock at waking is half the real hours before waking up."""
    night = made.fitbit_night(evening, morning, real_h * 60, real_h * 60)
    found = fitbit(tmp_path, {"sleep-2025-01-01.json": [night]}, zone)
    assert value(found, morning[:10], "sleep_h") == real_h
    assert value(found, morning[:10], "sleep_midpoint_h") == midpoint_h
    assert value(found, morning[:10], "sleep_efficiency_01") == 1.0


def test_more_sleep_than_the_real_hours_of_the_night_is_not_read(tmp_path):
    """On the night of the skipped hour eight hours on the clock are seven."""
    night = made.fitbit_night("2025-03-29T23:00:00.000", "2025-03-30T07:00:00.000", 450, 480)
    found = fitbit(tmp_path, {"sleep-2025-01-01.json": [night]})
    assert found.values == ()
    assert [(one.reason, one.count) for one in found.unread] == [("implausible_value", 1)]


def test_offsets_that_a_record_carries_count_real_hours(of):
    """Both directions, and the southern hemisphere."""
    found = of(
        made.slept("2025-10-25 23:00:00 +0200", "2025-10-26 07:00:00 +0100"),
        made.slept("2025-03-29 23:00:00 +0100", "2025-03-30 07:00:00 +0200"),
        made.slept("2025-04-05 23:00:00 +1100", "2025-04-06 07:00:00 +1000"),
    )
    assert value(found, "2025-10-26", "sleep_h") == 9.0
    assert value(found, "2025-03-30", "sleep_h") == 7.0
    assert value(found, "2025-04-06", "sleep_h") == 9.0
    assert value(found, "2025-10-26", "sleep_midpoint_h") == 2.5


def test_a_week_with_a_journey_keeps_the_days_as_they_were_lived(of):
    """Berlin until Wednesday, New York from Thursday on: each day by the offset of its records. The flight's sleep is
    2 real hours (23:00 in Berlin is 17:00 in New York; awake at 19:00 there), and belongs to New York's Wednesday.
    """
    found = of(
        made.walked("2025-06-04 09:00:00 +0200", "2025-06-04 09:10:00 +0200", 500),
        made.slept("2025-06-04 23:00:00 +0200", "2025-06-04 19:00:00 -0400"),
        made.walked("2025-06-04 23:30:00 -0400", "2025-06-04 23:40:00 -0400", 200),
        made.walked("2025-06-05 08:00:00 -0400", "2025-06-05 08:10:00 -0400", 300),
    )
    assert value(found, "2025-06-04", "sleep_h") == 2.0
    assert value(found, "2025-06-04", "sleep_midpoint_h") == 18.0
    assert value(found, "2025-06-04", "steps_n") == 700
    assert value(found, "2025-06-05", "steps_n") == 300


def test_minutes_without_a_zone_are_local_or_utc_as_the_person_says(tmp_path):
    """23:30 on the archive's clock: of the same day if local; in UTC it is 01:30 of the next in Berlin."""
    path = tmp_path / "steps-2025-06-01.json"
    path.write_bytes(made.dumped(made.fitbit_minutes("2025-06-02", "23:30:00", [50] * 10)))
    local = read_here(path, OPTIONS)
    assert value(local, "2025-06-02", "steps_n") == 500
    assert value(read_here(path, dataclasses.replace(OPTIONS, samples_utc=True)), "2025-06-03", "steps_n") == 500


# ---- worn, absent and 0


def test_no_steps_on_a_worn_day_are_0_and_on_a_day_in_the_drawer_absent(tmp_path):
    found = fitbit(
        tmp_path,
        {
            "steps-2025-06-01.json": [
                *made.fitbit_minutes("2025-06-02", "00:00:00", [0] * 1440),
                *made.fitbit_minutes("2025-06-03", "00:00:00", [0] * 1440),
            ],
            "heart_rate-2025-06-01.json": made.fitbit_rates("2025-06-02", "06:00:00", [66] * 360),
        },
    )
    assert value(found, "2025-06-02", "steps_n") == 0.0
    assert coverage(found, "2025-06-02", "steps_n") == 6 / 24
    assert value(found, "2025-06-03", "steps_n") is None
    assert set(found.covered) == {made.day("2025-06-02"), made.day("2025-06-03")}


def test_a_day_without_records_has_no_value(of):
    found = of(
        made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", 900),
        made.walked("2025-06-05 08:00:00 +0200", "2025-06-05 08:10:00 +0200", 900),
    )
    assert {one.day for one in found.values} == {made.day("2025-06-02"), made.day("2025-06-05")} == set(found.covered)


def test_the_lowest_heart_rate_of_the_night_is_a_mean_of_five_minutes_during_sleep(of):
    """00:00-03:00 asleep. 47 bpm for 5 minutes; one reading of 40 is 1 of 5 of 60: 56; 38 bpm after waking up."""

    def rate(minute: int) -> int:
        return 47 if 60 <= minute < 65 else 40 if minute == 100 else 38 if minute >= 180 else 60

    found = of(
        made.slept("2025-06-02 00:00:00 +0200", "2025-06-02 03:00:00 +0200"),
        *made.beats_of_night("2025-06-02 00:00:00 +0200", 240, rate),
    )
    assert value(found, "2025-06-02", "night_hr_min_bpm") == 47.0
    assert coverage(found, "2025-06-02", "night_hr_min_bpm") == 1.0


def test_less_than_an_hour_of_readings_says_nothing_about_a_night(of):
    found = of(
        made.slept("2025-06-02 00:00:00 +0200", "2025-06-02 06:00:00 +0200"),
        *made.beats_of_night("2025-06-02 00:00:00 +0200", 54, lambda _: 50),
    )
    assert value(found, "2025-06-02", "night_hr_min_bpm") is None


def test_the_spread_of_midpoints_needs_seven_nights_of_fourteen_days(of):
    """Ten nights, of which night n is slept n quarters of an hour later; the second and third are missing."""
    begins = [datetime(2025, 6, 1, 23) + timedelta(days=n, minutes=15 * n) for n in range(10) if n not in (1, 2)]
    form = "%Y-%m-%d %H:%M:%S +0200"
    found = of(*(made.slept(at.strftime(form), (at + timedelta(hours=8)).strftime(form)) for at in begins))
    middles = {n: 3 + n / 4 for n in range(10) if n not in (1, 2)}
    assert value(found, "2025-06-09", "sleep_midpoint_sd_h") is None  # the sixth night
    assert value(found, "2025-06-10", "sleep_midpoint_sd_h") == pytest.approx(
        statistics.stdev([middles[n] for n in (0, 3, 4, 5, 6, 7, 8)])
    )
    assert coverage(found, "2025-06-11", "sleep_midpoint_sd_h") == 8 / 14


# ---- what is not read


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (made.walked("1970-01-01 08:00:00 +0000", "1970-01-01 08:10:00 +0000", 9), "before_2000"),
        (made.walked("1999-12-31 08:00:00 +0000", "1999-12-31 08:10:00 +0000", 9), "before_2000"),
        (made.walked("2027-01-01 08:00:00 +0000", "2027-01-01 08:10:00 +0000", 9), "future"),
        (made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 07:00:00 +0200", 9), "backwards"),
        (made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", 1_000_000), "implausible_value"),
        (made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", "-4"), "bad_value"),
        (made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", "nan"), "bad_value"),
        (made.walked("2025-06-31 08:00:00 +0200", "2025-06-31 08:10:00 +0200", 9), "bad_date"),
        (made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10 +02", 9), "bad_date"),
        (made.walked("2025-06-02 08:00:00", "2025-06-02 08:10:00", 9), "no_zone"),
        (made.slept("2025-06-01 08:00:00 +0200", "2025-06-02 09:00:00 +0200"), "implausible_value"),  # 25 h
        (made.slept("2025-06-01 23:00:00 +0200", "2025-06-02 06:00:00 +0200", "Dreaming"), "bad_value"),
        (made.beat("2025-06-02 08:00:00 +0200", 0), "implausible_value"),
        (made.beat("2025-06-02 08:00:00 +0200", 400), "implausible_value"),
        (made.beat("2025-06-02 08:00:00 +0200", 1.2, unit="count/s"), "unit"),
        (made.rested("2025-06-02 08:00:00 +0200", 300), "implausible_value"),
    ],
)
def test_what_cannot_be_is_counted_and_not_read(record, reason, of):
    good = made.walked("2025-06-03 08:00:00 +0200", "2025-06-03 08:10:00 +0200", 77)
    found = of(record, good)
    assert [(one.reason, one.count) for one in found.unread] == [(reason, 1)]
    assert [(one.name, one.value) for one in found.values] == [("steps_n", 77.0)]


def test_a_day_of_more_than_a_hundred_thousand_steps_is_not_read(of):
    rows = [made.walked(f"2025-06-02 {h:02}:00:00 +0200", f"2025-06-02 {h:02}:50:00 +0200", 30_000) for h in range(4)]
    found = of(*rows)
    assert found.values == ()
    assert [(one.reason, one.count) for one in found.unread] == [("implausible_value", 1)]


# ---- second computations


@st.composite
def nights(draw):
    """Stretches of three devices within ten hours, in whole minutes: (start, length, kind, device)."""
    return draw(
        st.lists(
            st.tuples(
                st.integers(0, 540), st.integers(1, 240), st.sampled_from(["AsleepCore", "Awake"]), st.sampled_from(["Watch", "App", "iPhone"])
            ),
            min_size=1,
            max_size=12,
        )
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150)
@given(rows=nights())
def test_sleep_equals_a_computation_minute_by_minute(rows, tmp_path_factory):
    """Each minute: asleep where the best device that has a word there says so; its word holds over pauses of an hour."""
    begin = datetime(2025, 6, 2, 0, 0)
    form = "%Y-%m-%d %H:%M:%S +0200"
    path = tmp_path_factory.mktemp("night") / "export.xml"
    path.write_bytes(
        made.apple(
            *(
                made.slept((begin + timedelta(minutes=a)).strftime(form), (begin + timedelta(minutes=a + n)).strftime(form), kind, source)
                for a, n, kind, source in rows
            )
        )
    )  # fmt: skip
    minutes = range(-1, 800)
    taken, asleep = set(), set()
    for device in ("Watch", "App", "iPhone"):
        own = {
            m: kind
            for kind in ("AsleepCore", "Awake")
            for a, n, k, source in rows
            if (k, source) == (kind, device)
            for m in range(a, a + n)
        }
        said = sorted(own)
        word = set(said)
        for before, after in itertools.pairwise(said):
            if after - before - 1 <= 60:
                word |= set(range(before, after))
        asleep |= {m for m in said if own[m] == "AsleepCore" and m not in taken}
        taken |= word
    assert all(m in minutes for m in asleep)
    found = read_here(path, OPTIONS)
    total_h = sum(one.value for one in found.values if one.name == "sleep_h")
    assert total_h == pytest.approx(len(asleep) / 60)


@pytest.mark.slow
@settings(max_examples=150)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1200), st.integers(1, 90), st.integers(0, 3000), st.sampled_from(["Watch", "App", "iPhone"])),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_steps_equal_a_computation_minute_by_minute(rows, tmp_path_factory):
    """Each minute takes the pace of the record that came first: the best device's, of one device the earlier."""
    begin = datetime(2025, 6, 2, 0, 0)
    form = "%Y-%m-%d %H:%M:%S +0200"
    path = tmp_path_factory.mktemp("steps") / "export.xml"
    path.write_bytes(
        made.apple(
            *(
                made.walked((begin + timedelta(minutes=a)).strftime(form), (begin + timedelta(minutes=a + n)).strftime(form), steps, source)
                for a, n, steps, source in rows
            )
        )
    )  # fmt: skip
    order = {"Watch": 0, "App": 1, "iPhone": 2}
    pace: dict[int, float] = {}
    for a, n, steps, _ in sorted(
        (row for row in rows if row[2]), key=lambda row: (order[row[3]], row[0], -row[1], row[2])
    ):
        for minute in range(a, a + n):
            pace.setdefault(minute, steps / n)
    found = read_here(path, OPTIONS)
    assert (value(found, "2025-06-02", "steps_n") or 0) == pytest.approx(sum(pace.values()), abs=0.5 + 0.05 * len(rows))

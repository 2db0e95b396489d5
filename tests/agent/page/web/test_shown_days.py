"""All that is known of a day, in one read-out and one row."""

from agent.page.web import shown_days
from tests.support.made_weeks import DAY_S, NOON_UTC_S, answer, day, local

DAY = "2026-11-29"
FULL = answer(
    values_of_days={
        "sleep_h": [{"day": DAY, "value": 6.5}],
        "journal_positive_n": [{"day": DAY, "value": 2.0}],
        "journal_negative_n": [{"day": DAY, "value": 0.0}],
    },
    shifts=[{"start_utc_s": NOON_UTC_S, "end_utc_s": NOON_UTC_S + 8 * 3600, "kind": "night"}],
    check_ins=[{"day": DAY, "instrument": "x", "short": "tired", "scores": []}],
)


def test_sixty_days_end_with_the_day_of_the_answer():
    known = shown_days.of(answer())
    assert (len(known.days), known.days[-1]) == (shown_days.SHOWN_DAYS, DAY)


def test_one_read_out_says_all_of_a_day():
    said = shown_days.says_of(shown_days.of(FULL), DAY, local())
    parts = said.split(" · ")
    assert len(parts) == 5
    assert "40 ms from 3 readings" in parts[0]
    assert parts[1] == "6 h 30 min of sleep"
    assert parts[2].startswith("night shift")
    assert parts[3] == "1 check-in"
    assert "2 journal entries" in parts[4]
    assert shown_days.says_of(shown_days.of(answer(days=[])), DAY, local()).endswith("no heart data")


def test_a_day_that_nobody_imported_is_absent_and_never_nought():
    known = shown_days.of(FULL)
    assert known.slept_h.get("2026-11-28") is None
    assert set(known.moods[DAY]) == {"positive"}
    row = shown_days.row_of(shown_days.of(answer(days=[day(0, None)])), DAY, local())
    assert row[1:] == (None, None, 0, None, None, None)


def test_the_summary_counts_days_outside_the_usual_range():
    days = [day(2), day(1, 20.0), day(0, None)]
    assert shown_days.summary(shown_days.of(answer(days=days)), local()) == (
        "2 days have data. 1 lie outside your usual range of 30 to 50 ms."
    )
    assert "not known yet" in shown_days.summary(shown_days.of(answer(days=days, band=None)), local())
    assert shown_days.summary(shown_days.of(answer(days=[])), local()) == "No day has heart data yet."


def test_a_shift_stands_on_the_day_on_which_it_begins():
    night = {"start_utc_s": NOON_UTC_S - DAY_S, "end_utc_s": NOON_UTC_S - DAY_S + 16 * 3600, "kind": "night"}
    assert set(shown_days.of(answer(shifts=[night])).shifts) == {"2026-11-28"}

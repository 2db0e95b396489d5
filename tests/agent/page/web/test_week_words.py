"""A week in words: where its interval lies decides, the parts add up, and each gap has its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.page.web import week_words
from agent.page.web.week_words import shown_weeks, whole_points
from agent.scoring import baseline, instruments
from agent.scoring.channels import CHANNELS
from tests.support.made_weeks import answer, channel, gap, local, week


def shown(one, *, with_index=True):
    return shown_weeks(answer([one]), local(), with_index=with_index)[0]


@pytest.mark.parametrize(
    ("low", "high", "state", "tone"),
    [(50.1, 90, "above", "warm"), (50.0, 90, "within", "usual"), (10, 50.0, "within", "usual"),
     (10, 49.9, "below", "cool")],
)  # fmt: skip
def test_a_week_stands_out_only_where_its_whole_interval_does(low, high, state, tone):
    made = shown(week(index=(low + high) / 2, low=low, high=high))
    assert (made.state, made.tone) == (state, tone)
    assert ("stand out" in made.head) == (state == "above")
    assert ("not clearly different" in made.head) == (state == "within")


def test_the_interval_and_the_normal_stand_in_words():
    made = shown(week(index=78.2, low=58.0, high=92.0))
    assert made.head == "The last 7 days stand out."
    assert "78 of 100, between 58 and 92 nine times in ten. 50 is your own normal of the 60 days before." in made.words


def test_the_last_seven_days_have_no_date_and_the_others_have_both_ends():
    before, last = shown_weeks(answer([week(1), week()]), local(), with_index=True)
    assert (before.name, last.name) == ("16 Nov – 22 Nov", "last 7 days")
    assert "16 Nov" in before.head
    assert not any(sign in last.head + last.words + last.says for sign in ("Nov", "23", "29"))


def test_without_an_index_the_change_of_variability_decides_and_no_word_of_strain_is_said():
    made = shown(week(index=None, low=None, high=None, points={}), with_index=False)
    assert (made.state, made.tone) == ("below", "warm")  # less variability has the colour that strain has elsewhere
    assert "−10\u202f%" in made.words
    said = f"{made.head} {made.words} {made.says} {made.verdict} {made.title}"
    assert "strain" not in said
    assert "strain" in shown(week(low=60.0, high=90.0, index=75.0)).words
    assert [one.value for one in made.parts] == ["−10\u202f%", "+2\u202f%"]


def test_a_gap_has_its_reason_and_learning_its_progress():
    made = shown(gap())
    assert made.state == "gap"
    assert "nothing was measured" in made.says
    assert made.parts == ()
    known = {"readings": 35, "of_readings": 42, "days": 9, "of_days": 14}
    learning = shown(gap(reason="learning your normal: 35 of 42 readings, 9 of 14 days", learning=known))
    assert (learning.state, learning.learning) == ("learning", known)


def test_a_normal_that_is_known_is_not_being_learnt():
    """A channel with few readings says so; the counts are those of the heart, which are full."""
    known = {"readings": 135, "of_readings": 42, "days": 45, "of_days": 14}
    made = shown(gap(reason="learning your normal: 135 of 42 readings, 45 of 14 days", learning=known))
    assert made.state == "gap"
    assert "135" not in made.says


def test_parts_add_up_to_the_index_and_say_what_they_rest_on():
    made = shown(week(index=60.4, points={"hr_bpm": -2.2, "ln_rmssd": 12.6}, missing=["sleep_h"]))
    assert [(one.name, one.value) for one in made.parts] == [("ln_rmssd", "+12"), ("hr_bpm", "−2")]
    assert made.total == "+10"
    assert [one.tone for one in made.parts] == ["warm", "cool"]
    assert made.parts[0].bar > 0 > made.parts[1].bar
    assert (made.parts[0].readings, made.parts[0].numbers) == (12, ("rmssd_ms",))
    assert made.missing == "Sleep"
    assert made.rests == "9,000 heart beats in 30.5 hours with the strap on."


@given(
    st.dictionaries(st.sampled_from(sorted(CHANNELS)), st.floats(-30, 30), min_size=1),
)
def test_whole_points_add_up_and_none_is_a_point_away(points):
    index = 50.0 + sum(points.values())
    whole = whole_points(points, index)
    assert sum(whole.values()) == round(index) - 50
    assert all(abs(whole[name] - value) <= 1.0 for name, value in points.items())


def test_the_hubs_number_is_shown_where_it_differs_and_only_there():
    hub = {"index": 61.0, "low": 40.0, "high": 70.0, "model": "wardbeat weeks 2", "arrivals": 812,
           "made_utc": "2026-11-28T08:00:00+00:00", "differs": True, "why": "data that reached the hub late"}  # fmt: skip
    made = shown(week(hub=hub))
    assert all(part in made.hub for part in ("61", "data that reached the hub late", "28 Nov", "812"))
    assert shown(week(hub=hub | {"differs": False})).hub == ""


def test_what_this_module_repeats_is_what_the_scoring_says():
    assert week_words.WORTH_A_CHECK_IN == instruments.CHECK_IN
    assert (week_words.READINGS, week_words.DAYS_TO_SPEAK) == (baseline.READINGS, baseline.DAYS_TO_SPEAK)
    assert shown(week(notable=instruments.CHECK_IN)).is_worth_a_check_in
    assert not shown(week(notable="above your normal")).is_worth_a_check_in


def test_a_usual_level_of_nought_gives_no_per_cent():
    assert week_words.percent("yawns_per_min", channel(usual=0.0)) is None
    made = shown(week(index=None, points={}, channels={"yawns_per_min": channel(usual=0.0)}), with_index=False)
    assert made.parts[0].value == "–"
    assert "heart" in made.verdict

"""The first page's sentence: each state of the last seven days, and what lies around them."""

import pytest

from agent.page.web.pages import Pages
from agent.page.web.position import position
from agent.page.web.standing import facts, seven_days, standing, variables
from agent.tables.profiles import PROFILES
from tests.support import made_weeks

PAGES = Pages({"profile": PROFILES["care"].as_json(), "names": {}})
LOCAL = PAGES.local()
NOW_UTC_S = 1_790_000_000


def week(**changes) -> dict:
    return {"learning": None, "index": 60.0, "low": 40.0, "high": 80.0, "reason": "", "channels": {}} | changes


@pytest.mark.parametrize(
    ("weeks", "has_source", "state"),
    [
        ([], False, "first"),
        ([], True, "nothing"),
        ([week(learning={"readings": 3})], True, "learning"),
        ([week(index=None, low=None, high=None)], True, "thin"),
        ([week(low=40.0, high=80.0)], True, "within"),
        ([week(low=50.5, high=80.0)], True, "above"),
        ([week(low=20.0, high=49.5)], True, "below"),
        ([week(low=50.5, high=80.0), week()], True, "within"),  # the newest one
    ],
)
def test_one_state_for_the_last_seven_days(weeks, has_source, state):
    assert standing(weeks, has_source=has_source, with_index=True).state == state


@pytest.mark.parametrize(
    ("moved", "state"),
    [
        (None, "thin"),
        ({"low": -0.2, "high": 0.1}, "within"),
        ({"low": 0.1, "high": 0.2}, "above"),
        ({"low": -0.3, "high": -0.1}, "below"),
    ],
)
def test_without_an_index_the_variability_decides(moved, state):
    row = week(index=None, low=None, high=None, channels={} if moved is None else {"ln_rmssd": moved})
    assert standing([row], has_source=True, with_index=False).state == state


def made(**changes) -> dict:
    return {"values_of_days": {}, "shifts": [], "worn_today_h": 3.35} | changes


def test_the_next_shift_and_the_rest_before_it():
    shifts = [
        {"start_utc_s": NOW_UTC_S - 36_000, "end_utc_s": NOW_UTC_S - 7200, "kind": "day"},
        {"start_utc_s": NOW_UTC_S + 90_000, "end_utc_s": NOW_UTC_S + 120_000, "kind": "day"},
        {"start_utc_s": NOW_UTC_S + 32_400, "end_utc_s": NOW_UTC_S + 60_000, "kind": "night"},
    ]
    rows = dict(facts(made(shifts=shifts), {"rows": [], "operator": None}, LOCAL, NOW_UTC_S))
    assert list(rows) == ["Next night shift", "Rest before it", "Worn today"]
    assert rows["Rest before it"] == "11 h"
    assert rows["Worn today"] == "3 h 21 min"


def test_no_line_for_what_is_not_known():
    rows = facts(made(), {"rows": [], "operator": None}, LOCAL, NOW_UTC_S)
    assert [name for name, _ in rows] == ["Worn today"]


@pytest.mark.parametrize(("strap", "sentence"), [(None, "first"), ({"name": "H10"}, "nothing")])
def test_before_the_first_data_there_is_one_sentence_one_sketch_and_at_most_one_action(strap, sentence):
    nothing = made(weeks=[], days=[], band=None, rate_band=None)
    place, sent = {"strap": strap, "has_source": False}, {"rows": [], "operator": None}
    html = PAGES.fragment(
        "standing", LOCAL, position=None, **variables(nothing, place, sent, LOCAL, NOW_UTC_S, with_index=True)
    )
    assert LOCAL.word("standing", sentence) in html
    assert html.count('class="sketch"') == 1
    assert "<figure" not in html
    assert html.count("button primary") == (strap is None)


@pytest.mark.parametrize(
    ("low", "index", "high", "sign"),
    [(60.0, 75.0, 90.0, 'class="warm"'), (10.0, 25.0, 40.0, 'class="cool"'), (40.0, 60.0, 80.0, "<circle")],
)
def test_the_picture_shows_what_the_sentence_says(low, index, high, sign):
    weeks = [made_weeks.week(low=low, index=index, high=high)]
    state = standing(weeks, has_source=True, with_index=True).state
    picture = str(position(weeks, state, LOCAL, with_index=True))
    assert sign in picture
    assert f"between {low:.0f} and {high:.0f}" in picture  # read out
    assert f'x="{low:.2f}%"' in picture
    assert f'width="{high - low:.2f}%"' in picture
    assert position(weeks, state, LOCAL, with_index=False) is None


def test_a_week_without_a_result_has_no_place_on_the_line():
    weeks = [made_weeks.gap()]
    state = standing(weeks, has_source=True, with_index=True).state
    assert position(weeks, state, LOCAL, with_index=True) is None


def test_a_day_without_data_is_a_gap_and_says_so():
    days = [
        {"day": "2026-11-22", "rmssd_ms": 40.0, "low_ms": 35.0, "high_ms": 46.0, "readings": 4},
        {"day": "2026-11-23", "rmssd_ms": None, "low_ms": None, "high_ms": None, "readings": 0},
        {"day": "2026-11-24", "rmssd_ms": 44.0, "low_ms": None, "high_ms": None, "readings": 1},
    ]
    chart = seven_days(days, [34.0, 58.0], LOCAL)
    assert str(chart.picture).count("seven-hatch)") == 5  # four days before the first one, and the one between
    assert str(chart.picture).count("<circle") == 2
    assert "44 ms from 1 reading" in str(chart.picture)
    assert "34 to 58 ms" in chart.key[0][1]
    assert chart.key[0][0] != "band" or seven_days(days, None, LOCAL).key[0][0] != "band"

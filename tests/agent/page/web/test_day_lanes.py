"""Lanes of the same days: what is known is drawn, what is not is hatched, and no line runs over what was not read."""

import json
import re

from agent.page.web import day_lanes, shown_days
from agent.tables.days import MOODS
from tests.support.made_weeks import NOON_UTC_S, answer, day, local

DAY = "2026-11-29"


def lanes(**changes):
    return day_lanes.charts(shown_days.of(answer(**changes)), local(), "2026-11-23")


def test_days_that_were_not_read_are_hatched_and_no_line_runs_over_them():
    rows = [day(back, None if back in (30, 31, 10) else 40.0) for back in range(59, -1, -1)]
    whole, _, _ = lanes(days=rows)
    assert str(whole.picture).count("lanes-hatch)") == 3
    assert str(whole.picture).count('class="trend"') == 3
    assert str(whole.picture).count('class="dot"') == 57


def test_a_phone_has_the_last_28_days_and_those_before_and_none_twice():
    whole, recent, before = lanes()
    columns = [len(json.loads(re.search(r'data-says="([^"]*)"', str(one.picture))[1].replace("&#34;", '"')))
               for one in (whole, recent, before)]  # fmt: skip
    assert columns == [60, 28, 32]
    assert len(whole.rows) == 60
    assert {one.name for one in (whole, recent, before)} == {"lanes", "recent", "before"}


def test_lanes_without_anything_are_not_drawn():
    none, full = lanes()[0], lanes(
        values_of_days={"sleep_h": [{"day": DAY, "value": 6.0}], "journal_neutral_n": [{"day": DAY, "value": 1.0}]},
        shifts=[{"start_utc_s": NOON_UTC_S, "end_utc_s": NOON_UTC_S + 3600, "kind": "day"}],
    )[0]  # fmt: skip
    for words, kind in (("Sleep (hours)", "sleep"), ("Shifts", "day-shift"), ("What you said", "entry-mark")):
        assert words not in str(none.picture)
        assert words in str(full.picture)
        assert f'class="{kind}"' in str(full.picture)


def test_day_and_night_differ_by_place_and_shape():
    def height(kind):
        shift = {"start_utc_s": NOON_UTC_S, "end_utc_s": NOON_UTC_S + 3600, "kind": kind}
        drawn = str(lanes(shifts=[shift])[0].picture)
        return float(re.search(rf'y="([\d.]+)"[^>]*class="{"night" if kind == "night" else "day-shift"}"', drawn)[1])

    assert height("night") > height("day")


def test_the_days_of_the_chosen_week_are_marked():
    whole, recent, before = lanes()
    marked = [re.search(r'width="([\d.]+)%"[^>]*chosen-days', str(one.picture))[1] for one in (whole, recent, before)]
    assert [float(one) for one in marked] == [11.67, 25.0, 0.0]


def test_each_mood_has_its_height():
    assert set(day_lanes.MOOD_HEIGHTS) == set(MOODS) == set(shown_days.MOODS)
    heights = [day_lanes.MOOD_HEIGHTS[mood] for mood in ("positive", "neutral", "negative", "distressed")]
    assert heights == sorted(heights, reverse=True)

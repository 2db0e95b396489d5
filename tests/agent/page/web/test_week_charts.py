"""The picture in which a week is chosen says by shape, colour, read-out and table the same."""

import json
import re

import pytest

from agent.page.web import week_charts
from agent.page.web.week_words import shown_weeks
from tests.support.made_weeks import answer, channel, gap, local, week

WEEKS = [gap(3), week(2, index=20.0, low=5.0, high=45.0), week(1), week(index=80.0, low=60.0, high=95.0)]


def chart(weeks, *, with_index=True):
    made = shown_weeks(answer(weeks), local(), with_index=with_index)
    return made, week_charts.choose(made, local(), with_index=with_index)


def says(picture) -> list[str]:
    return json.loads(re.search(r'data-says="([^"]*)"', str(picture))[1].replace("&#34;", '"'))


def test_each_state_has_its_colour_and_shape_and_each_gap_its_hatching():
    _, made = chart(WEEKS)
    text = str(made.picture)
    assert text.count(week_charts._MARK["warm"]) == text.count('class="warm"') == 1
    assert text.count(week_charts._MARK["cool"]) == text.count('class="cool"') == 1
    assert text.count('class="dot"') == 1
    assert text.count("choose-hatch)") == 1


def test_a_column_has_a_read_out_and_a_row_of_the_table():
    weeks, made = chart(WEEKS)
    assert says(made.picture) == [one.says for one in weeks]
    assert len(made.rows) == len(WEEKS)
    assert made.rows[0] == (weeks[0].name, None, None, "nothing was measured in this week")
    assert made.rows[-1] == ("last 7 days", "80", "60 to 95", "clearly more strain than usual")


def test_weeks_are_counted_without_the_last_seven_days():
    _, made = chart(WEEKS)
    assert made.title == "3 weeks and the last 7 days"
    assert "2 of 4 are clearly different" in made.summary
    assert "1 has no result" in made.summary


def test_the_last_column_is_named_and_no_date_stands_below_it():
    _, made = chart(WEEKS)
    below = re.findall(r'<text[^>]*y="306.0"[^>]*>([^<]*)<', str(made.picture))
    assert below[-1] == "last 7 days"
    assert "23 Nov" not in below


@pytest.mark.parametrize(("change", "tone"), [(-0.3, "warm"), (0.3, "cool")])
def test_without_an_index_shape_follows_the_place_and_colour_the_meaning(change, tone):
    low_or_high = week(index=None, low=None, high=None, points={}, channels={"ln_rmssd": channel(change)})
    _, made = chart([low_or_high], with_index=False)
    text = str(made.picture)
    up = "M0 -9L9 7H-9Z"
    assert (up in text) == (change > 0)
    assert f'class="{tone}"' in text
    assert "strain" not in text + made.title + made.summary
    assert "variability" in text


def test_no_interval_leaves_the_picture():
    """Ends of the axis without an index hold every interval, and stay within a hundred per cent."""
    far = week(index=None, points={}, channels={"ln_rmssd": channel(0.6, 0.4)})
    weeks = shown_weeks(answer([far]), local(), with_index=False)
    assert week_charts._ends(weeks) == (-100.0, 100.0)
    assert week_charts._ends([]) == (-20.0, 20.0)
    for y, high in re.findall(
        r'y="([\d.]+)" width="8" height="([\d.]+)"', str(chart([far], with_index=False)[1].picture)
    ):
        assert week_charts._TOP <= float(y) + float(high) <= week_charts._BOTTOM + 0.1


def test_what_is_worth_a_check_in_has_a_ring():
    _, made = chart([week(notable="worth a check-in")])
    assert str(made.picture).count('class="ring"') == 1
    assert 'class="ring"' not in str(chart(WEEKS)[1].picture)

"""Hours and movements of the face: what is drawn is what the read-outs and tables say."""

import json
import re
from html import unescape

import pytest

from agent.page.web import charts
from tests.support.made_weeks import NOON_UTC_S, local

SHIFT = {"start_utc_s": NOON_UTC_S, "kind": "night", "at_work": [False, True, True], "percent": [None, -30, 4]}
HOURS = {"by_shift": True, "columns": [-1, 0, 1], "rows": [SHIFT]}


def cells(made) -> list[list[str]]:
    return json.loads(unescape(re.search(r'data-cells="([^"]*)"', str(made.picture))[1]))


def test_each_hour_has_its_colour_sign_read_out_and_cell():
    made = charts.hours(HOURS, local())
    text = str(made.picture)
    assert text.count("heat less-much") == text.count("heat same") == 1
    assert text.count("hours-hatch)") == 1
    assert ">−−<" in text
    assert text.count('class="work"') == 2
    row = cells(made)[0]
    assert row == [
        "Night, 29 Nov, −1 h: no data",
        "Night, 29 Nov, 0 h: −30\u202f% against your median · at work",
        "Night, 29 Nov, +1 h: +4\u202f% against your median · at work",
    ]
    assert made.rows == (("Night, 29 Nov", None, "−30\u202f%", "+4\u202f%"),)
    assert made.summary == "2 hours have data. 1 lie more than 10 % below your median variability."


def test_hours_of_days_are_labelled_by_the_persons_clock():
    day = {"day": "2026-11-29", "at_work": [False] * 24, "percent": [0] * 24}
    made = charts.hours({"by_shift": False, "columns": list(range(24)), "rows": [day]}, local())
    assert made.head[1:3] == ("00:00", "01:00")
    assert "Sun 29 Nov" in str(made.rows[0][0])
    assert made.title != charts.hours(HOURS, local()).title


@pytest.mark.parametrize(
    ("percent", "shade", "sign"),
    [(-26, "less-much", "−−"), (-25, "less-some", "−"), (-11, "less-some", "−"), (-10, "same", "·"),
     (10, "same", "·"), (11, "more-some", "+"), (26, "more-much", "++")],
)  # fmt: skip
def test_a_sign_says_the_same_as_its_colour(percent, shade, sign):
    assert (charts.shade_of(percent), charts.sign_of(percent)) == (shade, sign)


def face(*quartiles):
    return [{"week": f"2026-11-{1 + 7 * n:02d}", "windows": 9, "quartiles": one} for n, one in enumerate(quartiles)]


def test_a_face_has_its_median_its_middle_half_and_its_gaps():
    rows = face([0.1, 0.2, 0.3], None, [0.2, 0.25, 0.4], [0.2, 0.21, 0.3])
    made = charts.face("smile_share_01", rows, local())
    text = str(made.picture)
    assert text.count("smile_share_01-hatch)") == 1
    assert text.count('class="dot"') == 3
    assert text.count('class="trend"') == 1  # no line over a gap
    assert made.rows[0] == ("22 Nov", "21\u202f%", "20\u202f% to 30\u202f%", "9")
    assert made.summary == "3 weeks have data. The latest median is 21\u202f%."
    assert "Week of 8 Nov: no data" in unescape(text)


def test_the_axis_of_a_face_is_round_and_holds_every_week():
    made = charts.face("perclos_01", face([0.01, 0.02, 0.043]), local())
    assert "5\u202f%" in str(made.picture)
    yawns = charts.face("yawns_per_min", face([0.0, 0.1, 2.0]), local())
    assert yawns.rows[0][2] == "0 to 2"


def test_nothing_gives_a_sentence():
    assert charts.hours({"by_shift": False, "columns": [], "rows": []}, local()).summary == "No hour has data yet."
    assert charts.face("smile_share_01", face(None, None), local()).summary.startswith("0 weeks")


def test_no_words_of_the_data_become_markup():
    evil = charts.hours(HOURS | {"rows": [SHIFT | {"kind": '"><script>'}]}, local())
    assert "<script>" not in str(evil.picture)

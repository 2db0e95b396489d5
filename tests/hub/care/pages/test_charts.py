"""Pictures: pure, inside their frame, with no line over what is not there."""

import math
import re
from xml.etree import ElementTree as ET

import hypothesis.strategies as st
from hypothesis import given

from hub.care.pages import charts, drawing, ranges
from hub.care.picture import CheckIn, Line, Picture, WeekShown

DAY = 20_700
NUMBER = st.one_of(st.none(), st.floats(1.0, 5.0))


@st.composite
def lines(draw):
    many = draw(st.integers(1, 60))
    value, mean = (tuple(draw(st.lists(NUMBER, min_size=many, max_size=many))) for _ in range(2))
    low = tuple(draw(st.lists(NUMBER, min_size=many, max_size=many)))
    return Line("ln_rmssd", DAY, value, mean, low, tuple(None if one is None else one + 0.5 for one in low))


def numbers(svg):
    """The picture parsed: width, height, and every place in it."""
    root = ET.fromstring(svg)
    wide, high = map(float, root.attrib["viewBox"].split()[2:])
    places = [
        (float(one.attrib[x]), float(one.attrib[y]))
        for one in root.iter()
        for x, y in (("x", "y"), ("cx", "cy"))
        if x in one.attrib
    ]
    for one in root.iter("path"):
        found = [float(number) for number in re.findall(r"-?[\d.]+", one.attrib["d"])]
        places += list(zip(found[::2], found[1::2], strict=True))
    return wide, high, places


@given(lines())
def test_the_own_range_stays_in_its_frame_and_is_the_same_each_time(line):
    chart = ranges.own_range(line, "Heart")
    assert chart == ranges.own_range(line, "Heart")
    for svg in (chart.wide, chart.narrow):
        wide, high, places = numbers(svg)
        assert all(0 <= x <= wide and 0 <= y <= high for x, y in places)
        assert "nan" not in svg
    assert len(chart.rows) == sum(a is not None or b is not None for a, b in zip(line.value, line.mean, strict=True))


def test_no_line_is_drawn_over_days_without_a_mean():
    mean = (3.0, 3.1, None, None, 3.2, 3.3)
    chart = ranges.own_range(Line("hr_bpm", DAY, mean, mean, (None,) * 6, (None,) * 6), "Heart")
    assert len(re.findall(r'class="week"', chart.wide)) == 2
    assert drawing.runs([(0, 0), None, (1, 1), (2, 2)]) == [[(0, 0)], [(1, 1), (2, 2)]]


def test_variability_is_shown_in_ms():
    line = Line("ln_rmssd", DAY, (math.log(42.0),), (math.log(42.0),), (math.log(30.0),), (math.log(60.0),))
    assert ranges.own_range(line, "x").rows == (("4 Sep 2026", "42", "42", "30 to 60"),)
    assert ranges.range_sentence(line) == (
        "The mean of the seven days to 4 Sep 2026 is 42 ms, within their own range. Nine in ten of their days "
        "were between 30 and 60."
    )


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=30))
def test_weeks_stay_in_their_frame(values):
    shown = [
        WeekShown(DAY + 7 * n, None, None, None, "thin")
        if value is None
        else WeekShown(DAY + 7 * n, value, max(value - 20, 0), min(value + 20, 100), "", (("hr_bpm", 1.0),))
        for n, value in enumerate(values)
    ]
    chart = charts.weeks(shown)
    for svg in (chart.wide, chart.narrow):
        wide, high, places = numbers(svg)
        assert all(0 <= x <= wide and 0 <= y <= high for x, y in places)
    assert len(chart.rows) == len(shown)
    assert chart.wide.count('class="none gap"') == sum(value is None for value in values[-26:])


@given(st.lists(st.floats(0, 24), min_size=28, max_size=28))
def test_worn_hours_stay_in_their_frame(hours):
    gaps = tuple((DAY + n, DAY + n, "silent") for n, one in enumerate(hours) if not one)
    picture = Picture("d1", 1, ("heart",), 0, 0, 0, 0, last_day=DAY + 27, worn_h=tuple(hours), gaps=gaps)
    chart = charts.worn(picture)
    for svg in (chart.wide, chart.narrow):
        wide, high, places = numbers(svg)
        assert all(0 <= x <= wide and 0 <= y <= high for x, y in places)
    drawn = {
        one.attrib["class"]: re.findall(r"M([\d.]+) ([\d.]+)h4V24h-4z", one.attrib["d"])
        for one in ET.fromstring(charts.strip(picture)).iter("path")
    }
    assert len(drawn.get("none silent", ())) == len(gaps)
    assert len(drawn.get("bar", ())) == 28 - len(gaps)
    assert all(float(x) <= 136 and 0 <= float(y) <= 24 for of_kind in drawn.values() for x, y in of_kind)


def test_answers_mark_those_over_the_line():
    shown = [CheckIn(1_790_000_000 + n * 86_400, "cbi work", value) for n, value in enumerate((20.0, 49.0, 50.0, 90.0))]
    svg = charts.answers(shown, 0, 100, 50.0, 1_796_000_000)
    assert svg.count('class="answer over"') == 2
    wide, high, places = numbers(svg)
    assert all(0 <= x <= wide and 0 <= y <= high for x, y in places)


def test_words_in_a_picture_are_escaped():
    svg = drawing.picture(10, 10, "<b>&", [drawing.text(1, 1, "<i>"), drawing.dot(1, 1, 1, "x", "<u>")])
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert "<u>" not in svg
    numbers(svg)

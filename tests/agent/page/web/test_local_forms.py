"""Dates and numbers as a region writes them; what a browser may send of it, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.page.web.local_forms import STYLES, LocalForms, from_browser

AMERICAN = {
    "months": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "periods": ["AM", "PM"],
    "padded": ["minute", "hour"],
    "decimal": ".",
    "group": ",",
    "patterns": {
        "day": "{month} {day}",
        "day_year": "{month} {day}, {year}",
        "date": "{weekday}, {month} {day}",
        "date_year": "{weekday}, {month} {day}, {year}",
        "weekday": "{weekday}",
        "time": "{hour}:{minute} {period}",
        "moment": "{weekday}, {month} {day}, {hour}:{minute} {period}",
        "moment_year": "{weekday}, {month} {day}, {year}, {hour}:{minute} {period}",
    },
}
GERMAN = LocalForms(decimal=",", group=".")


@pytest.mark.parametrize(
    ("value", "digits", "sign", "text"),
    [
        (1234.5, 1, False, "1.234,5"),
        (-3.2, 0, False, "−3"),
        (3.2, 0, True, "+3"),
        (-0.2, 0, True, "0"),
        (None, 0, False, "–"),
        (float("nan"), 0, False, "–"),
    ],
)
def test_a_number_has_one_minus_and_the_regions_marks(value, digits, sign, text):
    assert GERMAN.number(value, digits, sign=sign) == text


def test_as_many_digits_as_a_number_is_worth():
    assert [GERMAN.short(one) for one in (0.123, 6.4, 41.26, 312.7, 7.0)] == ["0,12", "6,40", "41,3", "313", "7"]
    assert GERMAN.share(0.961) == "96\u202f%"


def test_twelve_hours_and_the_month_first():
    forms = from_browser(AMERICAN)
    assert [forms.minutes(one) for one in (0, 9 * 60 + 5, 12 * 60, 21 * 60)] == [
        "12:00 AM",
        "09:05 AM",
        "12:00 PM",
        "09:00 PM",
    ]
    assert forms.day("2001-03-05") == "Mar 5, 2001"
    assert forms.full_day("2001-03-05") == "Mon, Mar 5, 2001"


def test_the_year_is_said_where_it_is_another():
    assert LocalForms().day("1999-12-31") == "31 Dec 1999"


@pytest.mark.parametrize(
    "breach",
    [
        {"months": ["Jan"]},
        {"patterns": {**AMERICAN["patterns"], "day": "{__class__}"}},
        {"patterns": {**AMERICAN["patterns"], "day": "{evil}"}},
        {"patterns": {}},
        {"padded": ["second"]},
        {"decimal": "....."},
        {"weekdays": [1, 2, 3, 4, 5, 6, 7]},
        {"months": ["x" * 21] * 12},
        {"group": "\n"},
    ],
)
def test_what_is_not_of_the_shape_leaves_the_forms_of_english(breach):
    assert from_browser(AMERICAN) != LocalForms()
    assert from_browser(AMERICAN | breach) == LocalForms()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*AMERICAN, "other"]), JSON)
def test_no_browser_breaks_a_date(name, value):
    forms = from_browser(AMERICAN | {name: value})
    for style in STYLES:
        assert isinstance(forms.patterns[style], str)
    assert forms.moment(0)
    assert forms.number(1234.5, 1)


def test_a_region_whose_spaces_do_not_break_keeps_its_forms():
    patterns = AMERICAN["patterns"] | {"time": "{hour}:{minute}\u202f{period}"}
    forms = from_browser(AMERICAN | {"decimal": ",", "group": "\u202f", "patterns": patterns})
    assert forms.number(12345.5, 1) == "12\u202f345,5"
    assert forms.minutes(545) == "09:05\u202fAM"
    assert from_browser(AMERICAN | {"group": "\n"}) == LocalForms()

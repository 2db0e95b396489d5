"""Numbers as people write them: the unit by the end of the name, a share as per cent, no name of a program."""

import pytest

from agent.features import FEATURES
from agent.page.web.amounts import amount, shown, unit_of, unit_words, with_unit
from agent.page.web.local import Local, Locals
from agent.tables.days import DAYS


@pytest.fixture
def local() -> Local:
    return Locals({}).of("en")


@pytest.mark.parametrize("name", [*FEATURES, *DAYS])
def test_every_number_has_a_unit_in_words_or_none(local, name):
    words = unit_words(name, local)
    assert "unknown" not in words
    assert "_" not in words
    assert bool(words) == bool(unit_of(name))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("sleep_h", 6.5312, "6.5 hours"),
        ("sleep_h", 7.0, "7 hours"),
        ("resting_hr_bpm", 54.97, "55 per minute"),
        ("sleep_efficiency_01", 0.873, "87 %"),
        ("pnn50_01", 0.0042, "0.42 %"),
        ("steps_n", 10584.0, "10,584"),
        ("rmssd_ms", 41.27, "41.3 ms"),
        ("csi", 2.126, "2.13"),
    ],
)
def test_a_value_is_written_with_the_digits_that_it_is_worth(local, name, value, words):
    assert with_unit(name, value, local) == words


def test_what_is_missing_is_a_dash_and_no_zero(local):
    assert amount("sleep_h", None, local) == "–"
    nothing = {"amount": "–", "unit": "ms", "low": "", "high": ""}
    assert shown({"name": "rmssd_ms", "last": None}, local) == nothing
    last = {"value": 41.2, "ci_low": 38.0, "ci_high": None}
    assert shown({"name": "rmssd_ms", "last": last}, local) == nothing | {"amount": "41.2"}
    last = {"value": 0.25, "ci_low": 0.2, "ci_high": 0.3}
    assert shown({"name": "pnn50_01", "last": last}, local) == {"amount": "25", "unit": "%", "low": "20", "high": "30"}

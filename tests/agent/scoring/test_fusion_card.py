"""The card: there and back through JSON, and everything else is refused by name."""

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WrongUse
from agent.scoring.fusion import predictions
from agent.scoring.fusion_card import as_card, from_card
from tests.support.drawn_weeks import quick_fusion, quick_table


def test_a_fusion_comes_back_from_json_as_it_was():
    fusion = quick_fusion()

    again = from_card(json.loads(json.dumps(as_card(fusion), allow_nan=False)))

    assert as_card(again) == as_card(fusion)
    assert again.target == fusion.target
    assert again.evidence == fusion.evidence
    weeks = quick_table(30, 5, seed=4).weeks
    first, second = predictions(fusion, weeks), predictions(again, weeks)
    for name in ("at_cut_01", "low", "high"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def places(value, path=()):
    """Every place in a card."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from places(part, (*path, key))


def changed(path, new):
    card = copy.deepcopy(as_card(quick_fusion()))
    place = card
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return card


@pytest.mark.parametrize("wrong", [None, [], {}, True, math.nan, math.inf, "x", b"x"])
def test_a_wrong_value_in_any_place_is_refused(wrong):
    for path in places(as_card(quick_fusion())):
        is_free_text = path[-1] in ("says", "watermark", "instrument") or path == ("target", "scale")
        if is_free_text and (isinstance(wrong, str) or path == ("says",)):
            continue
        with pytest.raises(WrongUse, match="card of a fusion"):
            from_card(changed(path, wrong))


def test_a_missing_or_an_unknown_key_is_refused():
    for path in places(as_card(quick_fusion())):
        if isinstance(path[-1], str):
            card = copy.deepcopy(as_card(quick_fusion()))
            place = card
            for key in path[:-1]:
                place = place[key]
            del place[path[-1]]
            with pytest.raises(WrongUse, match="wants exactly"):
                from_card(card)
    with pytest.raises(WrongUse, match="wants exactly"):
        from_card(as_card(quick_fusion()) | {"week_of_study": 0.1})


@pytest.mark.parametrize(
    ("path", "new", "words"),
    [
        (("version",), 2, "this release reads 1"),
        (("evidence", "weeks"), 1999, "1999 weeks"),
        (("evidence", "people"), 199, "199 people"),
        (("evidence", "weeks"), 2000.5, "no count"),
        (("inputs", 0, "name"), "week_of_study", "rows of CHANNELS"),
        (("inputs", 0, "scale"), 0.0, "scale of 0"),
        (("inputs", 0, "name"), "hr_bpm", "different rows"),
        (("correlation", 0, 1), 0.9, "not symmetric"),
        (("correlation", 0, 0), 2.0, "1 on the diagonal"),
        (("doubt", 0, 0), -1.0, "not positive definite"),
        (("target", "cut"), 9.0, "outside its scale"),
        (("scale", "sigma"), 0.0, "no spread"),
        (("scale", "q_high", 1), 99.0, "wider interval with a last answer"),
        (("scale", "q_low"), [0.0], "shape"),
    ],
)
def test_a_card_that_could_not_have_been_fitted_is_refused(path, new, words):
    with pytest.raises(WrongUse, match=words):
        from_card(changed(path, new))


@given(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.floats())
)
def test_anything_else_is_refused(value):
    with pytest.raises(WrongUse):
        from_card(value)

"""The confidence: a probability that grows with what was found; the shipped model is of this program's features."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot import confidence
from copilot.features import Features

FIELDS = len(dataclasses.fields(Features))
NOTHING = Features(*(0.0,) * FIELDS)


@given(st.lists(st.floats(0, 1), min_size=FIELDS, max_size=FIELDS))
def test_it_is_a_probability(values):
    assert 0.0 < confidence.shipped().confidence_01(Features(*values)) < 1.0


def test_nothing_found_is_below_the_floor_and_all_found_is_above():
    model = confidence.shipped()
    everything = dataclasses.replace(Features(*(1.0,) * FIELDS), gap=2.0, missing_01=0.0, unknown_01=0.0)
    assert model.confidence_01(NOTHING) < model.floor_01 < model.confidence_01(everything)
    better = dataclasses.replace(NOTHING, paper_01=1.0)
    assert model.confidence_01(better) > model.confidence_01(NOTHING)


def test_a_model_of_other_features_or_of_steps_that_do_not_rise_is_refused():
    made = json.loads(confidence.FILE.read_text())
    confidence.from_json(made)
    steps = dict(made["steps"])
    first = steps.pop(confidence.NAMES[0])
    with pytest.raises(ValueError, match="fitted with other features"):
        confidence.from_json(made | {"steps": steps})
    for most, adds in (([0.2, 0.1], [0.0, 0.0, 0.0]), ([0.1], [0.0]), ([0.1, 0.1], [0.0, 0.0, 0.0])):
        with pytest.raises(ValueError, match="do not rise"):
            confidence.from_json(made | {"steps": {confidence.NAMES[0]: first | {"most": most, "adds": adds}} | steps})


def test_each_percentage_has_its_words():
    assert confidence.in_words(0.895).startswith("high")  # as the number that is shown
    assert confidence.in_words(0.894).startswith("moderate")
    assert confidence.in_words(0.0).startswith("low")

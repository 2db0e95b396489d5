"""The confidence: a probability that grows with what was found; the shipped model is of this program's features."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import CorpusRefused
from copilot import confidence, shipped
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


FIRST = confidence.NAMES[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: made["steps"].pop(FIRST), "fitted with other features"),
        (lambda made: made["steps"][FIRST].update(most=[0.2, 0.1], adds=[0.0, 0.0, 0.0]), "do not rise"),
        (lambda made: made["steps"][FIRST].update(most=[0.1, 0.1], adds=[0.0, 0.0, 0.0]), "do not rise"),
        (lambda made: made["steps"][FIRST].update(most=[0.1], adds=[0.0]), "do not rise"),
        (lambda made: made["steps"][FIRST].update(most=["nan"], adds=[0.0, 0.0]), "no number"),
        (lambda made: made["steps"][FIRST].pop("adds"), "adds"),
        (lambda made: made.update(base=None), "confidence"),
        (lambda made: made.update(steps=7), "confidence"),
    ],
)
def test_another_model_is_refused(change, words):
    made = json.loads(confidence.FILE.read_bytes())
    confidence.parsed(json.dumps(made).encode())
    change(made)
    with pytest.raises(CorpusRefused, match=words) as refused:
        confidence.parsed(json.dumps(made).encode())
    assert "make bench-evidence" in refused.value.remedy


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(raw):
    with pytest.raises(CorpusRefused):
        confidence.parsed(raw)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(CorpusRefused, match="the confidence cannot be read"):
        shipped.raw(tmp_path / "none.json", "the confidence")


def test_each_percentage_has_its_words():
    assert confidence.in_words(0.895).startswith("high")  # as the number that is shown
    assert confidence.in_words(0.894).startswith("moderate")
    assert confidence.in_words(0.0).startswith("low")

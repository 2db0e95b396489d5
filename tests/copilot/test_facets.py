"""What a question wants to know of its subject: what it costs, whether it lasts, whom it is about."""

import pytest

from copilot.facets import FACETS, asked_facets, found_01
from copilot.weighing import parts, weighed


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("what did the course cost per nurse", ["cost"]),
        ("does the effect still hold after a year", ["lasting"]),
        ("do nights harm male nurses", ["men"]),
        ("do naps help nurses", []),
        ("how many people dropped out of the course", ["who left a study"]),
        ("which cut off counts as burnt out", ["cut-off"]),
    ],
)
def test_a_question_has_its_facets(question, names):
    assert [facet.name for facet in asked_facets(question)] == names


@pytest.mark.parametrize(
    ("question", "text", "share_01"),
    [
        ("what did it cost", "The course lowered stress of nurses.", 0.0),
        ("what did it cost", "Turnover costs $4.6 billion.", 1.0),
        ("is it cheap and does it last", "The effect was there at six months.", 0.5),
        ("do naps help", "Anything.", 1.0),
    ],
)
def test_a_passage_speaks_of_what_is_asked_or_not(question, text, share_01):
    assert found_01(asked_facets(question), text) == share_01


def test_each_facet_is_asked_and_found_somewhere():
    assert len({facet.name for facet in FACETS}) == len(FACETS)


@pytest.mark.parametrize(
    ("question", "asking", "beside"),
    [
        ("I run a ward. Do naps help nurses?", "Do naps help nurses?", "I run a ward."),
        ("Do naps help? Be brief.", "Do naps help?", "Be brief."),
        ("naps for nurses", "naps for nurses", ""),
        ("Naps. Nurses.", "Naps. Nurses.", ""),
        ("?", "?", ""),
        ("", "", ""),
    ],
)
def test_the_sentences_that_ask_are_told_from_the_others(question, asking, beside):
    assert parts(question) == (asking, beside)


def test_what_stands_beside_the_question_counts_half_and_names_nobody(index):
    alone = weighed("Does violence harm nurses at night?", index)
    both = weighed("I was a teacher with hammocks. Does violence harm nurses at night?", index)
    assert both.unknown == alone.unknown
    assert both.counts[: len(alone.units)] == (1.0,) * len(alone.units)
    assert set(both.counts[len(alone.units) :]) == {0.5}
    assert not any(unit.is_other for unit in both.units)
    assert any(unit.is_other for unit in weighed("Do naps help teachers on nights?", index).units)


def test_a_question_that_only_points_at_its_story_is_about_the_story(index):
    assert set(weighed("Our nurses nap on night shifts. Does that help?", index).counts) == {1.0}


def test_children_whom_nurses_care_for_are_no_other_profession(index):
    assert not any(unit.is_other for unit in weighed("Do naps help nurses who look after children?", index).units)
    assert any(unit.is_other for unit in weighed("Do naps help children?", index).units)

"""What a question wants to know of its subject: what it costs, whether it lasts, whom it is about."""

import dataclasses

import pytest

from copilot.answer import Answer, answer
from copilot.facets import FACETS, asked_facets, found_01
from copilot.features import DESIGNS, Features
from copilot.library import Library
from copilot.ranking import score
from copilot.reading import load
from copilot.scope import Refusal
from copilot.weighing import content, parts, weighed


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("what did the course cost per nurse", ["what it costs"]),
        ("does the effect still hold after a year", ["whether it lasts"]),
        ("do nights harm male nurses", ["men"]),
        ("do naps help nurses", []),
        ("how many people dropped out of the course", ["who left the study"]),
        ("which cut off counts as burnt out", ["a threshold"]),
        ("what is burnout", ["what it is"]),
        ("what s social jetlag", ["what it is"]),
        ("what is moral injury in nurses", ["what it is"]),
        ("presenteeism meaning", ["what it is"]),
        ("what does emotional exhaustion mean", ["what it is"]),
        ("what is the effect of naps on sleep", []),
        ("what is best for sleep after nights", []),
        ("what are risk factors for burnout", []),
        ("what is burnout prevalence in nurses", []),
        ("signs of burnout", ["its signs"]),
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


# ---- first questions: what it is, how common it is, what helps


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = Library(tmp_path_factory.mktemp("library"), load())
    yield made
    made.close()


@pytest.mark.parametrize("question", ["what is burnout", "What's burnout?", "burnout meaning", "definition of burnout"])
def test_what_something_is_is_answered_with_a_sentence_that_says_it(library, question):
    made = answer(library, question)
    assert isinstance(made, Answer), made
    assert all(
        found_01(asked_facets("what is burnout"), quote.text) or "consists" in quote.text for quote in made.quotes
    )
    assert "what it is" not in made.not_found


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("how common is burnout in nurses", "%"),
        ("prevalence of burnout in physicians", "%"),
        ("how many health workers have insomnia?", "%"),
        ("signs of burnout", "headaches"),
        ("what helps against burnout", "reduced"),
        ("how can I get less tired on night shift", ""),
        ("um so how many healthcare workers actually have insomnia, roughly", "%"),
    ],
)
def test_a_first_question_is_answered(library, question, says):
    made = answer(library, question)
    assert isinstance(made, Answer), made
    assert says in made.quotes[0].text


def test_what_no_quoted_sentence_says_is_named(library):
    made = answer(library, "what is a second victim in healthcare")
    assert isinstance(made, Answer), made
    assert made.not_found[-1] == "what it is"


@pytest.mark.parametrize(
    "question", ["how many nurses will have burnout in 2040", "will burnout of doctors double in the next ten years"]
)
def test_what_is_to_come_is_refused(library, question):
    assert isinstance(answer(library, question), Refusal)


@pytest.mark.parametrize(
    ("question", "is_open"),
    [
        ("what helps against stress", True),
        ("what reduces burnout in nurses", True),
        ("what causes burnout", True),
        ("how common is burnout", True),
        ("do naps help nurses", False),
        ("what are the effects of naps on sleep", False),
    ],
)
def test_an_open_question_ranks_a_review_before_a_single_study(library, question, is_open):
    asked = weighed(question, library.index)
    assert asked.is_open == is_open
    plain = asked if not is_open else dataclasses.replace(asked, wants_help=False, wants_cause=False, wants_share=False)
    review = of_design(asked, "systematic review with meta-analysis") - of_design(
        plain, "systematic review with meta-analysis"
    )
    survey = of_design(asked, "cross-sectional survey") - of_design(plain, "cross-sectional survey")
    assert (review > survey) == is_open


def of_design(asked, design: str) -> float:
    features = Features(*(0.0 for _ in dataclasses.fields(Features)))
    return score(asked, dataclasses.replace(features, design_01=DESIGNS.get(design, 0.2)))


def test_two_questions_with_the_same_words_of_a_subject_are_the_same():
    assert content("What is burnout?") == content("what's a burnout") == {"burnout"}
    assert content("What is burnout?") != content("burnout in nurses")

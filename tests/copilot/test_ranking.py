"""Ranking: rare words weigh more, aims are never quoted, a subject that no paper has is named."""

import math

import pytest

from copilot.ranking import gap, ranked
from copilot.weighing import weights
from copilot.words import units
from tests.support import made_papers

CORPUS = made_papers.corpus()


def found(index, question):
    asked = weights(units(question), index)
    return ranked(asked, index.candidates(asked.units), CORPUS.by_id(), made_papers.near(question, CORPUS))


def test_a_rare_word_weighs_more_than_a_common_one(index):
    asked = weights(units("Does violence harm nurses?"), index)
    idf = {unit.said: value for unit, value in zip(asked.units, asked.idf, strict=True)}
    assert idf["violence"] > idf["nurses"]
    n = index.frequencies([next(unit for unit in asked.units if unit.said == "violence")])[0]
    assert idf["violence"] == pytest.approx(math.log((index.passages_n + 0.5) / (n + 0.5)))
    assert asked.unknown == ()


def test_a_subject_that_no_paper_has_is_named_and_a_plain_word_is_not(index):
    asked = weights(units("Do hammocks quickly improve the resting of nurses by 30 percent?"), index)
    assert [unit.said for unit in asked.unknown] == ["hammocks", "resting"]


def test_an_aim_is_never_quoted(index):
    texts = [one.text for one in found(index, "Do planned naps help nurses on night shifts?")]
    assert texts
    assert not any(text.startswith("We tested") for text in texts)
    assert any("We tested" in passage.text for passage in made_papers.corpus().passages().values())


def test_shares_lie_between_none_and_all(index):
    for one in found(index, "Does mindfulness reduce burnout in doctors?"):
        values = (one.features.sentence_01, one.features.passage_01, one.features.title_01, one.features.paper_01)
        assert all(0.0 <= value <= 1.0 for value in values)
        assert one.features.paper_01 >= one.features.passage_01 >= one.features.sentence_01


def test_the_gap_is_to_the_next_paper(index):
    candidates = found(index, "Does mindfulness reduce burnout in doctors?")
    other = next(one.score for one in candidates if one.paper.id != candidates[0].paper.id)
    assert gap(candidates) == candidates[0].score - other
    assert gap(candidates[:1]) == candidates[0].score


def test_people_of_another_profession_are_not_answered_for(index):
    assert found(index, "Do naps help soldiers?") == ()

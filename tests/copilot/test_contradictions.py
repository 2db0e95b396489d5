"""Both sides of a contradiction are quoted, within the number of sentences and papers."""

import pytest

from copilot.contradictions import _oppose, agreeing, contradictions
from copilot.index import Index
from copilot.papers import Finding
from copilot.ranking import ranked
from copilot.weighing import weights
from copilot.words import units
from tests.support import made_papers

CORPUS = made_papers.corpus()


def asked_and_found(index, question):
    asked = weights(units(question), index)
    found = index.candidates(asked.units)
    return asked, ranked(asked, found, CORPUS.by_id(), made_papers.near(question, CORPUS))


@pytest.mark.parametrize("room", [2, 3, 5])
def test_the_other_side_takes_the_place_of_what_is_last(index, room):
    asked, found = asked_and_found(index, "Do naps help nurses on night shifts?")
    first = [one for one in found if one.paper.id != "rest-2021"][:room]
    (made,), quoted = contradictions(asked, first, found, room, 4)
    assert {paper for paper, _, _ in made.sides} == {"nap-2020", "rest-2021"}
    assert len(quoted) <= room
    assert {"nap-2020", "rest-2021"} <= {one.paper.id for one in quoted}


def test_without_another_side_nothing_changes(index):
    asked, found = asked_and_found(index, "Does mindfulness reduce burnout in doctors?")
    assert contradictions(asked, found[:2], found, 5, 4) == ((), tuple(found[:2]))


def test_only_trials_of_one_exposure_agree(index):
    asked, _ = asked_and_found(index, "Do naps or mindfulness help nurses on night shifts?")
    assert agreeing(asked, (CORPUS.by_id()["nap-2020"], CORPUS.by_id()["mind-2019"])) == 1
    assert agreeing(asked, (CORPUS.by_id()["nap-2020"], CORPUS.by_id()["rest-2021"])) == 1
    assert agreeing(asked, (CORPUS.by_id()["nap-2020"], CORPUS.by_id()["nap-2020"])) == 2
    assert agreeing(asked, (CORPUS.by_id()["quick-2018"],)) == 0


def test_a_finding_is_split_into_what_and_outcome():
    nap = Finding("napping at least 90 min on 16-h night shifts: fatigue", "helps")
    assert (nap.what, nap.outcome) == ("napping", "fatigue")
    assert (Finding("resilience", "helps").what, Finding("resilience", "helps").outcome) == ("resilience", "")


@pytest.mark.parametrize(
    ("one", "other", "opposes"),
    [
        (("nap: fatigue", "helps"), ("nap: tiredness and fatigue", "no clear effect"), True),
        (("nap: fatigue", "helps"), ("nap: errors", "no clear effect"), False),  # two outcomes
        (("nap", "helps"), ("nap: errors", "harms"), True),  # one speaks of all outcomes
        (("nap: fatigue", "helps"), ("nap: fatigue", "mixed"), False),
        (("nap: fatigue", "helps"), ("nap: fatigue", "helps"), False),
    ],
)
def test_only_opposite_conclusions_on_one_outcome_oppose(one, other, opposes):
    assert _oppose(Finding(*one), Finding(*other)) is opposes


def test_background_and_methods_are_no_side(tmp_path):
    def sides(text):
        rows = (
            made_papers.paper("nap-1999", "Naps", "A nap reduced fatigue of nurses on night shifts.",
                              direction={"nap: fatigue": "helps"}),
            made_papers.paper("rest-1999", "Naps", text, direction={"nap: fatigue": "no clear effect"}),
        )  # fmt: skip
        corpus = made_papers.corpus(rows)
        made = Index(None, corpus)
        question = "Do naps help against fatigue of nurses on night shifts?"
        asked = weights(units(question), made)
        found = ranked(asked, made.candidates(asked.units), corpus.by_id(), made_papers.near(question, corpus))
        made.close()
        return contradictions(asked, found[:1], found, 5, 4)[0]

    assert len(sides("A nap had no effect on fatigue of nurses on night shifts.")) == 1
    assert sides("Each nurse took a nap on night shifts, and fatigue was rated.") == ()
    assert sides("Fatigue of nurses on night shifts and naps are spoken of everywhere.") == ()


def test_where_an_exposure_was_met_is_no_exposure(tmp_path):
    rows = (
        made_papers.paper("nap-1999", "Naps", "A nap reduced fatigue of nurses on night shifts.",
                          direction={"nap on night shifts: fatigue": "helps"}),
        made_papers.paper("work-1999", "Night shifts", "Night shifts raised fatigue of nurses.",
                          direction={"night shifts: fatigue": "harms"}),
    )  # fmt: skip
    corpus = made_papers.corpus(rows)
    made = Index(tmp_path / "index.db", corpus)
    question = "Do naps help nurses on night shifts?"
    asked = weights(units(question), made)
    found = ranked(asked, made.candidates(asked.units), corpus.by_id(), made_papers.near(question, corpus))
    assert contradictions(asked, found[:2], found, 5, 4)[0] == ()
    made.close()

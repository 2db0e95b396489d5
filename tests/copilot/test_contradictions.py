"""Both sides of a contradiction are quoted, within the number of sentences and papers."""

import pytest

from copilot.contradictions import agreeing, contradictions
from copilot.index import Index
from copilot.ranking import ranked
from copilot.weighing import weights
from copilot.words import units
from tests.support import made_papers

PAPERS = made_papers.corpus().by_id()


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    made = Index(tmp_path_factory.mktemp("index") / "index.db", made_papers.corpus())
    yield made
    made.close()


def asked_and_found(index, question):
    asked = weights(units(question), index)
    return asked, ranked(asked, index.candidates(asked.units), PAPERS)


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
    assert agreeing(asked, (PAPERS["nap-2020"], PAPERS["mind-2019"])) == 1
    assert agreeing(asked, (PAPERS["nap-2020"], PAPERS["rest-2021"])) == 1
    assert agreeing(asked, (PAPERS["nap-2020"], PAPERS["nap-2020"])) == 2
    assert agreeing(asked, (PAPERS["quick-2018"],)) == 0

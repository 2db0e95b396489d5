"""The index: made from the corpus, made again where it differs, with own papers beside it; queries of tokens alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.index import Index
from copilot.papers import Passage, own_paper, sha256_of
from copilot.words import units
from tests.support import made_papers

OWN = "Own nurses rested in hammocks before the night shift."


def mine(name="own:hammock", text=OWN):
    return own_paper(name, "Hammocks", {"year": 2024}, (Passage(f"{name}-1", "results", text, sha256_of(text)),))


@pytest.fixture
def index(tmp_path):
    made = Index(tmp_path / "index.db", made_papers.corpus())
    yield made
    made.close()


def found(index, question):
    return [stored.passage.id for stored in index.candidates(units(question))]


def test_the_best_passage_comes_first(index):
    assert found(index, "quick returns and sick leave")[0] == "quick-2018-1"
    assert found(index, "naps on nights")[0].startswith(("nap-2020", "rest-2021"))
    assert found(index, "hammocks") == []


def test_a_question_is_never_read_as_a_query(index):
    for question in (
        '"',
        "nap OR 1=1",
        "nap* NEAR(x",
        "title:nap",
        "{nap} : ^nap",
        "'; DROP TABLE passage; --",
        "a\0b",
    ):
        found(index, question)
    assert index.passages_n == sum(len(row["passages"]) for row in made_papers.ROWS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    made = Index(tmp_path_factory.mktemp("index") / "index.db", made_papers.corpus())
    yield made
    made.close()


@given(st.text(max_size=120))
def test_any_text_is_searched(shared, text):
    for stored in shared.candidates(units(text)):
        assert stored.passage.sha256 == sha256_of(stored.passage.text)


def test_own_papers_stay_where_the_corpus_changes_and_go_where_they_are_removed(tmp_path):
    file = tmp_path / "index.db"
    first = Index(file, made_papers.corpus())
    first.add([mine()])
    assert found(first, "hammocks") == ["own:hammock-1"]
    first.close()
    second = Index(file, made_papers.corpus(made_papers.ROWS[:3]))
    assert found(second, "hammocks") == ["own:hammock-1"]
    assert any(b"hammock" in path.read_bytes().lower() for path in tmp_path.glob("index.db*"))
    assert found(second, "violence") == []
    assert [paper.id for paper in second.own_papers()] == ["own:hammock"]
    assert second.own_papers()[0].year == 2024
    assert second.remove("own:hammock")
    assert not second.remove("own:hammock")
    assert not second.remove("nap-2020")
    assert found(second, "hammocks") == []
    second.close()
    assert all(b"hammock" not in path.read_bytes().lower() for path in tmp_path.glob("index.db*"))


def test_the_same_corpus_is_not_indexed_twice(tmp_path):
    file = tmp_path / "index.db"
    Index(file, made_papers.corpus()).close()
    again = Index(file, made_papers.corpus())
    changes = again._db.total_changes
    again.close()
    assert changes == 0


def test_papers_are_added_together_or_not_at_all(index):
    before = index.passages_n
    with pytest.raises(Exception, match="UNIQUE"):
        index.add([mine(), mine()])
    assert index.own_papers() == ()
    assert found(index, "hammocks") == []
    index.add([mine()])
    assert index.passages_n == before + 1


def test_rare_words_are_counted(index):
    (violence,) = units("violence")
    (nurses,) = units("nurses")
    rare_n, common_n = index.frequencies([violence, nurses])
    assert 0 < rare_n < common_n <= index.passages_n

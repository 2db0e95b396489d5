"""An answer in words and as JSON: each sentence with all that is needed to judge it, the disclaimer on every one."""

import dataclasses
import json

import pytest

from copilot import shown
from copilot.answer import DISCLAIMER, Withdrawn, answer
from copilot.library import Library
from copilot.papers import own_paper
from tests.support import made_papers


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = Library(tmp_path_factory.mktemp("library"), made_papers.corpus(), made_papers.MODEL)
    yield made
    made.close()


def test_each_sentence_stands_with_its_source(library):
    made = answer(library, "Do naps help nurses on night shifts?")
    text = "\n".join(shown.lines(made))
    quote = made.quotes[0]
    for words in (quote.text, "Nobody A, Nobody B (2020)", quote.paper.title, "Journal of Made Papers", "https://doi.org/10.5555/nap-2020",
                  "CC BY 4.0", "randomised controlled trial", "n = 84 nurses", quote.passage_id, quote.section):  # fmt: skip
        assert words in text
    assert "These papers do not agree on naps" in text
    assert "Evidence C: " in text
    assert " %, " in text
    assert text.endswith(DISCLAIMER)


def test_json_says_the_same(library):
    made = answer(library, "Do naps help nurses on night shifts?")
    row = json.loads(json.dumps(shown.as_json(made)))
    assert [one["text"] for one in row["quotes"]] == [quote.text for quote in made.quotes]
    assert {"authors", "year", "title", "doi", "licence", "design", "n", "population", "passage", "section"} <= set(
        row["quotes"][0]
    )
    assert row["disclaimer"] == DISCLAIMER
    assert row["contradictions"][0]["asked"] == "naps"
    assert row["left_out"] is None


def test_a_file_of_an_answer_has_no_sentence_of_an_own_paper(library):
    made = answer(library, "Do naps help nurses on night shifts?")
    text = shown.saved(made, "2026-11-30")
    assert text.startswith(f"Asked of Wardbeat's evidence on 2026-11-30.\nQuestion: {made.question}\n")
    assert all(quote.text in text for quote in made.quotes)
    own = own_paper("own:mine-1", "Mine", {}, made.quotes[0].paper.passages)
    mixed = dataclasses.replace(made, quotes=(dataclasses.replace(made.quotes[0], paper=own), *made.quotes[1:]))
    text = shown.saved(mixed, "2026-11-30")
    assert made.quotes[0].text not in text
    assert "left out" in text
    assert text.rstrip().endswith(DISCLAIMER)
    assert shown.saved(answer(library, "Do hammocks help nurses?"), "2026-11-30").rstrip().endswith(DISCLAIMER)


def test_a_refusal_has_its_reason_its_remedy_and_the_disclaimer(library):
    made = answer(library, "Do hammocks help nurses?")
    row = shown.as_json(made)
    assert row["refused"] == "not_in_papers"
    assert row["disclaimer"] == DISCLAIMER
    assert list(shown.lines(made)) == [f"No answer. {made.words}", f"  \u2192 {made.remedy}", "", DISCLAIMER]


def test_a_retraction_is_named_with_its_notice(library):
    paper = library.papers["light-2016"]
    words = shown.notice(Withdrawn(paper, paper.passages[0].id))
    assert words.startswith("retracted in 2018, not used: passage light-2016-1 of Nobody A, Nobody B (2020)")
    assert words.endswith("notice https://doi.org/10.5555/notice")

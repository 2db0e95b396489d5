"""Which sentence of a paper is quoted first, compared with what a reader marked; what limits it is quoted, too."""

import json
from pathlib import Path

import pytest

from copilot import choosing, saying
from copilot.answer import Answer, Quote, answer
from copilot.library import Library

ROWS = [json.loads(line) for line in (Path(__file__).parent / "sentences.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def library():
    made = Library(None)
    yield made
    made.close()


def place(library: Library, quote: Quote) -> str:
    """A sentence as the list names it: its passage, and its number there."""
    spans = library.index.passage(quote.passage_id).spans
    return f"{quote.passage_id}/{[tuple(span) for span in spans].index((quote.start, quote.stop))}"


def marked(library: Library) -> tuple[float, float]:
    """Of the answers with a right paper first: how many begin with a marked sentence, and how many have one."""
    first, anywhere = [], []
    for row in ROWS:
        made = answer(library, row["question"])
        if isinstance(made, Answer) and made.quotes[0].paper.id in row["papers"]:
            shown = [place(library, quote) for quote in made.quotes]
            first.append(shown[0] in row["best"])
            anywhere.append(not set(shown).isdisjoint(row["best"]))
    assert len(first) > 150
    return sum(first) / len(first), sum(anywhere) / len(anywhere)


def test_most_answers_begin_with_the_sentence_that_a_reader_marked(library, monkeypatch):
    first, anywhere = marked(library)
    assert first >= 0.75
    assert anywhere >= 0.88
    monkeypatch.setattr(choosing, "answers", lambda asked, one: one.span.start)  # the last sentence of each passage
    assert marked(library)[0] < 0.6


@pytest.mark.parametrize(
    ("question", "paper", "words"),
    [
        (
            "Is quick return working associated with depression?",
            "eldevik-2013",
            "Anxiety and depression were not related",
        ),
        ("Do energy drinks help nurses stay awake?", "manyeneng-2024", "they have adverse effects"),
        ("How common is suicidal thinking in physicians?", "dutheil-2019", "17% (95CI 12, 21"),
    ],
)
def test_a_null_result_a_harm_or_a_share_is_not_left_out(library, question, paper, words):
    made = answer(library, question)
    assert any(quote.paper.id == paper and words in quote.text for quote in made.quotes)


def test_a_method_is_not_quoted_where_a_finding_is(library):
    for row in ROWS[:60]:
        made = answer(library, row["question"])
        if isinstance(made, Answer):
            beside = made.quotes[1:]
            assert not [
                quote.text for quote in beside if saying.is_method(quote.text) and not saying.limits(quote.text)
            ]

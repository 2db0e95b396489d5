"""Which sentence of a paper is quoted first, compared with what a reader marked; what limits it is quoted, too."""

import pytest

from bench.evidence_weights import marked, rows
from copilot import choosing, saying
from copilot.answer import Answer, answer
from copilot.library import Library


@pytest.fixture(scope="module")
def library():
    made = Library(None)
    yield made
    made.close()


def test_most_answers_begin_with_the_sentence_that_a_reader_marked(library, monkeypatch):
    found = marked(library)
    assert found.n > 150
    assert found.first_01 >= 0.75
    assert found.anywhere_01 >= 0.88
    assert found.limits_shown_n >= 0.3 * found.limits_n
    monkeypatch.setattr(choosing, "answers", lambda asked, one: one.span.start)  # the last sentence of each passage
    assert marked(library).first_01 < 0.6


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
    for row in rows()[:60]:
        made = answer(library, row["question"])
        if isinstance(made, Answer):
            beside = made.quotes[1:]
            assert not [
                quote.text for quote in beside if saying.is_method(quote.text) and not saying.limits(quote.text)
            ]

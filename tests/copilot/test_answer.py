"""Answers: quotations that are verified, both sides of a contradiction, retractions; or a refusal."""

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import QuoteRefused
from copilot import answer as answers
from copilot.answer import PAPERS, SENTENCES, Answer, answer, verify
from copilot.library import Library
from copilot.papers import Passage, own_paper, sha256_of
from copilot.scope import Refusal
from tests.support import made_papers

PASSAGES = made_papers.corpus().passages()
WORDS = sorted({word for passage in PASSAGES.values() for word in re.findall(r"\w+", passage.text)})


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    library = Library(tmp_path_factory.mktemp("library"), made_papers.corpus(), made_papers.MODEL)
    yield library
    library.close()


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path, made_papers.corpus(), made_papers.MODEL)
    yield made
    made.close()


def unquoted(made: Answer) -> list[str]:
    """Sentences that are not their stored passage's."""
    return [
        quote.text for quote in made.quotes if quote.text != PASSAGES[quote.passage_id].text[quote.start : quote.stop]
    ]


def test_an_answer_is_sentences_of_papers_word_for_word(shared):
    made = answer(shared, "Does mindfulness reduce burnout in doctors?")
    assert isinstance(made, Answer)
    assert made.quotes[0].paper.id == "mind-2019"
    assert (
        made.quotes[0].text
        == "Mindfulness training lowered burnout in physicians, and the effect lasted for six months."
    )
    assert unquoted(made) == []
    assert made.grade.name == "B"
    changed = dataclasses.replace(made.quotes[0], text=made.quotes[0].text.replace("lowered", "ended"))
    assert unquoted(dataclasses.replace(made, quotes=(changed,))) == [changed.text]


def test_both_sides_of_a_contradiction_are_quoted(shared):
    made = answer(shared, "Do naps help nurses on night shifts?")
    assert {"nap-2020", "rest-2021"} <= {quote.paper.id for quote in made.quotes}
    (found,) = made.contradictions
    assert {(paper, direction) for paper, _, direction in found.sides} == {
        ("nap-2020", "helps"),
        ("rest-2021", "no clear effect"),
    }
    assert "contradict" in made.grade.words


def test_a_retracted_paper_is_named_and_never_quoted(shared):
    made = answer(shared, "Does bright light help nurses to sleep?")
    assert isinstance(made, Refusal)
    assert made.reason == "retracted"
    assert "light-2016" in made.words
    made = answer(shared, "Do naps or bright light reduce sleepiness of nurses on night shifts?")
    assert isinstance(made, Answer)
    assert "light-2016" not in {quote.paper.id for quote in made.quotes}
    assert {one.paper.id for one in made.withdrawn} <= {"light-2016"}


def test_a_refusal_names_the_nearest_paper_and_never_an_own_one(tmp_path):
    strict = dataclasses.replace(made_papers.MODEL, floor_01=0.999)
    library = Library(tmp_path, made_papers.corpus(), strict)
    refused = answer(library, "Does mindfulness reduce burnout in doctors?")
    assert refused.reason == "no_answer"
    assert "nearest paper" in refused.remedy
    assert "mind-2019" in refused.remedy
    text = "Hammocks lowered burnout of midwives by two points."
    library.index.add([own_paper("own:mine-1", "My secret draft", {}, (Passage("own:mine-1-1", "results", text, sha256_of(text)),))])  # fmt: skip
    library.look_again()
    refused = answer(library, "Do hammocks lower burnout of midwives?")
    assert refused.reason == "no_answer"
    assert "secret" not in refused.remedy
    library.close()


def test_what_no_quoted_sentence_has_is_named(shared):
    made = answer(shared, "Do quick returns cause sickness absence and violence?")
    if isinstance(made, Answer) and made.quotes[0].paper.id == "quick-2018":
        texts = " ".join(quote.text for quote in made.quotes).lower()
        assert ("violence" in made.not_found) == ("violen" not in texts and "assault" not in texts)
    made = answer(shared, "Does mindfulness reduce burnout in doctors?")
    assert made.not_found == ()


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Do hammocks help nurses?", "not_in_papers"),
        ("Do naps help teachers on night shifts?", "not_in_papers"),
        ("What is good?", "no_subject"),
        ("Am I burnt out?", "person"),
        ("What helps patients to sleep?", "patients"),
    ],
)
def test_what_the_papers_do_not_say_is_refused(shared, question, reason):
    made = answer(shared, question)
    assert isinstance(made, Refusal)
    assert made.reason == reason
    assert made.words
    assert made.remedy


def test_people_of_another_profession_need_a_paper_that_names_them(tmp_path):
    row = made_papers.paper(
        "pilot-2015", "Naps of airline pilots", "Naps of 40 min improved alertness of pilots.", population="pilots"
    )
    made = Library(tmp_path, made_papers.corpus((*made_papers.ROWS, row)), made_papers.MODEL)
    found = answer(made, "Do naps help the alertness of pilots?")
    assert isinstance(found, Answer)
    assert {quote.paper.id for quote in found.quotes} == {"pilot-2015"}
    made.close()


def test_one_changed_letter_in_the_store_is_refused(library):
    question = "quick returns and sick leave"
    assert isinstance(answer(library, question), Answer)
    library.index._db.execute("UPDATE passage SET text = replace(text, '21%', '12%') WHERE name = 'quick-2018-1'")
    with pytest.raises(QuoteRefused, match="quick-2018-1: its text is not the one that was read in") as refused:
        answer(library, question)
    assert "evidence check" in refused.value.remedy


def test_a_changed_letter_with_its_digest_is_refused_all_the_same(library):
    text = PASSAGES["quick-2018-1"].text.replace("21%", "12%")
    digest = answers.Library.fault.__globals__["sha256_of"](text)
    library.index._db.execute("UPDATE passage SET text = ?, sha256 = ? WHERE name = 'quick-2018-1'", (text, digest))
    with pytest.raises(QuoteRefused):
        answer(library, "quick returns and sick leave")


def test_a_sentence_that_is_not_whole_or_not_there_is_refused(library):
    (quote, *_) = answer(library, "quick returns and sick leave").quotes
    verify(library, [quote])
    for changed in (
        dataclasses.replace(quote, text=quote.text[:-1] + "!"),
        dataclasses.replace(quote, stop=quote.stop - 1, text=quote.text[:-1]),
        dataclasses.replace(quote, passage_id="nap-2020-1"),
        dataclasses.replace(quote, passage_id="nowhere-2020-1"),
    ):
        with pytest.raises(QuoteRefused):
            verify(library, [changed])


QUESTIONS = st.text(max_size=320) | st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)


@pytest.mark.long
@settings(max_examples=10_000)
@given(QUESTIONS | st.binary(max_size=200).map(lambda raw: raw.decode(errors="replace")))
def test_ten_thousand_questions_show_no_unquoted_sentence(shared, question):
    made = answer(shared, question)
    if isinstance(made, Answer):
        assert unquoted(made) == []
        assert 1 <= len(made.quotes) <= SENTENCES
        assert len({quote.paper.id for quote in made.quotes}) <= PAPERS
        assert all(quote.paper.retraction is None for quote in made.quotes)
        assert 0.0 <= made.confidence_01 <= 1.0
    else:
        assert made.words

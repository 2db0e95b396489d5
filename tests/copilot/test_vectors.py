"""Vectors of words: their file, and that words of one subject lie near each other."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import CorpusRefused
from bench.evidence_vectors import made
from copilot import reading, vectors
from copilot.nearness import Nearness
from tests.support import made_papers

LINE = b"nurs\t1.0000e-02\t" + base64.b64encode(bytes(range(vectors.DIMENSIONS)))


def cosine(one, other):
    return float(vectors.shipped().of(one) @ vectors.shipped().of(other))


def test_words_of_one_subject_are_nearer_than_words_of_another():
    assert cosine("overnight duty", "night shift") > 0.3 > 0.1 > cosine("overnight duty", "mindfulness course")
    assert cosine("quitting the profession", "intention to leave") > 0.6 > 0.1 > cosine("quitting", "sleep quality")
    assert cosine("forty winks", "nap") > 0.25 > 0.1 > cosine("forty winks", "bullying")


def test_the_file_is_of_the_shipped_papers():
    stems, rows = made(reading.load())
    assert stems == list(vectors.shipped().places), "run 'make evidence-vectors', then 'make bench-evidence FIT=yes'"
    assert np.allclose(rows @ rows.T, vectors.shipped().rows @ vectors.shipped().rows.T, atol=0.2)


def test_what_is_written_is_read_again():
    rows = np.array([[0.5, -1.0] * (vectors.DIMENSIONS // 2), [0.0] * vectors.DIMENSIONS], np.float32)
    read = vectors.parsed(vectors.written(["a", "b"], rows))
    assert read.places == {"a": 0, "b": 1}
    assert np.allclose(read.rows, rows, atol=1 / 127)


@pytest.mark.parametrize("raw", [b"", LINE, LINE + b"\n" + LINE + b"\n", b"\n", LINE[:-8] + b"\n", LINE.replace(b"1.0", b"-1.0") + b"\n",
                                 LINE.replace(b"1.0000e-02", b"nan") + b"\n", LINE.replace(b"1.0000e-02", b"inf") + b"\n", LINE.replace(b"nurs", b"NURS") + b"\n",
                                 LINE.replace(b"\t", b" ") + b"\n", LINE.replace(b"nurs", "n\u00fcrs".encode()) + b"\n", LINE + b"*\n"])  # fmt: skip
def test_a_file_of_another_form_is_refused(raw):
    with pytest.raises(CorpusRefused, match="vectors"):
        vectors.parsed(raw)


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(raw):
    try:
        assert vectors.parsed(raw).rows.shape[1] == vectors.DIMENSIONS
    except CorpusRefused as refused:
        assert refused.remedy


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_has_a_vector_of_length_one_or_none(texts):
    lengths = np.linalg.norm(vectors.shipped().of_each(texts), axis=1)
    assert lengths.shape == (len(texts),)
    assert all(abs(one - 1) < 1e-5 or one == 0 for one in lengths)


def test_a_question_is_near_the_passage_that_answers_it_though_no_word_is_the_same():
    corpus = reading.load()
    near = Nearness(corpus, vectors.shipped()).of("Do bosses who pick on staff make them quit?", 5)
    papers = {passage.id: paper.id for paper in corpus.papers for passage in paper.passages}
    assert {papers[name] for name in near.first} & {"kim-2019", "amiri-2024"}


def test_a_question_of_unknown_words_is_near_nothing():
    corpus = made_papers.corpus()
    near = Nearness(corpus, vectors.shipped()).of("qwertz uiop", 5)
    assert near.first == ()
    assert set(near.text_1.values()) == {0.0}

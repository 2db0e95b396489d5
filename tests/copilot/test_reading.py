"""The parser of the corpus: the form and nothing else, each fault by line, field, reason and remedy."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import CorpusRefused
from copilot import reading
from copilot.papers import DESIGNS
from tests.support import made_papers

GOOD = made_papers.ROWS[0]


def with_passage(**changes) -> dict:
    return GOOD | {"passages": [GOOD["passages"][0] | changes]}


def without(name: str) -> dict:
    return {key: value for key, value in GOOD.items() if key != name}


FAULTS = [
    (without("doi"), "field doi: missing"),
    (GOOD | {"vendor": 1}, "field vendor: not a field"),
    (GOOD | {"id": "Nap 2020"}, "field id: not an id"),
    (GOOD | {"id": "own:nap"}, "field id: begins as an own paper's"),
    (GOOD | {"year": "2020"}, "field year: not a whole number"),
    (GOOD | {"year": True}, "field year: not a whole number"),
    (GOOD | {"doi": "doi.org/1"}, "field doi: not a DOI"),
    (GOOD | {"licence": "CC BY-NC 4.0"}, "field licence: not one of"),
    (GOOD | {"licence_words": ""}, "field licence_words: not a text"),
    (GOOD | {"read_at": []}, "field read_at: not a list"),
    (GOOD | {"authors": "Nobody A"}, "field authors: not a list"),
    (GOOD | {"design": "trial"}, "field design: not one of"),
    (GOOD | {"n": 0}, "field n: not a whole number"),
    (GOOD | {"n": 12.5}, "field n: not a whole number"),
    (GOOD | {"title": "Naps\nat night"}, "field title: holds a control character"),
    (GOOD | {"title": "Naps  at night"}, "field title: holds white space"),
    (GOOD | {"direction": {"nap": "works"}}, "field direction: not one of"),
    (GOOD | {"direction": ["nap"]}, "field direction: not an object"),
    (GOOD | {"retracted": {"notice_doi": "10.5555/x"}}, "field retracted: not null, nor"),
    (GOOD | {"retracted": {"year": 2021, "notice_doi": "x"}}, "field retracted: not a DOI"),
    (GOOD | {"passages": []}, "field passages: not a list"),
    (GOOD | {"passages": ["text"]}, "field passages: not an object"),
    (with_passage(section="table"), "field passages.section: not one of"),
    (with_passage(text=""), "field passages.text: not a text"),
    (with_passage(text="Naps help [12]."), "field passages.text: holds a reference number"),
    (with_passage(text="Naps help [3, 4-6]."), "field passages.text: holds a reference number"),
    (with_passage(text="Naps\u2028help."), "field passages.text: holds a control character"),
    (with_passage(text="Naps\u00a0help."), "field passages.text: holds a control character"),
    (with_passage(text="Naps \u202ehelp."), "field passages.text: holds a control character"),
    (with_passage(text="Naps\u00adhelp."), "field passages.text: holds a control character"),
    (with_passage(id="rest-2021-1"), "field passages.id: does not begin with the paper's id"),
    (with_passage(page=3), "field passages.page: not a field"),
]


@pytest.mark.parametrize(("row", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_each_fault_names_line_field_reason_and_remedy(row, words):
    raw = made_papers.raw((made_papers.ROWS[1], row))
    with pytest.raises(CorpusRefused) as refused:
        reading.parsed(raw)
    assert str(refused.value).startswith(f"papers.jsonl, line 2, {words}")
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "field line: not JSON in UTF-8"),
        (b"\xff{}", "field line: not JSON in UTF-8"),
        (b"[]", "field line: not an object"),
        (b"", "field line: not JSON"),
        (b'{"id": "a-1", "id": "a-1"}', "field line: not JSON in UTF-8"),
        (b'{"n": NaN}', "field line: not JSON in UTF-8"),
        (b"[" * 100_000, "field line: not JSON in UTF-8"),
        (b" " * 2**19, "field line: longer than"),
    ],
)
def test_a_line_that_is_none_is_refused(line, words):
    with pytest.raises(CorpusRefused) as refused:
        reading.parsed(made_papers.raw() + line + b"\n")
    assert f"line {len(made_papers.ROWS) + 1}, {words}" in str(refused.value)


def test_what_stands_twice_is_refused():
    other = GOOD | {"id": "nap-2021", "passages": [GOOD["passages"][0] | {"id": "nap-2021-1"}]}
    for rows in ((GOOD, GOOD), (GOOD, other)):
        with pytest.raises(CorpusRefused, match="stands twice"):
            reading.parsed(made_papers.raw(rows))


def test_texts_come_through_to_the_last_letter():
    text = "Sleep was 5.4 \u00b1 1.2 h \u2013 \u201cshort\u201d; \u03b2 = \u22120.2 (P < .001)."
    (paper,) = reading.parsed(made_papers.raw((with_passage(text=text),))).papers
    assert paper.passages[0].text == text
    assert paper.design in DESIGNS
    assert paper.findings[0].direction == "helps"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw):
    try:
        reading.parsed(raw)
    except CorpusRefused as refused:
        assert refused.remedy


@given(st.sampled_from(sorted(GOOD)), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3), max_leaves=6))  # fmt: skip
def test_any_value_of_any_field_is_read_or_refused(name, value):
    raw = (json.dumps(GOOD | {name: value}) + "\n").encode()
    try:
        reading.parsed(raw)
    except CorpusRefused as refused:
        assert "line 1" in str(refused)


def test_one_changed_letter_of_the_file_is_refused(tmp_path):
    folder = made_papers.folder(tmp_path / "corpus")
    assert len(reading.load(folder).papers) == len(made_papers.ROWS)
    file = folder / reading.FILE
    file.write_bytes(file.read_bytes().replace(b"reduce sleepiness", b"reduces sleepines", 1))
    with pytest.raises(CorpusRefused, match="at least one letter differs"):
        reading.load(folder)
    file.unlink()
    with pytest.raises(CorpusRefused, match="cannot be read"):
        reading.load(folder)


def test_the_shipped_corpus_is_equal_to_its_digest():
    corpus = reading.load()
    assert corpus.papers
    assert all(paper.licence_words and paper.read_at for paper in corpus.papers)

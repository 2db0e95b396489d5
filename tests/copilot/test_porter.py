"""Stems are those of SQLite's index, for every word of the papers."""

import sqlite3

import pytest

from copilot import reading
from copilot.porter import stem
from copilot.words import tokens
from tests.support import made_papers

PUBLISHED = {  # of Porter's paper
    "caresses": "caress", "ponies": "poni", "cats": "cat", "feed": "feed", "agreed": "agre", "plastered": "plaster",
    "motoring": "motor", "conflated": "conflat", "sized": "size", "hopping": "hop", "falling": "fall", "happy": "happi",
    "sky": "sky", "relational": "relat", "conditional": "condit", "digitizer": "digit", "operator": "oper",
    "hopefulness": "hope", "sensibiliti": "sensibl", "triplicate": "triplic", "electrical": "electr", "goodness": "good",
    "revival": "reviv", "adjustable": "adjust", "replacement": "replac", "adoption": "adopt", "activate": "activ",
    "probate": "probat", "rate": "rate", "controll": "control", "roll": "roll",
}  # fmt: skip


@pytest.mark.parametrize(("word", "published"), PUBLISHED.items())
def test_stems_are_those_of_the_paper(word, published):
    assert stem(word) == published


def test_stems_are_those_of_the_index():
    texts = [passage.text for passage in {**reading.load().passages(), **made_papers.corpus().passages()}.values()]
    words = sorted({word for text in texts for word in tokens(text) if word.isascii()} | set(PUBLISHED))
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(w, tokenize='porter unicode61')")
    db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    db.executemany("INSERT INTO t (rowid, w) VALUES (?, ?)", enumerate(words, 1))
    found = {words[row - 1]: term for term, row in db.execute("SELECT term, doc FROM v")}
    db.close()
    assert len(found) == len(words)
    assert {word: term for word, term in found.items() if stem(word) != term} == {}

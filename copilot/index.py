"""The index: passages and their sentences in one SQLite file (FTS5), made from the corpus, with own papers beside them.

A query is put together from tokens alone, each in quotes; nothing of a question is ever read as a query. Where words
are common, few rows are scored: a library of 100,000 passages answers within milliseconds.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.system.storage import Database, connect, connect_in_memory, shred, storing
from copilot.papers import OWN, Corpus, Paper, Passage, own_paper
from copilot.queries import frequency, query
from copilot.sentences import Span, spans
from copilot.words import Unit

FILE: Final = "index.db"
_FORM: Final = "4"  # of the tables and of what a sentence is: another one makes the index again
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS paper (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passage (id INTEGER PRIMARY KEY, paper INTEGER NOT NULL, name TEXT NOT NULL UNIQUE,
    section TEXT NOT NULL, text TEXT NOT NULL, sha256 TEXT NOT NULL, asked TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passage_of_paper ON passage (paper);
CREATE TABLE IF NOT EXISTS sentence (id INTEGER PRIMARY KEY, passage INTEGER NOT NULL, start INTEGER NOT NULL,
    stop INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS sentence_of_passage ON sentence (passage);
CREATE TABLE IF NOT EXISTS word (stem TEXT PRIMARY KEY, passages INTEGER NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS passage_words USING fts5(title, text, asked, content='',
    tokenize='porter unicode61');
CREATE VIRTUAL TABLE IF NOT EXISTS sentence_words USING fts5(text, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE IF NOT EXISTS passage_vocabulary USING fts5vocab(passage_words, row);
"""
_SCORED_ROWS: Final = 3000  # a core scores them within 15 ms
_PASSAGES: Final = 32
_COMMON: Final = 2
_UNRANKED: Final = 32
_TITLE_WEIGHT, _ASKED_WEIGHT = 0.6, 0.8


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage as the index holds it.

    Attributes:
        paper_id, passage: Whose it is, and the passage with the digest that was stored with it.
        spans: Its sentences.
        bm25: How well it fits, larger is better; 0 where it was not scored.
    """

    paper_id: str
    passage: Passage
    spans: tuple[Span, ...]
    bm25: float = 0.0


class Index:
    """The open file. One thread uses it.

    Args:
        path: Of the file; its folder is there. None: in memory alone.
        corpus: What is indexed; the index is made again where its digest differs.

    Raises:
        StorageFull, OutboxBroken: As `agent.system.storage.connect`.
    """

    def __init__(self, path: Path | None, corpus: Corpus) -> None:
        self._db: Database = connect_in_memory(_TABLES) if path is None else connect(path, _TABLES)
        known = dict(self._db.execute("SELECT name, value FROM about").fetchall())
        if known.get("corpus") != corpus.sha256 or known.get("form") != _FORM:
            self.make(corpus)
        self.passages_n = int(self._db.execute("SELECT count(*) FROM passage").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ---- reading

    def frequencies(self, units: Sequence[Unit]) -> list[int]:
        """In how many passages each unit stands, at most: see `copilot.queries.frequency`."""
        known = self._passages_of_stems(units)
        return [min(frequency(unit, known), self.passages_n) for unit in units]

    def _passages_of_stems(self, units: Sequence[Unit]) -> dict[str, int]:
        stems = sorted({stem for unit in units for form in unit.forms for stem in form})
        marks = ",".join("?" * len(stems))
        return dict(self._db.execute(f"SELECT stem, passages FROM word WHERE stem IN ({marks})", stems).fetchall())

    def candidates(self, units: Sequence[Unit], near: Sequence[str] = ()) -> tuple[Stored, ...]:
        """Passages that may answer, the best first.

        Args:
            units: What must be found; words that carry no subject are left aside where others are there.
            near: Ids of passages that are near the question though they may have none of its words.
        """
        asked = [unit for unit in units if not unit.is_plain] or list(units)
        known = self._passages_of_stems(asked)
        queries = sorted(
            (one for unit in asked if (one := query(unit, known, _SCORED_ROWS)).rows), key=lambda q: q.rows
        )
        few: list[str] = []
        rows = 0
        while queries and rows + queries[0].rows <= _SCORED_ROWS:
            rows += queries[0].rows
            few.append(queries.pop(0).text)
        scores: dict[int, float] = {}
        if few:
            scores |= self._ranked(" OR ".join(few))
            scores = self._by_sentence(" OR ".join(few)) | scores
        if queries:  # a row that has all of them, unranked
            for row in self._some(" AND ".join(one.text for one in queries[:_COMMON])):
                scores.setdefault(row, 0.0)
        marks = ",".join("?" * len(near))
        for (row,) in self._db.execute(f"SELECT id FROM passage WHERE name IN ({marks})", tuple(near)).fetchall():
            scores.setdefault(row, 0.0)
        return self._stored(scores)

    def passage(self, passage_id: str) -> Stored | None:
        """One passage; None where there is none of this id."""
        row = self._db.execute("SELECT id FROM passage WHERE name = ?", (passage_id,)).fetchone()
        return self._stored({row[0]: 0.0})[0] if row else None

    def everything(self) -> Iterator[Stored]:
        """All passages, without their sentences."""
        rows = self._db.execute(
            "SELECT paper.name, passage.name, section, text, sha256, asked FROM passage JOIN paper "
            "ON paper.id = passage.paper"
        )
        for paper, *passage in rows:
            yield Stored(paper, _passage(*passage), ())

    def own_papers(self) -> tuple[Paper, ...]:
        """Papers that were added on this machine, without their passages."""
        rows = self._db.execute(
            "SELECT name, title, facts FROM paper WHERE name LIKE ? ORDER BY id", (f"{OWN}%",)
        ).fetchall()
        return tuple(own_paper(name, title, json.loads(facts), ()) for name, title, facts in rows)

    def passages_of(self, paper_id: str) -> tuple[Passage, ...]:
        """The passages of a paper, in its order; none where there is none of this id."""
        rows = self._db.execute(
            "SELECT passage.name, section, text, sha256, asked FROM passage JOIN paper ON paper.id = passage.paper "
            "WHERE paper.name = ? ORDER BY passage.id",
            (paper_id,),
        ).fetchall()
        return tuple(_passage(*row) for row in rows)

    # ---- writing

    def add(self, papers: Iterable[Paper]) -> None:
        """Add own papers: all of them, or none.

        Raises:
            StorageFull: The disk is full.
        """
        with storing(self._db):
            for paper in papers:
                self._insert(paper)
            self._count_words()
        self.passages_n = int(self._db.execute("SELECT count(*) FROM passage").fetchone()[0])

    def remove(self, paper_id: str) -> bool:
        """Remove an own paper; False where there is none of this id."""
        row = self._db.execute(
            "SELECT id, title FROM paper WHERE name = ? AND name LIKE ?", (paper_id, f"{OWN}%")
        ).fetchone()
        if row is None:
            return False
        with storing(self._db):
            self._remove(*row)
            self._count_words()
            for table in ("passage_words", "sentence_words"):  # else its words stay in the index until a merge
                self._db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        shred(self._db)
        self.passages_n = int(self._db.execute("SELECT count(*) FROM passage").fetchone()[0])
        return True

    def _remove(self, key: int, title: str) -> None:
        db = self._db
        for number, text, asked in db.execute("SELECT id, text, asked FROM passage WHERE paper = ?", (key,)).fetchall():
            db.execute(
                "INSERT INTO passage_words (passage_words, rowid, title, text, asked) VALUES ('delete', ?, ?, ?, ?)",
                (number, title, text, asked),
            )
            for one, start, stop in db.execute(
                "SELECT id, start, stop FROM sentence WHERE passage = ?", (number,)
            ).fetchall():
                db.execute(
                    "INSERT INTO sentence_words (sentence_words, rowid, text) VALUES ('delete', ?, ?)",
                    (one, text[start:stop]),
                )
            db.execute("DELETE FROM sentence WHERE passage = ?", (number,))
        db.execute("DELETE FROM passage WHERE paper = ?", (key,))
        db.execute("DELETE FROM paper WHERE id = ?", (key,))

    def make(self, corpus: Corpus) -> None:
        """All of the index in one transaction: the shipped papers as the file has them now, and the own ones again."""
        own = [dataclasses.replace(paper, passages=self.passages_of(paper.id)) for paper in self.own_papers()]
        with storing(self._db):
            for table in ("about", "paper", "passage", "sentence"):
                self._db.execute(f"DELETE FROM {table}")
            for table in ("passage_words", "sentence_words"):
                self._db.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
            for paper in (*corpus.papers, *own):
                self._insert(paper)
            self._count_words()
            for name, value in (("corpus", corpus.sha256), ("form", _FORM)):
                self._db.execute("INSERT INTO about (name, value) VALUES (?, ?)", (name, value))

    def _insert(self, paper: Paper) -> None:
        db = self._db
        facts = {"authors": paper.authors, "year": paper.year, "doi": paper.doi} if paper.is_own else {}
        key = db.execute(
            "INSERT INTO paper (name, title, facts) VALUES (?, ?, ?)", (paper.id, paper.title, json.dumps(facts))
        ).lastrowid
        for passage in paper.passages:
            asked = "\n".join(passage.asked)
            number = db.execute(
                "INSERT INTO passage (paper, name, section, text, sha256, asked) VALUES (?, ?, ?, ?, ?, ?)",
                (key, passage.id, passage.section, passage.text, passage.sha256, asked),
            ).lastrowid
            db.execute(
                "INSERT INTO passage_words (rowid, title, text, asked) VALUES (?, ?, ?, ?)",
                (number, paper.head, passage.text, asked),
            )
            for start, stop in spans(passage.text):
                row = db.execute(
                    "INSERT INTO sentence (passage, start, stop) VALUES (?, ?, ?)", (number, start, stop)
                ).lastrowid
                db.execute("INSERT INTO sentence_words (rowid, text) VALUES (?, ?)", (row, passage.text[start:stop]))

    def _count_words(self) -> None:
        self._db.execute("DELETE FROM word")
        self._db.execute("INSERT INTO word (stem, passages) SELECT term, doc FROM passage_vocabulary")

    # ---- queries

    def _ranked(self, query: str) -> dict[int, float]:
        rows = self._db.execute(
            "SELECT rowid, rank FROM passage_words WHERE passage_words MATCH ? AND rank MATCH ? ORDER BY rank LIMIT ?",
            (query, f"bm25({_TITLE_WEIGHT}, 1.0, {_ASKED_WEIGHT})", _PASSAGES),
        ).fetchall()
        return {row: -rank for row, rank in rows}

    def _by_sentence(self, query: str) -> dict[int, float]:
        """Passages of the best sentences."""
        rows = self._db.execute(
            "SELECT rowid FROM sentence_words WHERE sentence_words MATCH ? ORDER BY rank LIMIT ?", (query, _PASSAGES)
        ).fetchall()
        marks = ",".join("?" * len(rows))
        found = self._db.execute(
            f"SELECT DISTINCT passage FROM sentence WHERE id IN ({marks})", [row[0] for row in rows]
        )
        return {row[0]: 0.0 for row in found.fetchall()}

    def _some(self, query: str) -> list[int]:
        rows = self._db.execute(
            "SELECT rowid FROM passage_words WHERE passage_words MATCH ? LIMIT ?", (query, _UNRANKED)
        ).fetchall()
        return [row[0] for row in rows]

    def _stored(self, scores: Mapping[int, float]) -> tuple[Stored, ...]:
        keys = sorted(scores, key=lambda key: -scores[key])
        marks = ",".join("?" * len(keys))
        rows = self._db.execute(
            "SELECT passage.id, paper.name, passage.name, section, text, sha256, asked FROM passage JOIN paper "
            f"ON paper.id = passage.paper WHERE passage.id IN ({marks})",
            keys,
        ).fetchall()
        parts: dict[int, list[Span]] = {}
        for number, start, stop in self._db.execute(
            f"SELECT passage, start, stop FROM sentence WHERE passage IN ({marks}) ORDER BY passage, start", keys
        ).fetchall():
            parts.setdefault(number, []).append(Span(start, stop))
        by_key: dict[int, Stored] = {}
        for key, paper, *passage in rows:
            by_key[key] = Stored(paper, _passage(*passage), tuple(parts.get(key, ())), scores[key])
        return tuple(by_key[key] for key in keys if key in by_key)


def _passage(name: str, section: str, text: str, sha256: str, asked: str) -> Passage:
    return Passage(name, section, text, sha256, tuple(asked.splitlines()))

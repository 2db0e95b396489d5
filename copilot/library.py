"""Everything an answer needs, opened once: the shipped papers, own ones, their index, and the confidence model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.system import host
from copilot import confidence, reading, vectors
from copilot.index import FILE, Index, Stored
from copilot.nearness import Nearness
from copilot.papers import Corpus, Paper, sha256_of
from copilot.words import tokens

FOLDER: Final = "evidence"


class Library:
    """Papers and their index. One thread uses it.

    Args:
        state: The state folder; the index is made in a folder of it. None: in memory, and gone with the process.
        corpus: Other papers than the shipped ones.
        model: Another model of confidence.

    Raises:
        CorpusRefused: The shipped papers are changed or missing.
        StorageFull, OutboxBroken: The index cannot be written or read.
    """

    def __init__(self, state: Path | None, corpus: Corpus | None = None, model: confidence.Model | None = None) -> None:
        self.corpus = reading.load() if corpus is None else corpus
        self.model = confidence.shipped() if model is None else model
        self.index = Index(host.private_dir(state / FOLDER) / FILE if state is not None else None, self.corpus)
        self.nearness = Nearness(self.corpus, vectors.shipped())
        self._shipped = self.corpus.passages()
        self._words: frozenset[str] | None = None
        self.papers: Mapping[str, Paper] = {}
        self.look_again()

    @property
    def words(self) -> frozenset[str]:
        """Every word of the shipped passages and of their questions."""
        if self._words is None:
            texts = (text for one in self._shipped.values() for text in (one.text, *one.asked))
            self._words = frozenset(word for text in texts for word in tokens(text))
        return self._words

    def look_again(self) -> None:
        """Read the own papers again, after one was added or removed."""
        self.papers = {**self.corpus.by_id(), **{paper.id: paper for paper in self.index.own_papers()}}

    def digest(self, paper_id: str, passage_id: str, stored: Stored) -> str:
        """What a passage's text must have as its digest: a shipped one's is that of the corpus file, in memory.

        Args:
            paper_id, passage_id: Which.
            stored: As the index has it; its own digest counts for own papers alone.
        """
        shipped = self._shipped.get(passage_id)
        if shipped is not None:
            return shipped.sha256
        paper = self.papers.get(paper_id)
        return stored.passage.sha256 if paper is not None and paper.is_own else ""

    def fault(self, stored: Stored) -> str:
        """Why a stored passage is not the one that was read in; empty where it is."""
        if sha256_of(stored.passage.text) != self.digest(stored.paper_id, stored.passage.id, stored):
            return "its text is not the one that was read in"
        return ""

    def faults(self) -> list[str]:
        """Ids of all passages that are missing, or not the ones that were read in."""
        stored = {one.passage.id: one for one in self.index.everything()}
        missing = [passage for passage in self._shipped if passage not in stored]
        return missing + [name for name, one in stored.items() if self.fault(one)]

    def mend(self) -> None:
        """Make the index again: shipped passages from the corpus, own ones as they are stored."""
        self.index.make(self.corpus)

    def close(self) -> None:
        """Close the index."""
        self.index.close()

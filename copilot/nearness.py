"""How near a question is to each shipped passage and to the questions that it answers, by the vectors of words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.index import Stored
from copilot.papers import Corpus, Paper
from copilot.vectors import Vector, Vectors

_TEXT_01 = 0.5  # of the passage itself, beside its nearest question


@dataclass(frozen=True, slots=True)
class Near:
    """Of one question, how near it is to each passage: cosines, from -1 to 1.

    Attributes:
        vector: Of the question.
        vectors: Of words.
        line_1, text_1: By passage id, the nearest of its questions, and the passage with its paper's head.
        first: Ids of the nearest passages, the nearest first.
    """

    vector: Vector
    vectors: Vectors
    line_1: dict[str, float]
    text_1: dict[str, float]
    first: tuple[str, ...]

    def to_passages(self, found: Sequence[tuple[Stored, Paper]]) -> list[tuple[float, float]]:
        """How near each passage's questions and the passage are; an own paper's passage has no questions."""
        own = [(stored, paper) for stored, paper in found if stored.passage.id not in self.text_1]
        texts = self.to_texts([f"{paper.head} {stored.passage.text}" for stored, paper in own])
        near = {stored.passage.id: (text_1, text_1) for (stored, _), text_1 in zip(own, texts, strict=True)}
        names = [stored.passage.id for stored, _ in found]
        return [near.get(name) or (self.line_1[name], self.text_1[name]) for name in names]

    def to_texts(self, texts: Sequence[str]) -> list[float]:
        """How near texts are."""
        return [float(one) for one in self.vectors.of_each(texts) @ self.vector]


class Nearness:
    """The vectors of all shipped passages, made once.

    Args:
        corpus: The shipped papers.
        vectors: Of words.
    """

    def __init__(self, corpus: Corpus, vectors: Vectors) -> None:
        every = [(paper, passage) for paper in corpus.papers for passage in paper.passages]
        lines = [(place, line) for place, (_, passage) in enumerate(every) for line in passage.asked]
        self._vectors = vectors
        self._ids = [passage.id for _, passage in every]
        self._texts = vectors.of_each(f"{paper.head} {passage.text}" for paper, passage in every)
        self._lines = vectors.of_each(line for _, line in lines)
        self._owner: NDArray[np.intp] = np.array([place for place, _ in lines], np.intp)

    def of(self, question: str, first_n: int) -> Near:
        """How near each passage is.

        Args:
            question: As it was read.
            first_n: How many of the nearest are named.
        """
        vector = self._vectors.of(question)
        text_1 = self._texts @ vector
        line_1 = np.full(len(self._ids), -1.0, np.float32)
        np.maximum.at(line_1, self._owner, self._lines @ vector)
        order = np.argsort(-(line_1 + _TEXT_01 * text_1), kind="stable")[:first_n]
        return Near(
            vector,
            self._vectors,
            dict(zip(self._ids, map(float, line_1), strict=True)),
            dict(zip(self._ids, map(float, text_1), strict=True)),
            tuple(self._ids[place] for place in order) if vector.any() else (),
        )

"""Which sentence of which paper answers best: what of the question stands in it, weighed by how rare each word is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from copilot import saying
from copilot.features import Features, Read, is_as_asked, of_passage, of_sentence
from copilot.index import Stored
from copilot.nearness import Near
from copilot.papers import Paper
from copilot.sentences import Span
from copilot.weighing import Weights
from copilot.words import finds, joined

_PASSAGES: Final = 24  # of these, the sentences are looked at
WEIGHTS: Final = {
    "sentence_01": 0.9,
    "title_01": 0.25,
    "paper_01": 2.0,
    "alike_01": 0.9,
    "within_01": 0.9,
    "bm25_01": 0.3,
    "own_words_01": 0.1,
    "people_01": 0.5,
    "number_01": 0.7,
    "finds_01": 0.2,
    "design_01": 0.2,
    "direction_01": 1.4,
    "facets_01": 0.4,
    "near_line_1": 1.5,
    "near_text_1": 2.3,
    "near_sentence_1": 0.8,
}
"""What each feature is worth for the rank.

Near what a pairwise logistic model gives on our own questions (``make bench-evidence PART=weights``), with a little for
what papers are not told apart by and a reader is helped by: a finding, the design.
"""


_DESIGN_OF_OPEN: Final = 0.4
"""What the design is worth beside that where many papers answer ("What helps against stress?"): a review goes first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that may be quoted.

    Attributes:
        stored: Its passage.
        paper: Its paper.
        span: Where it stands.
        score: Its rank; larger is better.
        features: For its confidence; the gap is that of its paper.
    """

    stored: Stored
    paper: Paper
    span: Span
    score: float
    features: Features

    @property
    def text(self) -> str:
        """The sentence."""
        return self.stored.passage.text[self.span.start : self.span.stop]


def ranked(asked: Weights, found: Sequence[Stored], papers: Mapping[str, Paper], near: Near) -> tuple[Candidate, ...]:
    """Sentences of these passages, the best first.

    Args:
        asked: The question.
        found: Passages of the index.
        papers: By id; a passage of another paper is left aside.
        near: How near the question is to passages.
    """
    about = [
        (stored, papers[stored.paper_id])
        for stored in found
        if stored.paper_id in papers and _is_about(asked, papers[stored.paper_id])
    ]
    reads = [
        Read(
            stored,
            paper,
            asked.found_01(joined(stored.passage.text)),
            [asked.found_01(joined(line)) for line in stored.passage.asked],
            near_1,
        )
        for (stored, paper), near_1 in zip(about, near.to_passages(about), strict=True)
    ]
    shares = _paper_found(asked, reads)
    wholes = [(read, of_passage(asked, read, shares[read.paper.id])) for read in reads]
    wholes = [(read, whole) for read, whole in wholes if any(read.passage) or is_as_asked(whole)]
    wholes.sort(key=lambda one: -score(asked, one[1]))
    said = [(read, whole, span, text) for read, whole in wholes[:_PASSAGES] for span, text in _said(read.stored)]
    near_1 = near.to_texts([text for *_, text in said])
    made = [_candidate(asked, *one, near_1=value) for one, value in zip(said, near_1, strict=True)]
    return tuple(sorted((one for one in made if one is not None), key=lambda one: -one.score))


def _paper_found(asked: Weights, reads: Sequence[Read]) -> dict[str, list[float]]:
    """How far units stand anywhere in the passages at hand, their questions and their papers' heads, by paper."""
    seen: dict[str, list[float]] = {}
    for read in reads:
        known = seen.get(read.paper.id) or asked.found_01(joined(read.paper.head))
        seen[read.paper.id] = [max(every) for every in zip(known, read.passage, *read.lines, strict=True)]
    return seen


def _is_about(asked: Weights, paper: Paper) -> bool:
    """People of another profession are answered for only by a paper that is about them."""
    people = joined(paper.people)
    return all(finds(people, unit) for unit in asked.units if unit.is_other)


def _said(stored: Stored) -> list[tuple[Span, str]]:
    """The sentences of a passage that may be quoted: an aim is none of them."""
    text = stored.passage.text
    said = [(span, text[span.start : span.stop]) for span in stored.spans]
    return [(span, sentence) for span, sentence in said if not saying.is_aim(sentence)]


def _candidate(
    asked: Weights, read: Read, whole: Features, span: Span, text: str, *, near_1: float
) -> Candidate | None:
    features = of_sentence(asked, whole, text, near_1)
    if features is None:
        return None
    worth = saying.worth(text, read.stored.passage.section, is_method_asked=asked.wants_method)
    return Candidate(read.stored, read.paper, span, score(asked, features) + worth, features)


def score(asked: Weights, features: Features) -> float:
    """The rank of a passage or a sentence: its features, weighed; the design counts more in an open question."""
    made: float = sum(weight * getattr(features, name) for name, weight in WEIGHTS.items())
    return made + _DESIGN_OF_OPEN * features.design_01 * asked.is_open


def gap(candidates: Sequence[Candidate]) -> float:
    """How far the second paper is behind the first."""
    first = candidates[0]
    second = next((one.score for one in candidates if one.paper.id != first.paper.id), 0.0)
    return first.score - second

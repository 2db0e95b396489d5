"""An answer: sentences of papers as they stand, with all that is needed to judge them; or a refusal.

Before an answer leaves, each sentence is compared with its stored passage byte by byte, the passage with its digest.
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.errors import QuoteRefused
from copilot import confidence, facets, scope
from copilot.choosing import NEAR, PAPERS, SENTENCES, chosen
from copilot.contradictions import Contradiction, agreeing, contradictions
from copilot.grades import Grade, grade
from copilot.index import Stored
from copilot.library import Library
from copilot.papers import Paper
from copilot.ranking import Candidate, gap, ranked
from copilot.scope import Refusal
from copilot.sentences import spans
from copilot.spelling import read_as
from copilot.weighing import Weights, weighed, weights
from copilot.words import Unit, finds, joined, units

_UNKNOWN_MOST_01: Final = 0.6  # where the papers mention less of a question, it is about something else
_NAMED_01: Final = 0.25  # so likely, the nearest paper is named with a refusal
_NEAREST: Final = 12  # passages that are ranked though they may have no word of the question
DISCLAIMER: Final = (
    "These are sentences of papers about groups, quoted word for word. They are no medical advice, no diagnosis and no "
    "statement about any person. Read the paper, and decide with a professional who knows the case."
)
_REMEDY: Final = "Ask in other words, or add a paper of your own: 'wardbeat evidence add FILE.pdf'."


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence, and where it stands.

    Attributes:
        paper: Its paper.
        passage_id, section: Its passage.
        start, stop: Where it stands in the passage's text.
        text: The sentence.
    """

    paper: Paper
    passage_id: str
    section: str
    start: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A passage that fits and is not used, because its paper was retracted.

    Attributes:
        paper: With its notice.
        passage_id: Of the passage.
    """

    paper: Paper
    passage_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What papers say.

    Attributes:
        question: As it was asked.
        quotes: At most SENTENCES of at most PAPERS, the best first.
        grade: Of their evidence.
        confidence_01: That the first paper answers the question.
        not_found: What no quoted sentence has: words of the question, and what is asked of its subject.
        contradictions: Where quoted papers do not agree.
        withdrawn: What fits and was retracted.
        read_as: Words of the question with a slip of the finger, and what they were read as.
    """

    question: str
    quotes: tuple[Quote, ...]
    grade: Grade
    confidence_01: float
    not_found: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]
    withdrawn: tuple[Withdrawn, ...]
    read_as: tuple[tuple[str, str], ...] = ()

    @property
    def confidence_words(self) -> str:
        """The confidence in words."""
        return confidence.in_words(self.confidence_01)


def answer(library: Library, question: str) -> Answer | Refusal:
    """What the papers say to a question, or why nothing is said.

    Args:
        library: Papers and their index.
        question: As it was typed; any text.

    Raises:
        QuoteRefused: A sentence is not its stored passage's, or a passage is not the one that was shipped or added.
    """
    if (refused := scope.refusal(question)) is not None:
        return refused
    read, slips = mended(library, question)
    asked, candidates = searched(library, read)
    if isinstance(candidates, Refusal):
        return candidates
    standing = tuple(one for one in candidates if one.paper.retraction is None)
    withdrawn = _withdrawn(candidates)
    if not standing:
        return _nothing(withdrawn)
    features = dataclasses.replace(standing[0].features, gap=gap(standing))
    likely_01 = library.model.confidence_01(features)
    if likely_01 < library.model.floor_01:
        return _nothing(withdrawn, standing[0].paper if likely_01 >= _NAMED_01 else None)
    quoted = chosen(asked, standing)
    found, quoted = contradictions(asked, quoted, standing, SENTENCES, PAPERS)
    quotes = tuple(_quote(one) for one in quoted)
    verify(library, quotes)
    return Answer(
        question,
        quotes,
        _grade(asked, quotes, contradict=bool(found)),
        likely_01,
        _not_found(asked, quotes),
        found,
        withdrawn,
        slips,
    )


def mended(library: Library, question: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The question without slips of the finger in words that no paper has, and what was changed."""
    slips = []
    for unit in weights(units(question), library.index).unknown:
        if read := read_as(unit.said, library.words):
            slips.append((unit.said, read))
            question = re.sub(rf"\b{re.escape(unit.said)}\b", read, question, flags=re.IGNORECASE)
    return question, tuple(slips)


def searched(library: Library, question: str) -> tuple[Weights, tuple[Candidate, ...] | Refusal]:
    """The sentences that may answer, the best first; a refusal where a subject of the question is in no paper."""
    index = library.index
    asked = weighed(question, index)
    if asked.unknown_01 > _UNKNOWN_MOST_01:
        return asked, _unknown(asked.unknown)
    subjects = [unit for unit in asked.units if not unit.is_plain]
    if not subjects:
        return asked, Refusal("no_subject", "This question names no subject that a paper could be found by.", _REMEDY)
    near = library.nearness.of(question, _NEAREST)
    found = ranked(asked, index.candidates(asked.units, near.first), library.papers, near)
    if not found and any(unit.is_other for unit in subjects):
        who = next(unit.said for unit in subjects if unit.is_other)
        return asked, Refusal(
            "population", f"These papers are about people who work in healthcare; no passage is about {who!r}.", _REMEDY
        )
    return asked, found


def verify(library: Library, quotes: Sequence[Quote]) -> None:
    """Compare each sentence with the passage that is stored, and the passage with its digest.

    Raises:
        QuoteRefused: With the passage and the reason.
    """
    for quote in quotes:
        stored = library.index.passage(quote.passage_id)
        reason = _reason_against(library, quote, stored)
        if reason:
            raise QuoteRefused(
                f"passage {quote.passage_id}: {reason}; nothing is shown",
                remedy="Run 'wardbeat evidence check'; it names what differs and makes the index again.",
            )


def _reason_against(library: Library, quote: Quote, stored: Stored | None) -> str:
    if stored is None:
        return "it is no longer stored"
    if fault := library.fault(stored):
        return fault
    text = stored.passage.text
    if text.encode()[: len(text[: quote.start].encode())] + quote.text.encode() != text[: quote.stop].encode():
        return "the sentence is not in it"
    if (quote.start, quote.stop) not in spans(text):
        return "the sentence is not a whole one"
    return ""


def _grade(asked: Weights, quotes: Sequence[Quote], *, contradict: bool) -> Grade:
    papers = tuple({quote.paper.id: quote.paper for quote in quotes}.values())
    return grade(papers, contradict=contradict, agree_n=agreeing(asked, papers))


def _quote(one: Candidate) -> Quote:
    passage = one.stored.passage
    return Quote(one.paper, passage.id, passage.section, one.span.start, one.span.stop, one.text)


def _withdrawn(candidates: Sequence[Candidate]) -> tuple[Withdrawn, ...]:
    found = {
        one.stored.passage.id: Withdrawn(one.paper, one.stored.passage.id)
        for one in candidates
        if one.paper.retraction is not None and one.score >= NEAR * candidates[0].score
    }
    return tuple(found.values())[:SENTENCES]


def _not_found(asked: Weights, quotes: Sequence[Quote]) -> tuple[str, ...]:
    lines = [joined(f"{quote.text} . {quote.paper.head}") for quote in quotes]
    words = tuple(
        unit.said
        for unit in asked.units
        if not unit.is_plain
        and not unit.is_mild
        and not unit.said.isdecimal()
        and not any(finds(line, unit) for line in lines)
    )
    texts = [quote.text for quote in quotes]
    return words + tuple(one.name for one in asked.facets if not any(facets.found_01((one,), text) for text in texts))


def _unknown(unknown: Sequence[Unit]) -> Refusal:
    words = ", ".join(repr(unit.said) for unit in unknown[:4])
    return Refusal("not_in_papers", f"None of these papers mentions {words}.", _REMEDY)


def _nothing(withdrawn: Sequence[Withdrawn], nearest: Paper | None = None) -> Refusal:
    """Nothing is shown; a shipped paper that came near is named, an own one never: a refusal may be exported."""
    if withdrawn:
        named = ", ".join(sorted({one.paper.id for one in withdrawn}))
        return Refusal("retracted", f"What fits best was retracted and is not used: {named}.", _REMEDY)
    remedy = _REMEDY
    if nearest is not None and not nearest.is_own:
        title = nearest.title.rstrip(".")
        remedy = f"The nearest paper may be about something else: {title} ({nearest.id}, {nearest.year}). {_REMEDY}"
    return Refusal("no_answer", "No sentence of these papers answers this well enough to be shown.", remedy)

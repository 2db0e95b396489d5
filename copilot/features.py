"""What rank and confidence rest on: how far a sentence, its passage and its paper hold what is asked for."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from copilot import facets, saying
from copilot.index import Stored
from copilot.papers import Paper
from copilot.weighing import Weights, content
from copilot.words import finds, has, joined

_AS_ASKED_01: Final = 0.5  # so near to a question of the passage's own, a sentence may use none of its words
_NEAR_ASKED_1: Final = 0.6  # so near, likewise
_HELPS: Final = {"helps": 1.0, "mixed": 0.6, "no clear effect": 0.0, "harms": 0.0}
_HARMS: Final = {"harms": 1.0, "mixed": 0.6, "no clear effect": 0.3, "helps": 0.3}
_FEW_WORDS: Final = 4
DESIGNS: Final = {
    "systematic review with meta-analysis": 1.0,
    "systematic review": 0.7,
    "randomised controlled trial": 0.6,
    "cluster randomised trial": 0.6,
    "crossover trial": 0.6,
    "prospective cohort": 0.5,
    "protocol": 0.0,
}
"""What a design says of cause, or of how common something is; any other design has 0.2."""

_MUCH, _MUCH_MISSING = 10.0, 6.0


@dataclass(frozen=True, slots=True)
class Features:
    """What rank and confidence rest on; shares of the question's words, each weighed by its rarity.

    Attributes:
        sentence_01, passage_01, title_01, paper_01: Shares found there; the title with the paper's people and outcomes.
        own_words_01: Share of what was found in the question's own words, not by a synonym.
        bm25_01: The index's score of the passage, over what the words could give.
        gap: How far the next paper is behind.
        finds_01: 1 where the sentence states a finding.
        unknown_01: Share of the question that no passage mentions.
        people_01: 1 where the paper is about the people and the country that were asked about, or none were.
        number_01: 1 where the kind of number that was asked for stands in the sentence, or none was.
        weakest_01: How far the paper has the subject that it has least.
        amount_01: How much the question says, 1 for a long and rare one.
        asked_01, alike_01: Share found in the passage's nearest own question, and how alike both are.
        within_01: Share of such a question that stands within this one, which may be longer; 1 where both are the same.
        missing_01, found_01: How much of the question the paper lacks, and has: no shares, for long ones say more
            around their subject.
        design_01: 1 for a review with meta-analysis, less for what says less of cause or of how common something is.
        direction_01: How far the paper found something that helps, where that was asked, or that harms; else 1.
        facets_01: Share of what is asked of the subject (what it costs, whether it lasts) that the passage speaks of.
        near_line_1, near_text_1, near_sentence_1: How near the passage's nearest own question, the passage and the
            sentence are, by the vectors of words.
    """

    sentence_01: float
    passage_01: float
    title_01: float
    paper_01: float
    own_words_01: float
    bm25_01: float
    gap: float
    finds_01: float
    unknown_01: float
    people_01: float
    number_01: float
    weakest_01: float
    amount_01: float
    asked_01: float
    alike_01: float
    within_01: float
    missing_01: float
    found_01: float
    design_01: float
    direction_01: float
    facets_01: float
    near_line_1: float
    near_text_1: float
    near_sentence_1: float


@dataclass(frozen=True, slots=True)
class Read:
    """A passage, as far as the question is found in it.

    Attributes:
        stored, paper: Which.
        passage: How far each unit of the question stands in it.
        lines: Likewise in each question that the passage answers.
        near: How near the question is to the nearest of these, and to the passage.
    """

    stored: Stored
    paper: Paper
    passage: list[float]
    lines: list[list[float]]
    near: tuple[float, float]


def of_passage(asked: Weights, read: Read, in_paper: Sequence[float]) -> Features:
    """The features of a passage; those of its sentences are 0.

    Args:
        asked: The question.
        read: The passage.
        in_paper: How far each unit stands anywhere in its paper.
    """
    stored, paper = read.stored, read.paper
    text, head = stored.passage.text, joined(paper.head)
    asked_01, alike_01, within_01 = _as_asked(asked, read)
    whom = [unit for unit in asked.units if unit.is_role or unit.is_place]
    paper_01, amount = asked.share_of_01(in_paper), asked.total
    return Features(
        sentence_01=0.0,
        passage_01=asked.share_of_01(read.passage),
        title_01=asked.share_01(head),
        paper_01=paper_01,
        own_words_01=0.0,
        bm25_01=min(1.0, max(0.0, stored.bm25) / (1.5 * amount + 1e-9)),
        gap=0.0,
        finds_01=0.0,
        unknown_01=asked.unknown_01,
        people_01=float(all(finds(head, unit) or finds(joined(text), unit) for unit in whom)),
        number_01=0.0,
        weakest_01=asked.weakest_01(in_paper),
        amount_01=min(1.0, amount / _MUCH),
        asked_01=asked_01,
        alike_01=alike_01,
        within_01=within_01,
        missing_01=min(1.0, (1.0 - paper_01) * amount / _MUCH_MISSING),
        found_01=min(1.0, paper_01 * amount / _MUCH),
        design_01=DESIGNS.get(paper.design, 0.2),
        direction_01=_direction_01(asked, paper),
        facets_01=facets.found_01(asked.facets, text),
        near_line_1=read.near[0],
        near_text_1=read.near[1],
        near_sentence_1=0.0,
    )


def _direction_01(asked: Weights, paper: Paper) -> float:
    """How far a paper found what is asked for: something that helps, or something that harms."""
    if not (asked.wants_help or asked.wants_cause):
        return 1.0
    worth = _HELPS if asked.wants_help else _HARMS
    return max((worth[one.direction] for one in paper.findings), default=0.0)


def is_as_asked(whole: Features) -> bool:
    """Whether a passage is so near that a sentence of it may have no word of the question."""
    return whole.asked_01 >= _AS_ASKED_01 or whole.near_line_1 >= _NEAR_ASKED_1


def of_sentence(asked: Weights, whole: Features, sentence: str, near_1: float) -> Features | None:
    """The features of a passage's sentence; None where it has nothing of the question.

    Args:
        asked: The question.
        whole: The passage's features.
        sentence: Its text.
        near_1: How near the question is to it.
    """
    hits = asked.found_01(joined(sentence))
    if not any(hits) and not is_as_asked(whole):
        return None
    sentence_01 = asked.share_of_01(hits)
    own = asked.share_of_01([float(has(joined(sentence), unit.forms[0])) for unit in asked.units])
    return dataclasses.replace(
        whole,
        sentence_01=sentence_01,
        own_words_01=own / sentence_01 if sentence_01 else 0.0,
        finds_01=float(saying.finds(sentence)),
        number_01=_number_01(asked, sentence),
        near_sentence_1=near_1,
    )


def _number_01(asked: Weights, sentence: str) -> float:
    """Whether a sentence has the kind of number that was asked for; a number of another kind counts half."""
    if not (asked.wants_number or asked.wants_share) or (asked.wants_share and saying.has_share(sentence)):
        return 1.0
    has_number = any(letter.isdecimal() for letter in sentence)
    return (0.5 if asked.wants_share else 1.0) * has_number


def _as_asked(asked: Weights, read: Read) -> tuple[float, float, float]:
    """How near the question is to the passage's own ones: see `Features`."""
    best, within = (0.0, 0.0), 0.0
    for line, found in zip(read.stored.passage.asked, read.lines, strict=True):
        both = sum(count * share for count, share in zip(asked.counts, found, strict=True))
        words = _of_line(line)
        words_n = len(words)
        best = max(best, (asked.share_of_01(found), both / max(1.0, sum(asked.counts) + words_n - both)))
        is_same = asked.words and asked.words == words
        within = max(within, 1.0 if is_same else min(1.0, both / max(_FEW_WORDS, words_n)))
    return (*best, within)


@lru_cache(maxsize=32768)
def _of_line(line: str) -> frozenset[str]:
    """`content` of a passage's own question; what a person asks is kept nowhere."""
    return content(line)

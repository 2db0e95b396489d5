"""Which sentence of which paper answers best: what of the question stands in it, weighed by how rare each word is."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from copilot.index import Stored
from copilot.papers import Paper
from copilot.sentences import Span
from copilot.vocabulary import STOP
from copilot.weighing import Weights
from copilot.words import finds, has, joined, tokens

# what a sentence says, by where it stands
_SECTIONS: Final = {"conclusion": 0.15, "results": 0.12, "abstract": 0.08, "discussion": 0.04, "introduction": -0.06,
                    "methods": -0.2}  # fmt: skip
# an aim repeats the question's words and answers nothing: it is never quoted
_AIM: Final = re.compile(
    r"^To (?:\w+ly )?\w+ [^,]*$|"
    r"\b(?:aims?|aimed|objectives?|purpose|hypothes\w+|protocol|research question|we (?:sought|investigated|"
    r"examined|explored|"
    r"evaluated|assessed|tested|studied|conducted|verified|compared|surveyed|measured|analy[sz]ed|recruited|searched|"
    r"performed|included|used)|this (?:[\w-]+ ){0,4}(?:study|review|trial|paper|article) (?:\w+ )?(?:examine[sd]?|"
    r"investigate[sd]?|explore[sd]?|evaluate[sd]?|assesse[sd]|aims?|was conducted|describes?)|to (?:examine|"
    r"investigate|explore|"
    r"evaluate|assess|determine|compare) (?:the|whether|if|how)|future (?:research|studies)|further (?:research|"
    r"studies))\b",
    re.IGNORECASE,
)
_FINDS: Final = re.compile(
    r"\b(?:associated|significant\w*|reduc\w+|improv\w+|increas\w+|decreas\w+|lower\w*|higher|risk|odds|effective|no "
    r"(?:effect|difference|evidence|association)|predict\w*|found|showed|suggest\w*|prevalence|more likely|"
    r"less likely)\b",
    re.IGNORECASE,
)
_LEANS: Final = re.compile(r"(?:This|These|Those|They|It|Its|Their|However|Such|He|She|But|Thus|Also|Both)\b")
_SHORT: Final = 45
_AS_ASKED_01: Final = 0.5  # so near to a question of the passage's own, a sentence may use none of its words
_HELPS: Final = {"helps": 1.0, "mixed": 0.6, "no clear effect": 0.0, "harms": 0.0}
_FEW_WORDS: Final = 4
_DESIGNS: Final = {
    "systematic review with meta-analysis": 1.0,
    "systematic review": 0.7,
    "randomised controlled trial": 0.6,
    "cluster randomised trial": 0.6,
    "crossover trial": 0.6,
    "prospective cohort": 0.5,
    "protocol": 0.0,
}
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
        number_01: 1 where a number was asked for and stands in the sentence, or none was.
        weakest_01: How far the paper has the subject that it has least.
        amount_01: How much the question says, 1 for a long and rare one.
        asked_01, alike_01: Share found in the passage's nearest own question, and how alike both are.
        within_01: Share of such a question that stands within this one, which may be longer.
        missing_01, found_01: How much of the question the paper lacks, and has: no shares, for long ones say more
            around their subject.
        design_01: 1 for a review with meta-analysis, less for what says less of cause or of how common something is.
        helps_01: How far the paper found something that helps, where that was asked; else 1.
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
    helps_01: float


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


@dataclass(frozen=True, slots=True)
class _Read:
    """How far each unit of the question is found in a passage, and in each question that the passage answers."""

    stored: Stored
    paper: Paper
    passage: list[float]
    lines: list[list[float]]


def ranked(asked: Weights, found: Sequence[Stored], papers: Mapping[str, Paper]) -> tuple[Candidate, ...]:
    """Sentences of these passages, the best first.

    Args:
        asked: The question.
        found: Passages of the index.
        papers: By id; a passage of another paper is left aside.
    """
    reads = [
        _Read(
            stored,
            papers[stored.paper_id],
            asked.found_01(joined(stored.passage.text)),
            [asked.found_01(joined(line)) for line in stored.passage.asked],
        )
        for stored in found
        if stored.paper_id in papers and _is_about(asked, papers[stored.paper_id])
    ]
    shares = _paper_found(asked, reads)
    made = [candidate for read in reads for candidate in _of_passage(asked, read, shares[read.paper.id])]
    made.sort(key=lambda one: -one.score)
    return tuple(made)


def _paper_found(asked: Weights, reads: Sequence[_Read]) -> dict[str, list[float]]:
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


def _of_passage(asked: Weights, read: _Read, in_paper: Sequence[float]) -> list[Candidate]:
    stored, paper, passage = read.stored, read.paper, read.passage
    text, head = stored.passage.text, joined(paper.head)
    asked_01, alike_01, within_01 = _as_asked(asked, read)
    if not any(passage) and asked_01 < _AS_ASKED_01:
        return []
    whom = [unit for unit in asked.units if unit.is_role or unit.is_place]
    whole = Features(
        sentence_01=0.0,
        passage_01=asked.share_of_01(passage),
        title_01=asked.share_01(head),
        paper_01=asked.share_of_01(in_paper),
        own_words_01=0.0,
        bm25_01=min(1.0, max(0.0, stored.bm25) / (1.5 * sum(asked.idf) + 1e-9)),
        gap=0.0,
        finds_01=0.0,
        unknown_01=asked.unknown_01,
        people_01=float(all(finds(head, unit) or finds(joined(text), unit) for unit in whom)),
        number_01=0.0,
        weakest_01=asked.weakest_01(in_paper),
        amount_01=min(1.0, sum(asked.idf) / _MUCH),
        asked_01=asked_01,
        alike_01=alike_01,
        within_01=within_01,
        missing_01=min(1.0, (1.0 - asked.share_of_01(in_paper)) * sum(asked.idf) / _MUCH_MISSING),
        found_01=min(1.0, asked.share_of_01(in_paper) * sum(asked.idf) / _MUCH),
        design_01=_DESIGNS.get(paper.design, 0.2),
        helps_01=max((_HELPS[one.direction] for one in paper.findings), default=0.0) if asked.wants_help else 1.0,
    )
    made = []
    for span in stored.spans:
        sentence = text[span.start : span.stop]
        if _AIM.search(sentence):
            continue
        hits = asked.found_01(joined(sentence))
        if not any(hits) and asked_01 < _AS_ASKED_01:
            continue
        features = _of_sentence(asked, whole, sentence, hits)
        made.append(Candidate(stored, paper, span, _score(features, stored.passage.section, sentence), features))
    return made


def _of_sentence(asked: Weights, whole: Features, sentence: str, hits: Sequence[float]) -> Features:
    """The features of a passage's sentence."""
    sentence_01 = asked.share_of_01(hits)
    own = asked.share_of_01([float(has(joined(sentence), unit.forms[0])) for unit in asked.units])
    return dataclasses.replace(
        whole,
        sentence_01=sentence_01,
        own_words_01=own / sentence_01 if sentence_01 else 0.0,
        finds_01=float(bool(_FINDS.search(sentence))),
        number_01=float(not asked.wants_number or any(letter.isdecimal() for letter in sentence)),
    )


def _score(features: Features, section: str, sentence: str) -> float:
    """The rank: weights near those that a pairwise logistic model gave on our own questions (make bench-evidence)."""
    score = (
        1.4 * features.sentence_01
        + 0.7 * features.passage_01
        + 1.2 * features.title_01
        + 1.0 * features.paper_01
        + 1.0 * features.asked_01
        + 2.0 * features.alike_01
        + 1.0 * features.within_01
        + 0.35 * features.bm25_01
        + 0.2 * features.own_words_01
        + 0.3 * features.people_01
        + 0.5 * features.number_01
        + 0.25 * features.finds_01
        + 0.3 * features.design_01
        + 1.0 * features.helps_01
        + _SECTIONS.get(section, 0.0)
    )
    if _LEANS.match(sentence):
        score -= 0.1
    return score - (0.25 if len(sentence) < _SHORT or sentence.endswith("?") else 0.0)


def _as_asked(asked: Weights, read: _Read) -> tuple[float, float, float]:
    """How near the question is to the passage's own ones: see `Features`."""
    best, within = (0.0, 0.0), 0.0
    for line, found in zip(read.stored.passage.asked, read.lines, strict=True):
        both, words_n = sum(found), _words_n(line)
        best = max(best, (asked.share_of_01(found), both / max(1.0, len(asked.units) + words_n - both)))
        within = max(within, min(1.0, both / max(_FEW_WORDS, words_n)))
    return (*best, within)


@lru_cache(maxsize=8192)
def _words_n(line: str) -> int:
    return sum(word not in STOP for word in tokens(line))


def gap(candidates: Sequence[Candidate]) -> float:
    """How far the second paper is behind the first."""
    first = candidates[0]
    second = next((one.score for one in candidates if one.paper.id != first.paper.id), 0.0)
    return first.score - second

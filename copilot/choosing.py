"""Which sentences of the papers that rank first are quoted: the one that answers best, then what belongs to it."""

from collections.abc import Sequence
from typing import Final

from copilot import facets, saying
from copilot.features import Features
from copilot.ranking import Candidate
from copilot.weighing import Weights

SENTENCES: Final = 5
PAPERS: Final = 4
NEAR: Final = 0.75  # of the best score: what is further behind is about something else
_NEAR_BESIDE: Final = 0.85  # likewise, for what stands beside the first paper
_OF_FIRST: Final = 4
_OF_OTHERS: Final = 1
_PLACES: Final = 5
SIGNS: Final = {
    "sentence_01": 7.4,
    "passage_01": -4.3,
    "alike_01": -11.7,
    "within_01": 14.0,
    "near_line_1": 5.2,
    "near_text_1": 25.0,
    "near_sentence_1": 6.7,
    "bm25_01": 2.4,
    "finds_01": 2.5,
    "number_01": 5.0,
    "is first": 1.3,
    "has statistics": 1.6,
    "is method": -3.7,
    "place of passage": -7.2,
    "says what is asked": 10.0,
}
"""What each sign of a sentence is worth, among those of its paper.

Near what a pairwise logistic model gives on our own questions for which somebody marked the sentences that answer
(``make bench-evidence PART=weights``), but for the number and for what is asked of the subject (`copilot.facets`),
which few of these ask for. The first passages of a paper hold what was mainly found.
"""
_OF_FEATURES: Final = tuple(name for name in SIGNS if name in Features.__slots__)


def chosen(asked: Weights, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """At most SENTENCES of at most PAPERS, the best first.

    Args:
        asked: The question.
        candidates: All sentences, ranked; at least one.
    """
    best = candidates[0]
    taken = _of_first(asked, [one for one in candidates if one.paper.id == best.paper.id])
    for one in candidates:
        papers = [other.paper.id for other in taken]
        if one.score < _NEAR_BESIDE * best.score or len(taken) == SENTENCES or len(set(papers)) == PAPERS:
            break
        if one.paper.id not in papers:
            of_paper = [
                other for other in candidates if other.paper.id == one.paper.id and _may_stand_beside(asked, other)
            ]
            said = {other.text for other in taken}
            taken += [other for other in _in_order(asked, of_paper)[:_OF_OTHERS] if other.text not in said]
    return tuple(taken)


def _of_first(asked: Weights, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of the first paper the sentence that answers best, and findings that stand beside it in its passage.

    A reader who sees "raised insomnia" without "had no effect on depression", the next sentence, goes away with half.
    """
    first, *others = _in_order(asked, candidates)
    limits = [one for one in others if saying.limits(one.text)][:1]
    found = [one for one in others if one not in limits and _may_stand_beside(asked, one)]
    beside = [one for one in found if one.stored.passage.id == first.stored.passage.id]
    near = [one for one in found if one not in beside and one.score >= _NEAR_BESIDE * candidates[0].score]
    return [first, *(limits + beside + near)[: _OF_FIRST - 1]]


def _may_stand_beside(asked: Weights, one: Candidate) -> bool:
    """Beside the first sentence only what states a finding, and of what helps or harms where that was asked.

    Where something is asked of a subject (what it costs, what it is), only what says that.
    """
    if asked.facets:
        return _says_01(asked, one) == 1.0
    return bool(one.features.finds_01 and one.features.direction_01) and not saying.is_method(one.text)


def _says_01(asked: Weights, one: Candidate) -> float:
    return facets.found_01(asked.facets, one.text)


def _in_order(asked: Weights, candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: -answers(asked, one))


def answers(asked: Weights, one: Candidate) -> float:
    """How well a sentence answers, among those of its paper: its signs, weighed."""
    found = signs(asked, one)
    return sum(weight * found[name] for name, weight in SIGNS.items())


def signs(asked: Weights, one: Candidate) -> dict[str, float]:
    """What speaks for a sentence or against it, by the names of SIGNS.

    Args:
        asked: The question.
        one: The sentence.
    """
    names = [passage.id for passage in one.paper.passages]
    place = names.index(one.stored.passage.id) if one.stored.passage.id in names else _PLACES
    return {name: getattr(one.features, name) for name in _OF_FEATURES} | {
        "is first": float(one.span == one.stored.spans[0]),
        "has statistics": float(saying.has_statistics(one.text)),
        "is method": float(saying.is_method(one.text) and not asked.wants_method),
        "place of passage": min(place, _PLACES) / _PLACES,
        "says what is asked": _says_01(asked, one),
    }

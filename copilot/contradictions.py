"""Papers that do not agree on one exposure and the same outcome: both sides are shown beside each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from copilot import saying
from copilot.choosing import NEAR
from copilot.grades import TRIALS
from copilot.papers import Finding, Paper
from copilot.ranking import Candidate
from copilot.weighing import Weights
from copilot.words import Form, Unit, finds, joined, units

_OPPOSED: Final = {
    frozenset(("helps", "harms")),
    frozenset(("helps", "no clear effect")),
    frozenset(("harms", "no clear effect")),
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One exposure and what the quoted papers conclude of it.

    Attributes:
        asked: The question's word for it.
        sides: Of each paper its id, its own term for the exposure, and its direction.
    """

    asked: str
    sides: tuple[tuple[str, str, str], ...]


def contradictions(
    asked: Weights, quoted: Sequence[Candidate], candidates: Sequence[Candidate], sentences: int, papers: int
) -> tuple[tuple[Contradiction, ...], tuple[Candidate, ...]]:
    """Where the papers at hand contradict each other, and the sentences to quote then: both sides among them.

    Args:
        asked: The question.
        quoted: What would be quoted without.
        candidates: All sentences, the best first.
        sentences: At most so many are quoted.
        papers: Of at most so many papers.
    """
    found: list[Contradiction] = []
    taken = list(quoted)
    near = [one for one in candidates if one.score >= NEAR * candidates[0].score and _says_what_was_found(one)]
    for unit in _exposures(asked):
        sides = _sides(asked, unit, near)
        first = next((one.paper.id for one in taken if one.paper.id in sides), None)
        if first is None:
            continue
        other = next((paper for paper, one in sides.items() if _oppose(sides[first], one)), None)
        if other is None or any({first, other} <= {paper for paper, _, _ in one.sides} for one in found):
            continue
        taken = _with(taken, first, next(one for one in near if one.paper.id == other), sentences, papers)
        here = {one.paper.id for one in taken}
        rows = tuple((paper, one.exposure, one.direction) for paper, one in sides.items() if paper in here)
        found.append(Contradiction(unit.said, rows))
    return tuple(found), tuple(taken)


def _says_what_was_found(one: Candidate) -> bool:
    """Whether a sentence can stand for a side: background and methods of a paper say nothing of what it found."""
    return bool(one.features.finds_01) and not saying.is_method(one.text)


def _exposures(asked: Weights) -> list[Unit]:
    """Subjects that are no people, the rarest first."""
    by_rarity = sorted(zip(asked.idf, range(len(asked.units)), strict=True), reverse=True)
    units = [asked.units[place] for _, place in by_rarity]
    return [unit for unit in units if not (unit.is_plain or unit.is_role or unit.is_other)]


def _sides(asked: Weights, unit: Unit, candidates: Sequence[Candidate]) -> dict[str, Finding]:
    """Of each paper at hand the finding whose exposure a unit names, in the order of rank."""
    sides: dict[str, Finding] = {}
    for one in candidates:
        if one.paper.id not in sides:
            finding = _finding(asked, unit, one.paper)
            if finding is not None:
                sides[one.paper.id] = finding
    return sides


def _finding(asked: Weights, unit: Unit, paper: Paper) -> Finding | None:
    """Of a paper's findings on an exposure the one whose words are most the question's."""
    found = [part for part in paper.findings if finds(joined(part.what), unit)]
    return max(found, key=lambda part: sum(finds(joined(part.exposure), one) for one in asked.said), default=None)


def agreeing(asked: Weights, papers: Sequence[Paper]) -> int:
    """How many randomised trials at hand conclude the same of one exposure that the question names."""
    counts = [0]
    for unit in _exposures(asked):
        found = [_finding(asked, unit, paper) for paper in papers if paper.design in TRIALS]
        counts += Counter(one.direction for one in found if one is not None).values()
    return max(counts)


def _oppose(one: Finding, other: Finding) -> bool:
    """Whether both speak of one outcome, or one of none, and conclude opposite things of it."""
    outcomes = [_subjects(part.outcome) for part in (one, other)]
    is_same = not all(outcomes) or bool(outcomes[0] & outcomes[1])
    return is_same and frozenset((one.direction, other.direction)) in _OPPOSED


def _subjects(words: str) -> frozenset[Form]:
    return frozenset(unit.forms[0] for unit in units(words) if not unit.is_plain)


def _with(taken: list[Candidate], first: str, other: Candidate, sentences: int, papers: int) -> list[Candidate]:
    """The other side quoted, too; where there is no room, what is last gives way, never the first side's only one."""
    if any(one.paper.id == other.paper.id for one in taken):
        return taken
    left = list(taken)
    while len(left) >= sentences or len({one.paper.id for one in left}) >= papers:
        firsts = [one for one in left if one.paper.id == first]
        gone = next(one for one in reversed(left) if one.paper.id != first or len(firsts) > 1)
        left.remove(gone)
    return [*left, other]

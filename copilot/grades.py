"""The grade of an answer's evidence, by one simple rule of design, size and agreement (docs/evidence.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from copilot.papers import Paper

TRIALS: Final = ("randomised controlled trial", "cluster randomised trial", "crossover trial")
_COMPARED: Final = ("controlled before-after study", "prospective cohort", "retrospective cohort", "case-control")
_OBSERVED: Final = ("cross-sectional survey", "repeated measurements", "uncontrolled before-after study",
                    "mixed methods", "methods or validation study")  # fmt: skip
FEW: Final = 50
_COUNTS_STUDIES: Final = ("stud", "trial", "article", "paper", "review", "publication", "record")


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One row.

    Attributes:
        name: A to D.
        words: What it means.
        designs: What the papers are.
        least: So many papers of these designs.
        must_agree: Whether so many have to conclude the same of an exposure that the question names.
    """

    name: str
    words: str
    designs: tuple[str, ...]
    least: int = 1
    must_agree: bool = False


ROWS: Final = (
    GradeRow("A", "a systematic review with meta-analysis", ("systematic review with meta-analysis",)),
    GradeRow("A", "two or more randomised trials that agree", TRIALS, 2, must_agree=True),
    GradeRow("B", "a randomised trial, or several that do not agree", TRIALS),
    GradeRow("B", "a systematic review without meta-analysis", ("systematic review",)),
    GradeRow("B", "several controlled or cohort studies", _COMPARED, 2),
    GradeRow("C", "one controlled or cohort study", _COMPARED),
    GradeRow("C", "surveys, repeated measurements, or studies without a control", _OBSERVED),
    GradeRow("D", "interviews, opinion, a protocol, or a file of your own that was not graded",
             ("qualitative study", "scoping or narrative review", "protocol", "other")),
)  # fmt: skip
"""The first row that fits the first paper counts; of the others, as many as a row asks for."""
_NAMES: Final = "ABCD"


@dataclass(frozen=True, slots=True)
class Grade:
    """How far the quoted papers can be trusted together.

    Attributes:
        name: A, B, C or D.
        words: Why, for the person.
    """

    name: str
    words: str


def grade(papers: Sequence[Paper], *, contradict: bool, agree_n: int = 0) -> Grade:
    """The grade of the papers of an answer.

    Args:
        papers: At least one, the one that answers best first; each counts once.
        contradict: Whether their findings contradict each other.
        agree_n: How many randomised trials among them conclude the same of an exposure that the question names.
    """
    row = next(row for row in ROWS if _fits(row, papers, 0 if contradict else agree_n))
    counted = [paper for paper in papers if paper.design in row.designs]
    reasons = []
    if contradict and not row.must_agree:
        reasons.append("findings contradict each other")
    if all(_is_small(paper) for paper in counted):
        reasons.append(f"fewer than {FEW} people")
    name = _NAMES[min(_NAMES.index(row.name) + bool(reasons), len(_NAMES) - 1)]
    lowered = f"; lowered one step: {' and '.join(reasons)}" if reasons and name != row.name else ""
    return Grade(name, f"{row.words}{lowered}")


def _fits(row: GradeRow, papers: Sequence[Paper], agree_n: int) -> bool:
    count = sum(paper.design in row.designs for paper in papers)
    return papers[0].design in row.designs and count >= row.least and (not row.must_agree or agree_n >= row.least)


def _is_small(paper: Paper) -> bool:
    counts_people = not any(part in (paper.n_of or "").lower() for part in _COUNTS_STUDIES)
    return paper.n is not None and counts_people and paper.n < FEW

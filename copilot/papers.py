"""Papers and their passages, as the corpus states them; what is quoted is a slice of a passage's text."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

DESIGNS: Final = (
    "systematic review with meta-analysis",
    "systematic review",
    "randomised controlled trial",
    "cluster randomised trial",
    "crossover trial",
    "controlled before-after study",
    "uncontrolled before-after study",
    "prospective cohort",
    "retrospective cohort",
    "case-control",
    "cross-sectional survey",
    "repeated measurements",
    "qualitative study",
    "mixed methods",
    "scoping or narrative review",
    "methods or validation study",
    "protocol",
    "other",
)
SECTIONS: Final = ("abstract", "introduction", "methods", "results", "discussion", "conclusion")
DIRECTIONS: Final = ("helps", "harms", "no clear effect", "mixed")
LICENCES: Final = ("CC BY 4.0", "CC BY 3.0", "CC BY 2.5", "CC BY 2.0", "CC BY", "CC0", "CC0 1.0")
OWN: Final = "own:"
_AROUND: Final = re.compile(r" (?:on|during|in|after|for|at|of|as|with|from|versus|instead) ")
_PILOT: Final = re.compile(r"\bpilot\b", re.IGNORECASE)
OWN_LICENCE: Final = "your own file, licence not checked"


@dataclass(frozen=True, slots=True)
class Passage:
    """Some whole sentences of a paper, character for character.

    Attributes:
        id: Of this passage; an own paper's begins with ``own:``.
        section: One of SECTIONS.
        text: The words.
        sha256: Of the text in UTF-8, in hexadecimal digits.
        asked: Questions that it answers, in people's own words. They are searched, and never shown.
    """

    id: str
    section: str
    text: str
    sha256: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a paper itself concludes of one exposure or intervention.

    Attributes:
        exposure: In the paper's terms; ``exposure: outcome`` where it speaks of one outcome.
        direction: One of DIRECTIONS.
    """

    exposure: str
    direction: str

    @property
    def what(self) -> str:
        """The exposure or intervention, without the outcome, and without where, when and for whom."""
        return _AROUND.split(self.exposure.partition(": ")[0], maxsplit=1)[0]

    @property
    def outcome(self) -> str:
        """The outcome; empty where it speaks of none."""
        return self.exposure.partition(": ")[2]


@dataclass(frozen=True, slots=True)
class Retraction:
    """A notice that withdraws a paper.

    Attributes:
        year: Of the notice.
        notice_doi: Of the notice; empty where it has none.
    """

    year: int
    notice_doi: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper.

    Attributes:
        id: Of this paper.
        authors: As listed; the last may be ``et al.``
        year: Of publication; 0 where an own file does not say.
        title, journal, doi: As published; of an own file empty where unknown.
        licence: One of LICENCES, or OWN_LICENCE.
        licence_words: The licence line as it was read.
        read_at: Where licence and text were read.
        design: One of DESIGNS.
        n: People in the analysis, or studies of a review; None where the paper does not state it.
        n_of: What ``n`` counts.
        population, country: As the paper states them.
        outcomes: What was measured, in words.
        findings: What it concludes.
        retraction: The notice that withdraws it; None while it stands.
        edits: What was left out of the text.
        passages: What may be quoted.
    """

    id: str
    authors: tuple[str, ...]
    year: int
    title: str
    journal: str
    doi: str
    licence: str
    licence_words: str
    read_at: tuple[str, ...]
    design: str
    n: int | None
    n_of: str | None
    population: str | None
    country: str | None
    outcomes: tuple[str, ...]
    findings: tuple[Finding, ...]
    retraction: Retraction | None
    edits: str
    passages: tuple[Passage, ...]

    @property
    def head(self) -> str:
        """What is searched beside the passages: title, people, country, design, and what was measured and tried."""
        findings = (finding.exposure for finding in self.findings)
        design = "" if self.is_own else self.design
        return " . ".join(
            filter(None, (self.title, self.population, self.n_of, self.country, design, *self.outcomes, *findings))
        )

    @property
    def people(self) -> str:
        """Whom the paper is about, as far as it says; a pilot study is about no pilots."""
        return _PILOT.sub(" ", " . ".join(filter(None, (self.title, self.population, self.n_of))))

    @property
    def is_own(self) -> bool:
        """Whether somebody added it on this machine."""
        return self.id.startswith(OWN)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All papers of one file.

    Attributes:
        papers: In the order of the file.
        sha256: Of the file.
    """

    papers: tuple[Paper, ...]
    sha256: str

    def by_id(self) -> Mapping[str, Paper]:
        """Papers by their id."""
        return {paper.id: paper for paper in self.papers}

    def passages(self) -> Mapping[str, Passage]:
        """Passages by their id."""
        return {passage.id: passage for paper in self.papers for passage in paper.passages}


def sha256_of(text: str) -> str:
    """Digest of a passage's text.

    >>> sha256_of("Sleep.")[:12]
    '7d4a90fdd7f0'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def own_paper(paper_id: str, title: str, facts: Mapping[str, Any], passages: tuple[Passage, ...]) -> Paper:
    """A paper that was added here: what its file does not say is unknown.

    Args:
        paper_id: Begins with ``own:``.
        title: Of the document, or the file's name.
        facts: ``authors``, ``year`` and ``doi``, as far as known.
        passages: What may be quoted.
    """
    return Paper(
        id=paper_id,
        authors=tuple(facts.get("authors", ())),
        year=int(facts.get("year", 0)),
        title=title,
        journal="",
        doi=str(facts.get("doi", "")),
        licence=OWN_LICENCE,
        licence_words="",
        read_at=(),
        design="other",
        n=None,
        n_of=None,
        population=None,
        country=None,
        outcomes=(),
        findings=(),
        retraction=None,
        edits="",
        passages=passages,
    )

"""How much each part of a question says: its rarity in the papers, and what no paper mentions."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import mul
from typing import Final

from copilot.facets import Facet, asked_facets
from copilot.index import Index
from copilot.vocabulary import BESIDE, STOP
from copilot.words import Unit, found_01, tokens, units

_SENTENCE_ENDS: Final = re.compile(r"(?<=[.?!])\s+")
_BESIDE_01: Final = 0.5
_ASKED_LEAST: Final = 2  # subjects; a question with fewer is about what the sentences beside it say
_PLAIN_IDF, _MILD_IDF, _IDF_LEAST, _IDF_MOST = 0.15, 0.8, 0.2, 4.0
_ASKS_FOR_A_NUMBER: Final = re.compile(
    r"\b(?:how (?:many|much|often|common|long|large|big|high|frequent\w*)|"
    r"(?:what|which) (?:share|proportion|percent\w*|fraction|part)|prevalence|number of|pooled)\b"
)
_ASKS_FOR_HELP: Final = re.compile(
    r"\b(?:what (?:really |actually |best |else )?(?:helps?|works?|can|could|should)|"
    r"how (?:can|could|do|to|should|might)|"
    r"ways? (?:to|of)|tips?|(?:which|what) (?:\w+ ){0,2}(?:helps?|works?|reduces?|lowers?|improves?|prevents?|"
    r"protects?|calms?|eases?|supports?)|interventions? (?:for|against)|prevention|reduction|reducing|countermeasures|"
    r"anything (?:that )?(?:\w+ )?(?:helps?|works?))\b"
)
_ASKS_FOR_A_CAUSE: Final = re.compile(
    r"\b(?:what (?:\w+ )?(?:causes?|caused|leads? to|triggers?|drives?|makes|increases?|raises?|worsens?|predicts?|"
    r"contributes?)|(?:causes?|risk factors?|predictors?|reasons?|triggers?|health risks?|harms?|consequences) "
    r"(?:of|for|behind)|why (?:do|does|are|is)|who (?:is|are) (?:most |more )?(?:at risk|likely)|what happens)\b"
)

_ASKS_FOR_A_SHARE: Final = re.compile(
    r"\b(?:how (?:common|frequent|widespread|prevalent|usual)|"
    r"(?:what|which) (?:share|proportion|percent\w*|fraction|part)|"
    r"how many (?:nurses|doctors|physicians|residents|people|staff|workers|healthcare|health|hospital|of)|prevalence|"
    r"rates of|(?<!heart )rate of)\b"
)
_ASKS_FOR_A_METHOD: Final = re.compile(
    r"\b(?:how (?:was|were|is|are|will|did|do) (?:\w+ ){0,7}(?:measured|tested|studied|evaluated|assessed|recruited|"
    r"collected|measure|test|study|assess)|sample size|how many (?:\w+ ){0,3}(?:took part|participated|answered|"
    r"were (?:asked|studied|interviewed|included|surveyed|recruited)|studies|trials|participants)|who took part|design|"
    r"methods?|instruments?|questionnaires?|databases?|risk of bias|recruited|sampling|"
    r"which (?:tool|scale|countr\w+))\b"
)


@dataclass(frozen=True)
class Weights:
    """How rare each unit of a question is.

    Attributes:
        units: What the question asks for.
        idf: Of each, in the same order; what carries little of a subject has a small one.
        unknown: Of the question's subjects those that stand in no passage.
        said: All that the question asks for, whether any passage has it or not.
        wants_number: Whether it asks how many, how often, or what share.
        wants_share: Whether it asks how common something is.
        wants_help: Whether it asks what helps.
        wants_cause: Whether it asks what harms, or what something leads to.
        wants_method: Whether it asks how something was studied.
        facets: What it wants to know of its subject.
        words: The words of what is asked, but those that carry no subject in any question.
        counts: Of each unit, 1 where it stands in what is asked, less where it stands in a sentence beside that.
    """

    units: tuple[Unit, ...]
    idf: tuple[float, ...]
    unknown: tuple[Unit, ...]
    said: tuple[Unit, ...]
    wants_number: bool = False
    wants_help: bool = False
    counts: tuple[float, ...] = ()
    facets: tuple[Facet, ...] = ()
    wants_method: bool = False
    wants_share: bool = False
    wants_cause: bool = False
    words: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether many papers may answer: it asks what helps, what harms, or how common something is."""
        return self.wants_help or self.wants_cause or self.wants_share

    @property
    def unknown_01(self) -> float:
        """Share of the question that no passage mentions."""
        return self.share_of_01([float(unit in self.unknown) for unit in self.units])

    def share_01(self, text_joined: str) -> float:
        """Share of the question that stands in a text of `copilot.words.joined`."""
        return self.share_of_01(self.found_01(text_joined))

    def found_01(self, text_joined: str) -> list[float]:
        """How far each unit stands in a text of `copilot.words.joined`."""
        return [found_01(text_joined, unit) for unit in self.units]

    @cached_property
    def total(self) -> float:
        """How much the whole question says."""
        return sum(self.idf)

    def share_of_01(self, found: Sequence[float]) -> float:
        """Share of the question, where it is known how far each unit was found."""
        total = self.total
        return sum(map(mul, self.idf, found)) / total if total else 0.0

    def weakest_01(self, found: Sequence[float]) -> float:
        """How far the subject was found that was found least; 1 where the question names none."""
        subjects = [one for one, unit in zip(found, self.units, strict=True) if not unit.is_plain and not unit.is_mild]
        return min(subjects, default=1.0)


def asks_for_a_number(question: str) -> bool:
    """Whether an answer to it holds a number.

    >>> asks_for_a_number("How many nurses were burnt out?"), asks_for_a_number("How can nurses rest?")
    (True, False)
    """
    return bool(_ASKS_FOR_A_NUMBER.search(" ".join(tokens(question))))


def asks_for_help(question: str) -> bool:
    """Whether it asks what can be done.

    >>> asks_for_help("What helps nurses on nights sleep?"), asks_for_help("Does shift work harm?")
    (True, False)
    """
    return bool(_ASKS_FOR_HELP.search(" ".join(tokens(question))))


def weighed(question: str, index: Index) -> Weights:
    """A question's units and what it wants.

    Where some sentences ask and others tell what is around it ("I run a ward. Do naps help?"), the words of the others
    count half, are missing from no paper, and name nobody whom a paper must be about.
    """
    asking, beside = parts(question)
    asked = units(asking)
    if any(unit.is_role for unit in asked):
        asked = tuple(_no_subject(unit) if unit.said.removesuffix("s") in BESIDE else unit for unit in asked)
    said = tuple(_no_subject(unit) for unit in units(beside) if unit not in asked)
    if sum(not unit.is_plain and not unit.is_mild for unit in asked) < _ASKED_LEAST:  # "Does that help?"
        asked, said = (*asked, *said), ()
    made, around = weights(asked, index), weights(said, index)
    line = " ".join(tokens(asking))
    return replace(
        made,
        units=made.units + around.units,
        idf=made.idf + tuple(_BESIDE_01 * one for one in around.idf),
        counts=made.counts + (_BESIDE_01,) * len(around.units),
        wants_number=asks_for_a_number(asking),
        wants_help=asks_for_help(asking),
        wants_cause=bool(_ASKS_FOR_A_CAUSE.search(line)) and not asks_for_help(asking),
        wants_method=bool(_ASKS_FOR_A_METHOD.search(line)),
        wants_share=bool(_ASKS_FOR_A_SHARE.search(line)),
        facets=asked_facets(line),
        words=content(asking),
    )


def content(question: str) -> frozenset[str]:
    """The words of a question without those of no subject ("is", "the"): two questions with the same ones ask the same.

    >>> sorted(content("What is burnout?")), content("What is a burnout?") == content("what's burnout")
    (['burnout'], True)
    """
    return frozenset(word for word in tokens(question) if word not in STOP)


def _no_subject(unit: Unit) -> Unit:
    """People whom nothing is asked about; any other unit as it is."""
    return replace(unit, is_other=False, is_mild=True) if unit.is_other else unit


def parts(question: str) -> tuple[str, str]:
    """The sentences of a question that ask, and those that do not; where none has a question mark, all of them ask.

    >>> parts("I run a ward. Do naps help nurses? Be brief.")
    ('Do naps help nurses?', 'I run a ward. Be brief.')
    """
    sentences = _SENTENCE_ENDS.split(question.strip())
    asking = [one for one in sentences if one.endswith("?")]
    beside = [one for one in sentences if not one.endswith("?")]
    return (" ".join(asking), " ".join(beside)) if asking else (question, "")


def weights(units: Sequence[Unit], index: Index) -> Weights:
    """The rarity of a question's units in the passages of an index: ``log((N + 1/2) / (n + 1/2))``, from .2 to 4.

    Source: Robertson S, Zaragoza H (2009), doi:10.1561/1500000019, section 3; the bounds are ours: one word that a
    single passage has must not outweigh three others.
    """
    counts = index.frequencies(units)
    known = [unit for unit, n in zip(units, counts, strict=True) if n or not _may_miss(unit)]
    rare = {
        unit: min(
            _PLAIN_IDF if unit.is_plain else _MILD_IDF if unit.is_mild else _IDF_MOST,
            max(_IDF_LEAST, math.log((index.passages_n + 0.5) / (n + 0.5))),
        )
        for unit, n in zip(units, counts, strict=True)
    }
    unknown = tuple(unit for unit, n in zip(units, counts, strict=True) if not n and not _may_miss(unit))
    return Weights(tuple(known), tuple(rare[unit] for unit in known), unknown, tuple(units), counts=(1.0,) * len(known))


def _may_miss(unit: Unit) -> bool:
    """Whether nothing is missing where the papers lack this word: it has no subject, or says how ("quickly")."""
    return unit.is_plain or unit.is_mild or unit.said.endswith("ly") or unit.said.isdecimal() or len(unit.said) == 1

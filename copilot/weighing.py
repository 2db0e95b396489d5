"""How much each part of a question says: its rarity in the papers, and what no paper mentions."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from copilot.index import Index
from copilot.words import Unit, found_01, tokens, units

_PLAIN_IDF, _MILD_IDF, _IDF_LEAST, _IDF_MOST = 0.15, 0.8, 0.2, 4.0
_ASKS_FOR_A_NUMBER: Final = re.compile(
    r"\b(?:how (?:many|much|often|common|long|large|big|high|frequent\w*)|"
    r"(?:what|which) (?:share|proportion|percent\w*|fraction|part)|prevalence|number of|pooled)\b"
)
_ASKS_FOR_HELP: Final = re.compile(
    r"\b(?:what (?:really |actually |best |else )?(?:helps?|works?|can|could|should)|"
    r"how (?:can|could|do|to|should|might)|"
    r"ways? (?:to|of)|tips?|(?:which|what) (?:\w+ ){1,2}(?:helps?|works?|reduces?|lowers?|improves?|prevents?))\b"
)


@dataclass(frozen=True, slots=True)
class Weights:
    """How rare each unit of a question is.

    Attributes:
        units: What the question asks for.
        idf: Of each, in the same order; what carries little of a subject has a small one.
        unknown: Of the question's subjects those that stand in no passage.
        said: All that the question asks for, whether any passage has it or not.
        wants_number: Whether it asks how many, how often, or what share.
        wants_help: Whether it asks what helps.
    """

    units: tuple[Unit, ...]
    idf: tuple[float, ...]
    unknown: tuple[Unit, ...]
    said: tuple[Unit, ...]
    wants_number: bool = False
    wants_help: bool = False

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

    def share_of_01(self, found: Sequence[float]) -> float:
        """Share of the question, where it is known how far each unit was found."""
        total = sum(self.idf)
        return sum(one * share for one, share in zip(self.idf, found, strict=True)) / total if total else 0.0

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
    """A question's units and what it wants."""
    made = weights(units(question), index)
    return replace(made, wants_number=asks_for_a_number(question), wants_help=asks_for_help(question))


def weights(units: Sequence[Unit], index: Index) -> Weights:
    """The rarity of a question's units in the passages of an index: ``log((N + 1/2) / (n + 1/2))``, from .2 to 4.

    Source: Robertson S, Zaragoza H (2009), doi:10.1561/1500000019, section 3; the bounds are ours: one word that a
    single passage has must not outweigh three others.
    """
    counts = [index.frequency(unit) for unit in units]
    known = [unit for unit, n in zip(units, counts, strict=True) if n or not _may_miss(unit)]
    rare = {
        unit: min(
            _PLAIN_IDF if unit.is_plain else _MILD_IDF if unit.is_mild else _IDF_MOST,
            max(_IDF_LEAST, math.log((index.passages_n + 0.5) / (n + 0.5))),
        )
        for unit, n in zip(units, counts, strict=True)
    }
    unknown = tuple(unit for unit, n in zip(units, counts, strict=True) if not n and not _may_miss(unit))
    return Weights(tuple(known), tuple(rare[unit] for unit in known), unknown, tuple(units))


def _may_miss(unit: Unit) -> bool:
    """Whether nothing is missing where the papers lack this word: it has no subject, or says how ("quickly")."""
    return unit.is_plain or unit.is_mild or unit.said.endswith("ly") or unit.said.isdecimal() or len(unit.said) == 1

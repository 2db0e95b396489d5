"""How likely the first paper answers the question: a logistic model of the features, fitted by cross-fitting.

Coefficients and floor are in `confidence.json`, made by ``make bench-evidence FIT=yes``.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from copilot.ranking import Features

FILE: Final = Path(__file__).parent / "confidence.json"
NAMES: Final = (
    "title_01", "paper_01", "sentence_01", "bm25_01", "gap", "people_01", "weakest_01", "amount_01", "alike_01",
    "within_01", "missing_01", "found_01", "number_01", "finds_01", "unknown_01",
)  # fmt: skip
"""Of `copilot.ranking.Features`, those that add something on our own questions."""
# in per cent, from the highest; each is said beside the number
WORDS: Final = (
    (90, "high: of ten such answers at least nine name the right paper first"),
    (75, "moderate: of ten such answers seven or more name the right paper first"),
    (0, "low: of ten such answers several name a wrong paper first"),
)


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted model.

    Attributes:
        means, scales: Of each feature, which are standardised by them.
        coefficients: Of each standardised feature.
        intercept: Of the model.
        floor_01: Below it there is no answer.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float
    floor_01: float

    def confidence_01(self, features: Features) -> float:
        """Probability that the first paper is right: ``1 / (1 + exp(-z))``."""
        return self.of_values(values_of(features))

    def of_values(self, values: Sequence[float]) -> float:
        """The same, of the features in the order of NAMES."""
        standard = ((value - mean) / scale for value, mean, scale in zip(values, self.means, self.scales, strict=True))
        z = self.intercept + sum(one * part for one, part in zip(self.coefficients, standard, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def values_of(features: Features) -> tuple[float, ...]:
    """The features that the confidence rests on, in the order of NAMES."""
    return tuple(getattr(features, name) for name in NAMES)


def from_json(made: dict[str, Any]) -> Model:
    """The model of `confidence.json`.

    Raises:
        ValueError: It has other features than this program.
    """
    if tuple(made["features"]) != NAMES:
        raise ValueError("confidence.json was fitted with other features; run 'make bench-evidence FIT=yes'")
    means, scales, coefficients = (tuple(map(float, made[name])) for name in ("means", "scales", "coefficients"))
    return Model(means, scales, coefficients, float(made["intercept"]), float(made["floor_01"]))


@cache
def shipped() -> Model:
    """The model that is shipped."""
    return from_json(json.loads(FILE.read_text(encoding="utf-8")))


def in_words(confidence_01: float) -> str:
    """What a confidence means.

    >>> in_words(0.93)
    'high: of ten such answers at least nine name the right paper first'
    """
    percent = round(100 * confidence_01)
    return next(words for least, words in WORDS if percent >= least)

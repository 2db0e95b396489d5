"""How likely the first paper answers the question: of each feature a step function, and their sum as log odds.

The steps and the floor are in `confidence.json`, made by ``make bench-evidence FIT=yes``: gradient boosting with trees
of one fork, added up by feature, so that anybody can read what each feature is worth.

Source: Lou Y, Caruana R, Gehrke J (2012), "Intelligible models for classification and regression", KDD 2012:150-158,
doi:10.1145/2339530.2339556.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from copilot.features import Features

FILE: Final = Path(__file__).parent / "confidence.json"
NAMES: Final = tuple(one.name for one in fields(Features))
"""The features that the confidence rests on."""
# in per cent, from the highest; each is said beside the number
WORDS: Final = (
    (90, "high: of ten such answers at least nine name the right paper first"),
    (75, "moderate: of ten such answers seven or more name the right paper first"),
    (0, "low: of ten such answers several name a wrong paper first"),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """What one feature adds to the log odds.

    Attributes:
        most: The largest value of each step but the last, rising.
        adds: What each step adds; one more than ``most``.
    """

    most: tuple[float, ...]
    adds: tuple[float, ...]

    def of(self, value: float) -> float:
        """What a value adds.

        >>> Steps((0.5,), (-1.0, 2.0)).of(0.5), Steps((0.5,), (-1.0, 2.0)).of(0.6)
        (-1.0, 2.0)
        """
        return self.adds[bisect_left(self.most, value)]


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted model.

    Attributes:
        base: Log odds before any feature.
        steps: Of each feature, in the order of NAMES.
        floor_01: Below it there is no answer.
    """

    base: float
    steps: tuple[Steps, ...]
    floor_01: float

    def confidence_01(self, features: Features) -> float:
        """Probability that the first paper is right: ``1 / (1 + exp(-z))``."""
        return self.of_values(values_of(features))

    def of_values(self, values: Sequence[float]) -> float:
        """The same, of the features in the order of NAMES."""
        z = self.base + sum(steps.of(value) for steps, value in zip(self.steps, values, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def values_of(features: Features) -> tuple[float, ...]:
    """The features in the order of NAMES."""
    return tuple(getattr(features, name) for name in NAMES)


def from_json(made: dict[str, Any]) -> Model:
    """The model of `confidence.json`.

    Raises:
        ValueError: It has other features than this program, or steps that do not rise.
    """
    if tuple(made["steps"]) != NAMES:
        raise ValueError("confidence.json was fitted with other features; run 'make bench-evidence FIT=yes'")
    return Model(float(made["base"]), tuple(map(_steps, made["steps"].values())), float(made["floor_01"]))


def _steps(made: dict[str, list[float]]) -> Steps:
    most, adds = (tuple(map(float, made[name])) for name in ("most", "adds"))
    if len(adds) != len(most) + 1 or any(one >= other for one, other in pairwise(most)):
        raise ValueError("confidence.json has steps that do not rise; run 'make bench-evidence FIT=yes'")
    return Steps(most, adds)


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

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
from typing import Any, Final

from agent.errors import CorpusRefused
from copilot import shipped as shipped_file
from copilot.features import Features

FILE: Final = shipped_file.FOLDER / "confidence.json"
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


def parsed(raw: bytes) -> Model:
    """The model of a file.

    Raises:
        CorpusRefused: It is no such file, has other features than this program, or steps that do not rise.
    """
    try:
        made = json.loads(raw)
        if tuple(made["steps"]) != NAMES:
            raise ValueError("it was fitted with other features")
        steps = tuple(Steps(_numbers(one["most"]), _numbers(one["adds"])) for one in made["steps"].values())
        base, floor_01 = _numbers([made["base"], made["floor_01"]])
        if any(len(one.adds) != len(one.most) + 1 or not _rises(one.most) for one in steps):
            raise ValueError("its steps do not rise")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        remedy = f"{shipped_file.REMEDY} After a change that was meant: 'make bench-evidence FIT=yes'."
        raise CorpusRefused(f"{FILE.name} is not the confidence of this program: {error}", remedy=remedy) from error
    return Model(base, steps, floor_01)


def _numbers(made: list[Any]) -> tuple[float, ...]:
    found = tuple(map(float, made))
    if not all(map(math.isfinite, found)):
        raise ValueError("it holds what is no number")
    return found


def _rises(values: Sequence[float]) -> bool:
    return all(one < other for one, other in pairwise(values))


@cache
def shipped() -> Model:
    """The model that is shipped.

    Raises:
        CorpusRefused: As `parsed`, or it is missing.
    """
    return parsed(shipped_file.raw(FILE, "the confidence"))


def in_words(confidence_01: float) -> str:
    """What a confidence means.

    >>> in_words(0.93)
    'high: of ten such answers at least nine name the right paper first'
    """
    percent = round(100 * confidence_01)
    return next(words for least, words in WORDS if percent >= least)

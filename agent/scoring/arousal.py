"""The acute state: is arousal raised just now, beyond this session's own past, while the body rests?

    z        (mean heart rate of the last minute - median of the minutes before) / their standard deviation
    p        1 / (1 + exp(-(a + b z)))

Minutes before are those of the same session, at least five; their standard deviation is shrunk to 4 bpm, worth five
minutes, so that a calm start makes no large z. Nothing else goes in: no time, no counter, no duration that could
be learnt, since in every laboratory the task comes after the rest (elapsed time alone reaches .83 to .85 balanced
accuracy on the recordings that this was fitted to). Variability from sparse wrist intervals did not help.

The number is worth little, as its card says. It may say "raised arousal, at rest"; it never says stress.

Derived: coefficients and limits are fitted; the card, `tables/arousal.json`, says on which recordings and how well they
do. It is written by `make train-arousal`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.scoring.data import table
from agent.scoring.student_t import Floats

FIRST_MINUTES: Final = 5
_PRIOR_SD_BPM: Final = 4.0
_PRIOR_MINUTES: Final = 5.0
WORDS: Final = "raised arousal, at rest"


@dataclass(frozen=True, slots=True)
class Model:
    """The numbers of the model's card.

    Attributes:
        intercept, slope: Of the logistic, no unit.
        cut_01: The probability from which arousal is called raised.
        margin: Distance of logits from the cut below which no answer is given, when only half is to be answered.
    """

    intercept: float
    slope: float
    cut_01: float
    margin: float

    def p_01(self, z: Floats) -> Floats:
        """Probability ``1 / (1 + exp(-(intercept + slope z)))``.

        Args:
            z: Of `running_z`, no unit, any shape.

        Returns:
            0 to 1, in the shape of `z`.

        Source: see the module.
        """
        return np.asarray(1.0 / (1.0 + np.exp(-(self.intercept + self.slope * z))))


@dataclass(frozen=True, slots=True)
class Arousal:
    """What may be reported of a minute.

    Attributes:
        raised: None where nothing is reported.
        p_01: Probability of a labelled task, under the share of tasks in the laboratory.
        reason: Why nothing is reported.
    """

    raised: bool | None
    p_01: float | None
    reason: str = ""


def running_z(hr_bpm: Floats) -> Floats:
    """Z of each minute: ``(hr - median(past)) / sqrt((5 * 4^2 + n var(past)) / (5 + n))``, n minutes in the past.

    Args:
        hr_bpm: Mean heart rate of each minute, shape ``(n,)``; NaN where too little was read.

    Returns:
        No unit, shape ``(n,)``; NaN for the first five minutes, and where fewer than five before have a heart rate.

    Derived: the standard deviation is shrunk to 4 bpm, worth five minutes, so that a calm start makes no large z.

    >>> running_z(np.array([60.0, 60.0, 60.0, 60.0, 60.0, 64.0])).round(3)
    array([  nan,   nan,   nan,   nan,   nan, 1.414])
    """
    return np.array([latest_z(hr_bpm[: minute + 1]) for minute in range(hr_bpm.size)], dtype=np.float64)


def latest_z(hr_bpm: Floats) -> float:
    """Z of the last minute alone, as `running_z` has it.

    Args:
        hr_bpm: Mean heart rate of each minute, shape ``(n,)``; NaN where too little was read.

    Returns:
        No unit; NaN where fewer than five minutes before have a heart rate.

    Derived: see `running_z`.

    >>> round(latest_z(np.array([60.0, 60.0, 60.0, 60.0, 60.0, 64.0])), 3)
    1.414
    """
    past = hr_bpm[:-1]
    past = past[np.isfinite(past)]
    if past.size < FIRST_MINUTES:
        return math.nan
    variance = (_PRIOR_MINUTES * _PRIOR_SD_BPM**2 + past.size * np.var(past)) / (_PRIOR_MINUTES + past.size)
    return float((hr_bpm[-1] - np.median(past)) / np.sqrt(variance))


def rests_on() -> str:
    """What the answer rests on, in two sentences for the person.

    Returns: From the card.
    Source: see the module.
    """
    card = table("arousal")
    held_out, people = card["each_person_left_out"], card["people"]
    right, answered = held_out["balanced_accuracy"], held_out["balanced_accuracy_where_answered"]
    return (
        f"It rests on the heart rates of {people} people in a laboratory, over {card['minutes']} minutes: it told a "
        f"task from rest in {100 * right:.0f} of 100 minutes, and in {100 * answered:.0f} of those that it answers. "
        "It is no measure of stress, and nothing of it is kept or sent."
    )


def shipped_model() -> Model:
    """The model of the card.

    Returns: As in `tables/arousal.json`.
    Source: see the module.
    """
    card = table("arousal")
    numbers: Mapping[str, float] = card["model"]
    return Model(numbers["intercept"], numbers["slope"], numbers["cut_01"], numbers["margin"])


def arousal(model: Model, z: float, *, at_rest: bool | None, cautious: bool = True) -> Arousal:
    """What may be reported of one minute.

    Nothing without a z, without rest, or with ``|logit(p) - logit(cut)| < margin``; else raised where ``p >= cut``.

    Args:
        model: Of `shipped_model`.
        z: Of `running_z`.
        at_rest: Whether the body rested; None: not known.
        cautious: Report nothing near the cut.

    Returns:
        The answer, or the reason why there is none.

    Source: see the module.
    """
    if not math.isfinite(z):
        return Arousal(None, None, "too few minutes of this session, or no heart rate")
    if not at_rest:
        return Arousal(
            None, None, "the body moves" if at_rest is not None else "it is not known whether the body rests"
        )
    p_01 = float(model.p_01(np.array(z)))
    distance = abs(_logit(p_01) - _logit(model.cut_01))
    if cautious and distance < model.margin:
        return Arousal(None, p_01, "too close to call")
    return Arousal(p_01 >= model.cut_01, p_01)


def _logit(p_01: float) -> float:
    p_01 = min(max(p_01, 1e-9), 1.0 - 1e-9)
    return math.log(p_01 / (1.0 - p_01))

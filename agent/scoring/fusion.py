"""Late fusion: heart, face and check-ins of a week to the probability of the person's own answer, with an interval.

**The probability** is that of an answer at or above the cut of a self-report instrument. It does not name burnout; a
category comes from the person's answers alone (`agent.scoring.instruments`).

**The interval is one of the answer, not of the probability:** the score that the person gives for this week, in the
instrument's points, an answer standing for its step (`agent.scoring.conformal`). It holds nine in ten of the answers of
people whom the fusion has never seen, on average over their weeks; not of each person, and not at each level. No
interval of a probability itself could be checked on people, since nobody ever sees one.

Its width depends on which inputs are known and how well, not on their values (but for a last answer at or above the
cut): it grows whenever one is missing, and never shrinks when one is less certain (`agent.scoring.completion`,
`answer_scale`). It is not cut to the scale; `Target.on_scale` does that.

`agent.scoring.cross_fit` fits a fusion; `agent.scoring.fused` and `answer_scale` have the formulas.

Derived: docs/decisions/118-fusion-speaks-of-the-answer.md.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.scoring.answer_scale import Scale, groups, interval, probability_01
from agent.scoring.calibration import CalibrationError
from agent.scoring.fused import Core, arrays, channels_of, fused
from agent.scoring.logistic import shrink
from agent.scoring.person_weeks import LAST_ANSWER, Inputs, Target, Weeks, side_by_side
from agent.scoring.student_t import Floats

NOT_ENOUGH: Final = "not enough people yet"
REASONS: Final = {
    "few": NOT_ENOUGH,
    "one_label": NOT_ENOUGH,
    "no_channel": NOT_ENOUGH,
    "not_borne_out": "the probabilities were not borne out by people left out",
    "nothing": "nothing was measured in this week",
    "never_seen": "too few people had what was measured in this week",
}


@dataclass(frozen=True, slots=True)
class Abstained:
    """No probability, and why.

    Attributes:
        reason: A row of REASONS.
        why: The numbers behind it.
    """

    reason: str
    why: str = ""

    @property
    def words(self) -> str:
        """The reason, with its numbers.

        Returns: One sentence without its stop.
        Source: definition.
        """
        return f"{REASONS[self.reason]}: {self.why}" if self.why else REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fusion was fitted to, and how well it did on people left out.

    Attributes:
        weeks, people: Counts of rows and people.
        at_cut: Count of rows whose answer is at or above the cut.
        calibration: Calibration error of the probability.
        held_01: Share of answers that the interval held.
        within_auc: Of `agent.scoring.calibration.auc_within_people`, for what the channels add alone. With the last
            answer it would lie below .5 by construction: a week after a high answer is mostly a lower one.
        within_people: Number of people that it rests on.
    """

    weeks: int
    people: int
    at_cut: int
    calibration: CalibrationError
    held_01: float
    within_auc: float
    within_people: int


@dataclass(frozen=True, slots=True)
class Fusion:
    """A fitted fusion.

    Attributes:
        target: What it predicts.
        inputs: Rows of CHANNELS, and the last answer; the order of its arrays.
        core: Fitted to all people.
        scale: Fitted to predictions for people left out.
        evidence: Of people left out.
        watermark: Of the table.
    """

    target: Target
    inputs: tuple[str, ...]
    core: Core
    scale: Scale
    evidence: Evidence
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one week.

    Attributes:
        at_cut_01: Probability that the answer is at or above the cut.
        low, high: Interval of the answer, in points; it holds nine in ten.
        logits: What each measured input adds to the logit of the probability.
        base_logit: What it would be were every measured input at its mean; with `logits` it sums to the logit.
        missing: Inputs that were not there; the interval is wider for them.
        left_out: Channels that were measured and are no input.
    """

    at_cut_01: float
    low: float
    high: float
    logits: Mapping[str, float]
    base_logit: float
    missing: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Of n weeks side by side; NaN where no channel was measured that is an input.

    Attributes:
        at_cut_01: Probabilities, shape ``(n,)``.
        low, high: Intervals of the answer, in units of points, shape ``(n,)``.
    """

    at_cut_01: Floats
    low: Floats
    high: Floats


def predict(fusion: Fusion | Abstained, week: Inputs) -> Prediction | Abstained:
    """Probability and interval of one week, or the reason for none; formulas in the modules named above.

    Any subset of the inputs gives an answer, as long as one channel is there: the last answer alone says nothing of
    the week. Standings that are no numbers count as missing.

    Args:
        fusion: A fusion; one that abstained is passed on.
        week: What is known of the week.

    Returns:
        Its prediction.

    Source: see the module.
    """
    if isinstance(fusion, Abstained):
        return fusion
    measured = {name: one for name, one in week.standings.items() if math.isfinite(one.z) and math.isfinite(one.sd)}
    left_out = tuple(name for name in measured if name not in fusion.inputs)
    if not measured:
        return Abstained("nothing")
    if len(left_out) == len(measured):
        return Abstained("never_seen", ", ".join(left_out))
    weeks = side_by_side([Inputs(measured, week.last_answer)], channels_of(fusion.inputs))
    found = fused(fusion.core, *arrays(fusion.inputs, fusion.target, weeks))
    at_cut_01 = float(probability_01(fusion.scale, found.t, found.v)[0])
    low, high = interval(fusion.scale, found.t, found.v, groups(fusion.inputs, weeks, fusion.target.cut))
    per_t = fusion.scale.slope * float(shrink(fusion.scale.slope**2 * found.v)[0])
    there = [
        name for name in fusion.inputs if name in measured or (name == LAST_ANSWER and week.last_answer is not None)
    ]
    logits = {name: per_t * float(found.parts[0, fusion.inputs.index(name)]) for name in there}
    base = fusion.scale.intercept * per_t / fusion.scale.slope
    missing = tuple(name for name in fusion.inputs if name not in there)
    return Prediction(at_cut_01, float(low[0]), float(high[0]), logits, base, missing, left_out)


def predictions(fusion: Fusion, weeks: Weeks) -> Predictions:
    """The same of many weeks side by side.

    Args:
        fusion: A fusion.
        weeks: n of them.

    Returns:
        Their predictions.

    Source: see the module.
    """
    value, sd = arrays(fusion.inputs, fusion.target, weeks)
    found = fused(fusion.core, value, sd)
    of_channels = [place for place, name in enumerate(fusion.inputs) if name != LAST_ANSWER]
    there = np.isfinite(value[:, of_channels] + sd[:, of_channels]).any(axis=1)
    of_group = groups(fusion.inputs, weeks, fusion.target.cut)
    ends = (probability_01(fusion.scale, found.t, found.v), *interval(fusion.scale, found.t, found.v, of_group))
    return Predictions(*(np.where(there, column, np.nan) for column in ends))

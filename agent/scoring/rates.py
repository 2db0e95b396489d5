"""Rates of person-weeks by group, with simultaneous intervals.

    coverage             scored weeks whose 90 % interval holds the truth
    flag without cause   weeks whose whole interval is on the side of strain, of scored weeks whose truth is not
    flag after a fall    such weeks, of scored weeks within four weeks after a true fall of 20 %
    abstention           weeks without a number, of weeks in which anything was read
    calibration          the named probability "below your normal": mean of |predicted - observed| over tenths
    message              change alarms for 91 worn days, of people who have not fallen

Weeks of one person are correlated, so errors are those of a ratio over people (cluster-robust). The intervals hold all
at once (Bonferroni over the labels of a table). Labels with fewer than LEAST_PEOPLE people are suppressed.

Derived: ratio estimator. For a rate p = sum(h_i) / sum(b_i) over m people i with h_i hits among b_i weeks, the error is
sqrt(m / (m - 1) sum((h_i - p b_i)^2)) / sum(b_i); messages without the factor m / (m - 1).
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.scorers import Scored
from agent.scoring.student_t import Floats

LEAST_PEOPLE: Final = 20
RATES: Final = ("coverage", "flag without cause", "flag after a fall", "abstention")


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of one label.

    Attributes:
        grouping, label: The group.
        rate: A value of RATES, or message.
        people, weeks: Counts that it rests on.
        value: 0 to 1, or messages per 91 worn days; None where it is suppressed.
        low, high: Simultaneous interval.
        effective_weeks: Independent weeks that give the same error, a count.
    """

    grouping: str
    label: str
    rate: str
    people: int
    weeks: int
    value: float | None
    low: float = 0.0
    high: float = 1.0
    effective_weeks: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a named probability lies from what happened.

    Attributes:
        grouping, label: The group.
        weeks: Scored weeks.
        error: Of `calibration_error`, 0 to 1.
    """

    grouping: str
    label: str
    weeks: int
    error: float


def calibration_error(predicted_01: Floats, happened: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error, ``sum_b |sum(predicted in b) - count(happened in b)| / n``, bins b of equal width.

    Args:
        predicted_01: Probabilities, shape ``(n,)``.
        happened: What came true, shape ``(n,)``.
        bins: Number of bins.

    Returns:
        0 to 1; 0 for none.

    Source: definition.

    >>> float(calibration_error(np.array([0.25, 0.25, 0.25, 0.25]), np.array([True, False, False, False])))
    0.0
    """
    place = np.minimum((predicted_01 * bins).astype(int), bins - 1)
    size = np.bincount(place, minlength=bins)
    predicted = np.bincount(place, predicted_01, bins)
    observed = np.bincount(place, happened, bins)
    return float(np.abs(predicted - observed).sum() / max(size.sum(), 1))


def counted(scored: Scored, rate: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which person-weeks a rate counts, and among which; see the table of the module.

    Args:
        scored: Person-weeks.
        rate: A value of RATES.

    Returns:
        Hits and base, both of shape ``(m, weeks)``; hits lie in the base.

    Source: see the module.
    """
    if rate == "coverage":
        return scored.scored & (scored.low <= scored.truth) & (scored.truth <= scored.high), scored.scored
    if rate == "flag without cause":
        base = scored.scored & (scored.truth >= 0.0)
        return scored.flagged & base, base
    if rate == "flag after a fall":
        base = scored.scored & scored.fell
        return scored.flagged & base, base
    return scored.worn & ~scored.scored, scored.worn


def share_rate(scored: Scored, rate: str, grouping: str, label: str, inside: NDArray[np.bool_], labels: int) -> Rate:
    """One rate of a label, p = hits / base, with the interval ``p -+ z SE``.

    z is the normal quantile at ``1 - 0.025 / labels``. Where all people agree (an error of 0), the error is
    ``sqrt(max(p (1 - p), 1 / (weeks + 2)) / weeks)``. The effective number of weeks is ``max(p (1 - p), .001) / SE^2``.

    Args:
        scored: Person-weeks of m people.
        rate: A value of RATES.
        grouping: Name of the grouping.
        label: The label.
        inside: Who has the label, shape ``(m,)``.
        labels: Number of labels of the grouping.

    Returns:
        0 to 1; suppressed for fewer than 20 people, and without a week in the base.

    Source: see the module.
    """
    people = int(inside.sum())
    hits, base = (part[inside].sum(axis=1).astype(float) for part in counted(scored, rate))
    weeks = int(base.sum())
    if people < LEAST_PEOPLE or not weeks:
        return Rate(grouping, label, rate, people, weeks, None)
    value = float(hits.sum() / base.sum())
    error = float(np.sqrt(people / (people - 1) * np.sum((hits - value * base) ** 2)) / base.sum())
    # a rate of 0 or 1 has no spread to see: one more week of each kind keeps its error honest
    floor = float(np.sqrt(max(value * (1.0 - value), 1.0 / (weeks + 2)) / weeks)) if error == 0.0 else 0.0
    error = max(error, floor)
    half = _simultaneous(labels) * error
    effective = max(value * (1.0 - value), 1e-3) / error**2
    return Rate(grouping, label, rate, people, weeks, value, max(0.0, value - half), min(1.0, value + half), effective)


def message_rate(scored: Scored, grouping: str, label: str, inside: NDArray[np.bool_], labels: int) -> Rate:
    """Change alarms for 91 worn days among people of a label: ``sum(messages) / sum(quarters)``, with ``-+ z SE``.

    Args:
        scored: Person-weeks of m people.
        grouping: Name of the grouping.
        label: The label.
        inside: Who has the label, shape ``(m,)``.
        labels: Number of labels of the grouping.

    Returns:
        Alarms per quarter; suppressed for fewer than 20 people, and without a worn day.

    Source: see the module; the squared sum is at least 1, so that no alarm at all has an error too.
    """
    people = int(inside.sum())
    raised, quarters = scored.messages[inside], scored.watched[inside]
    if people < LEAST_PEOPLE or not quarters.sum():
        return Rate(grouping, label, "message", people, 0, None)
    value = float(raised.sum() / quarters.sum())
    error = float(np.sqrt(max(np.sum((raised - value * quarters) ** 2), 1.0)) / quarters.sum())
    half = _simultaneous(labels) * error
    return Rate(
        grouping, label, "message", people, int(quarters.sum() * 13), value, max(0.0, value - half), value + half
    )


def _simultaneous(labels: int) -> float:
    """Half the width of a 95 % interval that holds for all labels at once, in standard errors (Bonferroni)."""
    return NormalDist().inv_cdf(1.0 - 0.025 / labels)

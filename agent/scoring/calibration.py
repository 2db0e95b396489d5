"""How far predicted probabilities lie from what happened, with an interval; and how well own weeks are separated.

Calibration error is that of `agent.scoring.rates`. It is never 0, even of a perfect model, and it is larger in few
rows; so the value that a perfect model would have on the same predictions stands beside it. The interval is a basic
bootstrap over people (``2 e - quantile``), because the resampled error exceeds the error as that exceeds the truth.

Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 and problem 13.5, for the interval.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.student_t import Floats

BINS: Final = 10
_ROUNDS: Final = 400


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Mean of |predicted - observed| over tenths.

    Attributes:
        error: 0 to 1.
        low, high: Its 95 % interval over people.
        perfect: Expected error of a perfect model with the same predictions.
    """

    error: float
    low: float
    high: float
    perfect: float


def calibration_interval(
    predicted_01: Floats, label: NDArray[np.bool_], person: NDArray[np.str_], rounds: int = _ROUNDS
) -> CalibrationError:
    """Calibration error in ten bins of equal width, ``sum_b |sum(p - y in b)| / n``, with its interval.

    A perfect model has ``E|N(0, sum(p (1 - p)))| = sqrt(2 / pi sum(p (1 - p)))`` in each bin.

    Args:
        predicted_01: p, shape ``(n,)``.
        label: y, shape ``(n,)``.
        person: Who, shape ``(n,)``.
        rounds: Of the bootstrap; its seed is fixed, so that the same rows give the same interval.

    Returns:
        0 to 1 each.

    Source: see the module; the perfect model's is the mean of a folded normal variable, for independent rows.
    """
    place = np.minimum((predicted_01 * BINS).astype(int), BINS - 1)
    who = np.unique(person, return_inverse=True)[1]
    people = int(who.max()) + 1
    missed = np.zeros((people, BINS))
    np.add.at(missed, (who, place), predicted_01 - label)
    rows = np.bincount(who, minlength=people).astype(float)
    error = float(np.abs(missed.sum(axis=0)).sum() / rows.sum())
    times = np.random.default_rng(0).multinomial(people, np.full(people, 1.0 / people), rounds).astype(float)
    drawn = np.abs(times @ missed).sum(axis=1) / (times @ rows)
    high, low = (2.0 * error - np.quantile(drawn, (0.025, 0.975))).tolist()
    noise = np.bincount(place, predicted_01 * (1.0 - predicted_01), BINS)
    perfect = float(np.sqrt(2.0 / np.pi * noise).sum() / rows.sum())
    return CalibrationError(error, max(low, 0.0), max(high, 0.0), perfect)


def auc_within_people(predicted_01: Floats, label: NDArray[np.bool_], person: NDArray[np.str_]) -> tuple[float, int]:
    """Mean over people of ``P(p of a week with label 1 > p of a week with label 0)``, ties counting one half.

    It is never pooled: predictions of models that each left a person out, put together, measure the models' intercepts
    and who answers high, and not the weeks.

    Args:
        predicted_01: Shape ``(n,)``; those of one person by one model.
        label: Shape ``(n,)``.
        person: Shape ``(n,)``.

    Returns:
        0 to 1, and the number of people that have both labels; .5 where nobody has.

    Source: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.

    >>> auc_within_people(np.array([0.2, 0.7, 0.9]), np.array([False, True, True]), np.array(["a", "a", "b"]))
    (1.0, 1)
    """
    order = np.argsort(person, kind="stable")
    edges = np.flatnonzero(np.diff(np.unique(person[order], return_inverse=True)[1])) + 1
    of_people = []
    for rows in np.split(order, edges):
        one, none = predicted_01[rows[label[rows]]], predicted_01[rows[~label[rows]]]
        if one.size and none.size:
            apart = one[:, None] - none
            of_people.append(float(np.mean((apart > 0.0) + 0.5 * (apart == 0.0))))
    return (float(np.mean(of_people)) if of_people else 0.5), len(of_people)

"""The inputs of a week as one number t, in logits, with its variance v.

    t, v      w m, trace((w w' + C) V)

m and V are those of `agent.scoring.completion`; w and C come from a logistic of the label on m. v has the doubt of w in
it (C), so that each input counts, also one whose coefficient happens to be 0.

Source: coefficients fitted to expected inputs, Carroll et al. (2006), Measurement Error in Nonlinear Models, chapter 4;
the second moment of a product with a coefficient that is not known, ``E (w x)^2 - (w m)^2``, without the part that
depends on m.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.completion import Spread, completed, spread
from agent.scoring.logistic import logistic, shrink
from agent.scoring.person_weeks import LAST_ANSWER, Target, Weeks
from agent.scoring.student_t import Floats

_RIDGE: Final = 1.0  # a coefficient is a logit for one standard deviation; beforehand most lie within 1
_ROUNDS: Final = 4  # v moves the coefficients by some hundredths, and they stand still after three


@dataclass(frozen=True, slots=True)
class Core:
    """From inputs to t and v.

    Attributes:
        known: Spread of the inputs.
        weight: w, logits for a standard deviation, no unit, shape ``(k,)``.
        doubt: C, covariance of w, no unit, shape ``(k, k)``.
    """

    known: Spread
    weight: Floats
    doubt: Floats


@dataclass(frozen=True, slots=True)
class Fused:
    """The fused number of n weeks, in logits.

    Attributes:
        t: Expected, no unit, shape ``(n,)``; 0 where nothing deviates.
        v: Its variance, no unit, shape ``(n,)``.
        parts: What each measured input adds to t, no unit, shape ``(n, k)``; they sum to it.
    """

    t: Floats
    v: Floats
    parts: Floats


def channels_of(inputs: Iterable[str]) -> tuple[str, ...]:
    """Inputs that are channels.

    Args:
        inputs: Of a fusion.

    Returns: Rows of CHANNELS.
    Source: definition.
    """
    return tuple(name for name in inputs if name != LAST_ANSWER)


def arrays(inputs: Sequence[str], target: Target, weeks: Weeks) -> tuple[Floats, Floats]:
    """Weeks in the order of the inputs. An answer stands for its step evenly: ``sd = step / sqrt(12)``.

    Args:
        inputs: k names.
        target: Of the last answer.
        weeks: n of them.

    Returns:
        Values and standard deviations, in the units of the inputs, shape ``(n, k)`` each; NaN where missing.

    Source: standard deviation of a uniform variable.
    """
    n = weeks.last_answer.size
    value, sd = np.full((n, len(inputs)), np.nan), np.full((n, len(inputs)), np.nan)
    for place, name in enumerate(inputs):
        if name == LAST_ANSWER:
            value[:, place], sd[:, place] = weeks.last_answer, target.step / math.sqrt(12.0)
        elif name in weeks.channels:
            column = weeks.channels.index(name)
            value[:, place], sd[:, place] = weeks.z[:, column], weeks.sd[:, column]
    return value, sd


def core(value: Floats, sd: Floats, label: NDArray[np.bool_]) -> Core:
    """Spread of the inputs, and the logistic of the label on ``(1, m) / sqrt(1 + pi v / 8)``.

    v depends on w; it is begun with 0 and set four times.

    Args:
        value: Inputs, in their units, shape ``(n, k)``; NaN where missing.
        sd: Their standard deviations, in the same units, shape ``(n, k)``.
        label: Shape ``(n,)``.

    Returns:
        The core.

    Source: see the module.
    """
    known = spread(value, sd)
    posterior = completed(known, value, sd)
    design = np.column_stack((np.ones(label.size), posterior.mean))
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 0.0
    v = np.zeros(label.size)
    for _ in range(_ROUNDS):
        fitted = logistic(design * shrink(v)[:, None], label, ridge)
        weight, doubt = fitted.coefficients[1:], fitted.covariance[1:, 1:]
        v = _variance(weight, doubt, posterior.covariance)
    return Core(known, weight, doubt)


def fused(of: Core, value: Floats, sd: Floats) -> Fused:
    """t, v and what each input adds to t; formulas in the module.

    Args:
        of: The core.
        value: Inputs, in their units, shape ``(n, k)``; NaN where missing.
        sd: Their standard deviations, in the same units, shape ``(n, k)``.

    Returns:
        Of n weeks.

    Source: see the module.
    """
    posterior = completed(of.known, value, sd)
    parts = np.einsum("nij,i->nj", posterior.covariance, of.weight) * posterior.measured
    return Fused(parts.sum(axis=1), _variance(of.weight, of.doubt, posterior.covariance), parts)


def _variance(weight: Floats, doubt: Floats, covariance: Floats) -> Floats:
    return np.asarray(np.einsum("ij,nij->n", np.outer(weight, weight) + doubt, covariance))

"""How far a week (or a day) lies from the person's own last 60 days, and how sure that is.

The estimand is named and never varies: the mean of the person's true level over the last days of a stretch, minus its
mean over the days before (60, or as many as there are). The level is what would be read if every moment of a day
were measured, in the person's usual context (time of day, shift).

    reading = level + context + noise of one window          level = the person's mean + a slow part
                                                             slow part: AR(1) by day, correlation phi

Three numbers of a person are not known: the scale (standard deviation of a single reading), phi, and the share of a
reading's variance that is noise of the window. A grid stands for the last two. The scale is integrated out under an
inverse chi-squared prior (shrunk personal scale), the mean under a flat one, effects of context under a wide normal
one. So the answer is a mixture of Student distributions, and what the data do not determine makes it wider.

The slow part's inverse covariance is tridiagonal, hence each stretch costs one sweep over its days, all stretches and
all rows of the grid side by side.

Source: Rue and Held (2005), Gaussian Markov Random Fields, section 2.4, for the sweep. Derived: the posterior is that
    of
a linear model with conjugate priors; grid and priors as the constants say
(docs/decisions/013-deviation-is-a-posterior.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.scoring.student_t import Floats, factor_of_standard_deviation

BEFORE_DAYS: Final = 60
# correlation times of 4, 11 and 32 days. Measured on people: lag-1 correlations of daily means of .17 to .24, which
# under a window share of .7 mean phi .6 to .9. Believing more persistence than there is costs a little width, less of
# it costs coverage, most of all in a week after a real fall (bench-scoring, PART=coverage)
PHI: Final = np.exp(-1.0 / np.array([4.0, 11.0, 32.0]))
# measured: 50 to 70 % of a person's variance is there within an hour; noisy sensors have more
WINDOW_SHARE: Final = np.array([0.35, 0.6, 0.8, 0.93])
_CONTEXT_SD: Final = 0.5  # effects of context beforehand, in scales of a single reading: wide


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a channel's scale before its first reading.

    Attributes:
        scale: Standard deviation of a single reading within a person, in the channel's unit.
        weight: How many readings that is worth. 0: nothing is known, and the answer follows any change of unit.
    """

    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class Priors:
    """A prior for each stretch, where they are of several channels.

    Attributes:
        scale: In the channel's unit, shape ``(m, 1)``.
        weight: Count of readings, shape ``(m, 1)``.
    """

    scale: Floats
    weight: Floats

    @classmethod
    def of(cls, priors: Sequence[Prior]) -> "Priors":
        """Side by side.

        Args:
            priors: One a stretch.

        Returns: The same as columns, shape ``(m, 1)``.
        Source: definition.
        """
        scale, weight = ([getattr(prior, name) for prior in priors] for name in ("scale", "weight"))
        return cls(np.array(scale)[:, None], np.array(weight)[:, None])


@dataclass(frozen=True, slots=True)
class Stretches:
    """Days of one channel, oldest first, many stretches side by side.

    Attributes:
        mean: Mean reading of each day, in the channel's unit, shape ``(m, days)``; anything where there is none.
        n: Count of readings of each day, shape ``(m, days)``.
        within: Sum of squared deviations of readings from their day's mean, in the squared unit, shape ``(m,)``.
        context: Mean context of each day's readings, 0 to 1, shape ``(m, days, k)``.
        weights: Weights of the level that is asked for, no unit, shape ``(m, days)``, each row summing to 0: week minus
            before. A day that is not there yet has weight 0 and no reading.
    """

    mean: Floats
    n: Floats
    within: Floats
    context: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class Deviation:
    """The answer for each stretch, in the channel's unit.

    Attributes:
        value: Expected deviation, in the channel's unit, shape ``(m,)``.
        sd: Its standard deviation, in the channel's unit, shape ``(m,)``.
        low, high: The interval that holds the truth nine times in ten, in the channel's unit, shape ``(m,)``.
        usual_sd: Standard deviation of such a deviation when nothing has changed, in the channel's unit, shape
            ``(m,)``.
        scale: Standard deviation of a single reading of this person, in the channel's unit, shape ``(m,)``.
        usual: The person's mean level, in the channel's unit, shape ``(m,)``.
        effect: Of each context, in the channel's unit, shape ``(m, k)``.
    """

    value: Floats
    sd: Floats
    low: Floats
    high: Floats
    usual_sd: Floats
    scale: Floats
    usual: Floats
    effect: Floats


def week_minus_before(before_days: int, week_days: int = 7, most_before: int = BEFORE_DAYS) -> Floats:
    """Weights of a week minus the days before it: ``1 / week_days`` and ``-1 / before_days``; 0 for other days.

    Args:
        before_days: Days before the week that count.
        week_days: Days of the week.
        most_before: Days before the week that the row has room for.

    Returns:
        No unit, shape ``(most_before + week_days,)``.

    Source: definition.

    >>> week_minus_before(2, 2, most_before=3)
    array([ 0. , -0.5, -0.5,  0.5,  0.5])
    """
    none = np.zeros(most_before - before_days)
    before = np.full(before_days, -1.0 / max(before_days, 1))
    return np.concatenate((none, before, np.full(week_days, 1.0 / week_days)))


def deviation(
    stretches: Stretches, prior: Prior | Priors, phi: Floats = PHI, window_share: Floats = WINDOW_SHARE
) -> Deviation:
    """Posterior of the named deviation ``c' level``, c the weights of the week minus before.

    For each grid row: generalized least squares gives the mean and the effects of context (beta) and the expected
    contrast; the scale's posterior has ``prior.weight + readings - 1`` degrees of freedom. Rows are weighed by their
    marginal likelihood. The mixture's mean and standard deviation give ``value`` and ``sd``, and ``low, high = value -+
    sd * factor_of_standard_deviation(freedom)``.

    A stretch needs two readings at least; `agent.scoring.baseline` asks for many more before a number is shown.

    Args:
        stretches: Of one channel, or of several with a prior each.
        prior: The scale before the first reading.
        phi: Day-to-day correlations of the grid, no unit, shape ``(p,)``.
        window_share: Shares of a reading's variance that are noise of the window, 0 to 1, shape ``(q,)``.

    Returns:
        In the channel's unit, shape ``(m,)`` each.

    Source: see the module.
    """
    phis, shares = (axis.ravel()[None, :] for axis in np.meshgrid(phi, window_share, indexing="ij"))
    solved = _solved(stretches, phis, shares)
    m, k = stretches.mean.shape[0], stretches.context.shape[2]
    # the regression on the mean and the contexts
    inverse_prior = np.zeros((1 + k, 1 + k))
    inverse_prior[np.arange(1, 1 + k), np.arange(1, 1 + k)] = _CONTEXT_SD**-2
    readings = stretches.n.sum(axis=1)[:, None]
    gram = solved.gram + inverse_prior
    gram[..., 0, 0] += readings == 0  # nothing was read: any mean will do
    beta = np.linalg.solve(gram, solved.cross[..., None])[..., 0]
    residual = solved.square - np.sum(beta * solved.cross, axis=-1) + stretches.within[:, None] / shares
    freedom = np.maximum(prior.weight + readings - 1.0, 1.0)
    variance = (prior.weight * prior.scale**2 + np.maximum(residual, 0.0)) / freedom
    observed_days = np.sum(stretches.n > 0, axis=1)[:, None]
    log_likelihood = (
        -0.5 * solved.log_determinant
        - 0.5 * np.linalg.slogdet(gram)[1]
        - 0.5 * (readings - observed_days) * np.log(shares)
        - 0.5 * freedom * np.log(np.maximum(variance, 1e-300))
    )
    weight = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)

    value = solved.contrast - np.sum(solved.reach * beta, axis=-1)
    spread = solved.spread + np.sum(solved.reach * np.linalg.solve(gram, solved.reach[..., None])[..., 0], axis=-1)
    expected_variance = variance * freedom / np.maximum(freedom - 2.0, 0.5)
    mean = np.sum(weight * value, axis=1)
    sd = np.sqrt(np.sum(weight * (expected_variance * spread + (value - mean[:, None]) ** 2), axis=1))
    half = sd * factor_of_standard_deviation(freedom[:, 0])
    usual_sd = np.sqrt(np.sum(weight * variance * _usual_spread(stretches.weights, phis, shares), axis=1))
    coefficients = np.sum(weight[..., None] * beta, axis=1)
    return Deviation(
        mean, sd, mean - half, mean + half, usual_sd, np.sqrt(np.sum(weight * variance, axis=1)),
        coefficients[:, 0], coefficients[:, 1:].reshape(m, k),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Solved:
    """What one sweep over the days gives, for each stretch and row of the grid, in scales of a single reading."""

    gram: Floats  # (m, g, 1 + k, 1 + k)
    cross: Floats  # (m, g, 1 + k)
    square: Floats  # (m, g)
    contrast: Floats  # expected contrast of the slow part, were the mean 0
    reach: Floats  # how far it moves with the mean and the contexts, (m, g, 1 + k)
    spread: Floats  # its variance, were they known
    log_determinant: Floats


def _solved(stretches: Stretches, phi: Floats, share: Floats) -> _Solved:
    m, days = stretches.mean.shape
    g = phi.shape[1]
    k = stretches.context.shape[2]
    is_read = stretches.n > 0
    sides = np.empty((m, days, 2 + k))  # what was read, the mean, the contexts; 0 where nothing was read
    sides[:, :, 0] = np.where(is_read, stretches.mean, 0.0)
    sides[:, :, 1] = is_read
    sides[:, :, 2:] = np.where(is_read[..., None], stretches.context, 0.0)
    slow = (1.0 - share) * (1.0 - phi**2)  # variance of a day's step
    off = -phi / slow
    inside = (1.0 + phi**2) / slow
    weigh = stretches.n.T[:, :, None] / share  # (days, m, g): inverse variance of a day's noise
    right = np.empty((days, m, g, 3 + k))
    right[..., :-1] = weigh[..., None] * sides.transpose(1, 0, 2)[:, :, None, :]
    right[..., -1] = stretches.weights.T[:, :, None]
    pivots = inside + weigh
    pivots[0] -= phi**2 / slow  # a first or last day has one neighbour
    pivots[-1] -= phi**2 / slow
    for day in range(1, days):
        lever = off / pivots[day - 1]
        pivots[day] -= off * lever
        right[day] -= lever[..., None] * right[day - 1]
    # forward-eliminated sides give every product: a' A^-1 b = sum of a~ b~ / pivot
    scaled = np.ascontiguousarray((right / np.sqrt(pivots)[..., None]).transpose(1, 2, 0, 3))
    products = np.matmul(scaled.swapaxes(2, 3), scaled)
    counted = sides * np.sqrt(stretches.n)[..., None]
    plain = np.matmul(counted.swapaxes(1, 2), counted)[:, None] / share[..., None, None]
    inner = plain - products[:, :, :-1, :-1]
    log_determinant = (
        np.sum(np.log(pivots), axis=0)
        + days * np.log(slow) - np.log1p(-(phi**2))
        - np.sum(np.where(is_read.T[..., None], np.log(np.where(is_read.T[..., None], weigh, 1.0)), 0.0), axis=0)
    )  # fmt: skip
    return _Solved(
        inner[:, :, 1:, 1:], inner[:, :, 1:, 0], inner[:, :, 0, 0],
        products[:, :, -1, 0], products[:, :, -1, 1:-1], products[:, :, -1, -1], log_determinant,
    )  # fmt: skip


def _usual_spread(weights: Floats, phi: Floats, share: Floats) -> Floats:
    """Variance of the contrast of a slow part that goes on as it always did, shape ``(m, g)``."""
    lag = np.abs(np.subtract.outer(np.arange(weights.shape[1]), np.arange(weights.shape[1])))
    spread = {p: np.sum((weights @ p**lag) * weights, axis=1) for p in set(phi[0].tolist())}
    return np.stack([(1.0 - s) * spread[p] for p, s in zip(phi[0].tolist(), share[0], strict=True)], axis=1)

"""What a week's measured inputs say of all inputs: expected value and covariance, however many are missing.

Inputs are standardised to the spread of their true values among people. Of each one that was measured, mean y and
standard deviation s are a posterior (`agent.scoring.level`), so what the measurement alone adds to the spread's
precision 1 is ``r = 1 / s^2 - 1``. One that is missing adds 0. With R the correlations of the true values:

    V = (R^-1 + diag(r))^-1            covariance of the true values
    m = V (y / s^2)                    expected true values; 0 is the mean of all people

Taking a measurement away, or making it less certain, lowers r, hence raises V in the order of positive definite
matrices, and with it ``trace(Q V)`` of every positive definite Q. An interval whose width is made of that trace
cannot become narrower by losing a channel, whatever the numbers are.

Source: Rue and Held (2005), Gaussian Markov Random Fields, section 2.3, for the posterior. Derived: limits as the
constants say.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.scoring.student_t import Floats

LEAST_S: Final = 0.02  # nothing is known better than a fiftieth of its spread
MOST_S: Final = 0.99  # and a measurement adds something, however little
MOST_Y: Final = 2.5  # standard deviations; beyond, a straight line overstates the rarest answers and torn weeks
_LEAST_RELIABILITY: Final = 0.25  # correlations are corrected for noise no further than that
_MOST_CORRELATION: Final = 0.9
_PRIOR_ROWS: Final = 100.0  # what "not correlated" counts for
_LEAST_EIGENVALUE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """How the true inputs lie among people.

    Attributes:
        centre: Means, in the units of the inputs, shape ``(k,)``.
        scale: Standard deviations of the true values, in the same units, shape ``(k,)``.
        correlation: Of the true values, no unit, shape ``(k, k)``.
    """

    centre: Floats
    scale: Floats
    correlation: Floats


@dataclass(frozen=True, slots=True)
class Completed:
    """Posterior of all inputs of n weeks, standardised.

    Attributes:
        mean: m, no unit, shape ``(n, k)``.
        covariance: V, no unit, shape ``(n, k, k)``.
        measured: ``y / s^2``, no unit, shape ``(n, k)``; 0 where missing, so that m is linear in it.
    """

    mean: Floats
    covariance: Floats
    measured: Floats


def spread(value: Floats, sd: Floats) -> Spread:
    """Moments of the true inputs from measured ones.

    ``scale^2 = var(value) + mean(sd^2)`` (total variance). A covariance of measured values is that of the true ones
    times both reliabilities ``var(value) / scale^2``, and is divided by them; it counts by ``n / (n + 100)`` with n
    the rows that have both. Eigenvalues below .05 are raised.

    Args:
        value: In the units of the inputs, shape ``(n, k)``; NaN where missing. A column without two values
            has scale 1.
        sd: Their standard deviations, in the same units, shape ``(n, k)``.

    Returns:
        The spread.

    Source: see the module; Carroll et al. (2006), Measurement Error in Nonlinear Models, 4.4, for the reliabilities.
    """
    there = np.isfinite(value) & np.isfinite(sd)
    count = there.sum(axis=0)
    rows = np.maximum(count, 1)
    centre = np.where(there, value, 0.0).sum(axis=0) / rows
    centred = np.where(there, value - centre, 0.0)
    variance = np.where(count > 1, np.maximum((centred**2).sum(axis=0) / rows, 1e-12), 1.0)
    scale = np.sqrt(variance + (np.where(there, sd, 0.0) ** 2).sum(axis=0) / rows)
    reliability = np.maximum(variance / scale**2, _LEAST_RELIABILITY)
    both = there.T.astype(float) @ there
    covariance = centred.T @ centred / np.maximum(both, 1.0)
    correlation = covariance / np.outer(scale * reliability, scale * reliability)
    correlation = np.clip(correlation, -_MOST_CORRELATION, _MOST_CORRELATION) * both / (both + _PRIOR_ROWS)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    size = np.sqrt(np.diag(correlation))
    return Spread(centre, scale, correlation / np.outer(size, size))


def completed(known: Spread, value: Floats, sd: Floats) -> Completed:
    """Posterior of all inputs; formulas in the module.

    Args:
        known: The spread.
        value: In the units of the inputs, shape ``(n, k)``; NaN where missing.
        sd: Their standard deviations, in the same units, shape ``(n, k)``; NaN counts as missing.

    Returns:
        Standardised.

    Source: see the module.
    """
    there = np.isfinite(value) & np.isfinite(sd)
    y = np.clip(np.where(there, value - known.centre, 0.0), -MOST_Y * known.scale, MOST_Y * known.scale) / known.scale
    s2 = (np.clip(np.where(there, sd, 1.0), LEAST_S * known.scale, MOST_S * known.scale) / known.scale) ** 2
    added = np.where(there, 1.0 / s2 - 1.0, 0.0)
    precision = np.broadcast_to(np.linalg.inv(known.correlation), (*added.shape, added.shape[1])).copy()
    place = np.arange(added.shape[1])
    precision[:, place, place] += added
    covariance = np.linalg.inv(precision)
    covariance = 0.5 * (covariance + covariance.swapaxes(1, 2))
    measured = y / s2
    return Completed(np.einsum("nij,nj->ni", covariance, measured), covariance, measured)

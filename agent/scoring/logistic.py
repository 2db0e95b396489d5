"""Logistic regression with a ridge, by Newton's method.

    P(label = 1) = 1 / (1 + exp(-x b))          minimised: -log likelihood + 1/2 sum(ridge b^2)

Source: Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, 4.4.1 and 4.4.4; the penalty is
quadratic, so that the minimum is unique and is there even where the classes can be separated without error.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.student_t import Floats

_STEPS: Final = 100
_CONVERGED: Final = 1e-10  # largest change of a coefficient


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted regression.

    Attributes:
        coefficients: b, no unit, shape ``(k,)``.
        covariance: Inverse of the Hessian at the minimum, no unit, shape ``(k, k)``.
    """

    coefficients: Floats
    covariance: Floats


def sigmoid(logit: Floats) -> Floats:
    """``1 / (1 + exp(-logit))``, without overflow.

    Args:
        logit: No unit, any shape.

    Returns:
        0 to 1, in the shape of `logit`.

    Source: definition.

    >>> sigmoid(np.array([0.0, -800.0, 800.0]))
    array([0.5, 0. , 1. ])
    """
    small = np.exp(-np.abs(logit))
    return np.asarray(np.where(logit >= 0.0, 1.0, small) / (1.0 + small))


def shrink(v: Floats) -> Floats:
    """What doubt does to a logit: ``E sigmoid(N(mean, v)) = sigmoid(mean / sqrt(1 + pi v / 8))``, nearly; that factor.

    Args:
        v: Variance of a logit, no unit, any shape.

    Returns:
        0 to 1, in the shape of `v`.

    Source: MacKay (1992), doi:10.1162/neco.1992.4.5.720, equation 10.
    """
    return np.asarray(1.0 / np.sqrt(1.0 + np.pi / 8.0 * v))


def logistic(design: Floats, label: NDArray[np.bool_], ridge: Floats) -> Logistic:
    """Minimum of the penalised likelihood of the module; a step that does not lower it is halved.

    Args:
        design: x, no unit, shape ``(n, k)``; a column of ones is the intercept.
        label: Shape ``(n,)``.
        ridge: Penalty of each coefficient, no unit, shape ``(k,)``; 0 leaves one free.

    Returns:
        Coefficients and their covariance.

    Source: see the module.
    """
    y = label.astype(float)
    b = np.zeros(design.shape[1])
    loss = _loss(design, y, ridge, b)
    for _ in range(_STEPS):
        p = sigmoid(design @ b)
        slope = design.T @ (p - y) + ridge * b
        step = np.linalg.solve(_hessian(design, p, ridge), slope)
        share = 1.0
        while share > 1e-8 and _loss(design, y, ridge, b - share * step) > loss:
            share *= 0.5
        b = b - share * step
        loss = _loss(design, y, ridge, b)
        if float(np.abs(share * step).max()) < _CONVERGED:
            break
    return Logistic(b, np.asarray(np.linalg.inv(_hessian(design, sigmoid(design @ b), ridge)), dtype=float))


def _loss(design: Floats, y: Floats, ridge: Floats, b: Floats) -> float:
    logit = design @ b
    return float(np.sum(np.logaddexp(0.0, logit) - y * logit) + 0.5 * np.sum(ridge * b**2))


def _hessian(design: Floats, p: Floats, ridge: Floats) -> Floats:
    hessian = (design * (p * (1.0 - p))[:, None]).T @ design + np.diag(ridge)
    return np.asarray(hessian + 1e-12 * np.trace(hessian) * np.eye(ridge.size))

"""Logistic regression against scipy's minimiser, and where the classes can be separated without error."""

import numpy as np
import pytest
import scipy.optimize

from agent.scoring.logistic import logistic, shrink, sigmoid


def problem(seed, n=400, k=5, effect=1.0):
    rng = np.random.default_rng(seed)
    design = np.column_stack((np.ones(n), rng.standard_normal((n, k - 1)) * rng.uniform(0.2, 3.0, k - 1)))
    true = effect * rng.standard_normal(k)
    return design, rng.random(n) < sigmoid(design @ true)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("penalty", [0.0, 1.0, 30.0])
def test_coefficients_are_those_of_another_minimiser(seed, penalty):
    design, label = problem(seed)
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0

    def loss(b):
        logit = design @ b
        value = np.sum(np.log1p(np.exp(-np.abs(logit))) + np.maximum(logit, 0) - label * logit)
        return value + 0.5 * np.sum(ridge * b**2), design.T @ (1 / (1 + np.exp(-logit)) - label) + ridge * b

    other = scipy.optimize.minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9})

    found = logistic(design, label, ridge)

    np.testing.assert_allclose(found.coefficients, other.x, atol=1e-5)
    assert loss(found.coefficients)[0] <= other.fun + 1e-9


@pytest.mark.slow
def test_covariance_is_that_of_coefficients_drawn_again():
    rng = np.random.default_rng(7)
    design = np.column_stack((np.ones(500), rng.standard_normal((500, 2))))
    true = np.array([-1.0, 0.8, 0.0])
    drawn = [logistic(design, rng.random(500) < sigmoid(design @ true), np.zeros(3)) for _ in range(300)]

    seen = np.cov(np.array([one.coefficients for one in drawn]).T)

    np.testing.assert_allclose(np.diag(drawn[0].covariance), np.diag(seen), rtol=0.3)


def test_classes_that_can_be_separated_without_error_have_finite_coefficients():
    design = np.column_stack((np.ones(100), np.linspace(-5, 5, 100)))

    found = logistic(design, design[:, 1] > 0.0, np.array([0.0, 1.0]))

    assert np.isfinite(found.coefficients).all()
    assert 1.0 < found.coefficients[1] < 20.0


@pytest.mark.parametrize("mean", [-2.0, -0.5, 0.0, 1.5])
@pytest.mark.parametrize("variance", [0.1, 1.0, 3.0])
def test_the_mean_of_a_doubtful_sigmoid_is_that_of_drawn_logits(mean, variance):
    drawn = sigmoid(np.random.default_rng(1).normal(mean, np.sqrt(variance), 200_000)).mean()

    assert float(sigmoid(mean * shrink(np.array(variance)))) == pytest.approx(drawn, abs=0.02)

"""Posterior of all inputs: dense conditioning as a second computation, and widths that only grow."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.scoring.completion import Spread, completed, spread


def correlation(rng, k):
    factor = rng.standard_normal((k, k + 2))
    matrix = factor @ factor.T
    return matrix / np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))


def known(rng, k):
    return Spread(rng.standard_normal(k), rng.uniform(0.3, 4.0, k), correlation(rng, k))


def test_the_posterior_is_that_of_measurements_with_noise():
    rng = np.random.default_rng(1)
    of = known(rng, 5)
    sd = of.scale * rng.uniform(0.2, 0.9, (20, 5))
    value = of.centre + of.scale * rng.uniform(-1, 1, (20, 5))
    value[rng.random(value.shape) < 0.4] = np.nan

    found = completed(of, value, sd)

    for row in range(20):
        there = np.flatnonzero(np.isfinite(value[row]))
        # a posterior (y, s) under variance 1 is a measurement of variance s^2 / (1 - s^2) at y / (1 - s^2)
        s2 = (sd[row, there] / of.scale[there]) ** 2
        y = (value[row, there] - of.centre[there]) / of.scale[there] / (1.0 - s2)
        gain = of.correlation[:, there] @ np.linalg.inv(of.correlation[np.ix_(there, there)] + np.diag(s2 / (1.0 - s2)))
        np.testing.assert_allclose(found.mean[row], gain @ y, atol=1e-9)
        np.testing.assert_allclose(found.covariance[row], of.correlation - gain @ of.correlation[there], atol=1e-9)


def test_one_measurement_alone_is_its_own_posterior():
    of = Spread(np.array([2.0]), np.array([0.5]), np.eye(1))

    found = completed(of, np.array([[2.3], [np.nan]]), np.array([[0.2], [0.2]]))

    np.testing.assert_allclose(found.mean[:, 0], [0.6, 0.0])
    np.testing.assert_allclose(found.covariance[:, 0, 0], [0.16, 1.0])


def test_the_spread_of_true_values_is_found_behind_noise_and_gaps():
    rng = np.random.default_rng(2)
    of = Spread(
        np.array([0.5, -1.0, 3.0]), np.array([1.0, 2.0, 0.5]), np.array([[1, 0.6, 0], [0.6, 1, -0.3], [0, -0.3, 1]])
    )
    truth = rng.multivariate_normal(np.zeros(3), of.correlation, 60_000)
    s = rng.uniform(0.3, 0.8, truth.shape)
    z = (1 - s**2) * truth + s * np.sqrt(1 - s**2) * rng.standard_normal(truth.shape)
    z[rng.random(z.shape) < 0.4] = np.nan

    found = spread(of.centre + of.scale * z, of.scale * s)

    np.testing.assert_allclose(found.centre, of.centre, atol=0.03)
    np.testing.assert_allclose(found.scale, of.scale, rtol=0.02)
    np.testing.assert_allclose(found.correlation, of.correlation, atol=0.04)


def test_correlations_of_hardly_any_rows_are_correlations():
    rng = np.random.default_rng(3)
    for _ in range(50):
        value = rng.standard_normal((12, 6))
        value[rng.random(value.shape) < 0.6] = np.nan
        value[:2] = rng.standard_normal((2, 6))

        found = spread(value, np.full(value.shape, 0.5))

        assert np.linalg.eigvalsh(found.correlation).min() > 0.0
        np.testing.assert_allclose(np.diag(found.correlation), 1.0)


@pytest.mark.slow
@given(st.integers(0, 10_000), st.integers(1, 7), st.floats(1e-6, 1e3))
def test_every_measurement_that_is_lost_raises_every_trace(seed, k, sd_size):
    """All chains from everything to nothing, weights of 0 among them; and a standard deviation that grows."""
    rng = np.random.default_rng(seed)
    of = known(rng, k)
    weight = rng.standard_normal(k) * (rng.random(k) < 0.7)
    relevance = np.outer(weight, weight) + 1e-3 * correlation(rng, k)
    subsets = [some for size in range(k + 1) for some in combinations(range(k), size)]
    value, sd = np.full((len(subsets), k), np.nan), rng.uniform(0.1, 2.0, k) * sd_size
    for row, some in enumerate(subsets):
        value[row, list(some)] = rng.standard_normal(len(some)) * 5

    found = completed(of, value, np.broadcast_to(sd, value.shape))

    trace = dict(zip(subsets, np.einsum("ij,nij->n", relevance, found.covariance).tolist(), strict=True))
    for some in subsets:
        for name in some:
            assert trace[tuple(one for one in some if one != name)] > trace[some]
    less_sure = completed(of, value[-1:], 1.5 * sd[None])
    assert np.einsum("ij,nij->n", relevance, less_sure.covariance)[0] >= trace[subsets[-1]] - 1e-12


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_counts_as_missing(bad):
    of = known(np.random.default_rng(4), 3)
    value, sd = np.array([[0.5, bad, 1.0]]), np.array([[0.5, 0.5, bad]])

    found = completed(of, value, sd)

    np.testing.assert_array_equal(found.covariance, completed(of, np.array([[0.5, np.nan, np.nan]]), sd).covariance)
    assert np.isfinite(found.mean).all()

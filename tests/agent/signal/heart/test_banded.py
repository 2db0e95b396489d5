"""The two banded systems, beside SciPy's solvers."""

import numpy as np
import pytest
from scipy.linalg import solve_banded
from scipy.linalg.lapack import dpbsv

from agent.signal.heart.banded import smoothed, tridiagonal

WEIGHT = 500.0


def by_cholesky(series, weight):
    n, square = series.size, weight**2
    d2 = np.diff(np.eye(n), 2, axis=0)
    matrix = np.eye(n) + square * d2.T @ d2
    bands = np.zeros((3, n))
    for k in range(3):
        bands[2 - k, k:] = np.diag(matrix, k)
    return dpbsv(bands, series)[1]


@pytest.mark.parametrize("n", [5, 6, 7, 50, 239, 1197, 1200])
def test_the_smooth_part_is_that_of_a_cholesky_solver(n):
    rng = np.random.default_rng(n)
    series = 900 + 0.1 * np.arange(n) + 80 * np.sin(np.arange(n) / 40) + rng.normal(0, 30, n)

    assert smoothed(series, WEIGHT) == pytest.approx(by_cholesky(series, WEIGHT), abs=1e-6)


def test_a_line_is_its_own_trend():
    line = 700 + 0.25 * np.arange(400.0)
    assert smoothed(line, WEIGHT) == pytest.approx(line, abs=1e-6)


@pytest.mark.parametrize("n", [4, 5, 300])
def test_a_tridiagonal_system_is_solved_as_by_lapack(n):
    rng = np.random.default_rng(n)
    lower, upper = rng.uniform(0.3, 1.2, (2, n))
    middle, right = 2 * (lower + upper), rng.normal(0, 1, n)
    bands = np.zeros((3, n))
    bands[0, 1:], bands[1], bands[2, :-1] = upper[:-1], middle, lower[1:]

    assert tridiagonal(lower, middle, upper, right) == pytest.approx(solve_banded((1, 1), bands, right), rel=1e-10)

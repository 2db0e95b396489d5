"""Intraclass correlations: the published table, another computation, invariance, and ratings that have none."""

import numpy as np
import pytest

from agent.agreement import icc

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


def by_covariances(x):
    """The same from variances and covariances of the raters, after Bartko (1966)."""
    n, k = x.shape
    s = np.cov(x, rowvar=False)
    between = s.sum() / k
    error = (np.trace(s) - s.sum() / k) / (k - 1)
    raters = n * np.var(x.mean(axis=0), ddof=1)
    within = (raters * (k - 1) + error * (n - 1) * (k - 1)) / (n * (k - 1))
    return {
        "icc_1_1": (between - within) / (between + (k - 1) * within),
        "icc_2_1": (between - error) / (between + (k - 1) * error + k * (raters - error) / n),
        "icc_3_1": (between - error) / (between + (k - 1) * error),
        "icc_2_k": (between - error) / (between + (raters - error) / n),
    }


def drawn(rng, n=60, k=4):
    return 70 + 10 * rng.normal(size=(n, 1)) + 3 * rng.normal(size=(1, k)) + 5 * rng.normal(size=(n, k))


def test_the_table_of_shrout_and_fleiss_gives_all_published_values():
    found = icc.iccs(SHROUT_FLEISS)

    assert {name: round(one.value, 3) for name, one in found.items()} == {
        "icc_1_1": 0.166, "icc_2_1": 0.290, "icc_3_1": 0.715, "icc_2_k": 0.620,
    }  # fmt: skip


def test_the_published_interval_of_icc_2_1_comes_out():
    low, high = icc.shrout_fleiss_interval(icc.mean_squares(SHROUT_FLEISS))

    assert (round(low, 3), round(high, 3)) == (0.019, 0.761)


def test_the_published_intervals_of_icc_1_1_and_3_1_come_out():
    """McGraw and Wong (1996) and the packages of the field for the same table: -.133 to .723, and .342 to .946."""
    found = icc.iccs(SHROUT_FLEISS)

    assert (round(found["icc_1_1"].low, 3), round(found["icc_1_1"].high, 3)) == (-0.133, 0.723)
    assert (round(found["icc_3_1"].low, 3), round(found["icc_3_1"].high, 3)) == (0.342, 0.946)


def test_random_tables_equal_a_computation_from_covariances():
    rng = np.random.default_rng(4)
    for _ in range(200):
        x = drawn(rng, int(rng.integers(3, 80)), int(rng.integers(2, 9)))
        found, other = icc.iccs(x), by_covariances(x)
        for name, value in other.items():
            assert found[name].value == pytest.approx(value, abs=1e-9)
            assert found[name].low <= found[name].value <= found[name].high


@pytest.mark.parametrize(("scale", "offset"), [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e6), (-3.0, 12.0)])
def test_the_unit_of_the_ratings_changes_nothing(scale, offset):
    x = drawn(np.random.default_rng(5))
    before, after = icc.iccs(x), icc.iccs(scale * x + offset)
    for name in icc.NAMES:
        for part in ("value", "low", "high"):
            assert getattr(before[name], part) == pytest.approx(getattr(after[name], part), abs=1e-6)


def test_the_order_of_units_and_raters_changes_nothing():
    x = drawn(np.random.default_rng(6))
    for name, one in icc.iccs(x).items():
        assert icc.iccs(x[::-1, ::-1])[name].value == pytest.approx(one.value, abs=1e-12)


def test_ratings_that_are_all_the_same_have_no_number():
    for found in icc.iccs(np.full((40, 3), 0.1)).values():
        assert (found.value, found.low, found.reason) == (None, None, icc.SAME_EVERYWHERE)


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_raters_that_differ_by_a_constant_have_no_number_and_never_1(offset):
    x = np.linspace(0.1, 7.7, 40)
    for found in icc.iccs(np.column_stack([x, x + offset, x - offset])).values():
        assert (found.value, found.low, found.reason) == (None, None, icc.NO_RESIDUAL)


@pytest.mark.parametrize("shape", [(1, 3), (0, 3), (5, 1)])
def test_too_small_a_table_has_no_number(shape):
    assert {found.reason for found in icc.iccs(np.zeros(shape)).values()} == {icc.TOO_FEW}

"""Cohen's kappa: published tables, two other computations, properties, and tables that have no number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.agreement import kappa
from agent.agreement.estimate import FEWEST_FOR_A_VALUE, FEWEST_UNITS, limited

COHEN = np.array([[20, 5], [10, 15]])
FLEISS_BOOK = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
"""Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, chapter 18: kappa .68, standard error .088."""
COHEN_1968 = 2 * np.array([[44, 7, 9], [5, 20, 5], [1, 3, 6]])
COHEN_1968_WEIGHTS = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]]) / 6


def by_definition(table, weighting):
    """Kappa from every pair of units: observed disagreement over that of a unit's rating with all other units'."""
    rows, columns = np.nonzero(table)
    times = table[rows, columns].tolist()
    k, power = len(table), {"plain": 0, "linear": 1, "quadratic": 2}[weighting]

    def weight(i, j):
        return 0.0 if i == j else float(abs(i - j) ** power) / (k - 1) ** power

    units = list(zip(rows.tolist(), columns.tolist(), times, strict=True))
    n = sum(times)
    observed = math.fsum(t * weight(i, j) for i, j, t in units) / n
    chance = math.fsum(t * u * weight(i, other) for i, _, t in units for _, other, u in units) / n**2
    return 1.0 - observed / chance


def random_table(rng):
    k = int(rng.integers(2, 8))
    shares = rng.dirichlet(np.full(k * k, 0.5))
    return rng.multinomial(int(rng.integers(20, 400)), shares).reshape(k, k)


def test_the_usual_example_is_400_with_151_to_649_by_the_published_standard_error():
    found = kappa.pair_numbers(COHEN, is_ordered=False)["kappa"]

    assert found.value == pytest.approx(0.400, abs=5e-4)
    assert found.value - 1.96 * found.standard_error == pytest.approx(0.151, abs=5e-4)
    assert found.value + 1.96 * found.standard_error == pytest.approx(0.649, abs=5e-4)
    assert 0.10 < found.low < 0.151 < found.high < 0.649  # what is shown: towards 0, where a binomial's interval lies


def test_the_table_of_fleiss_gives_the_published_value_and_standard_error():
    found = kappa.pair_numbers(FLEISS_BOOK, is_ordered=False)["kappa"]

    assert found.value == pytest.approx(0.676, abs=5e-4)
    assert found.standard_error == pytest.approx(0.088, abs=5e-4)


def test_the_table_of_cohen_1968_gives_both_published_values():
    table = COHEN_1968.astype(float)

    assert float(kappa.kappa(table, kappa.disagreement(3, "plain"))) == pytest.approx(0.492, abs=5e-4)
    assert float(kappa.kappa(table, COHEN_1968_WEIGHTS)) == pytest.approx(0.348, abs=5e-4)


@pytest.mark.parametrize("weighting", kappa.WEIGHTINGS)
def test_500_random_tables_equal_the_definition(weighting):
    rng = np.random.default_rng(500)
    for _ in range(500):
        table = random_table(rng)
        ours = float(kappa.kappa(table.astype(float), kappa.disagreement(len(table), weighting)))
        assert ours == pytest.approx(by_definition(table, weighting), abs=1e-12)


def test_500_random_tables_equal_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn comes with the extra 'audit'")
    rng = np.random.default_rng(501)
    for _ in range(500):
        table = random_table(rng)
        k = len(table)
        first, second = np.divmod(np.repeat(np.arange(k * k), table.ravel()), k)
        for weighting, name in (("plain", None), ("linear", "linear"), ("quadratic", "quadratic")):
            ours = float(kappa.kappa(table.astype(float), kappa.disagreement(k, weighting)))
            theirs = metrics.cohen_kappa_score(first, second, labels=list(range(k)), weights=name)
            assert ours == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("weighting", kappa.WEIGHTINGS)
def test_the_standard_error_is_that_of_many_drawn_studies(weighting):
    rng = np.random.default_rng(7)
    weights = kappa.disagreement(3, weighting)
    drawn = rng.multinomial(400, COHEN_1968.ravel() / 200, size=4000).reshape(-1, 3, 3)

    spread = float(np.std(kappa.kappa(drawn.astype(float), weights)))

    assert kappa.standard_error(2 * COHEN_1968, weights) == pytest.approx(spread, rel=0.04)


@given(st.lists(st.integers(0, 40), min_size=16, max_size=16))
def test_turning_the_table_or_its_order_changes_no_kappa(cells):
    table = np.array(cells, dtype=float).reshape(4, 4)
    if table.sum() == 0:
        return
    for weighting in kappa.WEIGHTINGS:
        weights = kappa.disagreement(4, weighting)
        value = kappa.kappa(table, weights)
        assert np.allclose(value, kappa.kappa(table.T, weights), equal_nan=True)
        assert np.allclose(value, kappa.kappa(table[::-1, ::-1], weights), equal_nan=True)


def test_every_interval_holds_its_value_and_comes_out_the_same_twice():
    first, second = (kappa.pair_numbers(FLEISS_BOOK, is_ordered=True) for _ in range(2))

    assert first == second
    for found in first.values():
        assert found.low is None or found.low <= found.value <= found.high


def test_full_agreement_is_1_with_an_interval_that_says_how_little_20_units_know():
    found = kappa.pair_numbers(np.array([[25, 0], [0, 25]]), is_ordered=False)["kappa"]

    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.8 < found.low < 0.95


@pytest.mark.parametrize("table", [[[40, 0], [0, 0]], [[0, 0, 0], [0, 31, 0], [0, 0, 0]]])
def test_a_table_of_one_category_has_no_number_and_says_why(table):
    for found in kappa.pair_numbers(np.array(table), is_ordered=True).values():
        assert (found.value, found.low, found.high) == (None, None, None)
        assert found.reason == kappa.ONE_CATEGORY
    assert math.isnan(kappa.kappa(np.array(table, dtype=float), kappa.disagreement(len(table), "plain")))
    assert math.isnan(kappa.standard_error(np.array(table), kappa.disagreement(len(table), "plain")))


def test_raters_without_a_common_unit_have_no_number():
    assert kappa.pair_numbers(np.zeros((2, 2), dtype=int), is_ordered=False)["kappa"].reason == kappa.NO_UNITS


def test_prevalence_bias_and_pabak_of_the_paper_by_hand():
    """Byrt, Bishop and Carlin (1993): a 40, b 9, c 6, d 45 of 100; and the same agreement with other margins."""
    found = kappa.pair_numbers(np.array([[40, 9], [6, 45]]), is_ordered=False)

    assert found["prevalence_index"].value == pytest.approx((40 - 45) / 100)
    assert found["bias_index"].value == pytest.approx((9 - 6) / 100)
    assert found["pabak"].value == pytest.approx(2 * 0.85 - 1)
    assert found["kappa"].value == pytest.approx(0.70, abs=5e-3)
    skewed = kappa.pair_numbers(np.array([[80, 10], [5, 5]]), is_ordered=False)
    assert skewed["pabak"].value == pytest.approx(0.70)
    assert skewed["kappa"].value == pytest.approx(0.32, abs=5e-3)


def test_a_category_that_nobody_used_widens_no_interval():
    table = np.array([[20, 0, 5], [0, 0, 0], [10, 0, 15]])
    found = kappa.pair_numbers(table, is_ordered=True)

    assert found["kappa"] == kappa.pair_numbers(COHEN, is_ordered=True)["kappa"]


def test_below_20_units_nothing_is_given_and_below_30_the_interval_alone():
    def shown(n):
        return limited(kappa.pair_numbers(np.array([[n - 8, 3], [3, 2]]), is_ordered=False)["kappa"])

    few, some, enough = shown(FEWEST_UNITS - 1), shown(FEWEST_FOR_A_VALUE - 1), shown(FEWEST_FOR_A_VALUE)
    assert (few.value, few.low, few.standard_error) == (None, None, None)
    assert "19 units" in few.reason
    assert some.value is None
    assert some.standard_error is None
    assert some.low < some.high
    assert "29" in some.reason
    assert None not in (enough.value, enough.low, enough.high)
    assert enough.reason == ""

"""Where the textbook's interval misses the true value too often, ours holds it. `make bench-agreement` has the whole table."""

import math

import numpy as np
import pytest

from agent.agreement import fleiss, icc, kappa
from agent.agreement.bland_altman import NINETY_FIVE, differences

STUDIES = 400
pytestmark = pytest.mark.slow


def share(held):
    assert len(held) >= 100
    return float(np.mean(held))


def is_as_wanted(held):
    """From .93 to .97, and two standard errors of the simulation beyond."""
    error = math.sqrt(0.95 * 0.05 / len(held))
    return 0.93 - 2 * error <= share(held) <= 0.97 + 2 * error


@pytest.mark.parametrize("true", [0.0, 0.9])
def test_kappa_of_a_rare_category(true):
    pi = np.array([0.9, 0.1])
    p = true * np.diag(pi) + (1 - true) * np.outer(pi, pi)
    rng = np.random.default_rng(1)
    ours, textbook = [], []
    for _ in range(STUDIES):
        found = kappa.pair_numbers(rng.multinomial(50, p.ravel()).reshape(2, 2), is_ordered=False)["kappa"]
        if found.low is not None:
            ours.append(found.low <= true <= found.high)
            textbook.append(abs(found.value - true) <= 1.96 * found.standard_error + 1e-9)

    assert is_as_wanted(ours)
    assert share(textbook) < 0.8


def test_weighted_kappas_of_five_categories_with_few_in_the_last():
    pi = np.array([0.7, 0.15, 0.05, 0.05, 0.05])
    p = 0.6 * np.diag(pi) + 0.4 * np.outer(pi, pi)
    rng = np.random.default_rng(2)
    ours = {name: [] for name in ("kappa", "kappa_linear", "kappa_quadratic", "agreement_01")}
    for _ in range(STUDIES // 2):
        found = kappa.pair_numbers(rng.multinomial(50, p.ravel()).reshape(5, 5), is_ordered=True)
        for name, held in ours.items():
            true = float(np.trace(p)) if name == "agreement_01" else 0.6
            held.append(found[name].low <= true <= found[name].high)

    for held in ours.values():
        assert is_as_wanted(held)


def test_fleiss_kappa_of_three_raters_who_nearly_always_agree():
    rng = np.random.default_rng(3)
    ours, by_resampling_units = [], []
    for _ in range(STUDIES):
        chances = rng.dirichlet(np.array([0.9, 0.1]) * 0.1 / 0.9, size=50)
        counts = rng.multinomial(3, chances / chances.sum(axis=1, keepdims=True))
        found = fleiss.fleiss(counts)
        if found.low is not None:
            ours.append(found.low <= 0.9 <= found.high)
            by_resampling_units.append(found.value < 1.0)  # units without a disagreement cannot say how rare one is

    assert is_as_wanted(ours)
    assert share(by_resampling_units) < 0.9


def test_icc_2_1_of_two_raters_who_differ():
    rng = np.random.default_rng(4)
    ours, published = [], []
    for _ in range(STUDIES):
        x = math.sqrt(0.8) * rng.normal(size=(50, 1)) + math.sqrt(0.1) * (
            rng.normal(size=(1, 2)) + rng.normal(size=(50, 2))
        )
        found = icc.iccs(x)["icc_2_1"]
        low, high = icc.shrout_fleiss_interval(icc.mean_squares(x))
        ours.append(found.low <= 0.8 <= found.high)
        published.append(low <= 0.8 <= high)

    assert is_as_wanted(ours)
    assert share(published) < 0.87


def test_limits_of_agreement():
    rng = np.random.default_rng(5)
    held = {"bias": [], "lower_limit": [], "upper_limit": [], "slope": []}
    true = {"bias": 3.0, "lower_limit": 3.0 - NINETY_FIVE * 5.0, "upper_limit": 3.0 + NINETY_FIVE * 5.0, "slope": 0.0}
    for _ in range(STUDIES):
        x = rng.normal(70, 10, 50)
        half = 5.0 / math.sqrt(2.0)
        found = differences(x + 3.0 + rng.normal(0, half, 50), x + rng.normal(0, half, 50))
        for name, value in true.items():
            held[name].append(found[name].low <= value <= found[name].high)

    for one in held.values():
        assert is_as_wanted(one)

"""Limits of agreement: the published peak flows, another distribution's code, and differences that have none."""

import math

import numpy as np
import pytest
from scipy import stats

from agent.agreement import bland_altman, quantiles
from agent.agreement.bland_altman import NINETY_FIVE, differences, hints

LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], dtype=float)
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], dtype=float)
"""Peak flows of 17 people in l/min with two meters, the first reading of each: Bland and Altman (1986), table I."""


def test_the_peak_flows_of_1986_give_the_published_bias_and_standard_deviation():
    found = differences(LARGE, MINI)
    sd = (found["upper_limit"].value - found["bias"].value) / NINETY_FIVE

    assert round(found["bias"].value, 1) == -2.1
    assert round(sd, 1) == 38.8
    assert (round(found["bias"].low, 1), round(found["bias"].high, 1)) == (-22.0, 17.8)
    # the paper's limits are two standard deviations of 38.8 from a bias of -2.1
    assert (round(-2.1 - 2 * round(sd, 1), 1), round(-2.1 + 2 * round(sd, 1), 1)) == (-79.7, 75.5)


def test_the_interval_of_a_limit_is_that_of_the_noncentral_t():
    found = differences(LARGE, MINI)
    n, d = LARGE.size, LARGE - MINI
    shape = NINETY_FIVE * math.sqrt(n)
    near, far = (float(stats.nct.ppf(p, n - 1, shape)) * d.std(ddof=1) / math.sqrt(n) for p in (0.025, 0.975))

    assert found["upper_limit"].low == pytest.approx(d.mean() + near, rel=1e-6)
    assert found["upper_limit"].high == pytest.approx(d.mean() + far, rel=1e-6)
    assert found["lower_limit"].low == pytest.approx(d.mean() - far, rel=1e-6)
    assert found["lower_limit"].high == pytest.approx(d.mean() - near, rel=1e-6)


@pytest.mark.parametrize("freedom", [19, 49, 999, 99_999])
@pytest.mark.parametrize("p", [0.025, 0.975])
def test_quantiles_equal_another_implementation(freedom, p):
    shape = NINETY_FIVE * math.sqrt(freedom + 1)

    assert quantiles.noncentral_t_quantile(p, freedom, shape) == pytest.approx(
        stats.nct.ppf(p, freedom, shape), rel=1e-6
    )
    assert quantiles.t_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    for other in (1, 2.7, 40):
        assert quantiles.f_quantile(p, other, freedom) == pytest.approx(stats.f.ppf(p, other, freedom), rel=1e-8)
        assert quantiles.f_quantile(p, freedom, other) == pytest.approx(stats.f.ppf(p, freedom, other), rel=1e-8)


def test_both_slopes_equal_another_implementation():
    rng = np.random.default_rng(1)
    first = rng.normal(70, 10, 50)
    second = 1.1 * first + rng.normal(0, 3, 50)
    found = differences(first, second)
    mean, d = (first + second) / 2, first - second
    other = stats.linregress(mean, d)
    half = stats.t.ppf(0.975, 48) * other.stderr

    assert found["slope"].value == pytest.approx(other.slope, rel=1e-9)
    assert (found["slope"].low, found["slope"].high) == pytest.approx(
        (other.slope - half, other.slope + half), rel=1e-9
    )
    rest = np.abs(d - other.slope * mean - other.intercept)
    assert found["spread_slope"].value == pytest.approx(stats.linregress(mean, rest).slope, rel=1e-9)


def test_a_hint_comes_where_the_difference_or_its_spread_depends_on_the_mean():
    rng = np.random.default_rng(2)
    level = rng.uniform(40, 160, 200)
    alike = differences(level + rng.normal(0, 2, 200), level + rng.normal(0, 2, 200))
    steeper = differences(1.2 * level + rng.normal(0, 2, 200), level + rng.normal(0, 2, 200))
    wider = differences(level + rng.normal(0, 0.1 * level), level)

    assert hints(alike) == ()
    assert [words.split(":")[0] for words in hints(steeper)] == ["The difference depends on the mean"]
    assert any(words.startswith("The spread of the differences") for words in hints(wider))


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_differences_that_are_all_the_same_have_no_number(offset):
    x = np.linspace(0.1, 7.7, 40)
    for found in differences(x, x + offset).values():
        assert (found.value, found.low, found.reason) == (None, None, bland_altman.CONSTANT)


def test_units_of_one_mean_have_limits_and_no_slope():
    first = np.tile([1.0, 3.0, 2.0, 0.5], 10)
    found = differences(first, 4.0 - first)

    assert found["bias"].value is not None
    assert found["slope"].reason == bland_altman.CONSTANT_MEAN
    assert hints(found) == ()


def test_two_units_have_no_number():
    assert {found.reason for found in differences(np.zeros(2), np.ones(2)).values()} == {bland_altman.TOO_FEW}

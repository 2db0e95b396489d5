"""Calibration error with its interval: a perfect model, one that is too sure, and weeks within people."""

import numpy as np
import pytest

from agent.scoring.calibration import auc_within_people, calibration_interval
from agent.scoring.logistic import sigmoid
from agent.scoring.rates import calibration_error


def predicted(seed, n=4000, people=1000):
    rng = np.random.default_rng(seed)
    p = sigmoid(rng.normal(-1.5, 1.0, n))
    return p, rng.random(n) < p, np.arange(n) % people


def test_the_error_is_that_of_the_rates():
    p, label, person = predicted(1)

    found = calibration_interval(p, label, person.astype(str))

    assert found.error == pytest.approx(calibration_error(p, label))


@pytest.mark.slow
def test_a_perfect_model_has_the_error_that_is_named_for_it_and_an_interval_that_reaches_nought():
    found = [calibration_interval(p, label, person.astype(str)) for p, label, person in map(predicted, range(20))]

    assert np.mean([one.error for one in found]) == pytest.approx(np.mean([one.perfect for one in found]), rel=0.1)
    assert np.mean([one.low for one in found]) < 0.003
    # the note's figure at 2,000 rows, where predictions spread over all bins
    rng = np.random.default_rng(2)
    even = rng.random(2000)
    assert calibration_interval(even, rng.random(2000) < even, np.arange(2000).astype(str)).perfect == pytest.approx(
        0.019, abs=0.004
    )


def test_a_model_that_is_too_sure_is_found_by_the_same_function():
    p, label, person = predicted(3)
    too_sure = sigmoid(2.0 * np.log(p / (1 - p)))

    found = calibration_interval(too_sure, label, person.astype(str))

    assert found.low > 0.03


def test_weeks_of_the_same_people_widen_the_interval():
    p, label, person = predicted(4, people=4000)
    again = [np.concatenate([part] * 5) for part in (p, label, person)]

    alone = calibration_interval(p, label, person.astype(str))
    repeated = calibration_interval(again[0], again[1], again[2].astype(str))

    assert repeated.high - repeated.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_people_who_differ_say_nothing_of_their_weeks():
    rng = np.random.default_rng(5)
    prevalence = rng.uniform(0.1, 0.9, 500)
    person = np.repeat(np.arange(500), 8)
    label = rng.random(4000) < prevalence[person]
    knows_people = prevalence[person] + 1e-6 * rng.standard_normal(4000)

    of_weeks, people = auc_within_people(knows_people, label, person.astype(str))

    assert of_weeks == pytest.approx(0.5, abs=0.03)
    assert people < 500
    assert np.mean(knows_people[label][:, None] > knows_people[~label][:500]) > 0.65  # pooled, it would look good

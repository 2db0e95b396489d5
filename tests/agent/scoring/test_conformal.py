"""Quantiles of residuals that are stretches, beside the same with drawn places; coverage over people."""

import numpy as np
import pytest

from agent.scoring.conformal import held_01, tails


def test_quantiles_are_those_of_drawn_places_within_the_steps():
    rng = np.random.default_rng(1)
    low = rng.standard_normal(400)
    high = low + rng.uniform(0.1, 2.0, 400)
    people = np.arange(400).astype(str)
    drawn = (low + (high - low) * rng.random((4000, 400))).ravel()
    tail = 1 - 0.95 * (1 + 1 / 400)

    found = tails(low, high, people)

    np.testing.assert_allclose(found, np.quantile(drawn, (tail, 1 - tail)), atol=0.01)


def test_points_without_width_give_the_quantiles_of_points():
    value = np.random.default_rng(2).standard_normal(20_000)

    found = tails(value, value, np.arange(20_000).astype(str))

    np.testing.assert_allclose(found, np.quantile(value, (0.05, 0.95)), atol=0.01)


def test_few_people_take_wider_quantiles_than_as_many_weeks_of_many():
    value = np.linspace(0.0, 1.0, 1000)
    many = tails(value, value, np.arange(1000).astype(str))
    few = tails(value, value, np.repeat(np.arange(40), 25).astype(str))

    assert few[0] < many[0] < many[1] < few[1]
    assert tails(value[:3], value[:3], np.array(["a", "b", "c"])) == pytest.approx((0.0, value[2]))


@pytest.mark.parametrize("step", [0.0, 0.5, 1.0])
def test_nine_in_ten_answers_of_new_people_are_held_whatever_the_step(step):
    rng = np.random.default_rng(3)

    def answers(people):
        value = np.repeat(rng.standard_normal(people), 5) + rng.standard_t(3, people * 5)
        return np.round(value / step) * step if step else value

    old, new = answers(3000), answers(3000)

    low, high = tails(old - step / 2, old + step / 2, np.repeat(np.arange(3000), 5).astype(str))

    assert held_01(np.full(15_000, low), np.full(15_000, high), new, step).mean() == pytest.approx(0.9, abs=0.01)


def test_whole_answers_would_be_held_too_often():
    """What the stretches are for: of five answers, an interval of whole ones holds 97 in 100 instead of 90."""
    answers = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], [40, 40, 17, 2, 1])

    low, high = tails(answers - 0.5, answers + 0.5, np.arange(100).astype(str))

    assert held_01(np.full(100, low), np.full(100, high), answers, 1.0).mean() == pytest.approx(0.91, abs=0.011)
    assert np.mean((answers >= np.round(low)) & (answers <= np.round(high))) > 0.95

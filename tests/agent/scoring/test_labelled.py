"""The drawn answers: their known probability, how like people they are, and that they are no fitted model."""

import numpy as np
import pytest

from agent.scoring import labelled as module
from agent.scoring.instruments import instruments
from agent.scoring.labelled import Nature, labelled
from agent.scoring.person_weeks import target
from agent.scoring.population import WATERMARK
from agent.scoring.rates import calibration_error
from agent.scoring.student_t import normal_cdf
from tests.support.drawn_weeks import CBI, SINGLE, drawn

pytestmark = pytest.mark.slow


def test_labels_come_true_as_often_as_their_known_probability_says():
    made = drawn(21)

    assert calibration_error(made.at_cut_01, made.table.label) < 0.02
    assert np.mean(made.table.label) == pytest.approx(made.at_cut_01.mean(), abs=0.02)


def test_it_is_like_people():
    table = drawn(21).table

    assert 0.13 <= table.label.mean() <= 0.23
    assert set(np.unique(table.score)) == {1.0, 2.0, 3.0, 4.0, 5.0}
    there = np.isfinite(table.weeks.z).mean(axis=0)
    assert (there < 0.95).all()
    assert (there > 0.3).all()
    weeks = np.unique(table.person, return_counts=True)[1]
    assert 4 < weeks.mean() < 8
    share = np.array([table.label[table.person == name].mean() for name in np.unique(table.person)[:200]])
    assert np.mean(share == 0.0) > 0.3  # tendencies differ between people
    assert share.max() > 0.7


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, again, other = (labelled(40, seed, SINGLE, weeks=2) for seed in (5, 5, 6))

    np.testing.assert_array_equal(first.table.weeks.z, again.table.weeks.z)
    np.testing.assert_array_equal(first.table.score, again.table.score)
    assert first.table.person.tolist() != other.table.person.tolist()
    assert not set(first.table.person) & set(other.table.person)
    assert first.table.watermark == WATERMARK
    assert first.table.rows(np.arange(3)).watermark == WATERMARK


def test_the_inventory_has_its_published_mean_and_spread():
    table = labelled(250, 7, CBI, weeks=4).table

    assert table.score.mean() == pytest.approx(36, abs=4)
    assert table.score.std() == pytest.approx(16.5, abs=3)
    assert np.allclose(table.score / CBI.step, np.round(table.score / CBI.step))
    assert target(instruments()["cbi"], "work").step == pytest.approx(25 / 7)


def test_the_probability_of_a_sum_is_that_of_drawn_sums():
    rng = np.random.default_rng(8)
    line, noise = np.full((1, 40_000), 1.2), np.full((1, 40_000), 0.6)
    for wanted in (SINGLE, CBI):
        score, at_cut_01 = module._answers(rng, line, noise, wanted)

        assert np.ptp(at_cut_01) < 1e-12
        assert np.mean(score >= wanted.cut - 1e-9) == pytest.approx(at_cut_01[0, 0], abs=0.01)
    by_hand = 0.85 * normal_cdf(np.array([-0.3 / 0.6]))[0] + 0.15 * normal_cdf(np.array([-0.3 / 1.2]))[0]
    assert module._answers(rng, line, noise, SINGLE)[1][0, 0] == pytest.approx(by_hand * 29 / 30 + 3 / 5 / 30)


def test_the_last_answer_lies_before_the_week_and_is_young_enough():
    given = np.full((1, 12), np.nan)
    given[0, 0], given[0, 11] = 4.0, 2.0

    last = module._last_answer(given, SINGLE)

    np.testing.assert_array_equal(last[0], [np.nan, *[4.0] * 8, np.nan, np.nan, np.nan])


def test_its_strength_can_be_chosen():
    weak, strong = (
        labelled(200, 9, SINGLE, weeks=4, nature=Nature(usual=usual, week=week, camera_01=camera))
        for usual, week, camera in ((0.4, 0.1, 0.0), (1.2, 0.8, 1.0))
    )

    assert weak.table.label.mean() < strong.table.label.mean() - 0.1
    face = weak.table.weeks.channels.index("perclos_01")
    assert not np.isfinite(weak.table.weeks.z[:, face]).any()
    assert np.isfinite(strong.table.weeks.z[:, face]).mean() > 0.5

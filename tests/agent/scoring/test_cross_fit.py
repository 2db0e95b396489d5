"""Fitting: folds by person, limits below which there is no fusion, and leaks that are refused or seen."""

from dataclasses import replace

import numpy as np
import pytest

from agent.errors import WrongUse
from agent.scoring import cross_fit
from agent.scoring.cross_fit import check_folds, fit, folds, usable
from agent.scoring.fusion import Abstained, Fusion, predictions
from agent.scoring.fusion_card import as_card, from_card
from agent.scoring.person_weeks import LAST_ANSWER, Table, Weeks
from tests.support.drawn_weeks import quick_fusion, quick_table


def refused(table):
    answer = fit(table)
    assert isinstance(answer, Abstained), answer
    return answer


def test_folds_keep_people_together_whatever_the_order_of_rows():
    table = quick_table(203, 10)
    fold = folds(table.person)
    order = np.random.default_rng(1).permutation(fold.size)

    check_folds(table.person, fold)
    np.testing.assert_array_equal(folds(table.person[order]), fold[order])
    people = np.bincount(fold[::10])
    assert people.size == 10
    assert people.max() - people.min() <= 1


def test_folds_by_row_are_refused():
    table = quick_table()

    with pytest.raises(WrongUse, match="several folds"):
        fit(table, np.arange(table.score.size) % 10)
    with pytest.raises(WrongUse, match="one fold"):
        fit(table, np.zeros(table.score.size, dtype=np.int64))
    with pytest.raises(WrongUse, match="10 folds"):
        fit(table, np.arange(10))
    one_row = folds(table.person)
    one_row[0] = (one_row[0] + 1) % 10
    with pytest.raises(WrongUse, match="several folds"):
        fit(table, one_row)


@pytest.mark.slow
def test_the_fusion_does_not_depend_on_the_order_of_rows_or_on_names():
    table = quick_table()
    again = fit(table.rows(np.random.default_rng(2).permutation(table.score.size)))

    assert isinstance(again, Fusion)
    np.testing.assert_allclose(again.core.weight, quick_fusion().core.weight, atol=1e-8)
    assert again.evidence.held_01 == pytest.approx(quick_fusion().evidence.held_01, abs=1e-8)


@pytest.mark.slow
def test_one_week_or_one_person_below_the_limits_is_not_enough_people_yet():
    table = quick_table(200, 11)

    assert refused(table.rows(np.arange(1999))).words.startswith("not enough people yet: 1,999 of 2,000 labelled weeks")
    assert isinstance(fit(quick_table(201, 10).rows(np.arange(2000))), Fusion)
    assert refused(table.rows(np.arange(199 * 11))).words.endswith("2,189 of 2,000 labelled weeks, 199 of 200 people")
    assert isinstance(fit(table), Fusion)
    assert refused(table.rows(np.arange(0))).reason == "few"


def test_one_label_alone_or_nearly_so_is_not_enough():
    table = quick_table()
    low = replace(table, score=np.where(table.score >= 3.0, 2.0, table.score))
    few = replace(table, score=np.where(np.arange(table.score.size) < 49, 3.0, low.score))

    assert refused(low).words.startswith("not enough people yet: 0 weeks at or above the cut")
    assert refused(few).reason == "one_label"
    assert refused(replace(table, score=np.full(table.score.size, 5.0))).reason == "one_label"


@pytest.mark.slow
def test_an_input_needs_weeks_people_and_spread():
    table = quick_table()
    assert usable(table) == (*table.weeks.channels, LAST_ANSWER)
    z = table.weeks.z.copy()
    z[199:, 0] = np.nan  # few weeks
    z[:, 1] = np.where(np.arange(z.shape[0]) < 190, z[:, 1], np.nan)  # and of 19 people
    z[:, 2] = 0.5  # it never varies
    rare = replace(table, weeks=replace(table.weeks, z=z))

    assert usable(rare) == ("tired_0_10", LAST_ANSWER)
    fusion = fit(rare)
    assert isinstance(fusion, Fusion)
    assert fusion.inputs == ("tired_0_10", LAST_ANSWER)
    assert np.isfinite(predictions(fusion, table.weeks).low[np.isfinite(table.weeks.z[:, 3])]).all()


@pytest.mark.slow
def test_answers_alone_are_no_fusion_and_channels_alone_are_one():
    table = quick_table()
    n = table.score.size

    no_channel = replace(table, weeks=replace(table.weeks, z=np.full_like(table.weeks.z, np.nan)))
    assert refused(no_channel).reason == "no_channel"
    bare = Table(
        table.target, table.person, Weeks((), np.zeros((n, 0)), np.zeros((n, 0)), table.weeks.last_answer), table.score
    )
    assert refused(bare).reason == "no_channel"
    no_answers = fit(replace(table, weeks=table.weeks.without(LAST_ANSWER)))
    assert isinstance(no_answers, Fusion)
    assert LAST_ANSWER not in no_answers.inputs


@pytest.mark.slow
def test_a_fusion_that_people_left_out_do_not_bear_out_says_nothing(monkeypatch):
    """The same gate on a planted breach: a scale that doubles every logit."""
    honest = cross_fit.scale

    def too_sure(*parts):
        made = honest(*parts)
        return replace(made, intercept=3.0 * made.intercept, slope=3.0 * made.slope)

    monkeypatch.setattr(cross_fit, "scale", too_sure)
    answer = fit(quick_table(effect=1.5))

    assert isinstance(answer, Abstained)
    assert answer.reason == "not_borne_out"
    assert "calibration error" in answer.words


@pytest.mark.slow
def test_a_label_drawn_at_random_gives_a_probability_that_hardly_moves():
    table = quick_table(400, 10)
    rng = np.random.default_rng(3)
    random = replace(table, score=rng.permutation(table.score))

    fusion = fit(random)

    assert isinstance(fusion, Fusion)
    assert fusion.evidence.within_auc == pytest.approx(0.5, abs=0.03)
    assert np.std(predictions(fusion, table.weeks).at_cut_01) < 0.03


@pytest.mark.slow
def test_the_same_table_gives_the_same_card():
    assert as_card(fit(quick_table())) == as_card(fit(quick_table()))


@pytest.mark.slow
def test_tables_that_no_person_gives_end_in_a_fusion_or_a_reason():
    table = quick_table()
    known = np.nan_to_num(table.weeks.z[:, 0])
    weeks = replace(table.weeks, sd=np.zeros_like(table.weeks.sd))
    exact = replace(table, weeks=replace(weeks, z=np.column_stack((known, table.weeks.z[:, 1:]))))
    huge = replace(table.weeks, z=1e9 * table.weeks.z, sd=1e9 * table.weeks.sd)
    torn = replace(table.weeks, sd=np.random.default_rng(4).choice([0.5, np.nan, np.inf], table.weeks.sd.shape))
    for one in (
        replace(exact, score=np.where(known > 0.0, 5.0, 1.0)),  # a channel decides the answer
        replace(exact, score=np.where(table.weeks.last_answer >= 3.0, 5.0, 1.0)),  # the last answer does
        replace(table, weeks=huge),
        replace(table, weeks=torn),
        replace(table, weeks=replace(table.weeks, last_answer=np.full(table.score.size, 2.0))),
    ):
        fusion = fit(one)

        assert isinstance(fusion, Abstained) or np.isfinite(fusion.evidence.held_01)
        if isinstance(fusion, Fusion):
            found = predictions(fusion, table.weeks)
            there = np.isfinite(found.low)
            assert there.any()
            assert (found.low[there] < found.high[there]).all()
            from_card(as_card(fusion))

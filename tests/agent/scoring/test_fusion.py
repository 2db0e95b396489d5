"""Late fusion: calibration and coverage on people never fitted, intervals that only widen, abstention."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.scoring.calibration import calibration_interval
from agent.scoring.channels import CHANNELS
from agent.scoring.conformal import held_01
from agent.scoring.cross_fit import fit
from agent.scoring.fusion import REASONS, Abstained, Prediction, predict, predictions
from agent.scoring.index import Standing
from agent.scoring.logistic import sigmoid
from agent.scoring.person_weeks import LAST_ANSWER, Inputs
from agent.scoring.population import WATERMARK
from tests.support.drawn_weeks import drawn, drawn_fusion, quick_fusion, quick_table

standings = st.dictionaries(
    st.sampled_from(list(CHANNELS)),
    st.builds(Standing, st.floats(allow_nan=True, allow_infinity=True), st.floats(0.0, allow_infinity=True)),
)


def full(z=1.0, sd=0.5, last=2.0):
    names = [name for name in quick_fusion().inputs if name != LAST_ANSWER]
    return Inputs({name: Standing(z, sd) for name in names}, last)


def without(week, name):
    if name == LAST_ANSWER:
        return Inputs(week.standings, None)
    return Inputs({other: one for other, one in week.standings.items() if other != name}, week.last_answer)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22])
def test_people_never_fitted_bear_out_the_probability_and_the_interval(seed):
    """4,000 weeks of 650 people: a perfect model's error is .011 there, and coverage is known to 1.5 points."""
    fusion, new = drawn_fusion(seed), drawn(seed + 100).table

    found = predictions(fusion, new.weeks)

    error = calibration_interval(found.at_cut_01, new.label, new.person)
    assert error.low <= 0.03
    assert error.error <= 0.035
    assert 0.88 <= held_01(found.low, found.high, new.score, new.target.step).mean() <= 0.92
    assert fusion.watermark == WATERMARK
    assert fusion.evidence.calibration.error <= 0.035
    assert 0.88 <= fusion.evidence.held_01 <= 0.92


@pytest.mark.slow
def test_a_model_that_is_too_sure_and_a_narrow_interval_are_found_by_the_same_detectors():
    fusion, new = drawn_fusion(21), drawn(121).table
    found = predictions(fusion, new.weeks)
    too_sure = sigmoid(2.0 * np.log(found.at_cut_01 / (1.0 - found.at_cut_01)))
    middle, half = 0.5 * (found.low + found.high), 0.4 * (found.high - found.low)

    assert calibration_interval(too_sure, new.label, new.person).low > 0.03
    assert held_01(middle - half, middle + half, new.score, new.target.step).mean() < 0.88


@pytest.mark.slow
def test_no_week_has_a_narrower_interval_with_an_input_less():
    fusion, new = drawn_fusion(21), drawn(121).table
    found = predictions(fusion, new.weeks)
    for name in fusion.inputs:
        less = predictions(fusion, new.weeks.without(name))
        had = new.weeks.last_answer if name == LAST_ANSWER else new.weeks.z[:, new.weeks.channels.index(name)]
        there = np.isfinite(had) & np.isfinite(less.low)
        assert there.sum() > 1000
        assert (less.high - less.low > found.high - found.low)[there].all()


@pytest.mark.slow
@given(st.integers(0, 10_000))
def test_every_chain_of_subsets_widens_the_interval_and_never_fails(seed):
    rng = np.random.default_rng(seed)
    fusion = quick_fusion()
    values = {name: Standing(rng.normal(0, 2), rng.uniform(0, 2)) for name in fusion.inputs if name != LAST_ANSWER}
    last = float(rng.integers(1, 6))
    width = {}
    for size in range(len(fusion.inputs) + 1):
        for names in combinations(fusion.inputs, size):
            some = {name: values[name] for name in names if name != LAST_ANSWER}
            answer = predict(fusion, Inputs(some, last if LAST_ANSWER in names else None))
            assert isinstance(answer, Abstained) == (not some)
            if isinstance(answer, Prediction):
                width[frozenset(names)] = answer.high - answer.low
                assert set(answer.missing) == set(fusion.inputs) - set(names)
    for names, wide in width.items():
        for name in names:
            if names - {name} in width:
                assert width[names - {name}] > wide


@pytest.mark.slow
@given(standings, st.one_of(st.none(), st.floats()))
def test_any_week_has_an_answer_or_a_reason(channels, last):
    answer = predict(quick_fusion(), Inputs(channels, last))

    if isinstance(answer, Abstained):
        assert answer.reason in REASONS
    else:
        assert 0.0 < answer.at_cut_01 < 1.0
        assert np.isfinite([answer.low, answer.high]).all()
        assert answer.low < answer.high


def test_a_less_certain_measurement_widens_the_interval():
    widths = [predict(quick_fusion(), full(sd=sd)) for sd in (0.1, 0.3, 0.5, 0.8)]

    assert np.all(np.diff([one.high - one.low for one in widths]) > 0.0)


def test_one_week_is_predicted_as_many_side_by_side():
    table = quick_table(20, 5, seed=9)

    found = predictions(quick_fusion(), table.weeks)

    for row in range(0, 100, 7):
        there = np.flatnonzero(np.isfinite(table.weeks.z[row]))
        week = Inputs(
            {table.weeks.channels[k]: Standing(table.weeks.z[row, k], table.weeks.sd[row, k]) for k in there},
            table.weeks.last_answer[row] if np.isfinite(table.weeks.last_answer[row]) else None,
        )
        alone = predict(quick_fusion(), week)
        assert (alone.at_cut_01, alone.low, alone.high) == pytest.approx(
            (found.at_cut_01[row], found.low[row], found.high[row])
        )


def test_what_the_inputs_add_sums_to_the_logit():
    for week in (full(), without(full(), LAST_ANSWER), without(full(z=-2.0), "hr_bpm")):
        answer = predict(quick_fusion(), week)

        logit = np.log(answer.at_cut_01 / (1.0 - answer.at_cut_01))
        assert answer.base_logit + sum(answer.logits.values()) == pytest.approx(logit)
        assert set(answer.logits) == set(quick_fusion().inputs) - set(answer.missing)


def test_nothing_measured_and_what_nobody_had_are_reasons():
    fusion = quick_fusion()

    assert predict(fusion, Inputs({}, 3.0)) == Abstained("nothing")
    assert predict(fusion, Inputs({"hr_bpm": Standing(np.nan, 1.0)}, 3.0)) == Abstained("nothing")
    never = predict(fusion, Inputs({"voice_pause_s": Standing(1.0, 0.5)}, 3.0))
    assert never == Abstained("never_seen", "voice_pause_s")
    assert never.words == "too few people had what was measured in this week: voice_pause_s"
    some = predict(fusion, Inputs({"voice_pause_s": Standing(1.0, 0.5), "hr_bpm": Standing(1.0, 0.5)}, 3.0))
    assert some.left_out == ("voice_pause_s",)
    alone = predict(fusion, Inputs({"hr_bpm": Standing(1.0, 0.5)}, 3.0))
    assert (some.at_cut_01, some.low, some.high) == (alone.at_cut_01, alone.low, alone.high)


def test_a_fusion_that_abstained_passes_its_reason_on():
    none = fit(quick_table(people=50))

    assert predict(none, full()) is none
    assert none.words == "not enough people yet: 500 of 2,000 labelled weeks, 50 of 200 people"


def test_no_word_of_an_answer_names_a_category():
    answer = predict(quick_fusion(), full(z=4.0, last=5.0))

    words = json.dumps([*answer.__dataclass_fields__, *answer.logits, *answer.missing, *REASONS.values()]).lower()
    assert answer.at_cut_01 > 0.8
    assert not any(word in words for word in ("burn", "depress", "stress", "ill"))

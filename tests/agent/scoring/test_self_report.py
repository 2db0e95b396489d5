"""Self-report instruments, suggestions, messages, and the acute state."""

import json
from pathlib import Path

import numpy as np
import pytest
from agent.models import arousal as training

from agent.errors import NotScored, WrongUse
from agent.scoring import arousal, messages
from agent.scoring.data import table
from agent.scoring.instruments import instruments, scores
from agent.scoring.observations import Shift
from tests.support.processes import shared_file


def all_at(instrument, place):
    return {item.item_id: place for item in instrument.items}


def test_the_copenhagen_inventory_has_its_items_and_no_total():
    cbi = instruments()["cbi"]
    assert [(scale.name, len(scale.items)) for scale in cbi.scales] == [("personal", 6), ("work", 7), ("client", 6)]
    made = scores(cbi, all_at(cbi, 0))
    # "always" to everything: the reversed item of the work scale counts 0
    assert [one.value for one in made] == [100.0, 600 / 7, 100.0]
    made = scores(cbi, all_at(cbi, 4))
    assert [one.value for one in made] == [0.0, 100 / 7, 0.0]
    assert not any(one.burnout for one in made)


def test_an_inventory_by_hand():
    cbi = instruments()["cbi"]
    # often, often, sometimes, seldom, often, never: (75 + 75 + 50 + 25 + 75 + 0) / 6
    answers = dict(zip(("p1", "p2", "p3", "p4", "p5", "p6"), (1, 1, 2, 3, 1, 4), strict=True))
    personal, work, _ = scores(cbi, answers)
    assert personal.value == 50.0
    assert personal.burnout
    assert personal.band == "50 and more"
    assert work.value is None
    assert "4 answers" in work.reason
    two = scores(cbi, {"p1": 0, "p2": 0})[0]
    assert two.value is None


def test_the_single_item_names_burnout_from_three():
    single = instruments()["single"]
    named = [scores(single, {"s1": place})[0] for place in range(5)]
    assert [one.value for one in named] == [1, 2, 3, 4, 5]
    assert [one.burnout for one in named] == [False, False, True, True, True]


def test_lines_name_no_burnout():
    for short in ("mood", "tired"):
        line = instruments()[short]
        made = scores(line, all_at(line, 10))[0]
        assert made.value == 10
        assert made.burnout is None
        assert not made.band


def test_wrong_answers_are_refused():
    cbi = instruments()["cbi"]
    for answers in ({"x9": 0}, {"p1": 5}, {"p1": -1}):
        with pytest.raises(WrongUse):
            scores(cbi, answers)
    with pytest.raises(NotScored):
        scores(cbi, {})


def test_every_instrument_says_its_source_and_licence_and_none_is_maslach_s():
    for one in instruments().values():
        assert one.source
        assert one.licence
        assert len({item.item_id for item in one.items}) == len(one.items)
    assert "maslach" not in json.dumps(table("instruments")).lower()


def test_a_burnout_category_comes_from_self_report_alone():
    """No other module of the package sets or says one."""
    package = Path("agent/scoring")
    said = [
        file.name for file in package.glob("*.py") if "burnout:" in file.read_text() or "burnout =" in file.read_text()
    ]
    assert said == ["instruments.py"]


def test_every_suggestion_has_a_grade_and_a_source():
    rows = table("suggestions")["rows"]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["grade"] in table("suggestions")["grades"]
        assert row["source"]
    assert [one.grade for one in messages.suggestions(["strain"])] == sorted(
        one.grade for one in messages.suggestions(["strain"])
    )


def test_a_message_waits_for_the_end_of_shifts():
    shifts = [Shift(200, 300, "day"), Shift(0, 100, "night")]
    assert messages.shown_at(50, shifts) == 100
    assert messages.shown_at(150, shifts) == 150
    assert messages.shown_at(299, shifts) == 300


def test_the_predictive_value_by_hand():
    # 5 of 100 fall, 60 % are found, .25 false a quarter: .03 / (.03 + .25)
    assert messages.predictive_value_01(0.6, 0.25) == pytest.approx(0.03 / 0.28)
    assert "about 11" in messages.predictive_words(0.03 / 0.28)


# ---- the acute state


def test_z_looks_back_only_and_knows_no_clock():
    rng = np.random.default_rng(1)
    hr = 70 + rng.normal(0, 3, 60)
    later = hr.copy()
    later[40:] = 120
    assert np.array_equal(arousal.running_z(hr)[:40], arousal.running_z(later)[:40], equal_nan=True)
    assert np.isnan(arousal.running_z(hr)[:5]).all()
    # the same past twice over, in another order: no order, counter or duration but the spread's shrinkage
    turned = np.concatenate((hr[:40][::-1], hr[40:41]))
    assert arousal.running_z(turned)[40] == pytest.approx(arousal.running_z(hr)[40])
    steady = arousal.running_z(np.full(60, 70.0))[5:]
    assert (steady == 0).all()


def test_it_speaks_at_rest_alone_and_not_near_the_cut():
    model = arousal.shipped_model()
    loud, near = 4.0, (np.log(model.cut_01 / (1 - model.cut_01)) - model.intercept) / model.slope
    assert arousal.arousal(model, loud, at_rest=True).raised is True
    assert arousal.arousal(model, -loud, at_rest=True).raised is False
    assert arousal.arousal(model, loud, at_rest=False).raised is None
    assert arousal.arousal(model, loud, at_rest=None).raised is None
    assert arousal.arousal(model, float("nan"), at_rest=True).raised is None
    assert arousal.arousal(model, near + 0.1, at_rest=True).raised is None
    assert arousal.arousal(model, near + 0.1, at_rest=True, cautious=False).raised is True


def drawn_sessions(people, seed, lift):
    """Sessions whose second and fourth quarter are tasks that lift the heart rate."""
    rng = np.random.default_rng(seed)
    made = {}
    for name in range(people):
        task = np.arange(60) // 15 % 2 == 1
        made[str(name)] = training.Person(rng.normal(70, 8) + lift * task + rng.normal(0, 3, 60), task)
    return made


def z(one):
    return arousal.running_z(one.hr_bpm)


@pytest.mark.slow
def test_training_finds_what_is_there_and_nothing_where_nothing_is():
    for lift, low, high in ((6.0, 0.75, 1.0), (0.0, 0.4, 0.6)):
        tried = training.left_out(drawn_sessions(20, 2, lift), z)
        task = np.concatenate([one.task for one in tried.values()])
        beyond = np.concatenate([one.beyond_cut for one in tried.values()])
        assert low < training.balanced_accuracy(task, beyond >= 0) < high


def test_a_person_in_train_and_test_is_refused():
    with pytest.raises(ValueError, match="train and test"):
        training.left_out(drawn_sessions(5, 3, 1.0), z, split=lambda _a, _b: True)


@pytest.mark.slow
def test_the_card_is_what_the_recordings_give():
    people = training.read(shared_file("data/stress/stress_predict"))
    x = [z(one) for one in people.values()]
    use = [np.isfinite(one) & (np.arange(one.size) >= 5) for one in x]
    task = [one.task for one in people.values()]
    model = training.fit(
        np.concatenate([a[k] for a, k in zip(x, use, strict=True)]),
        np.concatenate([a[k] for a, k in zip(task, use, strict=True)]).astype(float),
    )
    shipped = arousal.shipped_model()
    for name in ("intercept", "slope", "cut_01", "margin"):
        assert getattr(shipped, name) == pytest.approx(getattr(model, name), abs=1e-4)

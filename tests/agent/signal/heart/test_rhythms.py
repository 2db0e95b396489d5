"""Hearts whose every beat is known: no rate that is wrong, no variability of beats that are not the node's own."""

import itertools
import math

import numpy as np
import pytest

from agent.features import compute_all
from agent.model import NS_PER_S, Series, Window
from agent.signal.heart import left_out, rhythm, rr
from agent.signal.heart.artifacts import Label, labels
from agent.signal.heart.labelling import labelled
from tests.support import rhythms
from tests.support.processes import shared_file
from tests.support.recorded import annotated, hand_annotated_rr_ms, recorded_minutes

SPAN_S = 300.0
SHARES = (0.01, 0.03, 0.06, 0.1, 0.2, 0.35, 0.6)


def window_of(t_s):
    ends_ns = np.round((t_s[1:] - t_s[0]) * 1e9).astype(np.int64)
    inside = ends_ns < SPAN_S * 1e9
    series = Series(ends_ns[inside], np.diff(t_s)[inside] * 1000, np.ones(int(inside.sum()), dtype=bool))
    return Window(0, int(SPAN_S * NS_PER_S), {"rr_ms": series})


def numbers(t_s):
    return {one.name: one for one in compute_all(window_of(t_s))}


def true_hr_bpm(heart):
    t_s = heart.t_s[heart.t_s < SPAN_S]
    return 60 * (t_s.size - 1) / (t_s[-1] - t_s[0])


def own_rmssd_ms(heart):
    own = heart.sinus[1:] & heart.sinus[:-1]
    return rr.rmssd_ms(np.diff(heart.rr_ms)[own[1:] & own[:-1]])


def ventricular_faults(seeds):
    """(what is wrong, rates given, RMSSD given) over kinds of rhythm, with and without bursts of noise."""
    wrong, rates, variabilities = [], 0, 0
    kinds = itertools.cycle(itertools.product(rhythms.VENTRICULAR, (False, True)))
    for seed, (kind, noisy) in zip(seeds, kinds, strict=False):
        chance = np.random.default_rng(seed)
        heart = rhythms.ventricular(kind, chance, share_01=float(chance.choice(SHARES)))
        seen = numbers(rhythms.with_noise_bursts(heart, chance) if noisy else heart.t_s)
        rate, rmssd = seen["hr_mean_bpm"].value, seen["rmssd_ms"].value
        rates, variabilities = rates + (rate is not None), variabilities + (rmssd is not None)
        if rate is not None and abs(rate / true_hr_bpm(heart) - 1) > 0.02:
            wrong.append((kind, noisy, seed, "rate", rate, true_hr_bpm(heart)))
        if rmssd is not None and heart.ectopic_01 > 0.04:
            wrong.append((kind, noisy, seed, "rmssd", rmssd, heart.ectopic_01))
    return wrong, rates, variabilities


def test_ventricular_rhythms_give_no_wrong_rate_and_no_variability():
    wrong, rates, variabilities = ventricular_faults(range(112))
    assert not wrong
    assert rates > 20, "it does not stay silent"
    assert variabilities > 15


@pytest.mark.long
def test_a_thousand_ventricular_rhythms_give_no_wrong_rate_and_hardly_any_variability():
    """Runs at the node's own rate, as even as its beats, cannot be seen in intervals: then RMSSD is the node's, too."""
    wrong, rates, variabilities = ventricular_faults(range(1000, 2000))
    print(f"{rates} rates and {variabilities} RMSSD given, wrong: {wrong}")
    assert not [one for one in wrong if one[3] == "rate"]
    assert len(wrong) <= 8


def test_without_the_rules_wrong_numbers_would_be_given(monkeypatch):
    monkeypatch.setattr(left_out, "why_rate_is_moved", lambda *_, **__: "")
    monkeypatch.setattr(rhythm, "is_irregular", lambda *_: False)
    wrong, _, _ = ventricular_faults(range(56))
    assert {"rate", "rmssd"} <= {one[3] for one in wrong}


@pytest.mark.parametrize("every", [10, 15, 25, 40])
def test_a_heart_that_pauses_has_a_right_rate_or_none(every, monkeypatch):
    """The mean of normal intervals told 76 for 53: what stands beyond two seconds was left out."""
    hearts = [rhythms.with_pauses(np.random.default_rng(seed), every=every) for seed in range(12)]
    for heart in hearts:
        one = numbers(heart.t_s)["hr_mean_bpm"]
        assert one.value is None or one.value == pytest.approx(true_hr_bpm(heart), rel=0.01)
        assert one.value is not None or one.reason == "pauses_left_out"
    monkeypatch.setattr(left_out, "is_pause", lambda rr_ms, _: np.zeros(rr_ms.size, dtype=bool))
    monkeypatch.setattr(left_out, "RR_MAX_MS", 0.0)
    seen = [(numbers(heart.t_s)["hr_mean_bpm"].value, true_hr_bpm(heart)) for heart in hearts]
    assert any(rate is not None and abs(rate / true - 1) > 0.01 for rate, true in seen), "planted"


def test_one_lost_contact_among_many_beats_takes_neither_rate_nor_variability():
    heart = rhythms.sinus(np.random.default_rng(4), hr_bpm=70, rmssd_ms=30)
    t_s = np.delete(heart.t_s, slice(100, 103))
    seen = numbers(t_s)
    assert seen["hr_mean_bpm"].value == pytest.approx(heart.hr_bpm, rel=0.01)
    assert seen["rmssd_ms"].value == pytest.approx(own_rmssd_ms(heart), rel=0.03)


@pytest.mark.parametrize("spread_01", [0.06, 0.08, 0.12, 0.2])
def test_intervals_without_order_have_a_rate_and_no_variability(spread_01):
    for seed in range(12):
        chance = np.random.default_rng(seed)
        heart = rhythms.fibrillation(chance, hr_bpm=chance.uniform(60, 140), spread_01=spread_01)
        seen = numbers(heart.t_s)
        assert seen["rmssd_ms"].reason == "rhythm_irregular"
        assert seen["hr_mean_bpm"].value is None or seen["hr_mean_bpm"].value == pytest.approx(
            true_hr_bpm(heart), rel=0.02
        )


@pytest.mark.parametrize("own_01", [0.0, 0.02, 0.1])
def test_a_pacemaker_has_a_rate_and_no_variability(own_01):
    for seed in range(8):
        chance = np.random.default_rng(seed)
        heart = rhythms.paced(chance, hr_bpm=chance.uniform(50, 90), own_01=own_01)
        seen = numbers(heart.t_s)
        assert seen["rmssd_ms"].value is None
        assert seen["hr_mean_bpm"].value is None or seen["hr_mean_bpm"].value == pytest.approx(
            true_hr_bpm(heart), rel=0.02
        )
    assert numbers(rhythms.paced(np.random.default_rng(1), hr_bpm=70).t_s)["rmssd_ms"].reason == "rhythm_paced"


@pytest.mark.parametrize("hr_bpm", [21, 28, 40, 100, 180, 205, 220, 238])
def test_rates_from_20_to_240_are_given_where_neighbours_agree(hr_bpm):
    calm = min(1.0, 60 / hr_bpm)
    for seed in range(4):
        heart = rhythms.sinus(np.random.default_rng(seed), hr_bpm=hr_bpm, rmssd_ms=20 * calm, drift_ms=25 * calm)
        seen = numbers(heart.t_s)
        assert seen["hr_mean_bpm"].value == pytest.approx(true_hr_bpm(heart), rel=0.002)
        assert seen["rmssd_ms"].value == pytest.approx(own_rmssd_ms(heart), rel=0.02)
        assert seen["hr_mean_bpm"].edited_01 < 0.01


def test_a_run_of_early_beats_is_labelled_and_its_neighbours_are_not():
    heart = rhythms.sinus(np.random.default_rng(2), hr_bpm=72, rmssd_ms=25)
    rr_ms = heart.rr_ms.copy()
    rr_ms[100:107] = [540, 525, 545, 530, 532, 536, 1150]
    found = labelled(np.cumsum(rr_ms) / 1000, rr_ms, np.ones(rr_ms.size, dtype=bool))
    assert (found[100:107] != Label.NORMAL).all()
    assert not np.delete(found, range(98, 109)).any()
    assert not labels(rr_ms)[101:104].any(), "beat by beat it looks like a new pace"


@pytest.mark.parametrize("period", [5, 6, 7, 9, 12])
def test_deep_breathing_is_no_run_and_no_burst(period):
    n = np.arange(300)
    deep = 950 + 160 * np.sin(2 * np.pi * n / period) + np.random.default_rng(2).normal(0, 15, n.size)
    assert not labelled(np.cumsum(deep) / 1000, deep, np.ones(n.size, dtype=bool)).any()


def test_noise_bursts_do_not_move_rmssd_by_much():
    """What lies between faults so close to each other was measured by the same bad contact."""
    errors = []
    for seed in range(40):
        chance = np.random.default_rng(seed)
        heart = rhythms.sinus(chance, hr_bpm=chance.uniform(50, 120), rmssd_ms=chance.uniform(8, 50))
        rmssd = numbers(rhythms.with_noise_bursts(heart, chance))["rmssd_ms"].value
        if rmssd is not None:
            errors.append(abs(rmssd / own_rmssd_ms(heart) - 1))
    assert len(errors) > 25
    assert np.median(errors) < 0.05
    assert np.percentile(errors, 90) < 0.15


# ---- recordings


def test_no_volunteer_s_rhythm_is_without_order_paced_or_moved():
    for minutes in recorded_minutes():
        if np.count_nonzero(labels(minutes) == Label.MISSED) > 4:
            continue  # beats that nobody marked
        label = labelled(np.cumsum(minutes) / 1000, minutes, np.ones(minutes.size, dtype=bool))
        own = minutes[label == Label.NORMAL]
        assert not rhythm.is_without_order(own)
        assert not rhythm.is_paced(own)
        assert left_out.why_rate_is_moved(minutes, label, np.ones(minutes.size, dtype=bool)) == ""


@pytest.mark.long
def test_a_day_and_a_night_of_a_holter_keep_their_right_beats():
    """22 hours of one heart: every fourth false edit was a change of pace taken for an early beat."""
    held = np.load(shared_file("data/hrv/nsr2db_nsr001_full.npz"))
    symbols, rr_ms = held["symbol"].astype(str), np.diff(held["sample"] / 128.0) * 1000
    near = np.zeros(rr_ms.size, dtype=bool)
    ectopic = np.flatnonzero(symbols[1:] != "N")
    for at in ectopic:
        near[max(0, at - 1) : at + 2] = True
    for found in (labels(rr_ms), labelled(np.cumsum(rr_ms) / 1000, rr_ms, np.ones(rr_ms.size, dtype=bool))):
        assert 1 - (found[~near] > 0).mean() >= 0.997
        assert sum((found[max(0, at - 1) : at + 2] > 0).any() for at in ectopic) >= 76


def test_clean_recordings_have_few_false_edits():
    folder = shared_file("data/hrv/gudb")
    found = []
    for file in sorted(folder.glob("*.tsv")):
        rr_ms = hand_annotated_rr_ms(file)
        label = labels(rr_ms)
        found.append(((label > 0) & (label != Label.MISSED)).mean())  # a beat nobody marked is missed indeed
    assert np.mean(found) <= 0.003
    symbols, t_s = annotated(shared_file("data/hrv/mitdb_100_beats.csv"))
    assert set(symbols) >= {"N", "A"}
    assert math.isfinite(t_s[-1])

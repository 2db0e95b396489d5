"""Responses of simulated skin conductance are found, or their count is withheld with the reason."""

from dataclasses import replace

import numpy as np
import pytest

from agent.signal.eda import numbers
from agent.signal.eda.excursions import COARSE, FINE, excursions, slope_gain_per_s, slope_us_per_s
from agent.signal.eda.prepared import prepared
from agent.signal.eda.responses import noise_floor_us, responses, smallest_told_us
from tests.support.made_conductance import Recipe, bateman, made, scored


def whole_of(recipe, seed=1):
    record = made(recipe, seed)
    return record, numbers.record(prepared(record.value_us, record.fs_hz), record.fs_hz)


@pytest.mark.parametrize("fs_hz", [4.0, 32.0])
@pytest.mark.parametrize("rate_per_min", [1, 6, 15])
@pytest.mark.parametrize(("amplitude_us", "noise_us"), [(0.05, 0.001), (0.2, 0.003), (1.0, 0.005)])
def test_responses_of_usual_size_are_found(fs_hz, rate_per_min, amplitude_us, noise_us):
    recipe = Recipe(rate_per_min, amplitude_us, noise_us, fs_hz, step_us=0.0005)
    record, whole = whole_of(recipe)
    found = scored(record, whole)
    assert whole.reason == ""
    assert found.there > 0
    assert found.recall >= 0.95
    assert found.precision >= 0.9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("amplitude_us", "noise_us"), [(0.01, 0.005), (0.02, 0.02), (0.05, 0.05)])
def test_the_count_of_responses_that_noise_hides_is_withheld(amplitude_us, noise_us, seed):
    _, whole = whole_of(Recipe(5, amplitude_us, noise_us), seed)
    assert whole.reason in ("noise", "near_noise")


def test_a_clear_record_gives_a_count_and_the_same_in_noise_does_not():
    record, clear = whole_of(Recipe(4, 0.2, 0.001))
    rng = np.random.default_rng(8)
    buried = replace(record, value_us=record.value_us + rng.normal(0, 0.2, record.value_us.size))
    hidden = numbers.record(prepared(buried.value_us, 4.0), 4.0)
    values = {one.name: one for one in numbers.numbers(clear, 0, 600)}
    assert values["scr_rate_per_min"].value == pytest.approx(len(record.onset_s) / 10, rel=0.05)
    withheld = {one.name: one for one in numbers.numbers(hidden, 0, 600)}["scr_rate_per_min"]
    assert (withheld.value, withheld.reason) in ((None, "noise"), (None, "near_noise"))


@pytest.mark.parametrize("seed", range(3))
def test_noise_without_responses_gives_no_count_above_the_criterion(seed):
    _, whole = whole_of(Recipe(0, 0.1, 0.005), seed)
    assert whole.reason == "noise"
    _, calm = whole_of(Recipe(0, 0.1, 0.0001), seed)
    assert calm.reason == ""
    assert {one.name: one.value for one in numbers.numbers(calm, 0, 300)}["scr_rate_per_min"] == 0.0


def test_falls_as_fast_as_rises_are_noise():
    """Noise that is slow and symmetric: white noise alone would let its rises count."""
    rng = np.random.default_rng(3)
    value_us = np.full(2400, 0.5)
    for at in rng.integers(40, 2300, 60):
        value_us[at : at + 8] += rng.choice([-1, 1]) * 0.03 * np.hanning(8)
    record = prepared(value_us + rng.normal(0, 0.0005, 2400), 4.0)
    assert noise_floor_us(record, FINE) < 0.01
    assert numbers.record(record, 4.0).reason in ("noise", "near_noise")


@pytest.mark.parametrize("scale", [1.0, -1.0])
def test_a_step_of_movement_is_no_response(scale):
    record = made(Recipe(0, 0.1, 0.0005, fs_hz=16.0), 2)
    value_us = record.value_us + scale * 0.4 * (np.arange(record.value_us.size) > 5000)
    assert responses(prepared(value_us, 16.0)).size_us.size == 0


def test_overlapping_responses_are_counted_one_by_one_and_withheld_where_they_cannot_be():
    t_s = np.arange(0, 60, 0.25)
    two = 3 + bateman(t_s - 20, 0.7, 5.0) + 0.1 * bateman(t_s - 22.5, 0.7, 5.0)
    assert responses(prepared(two, 4.0)).onset_s == pytest.approx([20.0, 22.5], abs=0.6)
    _, dense = whole_of(Recipe(15, 0.3, 0.001, cv=1.0, least_apart_s=1.0))
    assert dense.reason == "overlap"


def test_amplitude_rise_and_recovery_of_a_lone_response():
    t_s = np.arange(0, 90, 0.25)
    found = responses(prepared(3 + 0.5 * bateman(t_s - 30, 0.75, 4.0), 4.0))
    shape = bateman(np.arange(0, 30, 0.001), 0.75, 4.0)
    peak_s = float(np.argmax(shape)) / 1000
    half_s = float(np.flatnonzero(shape[int(1000 * peak_s) :] <= 0.5)[0]) / 1000
    assert found.amplitude_us == pytest.approx([0.5], rel=0.06)
    assert found.size_us == pytest.approx([0.5], rel=0.1)
    assert found.rise_s == pytest.approx([peak_s], abs=1.0)
    assert found.half_recovery_s == pytest.approx([half_s], abs=0.6)


@pytest.mark.parametrize("by", [FINE, COARSE])
def test_the_slope_is_that_of_a_line_and_its_noise_is_the_stated_one(by):
    line = 0.02 * np.arange(400) / 4.0
    assert slope_us_per_s(line, 4.0, by) == pytest.approx(np.full(400, 0.02))
    noise = np.random.default_rng(2).normal(0, 0.003, 40_000)
    assert np.std(slope_us_per_s(noise, 4.0, by)) == pytest.approx(0.003 * slope_gain_per_s(4.0, by), rel=0.05)


@pytest.mark.parametrize("by", [FINE, COARSE])
def test_the_slope_of_a_response_of_1_us_is_the_stated_one(by):
    t_s = np.arange(0, 60, 0.25)
    found = [
        excursions(bateman(t_s - 20, rise_s, fall_s), 4.0, 0.0, by).prominence_us_per_s.max()
        for rise_s in (0.5, 0.75, 1.0)
        for fall_s in (2.0, 4.0, 6.0)
    ]
    assert np.array(found) == pytest.approx(np.full(9, by.unit_per_s), rel=0.2)


def test_the_smallest_size_leaves_a_twentieth_of_noise():
    rises = np.arange(1, 41) / 100
    assert smallest_told_us(rises, np.zeros(0), 0.01) == 0.01
    assert smallest_told_us(rises, np.array([0.2]), 0.01) == 0.01  # 1 of 40
    assert smallest_told_us(rises, np.array([0.2, 0.2, 0.2]), 0.01) == pytest.approx(0.31)
    assert smallest_told_us(rises, np.full(3, 0.5), 0.01) == np.inf
    assert smallest_told_us(np.zeros(0), np.zeros(0), 0.02) == 0.02

"""What of a record can be read, its noise, and the numbers that are withheld."""

import numpy as np
import pytest

from agent.signal.eda import numbers
from agent.signal.eda.prepared import Cause, converter_step_us, noise_us, prepared
from tests.support.made_conductance import Recipe, made


def numbers_of(value_us, fs_hz, begin_s=0.0, end_s=None, moving=None):
    whole = numbers.record(prepared(value_us, fs_hz, moving), fs_hz)
    return {one.name: one for one in numbers.numbers(whole, begin_s, end_s or value_us.size / fs_hz)}


def value(recipe=None, seed=1):
    return made(recipe or Recipe(4, 0.2, 0.001), seed).value_us


@pytest.mark.parametrize("noise", [0.0005, 0.005, 0.05])
def test_noise_is_measured_beside_responses(noise):
    record = made(Recipe(8, 1.0, noise), 2)
    assert prepared(record.value_us, 4.0).noise_us == pytest.approx(noise, rel=0.3, abs=0.0003)


def test_noise_of_white_numbers_is_their_standard_deviation():
    noise = np.random.default_rng(1).normal(0, 2.0, 20_000)
    assert noise_us(noise, np.ones(20_000, dtype=bool)) == pytest.approx(2.0, rel=0.05)
    assert noise_us(noise[:10], np.ones(10, dtype=bool)) == 0.0


def test_the_step_of_a_converter_is_found():
    assert converter_step_us(np.round(value() / 0.01) * 0.01) == pytest.approx(0.01)
    assert converter_step_us(np.full(100, 3.0)) == 0.0


@pytest.mark.parametrize(
    ("spoil", "cause", "reason"),
    [
        (lambda v: np.full(v.size, 0.01), Cause.NO_CONTACT, "no_contact"),
        (lambda v: np.full(v.size, np.nan), Cause.MISSING, "missing"),
        (lambda v: np.minimum(v + np.linspace(0, 5, v.size), 4.5), Cause.SATURATED, "saturated"),
        (lambda v: np.full(v.size, 130.0), Cause.SATURATED, "saturated"),
    ],
)
def test_what_cannot_be_read_is_named(spoil, cause, reason):
    spoilt = value()
    spoilt[400:2200] = spoil(spoilt)[400:2200]
    record = prepared(spoilt, 4.0)
    assert np.mean(record.cause[450:2150] == cause) > 0.6
    found = numbers_of(spoilt, 4.0, 120, 520)
    assert found["readable_01"].value < 0.5
    assert (found["scl_us"].value, found["scl_us"].reason) == (None, reason)
    assert (found["scr_rate_per_min"].value, found["scr_rate_per_min"].reason) == (None, reason)


def test_many_steps_withhold_the_count_and_not_the_level():
    found = numbers_of(value(Recipe(4, 0.2, 0.001, steps_per_min=3.0), 5), 4.0)
    assert (found["scr_rate_per_min"].value, found["scr_rate_per_min"].reason) == (None, "steps")
    assert found["scl_us"].value is not None


def test_a_moving_hand_is_left_out():
    moving = np.zeros(2400, dtype=bool)
    moving[:1800] = True
    assert numbers_of(value(), 4.0, moving=moving)["scr_rate_per_min"].reason == "moving"


def test_a_slow_record_gives_its_level_alone():
    found = numbers_of(value()[::4], 1.0)
    assert found["scr_rate_per_min"].reason == "rate_low"
    assert found["scl_us"].value == pytest.approx(np.median(value()), abs=0.3)


def test_a_short_window_gives_no_rate():
    found = numbers_of(value(), 4.0, 0.0, 30.0)
    assert found["scr_rate_per_min"].reason == "window_short"
    assert numbers_of(value(), 4.0, 0.0, 5.0)["scl_us"].reason == "window_short"


def test_the_level_lies_below_the_responses():
    plain = Recipe(0, 0.2, 0.001, drift_us=0.0)
    assert numbers_of(value(plain), 4.0)["scl_us"].value == pytest.approx(plain.level_us, abs=0.01)
    busy = Recipe(4, 0.5, 0.001, drift_us=0.0)
    assert numbers_of(value(busy), 4.0)["scl_us"].value == pytest.approx(busy.level_us, abs=0.15)


@pytest.mark.parametrize("fs_hz", [0.02, 4.0, 16.0, 130.0])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 20])
def test_a_record_of_few_samples_is_withheld(size, fs_hz):
    found = numbers_of(np.full(size, 3.0), fs_hz, 0.0, 9.0)
    assert all(
        one.value is None or one.name in ("readable_01", "noise_us", "scr_smallest_us") for one in found.values()
    )


def test_every_reason_has_its_words():
    causes = {numbers._CAUSES[cause] for cause in Cause if cause}
    assert causes <= set(numbers.REASONS)

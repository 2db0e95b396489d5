"""Acceleration whose ENMO, MAD, stillness, wear and calibration are known."""

import numpy as np
import pytest

from agent.signal.activity import numbers, units
from agent.signal.activity.calibration import calibration
from agent.signal.activity.movement import enmo_mg, longest_s, mad_mg, not_worn, still_seconds
from tests.support.made_acceleration import quantised, rotated, still, walking

GAIN, OFFSET_G = np.array([1.03, 0.97, 1.02]), np.array([0.03, -0.02, 0.04])


def numbers_of(axes_g, fs_hz, begin_s=0.0, end_s=None):
    found = numbers.numbers(numbers.record(axes_g, fs_hz), begin_s, end_s or axes_g.shape[0] / fs_hz)
    return {one.name: one for one in found}


def test_enmo_and_mad_by_hand():
    axes_g = np.array([[0, 0, 1.0], [0, 0, 1.2], [0, 0.6, 0.0], [0, 0, 1.4]] * 5)
    assert enmo_mg(axes_g) == pytest.approx(1000 * (0 + 0.2 + 0 + 0.4) / 4)
    assert mad_mg(axes_g, 4.0) == pytest.approx(1000 * (0.05 + 0.15 + 0.45 + 0.35) / 4)


@pytest.mark.parametrize("swing_g", [0.1, 0.3, 0.8])
def test_walking_gives_the_known_values(swing_g):
    axes_g = np.concatenate([still(60, 50), walking(240, 50, swing_g)])
    found = numbers_of(axes_g, 50.0, 60, 300)
    assert found["enmo_mg"].value == pytest.approx(1000 * swing_g / np.pi, rel=0.02)
    assert found["mad_mg"].value == pytest.approx(2000 * swing_g / np.pi, rel=0.02)
    assert found["still_01"].value == 0.0
    assert numbers_of(axes_g, 50.0)["longest_still_s"].value == pytest.approx(60, abs=1)


def test_a_still_sensor_does_not_move_in_any_position():
    for direction in ((0, 0, 1), (1, 0, 0), (-0.3, 0.5, 0.8)):
        found = numbers_of(still(300, 32, direction), 32.0)
        assert found["enmo_mg"].value < 2
        assert found["still_01"].value == 1.0
        assert found["longest_still_s"].value == 300.0


def test_positions_correct_gain_and_offset():
    raw = rotated(32) * GAIN + OFFSET_G
    before = calibration(raw, 32.0)
    assert before.before_g > 0.02
    assert before.is_corrected
    assert before.error_g < 0.001
    assert before.gain == pytest.approx(1 / GAIN, abs=0.003)
    assert before.offset_g == pytest.approx(-OFFSET_G, abs=0.003)
    assert numbers_of(quantised(raw), 32.0)["enmo_mg"].value < 5


def test_a_sensor_that_does_not_feel_1_g_gives_no_enmo():
    found = numbers_of(still(300, 32) + np.array([0, 0, 0.05]), 32.0)
    assert (found["enmo_mg"].value, found["enmo_mg"].reason) == (None, "gravity_off")
    assert found["mad_mg"].value < 3
    assert found["gravity_error_mg"].value == pytest.approx(50, abs=1)
    assert numbers_of(1.3 * still(300, 32), 32.0)["mad_mg"].reason == "gravity_off"
    assert numbers_of(walking(240, 50), 50.0)["enmo_mg"].reason == "gravity_unknown"


def test_hours_without_a_wearer_are_left_out():
    axes_g = np.concatenate([walking(3600, 20), still(7200, 20, noise_g=0.003), walking(3600, 20)])
    found = numbers_of(axes_g, 20.0)
    assert found["nonwear_01"].value == pytest.approx(0.5, abs=0.01)
    assert found["still_01"].value < 0.01
    assert found["enmo_mg"].value == pytest.approx(300 / np.pi, rel=0.05)
    assert numbers_of(axes_g, 20.0, 3600, 10_800)["enmo_mg"].reason == "not_worn"
    assert not_worn(axes_g[:60_000], 20.0) is None
    assert numbers_of(still(600, 20), 20.0)["nonwear_01"].reason == "record_short"


@pytest.mark.parametrize(
    ("axes_g", "fs_hz", "name", "reason"),
    [
        (still(300, 8), 8.0, "enmo_mg", "rate_low"),
        (still(300, 2), 2.0, "still_01", "rate_too_low"),
        (np.clip(walking(300, 32, 1.6), -2, 2), 32.0, "mad_mg", "saturated"),
        (np.full((9600, 3), np.nan), 32.0, "enmo_mg", "missing"),
        (still(5, 32), 32.0, "enmo_mg", "window_short"),
    ],
)
def test_what_the_data_do_not_carry_is_withheld(axes_g, fs_hz, name, reason):
    assert numbers_of(axes_g, fs_hz)[name].reason == reason
    assert reason in numbers.REASONS


@pytest.mark.parametrize(("unit", "scale"), [("g", 1.0), ("m/s2", 9.80665), ("mg", 1000.0), ("1/64g", 64.0)])
def test_gravity_tells_the_unit(unit, scale):
    axes = scale * np.concatenate([still(60, 32, (0.2, 0.3, 0.9)), walking(300, 32, 0.6)])
    assert units.unit_by_gravity(units.gravity(axes, 32.0)) == unit
    assert units.unit_by_gravity(256 * scale) is None


def test_still_seconds_follow_a_rate_that_is_no_whole_number():
    axes_g = np.concatenate([still(100, 31.25), walking(100, 31.25)])
    found, known = still_seconds(axes_g, 31.25)
    assert found.size == 200
    assert known.all()
    assert longest_s(found) == pytest.approx(100, abs=1)
    axes_g[50] = np.nan
    assert not still_seconds(axes_g, 31.25)[1][1]

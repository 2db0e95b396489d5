"""Breathing whose rate is known, in hearts with and without drift and the rhythm of the vessels."""

import math

import numpy as np
import pytest

from agent.features import FEATURES
from agent.model import NS_PER_S, Series, Window
from agent.signal.heart import respiration


def breathing(seed, bpm, deep_ms, *, drift_ms=0.0, vessels_ms=0.0, hr_bpm=65.0, seconds=300.0):
    chance = np.random.default_rng(seed)
    at_s = np.arange(0, seconds + 5, 0.25)
    power = np.fft.rfft(chance.normal(0, 1, at_s.size))
    f_hz = np.fft.rfftfreq(at_s.size, 0.25)
    slow = np.fft.irfft(power * np.exp(-0.5 * ((f_hz - chance.uniform(0.08, 0.11)) / 0.012) ** 2), at_s.size)
    slow *= vessels_ms / (math.sqrt(2) * slow.std())
    phase, t_s = chance.uniform(0, 2 * np.pi, 2), [0.0]
    while t_s[-1] < seconds:
        now = t_s[-1]
        rr_ms = 60_000 / hr_bpm + deep_ms * np.sin(2 * np.pi * bpm / 60 * now + phase[0])
        rr_ms += drift_ms * np.sin(2 * np.pi * 0.008 * now + phase[1]) + np.interp(now, at_s, slow)
        t_s.append(now + (rr_ms + chance.normal(0, 5)) / 1000)
    rr_ms, ends_ns = np.diff(t_s) * 1000, np.round(np.array(t_s[1:]) * 1e9).astype(np.int64)
    span_ns = int(seconds * NS_PER_S)
    keep = ends_ns < span_ns
    return Window(0, span_ns, {"rr_ms": Series(ends_ns[keep], rr_ms[keep], np.ones(int(keep.sum()), dtype=bool))})


def found_bpm(window):
    return FEATURES["resp_rate_bpm"].compute(window).value


@pytest.mark.parametrize(("drift_ms", "vessels_ms"), [(0, 0), (60, 0), (60, 8)])
@pytest.mark.parametrize("bpm", [4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 36, 39])
def test_breath_from_4_to_40_a_minute_is_found(bpm, drift_ms, vessels_ms):
    for seed in range(6):
        deep_ms = (60, 100, 150)[seed % 3] if bpm < 12 else (30, 45)[seed % 2] if bpm < 24 else 25
        hr_bpm = 65 if bpm < 24 else 95
        window = breathing(seed, bpm, deep_ms, drift_ms=drift_ms, vessels_ms=vessels_ms, hr_bpm=hr_bpm)
        assert found_bpm(window) == pytest.approx(bpm, abs=0.5)


@pytest.mark.parametrize("vessels_ms", [15, 30, 45])
def test_the_rhythm_of_the_vessels_is_not_taken_for_breath(vessels_ms):
    seen = [found_bpm(breathing(seed, 15, 6, drift_ms=30, vessels_ms=vessels_ms)) for seed in range(20)]
    wrong = [one for one in seen if math.isfinite(one) and abs(one - 15) > 1]
    assert len(wrong) <= 1, wrong


def test_breath_faster_than_half_the_heart_s_rate_is_not_given():
    """At 50 beats a minute a breath of 36 shows as one of 14: no rate beyond the half is ever said."""
    for seed in range(6):
        one = found_bpm(breathing(seed, 24, 20, hr_bpm=42))
        assert not one > 42 / 2


def test_the_row_says_what_the_rule_can():
    row = FEATURES["resp_rate_bpm"]
    assert (row.low, row.high) == (respiration.SLOWEST_BPM, respiration.FASTEST_BPM) == (4.0, 40.0)

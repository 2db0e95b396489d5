"""Streaming equals batch; breath is told only where it can be."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.features.heart_formulas import beats as heart_beats
from agent.features.live import LiveHeart
from agent.model import Quality, Sample
from agent.signal.heart import respiration, rr, spectrum
from agent.signal.heart.incremental import IncrementalMetrics
from agent.windows.window import Ring
from firmware_sim.physiology import SCRIPTS, Phase, Physiology

S = 10**9


def batch(beats, now_ns, span_s):
    """The same window at once: (t_ns, rr_ms, right, joined) in, the numbers out."""
    rr_ms = np.array([one[1] for one in beats])
    right = np.array([one[2] for one in beats])
    joined = np.array([one[3] for one in beats])
    inside = np.array([now_ns - span_s * S < one[0] <= now_ns for one in beats])
    nn_ms = rr_ms[right & inside]
    pair = np.concatenate([[False], right[1:] & right[:-1] & joined[1:]])
    diff_ms = np.diff(rr_ms, prepend=rr_ms[0])[pair & inside]
    return nn_ms, diff_ms


beats = st.lists(
    st.tuples(
        st.floats(300, 2000), st.sampled_from([True, True, True, False]), st.sampled_from([True, True, True, False])
    ),
    min_size=1,
    max_size=150,
)


def exact(a, b):
    return (math.isnan(a) and math.isnan(b)) or a == pytest.approx(b, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=100)
@given(beats, st.sampled_from([10.0, 30.0, 60.0]))
def test_what_streams_equals_what_is_computed_at_once(raw, span_s):
    running, seen, t_ns = IncrementalMetrics(span_s), [], 0
    for rr_ms, right, joined in raw:
        t_ns += round(rr_ms * 1e6)
        seen.append((t_ns, rr_ms, right, joined))
        running.push(t_ns, rr_ms, is_normal=right, joined=joined)
        now = running.now()
        nn_ms, diff_ms = batch(seen, t_ns, span_s)
        assert (now.n, now.pairs) == (nn_ms.size, diff_ms.size)
        assert exact(now.mean_nn_ms, float(nn_ms.mean()) if nn_ms.size else math.nan)
        assert exact(now.hr_mean_bpm, rr.hr_mean_bpm(nn_ms))
        assert exact(now.rmssd_ms, rr.rmssd_ms(diff_ms))
        assert exact(now.sdsd_ms, rr.sdnn_ms(diff_ms)) or abs(now.sdsd_ms - rr.sdnn_ms(diff_ms)) < 1e-6
        assert exact(now.sdnn_ms, rr.sdnn_ms(nn_ms)) or abs(now.sdnn_ms - rr.sdnn_ms(nn_ms)) < 1e-6
        assert exact(now.pnn50_01, rr.pnn_01(diff_ms, 50.0))


def test_a_day_of_beats_leaves_no_digits_behind():
    chance, running, t_ns = np.random.default_rng(1), IncrementalMetrics(300.0), 0
    recent = []
    for rr_ms in chance.normal(850, 40, 100_000).tolist():
        t_ns += round(rr_ms * 1e6)
        running.push(t_ns, rr_ms, is_normal=True, joined=True)
        recent.append((t_ns, rr_ms, True, True))
    nn_ms, diff_ms = batch(recent[-600:], t_ns, 300.0)
    now = running.now()
    assert now.sdnn_ms == pytest.approx(rr.sdnn_ms(nn_ms), rel=1e-9)
    assert now.rmssd_ms == pytest.approx(rr.rmssd_ms(diff_ms), rel=1e-9)


def test_rmssd_across_a_gap_of_sixty_beats_is_that_of_both_sides():
    rr_ms = [one.rr_ms for one in itertools.islice(Physiology([SCRIPTS["rest"]], 2).beats(), 360)]
    whole, gapped, t_ns = IncrementalMetrics(600.0), IncrementalMetrics(600.0), 0
    for n, one in enumerate(rr_ms):
        t_ns += round(one * 1e6)
        whole.push(t_ns, one, is_normal=True, joined=True)
        if not 150 <= n < 210:
            gapped.push(t_ns, one, is_normal=True, joined=n != 210)
    assert gapped.now().pairs == whole.now().pairs - 61
    assert gapped.now().rmssd_ms == pytest.approx(whole.now().rmssd_ms, rel=0.05)


@pytest.mark.parametrize("breaths", [10.5, 13.0, 15.0, 18.0, 22.0])
def test_breath_is_told_where_it_swings_the_heart(breaths):
    phase = Phase(600.0, 66.0, 45.0, 0.8, resp_hz=breaths / 60)
    beats = list(itertools.takewhile(lambda one: one.end_s < 300, Physiology([phase], 4).beats()))
    t_s, nn_ms = np.array([one.end_s for one in beats]), np.array([one.rr_ms for one in beats])
    assert respiration.resp_rate_bpm(spectrum.spectrum(t_s, nn_ms)) == pytest.approx(breaths, abs=1.0)


@pytest.mark.parametrize("breaths", [5.0, 6.0, 7.0, 8.0])
@pytest.mark.parametrize("shape", ["sine", "saw"])
def test_slow_breath_is_not_told_by_its_overtone(breaths, shape):
    phase_s, t_s, nn_ms = 0.0, [0.0], []
    while t_s[-1] < 300:
        phase_s = t_s[-1] * breaths / 60 % 1
        swing = math.sin(2 * math.pi * phase_s) if shape == "sine" else 2 * abs(2 * (phase_s**1.5) - 1) - 1
        nn_ms.append(950 + 120 * swing)
        t_s.append(t_s[-1] + nn_ms[-1] / 1000)
    told = respiration.resp_rate_bpm(spectrum.spectrum(np.array(t_s[1:]), np.array(nn_ms)))
    assert math.isnan(told) or told == pytest.approx(breaths, abs=1.0)


def test_breath_is_not_told_from_noise_nor_from_the_slow_rhythm():
    for seed in range(10):
        noise = 850 + np.random.default_rng(seed).normal(0, 20, 350)
        assert math.isnan(respiration.resp_rate_bpm(spectrum.spectrum(np.cumsum(noise) / 1000, noise)))
    slow = Phase(600.0, 66.0, 12.0, 12.0)
    beats = list(itertools.takewhile(lambda one: one.end_s < 300, Physiology([slow], 4).beats()))
    t_s, nn_ms = np.array([one.end_s for one in beats]), np.array([one.rr_ms for one in beats])
    told = respiration.resp_rate_bpm(spectrum.spectrum(t_s, nn_ms))
    assert math.isnan(told) or told == pytest.approx(15.0, abs=1.0)  # its breath, never its slow rhythm


# ---- live


def live_of(rr_ms, doubtful=(), gaps=()):
    """A live heart that took these beats; gaps: indices of intervals with 5 s missing before them."""
    heart, t_ns = LiveHeart(), 0
    for n, one in enumerate(rr_ms):
        t_ns += round(one * 1e6) + 5 * S * (n in gaps)
        heart.push(Sample(t_ns, "rr_ms", float(one), Quality.SUSPECT if n in doubtful else Quality.GOOD))
    return heart, t_ns


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 99),
    st.integers(30, 300),
    st.sets(st.integers(0, 299), max_size=4),
    st.sets(st.integers(1, 299), max_size=3),
)
def test_what_the_page_shows_is_what_a_window_over_the_same_beats_says(seed, count, doubtful, gaps):
    rr_ms = [one.rr_ms for one in itertools.islice(Physiology([SCRIPTS["rest"]], seed).beats(), count)]
    heart, _ = live_of(rr_ms, doubtful, gaps)
    ring, t_ns, ends = Ring(), 0, []
    for n, one in enumerate(rr_ms):
        t_ns += round(one * 1e6) + 5 * S * (n in gaps)
        ends.append(t_ns)
        ring.add(Sample(t_ns, "rr_ms", float(one), Quality.SUSPECT if n in doubtful else Quality.GOOD))
    settled_ns = max(
        [ends[-1 - 2], *(ends[n - 1] for n in gaps if n < count), *(ends[n] for n in doubtful if n < count)]
    )
    seen = heart_beats(ring.window(settled_ns - 60 * S + 1, settled_ns + 1))
    now = heart.now()
    assert now.metrics.n == seen.nn_ms.size
    assert exact(now.metrics.rmssd_ms, rr.rmssd_ms(seen.diff_ms))
    assert exact(now.metrics.hr_mean_bpm, rr.hr_mean_bpm(seen.nn_ms))
    assert now.edited_01 == pytest.approx(seen.edited_01)


def test_no_variability_is_shown_of_few_beats_nor_of_an_irregular_rhythm():
    assert live_of([800.0, 810.0] * 5)[0].now().rmssd_ms is None
    assert live_of([800.0, 810.0] * 30)[0].now().rmssd_ms == pytest.approx(10.0)
    assert live_of([560.0, 1040.0] * 60)[0].now().rmssd_ms is None
    assert live_of([])[0].now().rmssd_ms is None

"""PERCLOS and blinks, by hand and by a simulated lid whose truth is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.signal.face import lids


def lid(rng, seconds, fps_hz, share_closed, blinks_per_min=15.0, noise=0.05):
    """A lid's course: blinks (closed phase about 110 ms, slower to open than to shut) and long closures."""
    fine = np.arange(0.0, seconds, 0.002)
    shut = np.zeros(fine.size)
    starts, at = [], rng.exponential(60.0 / blinks_per_min)
    while at < seconds - 1.0:
        starts.append(at)
        at += 0.6 + rng.exponential(60.0 / blinks_per_min - 0.6)
    for start in starts:
        down, held, up = 0.07, rng.uniform(0.02, 0.1), 0.14
        phase = fine - start
        rise = np.clip(phase / down, 0, 1)
        fall = 1 - np.clip((phase - down - held) / up, 0, 1)
        shut = np.maximum(shut, np.minimum(rise, fall))
    blink_share = float(np.mean(shut >= 0.8))
    long = np.zeros(fine.size)
    left = share_closed * seconds
    at = 5.0
    while left > 0 and at < seconds - 4.0:
        length = min(left, rng.uniform(1.0, 3.0))
        long[(fine >= at) & (fine < at + length)] = 1.0
        left -= length
        at += length + rng.uniform(1.0, 2.0) * (1 - share_closed) / max(share_closed, 0.05)
    shut = np.maximum(shut, long)
    t_s = np.arange(0.0, seconds, 1.0 / fps_hz) + rng.uniform(0, 0.2 / fps_hz, math.ceil(seconds * fps_hz))
    t_s = t_s[t_s < seconds - 0.01]
    seen = np.clip(np.interp(t_s, fine, shut) + rng.normal(0, noise, t_s.size), 0, 1)
    isolated = [one for one in starts if not np.any(long[(fine > one - 0.6) & (fine < one + 1.0)])]
    return t_s, seen, float(np.mean(shut >= 0.8)), isolated, blink_share


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
def test_perclos_at_five_frames_a_second_is_within_three_hundredths(share):
    for seed in range(10):
        t_s, shut, truth, _, _ = lid(np.random.default_rng(seed), 300.0, 5.0, share)
        assert lids.perclos(t_s, shut).share_01 == pytest.approx(truth, abs=0.03)


def test_blinks_at_thirty_frames_a_second_are_found():
    found = made = 0
    for seed in range(20):
        t_s, shut, _, starts, _ = lid(np.random.default_rng(seed), 60.0, 30.0, 0.0)
        found += lids.blinks(t_s, shut).n
        made += len(starts)
    assert 0.95 * made <= found <= 1.02 * made
    missed = lids.blinks(t_s[::1], np.zeros(t_s.size))  # the same detector on a lid that never moves
    assert missed.n == 0


def test_at_five_frames_a_second_no_blink_is_counted():
    t_s, shut, _, _, _ = lid(np.random.default_rng(1), 300.0, 5.0, 0.0)
    assert lids.blinks(t_s, shut).seen_s == 0.0
    assert math.isnan(lids.blinks(t_s, shut).rate_per_min)


def test_a_blink_s_length_needs_28_frames_a_second():
    t_s, shut, _, _, _ = lid(np.random.default_rng(2), 120.0, 16.0, 0.0)
    slow = lids.blinks(t_s, shut)
    assert slow.n > 0
    assert math.isnan(slow.length_ms)
    t_s, shut, _, _, _ = lid(np.random.default_rng(2), 120.0, 30.0, 0.0)
    # half of shutting, the hold, half of opening: 35 + 60 + 70 ms
    assert lids.blinks(t_s, shut).length_ms == pytest.approx(165.0, abs=20.0)


def test_a_burst_does_not_weigh_more_than_its_time():
    slow, fast = np.arange(0.0, 60.0, 0.2), np.arange(60.0, 120.0, 1 / 30)
    t_s = np.concatenate([slow, fast])
    shut = np.concatenate([np.zeros(slow.size), np.ones(fast.size)])
    assert lids.perclos(t_s, shut).share_01 == pytest.approx(0.5, abs=0.005)


def test_a_closure_by_hand():
    """Half open at 0.05 and 0.25 s by straight lines: 200 ms."""
    t_s = np.arange(0.0, 2.0, 0.1 / 3)
    shut = np.interp(t_s, [0.0, 0.5, 0.6, 0.7, 0.8, 2.0], [0, 0, 1, 1, 0, 0])
    found = lids.blinks(t_s, shut)
    assert found.n == 1
    assert found.length_ms == pytest.approx(200.0, abs=12.0)
    assert lids.blinks(t_s, np.where(t_s > 0.5, 1.0, 0.0)).n == 0  # shut for long is no blink


@given(st.lists(st.floats(0, 1), min_size=2, max_size=200), st.floats(0.02, 0.6))
def test_perclos_is_a_share_and_does_not_move_with_time(shut, apart_s):
    t_s = np.arange(len(shut)) * apart_s
    one, later = lids.perclos(t_s, np.array(shut)), lids.perclos(t_s + 1000.0, np.array(shut))
    assert 0.0 <= one.share_01 <= 1.0
    assert later.share_01 == pytest.approx(one.share_01)
    lids.blinks(t_s, np.array(shut))

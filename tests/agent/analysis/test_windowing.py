"""Short recordings, and the rest of long ones: one window as long as they are, each number by its own minimum."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import cli
from agent.analysis.windowing import Span, spans
from agent.features import FEATURES
from agent.model import NS_PER_S

HEART = {spec.name: spec for spec in FEATURES.values() if spec.signal == "heart"}


def heart(length_s, rate_bpm=75.0, seed=1):
    """Intervals in ms of a calm heart that breathes, as long as they may be without going beyond a length."""
    n = int(length_s * rate_bpm / 60 * 1.5)
    t_s = np.arange(n) * 60 / rate_bpm
    noise = np.random.default_rng(seed).normal(0, 12, n)
    rr_ms = np.round(
        60_000 / rate_bpm + 35 * np.sin(2 * np.pi * 0.25 * t_s) + 25 * np.sin(2 * np.pi * 0.1 * t_s) + noise
    )
    return rr_ms[: int(np.searchsorted(np.cumsum(rr_ms), length_s * 1000, side="right"))]


def answer(capsys, tmp_path, rr_ms, *words):
    file = tmp_path / "reading.txt"
    file.write_text("\n".join(f"{one:g}" for one in rr_ms))
    assert cli.main(["analyze", str(file), *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("rate_bpm", [50.0, 75.0, 110.0])
@pytest.mark.parametrize("length_s", [14, 62, 119.5, 121, 161, 187, 211, 245, 299.4])
def test_a_short_reading_is_one_window_and_gives_every_number_that_its_length_allows(
    tmp_path, capsys, length_s, rate_bpm
):
    found = json.loads(answer(capsys, tmp_path, heart(length_s, rate_bpm), "--json"))
    (window,) = found["windows"]
    assert window["end_s"] - window["start_s"] == pytest.approx(length_s, abs=2.5)
    for name, one in window["features"].items():
        spec = HEART[name]
        if length_s + 1.2 < spec.min_span_s:
            assert one["reason"] == "window_short", name
        else:  # nothing is missing merely because the recording ends
            assert one["reason"] in (None, "too_few_samples", "not_defined"), name
            assert (one["reason"] == "too_few_samples") == (one["n"] < spec.min_samples), name


def test_the_text_names_the_minimum_that_a_number_needs_and_what_there_is(tmp_path, capsys):
    out = answer(capsys, tmp_path, heart(161), "--all")
    assert "needs 300 s; this is 161 s: vlf_ms2, total_power_ms2, baevsky_si, sqrt_baevsky_si" in out
    assert "too few valid beats (needs 256; there are 201): dfa_alpha2" in out
    assert "missing" not in out
    out = answer(capsys, tmp_path, heart(62), "--all")
    assert "needs 120 s; this is 62 s: sdnn_ms" in out
    assert "rmssd_ms  " in out
    assert "hf_ms2  " in out


def test_a_reading_by_the_clock_meets_its_minimum_though_the_intervals_at_its_ends_are_cut_off(tmp_path, capsys):
    """Two minutes by the clock hold at most two intervals less."""
    rr_ms = heart(125)
    rr_ms = rr_ms[: int(np.searchsorted(np.cumsum(rr_ms), 120_000)) + 1]  # the first and the last are cut by the clock
    for cut in (slice(None), slice(1, None), slice(1, -1)):
        found = json.loads(answer(capsys, tmp_path, rr_ms[cut], "--json"))
        assert found["windows"][0]["features"]["lf_ms2"]["value"] is not None
    found = json.loads(answer(capsys, tmp_path, rr_ms[2:-2], "--json"))
    assert found["windows"][0]["features"]["lf_ms2"]["reason"] == "window_short"


def test_the_rest_of_a_longer_recording_is_a_window_of_its_own_length_from_half_a_window_up(tmp_path, capsys):
    found = json.loads(answer(capsys, tmp_path, heart(480), "--json"))
    _, rest = found["windows"]
    assert rest["start_s"] == pytest.approx(300)
    assert rest["end_s"] == pytest.approx(480, abs=1.7)
    assert rest["features"]["sdnn_ms"]["value"] is not None
    assert rest["features"]["sdnn_ms"]["coverage_01"] > 0.97
    out = answer(capsys, tmp_path, heart(430))
    assert "300 to 429 s is in no window" in out or "300 to 430 s is in no window" in out


def test_no_beat_of_a_recording_is_lost_at_its_end(tmp_path, capsys):
    for length_s, words in ((161, ()), (480, ()), (600, ()), (100, ("--window", "10"))):
        rr_ms = heart(length_s)
        found = json.loads(answer(capsys, tmp_path, rr_ms, "--json", *words))
        held = sum(one["features"]["mean_nn_ms"]["n"] for one in found["windows"])
        assert held == rr_ms.size, length_s


def test_a_gap_inside_a_short_reading_still_counts(tmp_path, capsys):
    rr_ms = heart(161)
    t_s = np.cumsum(rr_ms) / 1000
    keep = (t_s < 40) | (t_s > 100)
    file = tmp_path / "holed.csv"
    rows = (f"{t:.3f},{one:g}" for t, one in zip(t_s[keep], rr_ms[keep], strict=True))
    file.write_text("t_s,rr_ms\n" + "\n".join(rows))
    assert cli.main(["analyze", str(file)]) == 0
    assert "too much of the window is missing (needs 85%;" in capsys.readouterr().out


@given(
    st.floats(0.02, 3000), st.floats(1, 700), st.floats(1, 700), st.sampled_from([0.0, 0.4, 0.8, 1.5])
)  # fmt: skip
def test_windows_are_full_but_for_the_last_and_each_holds_something_new(length_s, window_s, step_s, beat_s):
    found = spans(length_s, window_s, step_s, beat_s)
    assert found[0].start_s == 0
    for before, after in itertools.pairwise(found):
        assert after.start_s == pytest.approx(before.start_s + step_s)
        assert before.length_s == pytest.approx(window_s)
        assert after.end_s > before.end_s
    assert found[-1].length_s <= window_s + 1e-6
    assert found[-1].end_s <= length_s + 2 * beat_s + 1e-6
    if len(found) > 1:
        assert found[-1].length_s >= window_s / 2 - 1e-6
    left_s = length_s - max(one.end_s for one in found)
    assert left_s < window_s / 2 + max(step_s - window_s, 0.0) + 2 * beat_s + 1e-6


def test_a_window_of_a_day_long_recording_costs_no_more_than_one_of_an_hour():
    """Each window looks at its own intervals alone: work that grew with the recording would show in the counts."""
    from agent.analysis.recorded import Recorded

    looked = []

    class Watched(np.ndarray):
        def __getitem__(self, key):
            found = super().__getitem__(key)
            if isinstance(key, slice):
                looked.append(found.size)
            return found

    t_s = np.arange(1, 100_001) * 0.8
    rr_ms, label = np.full(100_000, 800.0), np.zeros(100_000, dtype=np.int8)
    recorded = Recorded(0.0, 80_000.0, t_s.view(Watched), rr_ms, label, None, None)
    window = recorded.window(40_000 * NS_PER_S, 40_300 * NS_PER_S)
    assert window.series["rr_ms"].value.size == 376
    assert max(looked) < 400
    assert Span(0.0, 300.0).length_s == 300

"""Beat intervals to the first four numbers: hand values, properties, and the reference on real recordings."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.features import FEATURES, compute_all, heart_formulas
from agent.model import NS_PER_S
from agent.recording import files
from agent.signal.heart import rr
from agent.windows.window import Ring
from tests.support.heart_windows import values, window_of
from tests.support.processes import shared_file

intervals = st.lists(st.floats(300, 2000), min_size=3, max_size=200).map(np.array)


def test_no_difference_is_taken_across_a_rejected_beat_nor_across_a_gap():
    beats = np.array([800.0, 810.0] * 10)
    rejected, gapped = beats.copy(), beats.copy()
    rejected[10] = 2600.0
    for window, pairs in (
        (window_of(beats), 19),
        (window_of(rejected), 17),
        (window_of(gapped, gaps=[(10, 5000)]), 18),
    ):
        assert window.once(heart_formulas.beats).diff_ms.size == pairs
        assert values(window)["rmssd_ms"].n == pairs


def test_hand_worked_values():
    diffs = np.array([10.0, -20.0, 60.0])
    assert rr.rmssd_ms(diffs) == pytest.approx(math.sqrt((100 + 400 + 3600) / 3))
    assert rr.pnn_01(diffs, 50.0) == pytest.approx(1 / 3)
    assert rr.sdnn_ms(np.array([800.0, 820.0, 840.0])) == 20.0
    assert rr.hr_mean_bpm(np.array([500.0, 1500.0])) == 60.0


@pytest.mark.parametrize("formula", [rr.rmssd_ms, rr.hr_mean_bpm, rr.sdnn_ms])
def test_nothing_in_gives_nothing_out(formula):
    assert math.isnan(formula(np.array([])))


@given(intervals, st.floats(-200, 200))
def test_a_shift_of_all_intervals_changes_no_spread(rr_ms, shift):
    assert rr.sdnn_ms(rr_ms + shift) == pytest.approx(rr.sdnn_ms(rr_ms), abs=1e-6)
    assert rr.rmssd_ms(np.diff(rr_ms + shift)) == pytest.approx(rr.rmssd_ms(np.diff(rr_ms)), abs=1e-6)


@given(intervals)
def test_the_order_of_beats_matters_to_rmssd_only_through_its_pairs(rr_ms):
    assert rr.rmssd_ms(np.diff(rr_ms[::-1])) == pytest.approx(rr.rmssd_ms(np.diff(rr_ms)))


@pytest.mark.slow
@given(intervals)
def test_inputs_are_left_as_they_were(rr_ms):
    window = window_of(rr_ms)
    before = window.series["rr_ms"].value.copy()
    compute_all(window)
    assert (window.series["rr_ms"].value == before).all()


def test_the_difference_to_the_last_beat_before_the_window_counts_unless_a_gap_or_doubt_lies_between():
    beats = [800.0] * 370
    assert values(window_of(beats, lead=780.0))["rmssd_ms"].n == 370
    assert values(window_of(beats))["rmssd_ms"].n == 369
    assert values(window_of(beats, lead=780.0, gaps=[(0, 3000)]))["rmssd_ms"].n == 369
    assert values(window_of(beats, lead=780.0, quality={0}))["rmssd_ms"].n == 368


def test_a_window_with_too_little_in_it_says_why_and_keeps_still():
    short = values(window_of([1000.0] * 63))
    assert all(one.value is None for one in short.values())
    assert short["hr_mean_bpm"].reason == "coverage_low"
    assert short["dfa_alpha1"].reason == "too_few_samples"
    none = values(Ring().window(0, 300 * NS_PER_S))
    assert {value.reason for value in none.values()} == {"no_signal"}


def test_a_doubtful_beat_stays_in_place_and_is_counted():
    seen = values(window_of([800.0] * 370, quality={100}))
    assert seen["hr_mean_bpm"].n == 369
    assert seen["rmssd_ms"].n == 367
    assert seen["hr_mean_bpm"].edited_01 == pytest.approx(1 / 370)


REFERENCE = {"hr_mean_bpm": "mean_hr_time_weighted", "rmssd_ms": "rmssd", "sdnn_ms": "sdnn", "pnn50_01": "pnn50"}


@pytest.mark.parametrize(
    ("series", "file"),
    [("bartels_rest_rri.txt first 300 s", "bartels_rest_rri.txt"), ("pyhrv_nni_5min.txt", "pyhrv_nni_5min.txt")],
)
def test_real_recordings_give_the_reference_values(series, file):
    known = json.loads(shared_file("data/hrv/reference_values.json").read_text())["series"]
    reference = next(value for name, value in known.items() if name.startswith(series))["reference"]
    beats = [beat.rr_ms for beat in files.beats(shared_file(f"data/hrv/{file}")) if beat.end_s < 300]
    seen = values(window_of(beats))
    for name, theirs in REFERENCE.items():
        scale = 100 if name == "pnn50_01" else 1
        assert seen[name].value * scale == pytest.approx(reference[theirs], rel=1e-9)


def test_every_row_has_a_formula_source_and_words():
    for spec in FEATURES.values():
        assert spec.source.startswith("10.")
        assert len(spec.words) > 20

"""Spread, scaling, entropy and power: the reference file, SciPy as the second hand, analytic signals, laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import interpolate, signal

from agent.signal.heart import geometric, nonlinear, rr, spectrum
from tests.support.heart_windows import REFERENCE, sampen_by_loops, series


def dfa(nn_ms, boxes):
    return nonlinear.slope(*nonlinear.fluctuations(nn_ms, boxes), boxes)


def turning(nn_ms, joined=None):
    return nonlinear.share_of(nonlinear.inflections(nn_ms, joined))


@pytest.mark.parametrize("name", REFERENCE)
def test_time_and_nonlinear_numbers_are_the_reference_s(name):
    nn_ms, known = series(name)
    diff_ms = np.diff(nn_ms)
    ours = {
        "sdnn": rr.sdnn_ms(nn_ms),
        "rmssd": rr.rmssd_ms(diff_ms),
        "sdsd": rr.sdnn_ms(diff_ms),
        "pnn50": 100 * rr.pnn_01(diff_ms, 50.0),
        "hti": geometric.hti(nn_ms),
        "sd1": geometric.sd1_ms(diff_ms),
        "sd2": geometric.sd2_ms(nn_ms, diff_ms),
        "baevsky_si": geometric.baevsky_si(nn_ms),
        "dfa_a1_4_16": dfa(nn_ms, (4, 16)),
        "dfa_a2_16_64": dfa(nn_ms, (16, 64)),
        "sampen_m2_r0.2_ddof1": nonlinear.sampen(nn_ms),
    }
    for metric, value in ours.items():
        if known[metric] is not None:
            assert value == pytest.approx(known[metric], rel=1e-6), metric


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize(
    ("key", "detrend"), [("freq_sp500_cubic4hz_welch300", True), ("freq_const_cubic4hz_welch300", False)]
)
def test_power_is_the_reference_s_within_one_percent(name, key, detrend):
    nn_ms, known = series(name)
    found = spectrum.spectrum(np.cumsum(nn_ms) / 1000, nn_ms, detrend=detrend)
    bands = {"vlf": spectrum.VLF_HZ, "lf": spectrum.LF_HZ, "hf": spectrum.HF_HZ}
    for band, limits in bands.items():
        assert found.power_ms2(limits) == pytest.approx(known[key][band], rel=0.01), band


@pytest.mark.parametrize(("hf_hz", "limit_01"), [(0.25, 0.02), (0.33, 0.06)])
def test_the_bias_on_an_analytic_signal_is_small(hf_hz, limit_01):
    """RR = 850 + 30 sin(0.1 Hz) + 20 sin(f): LF 450, HF 200 ms²; eight phases."""
    errors = []
    for phase in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        t_s = [0.0]
        while t_s[-1] < 300:
            slow = 30 * math.sin(2 * math.pi * 0.1 * t_s[-1] + phase)
            t_s.append(t_s[-1] + (850 + slow + 20 * math.sin(2 * math.pi * hf_hz * t_s[-1] + phase)) / 1000)
        found = spectrum.spectrum(np.array(t_s[1:]), np.diff(t_s) * 1000, detrend=False)
        errors.append((found.power_ms2(spectrum.LF_HZ) / 450 - 1, found.power_ms2(spectrum.HF_HZ) / 200 - 1))
    lf_error, hf_error = np.abs(np.mean(errors, axis=0))
    assert lf_error <= 0.02
    assert hf_error <= limit_01


def made_up(n=300, seed=2):
    return 850 + 40 * np.random.default_rng(seed).standard_normal(n).cumsum() / 6


def test_spline_and_welch_are_scipy_s():
    nn_ms = made_up()
    t_s = np.cumsum(nn_ms) / 1000
    at = np.arange(t_s[0], t_s[-1], 0.25)
    ours = spectrum.spline(t_s, nn_ms, at)
    assert ours == pytest.approx(interpolate.CubicSpline(t_s, nn_ms)(at), abs=1e-8)
    even = ours - ours.mean()
    n = min(even.size, 1200)
    f_hz, psd = signal.welch(even, 4.0, nperseg=n, nfft=1 << (n - 1).bit_length(), detrend="constant")
    found = spectrum.welch(even, detrended=False)
    assert found.f_hz == pytest.approx(f_hz)
    assert found.psd_ms2_hz == pytest.approx(psd, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 50, 1200])
def test_the_banded_trend_is_the_dense_one(n):
    even = np.random.default_rng(n).standard_normal(n).cumsum()
    d2 = np.diff(np.eye(n), 2, axis=0)
    trend = np.linalg.solve(np.eye(n) + spectrum.LAMBDA**2 * d2.T @ d2, even)
    assert spectrum.without_trend(even) == pytest.approx(even - trend, abs=1e-6)


def test_sample_entropy_is_the_one_counted_by_hand():
    nn_ms = made_up(80)
    assert nonlinear.sampen(nn_ms) == pytest.approx(sampen_by_loops(nn_ms))
    assert math.isnan(nonlinear.sampen(np.arange(5.0)))  # never found again: no number, and no infinity


def test_scaling_of_known_noises():
    """White noise has alpha 0.5, its sum 1.5 (Peng 1995); small boxes read a little high."""
    white = np.random.default_rng(1).standard_normal(20_000)
    assert dfa(white, (17, 64)) == pytest.approx(0.5, abs=0.05)
    assert dfa(white.cumsum(), (17, 64)) == pytest.approx(1.5, abs=0.06)


def test_a_triangular_histogram_has_its_own_base_as_tinn():
    bin_ms = 1000 / 128
    middles = (np.arange(90, 111) + 0.5) * bin_ms
    counts = 10 - np.abs(np.arange(-10, 11))
    assert geometric.tinn_ms(np.repeat(middles, counts)) == pytest.approx(20 * bin_ms)


def test_hand_worked_values():
    assert nonlinear.asymmetry_gi(np.array([30.0, -10.0])) == 0.9
    assert turning(np.array([800.0, 810.0, 820.0, 810.0])) == 0.5
    joined = np.array([True, False, True])
    assert math.isnan(turning(np.array([800.0, 810.0, 800.0, 810.0]), joined))
    assert geometric.csi(10.0, 30.0) == 3.0


nn = st.lists(st.floats(300, 2000), min_size=0, max_size=120).map(np.array)


@given(nn, st.floats(1.1, 3))
def test_scale_changes_what_has_a_unit_and_nothing_else(nn_ms, by):
    for formula in (nonlinear.sampen, lambda x: dfa(x, (4, 16)), turning):
        before = formula(nn_ms)
        if not math.isnan(before) and np.ptp(nn_ms) > 1e-3:
            assert formula(nn_ms * 2) == pytest.approx(before, rel=1e-6, abs=1e-9)
    diff_ms = np.diff(nn_ms)
    assert geometric.sd1_ms(diff_ms * by) == pytest.approx(by * geometric.sd1_ms(diff_ms), nan_ok=True)


@given(nn)
def test_order_turned_round_turns_asymmetry_round(nn_ms):
    forward, backward = (nonlinear.asymmetry_gi(np.diff(one)) for one in (nn_ms, nn_ms[::-1]))
    assert math.isnan(forward) or forward + backward == pytest.approx(1.0)


@given(nn)
def test_any_series_gives_a_number_or_nan_and_never_an_exception(nn_ms):
    diff_ms = np.diff(nn_ms)
    numbers = [geometric.hti(nn_ms), geometric.tinn_ms(nn_ms), geometric.baevsky_si(nn_ms), geometric.sd1_ms(diff_ms),
               geometric.sd2_ms(nn_ms, diff_ms) if nn_ms.size else math.nan, nonlinear.sampen(nn_ms) if nn_ms.size else math.nan,
               dfa(nn_ms, (4, 16)), dfa(nn_ms, (17, 64)), turning(nn_ms)]  # fmt: skip
    assert all(math.isnan(one) or math.isfinite(one) for one in numbers)
    if nn_ms.size > 3:
        found = spectrum.spectrum(np.cumsum(nn_ms) / 1000, nn_ms)
        assert all(math.isnan(one) or one >= 0 for one in map(found.power_ms2, (spectrum.LF_HZ, spectrum.HF_HZ)))

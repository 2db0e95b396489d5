"""Laws that every heart metric keeps: shift, scale and order; parity with a second hand; streaming's memory."""

import itertools
import json
import math
import statistics
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.features import FEATURES, compute_all, heart_formulas
from agent.model import NS_PER_S, FeatureValue, Series, Summary, Window
from agent.privacy.vault import Vault
from agent.signal.heart import labelling, left_out, rhythm
from agent.signal.heart.beats import Beats
from agent.tables.feature_spec import REASONS
from agent.windows.history import History, _packed, _unpacked
from firmware_sim.physiology import SCRIPTS, Physiology
from tests.support.heart_windows import NAMES, REFERENCE, sampen_by_loops, series, values, window_of

# what a metric does when every interval is multiplied by c: value x c^k, or value + k (a logarithm)
SCALE = {
    **dict.fromkeys(("mean_nn_ms", "median_nn_ms", "iqr_nn_ms", "sdnn_ms", "rmssd_ms", "sdsd_ms", "sd1_ms", "sd2_ms"), 1),
    **dict.fromkeys(("vlf_ms2", "lf_ms2", "hf_ms2", "total_power_ms2"), 2),
    **dict.fromkeys(
        ("cvnn_01", "cvsd_01", "sd1_sd2_ratio", "csi", "lf_peak_hz", "hf_peak_hz", "lf_nu_01", "hf_nu_01", "lf_hf_ratio",
         "dfa_alpha1", "dfa_alpha2", "sampen", "asymmetry_gi", "fragmentation_pip_01", "resp_rate_bpm"), 0),
    "hr_mean_bpm": -1,
}  # fmt: skip
LOGARITHMS = {"ln_rmssd": math.log, "cvi": lambda c: 2 * math.log10(c)}
# histograms with fixed bins, and fixed thresholds, have laws of their own below
FIXED = {"hti", "tinn_ms", "baevsky_si", "sqrt_baevsky_si", "pnn50_01", "pnn20_01"}
MOVED_BY_A_SHIFT = {"mean_nn_ms", "median_nn_ms", "hr_mean_bpm", "cvnn_01", "cvsd_01", "baevsky_si", "sqrt_baevsky_si"}
WITHOUT_ORDER = {"mean_nn_ms", "median_nn_ms", "hr_mean_bpm", "iqr_nn_ms", "sdnn_ms", "cvnn_01", "hti", "tinn_ms"}
WITHOUT_DIRECTION = WITHOUT_ORDER | {"rmssd_ms", "ln_rmssd", "sdsd_ms", "pnn50_01", "pnn20_01", "cvsd_01", "sd1_ms", "sd2_ms",
                                     "sd1_sd2_ratio", "csi", "cvi", "fragmentation_pip_01"}  # fmt: skip


def formulas(rr_ms, t_s=None):
    """Every metric of a series as it is: no label, no limit. t_s: kept while the intervals are changed."""
    t_s = np.cumsum(rr_ms) / 1000 if t_s is None else t_s
    window = Window(0, 300 * NS_PER_S, {"rr_ms": Series(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool))})
    plain = Beats(0.0, math.inf, t_s, rr_ms, np.zeros(rr_ms.size, np.int8), np.ones(rr_ms.size, bool))
    window._made[heart_formulas.beats] = plain
    return {name: FEATURES[name].compute(window).value for name in NAMES}


def a_heart(seed, script="rest"):
    beats = itertools.takewhile(lambda one: one.end_s < 300, Physiology([SCRIPTS[script]], seed).beats())
    return np.array([one.rr_ms for one in beats])


def same(one, other, rel=1e-6):
    return (math.isnan(one) and math.isnan(other)) or one == pytest.approx(other, rel=rel, abs=1e-9)


def test_the_laws_speak_of_every_metric():
    assert set(SCALE) | set(LOGARITHMS) | FIXED == set(NAMES)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.floats(0.5, 1.9))
def test_scale(seed, c):
    rr_ms = a_heart(seed)
    t_s = np.cumsum(rr_ms) / 1000
    before, after = formulas(rr_ms, t_s), formulas(rr_ms * c, t_s)
    for name, power in SCALE.items():
        if name == "fragmentation_pip_01":
            continue  # a tie may round apart; asked for powers of two below
        assert same(after[name], before[name] * c**power), name
    for name, added in LOGARITHMS.items():
        assert same(after[name], before[name] + added(c)), name
    twice = formulas(rr_ms * 2, t_s)
    assert twice["fragmentation_pip_01"] == before["fragmentation_pip_01"]
    assert formulas(rr_ms * 2.5, t_s)["pnn50_01"] == before["pnn20_01"]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.integers(-20, 40))
def test_shift(seed, bins):
    rr_ms = np.round(a_heart(seed))
    t_s = np.cumsum(rr_ms) / 1000
    by = bins * 1000 / 128  # whole bins of the triangular index
    before, after = formulas(rr_ms, t_s), formulas(rr_ms + by, t_s)
    for name in set(NAMES) - MOVED_BY_A_SHIFT:
        assert same(after[name], before[name], rel=1e-5), name
    assert same(after["mean_nn_ms"], before["mean_nn_ms"] + by)
    assert same(after["median_nn_ms"], before["median_nn_ms"] + by)
    # by whole bins of Baevsky's: only the mode moves
    far = formulas(rr_ms + 50 * bins, t_s)
    mode_s = formulas_mode_s(before, far, 0.05 * bins)
    assert math.isnan(mode_s) or 0.2 < mode_s < 2.5


def formulas_mode_s(before, after, by_s):
    """The mode that Baevsky's index must have had: SI x Mo stays."""
    if by_s == 0:
        return math.nan
    return after["baevsky_si"] * by_s / (before["baevsky_si"] - after["baevsky_si"])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50))
def test_order(seed):
    rr_ms = a_heart(seed)
    before = formulas(rr_ms)
    with mock.patch.object(rhythm, "is_without_order", return_value=False):  # that it has none is the point
        shuffled = formulas(np.random.default_rng(seed).permutation(rr_ms))
    for name in WITHOUT_ORDER:
        assert same(shuffled[name], before[name]), name
    assert not same(shuffled["rmssd_ms"], before["rmssd_ms"], rel=1e-3)
    backward = formulas(rr_ms[::-1].copy())
    for name in WITHOUT_DIRECTION:
        assert same(backward[name], before[name]), name
    assert same(backward["asymmetry_gi"], 1 - before["asymmetry_gi"])
    assert backward["sampen"] == pytest.approx(before["sampen"], abs=0.1)  # the two templates at an end differ


# ---- parity


FILE_NAMES = {
    "mean_nn_ms": ("mean_nn", 1), "hr_mean_bpm": ("mean_hr_time_weighted", 1), "median_nn_ms": ("median_nn", 1),
    "sdnn_ms": ("sdnn", 1), "rmssd_ms": ("rmssd", 1), "sdsd_ms": ("sdsd", 1), "pnn50_01": ("pnn50", 100),
    "pnn20_01": ("pnn20", 100), "cvnn_01": ("cvnn", 1), "hti": ("hti", 1), "sd1_ms": ("sd1", 1), "sd2_ms": ("sd2", 1),
    "sd1_sd2_ratio": ("sd1_sd2", 1), "sqrt_baevsky_si": ("baevsky_si_sqrt_after_sp500", 1),
    "dfa_alpha1": ("dfa_a1_4_16", 1), "dfa_alpha2": ("dfa_a2_16_64", 1), "sampen": ("sampen_m2_r0.2_ddof1", 1),
}  # fmt: skip
FREQUENCY = {
    "vlf_ms2": "vlf", "lf_ms2": "lf", "hf_ms2": "hf", "total_power_ms2": "tp", "lf_hf_ratio": "lf_hf",
    "lf_peak_hz": "lf_peak", "hf_peak_hz": "hf_peak",
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCE)
def test_every_row_is_the_reference_s_on_the_series_as_it_is(name):
    rr_ms, known = series(name)
    ours = formulas(rr_ms)
    for metric, (key, scale) in FILE_NAMES.items():
        if known[key] is not None:
            assert ours[metric] * scale == pytest.approx(known[key], rel=1e-6), metric
    theirs = known["freq_sp500_cubic4hz_welch300"]
    for metric, key in FREQUENCY.items():
        if not math.isnan(ours[metric]):  # a maximum on a band's edge is no peak
            assert ours[metric] == pytest.approx(theirs[key], rel=0.01), metric
    assert ours["lf_nu_01"] * 100 == pytest.approx(theirs["lf_nu"], rel=0.01)
    assert ours["hf_nu_01"] * 100 == pytest.approx(theirs["hf_nu"], rel=0.01)


def by_a_second_hand(rr_ms):
    """What the reference file lacks, in plain Python."""
    steps = [b - a for a, b in itertools.pairwise(rr_ms)]
    squares = [step * step for step in steps]
    quartiles = statistics.quantiles(rr_ms, n=4, method="inclusive")
    sd1 = math.sqrt(statistics.variance(steps) / 2)
    sd2 = math.sqrt(2 * statistics.variance(rr_ms) - statistics.variance(steps) / 2)
    turns = sum(a * b < 0 or (a == 0) != (b == 0) for a, b in itertools.pairwise(steps))
    return {
        "median_nn_ms": statistics.median(rr_ms),
        "iqr_nn_ms": quartiles[2] - quartiles[0],
        "ln_rmssd": math.log(math.sqrt(statistics.fmean(squares))),
        "cvsd_01": math.sqrt(statistics.fmean(squares)) / statistics.fmean(rr_ms),
        "csi": sd2 / sd1,
        "cvi": math.log10(16 * sd1 * sd2),
        "asymmetry_gi": sum(step * step for step in steps if step > 0) / sum(squares),
        "fragmentation_pip_01": turns / (len(steps) - 1),
        "sampen": sampen_by_loops(rr_ms),
    }


def test_what_the_file_lacks_is_a_second_hand_s():
    rr_ms = a_heart(3)[:150]
    ours = formulas(rr_ms)
    for metric, value in by_a_second_hand(rr_ms.tolist()).items():
        assert ours[metric] == pytest.approx(value, rel=1e-9), metric


# ---- limits and what is withheld


@pytest.mark.slow
def test_every_row_withholds_below_its_own_window_and_says_so():
    for name in NAMES:
        spec = FEATURES[name]
        if spec.min_span_s > 10:
            short = values(window_of(a_heart(1)[:600], span_s=spec.min_span_s - 1))
            assert (short[name].value, short[name].reason) == (None, "window_short"), name


@pytest.mark.parametrize(
    ("every", "withheld"),
    [
        (40, {"dfa_alpha1", "dfa_alpha2"} - {"dfa_alpha1", "dfa_alpha2"}),  # 5 % of intervals: all is given
        (22, {"hf_ms2", "lf_ms2", "dfa_alpha1", "sampen", "baevsky_si"}),  # 9 %: what needs an unbroken series is not
        (11, {"hf_ms2", "rmssd_ms", "sdnn_ms", "pnn50_01"}),  # 18 %: no variability
    ],
)
def test_too_many_faulty_beats_withhold_what_they_would_spoil(every, withheld):
    rr_ms = a_heart(1)
    out = []
    for n, one in enumerate(rr_ms):
        out += [one * 0.4, one * 0.6] if n % every == every // 2 else [one]  # something else was taken for a beat
    seen = values(window_of(np.array(out)))
    for name in withheld:
        assert seen[name].value is None, name
        assert seen[name].reason in ("edited_high", "rhythm_irregular"), name
    assert seen["hr_mean_bpm"].reason == "beats_left_out", "they may be early beats without a pause"
    if not withheld:
        assert seen["hf_ms2"].value is not None
        assert seen["dfa_alpha1"].value is not None


def test_a_constant_heart_has_a_rate_and_says_why_it_has_no_variability():
    seen = values(window_of([800.0] * 370))
    assert seen["hr_mean_bpm"].value == 75
    assert seen["rmssd_ms"].reason == "rhythm_paced"
    assert values(window_of([800.0] * 99, span_s=80))["rmssd_ms"].value == 0, "too few to tell"


def test_what_is_not_defined_for_alike_intervals_says_so(monkeypatch):
    monkeypatch.setattr(rhythm, "is_paced", lambda _: False)
    seen = values(window_of([800.0] * 370))
    assert seen["rmssd_ms"].value == 0
    assert seen["ln_rmssd"].reason == "not_defined"
    assert seen["sampen"].reason == "not_defined"
    for name in ("lf_hf_ratio", "lf_nu_01", "hf_peak_hz", "baevsky_si", "resp_rate_bpm", "asymmetry_gi", "dfa_alpha1"):
        assert seen[name].reason == "not_defined", name  # and no ratio of two roundings


def test_the_history_keeps_every_number_in_little_room_and_reads_what_an_earlier_version_wrote(tmp_path):
    vault = Vault(bytes(32), "none")
    history = History(tmp_path / "history.db", vault)
    made = tuple(values(window_of(a_heart(1))).values())
    history.keep(Summary(300, 600, made))
    (kept,) = history.summaries()
    for one, was in zip(kept.values, made, strict=True):
        assert (one.name, one.n, one.reason) == (was.name, was.n, was.reason)
        assert one.value == (None if was.value is None else pytest.approx(was.value, rel=1e-5))
    assert len(_packed(made)) < 1200
    old = json.dumps(
        [{"name": "rmssd_ms", "value": 42.5, "n": 300, "coverage_01": 1.0, "edited_01": 0.0, "reason": ""}]
    )
    assert _unpacked(old.encode()) == (FeatureValue("rmssd_ms", 42.5, 300, 1.0, 0.0),)
    history.close()


@pytest.mark.process
def test_the_engine_loads_in_little_memory():
    """45 MB over the interpreter; SciPy waits for the first spectrum. A planted import is found."""
    program = (
        "import sys; before = open('/proc/self/statm').read().split()[1]\n"
        "import agent.signal.heart.beats, agent.signal.heart.confidence, agent.signal.heart.waveform, agent.signal.heart.incremental, agent.features\n"
        "{planted}\n"
        "after = open('/proc/self/statm').read().split()[1]\n"
        "print(int(after) - int(before), 'scipy' in sys.modules)"
    )

    def pages(planted):
        done = subprocess.run(
            [sys.executable, "-c", program.format(planted=planted)], capture_output=True, text=True, check=True
        )
        count, loaded = done.stdout.split()
        return int(count) * 4096 / 1e6, loaded == "True"

    assert pages("")[0] < 45
    assert pages("")[1] is False
    assert pages("import scipy.signal")[1] is True


@pytest.mark.parametrize("rr_ms", [[], [800.0], [800.0] * 3, [1e-9] * 50, [1e7] * 3, [300.0] * 5000, [2000.0] * 10])
def test_a_window_of_nothing_of_one_beat_or_of_nonsense_gives_a_record(rr_ms):
    series = np.array(rr_ms, dtype=float)
    t_ns = np.round(np.cumsum(series) * 1e6).astype(np.int64)
    for good in (True, False):
        window = Window(0, 300 * NS_PER_S, {"rr_ms": Series(t_ns, series, np.full(series.size, good))})
        for one in compute_all(window):
            assert (one.value is None) == (one.reason in REASONS)
            assert one.value is None or math.isfinite(one.value)


# ---- words and formulas agree


def test_bands_and_cycles_are_what_the_words_say():
    from agent.features import heart
    from agent.signal.heart.spectrum import HF_HZ, LF_HZ, VLF_HZ

    spans = {"hf_ms2": 60, "lf_ms2": 120, "vlf_ms2": 300, "total_power_ms2": 300, "hti": 1200, "tinn_ms": 1200}
    assert {name: FEATURES[name].min_span_s for name in spans} == spans
    cycles = {name: FEATURES[name].min_span_s * low_hz for name, (low_hz, _) in
              {"hf_ms2": HF_HZ, "lf_ms2": LF_HZ, "vlf_ms2": VLF_HZ}.items()}  # fmt: skip
    assert {name: round(n) for name, n in cycles.items()} == {"hf_ms2": 9, "lf_ms2": 5, "vlf_ms2": 1}
    for words in ("nine\n                cycles of 0.15 Hz", "five of 0.04 Hz", "one cycle of 0.0033 Hz", "20 min"):
        assert words in heart.__doc__
    for name, (low_hz, high_hz) in {"vlf_ms2": VLF_HZ, "lf_ms2": LF_HZ, "hf_ms2": HF_HZ}.items():
        assert f"{low_hz:g} to {high_hz:g} Hz" in FEATURES[name].formula
    assert FEATURES["vlf_ms2"].source == FEATURES["total_power_ms2"].source == heart.SHAFFER


def test_a_share_of_breath_is_one_at_most_and_a_rate_lies_in_its_row():
    from agent.signal.heart import respiration
    from agent.signal.heart.spectrum import Spectrum

    row = FEATURES["resp_rate_bpm"]
    assert (row.low, row.high) == (4.0, 40.0)
    f_hz = np.arange(0.0, 0.8, 1 / 256)
    for top_hz in np.arange(0.05, 0.72, 0.004):  # a leaning peak, also at the edges of what can be said
        psd = 1.0 + 5e4 * np.exp(-0.5 * ((f_hz - top_hz) / 0.006) ** 2) * (1 + 0.9 * np.sign(top_hz - f_hz))
        rate_bpm = respiration.resp_rate_bpm(Spectrum(f_hz, psd, True, 300.0, 1))
        assert math.isnan(rate_bpm) or row.low <= rate_bpm <= row.high
    assert math.isnan(respiration.resp_rate_bpm(Spectrum(f_hz, np.ones(f_hz.size), True, 300.0, 1)))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_given_lies_in_its_row_and_shares_in_nought_to_one(seed):
    random = np.random.default_rng(seed)
    script = ("rest", "exercise", "sleep")[seed % 3]
    rr_ms = a_heart(seed, script) * np.exp(random.normal(0, random.choice([0.0, 0.02, 0.2]), 1)[0])
    faults = random.random(rr_ms.size) < random.choice([0.0, 0.02, 0.1])
    given = values(window_of(np.where(faults, rr_ms * random.uniform(0.3, 2.2, rr_ms.size), rr_ms)))
    for name, one in given.items():
        spec = FEATURES[name]
        assert one.value is None or spec.low <= one.value <= spec.high, name
        assert 0 <= one.coverage_01 <= 1 + 1e-9, name
        assert 0 <= one.edited_01 <= 1, name
        assert one.value is None or not name.endswith("_01") or -1e-9 <= one.value <= 1 + 1e-9, name


@pytest.mark.parametrize(
    ("base_ms", "pause_ms", "every"), [(500, 900, 5), (600, 900, 4), (500, 1000, 4), (500, 900, 15)]
)
def test_a_rhythm_with_pauses_gives_no_rate_instead_of_a_wrong_one(base_ms, pause_ms, every, monkeypatch):
    """Labels leave the pauses out first, and the rest beats faster."""
    beats = 300_000 // (base_ms * (every - 1) + pause_ms)
    rr_ms = np.array(([base_ms] * (every - 1) + [pause_ms]) * beats) + np.random.default_rng(1).normal(
        0, 5, beats * every
    )
    truth_bpm = 60_000 / rr_ms.mean()

    assert values(window_of(rr_ms))["hr_mean_bpm"].value is None

    monkeypatch.setattr(left_out, "why_rate_is_moved", lambda *_, **__: "")
    monkeypatch.setattr(labelling, "second_look", lambda _t_s, _rr_ms, label, _joined: label)
    assert abs(values(window_of(rr_ms))["hr_mean_bpm"].value / truth_bpm - 1) > 0.04, "the rate that would be given"

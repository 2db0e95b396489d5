"""`wardbeat analyze`: what it reads, what it answers, how it refuses; waveforms to windows; pictures."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent import cli
from agent.analysis import heart, heart_json, heart_report
from agent.features import FEATURES
from agent.recording.options import Options
from agent.signal.heart import rr
from agent.tables.feature_spec import REASONS
from tests.support import made_waves
from tests.support.heart_windows import NAMES
from tests.support.processes import shared_file
from tests.support.pulse_waves import truth_s, waves


def steady(n, rr_ms=800.0, seed=1):
    return rr_ms + np.random.default_rng(seed).normal(0, 20, n)


def written(tmp_path, text, name="recording.txt"):
    file = tmp_path / name
    file.write_text(text)
    return file


def text_of(rr_ms):
    return "\n".join(repr(float(one)) for one in rr_ms)


def answer(capsys, *words):
    """(exit code, the JSON answer, what was said to the person)"""
    code = cli.main(["analyze", *map(str, words), "--json"])
    out, said = capsys.readouterr()
    return code, json.loads(out) if out else None, said


@pytest.mark.slow
def test_every_name_is_a_row_and_a_key_in_any_window(tmp_path, capsys):
    assert set(NAMES) <= set(FEATURES)
    file = written(tmp_path, text_of(steady(400)))
    for window in ("300", "60", "10", "1", "200.5"):
        code, found, _ = answer(capsys, file, "--window", window)
        assert code == 0
        assert len(found["beats"]) == 400
        for one in found["windows"]:
            assert set(one["features"]) == set(NAMES)
            is_last = one is found["windows"][-1]
            assert one["end_s"] - one["start_s"] == pytest.approx(float(window)) or is_last
            for record in one["features"].values():
                assert set(record) == {
                    "value", "n", "coverage_01", "edited_01", "longest_gap_s", "ci_low", "ci_high", "reason",
                }  # fmt: skip
                assert (record["value"] is None) == (record["reason"] in REASONS)


def test_windows_begin_at_the_first_interval_and_a_last_part_below_half_is_left_out(tmp_path, capsys):
    file = written(tmp_path, text_of(np.full(500, 1000.0)))  # 500 s
    windows = {
        (): [(0.0, 300.0), (300.0, 500.0)],
        ("--step", "100"): [(0.0, 300.0), (100.0, 400.0), (200.0, 500.0)],  # the next would hold nothing new
        ("--window", "400"): [(0.0, 400.0)],
        ("--window", "1100"): [(0.0, 500.0)],
        ("--window", "100", "--step", "150"): [(0.0, 100.0), (150.0, 250.0), (300.0, 400.0), (450.0, 500.0)],
    }
    for words, expected in windows.items():
        _, found, _ = answer(capsys, file, *words)
        assert [(one["start_s"], one["end_s"]) for one in found["windows"]] == expected, words


def test_a_csv_keeps_its_own_times_other_columns_and_holes(tmp_path, capsys):
    file = written(tmp_path, "t_s,symbol,rr_ms\n100.0,N,\n100.8,N,800\n101.6,N,800\n107.4,N,800\n")
    _, found, _ = answer(capsys, file, "--window", "10")
    assert [(one["t_s"], one["rr_ms"]) for one in found["beats"]] == [(100.8, 800.0), (101.6, 800.0), (107.4, 800.0)]
    (only,) = found["windows"]
    assert only["start_s"] == pytest.approx(100.0)
    assert only["features"]["rmssd_ms"]["n"] == 1
    assert only["features"]["rmssd_ms"]["longest_gap_s"] == pytest.approx(5.0)


def test_the_difference_over_a_window_s_edge_belongs_to_the_later_window(tmp_path, capsys):
    file = written(tmp_path, text_of(np.full(600, 1000.0)))
    _, found, _ = answer(capsys, file)
    first, second = (one["features"]["rmssd_ms"]["n"] for one in found["windows"])
    assert (first, second) == (298, 301)  # beats 1 to 299: 298 differences; 300 to 600: 301, the first to beat 299


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no beat"),
        ("800\nabc\n", "line 2"),
        ("800\n-5\n", "line 2"),
        ("t_s,rr_ms\n0.8,0.8\n", "line 2: 0.8 and the like look like s, not like the stated unit"),
        ("t_s,rr_ms\n2,800\n1,800\n", "line 3: the time does not increase"),
        ("800\ninf\n", "line 2"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_reason(tmp_path, capsys, text, says):
    code, found, said = answer(capsys, written(tmp_path, text))
    assert (code, found) == (2, None)
    assert says in said
    assert "→" in said


@pytest.mark.parametrize(
    "words",
    [("--window", "0"), ("--window", "nan"), ("--step", "-1"), ("--fs", "100"), ("--signal", "ecg"),
     ("--signal", "ppg", "--fs", "0"), ("--signal", "ecg", "--fs", "20"), ("--window", "1e9", "--step", "0.001")],
)  # fmt: skip
def test_wrong_words_are_refused_with_a_remedy(tmp_path, capsys, words):
    code, found, _ = answer(capsys, written(tmp_path, text_of(steady(50))), *words)
    assert (code, found) == (2, None)


def test_a_missing_file_is_refused(tmp_path, capsys):
    code, _, said = answer(capsys, tmp_path / "none.txt")
    assert code == 2
    assert "No such file" in said


def test_the_plain_output_says_values_intervals_reasons_and_beats(tmp_path, capsys):
    series = 800 + np.random.default_rng(1).normal(0, 5, 400)
    series[100] = 1600.0
    assert cli.main(["analyze", str(written(tmp_path, text_of(series))), "--beats"]) == 0
    out = capsys.readouterr().out
    assert "400 intervals over 321 s, 1 of them faulty (1 missed)" in out
    assert re.search(r"rmssd_ms +\S+  n \d+ +\(\S+ to \S+\)", out)
    assert "1600.0  missed" in out
    assert "300 to 321 s is in no window" in out
    assert "sampen" not in out
    assert cli.main(["analyze", str(written(tmp_path, text_of(series))), "--all"]) == 0
    assert "sampen" in capsys.readouterr().out
    assert cli.main(["analyze", str(written(tmp_path, text_of(series[:50])))]) == 0
    out = capsys.readouterr().out
    assert "0 to 40 s" in out
    assert "withheld, needs 60 s; this is 40 s: rmssd_ms" in out


@pytest.mark.parametrize(
    ("series", "code", "says"),
    [
        (np.round(np.random.default_rng(1).normal(70, 3, 60)), 2, "heart rates"),
        (np.cumsum(np.full(60, 800.0)), 0, "rise from line to line"),
        (np.full(60, 5000.0), 2, "no beat-to-beat intervals"),
        (np.round(600 + 200 * np.sin(np.arange(3000) / 14)), 2, "the samples of a waveform"),
    ],
)
def test_what_a_file_may_be_instead_is_said(tmp_path, capsys, series, code, says):
    file = written(tmp_path, text_of(series))
    found, answered, said = answer(capsys, file)
    assert found == code
    assert says in (said if code else " ".join(answered["notes"]))
    assert cli.main(["analyze", str(file)]) == code
    assert says in "".join(capsys.readouterr())


@pytest.mark.parametrize("meaning", ["start", "arrival"])
def test_times_that_are_no_ends_are_read_as_what_they_are(tmp_path, capsys, meaning):
    """Differences once survived only where they are small: RMSSD of a lively heart read 15 instead of 101."""
    series = steady(300) + 60 * np.sin(np.arange(300))
    end_s = np.cumsum(series) / 1000
    t_s = end_s - series / 1000 if meaning == "start" else np.round(end_s, 1)
    rows = "\n".join(f"{a:.4f},{b:.1f}" for a, b in zip(t_s, series, strict=True))
    code, found, _ = answer(capsys, written(tmp_path, "t_s,rr_ms\n" + rows))
    assert code == 0
    assert {"start": "begin", "arrival": "arrival"}[meaning] in " ".join(found["notes"])
    seen = found["windows"][0]["features"]["rmssd_ms"]
    assert seen["value"] == pytest.approx(rr.rmssd_ms(np.diff(series)), rel=0.01)
    assert seen["n"] >= 298
    holes = "\n".join(f"{a + 5 * (n // 20):.4f},{b:.1f}" for n, (a, b) in enumerate(zip(end_s, series, strict=True)))
    code, found, _ = answer(capsys, written(tmp_path, "t_s,rr_ms\n" + holes))
    assert (code, found["notes"]) == (0, [])  # holes are no contradiction


@pytest.mark.parametrize(
    "text",
    [
        "rr_ms\n800\n810\n", '"T_S";"RR_MS"\n0.8;800\n1.61;810\n', "t_s\trr_ms\n0.8\t800\n1.61\t810\n", "800\r\n810\r\n",
        "[Params]\nVersion=106\n[HRData]\n800\n810\n",
    ],
)  # fmt: skip
def test_common_ways_to_write_intervals_are_read(tmp_path, capsys, text):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        file = tmp_path / "file"
        file.write_bytes(text.encode(encoding))
        _, found, _ = answer(capsys, file)
        assert [one["rr_ms"] for one in found["beats"]] == [800.0, 810.0], (encoding, text)


def test_what_is_no_file_is_refused(tmp_path, capsys):
    assert answer(capsys, "/dev/zero")[0] == 2
    assert answer(capsys, tmp_path)[0] == 2  # a folder without a recording
    code, _, said = answer(capsys, written(tmp_path, "t_s,rr_ms\n1,800\n1e300,800\n"))
    assert code == 2
    assert "line 3: the time increases by" in said


def test_a_gap_of_sixty_beats_leaves_rmssd_and_withholds_the_spectrum(tmp_path, capsys):
    series = steady(370, seed=4)
    t_s = np.cumsum(series) / 1000
    _, whole, _ = answer(capsys, written(tmp_path, text_of(series)))
    keep = np.r_[0:150, 210:370]
    rows = "\n".join(f"{t_s[n]!r},{series[n]!r}" for n in keep.tolist()).replace("np.float64(", "").replace(")", "")
    _, holed, _ = answer(capsys, written(tmp_path, "t_s,rr_ms\n" + rows, "holed.csv"))
    a, b = (one["windows"][0]["features"] for one in (whole, holed))
    assert b["rmssd_ms"]["value"] == pytest.approx(a["rmssd_ms"]["value"], rel=0.05)
    assert (b["hf_ms2"]["value"], b["hf_ms2"]["reason"]) == (None, "coverage_low")
    assert b["hf_ms2"]["longest_gap_s"] == pytest.approx(t_s[210] - t_s[149] - series[210] / 1000, abs=0.01)
    assert a["hf_ms2"]["value"] is not None
    # a short hole in a well covered window withholds it too, and says so
    keep = np.r_[0:150, 156:370]
    rows = "\n".join(f"{float(t_s[n])!r},{float(series[n])!r}" for n in keep)
    _, short, _ = answer(capsys, written(tmp_path, "t_s,rr_ms\n" + rows, "short.csv"))
    assert short["windows"][0]["features"]["hf_ms2"]["reason"] == "gap_long"


def test_an_irregular_rhythm_gives_a_rate_and_no_variability(tmp_path, capsys):
    series = np.random.default_rng(1).normal(750, 110, 420).clip(400, 1300)  # no order at all
    _, found, _ = answer(capsys, written(tmp_path, text_of(series)))
    seen = found["windows"][0]["features"]
    withheld = {name for name, one in seen.items() if one["reason"] == "rhythm_irregular"}
    assert withheld == set(NAMES) - {"hr_mean_bpm", "mean_nn_ms", "median_nn_ms", "hti", "tinn_ms"}
    assert {seen[name]["reason"] for name in ("hti", "tinn_ms")} == {"window_short"}  # they need 20 minutes
    assert "alike" in REASONS["rhythm_irregular"]  # and no word of a disease


# ---- waveforms


@pytest.mark.slow
def test_an_electrocardiogram_gives_its_known_beats_and_numbers(tmp_path, capsys):
    known = truth_s(320)
    wave, _ = waves(known, 320, noise=0.03)
    file = written(tmp_path, "ecg\n" + "\n".join(f"{one:.4f}" for one in wave))
    _, found, _ = answer(capsys, file, "--signal", "ecg", "--fs", "250")
    assert len(found["beats"]) == known.size - 1
    assert np.median(np.abs(np.array([one["t_s"] for one in found["beats"]]) - known[1:])) < 0.004
    seen = found["windows"][0]["features"]
    inside = known[(known >= known[0]) & (known < known[0] + 300)]
    assert seen["hr_mean_bpm"]["value"] == pytest.approx(60 / np.diff(inside).mean(), rel=0.002)
    assert seen["rmssd_ms"]["value"] == pytest.approx(rr.rmssd_ms(np.diff(np.diff(inside) * 1000)), rel=0.05)


@pytest.mark.slow
def test_a_waveform_s_own_times_say_the_rate_and_put_uneven_samples_right(tmp_path, capsys):
    known = truth_s(120)
    wave, _ = waves(known, 120, noise=0.02)
    t_s = np.arange(wave.size) / 250.0
    uneven_s = np.sort(t_s + np.random.default_rng(1).uniform(-0.0015, 0.0015, t_s.size))
    uneven = np.interp(uneven_s, t_s, wave)
    for unit, scale in (("t_s", 1.0), ("t_ms", 1000.0)):
        rows = "\n".join(f"{a * scale:.4f},{b:.5f}" for a, b in zip(uneven_s, uneven, strict=True))
        file = written(tmp_path, f"{unit},ecg\n{rows}")
        _, found, _ = answer(capsys, file, "--signal", "ecg", "--window", "110")
        ends = np.array([one["t_s"] for one in found["beats"]])
        assert ends.size == known.size - 1
        assert np.median(np.abs(ends + uneven_s[0] - known[1:])) < 0.004
        code, _, said = answer(capsys, file, "--signal", "ecg", "--fs", "128")
        assert code == 2
        assert "the file gives 250.0" in said


@pytest.mark.slow
@pytest.mark.parametrize("bpm", [36.0, 185.0])
def test_slow_and_fast_hearts_are_no_bad_waves(tmp_path, capsys, bpm):
    known = np.cumsum(60 / bpm + np.random.default_rng(1).normal(0, 0.01, int(100 * bpm / 60)))
    wave, _ = waves(known, 100, noise=0.02)
    file = written(tmp_path, "\n".join(f"{one:.4f}" for one in wave))
    _, found, _ = answer(capsys, file, "--signal", "ecg", "--fs", "250", "--window", "90")
    assert found["windows"][0]["features"]["hr_mean_bpm"]["value"] == pytest.approx(bpm, rel=0.01)


@pytest.mark.slow
def test_one_glitch_does_not_end_an_electrocardiogram(tmp_path, capsys):
    known = truth_s(120)
    wave, _ = waves(known, 120, noise=0.02)
    wave[5000] = 1000.0
    file = written(tmp_path, "\n".join(f"{one:.4f}" for one in wave))
    _, found, _ = answer(capsys, file, "--signal", "ecg", "--fs", "250", "--window", "110")
    assert abs(len(found["beats"]) - known.size) < 5


def pulse_csv(tmp_path, moving):
    known = truth_s(120)
    _, wave = waves(known, 120, fs_hz=64.0, noise=0.02)
    t_s = np.arange(wave.size) / 64.0
    shake = 0.3 * np.sin(2 * np.pi * 2 * t_s) * moving
    rows = [f"{a:.4f},{b:.4f},0.0,0.0,{1 + c:.4f}" for a, b, c in zip(t_s, wave, shake, strict=True)]
    return known, written(tmp_path, "t_s,ppg,acc_x_g,acc_y_g,acc_z_g\n" + "\n".join(rows))


@pytest.mark.slow
def test_a_pulse_wave_at_rest_gives_variability_and_while_moving_only_a_rate(tmp_path, capsys):
    for moving in (False, True):
        known, file = pulse_csv(tmp_path, moving)
        _, found, _ = answer(capsys, file, "--signal", "ppg", "--fs", "64", "--window", "100")
        seen = found["windows"][0]["features"]
        assert seen["hr_mean_bpm"]["value"] == pytest.approx(60 / np.diff(known).mean(), rel=0.01)
        if moving:
            assert seen["rmssd_ms"]["reason"] == "moving"
            assert {name for name, one in seen.items() if one["value"] is not None} == {
                "hr_mean_bpm", "mean_nn_ms", "median_nn_ms",
            }  # fmt: skip
        else:
            assert seen["rmssd_ms"]["value"] is not None


@pytest.mark.slow
@pytest.mark.parametrize("fs_hz", [30.0, 64.0])
@pytest.mark.parametrize("script", ["rest", "exercise", "sleep"])
def test_a_noisy_pulse_wave_gives_no_variability_that_noise_made(tmp_path, capsys, fs_hz, script):
    """RMSSD was told up to four times too large, its interval far from the truth."""
    known = truth_s(120, script=script)
    truth = rr.rmssd_ms(np.diff(np.diff(known) * 1000))
    told = 0
    for noise in (0.0, 0.02, 0.05, 0.1, 0.2, 0.4):
        wave = waves(known, 120, fs_hz=fs_hz, noise=noise)[1]
        file = written(tmp_path, "\n".join(f"{one:.5f}" for one in wave))
        _, found, _ = answer(capsys, file, "--signal", "ppg", "--fs", fs_hz, "--window", "110")
        seen = found["windows"][0]["features"]["rmssd_ms"]
        if seen["value"] is not None:
            told += 1
            assert seen["value"] == pytest.approx(truth, rel=0.3), noise
    assert told >= (script != "exercise")  # whose RMSSD of 6 ms a camera cannot see
    assert seen["reason"] in ("noisy", "rhythm_irregular", "coverage_low", "edited_high", "too_few_samples")


@pytest.mark.slow
def test_a_bad_stretch_of_a_wave_is_excluded_and_the_rest_is_kept(tmp_path, capsys):
    known = truth_s(120)
    wave, _ = waves(known, 120, noise=0.02)
    wave[250 * 50 : 250 * 70] = np.random.default_rng(3).normal(0, 1, 250 * 20)
    file = written(tmp_path, "\n".join(f"{one:.4f}" for one in wave))
    _, found, _ = answer(capsys, file, "--signal", "ecg", "--fs", "250", "--window", "110")
    excluded = [one["t_s"] for one in found["beats"] if one["label"] == "excluded"]
    assert len(excluded) > 10
    assert min(excluded) > 48
    assert max(excluded) < 74
    assert found["windows"][0]["features"]["hr_mean_bpm"]["value"] is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no sample"),
        ("ecg\n", "no sample"),
        ("0.1\nx\n", "line 2"),
        ("a,b\n1,2\n", "line 2: cannot tell which column is the ecg: a, b"),
        ("t_s,ecg\n1,2\n2,x\n3,y\n", "line 3: 'x' is not a number"),
        ("0\n" * 400, "no beats were found in 4 s at 100.0 samples a second"),
        ("t_s,ecg\n0,1\n1,1\n0.5,1\n", "line 4: the time does not increase"),
    ],
)
def test_a_wrong_waveform_is_refused(tmp_path, capsys, text, says):
    code, _, said = answer(capsys, written(tmp_path, text), "--signal", "ecg", "--fs", "100")
    assert code == 2
    assert says in said


# ---- pictures


@pytest.mark.slow
@pytest.mark.process  # where matplotlib has no list of fonts yet, it asks the system for one
def test_a_recording_is_drawn_and_a_wrong_name_or_a_missing_library_is_said(tmp_path, capsys, monkeypatch):
    series = steady(200)
    series[50], series[90] = 1600.0, 5000.0
    file = written(tmp_path, text_of(series))
    picture = tmp_path / "out.png"
    assert cli.main(["analyze", str(file), "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
    assert cli.main(["analyze", str(file), "--plot", str(tmp_path / "out.nothing")]) == 2
    assert cli.main(["analyze", str(file), "--plot", str(tmp_path / "none" / "out.png")]) == 2
    assert cli.main(["analyze", str(written(tmp_path, "800\n800\n", "two.txt")), "--plot", str(picture)]) == 0
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert cli.main(["analyze", str(file), "--plot", str(picture)]) == 3
    assert "wardbeat[plot]" in capsys.readouterr().err


# ---- any series


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.lists(st.floats(10, 600_000), min_size=1, max_size=300),
        st.lists(st.floats(300, 2000), min_size=1, max_size=300),
        st.lists(st.sampled_from([400.0, 800.0, 800.0, 1600.0]), min_size=1, max_size=300),
        st.builds(lambda n, x: [x] * n, st.integers(1, 5000), st.floats(10, 2000)),
        st.builds(
            lambda n, seed, spread: (
                np.random.default_rng(seed).normal(800, spread, n).clip(10, 600_000).tolist()
            ),
            st.integers(1, 5000), st.integers(0, 9), st.floats(0, 400),
        ),
    ),
    st.sampled_from([10.0, 60.0, 300.0, 5000.0]),
)  # fmt: skip
def test_any_series_gives_a_record_and_never_an_exception_or_a_silent_nan(tmp_path_factory, rr_ms, window_s):
    assume(65_535.0 not in rr_ms)  # a strap's mark of no interval: read as a gap
    file = tmp_path_factory.mktemp("any") / "any.txt"
    file.write_text(text_of(rr_ms))
    found = heart.analyze(heart.Wish(file, options=Options(unit="ms"), window_s=window_s))
    assert found.recorded.label.size == len(rr_ms)
    for _, _, values in found.windows:
        assert [one.name for one in values] == [spec.name for spec in FEATURES.values() if spec.signal == "heart"]
        for one in values:
            assert (one.value is None) == (one.reason in REASONS)
            assert one.value is None or math.isfinite(one.value)
            assert 0 <= one.coverage_01 <= 1
            assert 0 <= one.edited_01 <= 1
            assert (one.ci_low is None) == (one.ci_high is None)
            if one.ci_low is not None:
                assert one.ci_low <= one.value + 1e-9
                assert one.value <= one.ci_high + 1e-9
    heart_json.as_json(found)
    list(heart_report.lines(found, every=True, beats=True))


@pytest.mark.parametrize("file", ["bartels_rest_rri.txt", "pyhrv_nni_5min.txt", "mitdb_100_beats.csv"])
def test_the_agent_s_windows_say_what_analyze_says(file):
    """The agent labels a window by the 128 beats before it, analyze by all: the numbers are the same."""
    from agent.features import compute_all
    from agent.model import NS_PER_S, Sample
    from agent.windows.window import Ring

    found = heart.analyze(heart.Wish(shared_file(f"data/hrv/{file}")))
    ring, start_s = Ring(), found.recorded.start_s
    for t_s, rr_ms in zip(found.recorded.t_s, found.recorded.rr_ms, strict=True):
        ring.add(Sample(round((t_s - start_s) * NS_PER_S), "rr_ms", float(rr_ms)))
    for begin_s, end_s, values in found.windows:
        is_last = end_s - start_s >= found.recorded.length_s - 1e-6  # the last beat ends with the recording
        window = ring.window(round((begin_s - start_s) * NS_PER_S), round((end_s - start_s) * NS_PER_S) + is_last)
        for ours, theirs in zip(compute_all(window), values, strict=True):
            assert (ours.value is None) == (theirs.value is None)
            assert ours.n == theirs.n
            if ours.value is not None:
                assert ours.value == pytest.approx(theirs.value, rel=1e-9)


def test_seconds_at_the_rail_are_no_pause_of_the_heart(tmp_path, capsys):
    """The interval across them is known to be unknown: it takes neither the rate nor the variability of the rest."""
    made = made_waves.ecg(3, seconds=120, hr_bpm=70, rails=((30, 35), (60, 64)))
    file = written(tmp_path, "\n".join(f"{one:.4f}" for one in made.wave))
    _, found, _ = answer(capsys, file, "--signal", "ecg", "--fs", "250")
    seen = found["windows"][0]["features"]
    assert seen["hr_mean_bpm"]["value"] == pytest.approx(made.hr_bpm, rel=0.01)
    assert seen["rmssd_ms"]["value"] is not None

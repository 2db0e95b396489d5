"""`wardbeat analyze --signal eda|acc`: text, JSON, table, report, studies, parts; and no number of them can leave."""

import csv
import json

import numpy as np
import pytest

from agent import cli
from agent.analysis.channels.analysis import Wish, analyze
from agent.analysis.channels.specs import REASONS, SPECS
from agent.errors import WrongUse
from agent.features import FEATURES
from agent.tables.signals import SIGNALS
from tests.support import channel_files as f
from tests.support.made_acceleration import still, walking
from tests.support.made_conductance import Recipe, made
from tests.support.processes import shared_file

CLEAR = made(Recipe(5, 0.2, 0.001, length_s=900.0), 1)
AXES_G = np.concatenate([still(60, 32), walking(240, 32)])


@pytest.fixture
def eda(tmp_path):
    file = tmp_path / "EDA.csv"
    file.write_text(f.e4_eda(CLEAR.value_us))
    return file


@pytest.fixture
def acc(tmp_path):
    file = tmp_path / "ACC.csv"
    file.write_text(f.acc_table(AXES_G, 32.0))
    return file


def run(capsys, *words):
    code = cli.main(["analyze", *map(str, words)])
    out, said = capsys.readouterr()
    return code, out, said


def test_json_has_every_number_or_its_reason(eda, capsys):
    code, out, _ = run(capsys, eda, "--signal", "eda", "--json")
    found = json.loads(out)
    assert (code, found["signal"], found["dialect"], found["fs_hz"]) == (0, "eda", "Empatica E4", 4.0)
    assert [window["end_s"] for window in found["windows"]] == [300.0, 600.0, 900.0]
    for window in found["windows"]:
        assert set(window["numbers"]) == {spec.name for spec in SPECS["eda"]}
        for one in window["numbers"].values():
            assert (one["value"] is None) == bool(one["reason"])
        inside = np.sum((CLEAR.onset_s >= window["start_s"]) & (CLEAR.onset_s < window["end_s"]))
        assert window["numbers"]["scr_rate_per_min"]["n"] == pytest.approx(inside, abs=1)


def test_text_names_what_is_withheld(acc, capsys):
    code, out, _ = run(capsys, acc, "--signal", "acc")
    assert code == 0
    assert "acceleration: 9600 samples over 300 s, 32 a second" in out
    assert "enmo_mg" in out
    assert f"withheld, {REASONS['acc']['record_short']}: nonwear_01" in out


def test_a_part_and_windows_of_another_length(eda, capsys):
    _, out, _ = run(capsys, eda, "--signal", "eda", "--json", "--from", "1:00", "--until", "9:00", "--window", "120")
    found = json.loads(out)
    assert (found["windows"][0]["start_s"], found["windows"][0]["end_s"]) == (60.0, 180.0)
    assert len(found["windows"]) == 4
    assert found["start_s"] == f.START_S + 60
    clock = json.loads(run(capsys, eda, "--signal", "eda", "--json", "--from", "2019-06-11T19:04:45")[1])
    assert clock["start_s"] == f.START_S + 60


@pytest.mark.parametrize("form", [[], ["--long"]])
def test_the_table_and_its_dictionary_agree(eda, acc, tmp_path, capsys, form):
    table = tmp_path / "out.csv"
    code, out, said = run(capsys, eda, acc, "--signal", "eda", "--unit", "uS", "--csv", table, *form)
    assert code == 1  # acceleration has no column of conductance
    assert "table saved" in said
    assert "not read" in out
    rows = list(csv.DictReader(table.read_text().splitlines()))
    names = [row["column"] for row in csv.DictReader((tmp_path / "out.dictionary.csv").read_text().splitlines())]
    assert [name for name in names if not name.startswith("number = ") and name != "reason codes"] == list(rows[0])
    read = [row for row in rows if not row["error"]]
    assert len(read) == 3 * (len(SPECS["eda"]) if form else 1)
    assert rows[-1]["error"]
    for row in read:
        key = "value" if form else "scr_rate_per_min"
        assert bool(row[key]) != bool(row["reason" if form else f"{key}_reason"])


@pytest.mark.parametrize("signal", ["eda", "acc"])
def test_the_report_is_one_file_without_script(request, signal, tmp_path, capsys):
    report = tmp_path / "report.html"
    code, _, _ = run(capsys, request.getfixturevalue(signal), "--signal", signal, "--report", report)
    text = report.read_text(encoding="utf-8")
    assert code == 0
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert str(tmp_path) not in text
    assert all(spec.short in text for spec in SPECS[signal])


def test_a_study_gives_a_line_a_recording(eda, acc, tmp_path, capsys):
    (tmp_path / "other.csv").write_text(f.eda_table(CLEAR.value_us[:1200], 4.0))
    acc.unlink()
    code, out, _ = run(capsys, tmp_path, "--signal", "eda")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["recording", "EDA.csv", "other.csv"]


@pytest.mark.parametrize("option", [["--beats"], ["--compare"], ["--plot", "x.png"], ["--nn", "x.csv"]])
def test_options_of_beats_are_refused(eda, capsys, option):
    code, _, said = run(capsys, eda, "--signal", "eda", *option)
    assert code == 2
    assert f"{option[0]} is for beats" in said


def test_a_record_whose_hand_moves_leaves_that_time_out(tmp_path):
    moving = np.where(
        np.arange(CLEAR.value_us.size)[:, None] < 2000, np.random.default_rng(1).normal(0, 0.4, (3600, 3)), 0
    )
    columns = [f"{n / 4:.2f}" for n in range(3600)], [f"{one:.5f}" for one in CLEAR.value_us]
    axes = [[f"{one:.4f}" for one in axis] for axis in (moving + np.array([0, 0, 1])).T]
    file = tmp_path / "both.csv"
    file.write_text(f.table("time_s,eda_uS,acc_x_g,acc_y_g,acc_z_g", *columns, *axes))
    first, *_, last = analyze(Wish(file, "eda")).windows
    assert first.number("scr_rate_per_min").reason == "moving"
    assert last.number("readable_01").value == 1.0


def test_the_real_record_gives_no_count():
    found = analyze(Wish(shared_file("data/signals/eda/e4_EDA.csv"), "eda"))
    rates = [window.number("scr_rate_per_min") for window in found.windows]
    assert len(rates) == 8
    assert {(one.value, one.reason) for one in rates} == {(None, "noise")}
    levels = [window.number("scl_us").value for window in found.windows]
    assert all(0.05 < level < 0.11 for level in levels)


@pytest.mark.parametrize("number", range(9))
def test_a_mutated_file_is_analyzed_or_refused_by_name(tmp_path, number):
    rng = np.random.default_rng(number)
    signal, data = f.seeds(CLEAR.value_us[:300], still(10, 32))[number]
    file = tmp_path / "recording"
    for _ in range(15):
        file.write_bytes(f.mutated(data, rng))
        try:
            for window in analyze(Wish(file, signal)).windows:
                assert all((one.value is None) == bool(one.reason) for one in window.numbers)
                assert all(one.value is None or np.isfinite(one.value) for one in window.numbers)
        except WrongUse as refused:
            assert refused.remedy
            assert len(str(refused)) < 500


def test_no_number_of_these_signals_is_a_feature_or_has_a_signal_that_may_leave():
    names = {spec.name for specs in SPECS.values() for spec in specs}
    assert not names & set(FEATURES)
    assert not {"eda", "acc"} & set(SIGNALS)  # "activity" is that of an imported day
    assert not {"eda", "acc", "activity"} & {spec.signal for spec in FEATURES.values()}


@pytest.mark.parametrize("signal", ["eda", "acc"])
def test_every_number_has_its_row_and_every_reason_its_words(signal, request):
    found = analyze(Wish(request.getfixturevalue(signal), signal))
    for window in found.windows:
        assert sorted(one.name for one in window.numbers) == sorted(spec.name for spec in SPECS[signal])
        assert all(one.reason in REASONS[signal] for one in window.numbers if one.value is None)

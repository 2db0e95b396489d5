"""Several recordings: rows, the table and its dictionary, what cannot be read, times, corrected intervals, memory, start."""

import csv
import itertools
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from agent.analysis import columns, compare
from agent.analysis.columns import LONG, WIDE
from agent.analysis.part import moment
from agent.analysis.table import DICTIONARY_HEAD
from agent.errors import WrongUse
from agent.features import FEATURES, compute_all
from agent.system import output
from agent.tables.feature_spec import REASONS
from tests.agent.analysis.test_windowing import heart
from tests.support.heart_windows import window_of
from tests.support.studies import run, written

HEART = [spec for spec in FEATURES.values() if spec.signal == "heart"]
ROOT = Path(__file__).parents[3]


def table_of(file):
    with file.open(encoding="utf-8", newline="") as opened:
        head, *rows = csv.reader(opened)
    assert all(len(row) == len(head) for row in rows)
    return head, [dict(zip(head, row, strict=True)) for row in rows]


# ---- the table


def test_a_folder_gives_a_row_a_window_with_every_number_or_its_reason(folder, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert run(folder, "--csv", out) == 1  # one could not be read
    said = capsys.readouterr()
    assert "P1/stress.txt" in said.out
    assert "not read: " in said.out
    assert "passed over, no recording by its name: protocol.pdf" in said.err
    head, rows = table_of(out)
    names = [row["file"] for row in rows]
    assert names == sorted(names)
    assert set(names) == {f"P{place}/{kind}.txt" for place in range(5) for kind in ("rest", "stress")}
    assert [row["window"] for row in rows if row["file"] == "P4/rest.txt"] == ["1", "2"]
    for row in rows:
        if row["file"] == "P1/stress.txt":
            assert row["error"].startswith("stress.txt, line 2: these look like heart rates")
            assert {value for key, value in row.items() if key not in ("file", "error", "wardbeat_version")} == {""}
            continue
        for spec in HEART:
            reason = row[f"{spec.name}_reason"]
            assert (row[spec.name] == "") == (reason in REASONS), spec.name
            assert row[spec.name] == "" or math.isfinite(float(row[spec.name]))
            if spec.has_interval and row[spec.name] and row[f"{spec.name}_ci_low"]:
                low, high = (float(row[f"{spec.name}_ci_{end}"]) for end in ("low", "high"))
                assert low - 1e-9 <= float(row[spec.name]) <= high + 1e-9
    assert str(tmp_path) not in out.read_text(encoding="utf-8")
    assert head == [column.name for column in WIDE]


@pytest.mark.parametrize("words", [(), ("--long",)])
def test_the_columns_of_a_table_are_the_rows_of_its_dictionary(folder, tmp_path, capsys, words):
    out = tmp_path / "out.csv"
    run(folder / "P2/rest.txt", "--csv", out, *words)
    assert "out.dictionary.csv" in capsys.readouterr().err
    head, _ = table_of(out)
    dictionary_head, entries = table_of(tmp_path / "out.dictionary.csv")
    assert tuple(dictionary_head) == DICTIONARY_HEAD
    described = [entry["column"] for entry in entries if not entry["column"].startswith(("number = ", "reason codes"))]
    assert described == head
    for entry in entries:
        assert entry["unit"]
        assert entry["meaning"]
        assert (
            not {"you", "your"} & set(entry["meaning"].lower().replace(",", " ").split()) or "codes" in entry["column"]
        )
    by_name = {entry["column"].removeprefix("number = "): entry for entry in entries}
    for spec in HEART:
        entry = by_name[spec.name]
        assert entry["formula"] == spec.formula
        assert entry["source"] == f"doi:{spec.source}"
        assert float(entry["needs_window_s"]) == spec.min_span_s
        assert float(entry["needs_count"]) == spec.min_samples
        assert float(entry["needs_coverage_01"]) == spec.min_coverage_01
        assert entry["interval_95"] == ("yes" if spec.has_interval else "none is established")


def test_a_number_has_interval_columns_where_one_is_ever_given(folder, tmp_path):
    out = tmp_path / "out.csv"
    run(folder, "--csv", out, "--long", "--window", "1300")
    run(written(tmp_path / "long.txt", heart(1300)), "--csv", tmp_path / "long.csv", "--long", "--window", "1300")
    _, rows = table_of(tmp_path / "long.csv")
    given = {row["number"]: bool(row["ci_low"]) for row in rows if row["value"]}
    assert set(given) == {spec.name for spec in HEART}
    assert given == {spec.name: spec.has_interval for spec in HEART}


def test_wide_and_long_say_the_same(folder, tmp_path):
    run(folder, "--csv", tmp_path / "wide.csv")
    run(folder, "--csv", tmp_path / "long.csv", "--long")
    _, wide = table_of(tmp_path / "wide.csv")
    _, long = table_of(tmp_path / "long.csv")
    told = {(row["file"], row["window"], row["number"]): row for row in long}
    assert len(told) == len(long)
    for row in wide:
        if row["error"]:
            assert told[row["file"], "", ""]["error"] == row["error"]
            continue
        for spec in HEART:
            other = told[row["file"], row["window"], spec.name]
            assert (other["value"], other["reason"]) == (row[spec.name], row[f"{spec.name}_reason"])
            assert other["unit"] == columns.unit_of(spec.name)
    assert [column.name for column in LONG] == list(long[0])


def test_a_name_that_begins_as_a_formula_is_no_formula_in_the_table(tmp_path, capsys):
    written(tmp_path / "s/=1+1.txt", heart(62))
    (tmp_path / "s/-bad.txt").write_text("x")
    assert run(tmp_path / "s", "--csv", tmp_path / "out.csv") == 1
    _, rows = table_of(tmp_path / "out.csv")
    assert [row["file"] for row in rows] == ["./-bad.txt", "./=1+1.txt"]
    assert not any(value[:1] in "=+@" for row in rows for value in row.values() if value)
    assert rows[0]["error"].startswith("'-bad.txt, line 1")
    capsys.readouterr()


# ---- outputs


def test_json_of_several_is_one_object_a_line_with_dialect_and_notes(folder, capsys):
    assert run(folder, "--json") == 1
    lines = capsys.readouterr().out.splitlines()
    found = [json.loads(line) for line in lines]
    assert len(found) == 10
    refused = next(one for one in found if one["file"] == "P1/stress.txt")
    assert set(refused) == {"file", "error", "remedy"}
    for one in found:
        if one is not refused:
            assert set(one) == {"file", "dialect", "notes", "start_s", "length_s", "beats", "windows", "version",
                                "detrended", "confidence"}  # fmt: skip
            assert one["notes"] == []


def test_the_notes_of_the_text_are_in_json(tmp_path, capsys):
    file = written(tmp_path / "seconds.txt", np.round(np.random.default_rng(1).normal(0.8, 0.02, 60), 3))
    assert run(file, "--json") == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert "no unit is stated" in note
    run(file)
    assert f"note: {note}" in capsys.readouterr().out


def test_one_unreadable_file_of_several_ends_nothing_and_alone_it_is_an_error(folder, capsys):
    bad, good = folder / "P1/stress.txt", folder / "P0/rest.txt"
    assert run(bad, good) == 1
    out = capsys.readouterr().out
    assert re.search(r"^P1/stress.txt +not read: ", out, re.MULTILINE)
    assert "P0/rest.txt" in out
    assert run(good, folder / "P3/rest.txt") == 0
    assert run(bad) == 2
    assert run(folder / "nothing.txt", good) == 1
    assert "No such file" in capsys.readouterr().out


def test_an_error_leaves_an_earlier_table_and_report_as_they_were(folder, tmp_path, capsys):
    outputs = ("--csv", tmp_path / "o.csv", "--report", tmp_path / "o.html")
    assert run(folder / "P0/rest.txt", *outputs) == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    assert set(before) == {"o.csv", "o.dictionary.csv", "o.html"}
    assert run(folder / "P1/stress.txt", *outputs) == 2
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before
    capsys.readouterr()


def test_all_of_several_recordings_is_printed_under_their_names(folder, capsys):
    assert run(folder / "P0/rest.txt", folder / "P2/rest.txt", "--all") == 0
    out = capsys.readouterr().out
    assert out.index("P0/rest.txt") < out.index("62 s, 0 of them faulty") < out.index("P2/rest.txt")
    assert "sampen" in out


def test_files_that_an_earlier_call_wrote_and_this_one_writes_are_no_recordings(folder, capsys):
    for _ in range(2):
        run(folder, "--csv", folder / "study.csv", "--nn", folder / "nn", "--report", folder / "report.html")
        out = capsys.readouterr().out
        assert len(out.splitlines()) == 11  # a head, ten recordings


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("a.txt", "--csv", "a.txt"), "is a recording of this call"),
        (("a.txt", "--report", "a.txt"), "is a recording of this call"),
        (("a.plain.txt", "--nn", "a.csv"), "is a recording of this call"),
        (("a.txt", "--csv", "x", "--report", "x"), "written by another option"),
        (("a.txt", "--long"), "--long is a form of --csv"),
        (("a.txt", "--compare"), "takes two recordings"),
        (("a.txt", "b.txt", "--compare", "--csv", "x"), "does not go with --compare"),
        (("a.txt", "b.txt", "--plot", "x.png"), "draws one recording"),
        (("a.txt", "a.txt"), "is given twice"),
        (("a.txt", "--csv", "none/x.csv"), "No such file"),
        (("a.txt", "--from", "noon"), "'noon' is not a time"),
        (("a.txt", "--until", "1:75"), "is not a time"),
        (("a.txt", "--from", "2026-11-28T10:00"), "has no clock times"),
        (("a.txt", "--from", "900"), "no interval ends between"),
        (("--video", "a.mp4", "--csv", "x"), "says nothing about a clip"),
        (("--images", "a.jpg", "--report", "x"), "says nothing about photos"),
    ],
)
def test_options_that_cannot_be_are_refused_and_nothing_is_overwritten(tmp_path, capsys, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt", "a.plain.txt"):
        written(tmp_path / name, heart(62))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert run(*words) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "→" in said
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


# ---- a part of a recording


@pytest.mark.parametrize(
    ("text", "since_s"),
    [("90", 90), ("12.5", 12.5), ("1:30", 90), ("75:00", 4500), ("1:01:30", 3690), ("0:00:05.5", 5.5)],
)
def test_a_time_since_the_start_is_read(text, since_s):
    assert moment(text, "--from").since_s == since_s


@pytest.mark.parametrize("text", ["", "abc", "1:75", "1:75:00", "-5", "2026-13-01", "T25:00", "1:2:3:4"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(WrongUse):
        moment(text, "--from")


def test_a_part_of_a_recording_is_analyzed_and_its_times_stay(tmp_path, capsys):
    rr_ms = np.full(600, 1000.0)
    file = written(tmp_path / "ten.txt", rr_ms)
    assert run(file, "--from", "2:00", "--until", "0:06:00", "--csv", tmp_path / "o.csv") == 0
    out = capsys.readouterr().out
    assert "240 intervals over 240 s" in out
    assert "from 120 to 360 s of the recording" in out
    assert "120 to 360 s: valid beats" in out
    _, (row,) = table_of(tmp_path / "o.csv")
    assert (row["window_start_s"], row["window_s"], row["nn_count"]) == ("120.0", "240.0", "240")


def test_clock_times_choose_a_part_where_the_recording_has_them(tmp_path, capsys):
    start_s = 1_764_324_000  # 2025-11-28 10:00:00 UTC
    rows = "\n".join(f"{start_s + n},1000" for n in range(1, 601))
    file = tmp_path / "clock.csv"
    file.write_text(f"t_s,rr_ms\n{rows}\n")
    for begin, end in (
        ("T10:02", "T10:06"),
        ("2025-11-28T10:02:00", "2025-11-28 10:06"),
        ("2025-11-28T11:02+01:00", "T10:06:00Z"),
        ("2:00", "T10:06"),
    ):
        assert run(file, "--from", begin, "--until", end, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["start_s"], len(found["beats"])) == (start_s + 120, 240), (begin, end)
    run(file, "--csv", tmp_path / "o.csv")
    _, rows = table_of(tmp_path / "o.csv")
    assert rows[0]["recording_start_utc"] == "2025-11-28T10:00:00.000Z"
    assert rows[1]["window_start_utc"] == "2025-11-28T10:05:00.000Z"


# ---- corrected intervals


def test_corrected_intervals_are_written_with_what_was_done_and_read_back(tmp_path, capsys):
    rr_ms = heart(300, seed=4)
    rr_ms[50] = rr_ms[50] + rr_ms[51]  # a beat was missed
    rr_ms = np.delete(rr_ms, 51)
    rr_ms[100:102] = rr_ms[100] * 0.6, rr_ms[101] + rr_ms[100] * 0.4  # an early beat and its pause
    rr_ms[200] = 4500.0  # a dropout
    file, out = written(tmp_path / "in.txt", rr_ms), tmp_path / "nn.csv"
    assert run(file, "--nn", out) == 0
    said = capsys.readouterr().err
    assert f"nn.csv and nn.plain.txt: {rr_ms.size}, 4 of them corrected; 1 faulty ones left out; 1 gaps" in said
    head, rows = table_of(out)
    assert head == ["t_s", "rr_ms", "label", "edit"]
    changed = [(row["label"], row["edit"]) for row in rows if row["edit"] != "kept"]
    assert changed == [("missed", "corrected")] * 2 + [("ectopic", "corrected")] * 2
    assert {row["label"] for row in rows if row["edit"] == "kept"} == {"normal"}
    kept = [float(row["rr_ms"]) for row in rows if row["edit"] == "kept"]
    assert kept == [one for n, one in enumerate(rr_ms) if n not in (50, 100, 101, 200)]
    plain = [float(line) for line in (tmp_path / "nn.plain.txt").read_text().splitlines()]
    assert plain == [float(row["rr_ms"]) for row in rows]
    times = np.array([float(row["t_s"]) for row in rows])
    assert times[-1] == pytest.approx(rr_ms.sum() / 1000, abs=1e-3)  # the gap is in the times
    # our own reader takes both; the plain one closes the gap
    assert run(out, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["rr_ms"] for one in found["beats"]] == plain
    assert {one["label"] for one in found["beats"]} == {"normal"}
    assert found["windows"][0]["features"]["mean_nn_ms"]["longest_gap_s"] == pytest.approx(4.5, abs=0.1)
    assert run(tmp_path / "nn.plain.txt") == 0


def test_corrected_intervals_of_several_recordings_stand_in_a_folder(tmp_path, capsys):
    for name in ("a/x.txt", "a_x.txt"):
        written(tmp_path / "s" / name, heart(62))
    assert run(tmp_path / "s", "--nn", tmp_path / "nn") == 0
    capsys.readouterr()
    assert {file.name for file in (tmp_path / "nn").iterdir()} == {
        "a_x.txt.nn.csv", "a_x.txt.nn.plain.txt", "a_x.txt_2.nn.csv", "a_x.txt_2.nn.plain.txt",
    }  # fmt: skip
    assert run(tmp_path / "s", "--nn", tmp_path / "s/a_x.txt") == 2


# ---- two recordings


def test_two_recordings_are_compared_over_the_same_length(tmp_path, capsys):
    calm, busy = written(tmp_path / "calm.txt", heart(400)), written(tmp_path / "busy.txt", heart(200, rate_bpm=95))
    assert run(calm, busy, "--compare", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["a"], found["b"]) == ("calm.txt", "busy.txt")
    assert found["length_s"] == pytest.approx(200, abs=1)
    rate = found["numbers"]["hr_mean_bpm"]
    assert rate["difference"] == pytest.approx(20, abs=0.5)
    assert rate["is_different"] is True
    assert rate["a"]["ci_high"] < rate["b"]["ci_low"]
    assert found["numbers"]["dfa_alpha1"]["is_different"] is None  # no interval is established
    assert found["numbers"]["vlf_ms2"]["difference"] is None
    assert run(calm, busy, "--compare") == 0
    out = capsys.readouterr().out
    assert "The first 200 s of each" in out or "The first 199 s of each" in out
    assert "different" in out
    assert compare.RULE in out
    assert run(calm, busy, "--compare", "--all") == 0
    assert "withheld: A: needs 300 s; this is" in capsys.readouterr().out


@pytest.mark.slow
def test_equal_hearts_are_called_different_no_more_often_than_the_rule_says():
    """Five minutes of beats that vary at random: 1 % of pairs; of slow rhythms that wander: up to 17 %."""
    rng = np.random.default_rng(1)

    def wandering():
        breath = signal.lfilter([1], [1, -2 * 0.97 * np.cos(0.4 * np.pi), 0.97**2], rng.normal(0, 1, 875))[500:]
        slow = signal.lfilter([1], [1, -0.95], rng.normal(0, 1, 875))[500:]
        return 800 + 2.6 * breath + 6 * slow + rng.normal(0, 6, 375)

    for made, most_01 in ((lambda: rng.normal(800, 30, 375), 0.02), (wandering, 0.19)):
        seen = [{one.name: one for one in compute_all(window_of(made().tolist()))} for _ in range(60)]
        for name in ("hr_mean_bpm", "rmssd_ms", "sdnn_ms"):
            pairs = [compare.Pair(name, a[name], b[name]) for a, b in itertools.combinations(seen, 2)]
            told = [pair.is_different for pair in pairs if pair.is_different is not None]
            assert np.mean(told) <= most_01, name


# ---- progress, memory, start


class Terminal:
    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_bar_is_drawn_on_a_terminal_alone_and_taken_away(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(output.time, "monotonic", lambda: clock[0])
    terminal = Terminal()
    monkeypatch.setattr(output.sys, "stderr", terminal)
    bar = output.Progress(10, "recordings")
    bar.at(1, "soon.txt")
    assert terminal.text == ""  # what takes no time has no bar
    clock[0] = 1.0
    bar.at(5.5, "half\x1b[2J.txt")
    assert " 55%  5 of 10 recordings  half?[2J.txt" in terminal.text
    bar.end()
    assert terminal.text.endswith(" \r")
    terminal.isatty = lambda: False
    terminal.text = ""
    quiet = output.Progress(10, "recordings")
    clock[0] = 9.0
    quiet.at(5)
    quiet.end()
    assert terminal.text == ""


def measured(*words, code="from agent import cli; import sys; sys.exit(cli.main(sys.argv[1:]))"):
    """(exit code, CPU seconds, peak resident MB, stdout) of a process of its own."""
    program = (
        "import resource, sys, subprocess\n"
        "done = subprocess.run([sys.executable, '-c', sys.argv[1], *sys.argv[2:]], capture_output=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(done.stdout))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", program, code, *map(str, words)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    exit_code, cpu_s, rss_mb, size = told.stdout.split()
    return int(exit_code), float(cpu_s), float(rss_mb), int(size)


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is counted by the resource module")
@pytest.mark.long
@pytest.mark.process
def test_a_day_and_a_week_are_analyzed_in_little_memory(tmp_path):
    day = written(tmp_path / "day.txt", heart(86_400))
    week = written(tmp_path / "week.txt", np.tile(heart(86_400), 7))
    outputs = ("--csv", tmp_path / "o.csv", "--report", tmp_path / "o.html", "--nn", tmp_path / "n.csv")
    for file, words in ((day, ("--json",)), (week, outputs), (week, ("--json",))):
        code, _, rss_mb, _ = measured("analyze", file, *words)
        assert code == 0
        assert rss_mb < 250, (file.name, words)
    assert (tmp_path / "o.html").stat().st_size < 1_000_000


@pytest.mark.process
def test_analyze_loads_neither_a_library_of_solvers_nor_a_loop(tmp_path):
    file = written(tmp_path / "five.txt", heart(301))
    code = (
        "import sys; from agent import cli; cli.main(['analyze', sys.argv[1]]);"
        "heavy = {'scipy', 'asyncio', 'matplotlib', 'tempfile', 'csv', 'sqlite3'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) if heavy else 0)"
    )
    told = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)  # fmt: skip
    assert told.returncode == 0, told.stderr


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="CPU seconds are counted by the resource module")
def test_analyze_starts_in_little_more_than_numpy_takes(tmp_path):
    """0.4 CPU seconds on a machine where numpy takes 0.2: as a ratio, for a test runs on any machine."""
    file = written(tmp_path / "five.txt", heart(301))
    measured("analyze", file)  # compiled once
    ours = min(measured("analyze", file)[1] for _ in range(3))
    numpy = min(measured(code="import numpy")[1] for _ in range(3))
    assert ours < 3.0 * numpy

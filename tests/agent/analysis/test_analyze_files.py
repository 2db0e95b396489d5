"""`wardbeat analyze` on files as people have them: what was read is named, options decide, notes are in words and in JSON."""

import io
import itertools
import json
import os
import pty
import subprocess
import sys

import numpy as np
import pytest

from agent import cli
from tests.agent.recording import writers as w

RR = w.calm(400)


def written(tmp_path, content, name="recording.csv"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def answer(capsys, *words):
    """(exit code, the JSON answer, what was said)"""
    code = cli.main(["analyze", *map(str, words), "--json"])
    out, said = capsys.readouterr()
    return code, json.loads(out) if out else None, said


def test_dialect_and_notes_are_in_the_first_lines_and_in_json(tmp_path, capsys):
    file = written(tmp_path, w.table("Phone timestamp;RR-interval [ms]", w.iso(w.arrivals(RR)), w.whole(RR), mark=";"))
    code, found, _ = answer(capsys, file)
    assert (code, found["dialect"], len(found["beats"])) == (0, "Polar Sensor Logger", 400)
    assert len(found["notes"]) == 1
    assert cli.main(["analyze", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "read as: Polar Sensor Logger"
    assert lines[2] == f"note: {found['notes'][0]}"


def test_a_list_of_heart_rates_ends_with_2(tmp_path, capsys):
    code, found, said = answer(capsys, written(tmp_path, w.text(w.whole(60_000 / RR))))
    assert (code, found) == (2, None)
    assert "look like heart rates" in said
    assert "→" in said


def test_intervals_written_twice_are_told_and_give_the_same_numbers(tmp_path, capsys):
    _, once, _ = answer(capsys, written(tmp_path, w.plain(RR), "once.txt"))
    _, twice, _ = answer(capsys, written(tmp_path, w.plain(np.repeat(RR, 2)), "twice.txt"))
    assert once["notes"] == []
    assert "written twice" in twice["notes"][0]
    assert once["windows"] == twice["windows"]


def test_equal_neighbours_alone_are_no_doubles(tmp_path, capsys):
    paced = np.full(400, 850.0)
    calm = np.repeat(RR[:200], 2)
    calm[101] += 4
    for series in (paced, calm):
        _, found, _ = answer(capsys, written(tmp_path, w.plain(series)))
        assert len(found["beats"]) == 400
        assert found["notes"] == []


def test_packets_that_came_twice_are_found_by_the_file_s_own_clock(tmp_path, capsys):
    arrived = w.arrivals(RR)
    edges = [0, *(np.flatnonzero(np.diff(arrived) > 0.1) + 1).tolist(), RR.size]
    rows = []
    for begin, end in itertools.pairwise(edges):
        for late_s in (0.0, 0.004):
            rows += [(t + late_s, rr) for t, rr in zip(arrived[begin:end], RR[begin:end], strict=True)]
    times, values = zip(*rows, strict=True)
    code, found, _ = answer(
        capsys,
        written(tmp_path, w.table("timestamp,rr_ms", [f"{1e12 + t * 1000:.0f}" for t in times], w.whole(values))),
    )
    assert code == 0
    assert [beat["rr_ms"] for beat in found["beats"]] == RR.tolist()
    assert any("twice" in note for note in found["notes"])


def test_a_unit_that_the_file_s_own_clock_contradicts_is_told(tmp_path, capsys):
    long = w.calm(900)
    file = written(
        tmp_path,
        w.table("timestamp,rr_ms", [f"{1e12 + t * 1000:.0f}" for t in w.arrivals(long)], w.whole(long * 1.024)),
    )
    _, found, _ = answer(capsys, file)
    assert "1/1024 s" in " ".join(found["notes"])
    assert np.mean([beat["rr_ms"] for beat in found["beats"]]) == pytest.approx(long.mean(), rel=1e-3)


def test_a_pause_in_times_of_arrival_is_a_gap_and_a_late_packet_is_none(tmp_path, capsys):
    arrived = w.arrivals(RR)
    arrived[200:] += 40.0
    arrived[100:103] += 3.0  # a stall that the next packet makes up for
    file = written(
        tmp_path,
        w.table("Phone timestamp;RR-interval [ms]", w.iso(np.maximum.accumulate(arrived)), w.whole(RR), mark=";"),
    )
    _, found, _ = answer(capsys, file)
    ends_s = np.array([beat["t_s"] for beat in found["beats"]])
    extra_s = np.diff(ends_s) - RR[1:] / 1000
    assert np.flatnonzero(extra_s > 0.03).tolist() == [199]
    assert extra_s[199] == pytest.approx(40.0, abs=1.0)


def test_the_person_s_words_decide(tmp_path, capsys):
    file = written(tmp_path, w.table("left,right,when", w.whole(RR), w.whole(RR[::-1]), w.decimal(w.ends_s(RR))))
    assert answer(capsys, file)[0] == 2
    for column in ("right", "2"):
        code, found, _ = answer(capsys, file, "--column", column, "--time-column", "none")
        assert code == 0
        assert [beat["rr_ms"] for beat in found["beats"]] == RR[::-1].tolist()
    _, found, _ = answer(capsys, file, "--column", "left", "--time-column", "when")
    assert found["beats"][0]["rr_ms"] == RR[0]
    _, found, _ = answer(capsys, file, "--column", "left", "--time-column", "none", "--unit", "1/1000s")
    assert found["beats"][5]["rr_ms"] == pytest.approx(RR[5])
    for wrong in (("--unit", "parsec"), ("--unit", "samples"), ("--column", "9"), ("--lead", "II"), ("--fs", "250")):
        code, _, said = (
            answer(capsys, file, "--column", "left", *wrong) if wrong[0] != "--column" else answer(capsys, file, *wrong)
        )
        assert code == 2, wrong
        assert "→" in said


def test_stdin_is_a_file(tmp_path, capsys, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(w.plain(RR).encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    code, found, _ = answer(capsys, "-")
    assert (code, len(found["beats"])) == (0, 400)


def test_options_of_files_say_nothing_about_a_clip(tmp_path, capsys):
    for option in ("--column", "--time-column", "--unit", "--lead"):
        assert cli.main(["analyze", "--video", str(tmp_path / "x.mp4"), option, "1"]) == 2
        assert f"{option} says nothing about a clip" in capsys.readouterr().err


@pytest.mark.slow
def test_a_pause_of_a_minute_leaves_an_ecg_its_rate_and_is_a_gap(tmp_path, capsys):
    from tests.support.pulse_waves import truth_s, waves

    known = truth_s(120)
    wave, _ = waves(known, 120, fs_hz=130.0, noise=0.02)
    t_s = np.arange(wave.size) / 130.0
    late_s = np.where(t_s < 60, t_s, t_s + 60)
    file = written(tmp_path, w.table("t_ms,ecg", w.whole(late_s * 1000), w.decimal(wave, 4)))
    code, found, _ = answer(capsys, file, "--signal", "ecg", "--window", "180")
    assert code == 0
    assert found["notes"] == ["1 pause in the file's times, the longest 60 s"]
    features = found["windows"][0]["features"]
    assert features["hr_mean_bpm"]["value"] == pytest.approx(60 / np.diff(known).mean(), rel=0.01)
    assert features["hr_mean_bpm"]["longest_gap_s"] == pytest.approx(61, abs=2)


# ---- progress


@pytest.mark.process
def test_a_bar_appears_on_a_real_terminal_while_one_file_is_read(tmp_path):
    file = written(tmp_path, w.plain(np.resize(RR, 400)))
    ours, theirs = pty.openpty()
    program = (
        "import sys; from agent.system import output; output._PROGRESS_S = 0.0;"
        "from agent import cli; sys.exit(cli.main(['analyze', sys.argv[1], '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert " 50%  0 of 1 recordings  recording.csv" in said
    assert len(json.loads(done.stdout)["beats"]) == 400

"""`wardbeat demo` as a person runs it: with faults, kept, pictured, and with words it cannot use."""

import io
import json
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from agent.features.live import LiveHeart
from agent.model import NS_PER_S, Sample
from agent.system.status import Level, StatusBoard
from agent.windows.window import Ring
from tests.support.machine import within_s

DEMO = [sys.executable, "-m", "agent.cli", "demo"]


def demo(*words):
    return subprocess.run([*DEMO, *map(str, words)], capture_output=True, text=True, timeout=within_s(120))


@pytest.mark.long
@pytest.mark.process
def test_the_demo_suffers_faults_keeps_its_folder_and_draws_its_picture(tmp_path):
    faults, picture = tmp_path / "faults.yaml", tmp_path / "demo.svg"
    faults.write_text("- {at_s: 60, fault: link_loss, for_s: 10}\n- {at_s: 120, fault: malformed, for_s: 3}\n")
    done = demo("--minutes", 0.6, "--faults", faults, "--picture", picture, "--keep", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["lost"] == report["doubled"] == 0
    assert report["sealed"] == report["stored"] == report["receipted"] > 5
    (window,) = report["windows"]
    assert 250 < window["features"]["hr_mean_bpm"]["n"] < 310  # 312 without the faults
    assert window["features"]["rmssd_ms"]["n"] < window["features"]["hr_mean_bpm"]["n"] - 1  # no difference over a gap

    folder = Path(re.search(r"Kept in (\S+);", done.stderr).group(1))
    try:
        assert (folder / "state/strap.json").exists()
        looked = subprocess.run(
            [sys.executable, "-m", "agent.cli", "hub", "show", folder / "hub", "--summaries"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert looked.returncode == 0, looked.stderr
        assert "rmssd_ms" in looked.stdout
    finally:
        shutil.rmtree(folder)
    drawn = picture.read_text()
    assert "beat by beat" in drawn.replace("&#160;", " ")
    assert not re.search(r"url\(.?(http|//)|@font-face|href=", drawn), "a picture fetches nothing"


def test_the_live_view_fits_the_terminal_and_what_is_cut_is_the_oldest():
    from rich.console import Console

    from agent.demo.view import View, sparkline

    ring, live = Ring(), LiveHeart()
    for second in range(1, 60):
        ring.add(Sample(second * NS_PER_S, "rr_ms", 600.0 + 10 * second))
        live.push(Sample(second * NS_PER_S, "rr_ms", 600.0 + 10 * second))
    clock = types.SimpleNamespace(now_ns=lambda: 60 * NS_PER_S, start_ns=lambda: 0)
    outbox = types.SimpleNamespace(counts=lambda: {"receipted": 2, "sent": 1})
    board = StatusBoard()
    board.set("source.ble_strap", Level.OK, "receiving beats")
    windows = types.SimpleNamespace(ring=ring)
    agent = types.SimpleNamespace(clock=clock, outbox=outbox, board=board, windows=windows, live=live)
    for width in (40, 88, 200):
        console = Console(width=width, file=io.StringIO())
        console.print(View("a title", 120.0, lambda: 3).panel(agent, width))
        lines = console.file.getvalue().splitlines()
        assert max(map(len, lines)) <= min(width, 88)
        shown = next(line for line in lines if "beat by beat" in line)
        assert "█" in shown, "the newest beat, the longest, is there"
        assert "…" not in shown
        assert any("sealed 3" in line for line in lines)
        assert any("RMSSD" in line and "--" in line for line in lines), (
            "of beats that do not follow on each other: none"
        )
    assert sparkline([]) == ""


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--replay", "/nowhere/rr.txt"), "No such file"),
        (("--faults", "/nowhere/f.yaml"), "No such file"),
        (("--seed", -1), "below 0"),
        (("--speed", 11), "outside 1 to 10"),
        (("--minutes", 0), "outside 0 to"),
    ],
)
def test_words_that_the_demo_cannot_use_are_told_before_anything_starts(words, said):
    done = demo(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
@pytest.mark.parametrize(("content", "said"), [("", "no beat"), ("800\nfast\n", "line 2"), ("t_s,rr_ms\n", "no beat")])
def test_a_recording_that_cannot_be_worn_is_told_with_its_line(content, said, tmp_path):
    file = tmp_path / "rr.txt"
    file.write_text(content)
    done = demo("--replay", file)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
def test_a_demo_without_its_parts_says_which_and_how_to_get_them():
    """As after `pip install wardbeat`: the same interpreter, told that two parts are not there."""
    code = (
        "import sys, importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name in ('bumble', 'amqtt') else real(name, *rest)\n"
        "from agent import cli; sys.exit(cli.main(['demo']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=within_s(60))
    assert done.returncode == 3
    assert "not installed: amqtt, bumble" in done.stderr
    assert "wardbeat[demo]" in done.stderr


def test_the_sample_in_the_readme_is_what_the_demo_prints(capsys):
    from agent.demo.report import print_report

    def window(start, rate, rmssd, sdnn, pnn, n):
        numbers = {"hr_mean_bpm": (rate, n), "rmssd_ms": (rmssd, n - 1 if n == 312 else n), "sdnn_ms": (sdnn, n)}
        numbers["pnn50_01"] = (pnn, n - 1 if n == 312 else n)
        return {
            "start_utc": start,
            "features": {name: {"value": value, "n": of} for name, (value, of) in numbers.items()},
        }

    windows = [
        window("2026-11-21T05:50:00Z", 64.0, 42.3, 42.3, 0.299, 312),
        window("2026-11-21T05:55:00Z", 72.7, 31.3, 84.8, 0.091, 364),
    ]
    print_report(
        {
            "windows": windows,
            "sealed": 40,
            "stored": 40,
            "receipted": 40,
            "lost": 0,
            "doubled": 0,
            "first_beat_s": 1.5,
            "week": {
                "sleep_h": 6.4,
                "usual_sleep_h": 6.9,
                "short_rests": 3.0,
                "usual_short_rests": 0.0,
                "index": 97.0,
                "low": 85.0,
                "high": 100.0,
            },
        }
    )
    printed = capsys.readouterr().err.strip().splitlines()
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    sample = readme[readme.index("A synthetic person under") :].split("```")[0].strip().splitlines()
    assert [line for line in sample if line != "  ..."] == printed

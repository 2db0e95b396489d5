"""What reaches a terminal: no stranger's command, and no traceback where output or disk are full or gone."""

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from agent import cli
from agent.commands import COMMANDS
from agent.system import logs, output
from agent.system.host import make_folders, private_dir
from tests.support.world import make_world

pytestmark = pytest.mark.process

EVIL = "\x1b]0;taken\x07\x1b[2J\x9b31m\u202e"  # a title, an empty screen, C1, and text that runs backwards
FULL = "/dev/full"


def holds_a_command(text):
    return [one for one in text if not (one.isprintable() or one in "\n\t")]


def run(words, **streams):
    """A command whose output waits in Python's buffer, as a person's does."""
    command = [sys.executable, "-m", "agent.cli", *map(str, words)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, timeout=240, check=False, stdin=subprocess.DEVNULL, env=env, **streams)


# ---- commands to the terminal


def named_badly(tmp_path):
    folder = tmp_path / f"folder {EVIL}"
    folder.mkdir()
    (folder / "text").write_text("no database, no recording, no paper")
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ["outbox", "fsck", "FOLDER/text"],
        ["outbox", "fsck", "FOLDER/none"],
        ["analyze", "FOLDER/text"],
        ["analyze", "--images", "FOLDER/text"],
        ["enroll", "FOLDER/none"],
        ["hub", "show", "FOLDER"],
        ["hub", "admit", "FOLDER", "FOLDER/none"],
        ["hub", "restore", "FOLDER/new", "FOLDER/text", "--root", "FOLDER/text"],
        ["hub", "init", "FOLDER/text/site", "--site", "s", "--operator", "O"],
        ["hub", "init", "FOLDER/site", "--site", "s", "--operator", "O"],
        ["hub", "revoke", "FOLDER", EVIL],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_name_of_a_file_or_folder_commands_the_terminal(world, settings_file, tmp_path, capsys, words):
    folder = named_badly(tmp_path)
    cli.main(["--config", str(settings_file), *(word.replace("FOLDER", str(folder)) for word in words)])
    said = "".join(capsys.readouterr())
    assert said
    assert holds_a_command(said) == []


def test_no_word_of_sqlite_commands_the_terminal(world, settings_file, capsys):
    """A table's name in a damaged file stands in SQLite's error."""
    file = world.settings.state_dir / "outbox.db"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(f'CREATE VIEW "{EVIL}" AS SELECT 1')
    assert cli.main(["--config", str(settings_file), "outbox", "fsck"]) == 1
    said = "".join(capsys.readouterr())
    assert "view" in said
    assert holds_a_command(said) == []


def test_no_line_of_the_log_holds_a_command_or_looks_like_two(caplog):
    formatter = logs.Formatter("%(levelname)s %(message)s")
    record = logging.makeLogRecord({"levelname": "ERROR", "msg": "failed: %s", "args": (f"a{EVIL}\nERROR forged",)})
    line = formatter.format(record)
    assert holds_a_command(line) == []
    assert len(line.splitlines()) == 1
    try:
        raise ValueError(EVIL)
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    assert holds_a_command(formatter.format(record)) == []


def test_the_detector_sees_a_command(capsys):
    print(f"{EVIL}")
    assert len(holds_a_command(capsys.readouterr().out)) == 5


# ---- output that is full or gone

PRINTS = (["--help"], ["--version"], ["config", "example"], ["ledger"], ["export"], ["outbox", "export"])
PRINTS_HUB = (["show"], ["invite"], ["show", "--devices"])


@pytest.mark.parametrize("words", PRINTS, ids=" ".join)
def test_a_full_disk_behind_the_output_is_told_and_never_a_traceback(world, settings_file, words):
    with open(FULL, "w") as full:
        done = run(["--config", settings_file, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3, done.stderr
    assert "the output cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", PRINTS_HUB, ids=" ".join)
def test_the_same_of_the_hub(world, words):
    world.receiver()
    with open(FULL, "w") as full:
        done = run(["hub", words[0], world.hub, *words[1:]], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3, done.stderr
    assert "cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_where_nobody_can_be_told_the_exit_code_still_tells(world, settings_file, tmp_path):
    with open(FULL, "w") as full:
        assert run(["--config", settings_file, "export"], stdout=full, stderr=full).returncode == 3
        assert run(["--config", settings_file, "status"], stdout=full, stderr=full).returncode == 3
        assert (
            run(["--config", settings_file, "outbox", "status"], stdout=subprocess.DEVNULL, stderr=full).returncode == 0
        )
        assert run(["hub", "show", tmp_path / "none"], stdout=full, stderr=full).returncode == 3


@pytest.mark.parametrize("words", [["export"], ["--help"], ["config", "example"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_error(world, settings_file, words):
    read, write = os.pipe()
    os.close(read)
    done = run(["--config", settings_file, *words], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_bytes_that_are_no_text_end_no_command(world, settings_file, tmp_path):
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(128, 256)) * 9)
    for words in (["recovery", "verify"], ["hub", "erase", world.hub]):
        with noise.open("rb") as stdin:
            command = [sys.executable, "-m", "agent.cli", "--config", settings_file, *words]
            done = subprocess.run(command, stdin=stdin, capture_output=True, check=False, timeout=120)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr


def test_a_terminal_without_our_letters_gets_others(world, settings_file):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "agent.cli", "--config", str(settings_file), "doctor"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("package", ["starlette", "paho", "sqlalchemy", "matplotlib", "amqtt"])
def test_a_package_that_is_missing_is_named_by_every_command(settings_file, tmp_path, package):
    beats = tmp_path / "beats"
    beats.write_text("800\n" * 400)
    block = f"import sys; sys.modules[{package!r}] = None; from agent import cli; sys.exit(cli.main(sys.argv[1:]))"
    words = {
        "matplotlib": ["analyze", beats, "--plot", tmp_path / "p.png"],
        "amqtt": ["demo", "--minutes", "0.1"],
        "sqlalchemy": ["demo", "--minutes", "0.1"],
        "starlette": ["status"],
        "paho": ["status"],
    }[package]
    command = [sys.executable, "-c", block, "--config", settings_file, *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert "→" in done.stderr


# ---- rights of what is made by the way


def test_no_folder_of_the_agent_is_made_with_the_callers_umask(tmp_path):
    old = os.umask(0)
    try:
        private_dir(tmp_path / "a" / "b" / "state")
        make_folders(tmp_path / "c" / "models")
        world = make_world(tmp_path / "w")
        world.outbox().close()
    finally:
        os.umask(old)
    for place in ("a", "a/b", "a/b/state", "c", "c/models"):
        assert (tmp_path / place).stat().st_mode & 0o777 == 0o700, place
    state = world.settings.state_dir
    assert [path for path in [state, *state.rglob("*")] if path.stat().st_mode & 0o077] == []


def test_every_command_has_help_that_can_be_cut(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        assert ended.value.code == 0
    assert holds_a_command(capsys.readouterr().out) == []
    assert output.printable(EVIL) == "?]0;taken??[2J?31m?"

"""Ctrl-\\ at a PIN prompt writes no core file: a real terminal, a real SIGQUIT; the same without the mend is found."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.commands import COMMANDS
from tests.support.machine import within_s

PATTERN = Path("/proc/sys/kernel/core_pattern")
PLANTED = "from agent.system import host; host.no_core_dumps = lambda: None; from agent import cli; cli.main()"
EACH = """
import resource, sys
from agent import cli, commands

class Seen:
    @staticmethod
    def add_arguments(parser):
        pass

    @staticmethod
    def run(_):
        print(name, *resource.getrlimit(resource.RLIMIT_CORE))
        return 0

commands.CommandSpec._loaded = lambda _self: Seen
name = sys.argv[1]
sys.exit(cli.main())
"""

pytestmark = pytest.mark.process


def quit_at(folder, question, typed, *words):
    """Start words on a new terminal in a folder, as somebody who wants cores; answer until the question stands, then Ctrl-\\."""
    folder.mkdir()
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # whoever runs the suite in the background ignores it
        os.execvp("bash", ["bash", "-c", 'ulimit -c unlimited; cd "$0"; exec "$@"', str(folder), *map(str, words)])
    seen, answers, until = "", list(typed), time.monotonic() + within_s(120)
    while question not in seen and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 4096).decode()
        if answers and answers[0][0] in seen:
            os.write(terminal, answers.pop(0)[1].encode() + b"\n")
    assert question in seen, seen
    os.write(terminal, b"my secret PI\x1c")
    gone, status = 0, 0
    while not gone and time.monotonic() < until:
        gone, status = os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)
    if not gone:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        pytest.fail("the command outlived Ctrl-\\")
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), [file.name for file in folder.iterdir()]


@pytest.mark.skipif(
    not PATTERN.exists() or PATTERN.read_text().startswith(("|", "/")),
    reason="this system does not write cores to the working folder",
)
def test_control_backslash_at_the_pin_prompt_leaves_no_core(world, tmp_path, settings_file):
    command = ("--config", settings_file, "consent", "give", "--signal", "heart")
    typed = [("Type yes:", "yes")]
    python = ("env", f"PYTHONPATH={Path(__file__).parents[2]}", sys.executable)
    ended, left = quit_at(tmp_path / "planted", "PIN:", typed, *python, "-c", PLANTED, *command)
    assert ended == -signal.SIGQUIT
    assert any(name.startswith("core") for name in left), "the detector must find the attack"
    ended, left = quit_at(tmp_path / "working", "PIN:", typed, *python, "-m", "agent.cli", *command)
    assert ended == -signal.SIGQUIT
    assert left == []


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name in ("run", "hub", "enroll", "recovery", "consent", "demo")]
)
def test_no_command_dumps_a_core(name):
    words = ["bash", "-c", 'ulimit -c unlimited; exec "$@"', "bash", sys.executable, "-c", EACH, name]
    said = subprocess.run(words, capture_output=True, text=True, timeout=within_s(60), check=False)
    assert said.stdout.split() == [name, "0", "0"], said.stderr

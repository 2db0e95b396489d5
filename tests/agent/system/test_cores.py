"""A crash leaves no core: not of the agent, which holds measurements, not of the hub, which holds every key."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.control import channel
from tests.support.machine import within_s
from tests.support.processes import accepts, wait_for

PATTERN = Path("/proc/sys/kernel/core_pattern")
pytestmark = pytest.mark.skipif(
    not PATTERN.exists() or PATTERN.read_text().startswith(("|", "/")),
    reason="this system does not write cores to the working folder",
)


def crashed(folder, ready, *words):
    """Start a program as somebody who wants cores, end it with SIGSEGV; the files that it left."""
    folder.mkdir()
    shell = 'ulimit -c unlimited && cd "$0" && exec "$@"'
    process = subprocess.Popen(
        ["bash", "-c", shell, str(folder), *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(ready, what="the program to run")
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGSEGV)
    assert process.wait(within_s(20)) == -signal.SIGSEGV
    return [file.name for file in folder.iterdir()]


@pytest.mark.process
def test_the_detector_finds_a_core(tmp_path):
    mark = tmp_path / "mark"
    code = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    left = crashed(tmp_path / "planted", mark.exists, sys.executable, "-c", code)
    assert any(name.startswith("core") for name in left)


@pytest.mark.process
def test_a_crashed_agent_leaves_no_core(world, tmp_path, settings_file):
    words = (sys.executable, "-m", "agent.cli", "--config", settings_file, "run")
    left = crashed(tmp_path / "working", lambda: accepts(world.settings.state_dir / channel.SOCKET), *words)
    assert left == []


@pytest.mark.process
def test_a_crashed_hub_leaves_no_core(world, tmp_path):
    lock = world.hub / "hub.1.lock"
    left = crashed(tmp_path / "working", lock.exists, sys.executable, "-m", "agent.cli", "hub", "run", world.hub)
    assert left == []

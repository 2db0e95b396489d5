"""A test that starts a process or opens a socket has a marker that says so."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import guard

ROOT = Path(__file__).parents[2]
PLANTED = """
import asyncio, pytest, socket, subprocess, sys

def test_a_child():
    subprocess.run([sys.executable, "-c", ""], check=True)

@pytest.mark.process
def test_a_child_that_is_marked():
    subprocess.run([sys.executable, "-c", ""], check=True)

def test_a_listener():
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))

def test_a_loop_is_none():
    asyncio.run(asyncio.sleep(0))
"""


@pytest.mark.process
def test_a_process_or_a_socket_without_a_marker_is_found(tmp_path):
    """The planted tests run under this suite's conftest."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "test_planted.py").write_text(PLANTED)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"),
             "--rootdir", str(tmp_path), str(folder)]  # fmt: skip
    found = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "2 failed, 2 passed" in found.stdout, found.stdout[-3000:]
    assert "this test caused subprocess.Popen, and no marker says so" in found.stdout
    assert "this test caused socket.bind, and no marker says so" in found.stdout


def test_the_hook_notices_what_leaves_this_process_and_nothing_else(tmp_path):
    guard.begin()
    with pytest.raises(OSError, match="No such file"), socket.socket(socket.AF_UNIX) as asks:
        asks.connect(str(tmp_path / "nobody"))
    assert guard.noticed == []
    assert guard.breach(set()) == ""
    free, bound = threading.Event(), threading.Event()

    def listen():
        free.wait(30)
        with socket.socket(socket.AF_UNIX) as ours:
            ours.bind(str(tmp_path / "ours"))
        bound.set()

    older = threading.Thread(target=listen)
    older.start()
    guard.begin()
    free.set()
    assert bound.wait(30)
    older.join()
    assert guard.noticed == []  # an earlier test's thread
    (tmp_path / "ours").unlink()
    newer = threading.Thread(target=listen)
    newer.start()
    newer.join()
    assert guard.noticed == ["socket.bind"]
    guard.begin()
    guard.noticed.append("subprocess.Popen")
    try:
        assert "no marker" in guard.breach(set())
        assert guard.breach({"process"}) == ""
        assert "no marker" in guard.breach({"slow"})
    finally:
        guard.noticed.clear()

"""The simulator and the command line as processes: what a person's terminal would show."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.machine import within_s
from tests.support.processes import system_tool


@contextlib.contextmanager
def simulator(*options: str) -> Iterator[tuple[subprocess.Popen, dict]]:
    """`python -m firmware_sim --bus`: the process, and what it said of its bus, straps and control port."""
    system_tool("dbus-daemon")
    words = [sys.executable, "-m", "firmware_sim", "--bus", *options]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(within_s(20))
        process.stdout.close()


def ask(port: int, **what) -> dict:
    """One line to the simulator's control port, and its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=within_s(5)) as talk:
        talk.sendall(json.dumps(what).encode() + b"\n")
        return json.loads(talk.makefile().readline())


def settings_file(folder: Path, adapter: str = "null") -> Path:
    """Settings with the strap switched on."""
    file = folder / "settings.yaml"
    file.write_text(f"state_dir: {folder / 'state'}\nkey_store: file\nsources:\n  ble_strap: {{adapter: {adapter}}}\n")
    return file


def status(file: Path, env) -> str:
    """What `wardbeat status` says of the strap; empty while no agent runs."""
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", file, "status", "--json"],
        capture_output=True, text=True, env={**os.environ, **env}, check=False,
    )  # fmt: skip
    states = json.loads(done.stdout)["states"] if done.returncode == 0 else []
    return next((state["words"] for state in states if state["part"] == "source.ble_strap"), "")

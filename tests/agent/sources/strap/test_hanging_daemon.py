"""A Bluetooth service that hangs."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support import strap_program, straps
from tests.support.machine import within_s
from tests.support.processes import start_wardbeat, wait_for


@pytest.mark.process
@pytest.mark.long
def test_a_bluetooth_daemon_that_hangs_holds_up_neither_scan_nor_pause(tmp_path):
    with strap_program.simulator() as (daemon, said):
        hangs_under(daemon, {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": said["bus"]}, tmp_path)


def hangs_under(daemon, env, tmp_path):
    file = strap_program.settings_file(tmp_path)
    straps.bind(tmp_path / "state", 0)
    call = [sys.executable, "-m", "agent.cli", "--config", file]
    agent = start_wardbeat("--config", file, "run", log=tmp_path / "log", env=env)
    try:
        wait_for(lambda: strap_program.status(file, env) == "receiving beats", 30, "beats")
        daemon.send_signal(signal.SIGSTOP)
        done = subprocess.run(
            [*call, "scan", "--seconds", "0.3"], capture_output=True, text=True, env=env, timeout=within_s(40)
        )
        assert done.returncode == 3
        assert "does not respond" in done.stderr or "Bluetooth failed" in done.stderr
        subprocess.run([*call, "pause"], env=env, timeout=within_s(10), capture_output=True)
        wait_for(lambda: strap_program.status(file, env) == "paused", 20, "the pause")
    finally:
        daemon.send_signal(signal.SIGCONT)
        agent.stop()

"""A strap as a person meets it: commands, the agent and the system's Bluetooth service as processes."""

import json
import os
import re
import subprocess
import sys
import time

import pytest

from tests.support import strap_program
from tests.support.machine import within_s
from tests.support.processes import start_wardbeat, wait_for


@pytest.mark.process
@pytest.mark.long
def test_a_person_scans_binds_and_runs_and_a_killed_agent_finds_its_strap_again(sim, tmp_path):
    env, said = sim
    file = strap_program.settings_file(tmp_path)
    call = [sys.executable, "-m", "agent.cli", "--config", str(file)]
    options = {"capture_output": True, "text": True, "env": {**os.environ, **env}, "timeout": 60, "check": False}

    listed = subprocess.run([*call, "scan", "--seconds", "1", "--json"], **options)
    assert json.loads(listed.stdout) == [{"address": said["straps"][0], "name": "WB-SIM 0", "rssi_dbm": -50}]
    done = subprocess.run([*call, "scan", "--seconds", "1", "--bind"], **options)
    assert done.returncode == 0, done.stderr
    assert "WB-SIM 0 is now your strap" in done.stderr
    assert "Beats arrived" in done.stderr

    log = tmp_path / "agent.log"
    agent = start_wardbeat("--config", file, "run", log=log, env={**os.environ, **env})
    wait_for(lambda: strap_program.status(file, env) == "receiving beats", 30, "beats")
    listed = subprocess.run([*call, "scan", "--seconds", "0.3"], **options)
    assert "the running agent reads it" in listed.stderr
    agent.kill()  # bluetoothd keeps a killed program's link: the strap does not advertise
    agent = start_wardbeat("--config", file, "run", log=log, env={**os.environ, **env})
    wait_for(lambda: strap_program.status(file, env) == "receiving beats", 40, "beats after a kill")

    assert subprocess.run([*call, "pause"], **options).returncode == 0
    begin = time.monotonic()
    wait_for(lambda: strap_program.status(file, env) == "paused", 30, "the pause")
    while True:  # the link is down: the strap can be found again
        seen = subprocess.run([*call, "scan", "--seconds", "0.3", "--json"], **options)
        if seen.returncode == 0 and json.loads(seen.stdout):
            break
        assert time.monotonic() - begin < 60  # 5 s, and the commands that look
    assert subprocess.run([*call, "resume"], **options).returncode == 0
    wait_for(lambda: strap_program.status(file, env) == "receiving beats", 30, "beats after the pause")
    refused = subprocess.run([*call, "scan", "--seconds", "0.3", "--bind"], **options)
    assert "the running agent is reading a strap" in refused.stderr
    assert refused.returncode == 2
    strap_program.ask(
        said["control"], fault="link_loss", for_s=6, strap=0
    )  # the command that looks takes seconds on a busy machine
    wait_for(lambda: strap_program.status(file, env) != "receiving beats", 30, "the loss")
    wait_for(lambda: strap_program.status(file, env) == "receiving beats", 30, "beats after a loss")
    doctor = subprocess.run([*call, "doctor", "--json"], **options)
    (check,) = [one for one in json.loads(doctor.stdout) if one["check_id"] == "strap"]
    assert check["ok"] is True
    agent.stop()
    address = re.compile("|".join([said["straps"][0], said["straps"][0].replace(":", "_")]))
    assert not address.search(log.read_text()), "no log holds a device address"
    assert address.search(log.read_text() + "/org/bluez/hci0/dev_F0_00_00_00_00_00")


@pytest.mark.process
@pytest.mark.parametrize(
    ("bus", "adapter", "said"),
    [("unix:path=/nowhere", "null", "no Bluetooth service"), ("nonsense", "null", "Bluetooth failed"), (None, "hci9", "no Bluetooth adapter hci9")],
)  # fmt: skip
def test_a_scan_tells_what_is_wrong_with_bluetooth(bus, adapter, said, sim, tmp_path):
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus or sim[1]["bus"]}
    file = strap_program.settings_file(tmp_path, adapter)
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", file, "scan", "--seconds", "0.3"],
        capture_output=True, text=True, env=env, timeout=within_s(60),
    )  # fmt: skip
    assert done.returncode == 3
    assert said in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
def test_without_bluetooth_a_person_is_told_what_to_do(tmp_path):
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path / 'nothing'}"}
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", strap_program.settings_file(tmp_path), "scan", "--seconds", "1"],
        capture_output=True, text=True, env=env, timeout=within_s(60), check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "no Bluetooth service" in done.stderr
    assert "→" in done.stderr

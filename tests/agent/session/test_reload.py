"""A running agent takes a change of its settings over, whole; what is wrong changes nothing."""

import asyncio
import json
import os
import re
import signal
import socket

import pytest
import yaml

from agent import pipeline
from agent.system.run_mode import RunMode
from tests.support.processes import start_wardbeat, wait_for
from tests.support.terminal import call
from tests.support.world import make_world

pytestmark = pytest.mark.process


@pytest.fixture
def agent(tmp_path):
    """A running agent under a service manager that listens; (process, settings file)."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    file = tmp_path / "settings.yaml"
    write(file, {"state_dir": str(tmp_path / "state"), "key_store": "file", "consent_days": 30})
    env = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
    process = start_wardbeat("--config", file, "run", log=tmp_path / "log", env=env)
    wait_for(lambda: states(file), what="the agent")
    yield process, file
    process.stop()
    manager.close()


def write(file, tree):
    new = file.with_suffix(".new")
    new.write_text(yaml.safe_dump(tree))
    new.replace(file)


def status(file):
    done = call("--config", file, "status", "--json")
    return json.loads(done.stdout) if done.returncode == 0 else {}


def states(file):
    return {one["part"]: one for one in status(file).get("states", ())}


def test_a_reload_is_whole_or_nothing(agent, tmp_path):
    process, file = agent
    own = yaml.safe_load(file.read_text())
    write(file, own | {"profile": "eu-workplace", "mqtt": {"keepalive_s": 77}})
    process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: status(file).get("profile") == "eu-workplace", what="the new profile")
    good = file.read_text()
    write(file, own | {"profile": "care", "mqtt": {"keepalive": 77}})
    process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: "unknown key 'mqtt.keepalive'" in (tmp_path / "log").read_text(), what="a line in the log")
    file.write_text(good)
    said = states(file)["settings"]
    assert status(file)["profile"] == "eu-workplace"
    assert said["level"] in ("trouble", "ok")
    process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: states(file)["settings"]["level"] == "ok", what="the files to be right again")
    assert process.popen.poll() is None
    log = (tmp_path / "log").read_text()
    assert "the settings have changed: mqtt.keepalive_s, profile" in log
    said_alone = re.sub(r"(?m)^.*?\d\d:\d\d:\d\d,\d{3} ", "", log)  # a time may hold any two digits
    assert "77" not in said_alone, "a key is named, its value is not"
    assert "77" in re.sub(r"(?m)^.*?\d\d:\d\d:\d\d,\d{3} ", "", "01:43:41,779 INFO planted: 77")


@pytest.mark.parametrize("held", ["", "the machine's policy is wrong"])
def test_where_the_policy_cannot_be_read_there_is_no_way_out(tmp_path, held):
    """The agent measures on; no link is opened, and the page and status say why."""
    world = make_world(tmp_path)
    seen = {}

    async def look(session):
        seen["publisher"] = session.publisher
        seen["policy"] = next((one for one in session.board.states() if one.part == "policy"), None)
        stop.set()

    async def run():
        await pipeline.run(
            world.settings, world.profile, mode=RunMode(held=held), stop=stop, extra_tasks={"look": look}
        )

    stop = asyncio.Event()
    asyncio.run(run())
    world.close()
    assert (seen["publisher"] is None) == bool(held)
    assert (seen["policy"] is not None) == bool(held)
    if held:
        assert held in seen["policy"].words
        assert "nothing leaves" in seen["policy"].words

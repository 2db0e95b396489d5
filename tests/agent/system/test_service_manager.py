"""The service manager hears that the agent is ready, that its work goes on, and nothing when it hangs."""

import asyncio
import os
import signal
import socket
import subprocess

import pytest
import yaml

from agent.model import NS_PER_S
from agent.session import loops
from agent.system.run_mode import RunMode
from agent.system.service_manager import ServiceManager
from tests.support.processes import start_wardbeat, wait_for


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """A socket as systemd makes it, and the words that arrive."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield made


@pytest.mark.process
def test_an_agent_says_that_it_is_ready_and_that_it_ends(manager, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state"), "key_store": "file"}))
    agent = start_wardbeat("--config", file, "run", log=tmp_path / "log", env={**os.environ, "WATCHDOG_USEC": "400000"})
    try:
        assert manager.recv(200) == b"READY=1\nWATCHDOG=1"
        assert subprocess.run(["test", "-e", tmp_path / "state"], check=False).returncode == 0, (
            "ready means that it runs"
        )
        assert manager.recv(200) == b"WATCHDOG=1"
        agent.popen.send_signal(signal.SIGSTOP)
        manager.setblocking(False)
        said = []
        with pytest.raises(BlockingIOError):
            while True:  # what was on its way
                said.append(manager.recv(200))
        assert set(said) <= {b"WATCHDOG=1"}
        agent.popen.send_signal(signal.SIGCONT)
        manager.settimeout(60)
        agent.popen.terminate()
        while (words := manager.recv(200)) != b"STOPPING=1":
            assert words == b"WATCHDOG=1"
        wait_for(lambda: agent.popen.poll() == 0, what="the end")
    finally:
        agent.stop()


class StillClock:
    """A clock that jumps to each moment that is waited for; the release task hangs at one of them."""

    def __init__(self, hangs_at_s):
        self.now_s, self._hangs_at_s = 0.0, hangs_at_s

    def now_ns(self):
        return int(self.now_s * NS_PER_S)

    async def sleep_until(self, t_ns):
        self.now_s = t_ns / NS_PER_S
        if self.now_s > self._hangs_at_s:
            raise TimeoutError  # stands for a wait that never ends


@pytest.mark.parametrize(("hangs_at_s", "signs"), [(1000, 10), (100, 4)])
def test_a_release_task_that_hangs_gives_no_sign(hangs_at_s, signs):
    seen = []
    clock = StillClock(hangs_at_s)
    mode = RunMode(alive=lambda: seen.append(clock.now_s), alive_s=30.0)
    session = type("Waits", (), {"clock": clock, "mode": mode})
    try:
        asyncio.run(loops._sleep_until(session, 300 * NS_PER_S))
    except TimeoutError:
        assert hangs_at_s < 300
    assert seen == [30.0 * n for n in range(signs)]


def test_without_a_service_manager_nothing_is_sent(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    made = ServiceManager()
    assert not made.is_watching
    made.alive()
    made.stopping()


@pytest.mark.process
def test_no_child_speaks_for_the_agent(manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "180000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    made = ServiceManager()
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()
    assert made.every_s == 30.0
    made.alive()
    made.alive()
    assert manager.recv(200) == b"READY=1\nWATCHDOG=1"
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(200)


@pytest.mark.process
def test_a_manager_that_is_gone_is_named_and_nothing_ends(manager, tmp_path, caplog):
    made = ServiceManager()
    (tmp_path / "notify").unlink()
    made.alive()
    assert "cannot be reached" in caplog.text

"""An agent that runs and does not answer is called busy, never absent, and its files are left alone."""

import contextlib
import json
import socket
import threading

import pytest

from agent.commands import doctor_checks as doctor
from agent.control import channel, client
from agent.control.channel import Command
from agent.errors import AgentBusy, NotRunning, WardbeatError
from agent.system import host

pytestmark = pytest.mark.process


def silent(connection, done):
    done.wait()


def half(connection, done):
    connection.sendall(b'{"exit_code": 0, "wor')
    done.wait()


def drips(connection, done):
    """A byte now and then: each one alone is in time."""
    while not done.wait(0.05):
        with contextlib.suppress(OSError):
            connection.sendall(b"{")


def closes(connection, done):
    """It ends in the middle of the question."""


def breaks_off(connection, done):
    connection.recv(10)
    connection.sendall(b'{"exit_code": 0')


def garbage(connection, done):
    connection.sendall(b"\xff\x00 nonsense\n")


def another_shape(connection, done):
    connection.sendall(json.dumps({"answer": 42}).encode() + b"\n")


def a_list(connection, done):
    connection.sendall(b"[1, 2]\n")


def deep(connection, done):
    connection.sendall(b"[" * 50_000 + b"\n")


PEERS = [silent, half, drips, closes, breaks_off, garbage, another_shape, a_list, deep]


@contextlib.contextmanager
def peer(folder, behaviour):
    """A peer on the control socket that accepts every call and then misbehaves."""
    folder.mkdir(mode=0o700, exist_ok=True)
    done = threading.Event()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / channel.SOCKET))
        server.listen(4)
        server.settimeout(0.05)

        def serve():
            while not done.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(None)
                        behaviour(connection, done)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@pytest.mark.parametrize("behaviour", PEERS, ids=lambda peer: peer.__name__)
def test_whoever_takes_the_call_and_gives_no_whole_answer_is_busy(tmp_path, behaviour):
    with peer(tmp_path / "state", behaviour), pytest.raises(AgentBusy) as told:
        channel.ask(tmp_path / "state", Command("status"), timeout_s=0.5)
    assert "busy" in str(told.value)
    assert told.value.remedy
    assert told.value.exit_code == 3


def test_a_full_queue_of_callers_is_busy_too(tmp_path):
    (tmp_path / "state").mkdir()
    with socket.socket(socket.AF_UNIX) as server, contextlib.ExitStack() as callers:
        server.bind(str(tmp_path / "state" / channel.SOCKET))
        server.listen(0)
        for _ in range(4):
            caller = callers.enter_context(socket.socket(socket.AF_UNIX))
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.connect(str(tmp_path / "state" / channel.SOCKET))
        with pytest.raises(AgentBusy):
            channel.ask(tmp_path / "state", Command("status"), timeout_s=0.2)


@pytest.mark.parametrize("left_behind", [False, True])
def test_where_nobody_listens_no_agent_runs(tmp_path, left_behind):
    (tmp_path / "state").mkdir()
    if left_behind:  # a socket file of an agent that was killed
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "state" / channel.SOCKET))
    with pytest.raises(NotRunning):
        channel.ask(tmp_path / "state", Command("status"))


@pytest.mark.parametrize("name", ["pause", "resume", "withdraw", "erase"])
def test_a_decision_met_by_a_busy_agent_touches_no_file(world, monkeypatch, name):
    """The agent holds the lock: `pause` went on to the files and failed there with another reason."""
    monkeypatch.setattr(channel.ask, "__defaults__", (0.3,))
    state = world.settings.state_dir
    before = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    with host.only_one(state / "agent.lock"), peer(state, silent), pytest.raises(WardbeatError) as told:
        client.carry_out(world.settings, name)
    assert isinstance(told.value, AgentBusy)
    after = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_doctor_says_busy_and_fails(world, monkeypatch):
    monkeypatch.setattr(channel.ask, "__defaults__", (0.3,))
    with peer(world.settings.state_dir, half):
        found = {check.check_id: check for check in doctor.checks(world.settings, world.profile)}
    assert found["agent"].ok is False
    assert "busy" in found["agent"].words
    absent = {check.check_id: check for check in doctor.checks(world.settings, world.profile)}
    assert absent["agent"].ok is False
    assert "no agent is running" in absent["agent"].words

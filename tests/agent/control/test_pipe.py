"""The control pipe of Windows, its whole logic, over a fake of the system's own calls (`tests/support/fake_pipes.py`)."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from agent.control import callers, pipe
from agent.control.callers import Command, Reply
from agent.errors import AgentBusy, AlreadyRunning, NotRunning, WrongUse
from tests.support.fake_pipes import SID, STRANGER, FakePipes

FOLDER = Path("/state")
LINE = b'{"name": "pause", "argument": "hour"}\n'


def asked(pipes: FakePipes, line: bytes = LINE, timeout_s: float = 5.0) -> Reply:
    return Reply(**json.loads(pipe.answer_line(FOLDER, line, timeout_s, pipes)))


def served(pipes: FakePipes, client, handled: list[Command] | None = None) -> object:
    """What a client in a thread of its own gets, while an agent serves."""
    there = [] if handled is None else handled

    async def handle(command: Command) -> Reply:
        there.append(command)
        return Reply(words=f"did {command.name}")

    async def whole() -> object:
        serving = asyncio.create_task(pipe.serve(FOLDER, handle, pipes, patience_s=0))
        while not pipes.names:
            await asyncio.sleep(0)
        try:
            return await asyncio.to_thread(client)
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    return asyncio.run(whole())


def test_a_command_is_carried_out_and_answered():
    pipes, handled = FakePipes(), []
    assert served(pipes, lambda: asked(pipes), handled) == Reply(words="did pause")
    assert handled == [Command("pause", "hour")]
    assert pipes.names == {}, "the name goes with the agent"


def test_the_owner_is_the_only_entry_of_the_access_list():
    assert pipe.access_rules(SID) == f"O:{SID}D:P(A;;GA;;;{SID})"
    pipes = FakePipes()
    rules = served(pipes, lambda: [one.rules for one in pipes.names.values()])
    assert rules == [pipe.access_rules(SID)]


def test_the_name_holds_the_user_and_the_folder_however_it_is_written(tmp_path):
    (tmp_path / "state").mkdir()
    name = pipe.pipe_name(tmp_path / "state", SID)
    assert name.startswith(f"wardbeat-{SID}-")
    assert name == pipe.pipe_name(tmp_path / "other" / ".." / "state", SID)
    assert len({name, pipe.pipe_name(tmp_path, SID), pipe.pipe_name(tmp_path / "state", STRANGER)}) == 3
    assert "state" not in name
    assert len(name) < 200


def test_a_caller_of_another_user_is_cut_off_before_a_byte_is_read():
    pipes, handled = FakePipes(), []
    pipes.caller = STRANGER
    with pytest.raises(AgentBusy, match="broke off"):
        served(pipes, lambda: asked(pipes), handled)
    assert handled == []


def test_nothing_is_sent_to_a_pipe_of_another_user():
    for owner, serves in ((STRANGER, SID), (SID, STRANGER)):
        pipes = FakePipes()
        pipes.serves = serves
        sent = []

        async def stranger(pipes=pipes, owner=owner, sent=sent):
            name = pipe.pipe_name(FOLDER, SID)
            waiting = pipes.listen(name, pipe.access_rules(owner), is_first=True)
            with pytest.raises(NotRunning, match="belongs to another user"):
                await asyncio.to_thread(asked, pipes)
            await waiting.connected()
            with waiting._called.result() as theirs:
                sent.append(theirs.recv(100))

        asyncio.run(stranger())
        assert sent == [b""]


def test_a_pipe_that_does_not_let_us_in_is_a_strangers(monkeypatch):
    pipes = FakePipes()
    monkeypatch.setattr(pipes, "call", lambda *_: (_ for _ in ()).throw(PermissionError))
    with pytest.raises(NotRunning, match="belongs to another user"):
        asked(pipes)


def test_a_server_that_may_not_be_looked_at_is_a_strangers(monkeypatch):
    pipes = FakePipes()

    def refused(_self):
        raise PermissionError

    monkeypatch.setattr("tests.support.fake_pipes.FakeConnection.owners", refused)
    with pytest.raises(NotRunning, match="belongs to another user"):
        served(pipes, lambda: asked(pipes))


def test_a_name_that_somebody_else_made_is_not_served():
    pipes = FakePipes()

    async def taken():
        pipes.listen(pipe.pipe_name(FOLDER, SID), pipe.access_rules(STRANGER), is_first=True)
        await pipe.serve(FOLDER, None, pipes, patience_s=0)

    with pytest.raises(AlreadyRunning, match="holds the name") as told:
        asyncio.run(taken())
    assert told.value.remedy


def test_a_name_that_becomes_free_in_time_is_served(monkeypatch):
    monkeypatch.setattr(pipe, "_AGAIN_S", 0)
    pipes = FakePipes()

    async def late():
        old = pipes.listen(pipe.pipe_name(FOLDER, SID), pipe.access_rules(SID), is_first=True)
        serving = asyncio.create_task(pipe.serve(FOLDER, None, pipes, patience_s=60))
        await asyncio.sleep(0)
        old.close()
        while not pipes.names:
            await asyncio.sleep(0)
        serving.cancel()

    asyncio.run(late())


def test_where_nobody_listens_no_agent_runs():
    with pytest.raises(NotRunning):
        asked(FakePipes())


def test_a_line_that_is_too_long_is_no_command():
    pipes, handled = FakePipes(), []
    long = b'{"name": "pause", "argument": "' + b"x" * callers.LINE_MOST + b'"}\n'
    reply = served(pipes, lambda: asked(pipes, long), handled)
    assert (reply.exit_code, reply.words) == (WrongUse.exit_code, "this is not a command")
    assert handled == []


def test_the_caller_who_is_silent_for_longest_makes_room():
    pipes = FakePipes()

    def client():
        silent = [pipes.call(pipe.pipe_name(FOLDER, SID), 5.0) for _ in range(callers._CALLERS_MOST)]
        reply = asked(pipes)
        ended = silent[0].receive(5.0)
        for one in silent:
            one.close()
        return reply, ended

    assert served(pipes, client) == (Reply(words="did pause"), b"")


def test_a_caller_who_leaves_at_once_costs_nobody_anything():
    pipes = FakePipes()
    pipes.leaves_at_once = 3

    def client():
        for _ in range(3):
            with contextlib.closing(pipes.call(pipe.pipe_name(FOLDER, SID), 5.0)) as gone:
                assert gone.receive(5.0) == b""
        return asked(pipes)

    assert served(pipes, client) == Reply(words="did pause")


def test_where_no_end_is_left_commands_wait_and_the_agent_goes_on(monkeypatch, caplog):
    monkeypatch.setattr(pipe, "_AGAIN_S", 0)
    pipes = FakePipes()
    pipes.refuses_ends = 3
    assert served(pipes, lambda: asked(pipes)) == Reply(words="did pause")
    assert [record.message for record in caplog.records] == [
        "no more ends of the control pipe (OSError); commands wait"
    ]


def test_an_agent_that_does_not_answer_is_busy():
    pipes = FakePipes()

    async def silent():
        only = pipes.listen(pipe.pipe_name(FOLDER, SID), pipe.access_rules(SID), is_first=True)
        with pytest.raises(AgentBusy, match="did not answer"):
            await asyncio.to_thread(asked, pipes, LINE, 0.05)
        with pytest.raises(AgentBusy, match="took no call"):  # its only end is taken
            await asyncio.to_thread(asked, pipes, LINE, 0.05)
        (await only._called).close()

    asyncio.run(silent())

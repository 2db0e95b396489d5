"""Whoever floods a reader of the agent does not take the stop button away: pause, withdraw and erase come through.

The figures are `make bench-floods`; here effects are compared, with the budgets and with them taken out.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import stat
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent import pipeline
from agent.control import channel, client, handlers, marks
from agent.control.channel import Command, Reply
from agent.errors import AgentBusy
from agent.outbox import consents
from agent.page import process as page_process
from agent.publisher.inbox import Inbox
from agent.publisher.link import Event
from agent.publisher.screen import KEYS_MOST, Screen
from agent.system import child, host
from agent.system.budget import Budget
from agent.system.logs import Tally
from agent.system.run_mode import RunMode
from agent.windows.history import History
from agent.wire.envelope import Sender
from agent.wire.keys import SignKey, kid, receive_public
from agent.wire.labels import down_topic
from tests.support import floods
from tests.support.machine import within_s
from tests.support.processes import until
from tests.support.world import made_up_summary

pytestmark = [pytest.mark.process, pytest.mark.broker]
FLOODS = ("answers", "bodies", "directories", "camera", "page", "pipe", "bus", "silent", "asks")


@pytest.mark.long
@pytest.mark.parametrize("flood", FLOODS)
def test_pause_withdraw_and_erase_come_through(tmp_path, flood):
    seen = floods.Flooded(tmp_path / "world", flood).run()
    print(f"\n{flood}: {seen.a_second:.0f} a second, a turn late p99 {seen.p99_ms:.0f} ms, decisions {seen.took_s}")
    assert set(seen.took_s) == {"pause", "withdraw", "erase"}
    assert max(seen.took_s.values()) < within_s(1.0)
    assert seen.p99_ms < within_s(50.0)


@pytest.mark.long
@pytest.mark.parametrize("flood", ["answers"])  # the others end the process instead
def test_a_reader_without_a_budget_is_found(tmp_path, flood):
    with floods.without_budgets():
        planted = floods.Flooded(tmp_path / "planted", flood, flood_s=floods.PLANTED_S).run()
    seen = floods.Flooded(tmp_path / "world", flood, flood_s=floods.PLANTED_S).run()
    print(f"\n{flood}: worst {planted.worst_ms:.0f} ms without budgets, {seen.worst_ms:.0f} ms with them")
    assert planted.worst_ms > 2.0 * seen.worst_ms
    assert planted.worst_ms > 250.0


# ---- answers


def test_nothing_forged_costs_a_signature_but_what_bears_the_hubs_own_name(world, monkeypatch):
    screen, topic = Screen(world.identity), down_topic(world.identity.site, world.identity.device)
    ours, hubs = kid(world.identity.receive.public), kid(world.identity.directory().directory.receipt_publics[0])
    stranger = Sender(SignKey.of(b"t" * 32), b"h" * 32, world.identity.site, topic)
    public = receive_public(world.identity.receive.public)
    forged = stranger.seal(public, ours, (b"s" * 16, 1), b"x")
    checked = []
    monkeypatch.setattr("agent.wire.envelope.verify", lambda *_: checked.append(1))
    assert screen.refusal("down", forged[:-1]) == "malformed"
    assert screen.refusal("down", forged + b"x" * 60_000) == "too_large"
    assert screen.refusal("down", stranger.seal(public, b"another!", (b"s" * 16, 1), b"x")) == "not_for_us"
    unknown = [screen.refusal("down", forged) for _ in range(100)]
    assert unknown.count("") <= 10, "a few wait for a directory that is on its way"
    assert set(unknown) <= {"", "unknown_key"}
    named = forged.replace(kid(stranger.sign.public), hubs)
    assert screen.refusal("down", named) == ""
    screen.settled(named)
    assert screen.refusal("down", named) == "repeated"
    assert screen.refusal("keys", b"\x84" + bytes(KEYS_MOST)) == "too_large"
    assert screen.refusal("keys", b"\x98\xff" + bytes(300)) == "malformed", "not even taken apart"
    assert screen.refusal("keys", world.identity.published) == ""
    assert checked == []


def test_the_last_directory_of_a_flood_is_read_and_few_before_it(world):
    """Nothing brings it again: a device that let it go would seal to old keys until its next connection."""
    read = []

    async def loop():
        inbox = Inbox(Screen(world.identity))

        async def flood():
            for number in range(300):
                inbox.put(Event(number, "keys", world.identity.published))
                await asyncio.sleep(0)
            inbox.put(Event(300, "keys", world.identity.published))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(flood())
            while not read or read[-1] != 300:
                event = await inbox.get()
                if event is None:
                    assert set(inbox.dropped()) == {"too_many"}
                else:
                    read.append(event.link)

    asyncio.run(loop())
    assert len(read) <= 10, "each costs a signature"


@pytest.mark.long
def test_an_honest_receipt_comes_through_a_flood_of_forged_answers(tmp_path):
    """What the flood pushes out comes again: the row is sent until its receipt arrives."""
    from tests.support.world import make_world, running_hub, start_site_broker

    world, stop = make_world(tmp_path / "world"), asyncio.Event()
    settings = world.settings.model_copy(
        update={"mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 1.0})}
    )
    (tmp_path / "forged").write_bytes(floods.forged(world))
    topic = down_topic(world.identity.site, world.identity.device)
    told = {}

    async def person(agent):
        await until(lambda: agent.publisher._connected, what="the broker")
        sized = (tmp_path / "forged", len(agent.outbox.unsent(1)[0].envelope), 2000)
        process = await asyncio.to_thread(floods.attacker, "publish", world.hub, world.port, topic, *sized)
        await until(lambda: agent.publisher.counters["bad_signature"] > 200, what="the flood")
        settled = agent.outbox.counts().get("receipted", 0)
        await until(lambda: agent.outbox.counts().get("receipted", 0) > settled + 3, 120.0, "receipts of new rows")
        told["a_second"] = await asyncio.to_thread(floods.ended, process)
        told.update(agent.publisher.counters)
        stop.set()

    broker = start_site_broker(world)
    try:
        with running_hub(world):
            asyncio.run(
                pipeline.run(settings, world.profile, mode=RunMode(slot_s=0.5), stop=stop, extra_tasks={"p": person})
            )
    finally:
        broker.stop()
        world.close()
    print(f"\n{told}")


def test_a_flood_writes_one_line_a_minute(caplog):
    import logging

    at = [0.0]
    tally = Tally(logging.getLogger("test"), "refused", lambda: at[0])
    for n in range(12_000):
        at[0] = n / 100
        tally.count("bad_signature")
    assert [record.getMessage() for record in caplog.records] == [
        "refused: 1 bad_signature",
        "refused: 6000 bad_signature",
    ]


def test_a_budget_lets_so_many_through_and_no_more():
    at = [0.0]
    budget = Budget(40.0, 120.0, lambda: at[0])
    taken = 0
    for n in range(10_000):
        at[0] = n / 1000
        taken += budget.take()
    assert 120 + 399 <= taken <= 120 + 400
    assert 0.0 < budget.wait_s() <= 1 / 40


# ---- the camera's process


def test_a_camera_process_that_floods_is_ended_and_comes_again_later_and_later(tmp_path):
    from agent.sources.camera import child as camera_child
    from agent.sources.camera.child import Eyes
    from agent.sources.camera.protocol import Told, Wanted
    from agent.sources.camera.states import FAULTS, LASTING, CameraState

    async def heard():
        eyes = Eyes((sys.executable, "-m", "tests.support.floods", "camera"))
        async with eyes.open(Wanted("x")) as running:
            said = [word async for word in running.words()]
        return said, running.process.returncode

    began_s = time.monotonic()
    said, code = asyncio.run(heard())
    took_s = time.monotonic() - began_s
    assert said[-1] == Told(CameraState.FLOODED)
    budget = camera_child.Running(None)._budget()
    assert len(said) <= 2 + budget._at_once + budget._a_second * took_s, "and not the thousands that were sent"
    assert code is not None
    assert CameraState.FLOODED in FAULTS & LASTING


def test_a_cancellation_while_a_process_ends_leaves_no_process_behind():
    async def ended():
        lasting = (sys.executable, "-c", "import sys; sys.stdin.read()")
        process = await asyncio.create_subprocess_exec(*lasting, stdin=asyncio.subprocess.PIPE)
        ending = asyncio.create_task(child.end(process))
        while not ending.done() and process.returncode is None:
            await asyncio.sleep(0)
            ending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ending
        return process.returncode, ending.cancelled()

    assert asyncio.run(ended()) == (-signal.SIGKILL, True)


def test_a_process_whose_child_keeps_the_pipe_open_ends_all_the_same(tmp_path):
    """Asyncio's own wait would return with the last end of the pipe: never."""
    lasting = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()']); print(1, flush=True); sys.stdin.read()"

    async def ended():
        reading, writing = os.pipe()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", lasting, stdin=reading, stdout=asyncio.subprocess.PIPE
        )
        os.close(reading)
        await process.stdout.readline()
        await child.end(process)
        os.close(writing)  # the grandchild goes
        return process.returncode

    assert asyncio.run(asyncio.wait_for(ended(), within_s(20))) is not None


# ---- the control socket


class Counting:
    """A control socket over a folder, and what was asked."""

    def __init__(self, folder):
        self.folder, self.asked, self.loop = folder, [], None
        folder.mkdir(mode=0o700, exist_ok=True)

    async def handle(self, command):
        self.asked.append(command.name)
        return Reply(words="done")

    async def serve(self, work):
        serving = asyncio.create_task(channel.serve(self.folder, self.handle))
        try:
            await until((self.folder / channel.SOCKET).exists, what="the socket")
            return await asyncio.to_thread(work)
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving


def test_silent_callers_make_room_for_who_speaks(tmp_path):
    control = Counting(tmp_path / "state")

    def work():
        held = []
        with contextlib.ExitStack() as open_:
            while len(held) < 200:
                made = open_.enter_context(socket.socket(socket.AF_UNIX))
                made.connect(str(control.folder / channel.SOCKET))  # waits where the queue of callers is full
                held.append(made)
            answered = channel.ask(control.folder, Command("status"))
            for made in held:
                made.setblocking(False)
            still = 0
            for made in held:
                try:
                    still += made.recv(1) != b""
                except BlockingIOError:
                    still += 1
                except OSError:
                    pass
            return answered, still

    answered, still = asyncio.run(control.serve(work))
    assert answered.words == "done"
    assert still <= 17
    assert control.asked == ["status"]


def full_queue(folder, open_):
    """An agent that takes no call for now, and whose queue of callers is full."""
    server = open_.enter_context(socket.socket(socket.AF_UNIX))
    server.bind(str(folder / channel.SOCKET))
    server.listen(1)
    with contextlib.suppress(BlockingIOError):
        for _ in range(64):
            made = open_.enter_context(socket.socket(socket.AF_UNIX))
            made.setblocking(False)
            made.connect(str(folder / channel.SOCKET))
    return server


def test_a_call_waits_for_a_place_in_a_full_queue(tmp_path):
    with contextlib.ExitStack() as open_, ThreadPoolExecutor(1) as caller:
        server = full_queue(tmp_path, open_)
        called = caller.submit(channel.ask, tmp_path, Command("status"), 60.0)
        with pytest.raises(TimeoutError):  # it waits, and is not answered "busy" at once
            called.result(timeout=0.5)
        server.settimeout(0.2)
        while not called.done():
            with contextlib.suppress(TimeoutError), server.accept()[0] as taken:
                taken.settimeout(0.2)
                if taken.recv(100):
                    taken.sendall(b'{"words": "done"}\n')
        assert called.result().words == "done"


def test_a_queue_that_stays_full_is_answered_busy(tmp_path):
    with contextlib.ExitStack() as open_:
        full_queue(tmp_path, open_)
        with pytest.raises(AgentBusy, match=r"took no call within 0\.2 s"):
            channel.ask(tmp_path, Command("status"), 0.2)


def test_too_many_commands_are_answered_busy_and_not_carried_out(tmp_path):
    control = Counting(tmp_path / "state")

    def work():
        busy = []

        def ask():
            for _ in range(20):
                try:
                    channel.ask(control.folder, Command("status"))
                except AgentBusy:
                    busy.append(1)

        threads = [threading.Thread(target=ask) for _ in range(30)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return len(busy)

    busy = asyncio.run(control.serve(work))
    assert busy > 0
    assert len(control.asked) + busy == 600


# ---- a busy agent


@contextlib.contextmanager
def mute(folder):
    """Somebody sits on the agent's socket and says nothing."""
    (folder / channel.SOCKET).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / channel.SOCKET))
        server.listen(64)
        yield


@pytest.mark.parametrize("name", marks.DECISIONS)
def test_a_decision_that_no_answer_comes_to_is_kept_as_a_mark_and_obeyed(world, monkeypatch, name):
    stop, done = asyncio.Event(), {}
    monkeypatch.setattr(channel.ask, "__defaults__", (30.0,))

    async def person(agent):
        agent.history.keep(made_up_summary())
        effect = {
            "pause": lambda: agent.paused,
            "withdraw": lambda: consents.in_force(agent.outbox) is None,
            "erase": lambda: next(agent.history.summaries(), None) is None,
        }[name]
        await until((agent.folder / channel.SOCKET).exists, what="the control socket")
        with mute(agent.folder):
            asking = asyncio.create_task(asyncio.to_thread(client.carry_out, world.settings, name))
            done["s"] = await until(effect, what="the effect")
        await until(lambda: not list(marks.left(agent.folder)), what="the mark to go")
        with contextlib.suppress(AgentBusy):
            await asking
        stop.set()

    asyncio.run(
        pipeline.run(world.settings, world.profile, mode=RunMode(slot_s=60.0), stop=stop, extra_tasks={"p": person})
    )
    print(f"\n{name}: obeyed after {done['s']:.2f} s")


@pytest.mark.parametrize("name", marks.DECISIONS)
def test_a_mark_is_private_said_to_the_person_and_obeyed_at_the_next_start(world, monkeypatch, name):
    monkeypatch.setattr(channel.ask, "__defaults__", (0.3,))
    monkeypatch.setattr(client, "_OBEYED_S", 0.2)
    folder = world.settings.state_dir
    history = History(folder / "history.db", world.vault)
    history.keep(made_up_summary())
    history.close()
    with host.only_one(folder / "agent.lock"), mute(folder), pytest.raises(AgentBusy, match=r"busy.*was kept"):
        client.carry_out(world.settings, name)
    (mark,) = marks.left(folder)
    assert stat.S_IMODE(mark.file.stat().st_mode) == 0o600
    seen, stop = {}, asyncio.Event()

    async def person(agent):
        seen.update(
            paused=agent.paused,
            consent=consents.in_force(agent.outbox) is not None,
            windows=sum(1 for _ in agent.history.summaries()),
            left=list(marks.left(agent.folder)),
        )
        stop.set()

    asyncio.run(
        pipeline.run(world.settings, world.profile, mode=RunMode(serves=False), stop=stop, extra_tasks={"p": person})
    )
    assert seen["left"] == []
    assert seen["paused"] is (name == "pause")
    assert seen["consent"] is (name == "pause")
    assert seen["windows"] == (0 if name == "erase" else 1)


def test_a_mark_says_nothing_but_what_takes_away_and_a_damaged_one_is_obeyed(world):
    folder = world.settings.state_dir
    for name in ("resume", "consent", "open", "../pause"):
        (folder / f"decision.{name.replace('/', '')}").write_text("{}")
    assert list(marks.left(folder)) == []
    for garbage in (b"", b"[" * 9000, b"\xff", json.dumps({"argument": "for ever"}).encode(), json.dumps([1]).encode()):
        host.write_private(folder / "decision.pause", garbage)
        (mark,) = marks.left(folder)
        assert (mark.name, mark.argument) == ("pause", "")
    assert set(marks.DECISIONS) <= set(handlers.TABLE)


def test_what_was_decided_before_is_carried_out_before_a_new_yes(world):
    folder = world.settings.state_dir
    marks.leave(folder, "withdraw")
    marks.leave(folder, "pause", "hour")
    reply = client.carry_out(world.settings, "resume")
    assert reply.words == "The pause is over."
    assert list(marks.left(folder)) == []
    with world.outbox() as outbox:
        assert consents.in_force(outbox) is None
        assert not consents.is_paused(outbox)


# ---- the page's process, the strap


def test_a_page_s_process_that_floods_is_ended_and_another_can_be_opened(world):
    """Its pipe was left unread when it was killed, and the agent waited for its end for ever."""
    told, stop = {}, asyncio.Event()

    async def person(agent):
        await until((agent.folder / channel.SOCKET).exists, what="the control socket")
        flood = (sys.executable, "-m", "tests.support.floods", "pipe")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page_process, "COMMAND", flood)
            patch.setattr(page_process, "_START_S", 2.0)
            told["first"] = await asyncio.to_thread(channel.ask, agent.folder, Command("open"))
        told["second"] = await asyncio.to_thread(channel.ask, agent.folder, Command("open"), 60.0)
        stop.set()

    asyncio.run(
        pipeline.run(world.settings, world.profile, mode=RunMode(slot_s=60.0), stop=stop, extra_tasks={"p": person})
    )
    assert told["first"].exit_code == 3
    assert told["second"].exit_code == 0, told["second"]


def test_a_strap_that_notifies_without_end_costs_its_budget_alone():
    from agent.sources.strap.notifications import Mail

    async def taken():
        mail, found = Mail(lambda: 0), []
        for _ in range(5000):
            mail.measurement(None, bytearray(b"\x10\x3c\x00\x04"))
            while (packet := mail.take()) is not None:
                found.append(packet)
        mail.measurement(None, bytearray(10_000))
        return found

    found = asyncio.run(taken())
    assert 256 <= sum(packet[1] is not None for packet in found) < 400
    assert found[-1][1] is None, "what was let go is marked, and makes a gap"

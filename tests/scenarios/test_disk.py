"""A full disk under the agent and under the hub: rows wait, nothing is lost, the person is told, all goes on after."""

import asyncio
import contextlib

import pytest
from sqlalchemy.exc import OperationalError

from agent import pipeline
from agent.control import channel, handlers
from agent.control.channel import Command
from agent.errors import NotRunning
from agent.outbox import ledger
from agent.pipeline import RunMode
from agent.privacy.vault import open_vault
from agent.system import host
from tests.support import disks
from tests.support.processes import start_wardbeat, until, wait_for
from tests.support.world import START_UTC_S, deliver, made_up_summary, make_world, release_window

pytestmark = disks.needs_root


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 64 MB."""
    with disks.small_disk(tmp_path / "small", 64) as folder:
        yield folder


def fill(folder):
    """Leave no free byte; the file to remove again."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 4096):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                pass
    return filler


@pytest.mark.process
def test_the_agent_waits_for_its_disk_and_loses_nothing(small_disk):
    world = make_world(small_disk)
    world.close()
    told = {}

    async def person(agent):
        def disk():
            return next((state for state in agent.board.states() if state.part == "disk"), None)

        filler = fill(small_disk)
        await until(lambda: disk() is not None and disk().level == "trouble")
        told["remedy"] = disk().remedy
        told["before"] = agent.outbox.head()[0]
        for n in range(3):  # windows that close meanwhile
            agent.release_queue.add(made_up_summary(n))
        told["waiting"] = agent.release_queue.waiting
        filler.unlink()
        await until(lambda: disk().level == "ok" and not agent.release_queue.waiting)
        told["kept"] = len(list(agent.release_queue._history.summaries()))
        told["summaries"] = [row.kind for row in ledger.rows(agent.outbox)].count("summary")
        assert (await handlers.handle(agent, Command("status"))).exit_code == 0
        stop.set()

    stop = asyncio.Event()
    asyncio.run(
        pipeline.run(
            world.settings,
            world.profile,
            mode=RunMode(window_s=1.0, slot_s=0.2),
            stop=stop,
            extra_tasks={"person": person},
        )
    )
    assert "Free space" in told["remedy"]
    assert told["waiting"] == 3
    assert told["kept"] == told["summaries"] == 3


@pytest.mark.process
@pytest.mark.parametrize("is_new", [True, False])
def test_an_agent_that_starts_on_a_full_disk_waits_and_goes_on_by_itself(small_disk, tmp_path, is_new):
    state, log = small_disk / "state", tmp_path / "log"
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"state_dir: {state}\nkey_store: file\n")
    if not is_new:
        open_vault(host.private_dir(state), "file")
    filler = fill(small_disk)
    agent = start_wardbeat("--config", settings, "run", log=log)
    try:
        wait_for(lambda: "starts without further action" in log.read_text(), what="the agent to say that it waits")
        assert agent.popen.poll() is None
        assert "No space left" in log.read_text() or "full" in log.read_text()
        filler.unlink()
        wait_for((state / channel.SOCKET).exists, what="the agent to run")
        wait_for(lambda: answers(state), what="the agent to answer")
    finally:
        agent.stop()
    said = log.read_text()
    assert "Traceback" not in said
    assert said.count("starts without further action") == 1, "said once, not every two seconds"


def answers(state):
    with contextlib.suppress(NotRunning, OSError):
        return channel.ask(state, channel.Command("status")).exit_code == 0
    return False


@pytest.mark.process
def test_the_hub_acknowledges_nothing_on_a_full_disk_and_stores_it_after(small_disk):
    world = make_world(small_disk)
    receiver = world.receiver()
    with world.outbox() as outbox:
        for n in range(20):
            outbox.put_released(release_window(world, outbox, n), START_UTC_S)
        rows = outbox.unsent(1)
        outbox.mark_sent(rows, START_UTC_S)
        filler = fill(small_disk)
        with pytest.raises(OperationalError):
            receiver.handle([(world.topic, row.envelope) for row in rows])
        filler.unlink()
        assert receiver.store.settled() == {}
        deliver(world, outbox, receiver)
        assert outbox.unsettled() == 0
    assert len(receiver.store.summaries()) == 20
    world.close()

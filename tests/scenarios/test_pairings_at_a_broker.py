"""Device and hub of this program and of release 0.1.0 in all four pairings, through a real broker with TLS: 0 lost."""

import asyncio
import contextlib
import queue
import time

import pytest
from sqlalchemy import delete, func, select

from agent import pipeline
from agent.outbox import ledger
from agent.system.run_mode import RunMode
from hub.store.tables import ROW
from tests.scenarios.test_release_pairings import (  # noqa: F401 - fixtures
    EVERY_WINDOW,
    HELD,
    peer,
    person,
    stored,
    the_next_day,
)
from tests.support.clients import connected
from tests.support.processes import until, wait_for
from tests.support.world import owning, running_hub, start_site_broker

GOOD_UNTIL_UTC_S = HELD["clock_utc_s"] + 365 * 86_400
_DECIDED = {"receipted", "withdrawn"}
# TLS is judged by the machine's own clock, whatever the test's is
pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(
        time.clock_gettime(time.CLOCK_REALTIME) > GOOD_UNTIL_UTC_S, reason="the release's certificates have ended"
    ),
]


@contextlib.contextmanager
def hub_of(which, person, tmp_path):  # noqa: F811
    """A hub that receives from the broker: this program's, or the release's own code in a process of its own."""
    if which == "new":
        with running_hub(person) as receiver:
            wait_for(receiver._client.is_connected, what="the hub's connection")
            yield
        return
    with peer("hub", person, tmp_path) as old:
        old.ask(serve=True)
        yield


def new_device(person):  # noqa: F811
    """The agent, until nothing of the release's rows waits."""
    stop = asyncio.Event()

    async def watch(agent):
        def waiting():
            return [row for row in ledger.rows(agent.outbox) if row.kind == "summary" and row.state not in _DECIDED]

        assert len(waiting()) == HELD["waiting"]
        await until(lambda: not waiting(), 60, "the receipts")
        stop.set()

    mode = RunMode(slot_s=0.3)
    asyncio.run(pipeline.run(person.settings, person.profile, mode=mode, stop=stop, extra_tasks={"w": watch}))


def old_device(person, tmp_path):  # noqa: F811
    """The release's own outbox and papers, and a client that carries what they say."""
    heard = queue.Queue()
    client = connected(person, heard)
    with peer("device", person, tmp_path) as device:
        wait_for(client.is_connected, what="the device's connection")
        for topic, sealed in device.rows():
            client.publish(topic, sealed, qos=1)
        receipted = 0
        while receipted < HELD["waiting"]:
            receipted += device.take([("", heard.get(timeout=60))])["receipted"]
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize("hub", ["old", "new"])
@pytest.mark.parametrize("device", ["old", "new"])
def test_every_pairing_delivers_what_waits(person, tmp_path, device, hub):  # noqa: F811
    broker = start_site_broker(person)
    try:
        with hub_of(hub, person, tmp_path):
            if device == "new":
                new_device(person)
            else:
                old_device(person, tmp_path)
    finally:
        broker.stop()
    assert stored(person) == EVERY_WINDOW
    with owning(person.hub) as db:  # the same look finds one that is gone
        db.execute(delete(ROW).where(ROW.c.arrival == select(func.max(ROW.c.arrival)).scalar_subquery()))
    assert len(stored(person)) == len(EVERY_WINDOW) - 1

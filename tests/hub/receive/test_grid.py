"""Answers leave at the ticks of a grid, whatever they cost; nothing is lost at the end."""

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import pipeline
from agent.system.run_mode import RunMode
from hub.receive.grid import Grid, Settled
from hub.receive.turns import Arrived
from tests.support.processes import until
from tests.support.world import make_world, running_hub, start_site_broker


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def off(clock, tick_s=1.0):
    """A grid whose thread never began: its arithmetic alone."""
    return Grid(lambda _: None, tick_s, clock)


def settled(name, *at_s):
    return Settled(tuple(Arrived(name, b"", n, 1, 1, at_s=one) for n, one in enumerate(at_s)), ((name, b"answer"),))


@given(arrived=st.floats(0, 1000), cost=st.floats(0, 0.499))
def test_what_costs_less_than_half_a_tick_moves_no_answer(arrived, cost):
    clock = Clock()
    grid = off(clock)
    clock.now_s = arrived
    at_once = grid.tick_of(arrived)
    clock.now_s = arrived + cost
    assert grid.tick_of(arrived) == at_once
    assert 0.5 <= at_once - arrived <= 1.5 + 1e-9


def test_what_costs_more_leaves_at_the_next_tick_that_comes():
    clock = Clock()
    grid = off(clock)
    clock.now_s = 105.2
    assert grid.tick_of(100.1) == 106


def test_what_is_settled_together_leaves_by_its_newest_message_and_none_is_lost_at_the_end():
    left, came = [], threading.Event()

    def leave(one):
        left.append((time.monotonic(), one.arrived[0].topic))
        if len(left) == 3:
            came.set()

    grid = Grid(leave, 0.2)
    grid.begin()
    now = time.monotonic()
    grid.put(settled("a", now - 60, now))
    grid.put(settled("b", now))
    grid.put(settled("c", now))
    assert came.wait(20)
    assert [name for _, name in left] == ["a", "b", "c"]
    assert min(at for at, _ in left) >= now + 0.1
    grid.put(settled("d", time.monotonic()))
    grid.end()
    assert left[-1][1] == "d"


def test_an_answer_that_cannot_be_published_stops_no_other():
    left = []

    def leave(one):
        if one.arrived[0].topic == "bad":
            raise ValueError
        left.append(one.arrived[0].topic)

    grid = Grid(leave, 0.05)
    grid.begin()
    now = time.monotonic()
    for name in ("bad", "good"):
        grid.put(settled(name, now))
    grid.end()
    assert left == ["good"]


def test_without_a_grid_answers_leave_at_once():
    left = []
    grid = Grid(left.append, 0.0)
    grid.begin()
    grid.put(settled("a", 0.0))
    assert [one.arrived[0].topic for one in left] == ["a"]
    grid.end()


@pytest.mark.parametrize("tick_s", [0.05, 1.0])
def test_the_grid_s_ticks_are_the_same_for_every_device(tick_s):
    clock = Clock()
    grid = off(clock, tick_s)
    ticks = {grid.tick_of(clock.now_s + n * tick_s / 100) for n in range(100)}
    assert len(ticks) == 2


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.parametrize("tick_s", [0.5, 0.0])
def test_a_running_hub_acknowledges_and_answers_at_ticks_alone(tmp_path, tick_s):
    world = make_world(tmp_path)
    broker = start_site_broker(world)
    left, stop = [], asyncio.Event()

    def watched(what, call):
        def called(*args, **kwargs):
            if what == "ack" or "/down/" in args[0]:
                left.append((what, threading.current_thread().name))
            return call(*args, **kwargs)

        return called

    async def person(agent):
        done = "SELECT count(*) FROM fate WHERE state = 'receipted'"
        await until(lambda: agent.outbox.db.execute(done).fetchone()[0] >= 5, what="five receipts")
        stop.set()

    try:
        with running_hub(world, tick_s=tick_s) as receiver:
            client, receiver._probe.take = receiver._client, lambda *_: False  # its acknowledgement tells nothing
            client.ack, client.publish = watched("ack", client.ack), watched("answer", client.publish)
            mode = RunMode(slot_s=0.2)
            asyncio.run(pipeline.run(world.settings, world.profile, mode=mode, stop=stop, extra_tasks={"p": person}))
    finally:
        broker.stop()
        world.close()
    assert {what for what, _ in left} == {"ack", "answer"}
    threads = {name for _, name in left}
    assert (threads == {"answers"}) == bool(tick_s), "with the grid off the same look finds another thread"

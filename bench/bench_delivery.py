"""What delivery costs and shows: `make bench-delivery PART=outbox|drain|traffic`; all without. Nothing here is a timed test."""

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.support.world import start_site_broker
from tests.support.world import START_UTC_S, make_world, running_hub
from parts import check, run
from traffic import the_traffic
from agent.session.session import Session
from agent import pipeline
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.publisher import BACKLOG
from agent.wire import message
from agent.wire.keys import kid, receive_public
from agent.wire.message import CoverMessage
from agent.wire.plaintext import encode_plaintext
from hub.receive.grid import TICK_S

WEEK_SLOTS = 2016


def timed_ms(work, count: int) -> np.ndarray:
    took = []
    for n in range(count):
        began = time.perf_counter()
        work(n)
        took.append((time.perf_counter() - began) * 1000)
    return np.array(took)


def the_outbox() -> None:
    """A row made durable, and what of it is cryptography, beside a bare insert of as many bytes."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        with world.outbox() as outbox:
            put = timed_ms(lambda _: outbox.put([CoverMessage()], START_UTC_S), 3000)
            sender = world.identity.sender()
            public = world.identity.directory().directory.kems[-1].public
            words = encode_plaintext(message.Plaintext(bytes(16), 0, 1, bytes(32), (CoverMessage(),)))
            sealed = sender.seal(receive_public(public), kid(public), (bytes(16), 1), words)
            seal = timed_ms(lambda n: sender.seal(receive_public(public), kid(public), (bytes(16), n + 1), words), 3000)
        db = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE bare (n INTEGER PRIMARY KEY, bytes BLOB)")
        bare = timed_ms(lambda n: db.execute("INSERT INTO bare VALUES (?, ?)", (n, sealed)), 3000)
        db.close()
        world.close()
    print(f"{'ms':<34}{'p50':>8}{'p95':>8}{'p99':>8}")
    for name, took in (
        ("row sealed and durable", put),
        ("  of it: seal and sign", seal),
        ("bare durable insert", bare),
    ):
        p50, p95, p99 = np.percentile(took, (50, 95, 99))
        print(f"{name:<34}{p50:8.2f}{p95:8.2f}{p99:8.2f}")
    check(f"insert p99 {np.percentile(put, 99):.2f} ms", holds=np.percentile(put, 99) < 5.0)
    check(f"seal and sign p95 {np.percentile(seal, 95):.2f} ms", holds=np.percentile(seal, 95) < 1.0)


def the_drain() -> None:
    """A week of slots waits; the broker comes back. New rows are made meanwhile, and must not wait for the old ones."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        with world.outbox() as outbox:
            for _ in range(WEEK_SLOTS):
                outbox.put([CoverMessage()], START_UTC_S)
        told: dict[str, float] = {}
        late: list[float] = []

        async def person(agent: Session) -> None:
            await _until(lambda: agent.publisher is not None and agent.publisher._connected)
            began_s = time.monotonic()
            made: dict[int, float] = {}
            while agent.outbox.unsettled() > BACKLOG:  # the last two never hurry: nobody shall see a withdrawal
                now_s = time.monotonic()
                for idx in [idx for idx in made if _is_receipted(agent, idx)]:
                    late.append(now_s - made.pop(idx))
                if len(late) + len(made) < 10 and now_s - began_s > len(late) + len(made):  # one a second
                    made[agent.outbox.put([CoverMessage()], START_UTC_S).idx] = now_s
                await asyncio.sleep(0.05)
                if now_s - began_s > 120:
                    late.extend(now_s - at_s for at_s in made.values())
                    break
            told["s"] = time.monotonic() - began_s
            told["left"] = agent.outbox.unsettled()
            told["links"] = agent.publisher._number

        broker = start_site_broker(world)
        try:
            with running_hub(world, tick_s=TICK_S) as receiver:
                stop = asyncio.Event()

                async def play(agent: Session) -> None:
                    try:
                        await person(agent)
                    finally:
                        stop.set()

                mode = RunMode(slot_s=300.0)
                asyncio.run(
                    pipeline.run(
                        world.settings, world.profile, SessionClock(), mode=mode, stop=stop, extra_tasks={"p": play}
                    )
                )
                stored = len(receiver.store.settled())
        finally:
            broker.stop()
            world.close()
    print(f"{WEEK_SLOTS} slots of an outage: receipted after {told['s']:.1f} s at slots of 300 s; left {told['left']:.0f}; "
          f"the hub settled {stored}")  # fmt: skip
    print(f"{len(late)} rows made meanwhile: receipted after {np.median(late):.2f} s, at most {max(late):.2f} s")
    check(f"{told['links']:.0f} links", holds=told["links"] == 1)
    check(f"drained in {told['s']:.1f} s", holds=told["s"] < 30 and told["left"] <= BACKLOG)
    check(f"a new row waited {max(late):.1f} s", holds=max(late) < 5)


def _is_receipted(agent: Session, idx: int) -> bool:
    found = agent.outbox.db.execute("SELECT state FROM fate WHERE idx = ?", (idx,)).fetchone()
    return found == ("receipted",)


async def _until(condition) -> None:
    while not condition():
        await asyncio.sleep(0.01)


PARTS = {"outbox": the_outbox, "drain": the_drain, "traffic": the_traffic}


if __name__ == "__main__":
    sys.exit(run(PARTS))

"""What somebody on the network learns: can paused be told from worn by times, directions and sizes of packets?

Each session is a real agent on a real mosquitto with TLS and a real hub, recorded where a network's owner sits: every
piece of the connection with its time, its direction and its bytes. Half of the sessions are worn (one summary a slot),
half paused, in random order. Three kinds of classifier learn on half of the sessions; the one that learns best there is
asked about the other half. The same is done with covers switched off, where it must succeed.
"""

import asyncio
import contextlib
import dataclasses
import os
import random
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from tests.support.processes import free_port
from tests.support.world import start_site_broker
from tests.support.world import World, another_person, make_world, running_hub
from agent.session.session import Session
from agent.enrollment import identity
from agent import pipeline
from agent.system.clock import SessionClock
from agent.model import FeatureValue, Summary
from agent.outbox import consents
from agent.system.run_mode import RunMode
from agent.privacy import gate
from agent.wire.message import CoverMessage
from tests.chaos.proxy import Proxy
from parts import check

SESSIONS = int(os.environ.get("SESSIONS", "1000"))
BESIDE = 10
SLOT_S, SLOTS = 0.1, 20
Heard = list[tuple[float, bool, int]]  # (time, down, bytes)


class Recorder(Proxy):
    """A proxy that writes down what passes."""

    def __init__(self, port: int, to_port: int) -> None:
        self.heard: Heard = []
        super().__init__(port, to_port)

    def passed(self, size: int, *, down: bool) -> None:
        self.heard.append((time.monotonic(), down, size))


async def session(world: World, recorder: Recorder, *, worn: bool, covers: bool, window: int) -> Heard:
    """One session's recording, from the first packet after the connection stands."""
    stop = asyncio.Event()
    heard: Heard = []

    async def person(agent: Session) -> None:
        assert agent.identity is not None
        assert agent.publisher is not None
        (consents.resume if worn else consents.pause)(agent.outbox, agent.utc_s())
        given = consents.consented(agent.outbox)
        if not covers:
            put = agent.outbox.put
            agent.outbox.put = lambda messages, now: (
                None if isinstance(messages[0], CoverMessage) else put(messages, now)
            )
        while not agent.publisher._connected:
            await asyncio.sleep(0.01)
        await asyncio.sleep(SLOT_S)
        recorder.heard.clear()
        start = given.record.from_utc_s // 300 * 300 + 300 * (1 + window * (SLOTS + 5))
        for n in range(SLOTS):
            if worn:
                values = (
                    FeatureValue("hr_mean_bpm", 60.0, 300, 1.0, 0.0),
                    FeatureValue("rmssd_ms", 42.0, 299, 1.0, 0.0),
                )
                summary = Summary(start + 300 * n, start + 300 * (n + 1), values)
                released = gate.release(summary, agent.profile, given, agent.identity.bundle.operator, ())
                agent.outbox.put_released(released, agent.utc_s())
            await asyncio.sleep(SLOT_S)
        heard.extend(recorder.heard)
        agent.publisher.draining = True
        until = time.monotonic() + 10
        while agent.outbox.unsettled() and time.monotonic() < until:
            await asyncio.sleep(0.02)
        stop.set()

    settings = world.settings.model_copy(
        update={"mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 30.0})}
    )
    await pipeline.run(
        settings, world.profile, SessionClock(), mode=RunMode(slot_s=SLOT_S), stop=stop, extra_tasks={"p": person}
    )
    return heard


def numbers(heard: Heard) -> np.ndarray:
    """What a classifier sees of a session: counts, sizes and gaps, each way, and how long answers take."""
    if not heard:
        return np.zeros(26)
    began = heard[0][0]
    found: list[float] = [len(heard), heard[-1][0] - began]
    for down in (False, True):
        at = np.array([t - began for t, way, _ in heard if way == down])
        size = np.array([n for _, way, n in heard if way == down])
        gaps = np.diff(at)
        found += [len(at), float(size.sum()) if size.size else 0.0]
        found += list(np.percentile(size, (5, 50, 95))) if size.size else [0.0] * 3
        found += [float(gaps.mean()), float(gaps.std()), *np.percentile(gaps, (10, 50, 90))] if gaps.size else [0.0] * 5
    waits = [later[0] - first[0] for first, later in pairwise(heard) if later[1] and not first[1]]
    found += [float(np.mean(waits)), float(np.std(waits)), *np.percentile(waits, (10, 90))] if waits else [0.0] * 4
    return np.array(found)


def told_apart(sessions: np.ndarray, worn: np.ndarray, seed: int = 1) -> float:
    """Share of the unseen half that the classifier which learnt best names rightly."""
    order = np.random.default_rng(seed).permutation(len(worn))
    half = len(worn) // 2
    learn, ask = order[:half], order[half:]
    spread = sessions[learn].std(axis=0)
    scaled = (sessions - sessions[learn].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    ways = {"ridge": _ridge, "neighbours": _neighbours, "stump": _stump}
    third = half // 3
    inner = {name: np.mean(way(scaled[learn[third:]], worn[learn[third:]], scaled[learn[:third]]) == worn[learn[:third]])
             for name, way in ways.items()}  # fmt: skip
    best = max(inner, key=lambda name: inner[name])
    return float(np.mean(ways[best](scaled[learn], worn[learn], scaled[ask]) == worn[ask]))


def _ridge(known: np.ndarray, worn: np.ndarray, asked: np.ndarray) -> np.ndarray:
    both = np.hstack([known, known**2, np.ones((len(known), 1))])
    weights = np.linalg.solve(both.T @ both + 10 * np.eye(both.shape[1]), both.T @ (2.0 * worn - 1))
    return np.hstack([asked, asked**2, np.ones((len(asked), 1))]) @ weights > 0


def _neighbours(known: np.ndarray, worn: np.ndarray, asked: np.ndarray, k: int = 11) -> np.ndarray:
    apart = ((asked[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)
    return worn[np.argsort(apart, axis=1)[:, :k]].mean(axis=1) > 0.5


def _stump(known: np.ndarray, worn: np.ndarray, asked: np.ndarray) -> np.ndarray:
    best, rule = 0.0, (0, 0.0, True)
    for column in range(known.shape[1]):
        for cut in np.unique(np.percentile(known[:, column], range(5, 100, 5))):
            for above in (True, False):
                right = float(np.mean(((known[:, column] > cut) == above) == worn))
                if right > best:
                    best, rule = right, (column, float(cut), above)
    return (asked[:, rule[0]] > rule[1]) == rule[2]


def record(people: list[tuple[World, Recorder]], count: int, *, covers: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Sessions in random, balanced order, `BESIDE` at a time."""
    worn = np.array([n % 2 == 0 for n in range(count)])
    random.Random(seed).shuffle(worn)
    seen = []

    async def together() -> None:
        for first in range(0, count, len(people)):
            group = [
                session(person, recorder, worn=bool(worn[first + n]), covers=covers, window=first // len(people))
                for n, (person, recorder) in enumerate(people[: count - first])
            ]
            seen.extend(numbers(heard) for heard in await asyncio.gather(*group))

    asyncio.run(together())
    return np.array(seen), worn


def _go_through(person: World, port: int) -> None:
    """Let this machine find its broker at the recorder."""
    bundle = dataclasses.replace(person.identity.bundle, port=port)
    person.identity = dataclasses.replace(person.identity, bundle=bundle)
    identity.save(person.settings.state_dir, person.vault, person.identity)


def the_traffic() -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as parts:
        world = make_world(Path(folder), consent=False)
        broker = start_site_broker(world)
        parts.callback(broker.stop)
        parts.enter_context(running_hub(world))
        people = []
        for n in range(BESIDE):
            person = another_person(world, Path(folder) / f"person{n}", from_utc_s=int(time.time()))
            recorder = Recorder(free_port(), world.port)
            parts.callback(recorder.close)
            _go_through(person, recorder.port)
            people.append((person, recorder))
        record(people, 2 * BESIDE, covers=True, seed=0)  # consents are receipted, everything is warm
        found, worn = record(people, SESSIONS, covers=True, seed=1)
        planted, planted_worn = record(people, max(200, SESSIONS // 5), covers=False, seed=2)
    right = told_apart(found, worn)
    without = told_apart(planted, planted_worn)
    print(
        f"{SESSIONS} sessions of {SLOTS} slots of {SLOT_S} s: paused told from worn in {right:.1%} of the unseen half"
    )
    print(f"{len(planted_worn)} sessions with covers switched off: {without:.1%}")
    check(f"told apart {right:.1%}", holds=right <= 0.55)
    check(f"the planted breach was found in {without:.1%} only", holds=without >= 0.95)

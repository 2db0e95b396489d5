"""What somebody on the network learns: can worn, paused and withdrawn be told by times, directions and sizes of packets?

Each session is a real agent on a real mosquitto with TLS and a real hub, recorded where a network's owner sits: every
piece of the connection with its time, its direction and its bytes. Sessions of four kinds stand in random order:

    worn       a summary in each slot
    unworn     covers alone
    paused     a pause is open
    withdrawn  covers, and a withdrawal in the slot in the middle

The answer to each envelope is found again, and its time is among what the classifiers see. Three breaches are planted:
covers off, the grid of the hub's answers off, and answers that take 100 ms longer with the grid off.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import math
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from agent import pipeline
from agent.enrollment import consent_key, identity
from agent.enrollment.identity import consent_key as key_of_pin
from agent.model import FeatureValue, Summary
from agent.outbox import consents
from agent.privacy import consent, gate
from agent.session.session import Session
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire.keys import SignKey
from agent.wire.labels import up_topic
from agent.wire.message import CoverMessage
from hub import hearing
from hub.receive.grid import TICK_S, Settled
from parts import check
from tests.chaos.proxy import Proxy
from tests.support.processes import free_port, wait_for
from tests.support.world import PIN, World, another_person, make_world, running_hub, start_site_broker
from told_apart import auc, told_apart

SESSIONS = int(os.environ.get("SESSIONS", "1000"))  # of each kind
BESIDE = int(os.environ.get("BESIDE", "10"))
SLOT_S, SLOTS = 1.2, 6  # an agent's network thread turns once a second: shorter slots leave together
MIDDLE = SLOTS // 2
KINDS = ("worn", "unworn", "paused", "withdrawn")
PLANTED_S = 0.1
_A_PERSON = 150  # sessions: a device may begin 200 streams a day
_ENVELOPE = 3000  # bytes: fewer are no envelope
ALONE = 1  # at a time, where one answer is judged: what an attacker meets on a quiet hub
Pieces = list[tuple[float, bool, int]]


@dataclass(frozen=True)
class Heard:
    """One session as it was recorded.

    Attributes:
        pieces: (time, whether it came down, bytes) of each piece.
        middle_s: The moment in its middle at which it may have withdrawn.
        pending: How many envelopes of before are answered in it: who recorded from the beginning knows that.
    """

    pieces: Pieces
    middle_s: float
    pending: int


class Recorder(Proxy):
    """A proxy that writes down what passes."""

    def __init__(self, port: int, to_port: int) -> None:
        self.heard: Pieces = []
        super().__init__(port, to_port)

    def passed(self, size: int, *, down: bool) -> None:
        self.heard.append((time.monotonic(), down, size))


@dataclass
class Person:
    """An enrolled person, what records their connection, and their signing key, opened once."""

    world: World
    recorder: Recorder
    key: SignKey
    windows: Iterator[int] = field(default_factory=itertools.count)

    def consents(self, agent: Session) -> None:
        """Give consent as the command line does, without the second that the PIN costs."""
        world, now_utc_s = self.world, agent.utc_s()
        wanted = consent_key.grants(world.profile, world.identity.bundle.operator, ["heart"])
        serial = consents.next_serial(agent.outbox, now_utc_s)
        record = consent.give(world.profile, world.identity.device, serial, wanted, now_utc_s, 30)
        named = [spec.feature_id for spec in consent.releasable(world.profile) if spec.signal == "heart"]
        consents.give(agent.outbox, record.signed_yes(self.key, world.identity.site, named), now_utc_s)


async def session(person: Person, kind: str, *, covers: bool) -> Heard:
    """One session's recording, from the first packet after the connection stands to the answer of the last slot, and the
    moment in its middle at which it may have withdrawn.
    """
    stop = asyncio.Event()
    pieces: Pieces = []
    middle_s, pending = 0.0, 0

    async def live(agent: Session) -> None:
        nonlocal middle_s, pending
        assert agent.identity is not None
        assert agent.publisher is not None
        (consents.pause if kind == "paused" else consents.resume)(agent.outbox, agent.utc_s())
        if consents.in_force(agent.outbox) is None:  # after a withdrawal
            person.consents(agent)
        while not agent.publisher._connected or agent.outbox.unsettled():
            agent.publisher.draining = agent.publisher._connected
            await asyncio.sleep(0.02)
        agent.publisher.draining = False
        if not covers:
            put = agent.outbox.put
            agent.outbox.put = lambda messages, now: (
                None if isinstance(messages[0], CoverMessage) else put(messages, now)
            )
        given = consents.consented(agent.outbox)
        await asyncio.sleep(SLOT_S * random.random())
        person.recorder.heard.clear()
        pending = agent.outbox.counts().get("sent", 0)
        began_s = time.monotonic()
        for n in range(SLOTS):
            if kind == "worn":
                release(agent, given, next(person.windows))
            if n == MIDDLE:
                middle_s = time.monotonic()
            if kind == "withdrawn" and n == MIDDLE:
                consents.withdraw(agent.outbox, agent.identity.sign, agent.identity.site, agent.utc_s())
            await asyncio.sleep(max(0.0, began_s + (n + 1) * SLOT_S - time.monotonic()))
        await asyncio.sleep(1.6 * TICK_S)
        pieces.extend(person.recorder.heard)
        agent.publisher.draining = True
        until = time.monotonic() + 10
        while agent.outbox.unsettled() and time.monotonic() < until:
            await asyncio.sleep(0.02)
        stop.set()

    world = person.world
    mqtt = world.settings.mqtt.model_copy(update={"resend_after_s": 30.0})
    settings = world.settings.model_copy(update={"mqtt": mqtt})
    mode = RunMode(slot_s=SLOT_S)
    await pipeline.run(settings, world.profile, SessionClock(), mode=mode, stop=stop, extra_tasks={"p": live})
    return Heard(pieces, middle_s, pending)


def release(agent: Session, given: consent.Consented, n: int) -> None:
    """The n-th made-up window through the real gate."""
    start = given.record.from_utc_s // 300 * 300 + 300 * (1 + n)
    values = (FeatureValue("hr_mean_bpm", 60.0, 300, 1.0, 0.0), FeatureValue("rmssd_ms", 42.0, 299, 1.0, 0.0))
    released = gate.release(
        Summary(start, start + 300, values), agent.profile, given, agent.identity.bundle.operator, ()
    )
    agent.outbox.put_released(released, agent.utc_s())


def envelopes(heard: Pieces, *, down: bool) -> np.ndarray:
    """When each envelope went one way, in s; several in one piece went together."""
    sizes = [size for _, way, size in heard if way == down and size >= _ENVELOPE]
    if not sizes:
        return np.zeros(0)
    one = min(sizes)
    return np.array(
        [t for t, way, size in heard if way == down and size >= _ENVELOPE for _ in range(round(size / one))]
    )


def waits(heard: Heard) -> np.ndarray:
    """How long the answer to the envelope of each slot took, in s, answers in order: (SLOTS,); a missing one takes 3 s."""
    up, down = envelopes(heard.pieces, down=False), envelopes(heard.pieces, down=True)[heard.pending :]
    pairs = min(len(up), len(down), SLOTS)
    found = np.full(SLOTS, 3.0)
    found[:pairs] = down[:pairs] - up[:pairs]
    return found


def next_waits(heard: Heard) -> np.ndarray:
    """How long after the envelope of each slot anything was answered, in s: (SLOTS,); 3 s where nothing was."""
    up, down = envelopes(heard.pieces, down=False)[:SLOTS], envelopes(heard.pieces, down=True)
    found = np.full(SLOTS, 3.0)
    at = np.searchsorted(down, up)
    found[: len(up)] = [down[one] - sent if one < len(down) else 3.0 for one, sent in zip(at, up, strict=True)]
    return found


def numbers(heard: Heard) -> np.ndarray:
    """What a classifier sees of a session: counts, sizes and gaps, each way, and how long each answer takes."""
    pieces = heard.pieces
    if not pieces:
        return np.zeros(30 + 2 * (SLOTS + 6))
    began = pieces[0][0]
    found: list[float] = [len(pieces), pieces[-1][0] - began]
    for down in (False, True):
        at = np.array([t - began for t, way, _ in pieces if way == down])
        size = np.array([n for _, way, n in pieces if way == down])
        gaps = np.diff(at)
        found += [len(envelopes(pieces, down=down)), float(size.sum()) if size.size else 0.0]
        found += list(np.percentile(size, (5, 50, 95))) if size.size else [0.0] * 3
        found += [float(gaps.mean()), float(gaps.std()), *np.percentile(gaps, (10, 50, 90))] if gaps.size else [0.0] * 5
        found.append(len(at))
    first = [later[0] - sooner[0] for sooner, later in pairwise(pieces) if later[1] and not sooner[1]] or [0.0]
    found += [float(np.mean(first)), float(np.std(first)), *np.percentile(first, (10, 50, 90)), middle(heard)]
    for took in (waits(heard), next_waits(heard)):
        found += [*took, took.mean(), took.std(), *np.percentile(took, (10, 50, 90)), took.max()]
    return np.array(found)


def middle(heard: Heard) -> float:
    """How much longer the answer to the first envelope after the middle took than the others' median, in s."""
    took = next_waits(heard)
    at = min(int(np.searchsorted(envelopes(heard.pieces, down=False), heard.middle_s)), SLOTS - 1)
    return float(took[at] - np.median(took))


@dataclass(frozen=True)
class Recording:
    """What was heard, and of which kind each session was."""

    kinds: np.ndarray
    heard: list[Heard]

    def told(self, one: str, other: str) -> float:
        """How often a classifier names the right one of two kinds, in the half that it has not seen."""
        chosen = [n for n, kind in enumerate(self.kinds) if kind in (one, other)]
        seen = np.array([numbers(self.heard[n]) for n in chosen])
        return told_apart(seen, self.kinds[chosen] == one)

    def auc(self, one: str, other: str) -> float:
        """How well the answer of the middle slot alone tells one kind from another."""
        chosen = [n for n, kind in enumerate(self.kinds) if kind in (one, other)]
        return auc(np.array([middle(self.heard[n]) for n in chosen]), self.kinds[chosen] == one)


def record(people: list[Person], kinds: tuple[str, ...], count: int, *, covers: bool = True, beside: int = BESIDE,
           planted: Callable[[Person, str], None] = lambda _p, _k: None) -> Recording:  # fmt: skip
    """``count`` sessions of each kind in random order, so many at a time."""
    order = [kind for kind in kinds for _ in range(count)]
    random.shuffle(order)
    heard: list[Heard] = []
    turns = itertools.cycle([people[n : n + beside] for n in range(0, len(people), beside)])
    began_s = time.monotonic()

    async def together() -> None:
        for first in range(0, len(order), beside):
            group = list(zip(next(turns), order[first : first + beside], strict=False))
            for person, kind in group:
                planted(person, kind)
            heard.extend(await asyncio.gather(*(session(person, kind, covers=covers) for person, kind in group)))
            if first % 100 < beside:
                print(f"  {len(heard)} of {len(order)} sessions, {time.monotonic() - began_s:.0f} s", flush=True)

    asyncio.run(together())
    return Recording(np.array(order), heard)


def _person(world: World, folder: Path) -> Person:
    """Enrolled, with a broker that this machine finds at the recorder."""
    person = another_person(world, folder, from_utc_s=int(time.time()))
    recorder = Recorder(free_port(), world.port)
    bundle = dataclasses.replace(person.identity.bundle, port=recorder.port)
    person.identity = dataclasses.replace(person.identity, bundle=bundle)
    identity.save(person.settings.state_dir, person.vault, person.identity)
    return Person(person, recorder, key_of_pin(person.settings.state_dir, PIN, person.vault))


@contextlib.contextmanager
def hub_without_grid(world: World) -> Iterator[None]:
    """A hub in a separate process that answers at once."""
    code = (
        "import sys, threading, pathlib; from hub.receive import Receiver; "
        "Receiver(pathlib.Path(sys.argv[1]), tick_s=0.0).run(threading.Event())"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(world.hub)])
    try:
        wait_for(lambda: [one.trouble for one in hearing.read_all(world.hub)] == [""], what="the hub to hear itself")
        yield
    finally:
        process.kill()
        process.wait()


def the_traffic() -> None:
    few = int(os.environ.get("PLANTED", max(60, SESSIONS // 5)))
    sessions = len(KINDS) * SESSIONS + 8 * few
    count = BESIDE * math.ceil(sessions / _A_PERSON / BESIDE)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as parts:
        world = make_world(Path(folder), consent=False)
        broker = start_site_broker(world)
        parts.callback(broker.stop)
        people = []
        for n in range(count):
            people.append(_person(world, Path(folder) / f"person{n}"))
            parts.callback(people[-1].recorder.close)
        with running_hub(world, tick_s=TICK_S):
            record(people, ("worn", "unworn"), count, covers=True)  # everything is warm
            _told(record(people, KINDS, SESSIONS))
            without = record(people, ("worn", "unworn"), few, covers=False).told("worn", "unworn")
        print(f"planted, {few} sessions of each kind: covers off {without:.1%}", flush=True)
        check(f"covers off was found in {without:.1%} only", holds=without >= 0.95)
        with hub_without_grid(world):
            open_auc = record(people, ("unworn", "withdrawn"), few, beside=ALONE).auc("withdrawn", "unworn")
        print(f"planted: the grid off, a withdrawal by its answer's time alone: AUC {open_auc:.2f}", flush=True)
        check(f"the grid taken away was found with AUC {open_auc:.2f} only", holds=open_auc >= 0.9)
        with running_hub(world, tick_s=0.0) as receiver:
            slow: set[str] = set()
            leave = receiver._grid._leave

            def late(settled: Settled) -> None:
                if settled.arrived[0].topic in slow:
                    threading.Timer(PLANTED_S, leave, (settled,)).start()
                else:
                    leave(settled)

            def mark(person: Person, kind: str) -> None:
                topic = up_topic(person.world.identity.site, person.world.identity.device)
                (slow.add if kind == "paused" else slow.discard)(topic)

            receiver._grid._leave = late
            longer = record(people, ("unworn", "paused"), few, planted=mark).told("paused", "unworn")
    print(f"planted: the grid off, {PLANTED_S * 1000:.0f} ms longer: {longer:.1%}", flush=True)
    check(f"100 ms were found in {longer:.1%} only", holds=longer >= 0.95)


def _told(found: Recording) -> None:
    """Print what was learnt, as soon as it is known."""
    print(
        f"{SESSIONS} sessions of each kind, {SLOTS} slots of {SLOT_S} s, {BESIDE} at a time; answers each {TICK_S:g} s"
    )
    for one, other in (("worn", "unworn"), ("worn", "paused"), ("paused", "unworn"), ("withdrawn", "unworn")):
        right = found.told(one, other)
        print(f"{one} from {other}: {right:.1%} of the unseen half")
        check(f"{one} from {other}: {right:.1%}", holds=right <= 0.55)
    print(f"a withdrawal by its answer's time alone: AUC {found.auc('withdrawn', 'unworn'):.2f}", flush=True)

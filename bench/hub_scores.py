"""The scorer at work: arrival to committed score through mosquitto, a burst, CPU beside taking, and kill -9 at any point."""

import contextlib
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
from _pytest.outcomes import Failed
from sqlalchemy import delete, func, select

from agent.wire.context import DAY_S
from agent.wire.keys import kid
from hub.scoring.scorer import Scorer
from hub.store.tables import DUE, ROW
from parts import check
from tests.support import postgres
from tests.support.clients import connected
from tests.support.processes import Process, start_wardbeat, wait_for
from tests.support.scored import FIRST_DAY, Scored, drained, made_again, said, scores_of
from tests.support.world import another_person, make_world, owning, start_site_broker

DEVICES = int(os.environ.get("DEVICES", "100"))
KILLS = int(os.environ.get("KILLS", "60"))
SECONDS = float(os.environ.get("SECONDS", "60"))
RATE_HZ = 1000 / 300.0  # a thousand devices, an envelope a slot each
SEEDS = [int(one) for one in os.environ.get("SEED", "1").split()]
A_DAY = int(os.environ.get("A_DAY", "10"))
_HISTORY_DAYS = 24  # enough for an index: 42 readings on 14 days before the week


@dataclass
class Crowd:
    """A site with people who have a history, its broker, and the processes of its hub."""

    folder: Path
    base: str
    parts: contextlib.ExitStack
    people: list[Scored] = field(default_factory=list)
    running: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = make_world(self.folder / "site", database=self.base, users=bool(self.base))
        first = Scored.made(self.world)
        self.people = [first]
        for n in range(1, DEVICES):
            person = another_person(self.world, self.folder / f"device{n}")
            self.people.append(Scored.made(person, first.receiver))
        for n, person in enumerate(self.people):
            person.days(_HISTORY_DAYS, seed=n, a_day=A_DAY)
            person.send()
        self.scorer = Scorer(self.world.hub)
        self.parts.callback(self.scorer.close)
        drained(self.scorer)
        self.world.close()  # the receiver in this process ends before the hub's own starts
        self.start("broker")
        for name in ("run", "score"):
            self.start(name)
        self.log = self.world.folder / "run.log"
        wait_for(lambda: "connected to the broker" in self.log.read_text(), 30, "the hub's connection")
        self.client = self._connected()

    def start(self, name: str) -> None:
        if name == "broker":
            self.running[name] = start_site_broker(self.world)
        else:
            self.running[name] = start_wardbeat("hub", name, self.world.hub, log=self.world.folder / f"{name}.log")
        self.parts.callback(self.running[name].stop)

    def _connected(self) -> dict[int, mqtt.Client]:
        """A client for each person: the access list lets each publish to its own topic alone."""
        clients = {}
        for n, person in enumerate(self.people):
            client = connected(person.world)
            self.parts.callback(client.loop_stop)
            clients[n] = client
        wait_for(lambda: all(client.is_connected() for client in clients.values()), 60, "the devices")
        return clients

    def publish(self, n: int, place: int) -> tuple[str, bytes]:
        """One more window of a person; as it was sent."""
        person = self.people[n]
        start = (FIRST_DAY + _HISTORY_DAYS) * DAY_S + 8 * 3600 + 300 * place
        topic, sealed = person.say(person.window(start, 60.0 + place % 20, 30.0 + (7 * place + n) % 20))
        person.waiting.clear()
        self.client[n].publish(topic, sealed, qos=1)
        return topic, sealed

    def send_until_stored(self, sent: list[tuple[int, str, bytes]], wanted: int) -> None:
        """Send again, as a device does, until the hub has all of it."""
        for _ in range(20):
            self.tend()
            with contextlib.suppress(AssertionError, Failed):
                wait_for(lambda: self.count(ROW, ROW.c.kind == "summary") >= wanted, 6, "the rows")
                return
            for n, topic, sealed in sent:
                self.client[n].publish(topic, sealed, qos=1)

    def tend(self) -> None:
        """Start what has ended, as a service manager does: a hub whose database goes away while it starts ends."""
        for name, process in list(self.running.items()):
            if process.popen.poll() is not None:
                self.start(name)

    def scored(self) -> int:
        """How many rows were scored since the hub was made."""
        return self.scorer.store.counters().get("scored", 0)

    def count(self, table, *where) -> int:
        with self.scorer.store._reads.connect() as db:
            return int(db.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    def cpu_s(self, name: str) -> float:
        fields = Path(f"/proc/{self.running[name].popen.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self, name: str) -> float:
        status = Path(f"/proc/{self.running[name].popen.pid}/status").read_text()
        return float(status.split("VmRSS:")[1].split()[0])


class Watch:
    """Milliseconds from a row's storing to its score's commit, as anybody sees it who looks often."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd, self._due, self.took_s = crowd, dict[int, int](), list[float]()

    def look(self) -> int:
        with self._crowd.scorer.store._reads.connect() as db:
            now = {row.arrival: row.taken_ms for row in db.execute(select(DUE.c.arrival, DUE.c.taken_ms))}
        at_ms = time.time() * 1000
        self.took_s += [(at_ms - taken) / 1000 for arrival, taken in self._due.items() if arrival not in now]
        self._due = now
        return len(now)


def the_scores() -> None:
    """Rate, burst, and CPU, on each kind of database."""
    server = postgres.Server()
    try:
        print(
            f"{DEVICES} people with {_HISTORY_DAYS} days; {RATE_HZ:.2f} envelopes a second for {SECONDS:.0f} s, then one of each at once"
        )
        print(
            f"{'':<12}{'p50 s':>8}{'p95 s':>8}{'p99 s':>8}{'burst s':>9}{'take ms':>9}{'score ms':>10}{'ratio':>7}{'score kB more':>15}"
        )
        for name, base in (("SQLite", ""), ("PostgreSQL", server.base())):
            _measured(name, base)
    finally:
        server.remove()


def _measured(name: str, base: str) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as parts:
        crowd = Crowd(Path(folder), base, parts)
        watch, dice = Watch(crowd), random.Random(1)
        before, rows = {one: crowd.cpu_s(one) for one in ("run", "score")}, crowd.count(ROW)
        rss_kb = crowd.rss_kb("score")
        began, sent, places = time.monotonic(), 0, [0] * DEVICES
        while time.monotonic() - began < SECONDS:
            while sent < (time.monotonic() - began) * RATE_HZ:
                n = dice.randrange(DEVICES)
                places[n] += 1
                crowd.publish(n, places[n])
                sent += 1
            watch.look()
            time.sleep(0.02)
        wait_for(lambda: crowd.count(ROW) == rows + sent and watch.look() == 0, 60, "the last scores")
        steady = {one: 1000 * (crowd.cpu_s(one) - before[one]) / sent for one in before}
        began, rows = time.monotonic(), crowd.count(ROW)
        for n in range(DEVICES):
            places[n] += 1
            crowd.publish(n, places[n])
        wait_for(lambda: crowd.count(ROW) == rows + DEVICES and crowd.count(DUE) == 0, 120, "the burst")
        burst_s = time.monotonic() - began
        p50, p95, p99 = np.percentile(watch.took_s, (50, 95, 99))
        ratio = steady["score"] / steady["run"]
        print(
            f"{name:<12}{p50:8.2f}{p95:8.2f}{p99:8.2f}{burst_s:9.1f}{steady['run']:9.1f}{steady['score']:10.1f}{ratio:7.2f}"
            f"{crowd.rss_kb('score') - rss_kb:15.0f}",
            flush=True,
        )
        check(f"{name}: p95 {p95:.2f} s", holds=p95 < 1.0)
        check(f"{name}: p99 {p99:.2f} s", holds=p99 < 3.0)
        check(f"{name}: a burst of {DEVICES} in {burst_s:.0f} s", holds=burst_s < 15.0 * DEVICES / 1000 + 3.0)
        check(f"{name}: scoring costs {ratio:.2f} times taking", holds=ratio <= 2.0)


def the_kills() -> None:
    """Scorer, hub, broker and database are killed under load; every score is what the rows say, nothing twice."""
    server = postgres.Server()
    try:
        for seed in SEEDS:
            for name, base in (("SQLite", ""), ("PostgreSQL", server.base())):
                _killed(name, base, seed, server)
    finally:
        server.remove()


def _killed(name: str, base: str, seed: int, server: postgres.Server) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as parts:
        crowd, dice = Crowd(Path(folder), base, parts), random.Random(seed)
        victims = ("score", "score", "run", "broker", *(("database",) if base else ()))
        before, began = crowd.scored(), time.monotonic()
        places, kills = [0] * DEVICES, dict.fromkeys(victims, 0)
        sent: list[tuple[int, str, bytes]] = []
        while sum(kills.values()) < KILLS:
            for _ in range(dice.randrange(1, 6)):
                n = dice.randrange(DEVICES)
                places[n] += 1
                sent.append((n, *crowd.publish(n, places[n])))
            time.sleep(dice.uniform(0.05, 0.6))
            which = dice.choice(victims)
            kills[which] += 1
            if which == "database":
                server.stop("immediate")
                server.start()
            else:
                crowd.running[which].kill()
                crowd.start(which)
        wanted = DEVICES * _HISTORY_DAYS * A_DAY + len(sent)
        crowd.send_until_stored(sent, wanted)
        crowd.tend()
        wait_for(lambda: crowd.count(DUE) == 0, 120, "what is due")
        for process in ("score", "run"):
            crowd.running[process].stop()
        stored, scored = crowd.count(ROW, ROW.c.kind == "summary"), crowd.scored() - before
        wrong, weeks = _against_rows(crowd)
        print(
            f"{name}, seed {seed}: {sum(kills.values())} kills ({', '.join(f'{n} {one}' for one, n in kills.items())}) in "
            f"{time.monotonic() - began:.0f} s; {len(sent)} sent, {wanted - stored} lost, {scored - len(sent)} scored twice, "
            f"due 0; {weeks} scores, {wrong} other than the rows say",
            flush=True,
        )
        check(f"{name}, seed {seed}: {wanted - stored} rows are lost", holds=stored == wanted)
        check(f"{name}, seed {seed}: {scored} rows scored, and {len(sent)} sent", holds=scored == len(sent))
        check(f"{name}, seed {seed}: {wrong} scores are not what the rows say", holds=wrong == 0)
        _plant(crowd, f"{name}, seed {seed}")


def _plant(crowd: Crowd, where: str) -> None:
    """One row is due twice, one is lost, and a third of a person's are: the same looks find each."""
    newest = select(ROW.c.arrival, ROW.c.device).where(ROW.c.kind == "summary").order_by(ROW.c.arrival.desc()).limit(1)
    before = crowd.scored()
    with owning(crowd.world.hub) as db:
        row = db.execute(newest).one()
        db.execute(DUE.insert(), {"arrival": row.arrival, "device": row.device, "taken_ms": 0})
    drained(crowd.scorer)
    check(f"{where}: the planted double was not found", holds=crowd.scored() - before == 1)
    stored = crowd.count(ROW, ROW.c.kind == "summary")
    with owning(crowd.world.hub) as db:
        db.execute(delete(ROW).where(ROW.c.arrival == row.arrival))
    check(f"{where}: the planted loss was not found", holds=crowd.count(ROW, ROW.c.kind == "summary") == stored - 1)
    with owning(crowd.world.hub) as db:
        db.execute(delete(ROW).where((ROW.c.device == row.device) & (ROW.c.arrival % 3 == 0)))
    check(f"{where}: scores of lost rows were not found", holds=_against_rows(crowd)[0] > 0)


def _against_rows(crowd: Crowd) -> tuple[int, int]:
    """How many newest scores differ from those made of the rows from nothing, and how many there are."""
    kids = [kid(person.world.identity.sign.public) for person in crowd.people]
    before = {one: scores_of(crowd.scorer, one) for one in kids}
    made_again(crowd.scorer, kids)
    wrong = 0
    for one in kids:
        after = scores_of(crowd.scorer, one)
        days = before[one].keys() | after.keys()
        wrong += sum(said(before[one].get(day)) != said(after.get(day)) for day in days)
    every = [score for found in before.values() for score in found.values()]
    assert any(score.index is not None for score in every), "no score has an index"
    return wrong, len(every)

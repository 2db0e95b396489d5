"""Real agents, broker and hub, and what a seeded script does to them; at the end, where every made window is.

`make chaos` runs it at length and prints the table; a short storm runs in the suite.
"""

import contextlib
import random
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.control import channel
from agent.control.channel import Command
from agent.enrollment import identity
from agent.errors import WardbeatError
from agent.outbox import ledger
from agent.wire import envelope
from agent.wire.consent import decode_record
from agent.wire.directory import verified
from agent.wire.keys import kid
from agent.wire.message import ConsentMessage, GapMessage, SummaryMessage
from agent.wire.plaintext import decode_plaintext
from hub.keys.certificates import issue
from hub.site import open_keys
from hub.store import Store
from tests.chaos.proxy import Proxy
from tests.support import postgres
from tests.support.processes import Process, free_port, start_broker, start_process
from tests.support.world import World, another_person, make_world

HERE = Path(__file__).parent
EVERY_S = 0.02
STILL_S = 120.0  # without a row settled: what waits then has no answer to come
CALM_MOST_S = 1200.0
Window = tuple[str, int]  # (device, start)


@dataclass
class Person:
    """One enrolled machine, its agent process, and what was made on it."""

    name: str
    world: World
    made_log: Path
    process: Process | None = None
    skew_s: float = 0.0
    restarts: int = 0
    copy: Path | None = None
    replaced: dict[int, str] = field(default_factory=dict)  # window start → its state in a file that was replaced

    @property
    def state(self) -> Path:
        return self.world.settings.state_dir

    def made(self) -> dict[int, tuple[bytes, int]]:
        lines = [line.split() for line in self.made_log.read_text().splitlines() if line.count(" ") == 2]
        return {int(start): (bytes.fromhex(stream), int(seq)) for stream, seq, start in lines}

    def states(self) -> dict[int, str]:
        """Each window's state by the ledger; of one sealed again the last row counts.

        What was receipted before a withdrawal has lost its bytes by it: a hub that is put back to an older backup is
        not offered it again.
        """
        found = {}
        with self.world.outbox(renew_stream=False) as outbox:
            for row in ledger.rows(outbox):
                for message in () if row.words is None else decode_plaintext(row.words).messages:
                    if isinstance(message, SummaryMessage):
                        found[message.start_utc_s] = row.state
                    elif isinstance(message, ConsentMessage) and decode_record(message.record).action == "withdraw":
                        found |= {start: "withdrawn" for start, state in found.items() if state == "receipted"}
        return found

    def file_goes(self) -> None:
        """The outbox file is about to be replaced: remember what was in it."""
        with contextlib.suppress(Exception):  # it may be damaged by now; then what was remembered before stands
            self.replaced |= self.states()


@dataclass
class Storm:
    """One site under attack. Use as a context manager."""

    folder: Path
    base: str
    seed: int
    people_count: int = 3
    server: postgres.Server | None = None
    dice: random.Random = field(init=False)
    people: list[Person] = field(default_factory=list)
    running: dict[str, Process] = field(default_factory=dict)
    did: Counter[str] = field(default_factory=Counter)
    recorded: dict[str, list[tuple[str, bytes]]] = field(default_factory=lambda: {"up": [], "down": [], "keys": []})
    hub_skew_s: float = 0.0
    second_agents_refused: int = 0

    def __enter__(self) -> Self:
        self.dice = random.Random(self.seed)
        self.log = self.folder / "processes.log"
        self.stop_file = self.folder / "stop"
        with ExitStack() as parts:  # whatever fails below, no disk stays mounted and no process runs on
            self.parts = parts
            hub, *homes = [self.disk("hub", 512), *(self.disk(f"person{n}", 64) for n in range(self.people_count))]
            parts.callback(self._stop)
            self.world = make_world(hub, consent=False, database=self.base)
            issue(self.world.hub, "chaos", self.folder / "chaos", server=None)
            self.broker_port = free_port()
            self.proxy = Proxy(self.world.port, self.broker_port)
            parts.callback(self.proxy.close)
            self.start_broker()
            self.start_hub()
            for home in homes:
                made_log = self.folder / f"{home.name}.log"
                made_log.touch()
                world = another_person(self.world, home / "state", from_utc_s=int(time.time()))
                self.people.append(Person(world.identity.device, world, made_log))
            for person in self.people:
                self.start_agent(person)
            self.client = self._listen()
            parts.callback(self.client.loop_stop)
            parts.callback(self.client.disconnect)
            self.parts = parts.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.parts.close()

    def _stop(self) -> None:
        for person in self.people:
            if person.process is not None:
                person.process.stop()
        for process in self.running.values():
            process.stop()

    def disk(self, name: str, megabytes: int) -> Path:
        """A small disk of its own, which can be full or read-only."""
        where = self.folder / name
        where.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", where], check=True)
        self.parts.callback(subprocess.run, ["umount", "-l", where], check=True)
        return where

    def keep(self) -> Path:
        """Copy what stands on the small disks, and the data base, to a folder that stays; for who looks why it failed."""
        self._stop()
        kept = Path(tempfile.mkdtemp(prefix="wardbeat-chaos-failed-"))
        skipped = shutil.ignore_patterns("*.sock", "control*")
        shutil.copytree(self.folder, kept, dirs_exist_ok=True, symlinks=True, ignore=skipped)
        if self.server is not None:
            postgres.backed_up(self.world.hub, kept / "base.dump")
        return kept

    # ---- processes

    def start_broker(self, replace: tuple[str, str] = ("", "")) -> None:
        text = (self.world.hub / "broker" / "mosquitto.conf").read_text().replace(*replace)
        text = text.replace(f"listener {self.world.port}", f"listener {self.broker_port}")
        acl = (self.world.hub / "broker" / "acl").read_text() + "user chaos\ntopic readwrite #\n"
        (self.folder / "acl").write_text(acl)
        text = text.replace(f"acl_file {self.world.hub.resolve()}/broker/acl", f"acl_file {self.folder}/acl")
        conf = self.folder / "mosquitto.conf"
        conf.write_text(f"{text}user root\n")
        self.running["broker"] = start_broker(conf, self.folder / "mosquitto.log")

    def stop_broker(self, *, kill: bool = True) -> None:
        self.running["broker"].kill() if kill else self.running["broker"].stop()

    @property
    def workers(self) -> dict[str, int]:
        """The hub's processes by name: one on SQLite, two on PostgreSQL."""
        return {"hub": 1} if self.server is None else {"hub": 1, "hub worker 2": 2}

    def start_hub(self, *names: str) -> None:
        for name in names or self.workers:
            words = (sys.executable, "-P", HERE / "skewed.py", self.hub_skew_s, "agent.cli", "hub", "run")
            number = ("--worker", self.workers[name])
            self.running[name] = start_process(*words, self.world.hub, *number, log=self.log)

    def kill_hub(self, *names: str) -> None:
        for name in names or self.workers:
            self.running[name].kill()

    def start_agent(self, person: Person, *, state: Path | None = None, stop_file: Path | None = None) -> Process:
        process = start_process(
            *(sys.executable, "-P", HERE / "skewed.py", person.skew_s, HERE / "agent.py"),
            *(state or person.state, person.made_log, stop_file or self.stop_file, EVERY_S),
            log=self.log,
        )
        if state is None:
            person.process = process
        return process

    def kill_agent(self, person: Person) -> None:
        assert person.process is not None
        person.process.kill()

    def stop_agent(self, person: Person) -> None:
        assert person.process is not None
        person.process.stop()

    def supervise(self) -> None:
        """What a service manager does: an agent or hub that ended by itself is started again."""
        for person in self.people:
            if person.process is not None and person.process.popen.poll() is not None:
                person.restarts += 1
                self.start_agent(person)
        for name in self.workers:
            if self.running[name].popen.poll() is not None:
                self.did["(hub ended by itself)"] += 1
                self.start_hub(name)

    def some(self) -> Person:
        return self.dice.choice(self.people)

    def wait(self, low_s: float, high_s: float) -> None:
        until = time.monotonic() + self.dice.uniform(low_s, high_s)
        while time.monotonic() < until:
            self.supervise()
            time.sleep(0.1)

    # ---- the one who listens and can say again

    def _listen(self) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="chaos", protocol=mqtt.MQTTv5)
        context = ssl.create_default_context(cafile=str(self.world.hub / "ca.pem"))
        context.load_cert_chain(self.folder / "chaos.crt", self.folder / "chaos.key")
        client.tls_set_context(context)
        client.on_socket_register_write = lambda *_: None
        topics = {"up": "wardbeat/v1/+/up/+", "down": "wardbeat/v1/+/down/+", "keys": "wardbeat/v1/+/keys"}
        client.on_connect = lambda *_: client.subscribe([(topic, 1) for topic in topics.values()])
        lock = threading.Lock()

        def heard(_client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
            kind = message.topic.split("/")[3]
            with lock:
                self.recorded[kind].append((message.topic, bytes(message.payload)))
                del self.recorded[kind][:-5000]

        client.on_message = heard
        client.reconnect_delay_set(1, 1)
        client.connect_async("127.0.0.1", self.broker_port)
        client.loop_start()
        return client

    # ---- the storm and its end

    def play(self, faults: list[Callable[["Storm"], None]]) -> None:
        """Every kind in turn, in random order, again and again."""
        for fault in faults:
            self.wait(0.2, 0.8)
            self.did[fault.__name__.replace("_", " ")] += 1
            fault(self)

    def committed(self) -> int:
        """Rows in the ledgers now."""
        return sum(self._counted("ledger"))

    def _counted(self, what: str) -> list[int]:
        """How many rows each outbox file has of something; a file that cannot be read at this moment has none."""
        found = []
        for person in self.people:
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(f"file:{person.state}/outbox.db?mode=ro", uri=True)) as db,
            ):
                found.append(db.execute(f"SELECT count(*) FROM {what}").fetchone()[0])
        return found

    def calm(self) -> None:
        """Everything is right again; the agents make no more and wait until all is receipted."""
        self.wait(1.0, 1.0)
        self.stop_file.touch()
        began_s = moved_s = time.monotonic()
        settled = -1
        while left := [person for person in self.people if not self._is_done(person)]:
            now_s, before = time.monotonic(), settled
            settled = sum(self._counted("fate WHERE state NOT IN ('sealed', 'sent')"))
            moved_s = moved_s if settled == before else now_s
            if now_s - moved_s > STILL_S or now_s - began_s > CALM_MOST_S:
                words = f"nothing was settled for {now_s - moved_s:.0f} s, {now_s - began_s:.0f} s after the storm"
                raise AssertionError(f"{words}: {[self._left(person) for person in left]}\n{self.tail()}")
            time.sleep(0.5)

    def _is_done(self, person: Person) -> bool:
        """Whether an agent ended because all is settled; one that crashed is started again, as a service manager would."""
        assert person.process is not None
        code = person.process.popen.poll()
        if code not in (None, 0):
            person.restarts += 1
            self.start_agent(person)
        return code == 0

    def _left(self, person: Person) -> dict[str, int]:
        """Rows by state; those that wait by kind, by how often they were sealed again, and whether to the newest key."""
        newest = identity.load_enrolled(person.state, person.world.vault).directory().directory.kems[-1].public
        with contextlib.closing(sqlite3.connect(f"file:{person.state}/outbox.db?mode=ro", uri=True)) as db:
            found = Counter(dict(db.execute("SELECT state, count(*) FROM fate GROUP BY state").fetchall()))
            before = dict(db.execute("SELECT idx, again_idx FROM ledger WHERE again_idx IS NOT NULL").fetchall())
            waiting = db.execute(
                "SELECT o.idx, o.kind, f.state, o.envelope FROM outbox o JOIN fate f USING (idx) "
                "WHERE f.state IN ('sent', 'sealed')"
            )
            for idx, kind, state, sealed in waiting:
                times = 0
                while idx in before:
                    idx, times = before[idx], times + 1
                new = "the newest key" if envelope.decode(sealed).header.recipient == kid(newest) else "an older key"
                found[f"{state} {kind}, sealed again {times} times, to {new}"] += 1
        return dict(found)

    def tail(self) -> str:
        """The end of what the processes said, what the agents say of themselves, and what the hub counted."""
        said = [self.log.read_text()[-2000:]]
        for person in self.people:
            with contextlib.suppress(WardbeatError):
                said.append(channel.ask(person.state, Command("status")).body)
            with contextlib.suppress(WardbeatError, OSError):
                believed = identity.load_enrolled(person.state, person.world.vault).directory()
                said.append(f"{person.name} believes directory {believed.key.serial} {believed.directory.version}")
        with contextlib.closing(open_keys(self.world.hub)) as keys, Store(self.world.hub, keys) as store:
            said.append(f"{dict(self.did)}; the hub counted {store.counters()}; directory {keys.version()}")
            root = self.people[0].world.identity.bundle.root_public
            published = [verified(data, keys.site, root, 0) for _, data in self.recorded["keys"][-8:]]
            said.append(f"published last: {[(one.key.serial, one.directory.version) for one in published]}")
        return "\n".join(said)


@dataclass
class Account:
    """Where everything is."""

    where: Counter[str]
    doubled: int
    committed: int
    refused: Counter[str]
    counters: dict[str, int]
    unsettled: int
    wrong_digests: int


def account(storm: Storm) -> Account:
    """Every window that an agent wrote down after its commit, and where it is now."""
    keys = open_keys(storm.world.hub)
    with Store(storm.world.hub, keys) as store:
        settled, counters = store.settled(), store.counters()
        stored = Counter((keys.devices.of(row.device).device, row.message.start_utc_s) for row in store.summaries())
        gaps = [
            (message.stream, message.first_seq, message.last_seq)
            for words in store.words().values()
            for message in decode_plaintext(words).messages
            if isinstance(message, GapMessage)
        ]
    keys.close()
    states: dict[Window, str] = {}
    made: dict[Window, tuple[bytes, int]] = {}
    replaced: dict[Window, str] = {}
    committed = unsettled = wrong = 0
    refused: Counter[str] = Counter()
    for person in storm.people:
        made |= {(person.name, start): at for start, at in person.made().items()}
        states |= {(person.name, start): state for start, state in person.states().items()}
        replaced |= {(person.name, start): state for start, state in person.replaced.items()}
        with person.world.outbox(renew_stream=False) as outbox:
            rows = list(ledger.rows(outbox))
            ledger.verify(outbox, identity.load(person.state, person.world.vault).open_answers)
        committed += len(rows)
        refused.update(row.state for row in rows if row.state.startswith("refused"))
        unsettled += sum(row.state in ("sealed", "sent") for row in rows)
        wrong += sum(
            row.state == "receipted" and settled.get((row.stream, row.seq), row.digest) != row.digest for row in rows
        )
    return Account(
        where_is(made, set(stored), states, replaced, gaps),
        sum(n - 1 for n in stored.values()),
        committed,
        refused,
        counters,
        unsettled,
        wrong,
    )


def where_is(
    made: dict[Window, tuple[bytes, int]],
    stored: set[Window],
    states: dict[Window, str],
    replaced: dict[Window, str],
    gaps: list[tuple[bytes, int, int]],
) -> Counter[str]:
    """One place for every made window; what is nowhere is lost."""
    where: Counter[str] = Counter()
    for window, (stream, seq) in made.items():
        state = states.get(window, "nowhere")
        if window in stored:
            where["stored"] += 1
        elif state in ("sealed", "sent"):
            where["kept"] += 1
        elif state == "dropped" or any(stream == of and first <= seq <= last for of, first, last in gaps):
            where["gap"] += 1
        elif state.startswith("refused"):
            where["refused"] += 1
        elif state == "withdrawn":
            where["withdrawn"] += 1
        elif state == "nowhere" and window in replaced:
            where["lost with the file"] += 1
        else:
            where["lost"] += 1
            where[f"  of it {state} here{', in a file replaced' if window in replaced else ''}"] += 1
    return where


def copy_outbox(state: Path, into: Path) -> None:
    """The outbox file and its log, as they lie there now; nobody may be writing."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    for file in state.glob("outbox.db*"):
        shutil.copy(file, into)

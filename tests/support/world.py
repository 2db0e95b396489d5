"""A whole small world for tests: a site, an enrolled person, a broker; real parts, on loopback, in a temporary folder."""

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, make_url

from agent.config import Settings
from agent.control import client
from agent.enrollment import consent_key, identity
from agent.enrollment.enrolled import Identity
from agent.model import CodedValue, FeatureValue, Interval, Released, Summary
from agent.outbox import Limits, Outbox, Sealing, receipts
from agent.privacy import gate
from agent.privacy.vault import Vault, open_vault
from agent.sources import SOURCES, replay
from agent.tables.profiles import Profile, profile_named
from agent.wire.armor import armor, dearmor
from agent.wire.labels import up_topic
from hub import enroll, hearing, site
from hub.database import open_postgres, open_sqlite
from hub.database_users import make_users
from hub.receive import Receiver
from hub.store import Role, Store
from tests.support.processes import Process, free_port, start_broker, wait_for
from tests.support.virtual_time import START_UTC_S

PIN = "a test pin"
OPERATOR = "Test service"


@dataclass
class World:
    """One site and one enrolled person."""

    folder: Path
    settings: Settings
    profile: Profile
    vault: Vault
    identity: Identity
    port: int
    receivers: list[Receiver] = field(default_factory=list)

    @property
    def hub(self) -> Path:
        return self.folder / "hub"

    @property
    def topic(self) -> str:
        return up_topic(self.identity.site, self.identity.device)

    def outbox(self, *, renew_stream: bool = True, limits: Limits | None = None, path: Path | None = None) -> Outbox:
        sealing = Sealing.to(self.identity.sender(), self.identity.directory().directory)
        where = path or self.settings.state_dir / "outbox.db"
        return Outbox(where, self.vault, sealing, keep=limits, renew_stream=renew_stream)

    def receiver(self) -> Receiver:
        self.receivers.append(Receiver(self.hub))
        return self.receivers[-1]

    def give_consent(
        self,
        from_utc_s: int = START_UTC_S,
        purposes: tuple[str, ...] = (),
        *,
        context: bool = False,
        days: tuple[str, ...] = (),
        team: tuple[str, ...] = (),
    ) -> None:
        signals = {SOURCES[name].signal for name in self.settings.sources} or {"heart"}
        signals |= set(days)
        operator = self.identity.bundle.operator
        wanted = consent_key.grants(self.profile, operator, sorted(signals), purposes, context=context, team=team)
        client.give_consent(self.settings, self.profile, wanted, PIN, from_utc_s)

    def close(self) -> None:
        for receiver in self.receivers:
            receiver.store.close()
            receiver.keys.close()


def make_world(
    folder: Path,
    *,
    profile: str = "care",
    consent: bool = True,
    from_utc_s: int = START_UTC_S,
    synthetic: bool = True,
    database: str = "",
    users: bool = False,
    fresh: bool = False,
) -> World:
    """A site and an enrolled person, copied from one that this process made before.

    With `users` each process connects to PostgreSQL as its own user; a receiver then cannot read rows.

    Keys, certificates and three derivations from the PIN cost a second; a copy costs some milliseconds. A copy has the port and
    the identities of its original: a test that needs two sites asks for a `fresh` one.
    """
    if fresh or database:
        return _enroll(folder, profile, consent, from_utc_s, synthetic, database, users=users)
    original = _original(profile, consent, from_utc_s, synthetic)
    shutil.copytree(original.folder, folder, dirs_exist_ok=True, symlinks=True)
    conf = folder / "hub" / "broker" / "mosquitto.conf"
    conf.write_text(conf.read_text().replace(str(original.folder), str(folder)))
    settings = original.settings.model_copy(update={"state_dir": folder / "state"})
    vault = open_vault(settings.state_dir, "file")
    return World(folder, settings, original.profile, vault, identity.load(settings.state_dir, vault), original.port)


@functools.cache
def _original(profile: str, consent: bool, from_utc_s: int, synthetic: bool) -> World:
    folder = Path(tempfile.mkdtemp(prefix="wardbeat-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return _enroll(folder, profile, consent, from_utc_s, synthetic, "")


def _enroll(
    folder: Path, profile: str, consent: bool, from_utc_s: int, synthetic: bool, database: str, *, users: bool = False
) -> World:
    port = free_port()
    site.init(folder / "hub", site.Site("test-site", OPERATOR, "127.0.0.1", port, synthetic, database))
    if users:  # each process as its own database user, as `hub init` makes them
        make_users(folder / "hub", database)
    settings = Settings(state_dir=folder / "state", profile=profile, key_store="file")
    # The hub's clock is the real one: what is made up for START_UTC_S stays covered, whatever day it is.
    settings = settings.model_copy(update={"consent_days": 3650})
    settings.state_dir.mkdir(mode=0o700)
    vault = open_vault(settings.state_dir, "file")
    request = identity.begin(settings.state_dir, vault, dearmor("BUNDLE", site.invite(folder / "hub")), PIN)
    answer = enroll.admit(folder / "hub", armor("REQUEST", request))
    enrolled = identity.finish(settings.state_dir, vault, dearmor("ANSWER", answer))
    world = World(folder, settings, profile_named(profile), vault, enrolled, port)
    if consent:
        world.give_consent(from_utc_s)
    return world


def another_person(world: World, state: Path, *, from_utc_s: int = START_UTC_S) -> World:
    """One more enrolled person of the same site, who has consented."""
    state.mkdir(mode=0o700)
    vault = open_vault(state, "file")
    request = identity.begin(state, vault, dearmor("BUNDLE", site.invite(world.hub)), PIN)
    enrolled = identity.finish(state, vault, dearmor("ANSWER", enroll.admit(world.hub, armor("REQUEST", request))))
    settings = world.settings.model_copy(update={"state_dir": state})
    made = World(world.folder, settings, world.profile, vault, enrolled, world.port)
    made.give_consent(from_utc_s)
    return made


@contextlib.contextmanager
def reading(hub: Path, role: Role = Role.SHOW) -> Iterator[Store]:
    """A hub's store as one of its reading processes opens it."""
    with contextlib.closing(site.open_keys(hub)) as keys, Store(hub, keys, role) as store:
        yield store


@contextlib.contextmanager
def owning(hub: Path) -> Iterator[Connection]:
    """A transaction of the database's owner, who may change what no process of the hub may."""
    with contextlib.closing(site.open_keys(hub)) as keys:
        url = keys.text("database")
    engine = open_postgres(owner_url(url)) if url else open_sqlite(hub / "hub.db")
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()


def owner_url(url: str) -> str:
    """The address of a test database with the name of its owner."""
    return make_url(url).set(username="wardbeat").render_as_string()


def made_up_summary(n: int = 0, value: float = 60.0) -> Summary:
    """A made-up window, the n-th after the start."""
    start = START_UTC_S + n * 300
    return Summary(
        start,
        start + 300,
        (
            FeatureValue("hr_mean_bpm", value, 300, 0.99, 0.0),
            FeatureValue("rmssd_ms", 42.0 + n % 50, 299, 0.99, 0.0),
        ),
    )


def release_window(
    world: World, outbox: Outbox, n: int = 0, blocked: tuple[Interval, ...] = ()
) -> tuple[Released, ...]:
    """The n-th made-up window through the real gate."""
    from agent.outbox import consents

    return gate.release(made_up_summary(n), world.profile, consents.consented(outbox), OPERATOR, blocked)


def deliver(
    world: World, outbox: Outbox, receiver: Receiver, *, rounds: int = 5, lose_receipts: bool = False
) -> receipts.Settled:
    """Hand rows over and settle them, without a broker between; what the last answers said."""
    settled = receipts.Settled()
    for _ in range(rounds):
        rows = outbox.unsent(1000) or [row for idx in outbox.sent() if (row := outbox.sent_row(idx))]
        if not rows:
            break
        outbox.mark_sent(rows, START_UTC_S)
        answers = receiver.handle([(world.topic, row.envelope) for row in rows])
        if lose_receipts:
            break
        for _topic, payload in answers:
            settled = receipts.apply(outbox, world.identity.open_answers(payload), START_UTC_S, payload)
    return settled


CODED = (CodedValue(1, 401, 300, 990, 0), CodedValue(2, 421, 299, 990, 0))


@contextlib.contextmanager
def running_hub(world: World, mqtt_version: int = 5, tick_s: float = 0.05) -> Iterator[Receiver]:
    """The hub's receiver in a thread of this process; its answers leave on a finer grid, so that tests wait less."""
    receiver = Receiver(world.hub, mqtt_version=mqtt_version, tick_s=tick_s)
    stop = threading.Event()
    thread = threading.Thread(target=receiver.run, args=(stop,))
    thread.start()
    try:
        yield receiver
    finally:
        stop.set()
        thread.join()


def wait_until_it_receives(hub: Path) -> None:
    """Until the hub's own probe has come back: what is published before its subscription reaches nobody."""
    wait_for(lambda: [one.trouble for one in hearing.read_all(hub)] == [""], what="the hub's own probe")


@contextlib.contextmanager
def served(world: World) -> Iterator[Receiver]:
    """The site's broker and its hub, which receives."""
    broker = start_site_broker(world)
    try:
        with running_hub(world) as receiver:
            wait_until_it_receives(world.hub)
            yield receiver
    finally:
        broker.stop()


def replay_settings(world: World, file: Path, **mqtt) -> Settings:
    return world.settings.model_copy(
        update={
            "sources": {"replay": replay.Settings(file)},
            "mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 2.0, **mqtt}),
        }
    )


def start_site_broker(world: World, *, extra: str = "") -> Process:
    """A real broker with the configuration that `hub init` wrote."""
    conf = world.hub / "broker" / "test.conf"
    user = "user root\n" if os.geteuid() == 0 else ""
    conf.write_text((world.hub / "broker" / "mosquitto.conf").read_text() + user + extra)
    return start_broker(conf, world.folder / "mosquitto.log")

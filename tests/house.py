"""A whole small world for tests: a site, an enrolled person, a broker; real parts, on loopback, in a temporary folder."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

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
from agent.wire.enroll import armor, dearmor
from agent.wire.labels import up_topic
from hub import enroll, site
from hub.receive import Receiver

SHARED = Path(os.environ.get("WARDBEAT_SHARED", Path(__file__).parents[2] / "shared"))
START_UTC_S = 1_790_000_100 // 300 * 300  # a UTC multiple of 300 s
PIN = "a test pin"
OPERATOR = "Test service"


def shared(path: str) -> Path:
    """A real recording, or a skip that says why."""
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"real recordings are not here (WARDBEAT_SHARED={SHARED})")
    return file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tool(name: str) -> str:
    """A system tool's path; absent, a skip by name, or under CI a failure."""
    import shutil

    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        missing(f"the tool {name} is missing; `make test` as root installs it")
    return str(found)


def missing(message: str) -> None:
    """Skip by name; in CI, where make installs everything, fail."""
    if os.environ.get("WARDBEAT_TOOLS_REQUIRED"):
        pytest.fail(message)
    pytest.skip(message)


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

    def give_consent(self, from_utc_s: int = START_UTC_S) -> None:
        signals = {SOURCES[name].signal for name in self.settings.sources} or {"heart"}
        wanted = consent_key.grants(self.profile, self.identity.bundle.operator, sorted(signals))
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
) -> World:
    port = free_port()
    site.init(folder / "hub", site.Site("test-site", OPERATOR, "127.0.0.1", port, synthetic, database))
    settings = Settings(state_dir=folder / "state", profile=profile, key_store="file")
    settings.state_dir.mkdir(mode=0o700)
    vault = open_vault(settings.state_dir, "file")
    request = identity.begin(settings.state_dir, vault, dearmor("BUNDLE", site.invite(folder / "hub")), PIN)
    answer = enroll.admit(folder / "hub", armor("REQUEST", request))
    enrolled = identity.finish(settings.state_dir, vault, dearmor("ANSWER", answer))
    world = World(folder, settings, profile_named(profile), vault, enrolled, port)
    if consent:
        world.give_consent(from_utc_s)
    return world


def another(world: World, state: Path, *, from_utc_s: int = START_UTC_S) -> World:
    """One more enrolled person of the same site, who has consented."""
    state.mkdir(mode=0o700)
    vault = open_vault(state, "file")
    request = identity.begin(state, vault, dearmor("BUNDLE", site.invite(world.hub)), PIN)
    enrolled = identity.finish(state, vault, dearmor("ANSWER", enroll.admit(world.hub, armor("REQUEST", request))))
    settings = world.settings.model_copy(update={"state_dir": state})
    made = World(world.folder, settings, world.profile, vault, enrolled, world.port)
    made.give_consent(from_utc_s)
    return made


def summary(n: int = 0, value: float = 60.0) -> Summary:
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


def released(world: World, outbox: Outbox, n: int = 0, blocked: tuple[Interval, ...] = ()) -> tuple[Released, ...]:
    """The n-th made-up window through the real gate."""
    from agent.outbox import consents

    return gate.release(summary(n), world.profile, consents.in_force(outbox), OPERATOR, blocked)


def carry(
    world: World, outbox: Outbox, receiver: Receiver, *, rounds: int = 5, lose_receipts: bool = False
) -> receipts.Settled:
    """Hand rows over and settle them, without a broker between; what the last answers said."""
    settled = receipts.Settled()
    for _ in range(rounds):
        rows = outbox.unsent(1000) or [row for idx in outbox.handed() if (row := outbox.handed_row(idx))]
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


# ---- processes


@dataclass
class Process:
    """A child process that is stopped by its id."""

    popen: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def start(
    *words: object, log: Path | None = None, env: dict[str, str] | None = None, new_session: bool = False
) -> Process:
    out = log.open("ab") if log is not None else subprocess.DEVNULL
    process = subprocess.Popen(
        [str(word) for word in words],
        stdout=out,
        stderr=out,
        stdin=subprocess.DEVNULL,
        env=env,
        start_new_session=new_session,
    )
    if log is not None:
        out.close()
    return Process(process)


def wardbeat(*words: object, **options) -> Process:
    return start(sys.executable, "-m", "agent.cli", *words, **options)


def wait_for(condition, timeout_s: float = 30.0, what: str = "a condition") -> None:
    """Look again and again; a test fails by name when it does not come true."""
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            pytest.fail(f"waited {timeout_s:g} s in vain for {what}")
        time.sleep(0.02)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mosquitto(world: World, *, extra: str = "") -> Process:
    """A real broker with the configuration that `hub init` wrote."""
    conf = world.hub / "broker" / "test.conf"
    user = "user root\n" if os.geteuid() == 0 else ""
    conf.write_text((world.hub / "broker" / "mosquitto.conf").read_text() + user + extra)
    return broker(conf, world.folder / "mosquitto.log")


def broker(conf: Path, log: Path) -> Process:
    """A mosquitto that runs. When it listens it does not know yet what a SIGHUP means, and would end by it."""
    log.touch()
    before = log.read_bytes().count(b" running\n")
    process = start(tool("mosquitto"), "-c", conf, log=log)
    wait_for(lambda: log.read_bytes().count(b" running\n") > before, what="mosquitto to run")
    return process


@contextlib.contextmanager
def running_hub(world: World, mqtt_version: int = 5) -> Iterator[Receiver]:
    """The hub's receiver in a thread of this process."""
    receiver = Receiver(world.hub, mqtt_version=mqtt_version)
    stop = threading.Event()
    thread = threading.Thread(target=receiver.run, args=(stop,))
    thread.start()
    try:
        yield receiver
    finally:
        stop.set()
        thread.join()


def replaying(world: World, file: Path, **mqtt) -> Settings:
    return world.settings.model_copy(
        update={
            "sources": {"replay": replay.Settings(file)},
            "mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 2.0, **mqtt}),
        }
    )


def run(coroutine):
    return asyncio.run(coroutine)

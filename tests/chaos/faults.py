"""What a storm does: one function a kind of fault, each leaves the world able to go on. FAULTS lists them."""

import contextlib
import datetime as dt
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from agent.control import channel, client
from agent.control.channel import Command
from agent.enrollment import identity
from agent.errors import NotRunning, WardbeatError
from agent.system import host
from agent.wire.labels import up_topic
from hub import backup, rotation
from hub.keys.certificates import certify
from hub.keys.kem import DAY_S, KEM_DAYS
from hub.site import open_keys, read_root
from hub.store import Store
from tests.chaos.storm import Person, Storm, copy_outbox
from tests.support import postgres
from tests.support.machine import within_s
from tests.support.processes import wait_for

YEAR_S = 365.0 * DAY_S


# ---- the agent


def agent_killed(storm: Storm) -> None:
    person = storm.some()
    storm.kill_agent(person)
    storm.start_agent(person)


def outbox_restored_from_an_older_copy(storm: Storm) -> None:
    person = storm.some()
    storm.kill_agent(person)
    person.copy = storm.folder / f"{person.name}.copy"
    copy_outbox(person.state, person.copy)
    storm.start_agent(person)
    storm.wait(1.0, 2.0)
    storm.kill_agent(person)
    person.file_goes()
    for file in person.state.glob("outbox.db*"):
        file.unlink()
    for file in person.copy.iterdir():
        shutil.copy(file, person.state)
    storm.start_agent(person)


def outbox_damaged(storm: Storm) -> None:
    person = storm.some()
    storm.kill_agent(person)
    with contextlib.closing(sqlite3.connect(person.state / "outbox.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    person.file_goes()
    file = person.state / "outbox.db"
    with file.open("r+b") as raw:
        for at in (100, *(storm.dice.randrange(4096, file.stat().st_size) for _ in range(40))):
            raw.seek(at)
            raw.write(storm.dice.randbytes(64))
    aside = len(list(person.state.glob("outbox.broken-*.db")))
    storm.start_agent(person)
    wait_for(
        lambda: storm.supervise() or len(list(person.state.glob("outbox.broken-*.db"))) > aside,
        what="the damaged file to be set aside",
    )
    _consent_again(storm, person)


def second_agent(storm: Storm) -> None:
    person = storm.some()
    assert person.process is not None
    if person.process.popen.poll() is not None:
        return
    wait_for(lambda: _answers(storm, person), what="the first agent")
    second = storm.start_agent(person, state=person.state)
    storm.second_agents_refused += second.popen.wait(within_s(30)) == 1


def copied_machine(storm: Storm) -> None:
    """A clone of the whole state runs beside the original for a while, with its name at the broker."""
    person = storm.some()
    storm.kill_agent(person)
    clone = storm.folder / f"{person.name}.clone"
    shutil.rmtree(clone, ignore_errors=True)
    shutil.copytree(person.state, clone, ignore=shutil.ignore_patterns("*.sock", "control*"))
    clone.chmod(0o700)
    storm.start_agent(person)
    done = storm.folder / "clone.stop"
    done.touch()
    process = storm.start_agent(person, state=clone, stop_file=done)
    time.sleep(storm.dice.uniform(1.0, 2.0))
    process.kill()


def agent_disk_full(storm: Storm) -> None:
    person = storm.some()
    filler = person.state.parent / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    storm.wait(0.5, 1.5)
    filler.unlink()


def agent_disk_read_only(storm: Storm) -> None:
    where = storm.some().state.parent
    if subprocess.run(["mount", "-o", "remount,ro", where], check=False, capture_output=True).returncode:
        return agent_disk_full(storm)  # a file is being written: the kernel refuses, so the other way
    storm.wait(0.5, 1.5)
    subprocess.run(["mount", "-o", "remount,rw", where], check=True)
    return None


def agent_clock_a_year_wrong(storm: Storm) -> None:
    person = storm.some()
    storm.kill_agent(person)
    person.skew_s = storm.dice.choice((-YEAR_S, YEAR_S))
    storm.start_agent(person)
    storm.wait(1.0, 2.0)
    storm.kill_agent(person)
    person.skew_s = 0.0
    storm.start_agent(person)


def withdrawn_in_mid_flight(storm: Storm) -> None:
    person = storm.some()
    with contextlib.suppress(NotRunning, WardbeatError):
        channel.ask(person.state, Command("withdraw"))
    storm.wait(0.3, 1.0)
    _consent_again(storm, person)


# ---- the broker and the way to it


def broker_killed(storm: Storm) -> None:
    storm.stop_broker()
    storm.wait(0.0, 0.5)
    storm.start_broker()


def broker_lost_its_memory(storm: Storm) -> None:
    storm.stop_broker()
    for file in (storm.world.hub / "broker").glob("mosquitto.db*"):
        file.unlink()
    storm.start_broker()


def _way(storm: Storm, mode: str) -> None:
    storm.proxy.mode = mode
    storm.wait(1.0, 2.0)
    storm.proxy.mode = "through"
    if mode != "slow":
        storm.proxy.cut()


def half_open_link(storm: Storm) -> None:
    _way(storm, "halted")


def slow_link(storm: Storm) -> None:
    _way(storm, "slow")


def receipts_lost(storm: Storm) -> None:
    _way(storm, "deaf")


def receipts_and_envelopes_said_again(storm: Storm) -> None:
    for kind in ("up", "down"):
        said = list(storm.recorded[kind])
        for topic, payload in storm.dice.sample(said, min(300, len(said))):
            storm.client.publish(topic, payload, qos=1)


def access_list_refuses(storm: Storm) -> None:
    acl = storm.folder / "acl"
    before = acl.read_text()
    acl.write_text(before.replace("pattern write", "# pattern write"))
    storm.running["broker"].popen.send_signal(signal.SIGHUP)
    storm.wait(0.5, 1.5)
    acl.write_text(before)
    storm.running["broker"].popen.send_signal(signal.SIGHUP)


def size_refused(storm: Storm) -> None:
    storm.stop_broker(kill=False)
    storm.start_broker(replace=("max_packet_size 65536", "max_packet_size 3000"))
    storm.wait(0.5, 1.5)
    storm.stop_broker(kill=False)
    storm.start_broker()


def broker_certificate_expired(storm: Storm) -> None:
    hub = storm.world.hub
    good = x509.load_pem_x509_certificate((hub / "broker" / "broker.crt").read_bytes())
    (storm.folder / "expired.crt").write_bytes(_long_ended(hub, good))
    storm.stop_broker(kill=False)
    storm.start_broker(replace=(f"{hub.resolve()}/broker/broker.crt", f"{storm.folder}/expired.crt"))
    storm.wait(0.5, 1.5)
    storm.stop_broker(kill=False)
    storm.start_broker()


def garbage_sent(storm: Storm) -> None:
    for person in storm.people:
        topic = up_topic(person.world.identity.site, person.name)
        for size in (0, 1, 3319, 4000):
            storm.client.publish(topic, storm.dice.randbytes(size), qos=1)
        storm.client.publish(topic.replace("/up/", "/down/"), storm.dice.randbytes(3319), qos=1)


def directory_frozen(storm: Storm) -> None:
    """A broker that hands out the old one only, while the hub has a new KEM key."""
    with contextlib.closing(open_keys(storm.world.hub)) as keys:
        old, topic = keys.published(), f"wardbeat/v1/{keys.site}/keys"
    rotation.rotate(storm.world.hub)
    until = time.monotonic() + storm.dice.uniform(1.0, 2.0)
    while time.monotonic() < until:
        storm.client.publish(topic, old, qos=1, retain=True)
        storm.wait(0.05, 0.05)
    with contextlib.closing(open_keys(storm.world.hub)) as keys:
        storm.client.publish(topic, keys.published(), qos=1, retain=True)


def device_certificate_expired(storm: Storm) -> None:
    person = storm.some()
    storm.kill_agent(person)
    both = person.state / "keys" / identity.TLS_BOTH
    before = both.read_bytes() if both.exists() else None
    pem, _ = identity.new_tls_key(person.world.vault)
    key = serialization.load_pem_private_key(pem, identity.tls_password(person.world.vault).encode())
    good = certify(storm.world.hub, person.name, key.public_key(), server=None)
    host.write_private(both, _long_ended(storm.world.hub, good) + pem)
    storm.start_agent(person)
    storm.wait(1.0, 2.0)
    storm.kill_agent(person)
    host.write_private(both, before) if before is not None else both.unlink()
    storm.start_agent(person)


def directory_rolled_back(storm: Storm) -> None:
    said = storm.recorded["keys"]
    if said:
        storm.client.publish(said[0][0], said[0][1], qos=1, retain=True)
    storm.wait(0.3, 0.8)
    with contextlib.closing(open_keys(storm.world.hub)) as keys:
        storm.client.publish(f"wardbeat/v1/{keys.site}/keys", keys.published(), qos=1, retain=True)


# ---- the hub


def hub_killed(storm: Storm) -> None:
    which = storm.dice.choice(sorted(storm.workers))
    storm.kill_hub(which)
    storm.start_hub(which)


def hub_put_back_by_its_commands(storm: Storm) -> None:
    """Keys, and on SQLite the data, as `hub backup` wrote them some seconds before; PostgreSQL keeps its newer data."""
    hub, files = storm.world.hub, storm.folder / f"backup{storm.did.total()}"
    first = [lambda: backup.back_up_keys(hub, files)]
    if storm.server is None:
        first.append(lambda: backup.back_up_data(hub, files))
    storm.dice.shuffle(first)
    made = []
    for make in first:
        made.append(make())
        storm.wait(0.5, 1.0)
    keys_file = next(file for file in made if file.suffix == ".sealed")
    data_file = next((file for file in made if file.suffix == ".db"), None)
    storm.kill_hub()
    storm.stop_broker()
    old = hub.with_name(f"hub.old{storm.did.total()}")
    hub.rename(old)
    backup.restore(hub, read_root(old / "root.key"), keys_file, data_file, int(time.time()))
    shutil.copy(old / "root.key", hub)
    shutil.rmtree(old)
    storm.start_broker()
    storm.start_hub()


def hub_restored_from_a_backup(storm: Storm) -> None:
    storm.kill_hub()
    put_back = postgres.backed_up(storm.world.hub)
    storm.start_hub()
    time.sleep(storm.dice.uniform(1.0, 2.0))
    storm.kill_hub()
    put_back()
    storm.start_hub()


def keys_rotated(storm: Storm) -> None:
    rotation.rotate(storm.world.hub)


def receipt_key_stolen_and_replaced(storm: Storm) -> None:
    rotation.rotate(storm.world.hub, receipt=True, stolen=True)


def old_kem_keys_destroyed(storm: Storm) -> None:
    """As 45 days later: every key but the newest goes, and rows on their way were sealed to the others."""
    rotation.rotate(storm.world.hub)
    with contextlib.closing(open_keys(storm.world.hub)) as keys, Store(storm.world.hub, keys) as store:
        ended = keys.kems.delete_ended(int(time.time()) + 2 * KEM_DAYS * DAY_S)
        if ended:
            store.delete_settled(ended)
        keys.issue_directory()


def hub_named_wrongly(storm: Storm) -> None:
    """An operator's mistake: nobody consented to this recipient, so rows are refused for good, each with its notice."""
    with contextlib.closing(open_keys(storm.world.hub)) as keys:
        right = keys.value("operator")
        keys.put({"operator": b"Somebody else"})
        storm.wait(0.3, 0.8)
        keys.put({"operator": right})


def hub_clock_a_year_wrong(storm: Storm) -> None:
    storm.kill_hub()
    storm.hub_skew_s = storm.dice.choice((-YEAR_S, YEAR_S))
    storm.start_hub()
    time.sleep(storm.dice.uniform(1.0, 2.0))
    storm.kill_hub()
    storm.hub_skew_s = 0.0
    storm.start_hub()


def hub_disk_full(storm: Storm) -> None:
    if storm.server is not None:
        return hub_data_base_crashed(storm)
    filler = storm.world.folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    storm.wait(0.5, 1.5)
    filler.unlink()
    return None


def hub_data_base_crashed(storm: Storm) -> None:
    if storm.server is None:
        return hub_killed(storm)
    storm.server.stop("immediate")
    storm.wait(0.2, 1.0)
    storm.server.start()
    return None


def hub_data_base_may_forget(storm: Storm) -> None:
    if storm.server is None:
        return hub_killed(storm)
    with storm.server.connect() as db:
        db.execute("ALTER SYSTEM SET fsync = off")
        db.execute("SELECT pg_reload_conf()")
        storm.wait(0.5, 1.0)
        db.execute("ALTER SYSTEM RESET fsync")
        db.execute("SELECT pg_reload_conf()")
    return None


FAULTS = (
    agent_killed,
    outbox_restored_from_an_older_copy,
    outbox_damaged,
    second_agent,
    copied_machine,
    agent_disk_full,
    agent_disk_read_only,
    agent_clock_a_year_wrong,
    withdrawn_in_mid_flight,
    broker_killed,
    broker_lost_its_memory,
    half_open_link,
    slow_link,
    receipts_lost,
    receipts_and_envelopes_said_again,
    access_list_refuses,
    size_refused,
    broker_certificate_expired,
    garbage_sent,
    directory_rolled_back,
    directory_frozen,
    device_certificate_expired,
    hub_put_back_by_its_commands,
    hub_killed,
    hub_restored_from_a_backup,
    keys_rotated,
    receipt_key_stolen_and_replaced,
    old_kem_keys_destroyed,
    hub_named_wrongly,
    hub_clock_a_year_wrong,
    hub_disk_full,
    hub_data_base_crashed,
    hub_data_base_may_forget,
)


def _consent_again(storm: Storm, person: Person) -> None:
    """As a person does: with the agent at rest, at a terminal, with the PIN."""
    storm.stop_agent(person)
    person.process = None
    with contextlib.suppress(WardbeatError):
        client.carry_out(person.world.settings, "resume")
    person.world.give_consent(int(time.time()) + 1)
    storm.start_agent(person)


def _answers(storm: Storm, person: Person) -> bool:
    storm.supervise()
    try:
        return channel.ask(person.state, Command("status")).exit_code == 0
    except WardbeatError:
        return False


def _long_ended(hub: Path, good: x509.Certificate) -> bytes:
    """The same certificate of the same CA, as it would be a year later (PEM)."""
    key = serialization.load_pem_private_key((hub / "ca.key").read_bytes(), None)
    then = dt.datetime.now(dt.UTC) - dt.timedelta(days=400)
    builder = x509.CertificateBuilder().subject_name(good.subject).issuer_name(good.issuer)
    builder = builder.public_key(good.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(then).not_valid_after(then + dt.timedelta(days=300))
    for extension in good.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

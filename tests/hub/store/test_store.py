"""The hub's data base: brought up from an older release, durable or silent, shared by workers, put back from backups."""

import contextlib
import os
import random
import shutil
import sqlite3
import threading
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from agent.errors import AlreadyRunning, Missing, NotDurable, WrongUse
from agent.outbox import consents, named_features, receipts
from agent.wire.message import CoverMessage
from hub import rotation
from hub.database import lock_file
from hub.keys.kem import DAY_S, KEM_DAYS
from hub.keys.keystore import KeyStore
from hub.receive import Receiver
from hub.site import open_keys
from hub.store import Store, migrations
from hub.store.tables import FEATURES
from tests.support import postgres
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.processes import wait_for
from tests.support.world import START_UTC_S, another_person, deliver, make_world

NOW = START_UTC_S


@pytest.fixture
def world(either):
    """Every test here, on both kinds of database."""
    return either


# ---- older and newer releases

FIRST_RELEASE = """
CREATE TABLE site (name VARCHAR NOT NULL, value BLOB NOT NULL, PRIMARY KEY (name));
CREATE TABLE seen (device BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,
    kem BLOB NOT NULL, PRIMARY KEY (device, stream, seq));
CREATE TABLE stream (device BLOB NOT NULL, stream BLOB NOT NULL, max_seq INTEGER NOT NULL,
    ledger_index INTEGER NOT NULL, head_before BLOB NOT NULL, PRIMARY KEY (device, stream));
CREATE TABLE "row" (device BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL, kind VARCHAR NOT NULL,
    serial INTEGER NOT NULL, words BLOB NOT NULL, PRIMARY KEY (device, stream, seq));
CREATE TABLE consent (device BLOB NOT NULL, serial INTEGER NOT NULL, hash BLOB NOT NULL, record BLOB NOT NULL,
    signature BLOB NOT NULL, PRIMARY KEY (device, serial));
CREATE INDEX consent_hash ON consent (device, hash);
CREATE TABLE counter (name VARCHAR NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name));
CREATE TABLE quarantine (id INTEGER NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (id));
"""


def as_first_release(world, words):
    """Put today's data base into the shape of the first release, where words lay open."""
    with contextlib.closing(sqlite3.connect(world.hub / "hub.db")) as now:
        tables = {
            name: now.execute(f'SELECT {", ".join(columns)} FROM "{name}"').fetchall()
            for name, columns in {
                "site": ("name", "value"),
                "seen": ("device", "stream", "seq", "digest", "kem"),
                "stream": ("device", "stream", "max_seq", "ledger_index", "head_before"),
                "row": ("device", "stream", "seq", "kind", "serial"),
                "consent": ("device", "serial", "hash", "record", "signature"),
                "counter": ("name", "n"),
            }.items()
        }
    for file in world.hub.glob("hub.db*"):
        file.unlink()
    tables["site"] = [row for row in tables["site"] if row[0] == "store id"]
    tables["row"] = [(*row, words[row[1], row[2]]) for row in tables["row"]]
    with contextlib.closing(sqlite3.connect(world.hub / "hub.db")) as then:
        then.executescript(FIRST_RELEASE)
        for name, rows in tables.items():
            then.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
        then.commit()


def test_a_data_base_of_the_first_release_is_brought_up_and_its_words_are_sealed(tmp_path):
    world = make_world(tmp_path)
    receiver = world.receiver()
    record = send_consent(world, receiver)
    sealed = seal(world, [data_message(record)])
    receiver.handle([(world.topic, sealed)])
    words, stored = receiver.store.words(), receiver.store.summaries()
    world.close()
    as_first_release(world, words)
    assert words[next(at for at in words if at[1] == 1)] in (world.hub / "hub.db").read_bytes()

    with contextlib.closing(open_keys(world.hub)) as keys, Store(world.hub, keys) as store:
        assert store.words() == words
        assert store.summaries() == stored
        held = b"".join(file.read_bytes() for file in world.hub.glob("hub.db"))
    with contextlib.closing(sqlite3.connect(world.hub / "hub.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held = b"".join(file.read_bytes() for file in world.hub.glob("hub.db*"))
    assert not any(piece in held for piece in words.values())
    again = world.receiver()
    assert reasons_by_seq(world, again.handle([(world.topic, sealed)])) == {1: "duplicate"}


@pytest.mark.process
def test_a_data_base_of_a_newer_program_is_left_alone(world, monkeypatch):
    world.receiver()
    monkeypatch.setattr(migrations, "VERSION", migrations.VERSION - 1)
    with pytest.raises(WrongUse, match="tables of version"):
        world.receiver()


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense", "sqlite:///x.db"])
def test_an_address_of_another_kind_of_data_base_is_refused(tmp_path, url):
    with pytest.raises(WrongUse):
        make_world(tmp_path, database=url)


# ---- what a receipt rests on


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_nothing_is_stored_or_receipted_while_a_commit_could_be_lost(server, tmp_path, setting):
    base = server.base()
    world = make_world(tmp_path, database=base)
    receiver = world.receiver()
    name = base.rsplit("/", 1)[1]
    with server.connect() as db:
        weak = "SYSTEM" if setting != "synchronous_commit" else f"DATABASE {name}"
        try:
            db.execute(f"ALTER {weak} SET {setting} = off")
            db.execute("SELECT pg_reload_conf()")
            receiver.store._engine.dispose()  # a session of its own reads a data base's settings when it begins
            wait_for(lambda: _setting(server, name, setting) == "off", what="the setting")
            with pytest.raises(NotDurable, match=setting):
                receiver.handle([(world.topic, seal(world, [CoverMessage()]))])
            assert receiver.store.settled() == {}
        finally:
            db.execute(f"ALTER {weak} RESET {setting}")
            db.execute("SELECT pg_reload_conf()")
    wait_for(lambda: _setting(server, name, setting) == "on", what="the setting")
    receiver.store._engine.dispose()
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, [CoverMessage()]))])) == {1: "stored"}
    world.close()


def _setting(server, name, setting):
    with server.connect(name) as db:
        return db.execute(f"SHOW {setting}").fetchone()[0]


def test_a_data_base_that_is_away_is_named_with_a_remedy(large, server):
    with contextlib.closing(open_keys(large.hub)) as keys:
        name = keys.text("database").rsplit("/", 1)[1]
    with server.connect() as db:
        db.execute(f"ALTER DATABASE {name} RENAME TO away")
        with pytest.raises(Missing, match="does not respond") as missing:
            large.receiver()
        assert "start the hub again" in missing.value.remedy
        db.execute(f"ALTER DATABASE away RENAME TO {name}")
    assert large.receiver()


# ---- several workers


def test_two_workers_take_one_envelope_once(large):
    receivers = [Receiver(large.hub, worker=n) for n in (1, 2)]
    large.receivers += receivers
    batch = [(large.topic, seal(large, [CoverMessage()], seq)) for seq in range(1, 201)]
    both = threading.Barrier(2)
    reasons = [{}, {}]

    def work(n):
        both.wait()
        for start in range(0, 200, 20):
            reasons[n] |= reasons_by_seq(large, receivers[n].handle(batch[start : start + 20]))

    threads = [threading.Thread(target=work, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pairs = {tuple(sorted((reasons[0][seq], reasons[1][seq]))) for seq in range(1, 201)}
    assert pairs == {("duplicate", "stored")}
    assert receivers[0].store.counters() == {"stored": 200, "duplicate": 200}


def test_sqlite_takes_one_worker_and_a_number_is_held_by_one_process(tmp_path):
    world = make_world(tmp_path)
    with pytest.raises(WrongUse):
        Receiver(world.hub, worker=2)
    held = lock_file(world.hub / "hub.1.lock")
    with pytest.raises(AlreadyRunning):
        world.receiver().run(threading.Event())
    held.close()
    held.engine.dispose()
    world.close()


@pytest.mark.parametrize("seed", [1])
@pytest.mark.long
def test_no_row_survives_an_erasure_that_races_with_two_workers(large, seed):
    """The 1,000 interleavings of `make bench-hub PART=race`, a few of them here."""
    left, raced, planted = race(large, rounds=25, seed=seed)
    assert left == 0
    assert raced > 0, "the two must really meet"
    assert planted > 0, "without the lock the detector must find a row"


def race(world, *, rounds, seed, planted_rounds=5):
    """Data and an erasure of it handed to two workers at one moment, again and again.

    Returns:
        (rows left after erase receipts, rounds in which data were stored before the erasure, rows that are left when
        the lock is taken away).
    """
    from hub.store import transaction

    receivers = [Receiver(world.hub, worker=n) for n in (1, 2)]
    world.receivers += receivers
    dice = random.Random(seed)
    lock, refresh, finish = transaction.StoreTransaction._lock, KeyStore.refresh, transaction.StoreTransaction.finish

    planting = threading.Event()

    def slow(self, counts):  # the moment between looking at consent and writing, stretched at random
        threading.Event().wait(dice.uniform(0, 0.004))
        if planting.is_set() and threading.current_thread().name == "data":  # nothing holds the erasure up now
            for other in threading.enumerate():
                if other.name == "ending":
                    other.join(2.0)
        finish(self, counts)

    transaction.StoreTransaction.finish = slow
    try:
        left = raced = 0
        for first in range(0, rounds, _ROUNDS_EACH):  # one person with a thousand consents is slow, and meets nobody
            person = another_person(world, world.folder / f"racer{first}")
            many = min(_ROUNDS_EACH, rounds - first)
            left, raced = (a + b for a, b in zip((left, raced), _race(person, receivers, many, dice), strict=True))
        planting.set()
        transaction.StoreTransaction._lock = lambda self, devices: None
        KeyStore.refresh = lambda self: None if threading.current_thread().name == "data" else refresh(self)
        planted, _ = _race(another_person(world, world.folder / "planted"), receivers, planted_rounds, dice)
    finally:
        transaction.StoreTransaction._lock, KeyStore.refresh, transaction.StoreTransaction.finish = (
            lock,
            refresh,
            finish,
        )
    return left, raced, planted


def _race(world, receivers, rounds, dice, spread_s=0.006):
    left = raced = 0
    for n in range(1, rounds + 1):
        with world.outbox() as outbox:
            world.give_consent(NOW + 1000 * n)
        with world.outbox() as outbox:
            deliver(world, outbox, receivers[0])
            record = consents.in_force(outbox)
            stream = os.urandom(16)
            start = (NOW + 1000 * n) // 300 * 300 + 300
            batch = [
                (world.topic, seal(world, [data_message(record, start=start)], seq, stream=stream))
                for seq in range(1, 9)
            ]
            consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 1000 * n + 900)
            rows = outbox.unsent(10)
            outbox.mark_sent(rows, NOW)
            ending = [(world.topic, row.envelope) for row in rows]
            waits = [dice.uniform(0, spread_s), dice.uniform(0, spread_s)]
            both, said = threading.Barrier(2), {}

            def work(which, messages, both=both, waits=waits, said=said):
                both.wait()
                threading.Event().wait(waits[which])
                said[which] = receivers[which].handle(messages)

            threads = [
                threading.Thread(target=work, args=(0, batch), name="data"),
                threading.Thread(target=work, args=(1, ending), name="ending"),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert set(reasons_by_seq(world, said[1]).values()) == {"stored"}, "the erase receipt"
            raced += "stored" in reasons_by_seq(world, said[0]).values()
            with receivers[0].store._reads.connect() as db:
                count = "SELECT count(*) FROM \"row\" WHERE kind = 'summary'"
                left += db.exec_driver_sql(count).scalar_one()
            with receivers[0].store._engine.begin() as db:
                db.exec_driver_sql("DELETE FROM \"row\" WHERE kind = 'summary'")
            for _topic, payload in said[1]:
                receipts.apply(outbox, world.identity.open_answers(payload), NOW, payload)
    return left, raced


_ROUNDS_EACH = 50


# ---- keys come and go


@pytest.mark.process
def test_a_kem_key_past_its_end_is_destroyed_with_the_memory_of_what_was_sealed_to_it(world):
    receiver = world.receiver()
    sealed = seal(world, [CoverMessage()])
    receiver.handle([(world.topic, sealed)])
    (first,) = receiver.keys.kems.ends()
    now = receiver.keys.kems.ends()[first] - KEM_DAYS * DAY_S
    assert not rotation.keep_fresh(receiver.keys, receiver.store, now + 3 * DAY_S)
    for week in range(1, 8):
        assert rotation.keep_fresh(receiver.keys, receiver.store, now + (7 * week + 1) * DAY_S)
    assert first not in receiver.keys.kems.ends()
    assert len(receiver.keys.kems.ends()) == 7
    assert receiver.store.settled() == {}
    assert reasons_by_seq(world, receiver.handle([(world.topic, sealed)])) == {1: "kem_unknown"}
    with contextlib.closing(sqlite3.connect(world.hub / "keys.db")) as db:
        assert db.execute("SELECT count(*) FROM kem WHERE kid = ?", (first,)).fetchone() == (0,)


@pytest.mark.process
def test_a_clock_that_was_a_year_ahead_leaves_no_key_that_lives_a_year(world):
    receiver = world.receiver()
    (first,) = receiver.keys.kems.ends()
    now = receiver.keys.kems.ends()[first] - KEM_DAYS * DAY_S
    rotation.keep_fresh(receiver.keys, receiver.store, now + 365 * DAY_S)
    rotation.keep_fresh(receiver.keys, receiver.store, now + DAY_S)
    assert max(receiver.keys.kems.ends().values()) <= now + DAY_S + KEM_DAYS * DAY_S
    rotation.keep_fresh(receiver.keys, receiver.store, now + 9 * DAY_S)
    newest = world.identity.believe(receiver.keys.published()).directory().directory.kems[-1]
    assert newest.not_after_utc_s == now + 9 * DAY_S + KEM_DAYS * DAY_S, (
        "rows are sealed to a key made by a right clock"
    )


@pytest.mark.process
def test_a_key_store_put_back_from_a_backup_learns_what_was_withdrawn_since(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    world.close()
    old = world.folder / "old"
    old.mkdir()
    for file in world.hub.glob("keys.db*"):
        shutil.copy(file, old)
    receiver = world.receiver()
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW)
        deliver(world, outbox, receiver)
    world.close()
    for file in world.hub.glob("keys.db*"):
        file.unlink()
    for file in old.iterdir():
        shutil.copy(file, world.hub)
    receiver = world.receiver()
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, [data_message(record)]))])) == {
        1: "consent_withdrawn"
    }


@pytest.mark.process
def test_erased_words_open_from_no_backup_of_the_data_base(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)]))])
    assert len(receiver.store.summaries()) == 1
    world.close()
    restore = postgres.backed_up(world.hub)
    receiver = world.receiver()
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        deliver(world, outbox, receiver)
    world.close()
    restore()
    with contextlib.closing(open_keys(world.hub)) as keys, Store(world.hub, keys) as store:
        assert store.settled(), "the backup is back"
        assert store.summaries() == []
        assert not any(b"summary" in words for words in store.words().values())


@pytest.mark.process
def test_a_window_that_a_device_had_to_seal_anew_is_stored_once(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    first = seal(world, [data_message(record)], 1)
    assert reasons_by_seq(world, receiver.handle([(world.topic, first)])) == {1: "stored"}
    again = seal(world, [data_message(record)], 7, stream=os.urandom(16))
    twice = seal(world, [data_message(record)], 8, stream=os.urandom(16))
    other = seal(world, [data_message(record, start=NOW + 300)], 9, stream=os.urandom(16))
    answers = receiver.handle([(world.topic, sealed) for sealed in (again, twice, other)])
    assert reasons_by_seq(world, answers) == {7: "stored", 8: "stored", 9: "stored"}
    assert [stored.message.start_utc_s for stored in receiver.store.summaries()] == [NOW, NOW + 300]


@pytest.mark.process
def test_a_statement_of_a_batch_that_rolled_back_is_stored_when_it_comes_again(either, monkeypatch):
    """What the lost transaction had proven must not pass for stored: after a restart every window would be refused."""
    either.give_consent(START_UTC_S, ("care",))
    receiver = either.receiver()
    record = send_consent(either, receiver)
    with either.outbox() as outbox:
        stated = named_features.of(outbox, record.hash)
    batch = [
        (either.topic, seal(either, [message], 899 + n)) for n, message in enumerate((stated, data_message(record)))
    ]
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("disk full"))
    with monkeypatch.context() as broken:
        broken.setattr("hub.store.transaction.add_counts", Mock(side_effect=full))
        with pytest.raises(OperationalError):
            receiver.handle(batch)
    receiver.handle(batch)
    for store in (receiver.store, either.receiver().store):
        with store._reads.connect() as db:
            assert db.execute(select(func.count()).where(FEATURES.c.hash == record.hash)).scalar() == 1
    later = either.receivers[-1].handle([(either.topic, seal(either, [data_message(record, start=NOW + 600)], 901))])
    assert reasons_by_seq(either, later) == {901: "stored"}

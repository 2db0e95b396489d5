"""A hub that is put back, damaged, interrupted or used by several commands at once: what it promised stands."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import time

import pytest
from cryptography import x509

from agent.errors import NotDurable, WireRefused
from agent.outbox import consents, receipts
from agent.wire.envelope import Sender
from agent.wire.keys import kid, receive_public
from agent.wire.labels import down_topic
from agent.wire.message import CoverMessage
from agent.wire.receipt import Answers, encode_answers
from hub import backup, enroll, rotation
from hub.cli import main
from hub.database import CANNOT_WRITE, lock_file, unlock_file
from hub.keys import certificates
from hub.receive import Receiver, batch
from hub.site import open_keys, read_root
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.world import START_UTC_S, another_person, deliver, make_world, release_window

NOW = START_UTC_S


@pytest.fixture
def large(server, tmp_path):
    made = make_world(tmp_path, database=server.base())
    yield made
    made.close()


def kid_of(world):
    return kid(world.identity.sign.public)


def shut(world):
    world.close()
    world.receivers.clear()


# ---- put back


def put_back(world, tmp_path, keys_file, data_file):
    """The folder again from two files; what the devices said meanwhile is in neither or in one."""
    shut(world)
    root = tmp_path / "root.key"
    if not root.exists():
        shutil.copy(world.hub / "root.key", root)
    shutil.rmtree(world.hub)
    backup.restore(world.hub, read_root(root), keys_file, data_file, int(time.time()))
    return world.receiver()


@pytest.mark.process
@pytest.mark.parametrize("order", ["kd", "dk", "both"])
def test_what_was_receipted_since_either_backup_is_offered_again(world, tmp_path, order):
    """k: a keys file, d: a data file, in either order or at one moment; a third of all came before, between, after."""
    receiver = world.receiver()
    later = another_person(world, world.folder / "later")  # nothing of it is heard before the first backup
    files, windows = {}, 0
    with world.outbox() as mine, later.outbox() as theirs:
        for step in (" ", *order.removesuffix("oth"), " "):
            if step in ("k", "b"):
                files["k"] = backup.back_up_keys(world.hub, tmp_path / f"k{windows}")
            if step in ("d", "b"):
                files["d"] = backup.back_up_data(world.hub, tmp_path / f"d{windows}")
            for person, outbox in ((world, mine), (later, theirs))[: 1 if step == " " and not windows else 2]:
                outbox.put_released(release_window(person, outbox, windows), NOW)
                deliver(person, outbox, receiver)
                windows += 1
        assert len(receiver.store.summaries()) == windows
        receiver = put_back(world, tmp_path, files["k"], files["d"])
        for person, outbox in ((world, mine), (later, theirs)):
            person.identity = person.identity.believe(receiver.keys.published())
            ((_, payload),) = receiver.handle([(person.topic, seal(person, [CoverMessage()], 900))])
            assert receipts.apply(outbox, person.identity.open_answers(payload), NOW, payload).offered_again > 0
            deliver(person, outbox, receiver, rounds=12)
            assert outbox.unsettled() == 0
    assert len(receiver.store.summaries()) == windows


@pytest.mark.slow
def test_a_revocation_and_the_last_day_of_backups_survive_older_keys(world, tmp_path):
    receiver = world.receiver()
    send_consent(world, receiver)
    old_keys = backup.back_up_keys(world.hub, tmp_path / "k", keep_days=5)
    backup.back_up_keys(world.hub, tmp_path / "l", keep_days=90)
    for _ in range(3):
        main(["rotate", str(world.hub)])
    main(["revoke", str(world.hub), world.identity.device])
    receiver.keys.refresh()
    receiver.store.mirror()  # a running hub does so within seconds
    known = world.identity.believe(receiver.keys.published())
    ends = receiver.keys.backups_end_utc_s()
    new_data = backup.back_up_data(world.hub, tmp_path / "d")
    again = put_back(world, tmp_path, old_keys, new_data)
    again._keep_fresh()
    assert again.handle([(world.topic, seal(world, [CoverMessage()], 7))]) == []
    assert again.store.counters()["revoked"] == 1
    assert again.keys.backups_end_utc_s() == ends
    listed = x509.load_pem_x509_crl((world.hub / "broker" / "revoked.pem").read_bytes())
    assert len(list(listed)) == 1
    # who knew four directories more believes the one after the restore
    assert known.believe(again.keys.published()) is not known
    assert f"acl_file {world.hub.resolve()}" in (world.hub / "broker" / "mosquitto.conf").read_text()


def test_a_restore_makes_nothing_of_files_that_are_none(world, tmp_path):
    keys_file = backup.back_up_keys(world.hub, tmp_path / "k")
    root = read_root(world.hub / "root.key")
    junk = tmp_path / "junk"
    junk.write_text("1 2 3")
    for keys, values in (
        (keys_file, junk),
        (keys_file, tmp_path / "missing"),
        (junk, None),
        (world.hub / "keys.db", None),
    ):
        with pytest.raises(backup.WrongUse):
            backup.restore(tmp_path / "new", root, keys, values, int(time.time()))
        assert not (tmp_path / "new").exists()
    for days in (0, -3, 4000):
        with pytest.raises(backup.WrongUse):
            backup.back_up_keys(world.hub, tmp_path / "k2", keep_days=days)
    assert not (tmp_path / "k2").exists()


def test_what_another_worker_lost_is_noticed_by_whichever_starts_and_by_those_that_run(large):
    first, second = (Receiver(large.hub, worker=n) for n in (1, 2))
    large.receivers += [first, second]
    record = send_consent(large, second)
    second.handle([(large.topic, seal(large, [data_message(record)], 5))])
    first.handle([(large.topic, seal(large, [CoverMessage()], 6))])
    old = first.store.store_id
    with first.store._engine.begin() as db:  # as a backup from before worker 2's last batch would say
        db.exec_driver_sql("UPDATE site SET value = '0' WHERE name = 'generation 2'")
    third = Receiver(large.hub, worker=1)
    large.receivers.append(third)
    assert third.store.store_id > old
    ((_, payload),) = second.handle([(large.topic, seal(large, [CoverMessage()], 8))])
    assert large.identity.open_answers(payload).store_id == third.store.store_id
    fourth = Receiver(large.hub, worker=2)
    large.receivers.append(fourth)
    assert fourth.store.store_id == third.store.store_id, "one putting back, one new name"


# ---- interrupted, or several at once


def test_a_crash_between_a_new_key_and_its_directory_is_mended(world):
    receiver = world.receiver()
    receiver.keys.new_receipt_key(revoke=True)
    before = receiver.keys.version()
    assert rotation.keep_fresh(receiver.keys, receiver.store, int(time.time()))
    assert receiver.keys.version() == before + 1
    assert not rotation.keep_fresh(receiver.keys, receiver.store, int(time.time()))
    receiver.keys.devices.revoke(kid_of(world))
    assert rotation.keep_fresh(receiver.keys, receiver.store, int(time.time()))


@pytest.mark.process
def test_commands_beside_each_other_lose_no_version_and_no_revocation(world):
    others = [another_person(world, world.folder / f"d{n}").identity.device for n in range(6)]
    with contextlib.closing(open_keys(world.hub)) as keys:
        before = keys.version()
    words = [sys.executable, "-m", "agent.cli", "hub"]
    running = [subprocess.Popen([*words, "revoke", world.hub, name]) for name in others]
    running.append(subprocess.Popen([*words, "rotate", world.hub, "--receipt", "--stolen"]))
    assert [process.wait() for process in running] == [0] * 7
    with contextlib.closing(open_keys(world.hub)) as keys:
        assert keys.version() == before + 7
        assert keys.is_current()
    listed = x509.load_pem_x509_crl((world.hub / "broker" / "revoked.pem").read_bytes())
    assert len(list(listed)) == 6


def test_a_renewal_that_meets_a_revocation_gives_nothing(world):
    receiver = world.receiver()
    device = receiver.keys.devices.of(kid_of(world))
    main(["revoke", str(world.hub), device.device])
    with pytest.raises(WireRefused, match="revoked"):
        enroll.renew(world.hub, receiver.keys, device, b"", NOW)


@pytest.mark.slow
def test_stolen_takes_back_every_key_that_lay_in_the_file(world):
    receiver = world.receiver()
    main(["rotate", str(world.hub), "--receipt"])
    receiver.keys.refresh()
    before = world.identity.believe(receiver.keys.published()).directory().directory
    thief = {which: receiver.keys.sign_key(which) for which in ("receipt", "score")}
    main(["rotate", str(world.hub), "--receipt", "--stolen"])
    receiver.keys.refresh()
    world.identity = world.identity.believe(receiver.keys.published())
    after = world.identity.directory().directory
    assert after.drops(before)
    assert not {*before.receipt_publics, *before.score_publics} & {*after.receipt_publics, *after.score_publics}
    me = world.identity.receive.public
    topic = down_topic(world.identity.site, world.identity.device)
    for which, key in {**thief, "new score": receiver.keys.sign_key("score")}.items():
        sender = Sender(key, bytes(32), world.identity.site, topic)
        forged = sender.seal(
            receive_public(me),
            kid(me),
            (bytes(16), 1),
            encode_answers(Answers(receiver.keys.version(), receiver.store.store_id, ())),
        )
        with pytest.raises(WireRefused) as refused:
            world.identity.open_answers(forged)
        assert refused.value.reason in ("revoked", "unknown_key"), which


# ---- damaged


def test_a_damaged_data_base_blames_no_message(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    rows = [(world.topic, seal(world, [data_message(record, start=NOW + 300 * n)], n)) for n in range(1, 60)]
    receiver.handle(rows[:50])
    shut(world)
    file = world.hub / "hub.db"
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'seen'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    held = bytearray(file.read_bytes())
    held[(page - 1) * size : page * size] = b"\xa5" * size
    file.write_bytes(held)
    receiver = world.receiver()
    with pytest.raises(CANNOT_WRITE):
        receiver.handle(rows[50:])


def test_a_message_that_our_code_fails_over_is_set_aside_and_goes_with_its_person(world, monkeypatch):
    receiver = world.receiver()
    send_consent(world, receiver)
    monkeypatch.setattr(batch.verify, "opened", lambda *_: 1 / 0)
    payloads = receiver.handle([(world.topic, seal(world, [CoverMessage()], 5))])
    monkeypatch.undo()
    assert reasons_by_seq(world, payloads) == {5: "quarantined"}
    count = "SELECT count(*) FROM quarantine"
    with receiver.store._reads.connect() as db:
        assert db.exec_driver_sql(count).scalar_one() == 1
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 900)
        deliver(world, outbox, receiver)
    with receiver.store._reads.connect() as db:
        assert db.exec_driver_sql(count).scalar_one() == 0


def test_no_erase_receipt_while_a_destroyed_data_key_stands_in_a_log(world, monkeypatch):
    monkeypatch.setattr("hub.keys.data_keys._SHRED_TRIES", 2)
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)], 1))])
    (secret,) = (receiver.keys.data_keys.of(kid_of(world), record.serial).key,)
    with contextlib.closing(sqlite3.connect(world.hub / "keys.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM data_key").fetchone()
        with world.outbox() as outbox:
            consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 900)
            rows = [(world.topic, row.envelope) for row in outbox.unsent(10)]
            with pytest.raises(NotDurable, match="a process is reading"):
                receiver.handle(rows)
            assert secret in b"".join(file.read_bytes() for file in world.hub.glob("keys.db*"))
            reader.execute("COMMIT")
            assert receiver.handle(rows)
    assert secret not in b"".join(file.read_bytes() for file in world.hub.glob("keys.db*"))


@pytest.mark.parametrize("name", ["hub.key", "hub.crt"])
def test_a_torn_certificate_is_made_anew(world, name):
    (world.hub / name).write_bytes(b"")
    assert certificates.renew_own(world.hub, "127.0.0.1", int(time.time())) == ["hub"]
    world.receiver()


def test_a_key_store_that_is_held_does_not_end_a_running_hub(world, monkeypatch):
    monkeypatch.setattr("hub.keys.keystore._LOCK_WAIT_S", 0.1)
    receiver = world.receiver()
    held = lock_file(world.hub / "keys.lock")
    receiver._fresh_s = receiver._published_s = -10_000.0
    receiver._version = receiver.keys.version()
    receiver._check(0.0)
    unlock_file(held)
    receiver._check(10_000.0)

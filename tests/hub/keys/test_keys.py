"""Rotating, revoking, backing up and restoring a hub, by its commands, with a real broker where one decides."""

import asyncio
import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from agent.enrollment import identity
from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.outbox import ledger, receipts
from agent.publisher import Publisher
from agent.system.status import StatusBoard
from agent.wire import envelope
from agent.wire.keys import kid
from agent.wire.message import CoverMessage, RenewMessage
from hub import backup
from hub.cli import main
from hub.keys import certificates
from hub.site import open_keys, read_root
from tests.support.clients import can_connect, connects
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.processes import wait_for
from tests.support.world import START_UTC_S, deliver, running_hub

NOW = START_UTC_S


def believe(world):
    with contextlib.closing(open_keys(world.hub)) as keys:
        world.identity = world.identity.believe(keys.published())
    return world.identity.directory()


# ---- rotate


def test_a_new_kem_key_is_sealed_to_and_the_old_one_still_opens(world):
    receiver = world.receiver()
    before = seal(world, [CoverMessage()], 1)
    assert main(["rotate", str(world.hub)]) == 0
    assert len(believe(world).directory.kems) == 2
    after = seal(world, [CoverMessage()], 2)
    assert envelope.decode(before).header.recipient != envelope.decode(after).header.recipient
    assert reasons_by_seq(world, receiver.handle([(world.topic, before), (world.topic, after)])) == {
        1: "stored",
        2: "stored",
    }


def test_a_stolen_receipt_key_is_believed_no_more_and_one_that_was_only_replaced_is(world):
    receiver = world.receiver()
    ((_, by_first),) = receiver.handle([(world.topic, seal(world, [CoverMessage()], 1))])
    main(["rotate", str(world.hub), "--receipt"])
    believe(world)
    ((_, by_second),) = receiver.handle([(world.topic, seal(world, [CoverMessage()], 2))])
    assert world.identity.open_answers(by_first).answers
    assert world.identity.open_answers(by_second).answers
    main(["rotate", str(world.hub), "--receipt", "--stolen"])
    believe(world)
    with pytest.raises(WireRefused, match="revoked"):
        world.identity.open_answers(by_second)
    ((_, by_third),) = receiver.handle([(world.topic, seal(world, [CoverMessage()], 3))])
    assert world.identity.open_answers(by_third).answers


def test_a_year_later_the_root_signs_a_new_directory_key(world):
    assert main(["rotate", str(world.hub), "--root", str(world.hub / "root.key")]) == 0
    second = believe(world).key.serial
    assert second > 1
    assert main(["rotate", str(world.hub), "--root", str(world.hub / "root.key")]) == 0
    assert believe(world).key.serial == second + 1
    (world.folder / "other.key").write_text("ab" * 32)
    with pytest.raises(KeysMissing):
        main(["rotate", str(world.hub), "--root", str(world.folder / "other.key")])
    assert believe(world).key.serial == second + 1


def test_a_ledger_says_which_receipts_prove_nothing_since_their_key_was_stolen(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        assert ledger.verify(outbox, world.identity.open_answers).breaks == ()
        main(["rotate", str(world.hub), "--receipt", "--stolen"])
        believe(world)
        (said,) = ledger.verify(outbox, world.identity.open_answers).breaks
        assert "proves nothing any more" in said


def test_what_a_stolen_receipt_key_may_have_receipted_is_offered_again(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        receipted = outbox.counts()["receipted"]

        async def believed(published):
            publisher = Publisher(
                world.settings.state_dir, world.vault, world.identity, outbox, world.settings.mqtt, StatusBoard(),
                slot_s=300.0, utc_s=lambda: NOW,
            )  # fmt: skip
            publisher.answers.take_directory(published)
            return publisher.identity

        for words in (["--receipt"], ["--receipt", "--stolen"]):
            assert main(["rotate", str(world.hub), *words]) == 0
            world.identity = asyncio.run(believed(receiver.keys.published()))
            ((_, payload),) = receiver.handle([(world.topic, seal(world, [CoverMessage()], len(words)))])
            settled = receipts.apply(outbox, world.identity.open_answers(payload), NOW, payload)
            assert settled.offered_again == (receipted if "--stolen" in words else 0)
        deliver(world, outbox, receiver)
        assert outbox.counts().get("receipted") == receipted
    assert receiver.store.counters()["duplicate"] == receipted


# ---- revoke


def test_a_revoked_device_is_refused_by_hub_and_broker(world, broker):
    receiver = world.receiver()
    assert can_connect(world)
    assert receiver.handle([(world.topic, seal(world, [CoverMessage()], 1))])
    assert main(["revoke", str(world.hub), world.identity.device]) == 0
    broker.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: not can_connect(world), what="the broker to refuse a revoked certificate")
    assert receiver.handle([(world.topic, seal(world, [CoverMessage()], 2))]) == []
    assert receiver.store.counters() == {"stored": 1, "revoked": 1}
    assert kid(world.identity.sign.public) in believe(world).directory.revoked
    with pytest.raises(WrongUse):
        main(["revoke", str(world.hub), "nobody"])


def test_the_hubs_own_certificate_can_be_taken_back(world, broker, capsys):
    stolen = world.folder / "stolen"
    stolen.mkdir()
    for name in ("hub.crt", "hub.key"):
        shutil.copy(world.hub / name, stolen / name)
    assert connects(world, (stolen / "hub.crt", stolen / "hub.key", ""))
    assert main(["revoke", str(world.hub), "hub"]) == 0
    broker.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: not connects(world, (stolen / "hub.crt", stolen / "hub.key", "")), what="the broker to refuse it")
    assert connects(world, (world.hub / "hub.crt", world.hub / "hub.key", ""))
    assert main(["revoke", str(world.hub), world.identity.device]) == 0
    broker.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: not can_connect(world), what="the broker to refuse the device too")
    assert not connects(world, (stolen / "hub.crt", stolen / "hub.key", ""))


# ---- backup and restore


def test_a_lost_hub_is_put_back_from_its_two_files_and_goes_on(world, tmp_path, capsys):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)], 1))])
    assert main(["backup", str(world.hub), str(tmp_path / "a")]) == 0
    assert main(["backup", str(world.hub), str(tmp_path / "b"), "--keys"]) == 0
    data_file, keys_file = capsys.readouterr().out.split()
    receiver.handle([(world.topic, seal(world, [data_message(record)], 2))])
    stored = receiver.store.summaries()
    old_id = receiver.store.store_id
    world.close()
    world.receivers.clear()
    root = tmp_path / "root.key"
    shutil.move(world.hub / "root.key", root)
    shutil.rmtree(world.hub)

    assert main(["restore", str(world.hub), keys_file, data_file, "--root", str(root)]) == 0

    again = world.receiver()
    assert again.store.summaries() == stored[:1]
    assert reasons_by_seq(world, again.handle([(world.topic, seal(world, [data_message(record)], 2))])) == {2: "stored"}
    assert (world.hub / "broker" / "mosquitto.conf").exists()
    assert (world.hub / "ca.key").stat().st_mode & 0o077 == 0
    with pytest.raises(WrongUse, match="is not empty"):
        main(["restore", str(world.hub), keys_file, "--root", str(root)])
    assert again.store.store_id > old_id


def test_a_data_file_older_than_the_keys_gets_a_new_name(world, tmp_path, capsys):
    receiver = world.receiver()
    main(["backup", str(world.hub), str(tmp_path)])
    receiver.handle([(world.topic, seal(world, [CoverMessage()], 1))])
    old_id = receiver.store.store_id
    world.close()
    for file in world.hub.glob("hub.db*"):
        file.unlink()
    shutil.copy(capsys.readouterr().out.strip(), world.hub / "hub.db")
    assert world.receiver().store.store_id != old_id


def test_a_keys_file_opens_with_the_root_alone_and_not_after_its_day(world, tmp_path):
    file = backup.back_up_keys(world.hub, tmp_path, keep_days=30, now_utc_s=NOW)
    root = read_root(world.hub / "root.key")
    raw = file.read_bytes()
    with contextlib.closing(sqlite3.connect(world.hub / "keys.db")) as db:
        (secret,) = db.execute("SELECT value FROM site WHERE name = 'receipt seed'").fetchone()
    assert secret not in raw
    assert any(secret in held.read_bytes() for held in world.hub.glob("keys.db*")), "the detector must see it"
    with pytest.raises(KeysMissing):
        backup.restore(tmp_path / "x", bytes(32), file, None, NOW)
    with pytest.raises(WrongUse, match="had to be destroyed"):
        backup.restore(tmp_path / "x", root, file, None, NOW + 31 * 86_400)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(raw[:-1])
    with pytest.raises(WrongUse):
        backup.restore(tmp_path / "x", root, damaged, None, NOW)
    assert not (tmp_path / "x").exists()
    with contextlib.closing(open_keys(world.hub)) as keys:
        assert keys.backups_end_utc_s() == NOW + 30 * 86_400


def test_no_backup_of_the_data_base_holds_a_key(world, tmp_path, capsys):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)], 1))])
    main(["backup", str(world.hub), str(tmp_path)])
    with contextlib.closing(sqlite3.connect(world.hub / "keys.db")) as db:
        secrets = [bytes(row[0]) for row in db.execute("SELECT key FROM data_key UNION SELECT seed FROM kem")]
        secrets += [bytes(row[0]) for row in db.execute("SELECT value FROM site WHERE name LIKE '% seed'")]
    held = (tmp_path / capsys.readouterr().out.strip()).read_bytes()
    assert len(secrets) >= 5
    assert not any(secret in held for secret in secrets)
    held = b"".join(file.read_bytes() for file in world.hub.glob("keys.db*"))
    assert all(secret in held for secret in secrets), "the detector must see them where they are"


# ---- the hub's own certificates


def test_the_hub_and_its_broker_get_new_certificates_before_the_old_ones_end(world, broker):
    first = {name: (world.hub / name).read_bytes() for name in ("hub.crt", "hub.key", "broker/broker.crt")}
    now = int(time.time())
    assert certificates.renew_own(world.hub, "127.0.0.1", now) == []
    assert certificates.renew_own(world.hub, "127.0.0.1", now + 310 * 86_400) == ["hub"]
    assert certificates.renew_own(world.hub, "127.0.0.1", now + 800 * 86_400) == ["hub", "broker"]
    assert certificates.renew_own(world.hub, "127.0.0.1", now - 365 * 86_400) == ["hub", "broker"]
    assert not any((world.hub / name).read_bytes() == content for name, content in first.items())
    for name in ("hub.crt", "broker/broker.crt"):  # gone, and brought elsewhere
        (world.hub / name).rename(world.hub / f"{name}.away")
    assert certificates.renew_own(world.hub, "127.0.0.1", now) == ["hub"]
    (world.hub / "broker/broker.crt.away").rename(world.hub / "broker/broker.crt")
    broker.popen.send_signal(signal.SIGHUP)
    (world.hub / "hub.key").write_bytes(first["hub.key"])  # a crash between two files
    with running_hub(world) as receiver, world.outbox() as outbox:
        wait_for(receiver._client.is_connected, what="the hub at the broker with its new certificates")
        assert outbox.unsettled() == 1
    assert can_connect(world)


def test_a_hub_whose_authority_is_kept_elsewhere_goes_on_and_says_so(world, caplog):
    receiver = world.receiver()
    (world.hub / "ca.key").rename(world.folder / "ca.key")
    _, request = identity.new_tls_key(world.vault)
    payloads = receiver.handle([(world.topic, seal(world, [RenewMessage(request)]))])
    assert reasons_by_seq(world, payloads) == {1: "stored"}
    assert "a device's certificate cannot be renewed: ca.pem or ca.key is missing" in caplog.text
    with pytest.raises(KeysMissing):
        main(["revoke", str(world.hub), world.identity.device])


def test_show_says_how_long_the_directory_key_lasts(world, capsys):
    world.receiver()
    capsys.readouterr()
    assert main(["show", str(world.hub)]) == 0
    assert json.loads(capsys.readouterr().out)["directory_key_days_left"] in (365, 366)


@pytest.mark.process
def test_a_second_opening_in_one_process_keeps_the_locks_of_the_first(world):
    """Else another process, closing the file, deletes the log that the first opening works with."""
    show = [sys.executable, "-m", "agent.cli", "hub", "show", str(world.hub), "--json"]
    with contextlib.closing(open_keys(world.hub)) as keys:
        keys.put({"planted": b"1"})
        open_keys(world.hub).close()
        assert subprocess.run(show, capture_output=True, check=False).returncode == 0
        keys.put({"planted": b"2"})
        assert (world.hub / "keys.db-wal").exists()
    with contextlib.closing(open_keys(world.hub)) as keys:
        assert keys.text("planted") == "2"

"""Attacks and accidents that once worked on this code, each with what answers it now."""

import asyncio
import dataclasses
import os
import shutil
import sqlite3
import stat
import time
from contextlib import closing

import pytest

from agent import pipeline
from agent.control import client, handlers
from agent.control.channel import Command
from agent.control.consent_words import encode_yes
from agent.enrollment import consent_key, identity, steps
from agent.errors import KeysMissing, LedgerBroken, WireRefused, WrongUse
from agent.model import NS_PER_S, Sample
from agent.outbox import Limits, Outbox, consents, ledger, receipts
from agent.pipeline import RunMode
from agent.privacy.vault import open_vault
from agent.system import storage
from agent.system.clock import SessionClock, VirtualClock
from agent.tables.profiles import PROFILES
from agent.wire import armor, directory, enroll, envelope, message
from agent.wire.keys import SignKey, kid
from agent.wire.labels import CODES
from agent.wire.message import CoverMessage, EraseMessage
from agent.wire.plaintext import encode_plaintext
from agent.wire.receipt import Answers, Entry, Receipt
from hub import site
from hub.receive import Receiver
from tests.support.hub_messages import data_message, reasons_by_seq, seal
from tests.support.machine import within_s
from tests.support.processes import until
from tests.support.world import (
    OPERATOR,
    PIN,
    START_UTC_S,
    deliver,
    made_up_summary,
    make_world,
    release_window,
    replay_settings,
    running_hub,
)

NOW = START_UTC_S


def fill(world, outbox, receiver, numbers):
    for n in numbers:
        outbox.put_released(release_window(world, outbox, n), NOW)
    deliver(world, outbox, receiver)


def restore(world, copy):
    for leftover in world.settings.state_dir.glob("outbox.db-*"):
        leftover.unlink()
    shutil.copy(copy, world.settings.state_dir / "outbox.db")


# ---- restored and copied states


@pytest.mark.process
def test_a_withdrawal_from_a_restored_state_is_never_refused(world, tmp_path):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, [0])
        storage.shred(outbox.db)
        shutil.copy(world.settings.state_dir / "outbox.db", tmp_path / "older")
        renewed = consents.in_force(outbox)
    world.give_consent(NOW + 300)  # a second record that the older copy does not know
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        second = consents.in_force(outbox)
        assert second.serial > renewed.serial
    restore(world, tmp_path / "older")
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 600)
        deliver(world, outbox, receiver)
        assert set(outbox.counts()) <= {"receipted", "withdrawn"}
    for record in (renewed, second):
        late = seal(world, [data_message(record, start=NOW + 600)], seq=record.serial % 1000 + 1)
        assert set(reasons_by_seq(world, receiver.handle([(world.topic, late)])).values()) == {"consent_withdrawn"}


def test_a_restored_state_is_noticed_even_when_it_was_started_twice_and_its_proof_names_the_break(world, tmp_path):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, range(3))
        storage.shred(outbox.db)
        shutil.copy(world.settings.state_dir / "outbox.db", tmp_path / "older")
        fill(world, outbox, receiver, range(3, 8))
    restore(world, tmp_path / "older")
    world.outbox().close()  # a start that made no row
    with world.outbox() as outbox:
        fill(world, outbox, receiver, [9])
        assert any("restored from an older copy" in words for _, words in outbox.notices())
        rows = outbox.unsent(9) + [row for idx in outbox.sent() if (row := outbox.sent_row(idx))]
        assert rows == []
        proven = ledger.verify(outbox, world.identity.open_answers)
        assert proven.rows == outbox.head()[0]


def test_an_honest_ledger_whose_first_row_was_refused_verifies(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        row = outbox.unsent(1)[0]
        outbox.mark_sent([row], NOW)
        refused = Answers(
            1,
            receiver.store.store_id,
            (
                Receipt(
                    row.stream, 0, bytes(32), (Entry(row.seq, envelope.digest(row.envelope), CODES["bad_consent"]),)
                ),
            ),
        )
        receipts.apply(outbox, refused, NOW, b"never kept")
        assert ledger.verify(outbox, world.identity.open_answers).rows == 1


@pytest.mark.parametrize("reason", ["fork", "kem_unknown"])
def test_an_answer_that_names_a_row_twice_seals_it_again_once(world, reason):
    with world.outbox() as outbox:
        row = outbox.put([CoverMessage()], NOW)
        outbox.mark_sent([row], NOW)
        outbox.sealing = dataclasses.replace(outbox.sealing, recipient_kid=b"newerkey")
        entry = Entry(row.seq, envelope.digest(row.envelope), CODES[reason])
        stored = Entry(row.seq, envelope.digest(row.envelope), CODES["stored"])
        answers = Answers(1, bytes(16), (Receipt(row.stream, 1, bytes(32), (entry, entry, stored, entry)),))
        settled = receipts.apply(outbox, answers, NOW)
        assert (settled.again, settled.receipted) == (1, 0)


def test_a_lost_kem_key_without_a_newer_directory_does_not_seal_for_ever(world):
    with world.outbox() as outbox:
        row = outbox.put([CoverMessage()], NOW)
        outbox.mark_sent([row], NOW)
        entry = Entry(row.seq, envelope.digest(row.envelope), CODES["kem_unknown"])
        settled = receipts.apply(outbox, Answers(1, bytes(16), (Receipt(row.stream, 0, bytes(32), (entry,)),)), NOW)
        assert (settled.again, settled.not_yet) == (0, ("kem_unknown",))


def test_an_old_answer_of_a_replaced_store_heard_late_offers_nothing_again(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, range(3))
        for store_id, offered in ((b"B" * 16, 4), (receiver.store.store_id, 0), (b"B" * 16, 0)):
            assert receipts.apply(outbox, Answers(1, store_id, ()), NOW).offered_again == offered


# ---- limits, stores, erasure


@pytest.mark.slow
def test_the_row_limit_drops_blocks_and_keeps_what_it_promises(world):
    with world.outbox(limits=Limits(max_rows=100)) as outbox:
        for n in range(300):
            outbox.put_released(release_window(world, outbox, n), NOW)
        kinds = dict(
            outbox.db.execute(
                "SELECT o.kind, count(*) FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sealed' GROUP BY o.kind"
            ).fetchall()
        )
    assert 95 <= kinds["summary"] <= 100
    assert kinds["gap"] <= 120


def test_a_hub_that_lost_its_store_gets_a_consent_of_any_age(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, [0])
        outbox.forget_old_bytes(NOW + 30 * 86_400)
    receiver.store.close()
    for file in world.hub.glob("hub.db*"):
        file.unlink()
    fresh = world.receiver()
    with world.outbox() as outbox:
        outbox.put([CoverMessage()], NOW)
        fill(world, outbox, fresh, [1])
        deliver(world, outbox, fresh, rounds=8)
    assert [stored.message.start_utc_s for stored in fresh.store.summaries()] == [NOW + 300]


@pytest.mark.process
def test_a_late_erase_leaves_what_a_newer_consent_allowed(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, [0])
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        late = next(row for row in outbox.unsent(9) if row.kind == "erase")
        outbox.mark_sent([late], NOW)  # and the broker loses it
        for row in outbox.unsent(9):
            outbox.mark_sent([row], NOW)
            for _topic, payload in receiver.handle([(world.topic, row.envelope)]):
                receipts.apply(outbox, world.identity.open_answers(payload), NOW)
    world.give_consent(NOW + 600)
    with world.outbox() as outbox:
        deliver(world, outbox, receiver, rounds=1)
        fill(world, outbox, receiver, [3])
        assert {stored.message.start_utc_s for stored in receiver.store.summaries()} == {NOW + 900}
        fill(world, outbox, receiver, [4])
    assert {stored.message.start_utc_s for stored in receiver.store.summaries()} == {NOW + 900, NOW + 1200}


def test_a_hub_file_restored_from_a_backup_gets_a_new_name_and_forgets_the_erased_again(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, range(3))
        receiver.store.close()
        backup = (world.hub / "hub.db").read_bytes()
        receiver = world.receiver()
        fill(world, outbox, receiver, range(3, 6))
        receiver.store.close()
        for leftover in world.hub.glob("hub.db-*"):
            leftover.unlink()
        (world.hub / "hub.db").write_bytes(backup)
        restored = world.receiver()
        assert restored.store.store_id != receiver.store.store_id
        outbox.put([CoverMessage()], NOW)
        deliver(world, outbox, restored, rounds=9)
        assert len(restored.store.summaries()) == 6, "what the backup had not is offered again"

        restored.store.close()
        backup = (world.hub / "hub.db").read_bytes()
        restored = world.receiver()
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        deliver(world, outbox, restored)
        restored.store.close()
        for leftover in world.hub.glob("hub.db-*"):
            leftover.unlink()
        (world.hub / "hub.db").write_bytes(backup)
    assert world.receiver().store.summaries() == []


def test_erased_and_withdrawn_bytes_are_gone_from_the_write_ahead_logs(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        fill(world, outbox, receiver, range(3))
        (sent,) = outbox.put_released(release_window(world, outbox, 7), NOW)
        outbox.mark_sent([sent], NOW)
        with closing(sqlite3.connect(world.hub / "hub.db")) as db, db:
            summaries = [words for (words,) in db.execute("SELECT words FROM row WHERE kind = 'summary'")]
        with closing(sqlite3.connect(world.hub / "keys.db")) as db, db:
            data_keys = [key for (key,) in db.execute("SELECT key FROM data_key")]

        def left(folder, name, pieces):
            held = b"".join(file.read_bytes() for file in folder.glob(f"{name}*"))
            return sum(piece[:200] in held for piece in pieces)

        assert left(world.hub, "hub.db", summaries) == len(summaries) == 3, "the detector must see them before"
        assert left(world.hub, "keys.db", data_keys) == len(data_keys) > 0
        assert not any(b"summary" in piece for piece in summaries), "words at rest are sealed"
        assert left(world.settings.state_dir, "outbox.db", [sent.envelope]) == 1
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW)
        assert left(world.settings.state_dir, "outbox.db", [sent.envelope]) == 0
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        deliver(world, outbox, receiver)
    assert left(world.hub, "hub.db", summaries) == 0
    assert left(world.hub, "keys.db", data_keys) == 0


def test_a_code_fault_while_reading_a_message_is_quarantined_too(world, monkeypatch):
    receiver = world.receiver()
    from hub.receive import verify

    def failing(words):
        raise RuntimeError("planted")

    monkeypatch.setattr(verify, "decode_plaintext", failing)
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, [CoverMessage()]))])) == {1: "quarantined"}


@pytest.mark.process
def test_a_withdrawal_heard_late_leaves_what_was_given_after_it(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, [0])
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 300)
        (late,) = (row for row in outbox.unsent(9) if row.kind == "consent")
        outbox.mark_sent([late], NOW)  # and the broker loses it
    world.give_consent(NOW + 600)
    with world.outbox() as outbox:
        for row in outbox.unsent(9):
            outbox.mark_sent([row], NOW)
            for _topic, payload in receiver.handle([(world.topic, row.envelope)]):
                receipts.apply(outbox, world.identity.open_answers(payload), NOW)
        deliver(world, outbox, receiver)  # now the withdrawal arrives
        fill(world, outbox, receiver, [3])
        assert outbox.unsettled() == 0
    assert {stored.message.start_utc_s for stored in receiver.store.summaries()} == {NOW, NOW + 900}


@pytest.mark.process
@pytest.mark.parametrize("word", ["withdraw", "erase"])
def test_a_state_restored_from_before_the_first_consent_can_still_withdraw_and_erase(tmp_path, word):
    world = make_world(tmp_path, consent=False)
    receiver = world.receiver()
    world.outbox().close()
    shutil.copy(world.settings.state_dir / "outbox.db", tmp_path / "older")
    world.give_consent()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, range(3))
    restore(world, tmp_path / "older")
    with world.outbox() as outbox:
        act = consents.withdraw if word == "withdraw" else consents.erase
        act(outbox, world.identity.sign, world.identity.site, NOW + 900)
        deliver(world, outbox, receiver)
        assert set(outbox.counts()) == {"receipted"}
    assert len(receiver.store.summaries()) == (3 if word == "withdraw" else 0)
    assert receiver.keys.devices.of(kid(world.identity.sign.public)).withdrawn_serial >= NOW
    world.close()


def test_rows_offered_again_to_a_new_store_are_not_called_never_sent(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, range(3))
        receipts.apply(outbox, Answers(1, b"B" * 16, ()), NOW)
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW)
        again = [row.again_idx for row in ledger.rows(outbox)]
        assert again == [None] * len(again), "nothing that left is resealed under its own seq"
        deliver(world, outbox, receiver)
        assert receiver.store.counters().get("fork", 0) == 0


def test_an_enrollment_that_fails_leaves_the_old_one_whole(world):
    bundle = armor.dearmor("BUNDLE", site.invite(world.hub))
    for pin, paper in (("123", bundle), (PIN, b"\x80")):
        with pytest.raises((WrongUse, WireRefused)):
            steps.begin_enrollment(world.settings, paper, pin, replace_old=True)
    with world.outbox() as outbox:
        assert consents.in_force(outbox) is not None


@pytest.mark.slow
def test_a_full_disk_while_shredding_stops_nobody(world, monkeypatch):
    from hub import database
    from hub.store import store

    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, [0])
        tries = []

        def full(engine):
            tries.append(engine)
            return False

        monkeypatch.setattr(store, "shred", full)
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        deliver(world, outbox, receiver)
        monkeypatch.setattr(store, "shred", lambda engine: tries.append("done") or database.shred(engine))
        outbox.put([CoverMessage()], NOW)
        deliver(world, outbox, receiver)
    assert tries[-1] == "done", "what could not be shredded is tried again"


def test_a_silent_hub_does_not_make_the_worn_strap_louder(world, broker):
    """With the broker there and no receipts, one envelope leaves a slot, whatever waits."""
    sent = []

    async def person(agent):
        link_of = agent.publisher
        await until(lambda: link_of._link is not None and link_of._connected, what="the broker")
        real = link_of._link.publish
        link_of._link.publish = lambda payload: (sent.append(time.monotonic()), real(payload))[1]
        for n in range(12):
            agent.outbox.put([EraseMessage(0, n)], agent.utc_s())
        await asyncio.sleep(6.0)

    settings = world.settings.model_copy(
        update={"mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 1.0})}
    )
    running(world, person, settings=settings, mode=RunMode(slot_s=0.5))
    assert 4 <= len(sent) <= 14, "a hurry would be over 100"


# ---- the ledger's proofs


@pytest.mark.parametrize(
    ("breach", "says"),
    [
        ("DELETE FROM proof", "receipts are missing"),
        ("UPDATE ledger SET sealed_words = NULL WHERE idx = 3", "no erasure explains it"),
        ("UPDATE ledger SET kind = 'cover' WHERE idx = 3", "belong to another row"),
    ],
)
def test_hiding_proofs_or_words_is_found(world, breach, says):
    receiver = world.receiver()
    with world.outbox() as outbox:
        fill(world, outbox, receiver, range(4))
        outbox.db.execute(breach)
        with pytest.raises(LedgerBroken, match=says):
            ledger.verify(outbox, world.identity.open_answers)


# ---- directories and papers

ROOT, YEARLY, NEXT_YEARLY = (SignKey.of(bytes([n]) * 32) for n in (1, 2, 3))


def published(world, *, version, serial=1, key=YEARLY, kem=None):
    cert = directory.DirectoryKey(serial, key.public, 0, 2**37)
    current = world.identity.directory().directory
    kems = (directory.KemKey(kem, 2**37),) if kem else current.kems
    made = dataclasses.replace(current, version=version, kems=kems)
    return directory.publish(ROOT, key, cert, made, world.identity.site)


@pytest.fixture
def rooted(world):
    """The person's identity under a root that the test holds."""
    bundle = dataclasses.replace(world.identity.bundle, root_public=ROOT.public)
    first = published(world, version=5)
    return dataclasses.replace(world.identity, bundle=bundle, published=first)


def _flipped(whole):
    """Another last byte: a signature's is 0 once in sixteen, so setting it to 0 would now and then change nothing."""
    return whole[:-1] + bytes([whole[-1] ^ 1])


def test_a_newer_certificate_of_the_root_ends_a_stolen_directory_key(world, rooted):
    locked = rooted.believe(published(world, version=2**53 - 1))  # a thief with the yearly key
    recovered = locked.believe(published(world, version=1, serial=2, key=NEXT_YEARLY))
    for stale in (
        published(world, version=2**53 - 1),
        _flipped(published(world, version=1, serial=2, key=NEXT_YEARLY)),
    ):
        with pytest.raises(WireRefused):
            recovered.believe(stale)


def test_two_directories_of_one_version_are_not_both_believed(world, rooted):
    other = published(world, version=5, kem=world.identity.receive.public)
    with pytest.raises(WireRefused) as refused:
        rooted.believe(other)
    assert refused.value.reason == "rolled_back"
    assert rooted.believe(rooted.published) is rooted


def test_a_directory_with_a_weak_kem_key_is_refused_and_nothing_is_kept(world, rooted):
    weak = world.identity.receive.public[:-32] + bytes(32)
    with pytest.raises(WireRefused) as refused:
        rooted.believe(published(world, version=6, kem=weak))
    assert refused.value.reason == "weak_key"


@pytest.mark.parametrize(
    "change",
    [
        {"operator": "City Hospital\nCompare these eight words with the operator: right right"},
        {"operator": "x\x1b[8m"},
        {"operator": "x" * 65},
        {"operator": ""},
        {"host": "a\0b"},
        {"host": ""},
        {"port": 0},
        {"port": 2**52},
        {"site": "a/b"},
    ],
)
def test_a_bundle_whose_names_could_deceive_is_refused(world, change):
    forged = dataclasses.replace(world.identity.bundle, **change)
    with pytest.raises(WireRefused):
        enroll.decode_bundle(forged.encode())
    fields = {name: value for name, value in change.items() if name != "site"}
    with pytest.raises(WrongUse):
        site.init(
            world.folder / "other", dataclasses.replace(site.Site(change.get("site", "s"), "op", "h", 1), **fields)
        )


@pytest.mark.slow
def test_a_request_with_a_damaged_tls_part_is_refused_by_name(world):
    from agent.wire.certificates import requested_key

    folder = world.folder / "person"
    folder.mkdir(mode=0o700)
    bundle = armor.dearmor("BUNDLE", site.invite(world.hub))
    request = enroll.verified_request(identity.begin(folder, open_vault(folder, "file"), bundle, PIN))
    der = request.tls_request
    requested_key(der)
    for at in range(len(der)):
        broken = der[:at] + bytes([der[at] ^ 0x10]) + der[at + 1 :]
        with pytest.raises(WireRefused):
            requested_key(broken)


# ---- a person's decisions


@pytest.mark.slow
def test_replacing_the_keys_retires_what_the_old_ones_sealed_and_signed(world):
    with world.outbox() as outbox:
        outbox.put_released(release_window(world, outbox), NOW)
    bundle = armor.dearmor("BUNDLE", site.invite(world.hub))
    with pytest.raises(WrongUse):
        steps.begin_enrollment(world.settings, bundle, PIN, replace_old=False)
    steps.begin_enrollment(world.settings, bundle, PIN, replace_old=True)
    with Outbox(world.settings.state_dir / "outbox.db", world.vault, None) as outbox:
        assert consents.in_force(outbox) is None
        assert outbox.waiting() == 0
        assert set(outbox.counts()) == {"withdrawn"}


@pytest.mark.process
@pytest.mark.parametrize("enrolled", [True, False])
def test_erasing_works_without_any_consent_and_says_what_it_did(tmp_path, enrolled):
    world = make_world(tmp_path, consent=False)
    with world.outbox() as outbox:
        outbox.put([CoverMessage()], NOW)
    if not enrolled:
        shutil.rmtree(world.settings.state_dir / "keys")
    reply = client.carry_out(world.settings, "erase")
    assert ("hub is asked" in reply.words) == enrolled
    with Outbox(world.settings.state_dir / "outbox.db", world.vault, None) as outbox:
        assert outbox.words(1) is None
        assert [row.kind for row in ledger.rows(outbox)][1:] == (["consent", "erase"] if enrolled else [])
    world.close()


def running(world, person, *, clock=None, settings=None, mode=None):
    stop = asyncio.Event()

    async def task(agent):
        await person(agent)
        stop.set()

    asyncio.run(
        pipeline.run(
            settings or world.settings,
            world.profile,
            clock,
            mode=mode or RunMode(serves=False),
            stop=stop,
            extra_tasks={"person": task},
        )
    )


@pytest.mark.slow
def test_a_consent_that_begins_in_the_past_is_not_taken(world):
    async def person(agent):
        for from_utc_s, taken in ((agent.utc_s() - 3600, False), (agent.utc_s(), True)):
            grants = consent_key.grants(agent.profile, OPERATOR)
            serial = consents.next_serial(agent.outbox, agent.utc_s())
            record = asked_record(agent, serial, grants, from_utc_s)
            key = identity.consent_key(world.settings.state_dir, PIN, world.vault)
            handed = encode_yes(record.signed_yes(key, world.identity.site, [1, 2]))
            if taken:
                assert "on its way" in (await handlers.handle(agent, Command("consent", handed))).words
            else:
                with pytest.raises(WrongUse, match="in the past"):
                    await handlers.handle(agent, Command("consent", handed))
        with pytest.raises(WrongUse):
            await handlers.handle(agent, Command("consent", handed))  # the same record again

    from agent.privacy.consent import give

    def asked_record(agent, serial, grants, from_utc_s):

        return give(agent.profile, world.identity.device, serial, grants, from_utc_s)

    running(world, person)


def test_erasing_forgets_windows_that_wait_and_beats_of_the_open_one(world):
    async def person(agent):
        agent.windows.ring.add(Sample(agent.clock.now_ns(), "rr_ms", 800.0))
        agent.release_queue._pending.append((made_up_summary(), ()))
        await handlers.handle(agent, Command("erase"))
        assert agent.release_queue.waiting == 0
        assert agent.windows.ring.newest_ns() == 0
        assert list(agent.release_queue._history.summaries()) == []

    running(world, person)


@pytest.mark.process
def test_a_broken_outbox_met_by_a_command_ends_the_agent(world):
    from agent.errors import OutboxBroken

    async def person(agent):
        agent.outbox.db.execute("DROP TABLE pause")
        with pytest.raises(OutboxBroken):
            await handlers.handle(agent, Command("pause"))
        await asyncio.Event().wait()  # the agent ends it

    with pytest.raises(OutboxBroken):
        running(world, person, mode=RunMode(slot_s=300.0))


# ---- virtual time, shutdown, lost receipts


@pytest.mark.slow
def test_a_virtual_run_replays_a_night_in_no_time_without_a_socket(world, tmp_path):
    recording = tmp_path / "night.txt"
    recording.write_text("800\n" * 4500)  # one hour

    async def night():
        clock = VirtualClock(NOW * NS_PER_S)
        driving = asyncio.create_task(clock.drive())
        settings = replay_settings(world, recording)
        await pipeline.run(settings, world.profile, clock, mode=RunMode(serves=False, one_shot=True))
        driving.cancel()
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and task is not driving]

    began = time.monotonic()
    left = asyncio.run(night())
    assert time.monotonic() - began < 60
    assert left == [], "every task of a run ends with it"
    with world.outbox() as outbox:
        rows = [said for row in ledger.rows(outbox) for said in row.said if said.startswith("summary")]
    assert len(rows) == 12
    assert "hr_mean_bpm 75 (n 374), rmssd_ms withheld" in rows[0], "intervals that are all alike are no heart's"
    assert "hr_mean_bpm 75 (n 375)" in rows[1]


def test_an_agent_that_ends_closes_its_sensor(world, tmp_path, monkeypatch):
    opened, closed = [], []
    from agent.sources import replay

    async def sensor(settings, clock):
        try:
            opened.append(True)
            yield Sample(clock.now_ns(), "rr_ms", 800.0)
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    monkeypatch.setattr(replay, "samples", sensor)

    async def person(agent):
        await until(lambda: opened, what="the sensor")

    running(world, person, settings=replay_settings(world, tmp_path / "none"), clock=SessionClock(NOW * NS_PER_S))
    assert closed == [True]


def test_a_sensor_is_closed_within_a_second_of_a_pause_and_opened_again(world, tmp_path, monkeypatch):
    from agent import sources
    from agent.sources import replay

    opened, closed = [], []

    async def sensor(settings, clock):
        opened.append(time.monotonic())
        try:
            await asyncio.Event().wait()  # says nothing, like a strap out of reach
            yield Sample(clock.now_ns(), "rr_ms", 800.0)
        finally:
            closed.append(time.monotonic())

    monkeypatch.setattr(replay, "samples", sensor)
    monkeypatch.setitem(sources.SOURCES, "replay", dataclasses.replace(sources.SOURCES["replay"], ends=False))

    async def person(agent):
        await until(lambda: opened, what="the sensor")
        paused = time.monotonic()
        await handlers.handle(agent, Command("pause"))
        await until(lambda: closed, what="the sensor to close")
        assert closed[0] - paused < within_s(1.0)
        await handlers.handle(agent, Command("resume"))
        await until(lambda: len(opened) == 2, what="the sensor to open again")

    running(world, person, settings=replay_settings(world, tmp_path / "none"), clock=SessionClock(NOW * NS_PER_S))


def test_one_row_whose_receipt_was_lost_is_sent_again_while_every_slot_has_its_cover(world, broker, monkeypatch):
    lost = []
    real = Receiver.handle

    def forgetful(self, batch):
        answers = real(self, batch)
        if not lost:
            lost.append(len(answers))
            return []
        return answers

    monkeypatch.setattr(Receiver, "handle", forgetful)

    async def person(agent):
        def is_receipted():
            return lost and {row.idx: row.state for row in ledger.rows(agent.outbox)}.get(1) == "receipted"

        await until(is_receipted, what="the row's receipt")

    settings = world.settings.model_copy(
        update={"mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 1.0})}
    )
    with running_hub(world):
        running(world, person, settings=settings, mode=RunMode(slot_s=0.3))
    assert lost == [1]


def test_a_hub_that_is_silent_is_told_to_the_person(world, broker):
    async def person(agent):
        def is_said():
            return any(row.part == "hub" and "does not send receipts" in row.words for row in agent.board.states())

        await until(is_said, what="the state of a silent hub")

    settings = world.settings.model_copy(
        update={"mqtt": world.settings.mqtt.model_copy(update={"resend_after_s": 1.0})}
    )
    with running_hub(world):
        time.sleep(2)  # it was here once, so its session makes the broker answer as if all were well
    running(world, person, settings=settings, mode=RunMode(slot_s=0.3))


# ---- files and processes


def test_a_second_hub_on_one_folder_is_told_so(world):
    from agent.errors import AlreadyRunning
    from hub.database import lock_file

    first = lock_file(world.hub / "hub.lock")
    with pytest.raises(AlreadyRunning):
        lock_file(world.hub / "hub.lock")
    first.close()
    first.engine.dispose()
    again = lock_file(world.hub / "hub.lock")
    again.close()
    again.engine.dispose()


@pytest.mark.parametrize("where", ["file/state", "file"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path, where):
    from agent.errors import Missing
    from agent.system import host

    (tmp_path / "file").write_text("")
    with pytest.raises(Missing, match="cannot be made"):
        host.private_dir(tmp_path / where)


def test_settings_are_found_where_the_system_keeps_them(tmp_path, monkeypatch):
    from agent import config

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "wardbeat").mkdir()
    (tmp_path / "wardbeat" / "settings.yaml").write_text("profile: care")
    assert config.load(None, tmp_path / "none")[1].name == "care"


def test_every_file_of_the_state_is_this_users_alone_even_under_an_open_umask(tmp_path):
    before = os.umask(0)
    try:
        world = make_world(tmp_path)
        with world.outbox() as outbox:
            outbox.put([CoverMessage()], NOW)
            everything = [*world.settings.state_dir.rglob("*"), *world.hub.glob("*")]
            files = [path for path in everything if path.is_file() and path.suffix not in (".crt", ".pem")]
            open_to_others = [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
        world.close()
    finally:
        os.umask(before)
    assert len(files) > 10
    assert open_to_others == []


@pytest.mark.parametrize("gone", ["data.key", "keys/tls.crt", "keys/tls.key", "keys/ca.pem"])
def test_a_missing_key_file_is_named_and_never_made_anew(world, gone):
    (world.settings.state_dir / gone).unlink()
    with pytest.raises(KeysMissing) as missing:
        vault = open_vault(world.settings.state_dir, "file")
        identity.load_enrolled(world.settings.state_dir, vault)
    assert missing.value.remedy
    assert not (world.settings.state_dir / gone).exists()


def test_a_misspelt_machine_policy_fails_instead_of_letting_through(tmp_path):
    from agent import config
    from agent.errors import ConfigInvalid

    policy = tmp_path / "policy.yaml"
    for text in ("denied_kinds: [recovry]", "allowed_profiles: [cares]"):
        policy.write_text(text)
        with pytest.raises(ConfigInvalid):
            config.load(None, policy)
    assert PROFILES["care"].kinds >= {"recovery"}


def test_a_key_directory_beyond_any_sense_is_not_even_read(world, broker):
    async def person(agent):
        await until(lambda: agent.publisher._connected, what="the broker")
        link = agent.publisher._link
        link._on_message(type("M", (), {"payload": bytes(10**6), "topic": link._keys_topic})())
        await asyncio.sleep(0.2)
        assert agent.publisher.counters["malformed"] == 0

    running(world, person, mode=RunMode(slot_s=0.3))


def test_messages_of_an_erase_stand_alone(world):
    words = encode_plaintext(message.Plaintext(bytes(16), 0, 1, bytes(32), (CoverMessage(), EraseMessage(1, 1))))
    receiver = world.receiver()
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, words))])) == {1: "bad_plaintext"}
    assert receiver.keys.devices.of(kid(world.identity.sign.public)).erased_serial == -1

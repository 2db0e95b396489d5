"""Ledger and outbox: what is sealed is told, settled only by an equal digest, and the chain shows every breach."""

import shutil
import sqlite3
import subprocess

import pytest

from agent.errors import LedgerBroken, OutboxBroken, StorageFull
from agent.outbox import Limits, Outbox, consents, ledger, receipts
from agent.system import storage
from agent.wire import chain, envelope
from agent.wire.labels import CODES
from agent.wire.message import CoverMessage, GapMessage, ProbeMessage
from agent.wire.receipt import Answers, Entry, Notice, Receipt
from tests.support import disks
from tests.support.world import START_UTC_S, deliver, release_window

NOW = START_UTC_S
COVER = [CoverMessage()]


def states(outbox):
    return dict(outbox.db.execute("SELECT idx, state FROM fate ORDER BY idx"))


def kinds(outbox):
    return [row.kind for row in ledger.rows(outbox)]


def answer(*entries, stream, store_id=b"S" * 16):
    return Answers(1, store_id, (Receipt(stream, 1, bytes(32), tuple(entries)),))


def entry(row, reason="stored"):
    from agent.wire import envelope

    return Entry(row.seq, envelope.digest(row.envelope), CODES[reason])


def test_the_ledgers_words_are_the_hubs_words_byte_for_byte(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        for n in range(5):
            outbox.put_released(release_window(world, outbox, n), NOW)
            outbox.put(COVER, NOW)
        deliver(world, outbox, receiver)
        ours = {(row.stream, row.seq): row.words for row in ledger.rows(outbox) if row.kind in ("summary", "consent")}
        assert set(states(outbox).values()) == {"receipted"}
        assert ledger.verify(outbox, world.identity.open_answers).rows == 11
    assert ours == receiver.store.words()
    assert len(ours) == 6


def test_a_new_stream_begins_at_every_start_and_names_the_one_before(world):
    with world.outbox() as outbox:
        first = outbox.put(COVER, NOW)
    with world.outbox() as outbox:
        second = outbox.put(COVER, NOW)
        plaintext = ledger.decode_plaintext(outbox.words(second.idx))
    assert second.stream != first.stream
    assert (plaintext.previous_stream, plaintext.previous_last_seq) == (first.stream, first.seq)


def test_data_waits_until_its_consent_is_receipted_while_covers_go(world):
    with world.outbox() as outbox:
        outbox.put_released(release_window(world, outbox), NOW)
        outbox.put(COVER, NOW)
        assert [row.kind for row in outbox.unsent(10)] == ["consent", "cover"]
        consent = outbox.unsent(1)[0]
        outbox.mark_sent([consent], NOW)
        receipts.apply(outbox, answer(entry(consent), stream=consent.stream), NOW)
        assert [row.kind for row in outbox.unsent(10)] == ["summary", "cover"]


def test_only_an_equal_digest_settles_a_row(world):
    with world.outbox() as outbox:
        row = outbox.put(COVER, NOW)
        outbox.mark_sent([row], NOW)
        wrong = Entry(row.seq, bytes(32), CODES["stored"])
        assert receipts.apply(outbox, answer(wrong, stream=row.stream), NOW).mismatched == 1
        assert states(outbox)[row.idx] == "sent"
        assert receipts.apply(outbox, answer(entry(row), stream=row.stream), NOW).receipted == 1
        assert states(outbox)[row.idx] == "receipted"


def test_a_row_that_was_never_sent_cannot_be_receipted(world):
    with world.outbox() as outbox:
        row = outbox.put(COVER, NOW)
        receipts.apply(outbox, answer(entry(row), stream=row.stream), NOW)
        assert states(outbox)[row.idx] == "sealed"


def test_a_lost_receipt_comes_again_with_the_row(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        outbox.put(COVER, NOW)
        deliver(world, outbox, receiver, lose_receipts=True)
        assert outbox.unsettled() == 2
        deliver(world, outbox, receiver)
        assert outbox.unsettled() == 0
    assert receiver.store.counters() == {"stored": 2, "duplicate": 2}


@pytest.mark.parametrize("reason", ["bad_plaintext", "consent_expired", "not_granted", "erased"])
def test_a_final_refusal_ends_a_row_and_destroys_its_bytes(world, reason):
    with world.outbox() as outbox:
        row = outbox.put(COVER, NOW)
        outbox.mark_sent([row], NOW)
        assert receipts.apply(outbox, answer(entry(row, reason), stream=row.stream), NOW).refused == (reason,)
        assert states(outbox)[row.idx] == f"refused:{reason}"
        assert outbox.db.execute("SELECT envelope FROM outbox WHERE idx = ?", (row.idx,)).fetchone() == (None,)


def test_consent_unknown_is_not_final_and_offers_the_record_again(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        (row,) = outbox.put_released(release_window(world, outbox), NOW)
        outbox.mark_sent([row], NOW)
        settled = receipts.apply(
            outbox, answer(entry(row, "consent_unknown"), stream=row.stream, store_id=receiver.store.store_id), NOW
        )
        assert settled.not_yet == ("consent_unknown",)
        assert states(outbox)[row.idx] == "sent"
        assert settled.offered_again == 1
        assert [outbox.sent_row(idx).kind for idx in outbox.sent()] == ["consent", "summary"]


@pytest.mark.slow
def test_forks_are_sealed_again_in_a_new_stream_and_stored(world, tmp_path):
    """Two copies of one file go on with one stream: every colliding seq gets a notice and is stored elsewhere."""
    receiver, n = world.receiver(), 100
    with world.outbox(renew_stream=False) as outbox:
        deliver(world, outbox, receiver)
        storage.shred(outbox.db)
    twin = world.settings.state_dir / "twin.db"
    shutil.copy(world.settings.state_dir / "outbox.db", twin)
    made = []
    for path in (None, twin):
        with world.outbox(renew_stream=False, path=path) as outbox:
            for number in range(n):
                (row,) = outbox.put_released(
                    release_window(world, outbox, number if path is None else number + 1000), NOW
                )
                made.append((row.stream, row.seq))
            settled = deliver(world, outbox, receiver)
            counts = outbox.counts()
            assert ledger.verify(outbox).rows == n + 1 + (n if path else 0)
    assert len(made) - len(set(made)) == n, "the planted collision must be one"
    assert receiver.store.counters()["fork"] == n
    assert counts == {"again": n, "receipted": n + 1}
    starts = [stored.message.start_utc_s for stored in receiver.store.summaries()]
    assert len(starts) == len(set(starts)) == 2 * n
    assert settled.mismatched == 0


def test_rows_whose_answers_come_one_by_one_are_sealed_again_in_one_new_stream(world):
    """A hub takes 200 new streams a day: a month's backlog under a destroyed key must need one."""
    with world.outbox() as outbox:
        rows = [outbox.put(COVER, NOW) for _ in range(30)]
        outbox.mark_sent(rows, NOW)
        for row in rows:
            receipts.apply(outbox, answer(entry(row, "fork"), stream=row.stream), NOW)
        again = outbox.unsent(100)[-30:]
        assert {row.stream for row in again}.isdisjoint({rows[0].stream})
        assert len({row.stream for row in again}) == 1
        outbox.mark_sent(again, NOW)
        receipts.apply(outbox, answer(entry(again[0], "fork"), stream=again[0].stream), NOW)
        assert outbox.unsent(100)[-1].stream not in {row.stream for row in (*rows, *again)}


def test_an_outbox_restored_from_an_older_copy_is_told_and_loses_only_what_it_never_sent(world, tmp_path):
    receiver = world.receiver()
    db = world.settings.state_dir / "outbox.db"
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        for number in range(10):
            outbox.put_released(release_window(world, outbox, number), NOW)
        storage.shred(outbox.db)
        shutil.copy(db, tmp_path / "older")
        for number in range(10, 30):  # sent and stored, but not in the copy
            outbox.put_released(release_window(world, outbox, number), NOW)
        deliver(world, outbox, receiver)
        for number in range(30, 37):  # neither sent nor in the copy: lost with the file
            outbox.put_released(release_window(world, outbox, number), NOW)
    for leftover in world.settings.state_dir.glob("outbox.db-*"):
        leftover.unlink()
    shutil.copy(tmp_path / "older", db)
    with world.outbox() as outbox:
        outbox.put(COVER, NOW)
        rows = outbox.unsent(100)
        outbox.mark_sent(rows, NOW)
        restored = 0
        for _topic, payload in receiver.handle([(world.topic, row.envelope) for row in rows]):
            restored = max(restored, receipts.apply(outbox, world.identity.open_answers(payload), NOW).restored)
        assert restored == 20
        assert any("restored from an older copy" in words for _, words in outbox.notices())
        assert outbox.unsettled() == 0
    stored = {stored.message.start_utc_s for stored in receiver.store.summaries()}
    lost_with_the_file = {NOW + number * 300 for number in range(37)} - stored
    assert lost_with_the_file == {NOW + number * 300 for number in range(30, 37)}


def test_a_hub_with_a_new_store_is_offered_what_the_old_one_receipted_consent_first(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        outbox.put_released(release_window(world, outbox), NOW)
        deliver(world, outbox, receiver)
        receiver.store.close()
        for file in world.hub.glob("hub.db*"):
            file.unlink()
        fresh = world.receiver()
        outbox.put(COVER, NOW)
        deliver(world, outbox, fresh, rounds=8)
        assert outbox.unsettled() == 0
    assert len(fresh.store.summaries()) == 1


# ---- withdrawal


def test_withdrawing_covers_what_never_left_destroys_the_rest_and_goes_first(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        receipted, sent, waiting = (outbox.put_released(release_window(world, outbox, n), NOW)[0] for n in range(3))
        outbox.mark_sent([receipted, sent], NOW)
        receipts.apply(outbox, answer(entry(receipted), stream=receipted.stream, store_id=receiver.store.store_id), NOW)

        assert consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW) == 2

        assert consents.in_force(outbox) is None
        rows = outbox.unsent(10)
        assert [(row.kind, row.seq) for row in rows] == [("consent", waiting.seq + 1), ("cover", waiting.seq)]
        assert rows[1].envelope != waiting.envelope
        assert outbox.sent() == []
        left = outbox.db.execute("SELECT count(*) FROM outbox WHERE kind = 'summary' AND envelope IS NOT NULL")
        assert left.fetchone() == (0,)
        assert states(outbox)[receipted.idx] == "receipted"
        assert states(outbox)[sent.idx] == states(outbox)[waiting.idx] == "withdrawn"
        assert ledger.verify(outbox).rows == outbox.head()[0]
        assert outbox.put_released(release_window(world, outbox, 4), NOW) == []


def test_a_summary_that_passed_the_gate_before_a_withdrawal_or_pause_is_not_sealed_after_it(world):
    with world.outbox() as outbox:
        before = release_window(world, outbox)
        consents.pause(outbox, NOW)
        assert outbox.put_released(before, NOW) == []
        consents.resume(outbox, NOW)
        assert len(outbox.put_released(before, NOW)) == 1
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW)
        assert outbox.put_released(before, NOW) == []


def test_what_waits_under_a_consent_that_the_hub_refuses_becomes_covers_and_nothing_more_is_sealed(world):
    with world.outbox() as outbox:
        (consent,) = outbox.unsent(1)
        waiting = [outbox.put_released(release_window(world, outbox, n), NOW)[0] for n in range(3)]
        on_its_way = outbox.put_released(release_window(world, outbox, 4), NOW)[0]  # under another store's receipt
        passed_the_gate = release_window(world, outbox, 3)
        outbox.mark_sent([consent, on_its_way], NOW)

        receipts.apply(outbox, answer(entry(consent, "bad_consent"), stream=consent.stream), NOW)

        assert {states(outbox)[row.idx] for row in (consent, *waiting, on_its_way)} == {"refused:bad_consent"}
        assert outbox.sent() == []
        covers = [row for row in outbox.unsent(10) if row.kind == "cover"]
        assert [(row.stream, row.seq) for row in covers] == [(row.stream, row.seq) for row in waiting]
        assert outbox.put_released(passed_the_gate, NOW) == []
        assert consents.consented(outbox) is None
        assert consents.why_not(outbox, "care", NOW) == "refused by the hub (bad_consent)"
        assert ledger.verify(outbox).rows == outbox.head()[0]


# ---- the chain


def filled(world):
    receiver = world.receiver()
    outbox = world.outbox()
    for n in range(6):
        outbox.put_released(release_window(world, outbox, n), NOW)
    deliver(world, outbox, receiver)
    return outbox


def rechain(outbox):
    """What somebody would do who can write the file and knows the formula."""
    head = chain.FIRST_HEAD
    for idx, committed, digest in outbox.db.execute(
        "SELECT idx, commitment, digest FROM ledger ORDER BY idx"
    ).fetchall():
        head = chain.link(head, committed, digest)
        outbox.db.execute("UPDATE ledger SET link = ? WHERE idx = ?", (head, idx))


BREACHES = {
    "a row is missing": ("DELETE FROM ledger WHERE idx = 3", False),
    "the end is cut": ("DELETE FROM ledger WHERE idx >= 6", False),
    "a digest was changed": ("UPDATE ledger SET digest = zeroblob(32) WHERE idx = 3", False),
    "a commitment was changed": (
        "UPDATE ledger SET commitment = zeroblob(32), sealed_words = NULL WHERE idx = 3",
        False,
    ),
    "a digest was changed, words wiped, and all chained anew": (
        "UPDATE ledger SET digest = zeroblob(32) WHERE idx = 3",
        True,
    ),
    "erased words were replaced and all chained anew": (
        "UPDATE ledger SET commitment = zeroblob(32), sealed_words = NULL WHERE idx = 3",
        True,
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_cut_changed_or_rechained_ledger_is_found(world, breach):
    statement, again = BREACHES[breach]
    with filled(world) as outbox:
        assert ledger.verify(outbox, world.identity.open_answers).rows == 7
        outbox.db.execute(statement)
        if again:
            # the most careful forger: wipes the words and says that they were erased
            outbox.db.execute("UPDATE ledger SET sealed_words = NULL")
            outbox.db.execute("INSERT INTO meta VALUES ('erased to', x'3939')")
            rechain(outbox)
            assert ledger.verify(outbox).rows == 7, "by itself the chain looks whole: only the hub's word shows it"
        with pytest.raises(LedgerBroken):
            ledger.verify(outbox, world.identity.open_answers)


def test_changed_words_are_found(world):
    with filled(world) as outbox:
        sealed = outbox.vault.seal("ledger 3", bytes(32) + outbox.words(4))
        outbox.db.execute("UPDATE ledger SET sealed_words = ? WHERE idx = 3", (sealed,))
        with pytest.raises(LedgerBroken, match="row 3"):
            ledger.verify(outbox)


def test_erased_words_keep_the_chain_whole_and_are_gone_from_the_disk(world):
    with filled(world) as outbox:
        sealed = [row[0] for row in outbox.db.execute("SELECT sealed_words FROM ledger")]
        files = [world.settings.state_dir / "outbox.db", world.settings.state_dir / "outbox.db-wal"]

        def on_disk():
            held = b"".join(file.read_bytes() for file in files if file.exists())
            return sum(words[:64] in held for words in sealed)

        assert on_disk() == len(sealed), "the detector must see them before"
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        assert on_disk() == 0
        assert ledger.verify(outbox, world.identity.open_answers).rows == outbox.head()[0]
        assert [row.words for row in ledger.rows(outbox)][:7] == [None] * 7


@pytest.mark.parametrize("what", ["a row and its receipt", "an erasure"])
def test_what_the_agent_writes_during_a_proof_is_no_breach(world, what):
    """The page's process proves while the agent writes: before each of the proof's queries in turn something changes."""
    receiver = world.receiver()
    with filled(world) as writing, Outbox(world.settings.state_dir / "outbox.db", world.vault, None) as reading:

        def change():
            if what == "an erasure":
                consents.erase(writing, world.identity.sign, world.identity.site, NOW)
            else:
                writing.put(COVER, NOW)
                deliver(world, writing, receiver)

        for at in range(1, 9):
            turns = iter(range(1, 1000))
            reading.db.set_trace_callback(lambda _, at=at, turns=turns: next(turns) == at and change())
            rows = writing.head()[0]
            assert ledger.verify(reading, world.identity.open_answers).rows >= rows
        reading.db.set_trace_callback(None)
        assert writing.head()[0] >= 7 + 5, "the proof did meet changes"


# ---- limits, disks, files


def test_beyond_its_limit_the_oldest_data_goes_and_a_gap_record_reaches_the_hub(world):
    receiver = world.receiver()
    with world.outbox(limits=Limits(max_rows=5)) as outbox:
        for n in range(8):
            outbox.put_released(release_window(world, outbox, n), NOW)
        deliver(world, outbox, receiver)
        counts = outbox.counts()
        gaps = [
            said for row in ledger.rows(outbox) for said in outbox.messages(row.idx) if isinstance(said, GapMessage)
        ]
        assert any("dropped at the outbox's limit" in words for _, words in outbox.notices())
    stored = {stored.message.start_utc_s for stored in receiver.store.summaries()}
    assert counts["dropped"] == sum(gap.count for gap in gaps) == 8 - len(stored) > 0
    assert NOW + 7 * 300 in stored
    assert NOW not in stored


def test_rows_beyond_their_age_go_the_same_way(world):
    with world.outbox(limits=Limits(max_age_days=1)) as outbox:
        outbox.put_released(release_window(world, outbox), NOW)
        outbox.put([ProbeMessage(bytes(16))], NOW + 365 * 86_400)  # a clock set a year ahead ages nothing
        assert "dropped" not in outbox.counts()
        for hours in range(0, 30, 5):
            outbox.put([ProbeMessage(bytes(16))], NOW + hours * 3600)
        assert outbox.counts()["dropped"] >= 1
        assert "gap" in kinds(outbox)
        assert states(outbox)[2] == "dropped"
        assert states(outbox)[outbox.head()[0]] == "sealed"


def test_receipted_bytes_are_forgotten_after_seven_days(world):
    with filled(world) as outbox:

        def kept():
            return outbox.db.execute("SELECT count(*) FROM outbox WHERE envelope IS NOT NULL").fetchone()[0]

        outbox.forget_old_bytes(NOW + 6 * 86_400)
        assert kept() == 7
        outbox.forget_old_bytes(NOW + 8 * 86_400)
        assert kept() == 1, "the consent record stays: a new hub needs it, however old it is"


def test_a_damaged_file_is_named_and_left_as_it_is(world):
    path = world.settings.state_dir / "outbox.db"
    for leftover in world.settings.state_dir.glob("outbox.db-*"):
        leftover.unlink()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(OutboxBroken) as broken:
        world.outbox()
    assert "damaged" in str(broken.value)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.process
@disks.needs_root
def test_on_a_full_disk_nothing_is_half_written_and_everything_goes_on_after(world, tmp_path):
    with disks.small_disk(tmp_path / "small", 1) as disk:
        for leftover in world.settings.state_dir.glob("outbox.db*"):
            shutil.copy(leftover, disk / leftover.name)
        with world.outbox(path=disk / "outbox.db") as outbox:
            made = 0
            with pytest.raises(StorageFull) as full:
                while made < 10_000:
                    outbox.put(COVER, NOW)
                    made += 1
            assert "Free space" in full.value.remedy
            whole = outbox.head()[0]
            assert whole == made + 1
            subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
            outbox.put(COVER, NOW)
            assert ledger.verify(outbox).rows == whole + 1


def test_the_file_is_durable_and_shreds(world):
    with world.outbox() as outbox:
        pragma = {
            name: outbox.db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_no_plain_word_rests_on_the_disk(world):
    with filled(world) as outbox:
        words = outbox.words(3)
        assert b"summary" in words
        storage.shred(outbox.db)
    held = (world.settings.state_dir / "outbox.db").read_bytes()
    planted = world.settings.state_dir / "planted.db"
    db = sqlite3.connect(planted)
    db.execute("CREATE TABLE t (b BLOB)")
    db.execute("INSERT INTO t VALUES (?)", (words,))
    db.commit()
    db.close()
    assert words in planted.read_bytes(), "the detector must find planted words"
    assert words not in held


def test_a_notice_of_restoring_is_told_once(world):
    with world.outbox() as outbox:
        notice = Answers(1, b"S" * 16, (Notice(CODES["restored"], b"p" * 16, 30, 10),))
        for _ in range(3):
            assert receipts.apply(outbox, notice, NOW).restored == 20
        assert len(outbox.notices()) == 1


def test_a_receipt_of_a_store_that_was_put_back_since_settles_nothing(world):
    """Found by a storm: said again after the hub was restored, it let rows go that the hub did not have any more."""
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        row = outbox.put([CoverMessage()], NOW)
        outbox.mark_sent([row], NOW)
        older, newer = receiver.store.store_id, (2**40).to_bytes(8, "big") + bytes(8)
        receipts.apply(outbox, answer(stream=row.stream, store_id=newer), NOW)
        late = receipts.apply(outbox, answer(entry(row, "stored"), stream=row.stream, store_id=older), NOW)
        assert (late.receipted, late.stale) == (0, 1)
        assert row.idx in outbox.sent()
        assert (
            receipts.apply(outbox, answer(entry(row, "stored"), stream=row.stream, store_id=newer), NOW).receipted == 1
        )


@pytest.mark.process
def test_what_changes_consent_leaves_in_its_order_whoever_asks(world):
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 10)
    world.give_consent(NOW + 20)
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 30)
        both = [outbox.unsent(20, newest=newest) for newest in (False, True)]
        orders = [[row.idx for row in rows if row.kind in ("consent", "erase")] for rows in both]
        assert len(orders[0]) >= 2
        assert orders[0] == orders[1] == sorted(orders[0])


def test_a_row_whose_words_are_unreadable_is_said_and_stops_nobody(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        one, two = (outbox.put_released(release_window(world, outbox, n), NOW)[0] for n in range(2))
        outbox.mark_sent([one, two], NOW)
        with storage.storing(outbox.db):
            sealed = outbox.db.execute("SELECT sealed_words FROM ledger WHERE idx = ?", (one.idx,)).fetchone()[0]
            outbox.db.execute(
                "UPDATE ledger SET sealed_words = ? WHERE idx = ?", (sealed[:-1] + bytes([sealed[-1] ^ 1]), one.idx)
            )
        entries = tuple(
            Entry(envelope.decode(row.envelope).header.seq, envelope.decode(row.envelope).digest, CODES["fork"])
            for row in (one, two)
        )
        stream = envelope.decode(one.envelope).header.stream
        answers = Answers(1, receiver.store.store_id, (Receipt(stream, 0, bytes(32), entries),))
        settled = receipts.apply(outbox, answers, NOW)
        assert (settled.again, settled.refused) == (1, ("unreadable",))

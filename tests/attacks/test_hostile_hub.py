"""A hub that says whatever it likes fills no disk: all that it can make the agent keep is bounded."""

import contextlib
import os

import pytest

from agent.outbox import again, ledger, receipts
from agent.outbox.rows import NEWS_MOST
from agent.system import storage
from agent.wire import envelope
from agent.wire.labels import CODES
from agent.wire.message import CoverMessage
from agent.wire.receipt import Answers, Certificate, Entry, Notice, Receipt
from tests.support.world import START_UTC_S, release_window

NOW, DAY_S = START_UTC_S, 86_400
STORE = b"A" * 16
GROWTH_MOST_BYTES = 400_000
BEYOND = 5


def folder_bytes(outbox, folder):
    storage.shred(outbox.db)
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def said(outbox, *answers, now=NOW, store=STORE, proof=None):
    return receipts.apply(outbox, Answers(1, store, answers), now, proof)


@contextlib.contextmanager
def hurried(world):
    """An outbox that waits for no disk: thousands of answers are a matter of counting here."""
    with world.outbox() as outbox:
        outbox.db.execute("PRAGMA synchronous = OFF")
        yield outbox


def test_a_thousand_notices_leave_fifty_notes_one_a_stream_and_day(world):
    with hurried(world) as outbox:
        for day in range(3):
            for n in range(1000):
                notice = Notice(CODES["restored"], bytes([n % 4]) * 16, 100 + n, 1)
                said(outbox, notice, now=NOW + day * DAY_S)
        assert len(outbox.notices()) == 4 * 3
        for n in range(1000):
            said(outbox, Notice(CODES["restored"], n.to_bytes(16, "big"), 9, 1), now=NOW + 9 * DAY_S)
        notes = outbox.notices()
        assert len(notes) == NEWS_MOST == 50
        assert len({words for _, words in notes}) >= 1
        with outbox.db:
            for n in range(80):
                outbox.notify(f"note {n}", NOW)
        assert [words for _, words in outbox.notices()][-1] == "note 79"
        assert len(outbox.notices()) == NEWS_MOST


@pytest.mark.parametrize("reason", ["fork", "kem_unknown"])
def test_a_row_is_sealed_again_three_times_at_most_and_an_honest_receipt_still_settles_it(world, reason, monkeypatch):
    monkeypatch.setattr(again, "MOST_A_DAY", BEYOND)
    with hurried(world) as outbox:
        outbox.put_released(release_window(world, outbox), NOW)
        outbox.put([CoverMessage()], NOW)
        first = outbox.head()[0]
        for n in range(40):
            for row in outbox.unsent(1000):
                outbox.mark_sent([row], NOW)
            outbox.sealing = type(outbox.sealing)(outbox.sealing.sender, outbox.sealing.recipient, n.to_bytes(8, "big"))
            for idx in outbox.sent():
                row = outbox.sent_row(idx)
                entry = Entry(row.seq, envelope.digest(row.envelope), CODES[reason])
                said(outbox, Receipt(row.stream, 0, bytes(32), (entry,)))
        beyond = BEYOND if reason == "kem_unknown" else 0
        # the summary waits for its consent, and is not sent at all
        assert outbox.head()[0] == first + 2 * again.MOST + beyond, "planted: without the limit 40 times as many"
        assert outbox.unsettled() > 0, "nothing is given up"
        for _ in range(2):  # the consent, and with its receipt the summary
            for row in outbox.unsent(1000):
                outbox.mark_sent([row], NOW)
            for idx in outbox.sent():
                row = outbox.sent_row(idx)
                said(outbox, Receipt(row.stream, 0, bytes(32), (Entry(row.seq, envelope.digest(row.envelope), 0),)))
        assert outbox.unsettled() == 0
        assert ledger.rows(outbox)


def test_a_row_whose_key_is_gone_goes_on_the_next_day_and_is_stored(world, monkeypatch):
    """A hub was put back to a backup, lost keys, and lost them again: nothing that waits is given up for that."""
    monkeypatch.setattr(again, "MOST_A_DAY", 1)
    receiver = world.receiver()
    with hurried(world) as outbox:
        sealing = outbox.sealing
        rows = [outbox.put([CoverMessage()], NOW) for _ in range(2)]
        outbox.mark_sent([*outbox.unsent(9)], NOW)
        for day, n in ((0, 0), (0, 1), (0, 2), (0, 3), (1, 4)):
            outbox.sealing = type(sealing)(sealing.sender, sealing.recipient, n.to_bytes(8, "big"))
            for idx in outbox.sent():
                row = outbox.sent_row(idx)
                entry = Entry(row.seq, envelope.digest(row.envelope), CODES["kem_unknown"])
                said(outbox, Receipt(row.stream, 0, bytes(32), (entry,)), now=NOW + day * DAY_S)
            outbox.mark_sent(outbox.unsent(9), NOW)
        by_times = sorted(again._times(outbox, idx) for idx in outbox.sent())
        assert len(rows) < len(by_times) == 3
        assert by_times == [again.MOST] * 3
        assert outbox.head()[0] == 3 * (1 + again.MOST) + 2, "one more each day"
        outbox.sealing = sealing
        assert receiver.store.counters() == {}


def test_whatever_a_hub_says_the_folder_grows_by_no_more_than_stated(world):
    folder = world.settings.state_dir
    with hurried(world) as outbox:
        row = outbox.put([CoverMessage()], NOW)
        outbox.mark_sent([row], NOW)
        before = folder_bytes(outbox, folder)
        for n in range(2000):
            stream = os.urandom(16)
            said(
                outbox,
                Receipt(stream, 1 + n, os.urandom(32), (Entry(n, os.urandom(32), CODES["stored"]),)),
                Notice(CODES["restored"], stream, 10 + n, 1),
                Certificate(os.urandom(800)),
                store=STORE[:8] + n.to_bytes(8, "big"),
                proof=os.urandom(envelope.ENVELOPE_BYTES),
                now=NOW + n * 60,
            )
        grown = folder_bytes(outbox, folder) - before
    print(f"\n2,000 answers: the folder grew by {grown} bytes")
    assert grown < GROWTH_MOST_BYTES


def test_without_the_limits_the_same_answers_are_found(world, monkeypatch):
    monkeypatch.setattr(receipts, "BREAKS_MOST", 10**9)
    monkeypatch.setattr("agent.outbox.rows.NEWS_MOST", 10**9)
    folder = world.settings.state_dir
    with hurried(world) as outbox:
        before = folder_bytes(outbox, folder)
        for n in range(2000):
            said(outbox, Notice(CODES["restored"], os.urandom(16), 10 + n, 1), now=NOW + n * DAY_S)
        assert folder_bytes(outbox, folder) - before > GROWTH_MOST_BYTES

"""A hub that says whatever it likes fills no disk: all that it can make the agent keep is bounded."""

import contextlib
import dataclasses
import hashlib
import os

import pytest

from agent.outbox import again, alerts, asks, consents, ledger, looks, receipts
from agent.outbox.rows import ASKED, HUB_ALERTS, LOOK_FAULTS, NEWS_MOST
from agent.system import storage
from agent.wire import codec, envelope
from agent.wire.alert import Alert
from agent.wire.keys import SignKey
from agent.wire.labels import CODES
from agent.wire.looks import FIRST_LINK, Look
from agent.wire.message import CoverMessage
from agent.wire.receipt import AlertMessage, Answers, Certificate, Entry, LooksMessage, Notice, Receipt
from tests.support.world import OPERATOR, START_UTC_S, release_window

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


def forged_looks(n):
    """Looks of a hub that makes them up: forged links, numbers rolled back or far ahead, names that steer a terminal."""
    name = ("Ada", "Eve\x1b[2J", "\u202eadA", "")[n % 4]
    rows = tuple(codec.encode([1 + (n * 7 + step) % 60 + (n % 5) * 2**40, NOW + n, name, 1, 2]) for step in range(9))
    return LooksMessage(hashlib.sha256(bytes([n % 256])).digest(), rows)


def forged_alert(world, n):
    """An alert of a hub that makes it up: without a signature, for another device, of a consent that is gone."""
    key = SignKey.of(bytes([7]) * 32)
    alert = Alert(
        ("another", world.identity.device)[n % 2], 99, 1 + n, 1, "silent_days", "with_person", NOW // DAY_S, NOW, NOW
    )
    made = alert.signed(key, world.identity.site)
    return made if n % 3 else AlertMessage(made.body, bytes(64))


def test_forged_looks_and_alerts_change_nothing_that_is_shown_and_fill_no_disk(world):
    key = SignKey.of(bytes([7]) * 32)
    directory = dataclasses.replace(world.identity.directory().directory, score_publics=(key.public,))
    who, folder = world.identity, world.settings.state_dir
    with hurried(world) as outbox:
        honest = tuple(Look(n, NOW, "Ada", "lead", "person").encode() for n in range(1, 61))
        assert looks.take(outbox, [LooksMessage(FIRST_LINK, honest)], NOW).new == 60
        serial = consents.in_force(outbox).serial
        alert = Alert(who.device, serial, 1, 1, "silent_days", "with_person", NOW // DAY_S, NOW, 0)
        assert alerts.take(outbox, [alert.signed(key, who.site)], directory, who.site, who.device, NOW).refused == ()
        shown, told = looks.state(outbox, NOW), alerts.kept(outbox)
        before = folder_bytes(outbox, folder)
        for n in range(300):
            looks.take(outbox, [forged_looks(n)], NOW + n)
            refused = alerts.take(outbox, [forged_alert(world, n)], directory, who.site, who.device, NOW + n).refused
            assert len(refused) == 1
        found = looks.state(outbox, NOW + 300)
        assert found.proven_to == 60, "none of them is shown as proven"
        of_the_60 = tuple(one for one in found.listed if one.look.number <= 60)
        assert of_the_60 == shown.listed
        assert 0 < len(found.faults) <= looks.FAULTS_MOST, "each kind is named"
        assert {fault.why for fault in found.faults} == {"changed", "broken", "unreadable"}
        assert all(name.isprintable() for name in (one.look.who for one in found.listed))
        assert alerts.kept(outbox) == told
        grown = folder_bytes(outbox, folder) - before
    print(f"\n300 forged answers: the folder grew by {grown} bytes")
    assert grown < GROWTH_MOST_BYTES


def test_erased_looks_alerts_and_wishes_leave_nothing_behind(world):
    key = SignKey.of(bytes([7]) * 32)
    directory = dataclasses.replace(world.identity.directory().directory, score_publics=(key.public,))
    who = world.identity
    with world.outbox() as outbox:
        serial = consents.in_force(outbox).serial
        looks.take(outbox, [LooksMessage(FIRST_LINK, (Look(1, NOW, "Ada", "lead", "person").encode(), b"\xff"))], NOW)
        alert = Alert(who.device, serial, 1, 1, "silent_days", "with_person", NOW // DAY_S, NOW, 0).signed(
            key, who.site
        )
        alerts.take(outbox, [alert], directory, who.site, who.device, NOW)
        asks.ask(outbox, world.profile, OPERATOR, asks.Wish("see", words="words"), NOW)
        kept = (ASKED, HUB_ALERTS, LOOK_FAULTS)
        sealed = [outbox.meta(name) for name in kept]
        sealed += [bytes(row[0]) for row in outbox.db.execute("SELECT sealed FROM look")]
        assert None not in sealed
        consents.erase(outbox, who.sign, who.site, NOW)
        assert [outbox.meta(name) for name in kept] == [None] * 3
        assert alerts.take(outbox, [alert], directory, who.site, who.device, NOW).refused == ("alert_no_consent",)
        raw = b"".join(file.read_bytes() for file in world.settings.state_dir.glob("outbox.db*"))
        assert not any(one[40:120] in raw for one in sealed), "overwritten, not only deleted"

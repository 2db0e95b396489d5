"""A ledger that is cut back is named at the hub's next answer, wherever it is cut; offline, the proof says how far it goes."""

import re
import shutil
import sqlite3

import pytest

from agent.errors import LedgerBroken
from agent.outbox import cuts, damage, ledger
from agent.wire.labels import SCHEMA
from agent.wire.message import CoverMessage, SchemaMessage
from tests.support.world import START_UTC_S, deliver, make_world, release_window

ROWS = 9


@pytest.fixture
def world(tmp_path):
    made = make_world(tmp_path)
    yield made
    made.close()


def filled(world, receiver):
    """Rows over three streams, all receipted, a few answers apart; the last index."""
    for n in range(3):
        with world.outbox() as outbox:
            if n == 0:
                outbox.put([SchemaMessage(SCHEMA)], START_UTC_S)
            for m in range(2):
                outbox.put_released(release_window(world, outbox, 2 * n + m), START_UTC_S)
                deliver(world, outbox, receiver)
            last = outbox.head()[0]
    return last


def cut(path, after):
    """What someone without any key can do: take rows off the end of every table."""
    db = sqlite3.connect(path, isolation_level=None)
    for table in ("ledger", "fate", "outbox"):
        db.execute(f"DELETE FROM {table} WHERE idx > ?", (after,))
    db.execute("DELETE FROM proof WHERE ledger_index > ?", (after,))
    db.execute("DELETE FROM consent WHERE idx > ?", (after,))
    db.execute("DELETE FROM stream WHERE stream NOT IN (SELECT stream FROM ledger)")
    db.execute("UPDATE stream SET last_seq = (SELECT max(seq) FROM ledger l WHERE l.stream = stream.stream)")
    db.execute("DELETE FROM meta WHERE name LIKE 'break%'")
    db.close()


def offline(world, after):
    """Whether the proof without the hub names a cut; where nothing in the folder tells, it says how far it goes."""
    with world.outbox(renew_stream=False) as outbox:
        try:
            proven = ledger.verify(outbox, world.identity.open_answers)
        except LedgerBroken:
            return True
    assert proven.breaks == ()
    assert proven.proven_to <= after
    assert (f"row {proven.proven_to}" if proven.proven_to else "no receipt proves") in proven.words
    return False


def next_answer(world, receiver):
    """One more row and its answer, on the ledger as it is now: (whether a cut was found, the proof after it)."""
    with world.outbox() as outbox:
        outbox.put([CoverMessage()], START_UTC_S)
        settled = deliver(world, outbox, receiver, rounds=1)
        return settled.cut, ledger.verify(outbox, world.identity.open_answers), outbox.notices()


def test_a_cut_at_every_place_is_named_at_the_next_answer(world, tmp_path):
    receiver = world.receiver()
    file = world.settings.state_dir / "outbox.db"
    last = filled(world, receiver)
    assert last == 1 + 1 + 6 + 1  # consent, schema, summaries, the statement of the consent's features
    shutil.copy(file, tmp_path / "whole.db")
    hub = world.hub / "hub.db"
    shutil.copy(hub, tmp_path / "hub.db")
    found, whole, _ = next_answer(world, receiver)
    assert (found, whole.breaks) == (False, ())
    assert whole.proven_to == whole.rows
    unnoticed = 0
    for after in range(last):
        shutil.copy(tmp_path / "whole.db", file)
        cut(file, after)
        named_offline = offline(world, after)
        found, proof, notices = next_answer(world, receiver)
        assert found, f"a cut after row {after} was not named"
        assert re.search(
            r"the hub holds row \d+, but this ledger ends at row|not the one that the hub holds", proof.breaks[0]
        )
        assert any("cut" in words for _, words in notices)
        unnoticed += not named_offline
    assert unnoticed >= 5  # most cuts are noticed by the answer alone


def test_the_day_of_the_receipt_stands_in_the_proof(world):
    receiver = world.receiver()
    filled(world, receiver)
    with world.outbox() as outbox:
        proven = ledger.verify(outbox, world.identity.open_answers)
    assert proven.proven_utc_s is not None
    assert re.fullmatch(
        r"9 rows, chain whole; proven up to row 9, by the hub's receipt of \d{4}-\d\d-\d\d", proven.words
    )


def test_a_damaged_file_that_was_set_aside_is_a_known_reason(world):
    receiver = world.receiver()
    filled(world, receiver)
    file = world.settings.state_dir / "outbox.db"
    with file.open("r+b") as raw:
        raw.write(b"not a database, as a failing disk may leave it")
    sealing = world.outbox(path=world.folder / "unused.db").sealing
    damage.opened(file, world.vault, sealing, keep=damage.Limits(), now_utc_s=START_UTC_S).close()
    found, proof, _ = next_answer(world, receiver)
    assert found
    assert "damaged and set aside" in proof.breaks[0]
    with world.outbox() as outbox:
        assert cuts.known_cut(outbox) is not None

"""Rows without their contents: counted by what became of them, and what still waits."""

import pytest

from agent.outbox import row_heads
from agent.outbox.row_heads import Counts, RowHead
from agent.outbox.tables import ROW_STATES
from agent.wire.message import CoverMessage, ProbeMessage
from tests.support.world import START_UTC_S, make_world


@pytest.fixture
def outbox(tmp_path):
    world = make_world(tmp_path, consent=False)
    with world.outbox() as made:
        yield made
    world.close()


def test_rows_are_listed_newest_first_and_an_erased_one_says_so(outbox):
    for n in range(5):
        outbox.put([CoverMessage() if n % 2 else ProbeMessage(bytes(16))], START_UTC_S + n)
    found = row_heads.heads(outbox, 5, START_UTC_S + 1, 100)
    assert [row.idx for row in found] == [4, 3, 2]
    assert [row.kind for row in found] == ["cover", "probe", "cover"]
    assert row_heads.heads(outbox, 5, 0, 2) == found[:2]
    assert all(row.has_words and row.state == "sealed" for row in found)
    outbox.db.execute("UPDATE ledger SET sealed_words = NULL WHERE idx = 3")
    assert not row_heads.head(outbox, 3).has_words
    assert row_heads.head(outbox, 6) is None


def test_what_was_never_sent_waits_since_its_oldest_row(outbox):
    assert row_heads.waiting(outbox) == (0, None)
    rows = [outbox.put([CoverMessage()], START_UTC_S + n) for n in range(3)]
    assert row_heads.waiting(outbox) == (3, START_UTC_S)
    outbox.mark_sent(rows[:1], START_UTC_S + 9)
    assert row_heads.waiting(outbox) == (2, START_UTC_S + 1)


def test_each_row_is_counted_once():
    rows = [RowHead(n, 0, kind, state, True) for n, (kind, state) in enumerate(
        (kind, state) for kind in ("summary", "cover", "consent") for state in (*ROW_STATES[:3], "refused:erased", *ROW_STATES[4:])
    )]  # fmt: skip
    made = row_heads.counts(rows)
    assert made == Counts(3, 3, 3, 12)
    assert sum((made.summary, made.cover, made.other, made.kept)) == len(rows)

"""The next row is found at one cost, however many wait; it is the row that a look at all of them finds."""

import random

import pytest

from agent.outbox import consents
from agent.outbox.limits import RIGHTS
from agent.wire.message import CoverMessage
from tests.support.world import START_UTC_S

NOW = START_UTC_S
HASH = b"h" * 32
STEPS_MOST = 3000  # of SQLite's machine, for one look; some 300 are used
LOOK_AT_ALL = (
    "SELECT o.idx FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sealed' AND (o.consent_hash IS NULL OR EXISTS "
    "(SELECT 1 FROM consent c WHERE c.hash = o.consent_hash AND c.receipted = 1)) "
    f"ORDER BY o.kind NOT IN {RIGHTS}, CASE WHEN o.kind IN {RIGHTS} OR NOT ? THEN o.idx ELSE -o.idx END LIMIT ?"
)


def put(outbox, kind: str, state: str, consent_hash: bytes | None = None) -> int:
    """A row without words: thousands of sealed ones would take minutes."""
    (last,) = outbox.db.execute("SELECT coalesce(max(idx), 0) FROM ledger").fetchone()
    idx, stream = last + 1, b"s" * 16
    outbox.db.execute(
        "INSERT INTO ledger VALUES (?, ?, ?, NULL, ?, ?, x'', x'', x'', x'')", (idx, NOW, kind, stream, idx)
    )
    outbox.db.execute("INSERT INTO fate VALUES (?, ?, ?)", (idx, state, NOW))
    values = (stream, idx, idx, kind, consent_hash, bytes(3319), b"")
    outbox.db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return idx


def steps(outbox, look) -> int:
    """How many hundreds of steps of SQLite's machine a look takes, in steps."""
    counted = [0]

    def count() -> int:
        counted[0] += 100
        return 0

    outbox.db.set_progress_handler(count, 100)
    look()
    outbox.db.set_progress_handler(None, 0)
    return counted[0]


@pytest.mark.parametrize("receipted", [0, 1])
def test_a_look_for_the_next_row_costs_the_same_however_many_wait(world, receipted):
    with world.outbox() as outbox:
        outbox.db.execute("UPDATE consent SET hash = ?, receipted = ?", (HASH, receipted))
        outbox.db.execute("UPDATE fate SET state = 'sent'")
        with outbox.db:
            outbox.db.execute("BEGIN")
            for _ in range(3000):
                put(outbox, "summary", "sealed", HASH)
        outbox.unsent(1)  # passes over what is barred, once

        for look in (
            lambda: outbox.unsent(1, newest=True),
            lambda: outbox.unsent(1, newest=False),
            lambda: outbox.waiting(3),
        ):
            assert steps(outbox, look) <= STEPS_MOST
        planted = steps(outbox, lambda: outbox.db.execute(LOOK_AT_ALL, (True, 1)).fetchall())
        assert planted > 10 * STEPS_MOST, "the look at all rows, as it was, is found"


def test_barred_rows_may_go_once_their_consent_is_receipted_and_not_before(world):
    with world.outbox() as outbox:
        outbox.db.execute("UPDATE consent SET hash = ?", (HASH,))
        outbox.db.execute("UPDATE fate SET state = 'sent'")
        first, second = (put(outbox, "summary", "sealed", HASH) for _ in range(2))
        assert outbox.unsent(9) == []
        cover = put(outbox, "cover", "sealed")
        assert [row.idx for row in outbox.unsent(9)] == [cover]

        outbox.db.execute("UPDATE consent SET receipted = 1")

        assert [row.idx for row in outbox.unsent(9)] == [first, second, cover]
        assert outbox.waiting() == 3
        assert outbox.waiting(2) == 2


def test_a_look_inside_a_transaction_that_is_rolled_back_bars_no_later_row(world):
    with world.outbox() as outbox:
        outbox.db.execute("UPDATE fate SET state = 'sent'")
        outbox.db.execute("BEGIN")
        put(outbox, "summary", "sealed", HASH)
        assert outbox.unsent(9) == []
        outbox.db.execute("ROLLBACK")
        cover = put(outbox, "cover", "sealed")
        assert [row.idx for row in outbox.unsent(9)] == [cover]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_found_is_what_a_look_at_all_rows_finds(world, seed):
    dice = random.Random(seed)
    hashes = [bytes([n]) * 32 for n in range(3)]
    with world.outbox() as outbox:
        (idx,) = outbox.db.execute("SELECT idx FROM consent").fetchone()
        for serial, one in enumerate(hashes, start=2):
            outbox.db.execute("INSERT INTO consent VALUES (?, x'', ?, ?, 0)", (serial, one, idx))
        for _ in range(300):
            match dice.randrange(6):
                case 0:
                    put(outbox, dice.choice(("consent", "features", "erase", "gap", "cover")), "sealed")
                case 1 | 2:
                    put(outbox, "summary", "sealed", dice.choice(hashes))
                case 3:
                    which = (dice.choice(("sent", "withdrawn", "receipted")), dice.randrange(1, outbox.head()[0] + 1))
                    outbox.db.execute("UPDATE fate SET state = ? WHERE idx = ?", which)
                case 4:
                    outbox.db.execute(
                        "UPDATE consent SET receipted = 1 - receipted WHERE hash = ?", (dice.choice(hashes),)
                    )
                case _:
                    newest, most = dice.random() < 0.5, dice.choice((1, 1, 3, 1000))
                    wanted = outbox.db.execute(LOOK_AT_ALL, (newest, most)).fetchall()
                    assert [row.idx for row in outbox.unsent(most, newest=newest)] == [idx for (idx,) in wanted]
                    assert outbox.waiting(most) == len(wanted)


def test_a_consent_that_was_sent_and_never_receipted_is_not_sent_after_its_withdrawal(world):
    with world.outbox() as outbox:
        (given,) = outbox.unsent(1)
        outbox.mark_sent([given], NOW)
        cover = outbox.put([CoverMessage()], NOW)
        outbox.mark_sent([cover], NOW)

        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW)

        assert outbox.sent() == [cover.idx]
        assert [row.kind for row in outbox.unsent(9)] == ["consent"]
        assert outbox.unconfirmed() == ["consent"], "the withdrawal"

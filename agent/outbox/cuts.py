"""Whether the ledger was cut: each answer of the hub names the furthest row that it has, and that row must be here."""

from typing import Final

from agent.outbox.rows import Rows
from agent.wire import chain
from agent.wire.receipt import Place

CUT: Final = "break ledger"
BEGUN_AGAIN: Final = "begun again"  # in `meta`: why this file begins later than what the hub has


def compare(outbox: Rows, place: Place, now_utc_s: int) -> bool:
    """Compare the hub's place with the chain here; True when a cut is found that was not known.

    A cut is remembered, and a notice tells the person. The caller holds the transaction.

    Args:
        outbox: The ledger.
        place: The furthest row that the hub has of this device, and the chain's head before it.
        now_utc_s: For the notice.
    """
    if not place.ledger_index or holds(outbox, place):
        return False
    began = outbox.meta(BEGUN_AGAIN)
    last, _ = outbox.head()
    if began is not None:
        words = f"{began.decode()}: the hub holds rows up to {place.ledger_index} that are not in this ledger"
    elif last < place.ledger_index:
        words = f"the hub holds row {place.ledger_index}, but this ledger ends at row {last}"
        words = f"{words}: it was cut, or restored from an older copy"
    else:
        words = f"row {place.ledger_index} is not the one that the hub holds: the ledger was cut, and written on"
    if outbox.meta(CUT) == words.encode():
        return False
    known = outbox.meta(CUT) is not None
    outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (CUT, words.encode()))
    if not known:  # the rows that follow change the words, not the fact
        outbox.notify(words, now_utc_s)
    return not known


def holds(outbox: Rows, place: Place) -> bool:
    """Whether the row is here, with that head before it."""
    if outbox.db.execute("SELECT 1 FROM ledger WHERE idx = ?", (place.ledger_index,)).fetchone() is None:
        return False
    before = outbox.db.execute("SELECT link FROM ledger WHERE idx = ?", (place.ledger_index - 1,)).fetchone()
    return bytes(before[0] if before else chain.FIRST_HEAD) == place.head


def known_cut(outbox: Rows) -> str | None:
    """The cut that an answer showed, in words."""
    found = outbox.meta(CUT)
    return None if found is None else found.decode()

"""Rows that are sealed again as another row, in another stream: another digest has their place, or nobody has the key
any more that they were sealed to.
"""

import json
from collections.abc import Iterable
from typing import Final

from agent.errors import KeysMissing, WireRefused
from agent.outbox.file import Outbox
from agent.wire import envelope

MOST: Final = 3
MOST_A_DAY: Final = 2000
"""Of rows that were sealed again so often, and whose key is gone: a week of slots (2,016), 10 MB a day."""
_BEYOND: Final = "sealed again"  # in `meta`: the day, and how many of those on it
_DAY_S: Final = 86_400


def may_be_sealed(outbox: Outbox, idx: int, reason: str, now_utc_s: int) -> bool:
    """Whether a row is to be sealed again now; the hub alone decides how often it asks, and each time adds a row.

    A row whose key is gone could never be settled as it is: it goes on beyond the limit, of such rows a number a day.

    Args:
        outbox: The caller holds its transaction.
        idx: The row.
        reason: ``fork`` or ``kem_unknown``.
        now_utc_s: For the day.
    """
    if reason == "kem_unknown" and _is_to_newest(outbox, idx):
        return False  # the directory with the hub's new key is still on its way
    if _times(outbox, idx) < MOST:
        return True
    return reason == "kem_unknown" and _take_beyond(outbox, now_utc_s // _DAY_S)


def seal(outbox: Outbox, which: Iterable[int], now_utc_s: int) -> tuple[int, int]:
    """Seal rows again in another stream than theirs; how many were, and how many could not be read.

    A new stream begins only where the current one is theirs: a backlog whose answers come one by one needs one stream,
    and a hub takes 200 new ones a day. The caller holds the transaction.
    """
    made = unreadable = 0
    rows = list(which)
    if outbox.holds_current(rows):
        outbox.begin_stream()
    for idx in rows:
        outbox.drop_envelope(idx)
        try:
            messages = outbox.messages(idx)
        except (KeysMissing, WireRefused):  # a bit of the disk turned: this row alone is lost, and said
            outbox.set_state(idx, "refused:unreadable", now_utc_s)
            unreadable += 1
            continue
        row = outbox.append(messages, now_utc_s, again_idx=idx)
        for table in ("consent", "named_features"):
            outbox.db.execute(f"UPDATE {table} SET idx = ? WHERE idx = ?", (row.idx, idx))
        made += 1
    return made, unreadable


def _times(outbox: Outbox, idx: int) -> int:
    """How often a row's words were sealed before, up to the limit."""
    times = 0
    while times < MOST:
        found = outbox.db.execute("SELECT again_idx FROM ledger WHERE idx = ?", (idx,)).fetchone()
        if found is None or found[0] is None:
            break
        idx, times = found[0], times + 1
    return times


def _is_to_newest(outbox: Outbox, idx: int) -> bool:
    sealed = outbox.db.execute("SELECT envelope FROM outbox WHERE idx = ?", (idx,)).fetchone()[0]
    recipient = envelope.decode(sealed).header.recipient
    return outbox.sealing is not None and recipient == outbox.sealing.recipient_kid


def _take_beyond(outbox: Outbox, today: int) -> bool:
    """Take one of the rows that may go on today; False when none is left."""
    day, number = json.loads(outbox.meta(_BEYOND) or b"[0, 0]")
    number = number + 1 if day == today else 1
    if number > MOST_A_DAY:
        return False
    outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_BEYOND, json.dumps([today, number]).encode()))
    return True

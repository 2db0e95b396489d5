"""What the outbox promises to hold: which rows are beyond it, in the words of the gap record that the hub gets."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from agent.wire.envelope import ENVELOPE_BYTES

_DAY_S: Final = 86_400
_BLOCK_S: Final = 6 * 3600
_STEP_S: Final = 6 * 3600
UNSETTLED: Final = "state IN ('sealed', 'sent')"
# Consent, erasure and gap records are never dropped: they are few, and they are what the hub must know.
# What the person's rights rest on: kept for a hub that lost it, and sent before anything else, in its order.
RIGHTS: Final = "('consent', 'features', 'erase')"
_DROPPABLE: Final = f"f.{UNSETTLED} AND o.kind IN ('summary', 'context', 'days', 'cover', 'probe', 'schema')"
_ROWS: Final = "FROM outbox o JOIN fate f USING (idx)"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows that may wait for their receipt, their sealed bytes, and how long."""

    max_rows: int = 100_000
    max_age_days: int = 30
    max_bytes: int = 512_000_000

    @property
    def rows(self) -> int:
        """How many rows fit: every one has the one size."""
        return min(self.max_rows, self.max_bytes // ENVELOPE_BYTES)


@dataclass(frozen=True, slots=True)
class DoomedRow:
    """A row beyond the limits: its number, and whether it is too old."""

    stream: bytes
    seq: int
    idx: int
    is_old: bool


def held_rows(db: sqlite3.Connection) -> int:
    """How many rows wait that a limit may drop."""
    return int(db.execute(f"SELECT count(*) {_ROWS} WHERE {_DROPPABLE}").fetchone()[0])


def doomed_rows(db: sqlite3.Connection, limits: Limits, held: int, now_utc_s: int) -> list[DoomedRow]:
    """Rows beyond the limits, oldest first; more than strictly needed, so that a gap record stands for many rows.

    Args:
        db: The outbox's file; it is only read.
        limits: What is promised.
        held: As `held_rows` gave it.
        now_utc_s: For the age.
    """
    too_old = _older_than(db, limits.max_age_days * _DAY_S, now_utc_s)
    surplus = max(0, held - limits.rows + 1)
    if not surplus and not too_old:
        return []
    # In blocks: a gap record for each row would fill the outbox itself.
    surplus = surplus and surplus + limits.rows // 100
    old_idx = _older_than(db, limits.max_age_days * _DAY_S - _BLOCK_S, now_utc_s) if too_old else 0
    too_many = f"SELECT o.idx {_ROWS} WHERE {_DROPPABLE} ORDER BY o.idx LIMIT ?"
    found = db.execute(
        f"SELECT o.stream, o.seq, o.idx, o.idx <= ? {_ROWS} "
        f"WHERE {_DROPPABLE} AND (o.idx <= ? OR o.idx IN ({too_many})) ORDER BY o.idx",
        (old_idx, old_idx, surplus),
    )
    return [DoomedRow(stream, seq, idx, bool(is_old)) for stream, seq, idx, is_old in found]


def reason(limits: Limits, doomed: list[DoomedRow]) -> str:
    """The gap record's reason: ``age``, ``rows`` or ``bytes``."""
    if any(row.is_old for row in doomed):
        return "age"
    return "rows" if limits.rows == limits.max_rows else "bytes"


def _older_than(db: sqlite3.Connection, age_s: int, now_utc_s: int) -> int:
    """The newest ledger row older than that, when a droppable row is among the older ones; else 0.

    Age is time that this agent lived through: between two rows at most `_STEP_S` count, so that a
    clock that was set a year ahead ages nothing, and one set back hides nothing.
    """
    eldest = db.execute(f"SELECT min(o.idx) {_ROWS} WHERE {_DROPPABLE}").fetchone()[0]
    if eldest is None:
        return 0
    made = db.execute("SELECT idx, made_utc_s FROM ledger WHERE idx >= ? ORDER BY idx DESC", (eldest,))
    lived_s, later_utc_s = 0, now_utc_s
    for idx, made_utc_s in made:
        lived_s += min(max(0, later_utc_s - made_utc_s), _STEP_S)
        later_utc_s = made_utc_s
        if lived_s > age_s:
            return int(idx)
    return 0

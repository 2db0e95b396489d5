"""What the outbox promises to hold: beyond it the oldest data goes, and a gap record that reaches the hub says so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.wire.envelope import ENVELOPE_BYTES
from agent.wire.message import GapMessage

if TYPE_CHECKING:
    from agent.outbox.file import Outbox

_DAY_S: Final = 86_400
_BLOCK_S: Final = 6 * 3600
_STEP_S: Final = 6 * 3600
_LOOK_S: Final = 600
UNSETTLED: Final = "state IN ('sealed', 'sent')"
# Consent, erasure and gap records are never dropped: they are few, and they are what the hub must know.
_DROPPABLE: Final = f"f.{UNSETTLED} AND o.kind IN ('summary', 'cover', 'probe')"
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


def keep(outbox: "Outbox", limits: Limits, now_utc_s: int) -> None:
    """Drop what is beyond the limits and leave one gap record a stream. The caller holds the transaction.

    Counting costs time with every row that waits, so it is done when the rows made since could have filled the room
    that was left, and for age every ten minutes: a row more costs the same after a week without a broker.
    """
    if outbox.room > 0 and abs(now_utc_s - outbox.looked_utc_s) < _LOOK_S:
        return
    outbox.room, outbox.looked_utc_s = limits.rows, now_utc_s
    if not outbox.unsettled():
        return
    held = int(outbox.db.execute(f"SELECT count(*) {_ROWS} WHERE {_DROPPABLE}").fetchone()[0])
    too_old = _older_than(outbox, limits.max_age_days * _DAY_S, now_utc_s)
    surplus = max(0, held - limits.rows + 1)
    outbox.room = limits.rows - held
    if not surplus and not too_old:
        return
    # In blocks, so that a gap record stands for many rows: one for each would fill the outbox itself.
    surplus = surplus and surplus + limits.rows // 100
    old_idx = _older_than(outbox, limits.max_age_days * _DAY_S - _BLOCK_S, now_utc_s) if too_old else 0
    too_many = f"SELECT o.idx {_ROWS} WHERE {_DROPPABLE} ORDER BY o.idx LIMIT ?"
    doomed = outbox.db.execute(
        f"SELECT o.stream, o.seq, o.idx, o.idx <= ? {_ROWS} "
        f"WHERE {_DROPPABLE} AND (o.idx <= ? OR o.idx IN ({too_many})) ORDER BY o.idx",
        (old_idx, old_idx, surplus),
    ).fetchall()
    gaps: dict[bytes, list[int]] = {}
    for stream, seq, idx, _ in doomed:
        outbox.set_fate(idx, "dropped", now_utc_s)
        outbox.drop_envelope(idx)
        gaps.setdefault(stream, []).append(seq)
    outbox.room += len(doomed)
    full = "rows" if limits.rows == limits.max_rows else "bytes"
    reason = "age" if any(old for *_, old in doomed) else full
    for stream, seqs in gaps.items():
        outbox.append([GapMessage(stream, min(seqs), max(seqs), len(seqs), reason)], now_utc_s)
        outbox.tell(
            f"{len(seqs)} waiting rows were dropped at the outbox's limit ({reason}); the hub is informed", now_utc_s
        )


def _older_than(outbox: "Outbox", age_s: int, now_utc_s: int) -> int:
    """The newest ledger row older than that, when a droppable row is among the older ones; else 0.

    Age is time that this agent lived through: between two rows at most `_STEP_S` count, so that a
    clock that was set a year ahead ages nothing, and one set back hides nothing.
    """
    eldest = outbox.db.execute(f"SELECT min(o.idx) {_ROWS} WHERE {_DROPPABLE}").fetchone()[0]
    if eldest is None:
        return 0
    made = outbox.db.execute("SELECT idx, made_utc_s FROM ledger WHERE idx >= ? ORDER BY idx DESC", (eldest,))
    lived_s, later_utc_s = 0, now_utc_s
    for idx, made_utc_s in made:
        lived_s += min(max(0, later_utc_s - made_utc_s), _STEP_S)
        later_utc_s = made_utc_s
        if lived_s > age_s:
            return int(idx)
    return 0

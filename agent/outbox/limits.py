"""What the outbox promises to hold: beyond it the oldest data goes, and a gap record that reaches the hub says so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.wire.message import GapMessage

if TYPE_CHECKING:
    from agent.outbox.file import Outbox

_DAY_S: Final = 86_400
_BLOCK_S: Final = 6 * 3600
UNSETTLED: Final = "state IN ('sealed', 'sent')"
# Consent, erasure and gap records are never dropped: they are few, and they are what the hub must know.
_DROPPABLE: Final = f"f.{UNSETTLED} AND o.kind IN ('summary', 'cover', 'probe')"
_ROWS: Final = "FROM outbox o JOIN fate f USING (idx)"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows that may wait for their receipt, and how long."""

    max_rows: int = 100_000
    max_age_days: int = 30


def keep(outbox: "Outbox", limits: Limits, now_utc_s: int) -> None:
    """Drop what is beyond the limits and leave one gap record a stream. The caller holds the transaction."""
    if not outbox.unsettled():
        return
    held = int(outbox.db.execute(f"SELECT count(*) {_ROWS} WHERE {_DROPPABLE}").fetchone()[0])
    eldest = outbox.db.execute(
        f"SELECT l.made_utc_s {_ROWS} JOIN ledger l USING (idx) WHERE {_DROPPABLE} ORDER BY o.idx LIMIT 1"
    ).fetchone()
    too_old = eldest is not None and eldest[0] < now_utc_s - limits.max_age_days * _DAY_S
    surplus = max(0, held - limits.max_rows + 1)
    if not surplus and not too_old:
        return
    # In blocks, so that a gap record stands for many rows: one for each would fill the outbox itself.
    surplus = surplus and surplus + limits.max_rows // 100
    oldest_utc_s = now_utc_s - limits.max_age_days * _DAY_S + (_BLOCK_S if too_old else 0)
    too_many = f"SELECT o.idx {_ROWS} WHERE {_DROPPABLE} ORDER BY o.idx LIMIT ?"
    doomed = outbox.db.execute(
        f"SELECT o.stream, o.seq, o.idx, l.made_utc_s < ? {_ROWS} JOIN ledger l USING (idx) "
        f"WHERE {_DROPPABLE} AND (l.made_utc_s < ? OR o.idx IN ({too_many})) ORDER BY o.idx",
        (oldest_utc_s, oldest_utc_s, surplus),
    ).fetchall()
    gaps: dict[bytes, list[int]] = {}
    for stream, seq, idx, _ in doomed:
        outbox.set_fate(idx, "dropped", now_utc_s)
        outbox.drop_envelope(idx)
        gaps.setdefault(stream, []).append(seq)
    reason = "age" if any(old for *_, old in doomed) else "rows"
    for stream, seqs in gaps.items():
        outbox.append([GapMessage(stream, min(seqs), max(seqs), len(seqs), reason)], now_utc_s)
        outbox.tell(
            f"{len(seqs)} waiting rows were dropped at the outbox's limit ({reason}); the hub is told", now_utc_s
        )

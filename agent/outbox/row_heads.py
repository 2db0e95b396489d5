"""Rows of the ledger without their contents: which there are, what became of each, and what still waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.outbox.file import Outbox

NOT_SENT: Final = frozenset({"sealed", "withdrawn", "dropped", "again"})
"""States of rows that did not leave; the contents of one that was sealed again left as another row."""


@dataclass(frozen=True, slots=True)
class RowHead:
    """One row.

    Attributes:
        idx: Its number in the ledger.
        made_utc_s: When it was sealed.
        kind, state: As in the ledger.
        has_words: Whether its contents were not erased.
    """

    idx: int
    made_utc_s: int
    kind: str
    state: str
    has_words: bool

    @property
    def is_sent(self) -> bool:
        """Whether it left this machine."""
        return self.state not in NOT_SENT


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are of each sort.

    Attributes:
        summary, cover, other: Rows that left, by kind.
        kept: Rows that did not leave.
    """

    summary: int = 0
    cover: int = 0
    other: int = 0
    kept: int = 0


def heads(outbox: Outbox, before_idx: int, since_utc_s: int, most: int) -> list[RowHead]:
    """Rows before one, made since a moment, newest first.

    Args:
        outbox: The file.
        before_idx: The first row that is not listed.
        since_utc_s: Older rows are left out.
        most: How many rows before that one are looked at.
    """
    query = (
        "SELECT idx, made_utc_s, kind, state, sealed_words IS NOT NULL FROM ledger JOIN fate USING (idx) "
        "WHERE idx < ? AND idx >= ? AND made_utc_s >= ? ORDER BY idx DESC"
    )
    found = outbox.db.execute(query, (before_idx, before_idx - most, since_utc_s)).fetchall()
    return [RowHead(idx, made, kind, state, bool(words)) for idx, made, kind, state, words in found]


def head(outbox: Outbox, idx: int) -> RowHead | None:
    """One row; None: there is none of that number."""
    found = heads(outbox, idx + 1, -(2**62), 1)
    return found[0] if found else None


def counts(rows: Iterable[RowHead]) -> Counts:
    """How many there are of each sort.

    >>> counts([RowHead(1, 0, "cover", "receipted", True), RowHead(2, 0, "summary", "sealed", True)])
    Counts(summary=0, cover=1, other=0, kept=1)
    """
    made = {"summary": 0, "cover": 0, "other": 0, "kept": 0}
    for row in rows:
        made["kept" if not row.is_sent else row.kind if row.kind in ("summary", "cover") else "other"] += 1
    return Counts(**made)


def waiting(outbox: Outbox) -> tuple[int, int | None]:
    """How many rows were never sent and may still go, and since when the oldest of them waits."""
    query = "SELECT count(*), min(made_utc_s) FROM fate JOIN ledger USING (idx) WHERE state = 'sealed'"
    n, since_utc_s = outbox.db.execute(query).fetchone()
    return int(n), since_utc_s

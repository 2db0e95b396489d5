"""Which row goes to the broker next for the first time, found in the order of an index.

A row costs the same to find whether ten wait or a hundred thousand. Rows that may not go yet, because the hub has not
receipted their consent, are passed over once: they stay barred until another consent is receipted.
"""

import sqlite3
from typing import Final

from agent.outbox.limits import RIGHTS

_RIGHTS: Final = (
    f"FROM outbox o CROSS JOIN fate f ON f.idx = o.idx WHERE o.kind IN {RIGHTS} AND f.state = 'sealed' ORDER BY o.idx"
)
# `fate` first: its index holds the sealed rows in order, and the first that may go ends the search.
_OTHERS: Final = (
    "FROM fate f CROSS JOIN outbox o ON o.idx = f.idx WHERE f.state = 'sealed' AND f.idx > ? "
    f"AND o.kind NOT IN {RIGHTS} "
    "AND (o.consent_hash IS NULL OR o.consent_hash IN (SELECT hash FROM consent WHERE receipted = 1)) ORDER BY f.idx"
)


class Unsent:
    """The rows of one file that were never sent.

    Args:
        db: The open file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._receipted: frozenset[bytes] = frozenset()
        self._barred_to = 0  # up to this ledger index no row may go under the consents receipted

    def indices(self, most: int, *, newest: bool) -> list[int]:
        """Ledger indices of rows that may go now: what ends or changes consent, in its order, then the others.

        Args:
            most: How many at most.
            newest: The others newest first, else oldest first.
        """
        found = self._found(f"SELECT o.idx {_RIGHTS} LIMIT ?", most)
        if len(found) == most:
            return found
        (head,) = self._found("SELECT coalesce(max(idx), 0) FROM ledger")  # first: another process may write meanwhile
        others = self._others("DESC" if newest else "ASC", most - len(found))
        if not self._db.in_transaction:  # what is rolled back may give its index to another row
            if others and not newest:
                self._barred_to = others[0] - 1
            elif not others:
                self._barred_to = head
        return found + others

    def count(self, most: int) -> int:
        """How many rows may go now; counted up to ``most``, below 0: all."""
        rights = len(self._found(f"SELECT o.idx {_RIGHTS} LIMIT ?", most))
        return rights if rights == most else rights + len(self._others("ASC", most - rights if most > 0 else most))

    def _others(self, order: str, most: int) -> list[int]:
        receipted = frozenset(bytes(row[0]) for row in self._db.execute("SELECT hash FROM consent WHERE receipted = 1"))
        if receipted != self._receipted:
            self._receipted, self._barred_to = receipted, 0
        return self._found(f"SELECT f.idx {_OTHERS} {order} LIMIT ?", self._barred_to, most)

    def _found(self, query: str, *words: int) -> list[int]:
        return [idx for (idx,) in self._db.execute(query, words)]

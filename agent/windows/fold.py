"""Folds: of each day's windows the numbers that weeks are made of, as one sealed row beside them.

    windows of a day ──▶ rows of numbers ──▶ bytes of one length a window ──▶ sealed, bound to its day

A year of windows takes seconds to open one by one, and its folds a few milliseconds. A fold is made from the windows
alone and holds nothing that they do not: notes, changes, shifts and the time zone are not in it. Its length is that of
the number of windows, which the windows' own rows show as well.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import KeysMissing, StorageFull
from agent.model import Summary
from agent.privacy.vault import Vault
from agent.scoring.columns import FEATURES, ROW, Columns, from_rows, row_of
from agent.system.storage import Database, one_moment, storing

Rows = NDArray[np.float64]
"""One row a window, oldest first, shape ``(n, ROW)``; see `agent.scoring.columns.row_of`."""
TABLE: Final = "CREATE TABLE IF NOT EXISTS fold (day INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;"
_DAY_S: Final = 86_400
_DAYS_AT_ONCE: Final = 8  # in one transaction: the running agent waits for it
_HEAD: Final = json.dumps([1, *FEATURES]).encode() + b"\n"
"""What the rows hold. A fold of other features is made again."""

_FOLDED: Final = "(SELECT sealed FROM fold WHERE fold.day = every.day)"
_DAYS: Final = """
WITH RECURSIVE every(day) AS (
    SELECT min(start_utc_s) / 86400 FROM summary
    UNION ALL
    SELECT (SELECT min(start_utc_s) FROM summary WHERE start_utc_s >= (day + 1) * 86400) / 86400
    FROM every WHERE day IS NOT NULL
)
SELECT day,
    (SELECT min(start_utc_s) FROM summary WHERE start_utc_s >= day * 86400),
    (SELECT max(start_utc_s) FROM summary WHERE start_utc_s < (day + 1) * 86400),
    {folded}
FROM every WHERE day IS NOT NULL AND day BETWEEN ? AND ?
"""
_EVER: Final = (-(2**40), 2**40)


class Folds:
    """The folds of one history.

    Args:
        db: Its file; a table ``summary`` is in it.
        vault: Seals them.
        windows: Opens the windows that begin in [begin, end), in s of UTC, oldest first.
    """

    def __init__(self, db: Database, vault: Vault, windows: Callable[[int, int], Iterable[Summary]]) -> None:
        self._db, self._vault, self._windows = db, vault, windows

    def keep(self, summary: Summary, store: Callable[[], None]) -> None:
        """Store a window, and fold it into its day; within one transaction of the caller.

        Args:
            summary: As it will be read again.
            store: Writes its row.
        """
        day = summary.start_utc_s // _DAY_S
        rows = next((rows for _, rows in self._days((day, day))), None)
        store()
        try:
            self._put(day, self._made(day) if rows is None else merged(rows, [row_of(summary)]))
        except KeysMissing:  # a window of this day is damaged: it is met where the weeks are read, and not here
            self._db.execute("DELETE FROM fold WHERE day = ?", (day,))

    def cut(self, end_utc_s: int) -> None:
        """Take windows that end before a moment out; within the transaction that deletes them."""
        for day, sealed in self._db.execute(
            "SELECT day, sealed FROM fold WHERE day <= ?", (end_utc_s // _DAY_S,)
        ).fetchall():
            rows = self._opened(day, sealed)
            left = np.empty((0, ROW)) if rows is None else rows[rows[:, 1] >= end_utc_s]
            if not len(left):
                self._db.execute("DELETE FROM fold WHERE day = ?", (day,))
            elif rows is not None and len(left) < len(rows):
                self._put(day, left)

    def columns(self, *, fills: bool) -> Columns:
        """All windows, oldest first.

        Args:
            fills: Whether days that are not folded (an earlier release kept them) are folded now. Else, and on a full
                disk, they are opened window by window.
        """
        days = dict(self._every())
        missing = [day for day, rows in days.items() if rows is None]
        if missing and fills:
            with suppress(StorageFull):
                self._fill(missing)
            days = dict(self._every())
        parts = [self._made(day) if rows is None else rows for day, rows in days.items()]
        return from_rows(np.concatenate([np.empty((0, ROW)), *parts]))

    def _fill(self, missing: list[int]) -> None:
        for begin in range(0, len(missing), _DAYS_AT_ONCE):
            with storing(self._db):
                for day in missing[begin : begin + _DAYS_AT_ONCE]:
                    if any(rows is None for _, rows in self._days((day, day))):  # the agent may have been faster
                        self._put(day, self._made(day))

    def _every(self) -> list[tuple[int, Rows | None]]:
        with one_moment(self._db):
            return list(self._days(_EVER))

    def _days(self, days: tuple[int, int]) -> Iterator[tuple[int, Rows | None]]:
        """Days with windows and their folds; None where there is none, or where it is not of these windows: a release
        before folds wrote into the file.
        """
        is_there = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fold'").fetchone()
        query = _DAYS.format(folded=_FOLDED if is_there else "NULL")
        for day, first_utc_s, last_utc_s, sealed in self._db.execute(query, days).fetchall():
            rows = None if sealed is None else self._opened(day, sealed)
            fits = rows is not None and len(rows) and (rows[0, 0], rows[-1, 0]) == (first_utc_s, last_utc_s)
            yield day, rows if fits else None

    def _made(self, day: int) -> Rows:
        windows = self._windows(day * _DAY_S, (day + 1) * _DAY_S)
        return np.array([row_of(summary) for summary in windows]).reshape(-1, ROW)

    def _put(self, day: int, rows: Rows) -> None:
        sealed = self._vault.seal(f"fold {day}", encode(rows))
        self._db.execute("INSERT OR REPLACE INTO fold VALUES (?, ?)", (day, sealed))

    def _opened(self, day: int, sealed: bytes) -> Rows | None:
        """None for one that another release, day or key sealed: its windows say what they are."""
        try:
            return decode(self._vault.open(f"fold {day}", sealed))
        except KeysMissing:
            return None


def encode(rows: Rows) -> bytes:
    """Bytes of the rows of a day."""
    return _HEAD + rows.astype("<f8").tobytes()


def decode(words: bytes) -> Rows | None:
    """Undo `encode`; None for bytes of another release."""
    if not words.startswith(_HEAD) or (len(words) - len(_HEAD)) % (8 * ROW):
        return None
    return np.frombuffer(words, "<f8", offset=len(_HEAD)).reshape(-1, ROW).astype(np.float64)


def merged(rows: Rows, new: Iterable[list[float]]) -> Rows:
    """The rows with further ones; a new one replaces the one of the same start."""
    by_start = {row[0]: row for row in [*rows.tolist(), *new]}
    return np.array([by_start[start] for start in sorted(by_start)]).reshape(-1, ROW)

"""The person's own memory: 400 days of summaries and of what the person said, under the data key; never a beat."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from agent.model import FeatureValue, Summary
from agent.privacy.vault import SEALED_MORE_BYTES, Vault
from agent.scoring.columns import Columns
from agent.system.storage import connect, connect_to_read, shred, storing
from agent.windows import fold
from agent.windows.fold import Folds

KEEP_DAYS = 400
_DAY_S = 86_400
TOLD_BYTES = 1024
WINDOW_BYTES = 3968  # with seal and row it fills one page of the file
"""Of one size for all windows and for all that was said: a file's lengths tell nobody a face from a heart, a rhythm too
irregular for its numbers from a calm one, or an illness from a shift. Every number that we know fits."""
_REPAD_MOST = 1000
_SLACK_WINDOWS = 1000
_LENGTH_BYTES = 4

_TABLES = f"""
CREATE TABLE IF NOT EXISTS summary (
    start_utc_s INTEGER PRIMARY KEY, end_utc_s INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS told (sealed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS clock_break (at_utc_s INTEGER NOT NULL, jump_s REAL NOT NULL) STRICT;
{fold.TABLE}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the person said of themself.

    Attributes:
        at_utc_s: When it was, or when it began.
        what: ``check-in``, ``shift`` or ``change``.
        name: The instrument, the kind of shift, or the kind of change.
        numbers: An instrument's answers by item (place of the answer), or ``{"until_utc_s": ...}``.
    """

    at_utc_s: int
    what: str
    name: str
    numbers: Mapping[str, int]


class History:
    """One SQLite file of summaries.

    Args:
        path: Where it lies.
        vault: Seals its rows.
        writes: False: only look, and change nothing on the disk.

    Raises (every method):
        StorageFull: The disk is full.
        OutboxBroken: The file cannot be read.
    """

    def __init__(self, path: Path, vault: Vault, *, writes: bool = True) -> None:
        self._vault = vault
        self._writes = writes
        self._db = connect(path, _TABLES) if writes else connect_to_read(path)
        self._folds = Folds(self._db, vault, self._between)

    def close(self) -> None:
        self._db.close()

    def keep(self, summary: Summary) -> None:
        """Remember one window; the same window again replaces it."""
        packed = _packed(summary.values)
        row = (summary.start_utc_s, summary.end_utc_s, self._vault.seal("history", _padded(packed, WINDOW_BYTES)))
        kept = Summary(summary.start_utc_s, summary.end_utc_s, _unpacked(packed))
        with storing(self._db):
            self._folds.keep(kept, lambda: self._store(row))
            # counted from the thousandth newest window: a clock that is wrong for some days forgets nothing
            newest = "SELECT end_utc_s - ? FROM summary ORDER BY start_utc_s DESC LIMIT 1 OFFSET ?"
            oldest = self._db.execute(newest, (KEEP_DAYS * _DAY_S, _SLACK_WINDOWS)).fetchone()
            if oldest is not None:
                self._db.execute("DELETE FROM summary WHERE start_utc_s < ?1 AND end_utc_s < ?1", oldest)
                self._folds.cut(oldest[0])

    def keep_break(self, at_utc_s: int, jump_s: float) -> None:
        """Remember that the wall clock was moved."""
        with storing(self._db):
            self._db.execute("INSERT INTO clock_break VALUES (?, ?)", (at_utc_s, jump_s))

    def summaries(self) -> Iterator[Summary]:
        """Oldest first."""
        return self._opened(self._db.execute("SELECT * FROM summary ORDER BY start_utc_s"))

    def columns(self) -> Columns:
        """All windows side by side, oldest first: the numbers that weeks are made of, without opening each window."""
        return self._folds.columns(fills=self._writes)

    def _store(self, row: tuple[int, int, bytes]) -> None:
        self._db.execute("INSERT OR REPLACE INTO summary VALUES (?, ?, ?)", row)

    def _between(self, begin_utc_s: int, end_utc_s: int) -> Iterator[Summary]:
        query = "SELECT * FROM summary WHERE start_utc_s >= ? AND start_utc_s < ? ORDER BY start_utc_s"
        return self._opened(self._db.execute(query, (begin_utc_s, end_utc_s)))

    def _opened(self, rows: Iterable[tuple[int, int, bytes]]) -> Iterator[Summary]:
        for start_utc_s, end_utc_s, sealed in rows:
            yield Summary(start_utc_s, end_utc_s, _unpacked(_bare(self._vault.open("history", sealed))))

    def tell(self, told: Told) -> None:
        """Remember what the person said, until they take it back or erase everything."""
        words = json.dumps([told.at_utc_s, told.what, told.name, dict(told.numbers)]).encode()
        sealed = self._vault.seal("told", words.ljust(-(-len(words) // TOLD_BYTES) * TOLD_BYTES))
        with storing(self._db):
            self._db.execute("INSERT INTO told VALUES (?)", (sealed,))

    def repad(self, most: int = _REPAD_MOST) -> int:
        """Give rows of an earlier release the one size; how many were given it. Call it until none is left.

        Raises:
            KeysMissing: Another data key sealed them.
        """
        changed = 0
        for table, what, size in (("summary", "history", WINDOW_BYTES), ("told", "told", TOLD_BYTES)):
            query = f"SELECT rowid, sealed FROM {table} WHERE (length(sealed) - ?) % ? != 0 LIMIT ?"
            found = self._db.execute(query, (SEALED_MORE_BYTES + _head(what), size, most)).fetchall()
            with storing(self._db):
                for row, sealed in found:
                    words = self._vault.open(what, sealed)
                    full = words.ljust(-(-len(words) // size) * size) if what == "told" else _padded(_bare(words), size)
                    again = self._vault.seal(what, full)
                    self._db.execute(f"UPDATE {table} SET sealed = ? WHERE rowid = ?", (again, row))
            changed += len(found)
        if changed:
            shred(self._db)
        return changed

    def told(self) -> list[Told]:
        """Oldest first."""
        found = []
        for (sealed,) in self._db.execute("SELECT sealed FROM told ORDER BY rowid"):
            at_utc_s, what, name, numbers = json.loads(self._vault.open("told", sealed))
            found.append(Told(at_utc_s, what, name, numbers))
        return sorted(found, key=lambda one: one.at_utc_s)

    def untell(self, told: Told) -> bool:
        """Forget one thing that was said; False where it is not here."""
        for row, sealed in self._db.execute("SELECT rowid, sealed FROM told").fetchall():
            if json.loads(self._vault.open("told", sealed)) == [
                told.at_utc_s, told.what, told.name, dict(told.numbers)
            ]:  # fmt: skip
                with storing(self._db):
                    self._db.execute("DELETE FROM told WHERE rowid = ?", (row,))
                shred(self._db)
                return True
        return False

    def erase(self) -> int:
        """Forget everything; returns how many windows that were."""
        with storing(self._db):
            gone = self._db.execute("DELETE FROM summary").rowcount
            self._db.execute("DELETE FROM fold")
            self._db.execute("DELETE FROM clock_break")
            self._db.execute("DELETE FROM told")
        shred(self._db)
        return gone


def _packed(values: tuple[FeatureValue, ...]) -> bytes:
    """A window's values in some 700 bytes: fields in the order of `FeatureValue`, six digits, deflated.

    A day of 36 numbers every five minutes would else fill 2.4 MB.
    """
    rows = [[float(f"{one:.6g}") if isinstance(one, float) else one for one in astuple(value)] for value in values]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 9)


def _head(what: str) -> int:
    return 0 if what == "told" else _LENGTH_BYTES


def _padded(words: bytes, size: int) -> bytes:
    """Words behind their length, filled up with zeros to a multiple of the size."""
    return len(words).to_bytes(_LENGTH_BYTES, "big") + words.ljust(-(-len(words) // size) * size, b"\0")


def _bare(words: bytes) -> bytes:
    """Undo `_padded`; words of release 0.1.0 have no length before them, and begin with another byte."""
    if not words.startswith(b"\0"):
        return words
    return words[_LENGTH_BYTES : _LENGTH_BYTES + int.from_bytes(words[:_LENGTH_BYTES], "big")]


def _unpacked(words: bytes) -> tuple[FeatureValue, ...]:
    """Values of a row; one that an earlier version wrote holds the fields by name."""
    if words.startswith(b"["):
        return tuple(FeatureValue(**value) for value in json.loads(words))
    return tuple(FeatureValue(*value) for value in json.loads(zlib.decompress(words)))

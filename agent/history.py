"""The person's own memory: summaries of the last 400 days, under the data key; never a beat."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from agent.model import FeatureValue, Summary
from agent.privacy.vault import Vault
from agent.storage import connect, shred, storing

KEEP_DAYS = 400
_DAY_S = 86_400

_TABLES = """
CREATE TABLE IF NOT EXISTS summary (
    start_utc_s INTEGER PRIMARY KEY, end_utc_s INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS clock_break (at_utc_s INTEGER NOT NULL, jump_s REAL NOT NULL) STRICT;
"""


class History:
    """One SQLite file of summaries.

    Raises (every method):
        StorageFull: The disk is full.
        OutboxBroken: The file cannot be read.
    """

    def __init__(self, path: Path, vault: Vault) -> None:
        self._vault = vault
        self._db = connect(path, _TABLES)

    def close(self) -> None:
        self._db.close()

    def keep(self, summary: Summary) -> None:
        """Remember one window; the same window again replaces it."""
        words = json.dumps([asdict(value) for value in summary.values]).encode()
        oldest_utc_s = summary.end_utc_s - KEEP_DAYS * _DAY_S
        with storing(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO summary VALUES (?, ?, ?)",
                (summary.start_utc_s, summary.end_utc_s, self._vault.seal("history", words)),
            )
            self._db.execute("DELETE FROM summary WHERE end_utc_s < ?", (oldest_utc_s,))

    def keep_break(self, at_utc_s: int, jump_s: float) -> None:
        """Remember that the wall clock was moved."""
        with storing(self._db):
            self._db.execute("INSERT INTO clock_break VALUES (?, ?)", (at_utc_s, jump_s))

    def summaries(self) -> Iterator[Summary]:
        """Oldest first."""
        for start_utc_s, end_utc_s, sealed in self._db.execute("SELECT * FROM summary ORDER BY start_utc_s"):
            values = json.loads(self._vault.open("history", sealed))
            yield Summary(start_utc_s, end_utc_s, tuple(FeatureValue(**value) for value in values))

    def erase(self) -> int:
        """Forget everything; returns how many windows that were."""
        with storing(self._db):
            gone = self._db.execute("DELETE FROM summary").rowcount
            self._db.execute("DELETE FROM clock_break")
        shred(self._db)
        return gone

"""Reading what is stored: rows in order of arrival, summaries, counts. Only the rows asked for are decrypted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Engine, Row, func, select

from agent.wire import schema
from agent.wire.message import KINDS, DaysMessage, SummaryMessage
from agent.wire.plaintext import decode_plaintext
from agent.wire.receipt import Place
from hub.database import rows_at
from hub.keys.keystore import KeyStore
from hub.store.kept import place_of
from hub.store.tables import CHANGED, COUNTER, DEVICE, DUE, POST, ROW, SEEN

SUMMARY: Final = KINDS[SummaryMessage]
DAYS: Final = KINDS[DaysMessage]


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """One stored window.

    Attributes:
        device: Kid of the device that sent it.
        stream: With ``seq``, the envelope that it came in.
        message: The window's bounds (UTC s) and its coded values.
    """

    device: bytes
    stream: bytes
    seq: int
    message: SummaryMessage

    def features(self) -> dict[str, tuple[float | None, int]]:
        """Value (in the unit that the name ends in; None when withheld) and count of each feature, by name."""
        known = schema.features()
        return {
            known[coded.feature_id].name: (known[coded.feature_id].value(coded.v), coded.n)
            for coded in self.message.values
        }


@dataclass(frozen=True, slots=True)
class ArrivedRow:
    """One stored row.

    Attributes:
        arrival: Its place in the order of arrival, from 1; rows that were erased leave gaps.
        device: Kid of the device that sent it.
        kind: Kind of its messages: ``summary``, ``consent``, ``gap``.
        words: Its plaintext, encoded; None when its data key is destroyed.
    """

    arrival: int
    device: bytes
    stream: bytes
    seq: int
    kind: str
    words: bytes | None

    def summaries(self) -> list[StoredSummary]:
        """The windows in it; none when it is of another kind, or does not decrypt."""
        messages = () if self.words is None else decode_plaintext(self.words).messages
        return [
            StoredSummary(self.device, self.stream, self.seq, message)
            for message in messages
            if isinstance(message, SummaryMessage)
        ]

    def days(self) -> list[tuple[int, DaysMessage]]:
        """The values of days in it, with their ledger index; none when it is of another kind, or does not decrypt."""
        if self.words is None:
            return []
        said = decode_plaintext(self.words)
        return [(said.ledger_index, message) for message in said.messages if isinstance(message, DaysMessage)]


class StoredRows:
    """A database opened for reading.

    Args:
        reads: The database.
        keys: The data keys that its rows are encrypted under.
    """

    def __init__(self, reads: Engine, keys: KeyStore) -> None:
        self._reads, self._keys = reads, keys

    def rows_after(self, arrival: int, most: int, kind: str | None = None) -> list[ArrivedRow]:
        """The next rows in order of arrival. To read on, pass the ``arrival`` of the last row of the answer.

        A row that commits later than another has the higher number, on SQLite and on PostgreSQL with any number of
        workers, so a reader that goes on from the highest number it has read misses none. The numbers hold for one
        ``store_id``: when it changes, a backup was restored, and the reader starts from 0 again.

        Args:
            arrival: The last number already read; 0 to begin.
            most: How many rows at most; only these are decrypted.
            kind: Only rows of this kind, such as ``summary``.
        """
        query = select(ROW).where(ROW.c.arrival > arrival).order_by(ROW.c.arrival).limit(most)
        if kind is not None:
            query = query.where(ROW.c.kind == kind)
        self._keys.refresh()
        with self._reads.connect() as db:
            return [self._decrypted(row) for row in db.execute(query)]

    def last_arrival(self) -> int:
        """The highest arrival number of a row that is stored; 0 when there is none."""
        with self._reads.connect() as db:
            return int(db.execute(select(func.max(ROW.c.arrival))).scalar() or 0)

    def summaries(self) -> list[StoredSummary]:
        """Every stored window that still decrypts, by its start."""
        windows = [window for row in self._all(SUMMARY) for window in row.summaries()]
        return sorted(windows, key=lambda window: window.message.start_utc_s)

    def summary_count(self) -> int:
        """How many rows with windows still decrypt; nothing is decrypted to count them."""
        readable = self._keys.data_keys.names()
        query = select(ROW.c.data_key, func.count().label("n")).where(ROW.c.kind == SUMMARY).group_by(ROW.c.data_key)
        with self._reads.connect() as db:
            return sum(row.n for row in db.execute(query) if row.data_key in readable)

    def words(self) -> dict[tuple[bytes, int], bytes]:
        """The plaintext of every stored row that still decrypts, by (stream, seq)."""
        return {(row.stream, row.seq): row.words for row in self._all() if row.words is not None}

    def settled(self) -> dict[tuple[bytes, int], bytes]:
        """The digest of every settled envelope, by (stream, seq)."""
        with self._reads.connect() as db:
            return {(row.stream, row.seq): row.digest for row in db.execute(select(SEEN))}

    def settled_count(self) -> int:
        """How many envelopes are settled."""
        with self._reads.connect() as db:
            return int(db.execute(select(func.count()).select_from(SEEN)).scalar_one())

    def places(self, kids: Iterable[bytes]) -> dict[bytes, Place]:
        """How far the ledger of each of these devices has come, by kid; unknown devices are absent."""
        with self._reads.connect() as db:
            found = rows_at(db, (DEVICE.c.device,), ((kid,) for kid in kids))
        known = (row for row in found if row["ledger_index"] is not None)
        return {row["device"]: Place(row["ledger_index"], row["head_before"]) for row in known}

    def counters(self) -> dict[str, int]:
        """How many envelopes were stored, were duplicates, and were refused, by reason."""
        with self._reads.connect() as db:
            return {row.name: row.n for row in db.execute(select(COUNTER).order_by(COUNTER.c.name))}

    def due(self) -> tuple[int, float | None]:
        """How many rows wait to be scored, and since when the first of them does (UTC s); None: none waits."""
        with self._reads.connect() as db:
            row = db.execute(select(func.count(DUE.c.arrival).label("n"), func.min(DUE.c.taken_ms).label("ms"))).one()
        return int(row.n), None if row.ms is None else row.ms / 1000

    def changed_since_utc_s(self) -> float | None:
        """Since when the first person of whom something changed waits for `hub alerts`; None: nobody does."""
        with self._reads.connect() as db:
            ms = db.execute(select(func.min(CHANGED.c.taken_ms))).scalar()
        return None if ms is None else ms / 1000

    def post_since_utc_s(self) -> int | None:
        """When the oldest message to the team was made that was tried and not delivered; None: there is none."""
        with self._reads.connect() as db:
            made = db.execute(select(func.min(POST.c.made_utc_s)).where(POST.c.tries > 0)).scalar()
        return None if made is None else int(made)

    def _all(self, kind: str | None = None) -> Iterator[ArrivedRow]:
        self._keys.refresh()
        query = select(ROW) if kind is None else select(ROW).where(ROW.c.kind == kind)
        with self._reads.connect() as db:
            for row in db.execute(query):
                yield self._decrypted(row)

    def _decrypted(self, row: Row[Any] | SimpleNamespace) -> ArrivedRow:
        key = self._keys.data_keys.named(row.data_key)
        words = None if key is None else key.open(place_of((row.device, row.stream, row.seq)), row.words)
        return ArrivedRow(row.arrival, row.device, row.stream, row.seq, row.kind, words)

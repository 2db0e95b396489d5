"""How far each stream of a device has come: the last seq, and the ledger as the device stated it.

A device begins a stream at each start. How many it may begin in a day, and how many are remembered, is limited: what
decides (consent, withdrawal, erasure) is carried out in any stream, other messages wait until the next day.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from agent.errors import WireRefused
from agent.wire.message import NO_STREAM, ConsentMessage, EraseMessage, FeaturesMessage, Plaintext
from hub.database import rows_at
from hub.store.envelopes import Opened
from hub.store.tables import STREAM

STREAMS_A_DAY: Final = 200
STREAMS_MOST: Final = 1000
_DAY_S: Final = 86_400
_DECIDES: Final = (ConsentMessage, FeaturesMessage, EraseMessage)
_MOVE: Final = (
    update(STREAM)
    .where(STREAM.c.device == bindparam("to_device"), STREAM.c.stream == bindparam("to_stream"))
    .values({name: bindparam(f"to_{name}") for name in ("max_seq", "ledger_index", "head_before")})
)

StreamKey = tuple[bytes, bytes]


class Streams:
    """The streams that one transaction names.

    Args:
        db: The open transaction, which holds the locks of the devices.
        opened: All envelopes that may be added.

    Attributes:
        ends: How far each (device, stream) has come: max_seq, ledger_index, head_before.
    """

    def __init__(self, db: Connection, opened: Sequence[Opened]) -> None:
        self._db = db
        self.ends: dict[StreamKey, Any] = _ends(db, opened)
        self._new: set[StreamKey] = set()
        self._moved: set[StreamKey] = set()
        self._unlisted: set[StreamKey] = set()
        self._today: dict[bytes, int] = {}

    def refuse(self, here: StreamKey, plaintext: Plaintext) -> None:
        """Refuse a new stream above the day's limit, unless it brings a decision of the person.

        Raises:
            WireRefused: ``schema_too_new``, the one refusal that is not final for every device: the row is sent again.
        """
        if here in self.ends or self._begun_today(here[0]) < STREAMS_A_DAY:
            return
        if not all(isinstance(message, _DECIDES) for message in plaintext.messages):
            raise WireRefused("schema_too_new", "too many new streams in a day")
        self._unlisted.add(here)

    def advance(self, here: StreamKey, seq: int, plaintext: Plaintext) -> None:
        """Note an envelope that is stored."""
        end = self.ends.get(here)
        if end is None:
            end = self.ends[here] = {"device": here[0], "stream": here[1], "max_seq": 0, "ledger_index": -1}
            if here not in self._unlisted:
                self._today[here[0]] = self._begun_today(here[0]) + 1
                self._new.add(here)
        elif here not in self._new and here not in self._unlisted:
            self._moved.add(here)
        end["max_seq"] = max(seq, end["max_seq"])
        if plaintext.ledger_index > end["ledger_index"]:
            end |= {"ledger_index": plaintext.ledger_index, "head_before": plaintext.head_before}

    def flush(self) -> None:
        """Write what was noted, and delete the oldest streams of a device above the most that is remembered."""
        if self._new:
            now_utc_s = int(time.time())
            new = [{**self.ends[here], "begun_utc_s": now_utc_s} for here in sorted(self._new)]
            self._db.execute(insert(STREAM), new)
            for kid in sorted({kid for kid, _ in self._new}):
                self._prune(kid)
        if self._moved:
            moved = [{f"to_{name}": value for name, value in self.ends[at].items()} for at in self._moved]
            self._db.execute(_MOVE, sorted(moved, key=lambda end: (end["to_device"], end["to_stream"])))
        self._new.clear()
        self._moved.clear()

    def _begun_today(self, kid: bytes) -> int:
        if kid not in self._today:
            now_utc_s = int(time.time())
            today = STREAM.c.begun_utc_s.between(now_utc_s - _DAY_S, now_utc_s)  # not what a clock that was ahead wrote
            query = select(func.count()).select_from(STREAM).where(STREAM.c.device == kid, today)
            self._today[kid] = int(self._db.execute(query).scalar_one())
        return self._today[kid]

    def _prune(self, kid: bytes) -> None:
        """Keep the newest streams, and the one with the highest ledger index."""
        of = select(STREAM.c.stream, STREAM.c.ledger_index).where(STREAM.c.device == kid)
        rows = self._db.execute(of.order_by(func.coalesce(STREAM.c.begun_utc_s, 0).desc())).all()
        if len(rows) <= STREAMS_MOST:
            return
        highest = max(rows, key=lambda row: row.ledger_index).stream
        old = [row.stream for row in rows[STREAMS_MOST:] if row.stream != highest]
        self._db.execute(delete(STREAM).where(STREAM.c.device == kid, STREAM.c.stream.in_(old)))


def _ends(db: Connection, opened: Sequence[Opened]) -> dict[StreamKey, Any]:
    """The stored ends of the streams that envelopes belong to, and of the streams that they say came before."""
    own = {(one.source.device.kid, one.source.sealed.header.stream) for one in opened}
    before = {(one.source.device.kid, one.plaintext.previous_stream) for one in opened}
    named = own | {here for here in before if here[1] != NO_STREAM}
    return {(row["device"], row["stream"]): row for row in rows_at(db, (STREAM.c.device, STREAM.c.stream), named)}

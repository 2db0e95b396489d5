"""Tables, streams and `append`: ledger row and sealed row in one transaction, or neither.

state of a row: sealed ─▶ sent ─▶ receipted
                   │        ├──▶ refused:REASON
                   │        ├──▶ again       (sealed again as another row: fork, lost KEM key, new stream)
                   └────────┴──▶ withdrawn | dropped
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from agent.errors import KeysMissing, OutboxBroken
from agent.model import Released
from agent.outbox import limits
from agent.outbox.limits import Limits
from agent.outbox.rows import CONSENTED_SINCE, ERASE_ASKED, Row, Rows
from agent.outbox.tables import TABLES
from agent.privacy.vault import Vault
from agent.system.storage import connect, connect_to_read, storing
from agent.wire import chain, codec, envelope
from agent.wire.directory import Directory
from agent.wire.envelope import MAX_WORDS_BYTES
from agent.wire.keys import kid, receive_public
from agent.wire.message import (
    HASH_BYTES,
    KINDS,
    NO_STREAM,
    STREAM_BYTES,
    AskMessage,
    CoverMessage,
    DataMessage,
    EraseMessage,
    GapMessage,
    Message,
    Plaintext,
    ProbeMessage,
    RenewMessage,
    SchemaMessage,
    SummaryMessage,
)
from agent.wire.plaintext import encode_plaintext

_CHECK_S: Final = 600
_LONGEST_PLACE: Final = (bytes(STREAM_BYTES), codec.UINT_END - 1, codec.UINT_END - 1, bytes(HASH_BYTES))


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who seals, and to whom: the sender, and the newest KEM key of the newest directory."""

    sender: envelope.Sender
    recipient: MLKEM768X25519PublicKey
    recipient_kid: bytes

    @classmethod
    def to(cls, sender: envelope.Sender, directory: Directory) -> Self:
        public = directory.kems[-1].public
        return cls(sender, receive_public(public), kid(public))


def break_name(stream: bytes) -> str:
    """Where `meta` keeps why a stream's chain at the hub is not the one here."""
    return f"break {stream.hex()}"


class Outbox(Rows):
    """The file. One process writes; the command line may read beside it.

    Args:
        path: Where it lies; local disk only.
        vault: Seals the ledger's words at rest.
        sealing: None when not enrolled: then nothing can be appended.
        renew_stream: A new stream at every start. Off only in tests that make forks on purpose.
        writes: False: only look, and change nothing on the disk.

    Raises (every method):
        StorageFull: The disk is full; nothing was changed.
        OutboxBroken: The file is damaged.
    """

    def __init__(
        self,
        path: Path,
        vault: Vault,
        sealing: Sealing | None,
        *,
        keep: Limits | None = None,
        renew_stream: bool = True,
        writes: bool = True,
    ) -> None:
        self.sealing = sealing
        self.limits = keep or Limits()
        self._headroom, self._checked_utc_s = 0, 0  # see `_keep_limits`
        super().__init__(connect(path, TABLES) if writes else connect_to_read(path), vault)
        if sealing is not None and (renew_stream or self._last_stream() is None):
            with storing(self.db):
                self.begin_stream()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.db.close()

    # ---- making rows

    def put(self, messages: Sequence[Message], now_utc_s: int) -> Row:
        """Seal messages as a row of their own, durable on return."""
        with storing(self.db):
            self._keep_limits(now_utc_s)
            return self.append(messages, now_utc_s)

    def put_released(self, released: Iterable[Released], now_utc_s: int) -> list[Row]:
        """Seal summaries, unless consent changed or a pause began since the gate looked.

        Those of one window go together in one envelope where they fit: what leaves for a second purpose needs no slot.
        A hub of release 0.1.0 leaves an envelope waiting that holds a purpose it does not know: it gets one for each.
        """
        rows = []
        with storing(self.db):
            self._keep_limits(now_utc_s)
            said = [SummaryMessage.of(one) for one in released if self.may_leave(one.consent_hash)]
            for messages in _fitting(said) if self.hub_knows_schema_2() else [[one] for one in said]:
                rows.append(self.append(messages, now_utc_s))
        return rows

    def may_leave(self, consent_hash: bytes) -> bool:
        """Whether data may be sealed under a consent now. The caller holds the transaction."""
        if self.db.execute("SELECT 1 FROM pause WHERE end_utc_s IS NULL").fetchone():
            return False
        latest = "SELECT c.hash, f.state FROM consent c LEFT JOIN fate f USING (idx) ORDER BY c.serial DESC LIMIT 1"
        found = self.db.execute(latest).fetchone()
        return found is not None and found[0] == consent_hash and not str(found[1]).startswith("refused:")

    def append(
        self,
        messages: Sequence[Message],
        now_utc_s: int,
        *,
        again_idx: int | None = None,
        in_place_of: tuple[bytes, int] | None = None,
    ) -> Row:
        """Seal and write both sides. The caller holds the transaction.

        Args:
            messages: What to say; one or more.
            now_utc_s: For the ledger.
            again_idx: The ledger row that this one says again or replaces.
            in_place_of: (stream, seq) of a row never sent to the broker, resealed under its own seq.
        """
        if self.sealing is None:
            raise KeysMissing("this machine is not enrolled", remedy="Run 'wardbeat enroll BUNDLE'.")
        self._headroom -= 1
        ordinal, stream, last_seq = self._current_stream()
        at = in_place_of or (stream, last_seq + 1)
        previous = self.db.execute(
            "SELECT stream, last_seq FROM stream WHERE ordinal < ? AND last_seq > 0 ORDER BY ordinal DESC LIMIT 1",
            (ordinal,),
        ).fetchone() or (NO_STREAM, 0)
        idx, head = self.head()
        words = encode_plaintext(Plaintext(previous[0], previous[1], idx + 1, head, tuple(messages)))
        sealed = self.sealing.sender.seal(self.sealing.recipient, self.sealing.recipient_kid, at, words)
        row = Row(*at, idx + 1, KINDS[type(messages[0])], sealed)
        self._write(row, words, head, now_utc_s, again_idx)
        if in_place_of is None:
            self.db.execute("UPDATE stream SET last_seq = ? WHERE ordinal = ?", (row.seq, ordinal))
        first = messages[0]
        self.db.execute(
            "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                row.stream,
                row.seq,
                row.idx,
                row.kind,
                first.consent_hash if isinstance(first, DataMessage | AskMessage) else None,
                sealed,
                envelope.digest(sealed),
            ),
        )
        return row

    def begin_stream(self) -> None:
        """Go on under a new random stream. The caller holds the transaction."""
        self.db.execute("INSERT INTO stream (stream, last_seq) VALUES (?, 0)", (os.urandom(STREAM_BYTES),))

    def holds_current(self, idxs: Iterable[int]) -> bool:
        """Whether any of these ledger rows stands in the current stream."""
        stream = self._current_stream()[1]
        query = "SELECT 1 FROM ledger WHERE idx = ? AND stream = ?"
        return any(self.db.execute(query, (idx, stream)).fetchone() for idx in idxs)

    def request_erasure(self, serial: int, now_utc_s: int) -> None:
        """Queue the wish for the hub; it is the person's last word here. The caller holds the transaction."""
        self.append([EraseMessage(serial, now_utc_s)], now_utc_s)
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (ERASE_ASKED, str(now_utc_s).encode()))
        self.db.execute("DELETE FROM meta WHERE name = ?", (CONSENTED_SINCE,))

    # ---- private

    def _keep_limits(self, now_utc_s: int) -> None:
        """Drop what is beyond the limits and leave one gap record a stream. The caller holds the transaction.

        Counting costs time with every row that waits, so it is done when the rows made since could have used up the
        headroom, and for age every ten minutes: a row more costs the same after a week without a broker.
        """
        if self._headroom > 0 and abs(now_utc_s - self._checked_utc_s) < _CHECK_S:
            return
        self._headroom, self._checked_utc_s = self.limits.rows, now_utc_s
        if not self.unsettled():
            return
        held = limits.held_rows(self.db)
        doomed = limits.doomed_rows(self.db, self.limits, held, now_utc_s)
        self._headroom = self.limits.rows - held + len(doomed)
        if doomed:
            self._drop(doomed, limits.reason(self.limits, doomed), now_utc_s)

    def _drop(self, doomed: list[limits.DoomedRow], reason: str, now_utc_s: int) -> None:
        gaps: dict[bytes, list[int]] = {}
        for row in doomed:
            self.set_state(row.idx, "dropped", now_utc_s)
            self.drop_envelope(row.idx)
            gaps.setdefault(row.stream, []).append(row.seq)
        for stream, seqs in gaps.items():
            self.append([GapMessage(stream, min(seqs), max(seqs), len(seqs), reason)], now_utc_s)
            self.notify(
                f"{len(seqs)} waiting rows were dropped at the outbox's limit ({reason}); the hub is informed",
                now_utc_s,
            )

    def _write(self, row: Row, words: bytes, head: bytes, now_utc_s: int, again_idx: int | None) -> None:
        salt = os.urandom(chain.SALT_BYTES)
        committed = chain.commitment(salt, words)
        digest = envelope.digest(row.envelope)
        self.db.execute(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.idx,
                now_utc_s,
                row.kind,
                again_idx,
                row.stream,
                row.seq,
                self.vault.seal(f"ledger {row.idx}", salt + words),
                committed,
                digest,
                chain.link(head, committed, digest),
            ),
        )
        self.set_state(row.idx, "sealed", now_utc_s)

    def _last_stream(self) -> tuple[int, bytes, int] | None:
        found = self.db.execute("SELECT ordinal, stream, last_seq FROM stream ORDER BY ordinal DESC LIMIT 1").fetchone()
        return None if found is None else (found[0], found[1], found[2])

    def _current_stream(self) -> tuple[int, bytes, int]:
        current = self._last_stream()
        if current is None:
            raise OutboxBroken("the outbox has no stream", remedy="Restart the agent.")
        return current


def _fitting(messages: Sequence[SummaryMessage]) -> list[list[Message]]:
    """Messages in lists of which each fits one envelope."""
    lists: list[list[Message]] = []
    for message in messages:
        if lists and len(encode_plaintext(Plaintext(*_LONGEST_PLACE, (*lists[-1], message)))) <= MAX_WORDS_BYTES:
            lists[-1].append(message)
        else:
            lists.append([message])
    return lists


DISPOSABLE: Final = frozenset({KINDS[CoverMessage], KINDS[ProbeMessage], KINDS[RenewMessage], KINDS[SchemaMessage]})

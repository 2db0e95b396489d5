"""Tables, streams and `append`: ledger row and sealed row in one transaction, or neither.

fate of a row:  sealed ─▶ sent ─▶ receipted
                   │        ├──▶ refused:REASON
                   │        ├──▶ again       (sealed anew as another row: fork, lost KEM key, new stream)
                   └────────┴──▶ withdrawn | dropped
"""

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from agent.errors import KeysMissing, OutboxBroken
from agent.model import Released
from agent.outbox import limits
from agent.outbox.limits import UNSETTLED, Limits
from agent.outbox.tables import TABLES
from agent.privacy.vault import Vault
from agent.system.storage import connect, shred, storing
from agent.wire import chain, envelope
from agent.wire.directory import Directory
from agent.wire.keys import kid, receive_public
from agent.wire.message import (
    KINDS,
    NO_STREAM,
    STREAM_BYTES,
    CoverMessage,
    EraseMessage,
    GapMessage,
    Message,
    Plaintext,
    ProbeMessage,
    RenewMessage,
    SummaryMessage,
    decode_plaintext,
    encode_plaintext,
)

_DAY_S: Final = 86_400
_CHECK_S: Final = 600
KEEP_SEALED_DAYS: Final = 7
# Names in `meta`: up to which ledger row words were erased on purpose, and up to which old keys sealed.
ERASED_TO: Final = "erased to"
ERASE_ASKED: Final = "erase asked"
STAYS: Final = "stays"  # a consent was given since
RETIRED_TO: Final = "retired to"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the outbox, ready to hand to the broker."""

    stream: bytes
    seq: int
    idx: int
    kind: str
    envelope: bytes


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


class Outbox:
    """The file. One process writes; the command line may read beside it.

    Args:
        path: Where it lies; local disk only.
        vault: Seals the ledger's words at rest.
        sealing: None when not enrolled: then nothing can be appended.
        renew_stream: A new stream at every start. Off only in tests that make forks on purpose.

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
    ) -> None:
        self.vault = vault
        self.sealing = sealing
        self.limits = keep or Limits()
        self._headroom, self._checked_utc_s = 0, 0  # see `_keep_limits`
        self.db = connect(path, TABLES)
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
        """Seal summaries, unless consent changed or a pause began since the gate looked."""
        rows = []
        with storing(self.db):
            self._keep_limits(now_utc_s)
            paused = self.db.execute("SELECT 1 FROM pause WHERE end_utc_s IS NULL").fetchone()
            in_force = self.db.execute("SELECT hash FROM consent ORDER BY serial DESC LIMIT 1").fetchone()
            for summary in released:
                if not paused and in_force == (summary.consent_hash,):
                    rows.append(self.append([SummaryMessage.of(summary)], now_utc_s))
        return rows

    def append(
        self,
        messages: Sequence[Message],
        now_utc_s: int,
        *,
        again_idx: int | None = None,
        in_place_of: tuple[bytes, int] | None = None,
    ) -> Row:
        """Seal and write both faces. The caller holds the transaction.

        Args:
            messages: What to say; one or more.
            now_utc_s: For the ledger.
            again_idx: The ledger row that this one says again or replaces.
            in_place_of: (stream, seq) of a row never handed to the broker, resealed under its own seq.
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
                first.consent_hash if isinstance(first, SummaryMessage) else None,
                sealed,
                envelope.digest(sealed),
            ),
        )
        return row

    def begin_stream(self) -> None:
        """Go on under a new random stream. The caller holds the transaction."""
        self.db.execute("INSERT INTO stream (stream, last_seq) VALUES (?, 0)", (os.urandom(STREAM_BYTES),))

    # ---- handing rows over

    def waiting(self) -> int:
        """How many rows wait for their first hand-over and may go now."""
        return int(self.db.execute(f"SELECT count(*) {_UNSENT}").fetchone()[0])

    def rows_made(self) -> int:
        """How many (stream, seq) this file ever gave out."""
        return int(self.db.execute("SELECT coalesce(sum(last_seq), 0) FROM stream").fetchone()[0])

    def unsettled(self) -> int:
        """How many rows wait for their receipt, handed over or not."""
        return int(self.db.execute(f"SELECT count(*) FROM fate WHERE {UNSETTLED}").fetchone()[0])

    def unheard(self) -> list[str]:
        """Consents, withdrawals and erasures that the hub has not confirmed yet: their ledger kinds."""
        unsettled = f"FROM outbox o JOIN fate f USING (idx) WHERE f.{UNSETTLED}"
        query = f"SELECT o.kind {unsettled} AND o.kind IN ('consent', 'erase') ORDER BY o.idx"
        return [kind for (kind,) in self.db.execute(query)]

    def unsent(self, most: int, *, newest: bool = False) -> list[Row]:
        """Rows never handed over, what ends or changes consent first, then oldest first, or newest first.

        Summaries wait until the hub has receipted their consent record.
        """
        # what ends or changes consent keeps its order: a withdrawal that comes after the next consent would end that
        by_time = "CASE WHEN o.kind IN ('consent', 'erase') THEN o.idx ELSE -o.idx END" if newest else "o.idx"
        order = f"ORDER BY o.kind NOT IN ('consent', 'erase'), {by_time} LIMIT ?"
        return [Row(*row) for row in self.db.execute(f"SELECT {_ROW} {_UNSENT} {order}", (most,))]

    def handed(self) -> list[int]:
        """Ledger indices of the rows handed over and not settled, oldest first."""
        return [idx for (idx,) in self.db.execute("SELECT idx FROM fate WHERE state = 'sent' ORDER BY idx")]

    def unheard_rows(self) -> int:
        """How many rows were handed over and are not settled."""
        return int(self.db.execute("SELECT count(*) FROM fate WHERE state = 'sent'").fetchone()[0])

    def handed_row(self, idx: int) -> Row | None:
        """A row handed over and not settled; its bytes are never changed."""
        found = self.db.execute(
            f"SELECT {_ROW} FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sent' AND o.idx = ?", (idx,)
        ).fetchone()
        return None if found is None else Row(*found)

    def mark_sent(self, rows: Iterable[Row], now_utc_s: int) -> None:
        """Before the broker gets them: from here on they may be anywhere."""
        with storing(self.db):
            for row in rows:
                self.set_fate(row.idx, "sent", now_utc_s)

    # ---- small things that every face needs

    def head(self) -> tuple[int, bytes]:
        """The chain's last index and head."""
        last = self.db.execute("SELECT idx, link FROM ledger ORDER BY idx DESC LIMIT 1").fetchone()
        return (0, chain.FIRST_HEAD) if last is None else (last[0], last[1])

    def ask_to_erase(self, serial: int, now_utc_s: int) -> None:
        """Queue the wish for the hub; it is the person's last word here. The caller holds the transaction."""
        self.append([EraseMessage(serial, now_utc_s)], now_utc_s)
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (ERASE_ASKED, str(now_utc_s).encode()))
        self.db.execute("DELETE FROM meta WHERE name = ?", (STAYS,))

    def has_asked_to_erase(self, asked_utc_s: int) -> bool:
        """Whether the last erasure that was asked for here was asked at that moment."""
        return self.meta(ERASE_ASKED) == str(asked_utc_s).encode()

    def stays(self) -> bool:
        """Whether a consent was given since the last erasure was asked for."""
        return self.meta(STAYS) is not None

    def has_words(self, idx: int) -> bool:
        """Whether a ledger row's words were not erased."""
        found = self.db.execute("SELECT sealed_words IS NOT NULL FROM ledger WHERE idx = ?", (idx,)).fetchone()
        return found is not None and bool(found[0])

    def words(self, idx: int) -> bytes | None:
        """A ledger row's canonical plaintext, or None when its words were erased."""
        opened = self._salt_and_words(idx)
        return None if opened is None else opened[chain.SALT_BYTES :]

    def messages(self, idx: int) -> tuple[Message, ...]:
        """What a ledger row says; empty when its words were erased."""
        words = self.words(idx)
        return () if words is None else decode_plaintext(words).messages

    def set_fate(self, idx: int, state: str, now_utc_s: int) -> None:
        """The caller holds the transaction."""
        self.db.execute("INSERT OR REPLACE INTO fate VALUES (?, ?, ?)", (idx, state, now_utc_s))

    def drop_envelope(self, idx: int) -> None:
        """Destroy a row's sealed bytes. The caller holds the transaction."""
        self.db.execute("UPDATE outbox SET envelope = NULL WHERE idx = ?", (idx,))

    def meta(self, name: str) -> bytes | None:
        found = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def set_meta(self, name: str, value: bytes) -> None:
        with storing(self.db):
            self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def tell(self, words: str, now_utc_s: int) -> None:
        """Leave a note for the person. The caller holds the transaction."""
        self.db.execute("INSERT INTO news (at_utc_s, words) VALUES (?, ?)", (now_utc_s, words))

    def news(self) -> list[tuple[int, str]]:
        """Notes for the person, oldest first."""
        return [
            (at_utc_s, words) for at_utc_s, words in self.db.execute("SELECT at_utc_s, words FROM news ORDER BY id")
        ]

    def counts(self) -> dict[str, int]:
        """Rows by state."""
        return dict(self.db.execute("SELECT state, count(*) FROM fate GROUP BY state ORDER BY state").fetchall())

    def forget_old_bytes(self, now_utc_s: int) -> None:
        """Receipted rows keep their sealed bytes for 7 days, for a hub that lost them."""
        before_utc_s = now_utc_s - KEEP_SEALED_DAYS * _DAY_S
        with storing(self.db):
            self.db.execute(
                "UPDATE outbox SET envelope = NULL WHERE idx IN "
                "(SELECT idx FROM fate WHERE state = 'receipted' AND at_utc_s < ?) "
                "AND kind NOT IN ('consent', 'erase')",
                (before_utc_s,),  # what rights rest on is offered to a new hub however old it is
            )
        shred(self.db)

    def sealed_rows(self) -> Iterator[dict[str, object]]:
        """Every row as JSON can say it, oldest first: its number, what became of it, its sealed bytes in base64."""
        query = (
            "SELECT o.idx, o.stream, o.seq, o.kind, f.state, o.digest, o.envelope FROM outbox o JOIN fate f USING (idx)"
        )
        for idx, stream, seq, kind, state, digest, sealed in self.db.execute(f"{query} ORDER BY o.idx"):
            yield {
                "idx": idx,
                "stream": stream.hex(),
                "seq": seq,
                "kind": kind,
                "state": state,
                "digest": digest.hex(),
                "envelope": None if sealed is None else base64.b64encode(sealed).decode(),
            }

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
            self.set_fate(row.idx, "dropped", now_utc_s)
            self.drop_envelope(row.idx)
            gaps.setdefault(row.stream, []).append(row.seq)
        for stream, seqs in gaps.items():
            self.append([GapMessage(stream, min(seqs), max(seqs), len(seqs), reason)], now_utc_s)
            self.tell(
                f"{len(seqs)} waiting rows were dropped at the outbox's limit ({reason}); the hub is told", now_utc_s
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
        self.set_fate(row.idx, "sealed", now_utc_s)

    def _salt_and_words(self, idx: int) -> bytes | None:
        found = self.db.execute("SELECT sealed_words FROM ledger WHERE idx = ?", (idx,)).fetchone()
        return None if found is None or found[0] is None else self.vault.open(f"ledger {idx}", found[0])

    def _last_stream(self) -> tuple[int, bytes, int] | None:
        found = self.db.execute("SELECT ordinal, stream, last_seq FROM stream ORDER BY ordinal DESC LIMIT 1").fetchone()
        return None if found is None else (found[0], found[1], found[2])

    def _current_stream(self) -> tuple[int, bytes, int]:
        current = self._last_stream()
        if current is None:
            raise OutboxBroken("the outbox has no stream", remedy="Restart the agent.")
        return current


_ROW: Final = "o.stream, o.seq, o.idx, o.kind, o.envelope"
_UNSENT: Final = (
    "FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sealed' AND (o.consent_hash IS NULL OR EXISTS "
    "(SELECT 1 FROM consent c WHERE c.hash = o.consent_hash AND c.receipted = 1))"
)
DISPOSABLE: Final = frozenset({KINDS[CoverMessage], KINDS[ProbeMessage], KINDS[RenewMessage]})

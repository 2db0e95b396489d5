"""What stands in the outbox file: rows by state, words, notices; read here, and changed in small ways."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from agent.errors import KeysMissing
from agent.outbox.limits import RIGHTS, UNSETTLED
from agent.outbox.unsent import Unsent
from agent.privacy.sealed_values import is_sealed, opened_value, sealed_value
from agent.privacy.vault import Vault
from agent.system.storage import Database, shred, storing
from agent.wire import chain
from agent.wire.labels import FIRST_SCHEMA
from agent.wire.message import Message
from agent.wire.plaintext import decode_plaintext

_DAY_S: Final = 86_400
KEEP_SEALED_DAYS: Final = 7
# Names in `meta`: up to which ledger row words were erased on purpose, and up to which old keys sealed.
ERASED_TO: Final = "erased to"
ERASE_ASKED: Final = "erase asked"
CONSENTED_SINCE: Final = "stays"  # a consent was given after the last request to erase
RETIRED_TO: Final = "retired to"
# What the hub's last answer said: its clock, and the schema that it speaks with this device.
HUB_UTC_S: Final = "hub utc s"
HUB_HEARD: Final = "hub time"  # the same with counters of this machine, see `agent.enrollment.known_time`
HUB_SCHEMA: Final = "hub schema"
HUB_SCORES: Final = "hub scores"  # sealed
CONTEXT_SENT: Final = "context sent"  # sealed
DAYS_SENT: Final = "days sent"  # sealed
ASKED: Final = "asked of the team"  # sealed
HUB_ALERTS: Final = "hub alerts"  # sealed
NOTICES_ON: Final = "notices"  # sealed
NOTICED: Final = "noticed"  # sealed
LOOKS_ERASED: Final = "looks erased"  # the list of looks need not begin with the first
LOOK_FAULTS: Final = "look faults"  # sealed
_NOTED: Final = "noted"  # what the hub said today, and of what
NEWS_MOST: Final = 50

_SEALED_WORDS: Final = "\x01sealed "

_ROW: Final = "o.stream, o.seq, o.idx, o.kind, o.envelope"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the outbox, ready for the broker."""

    stream: bytes
    seq: int
    idx: int
    kind: str
    envelope: bytes


class Rows:
    """The rows of one file.

    Args:
        db: The open file.
        vault: Opens the ledger's words.

    Raises (every method):
        StorageFull: The disk is full; nothing was changed.
        OutboxBroken: The file is damaged.
    """

    def __init__(self, db: Database, vault: Vault) -> None:
        self.db, self.vault, self._unsent = db, vault, Unsent(db)

    # ---- sending rows

    def waiting(self, most: int = -1) -> int:
        """How many rows wait to be sent for the first time and may go now; counted up to ``most``, below 0: all."""
        return self._unsent.count(most)

    def rows_made(self) -> int:
        """How many (stream, seq) this file ever gave out."""
        return int(self.db.execute("SELECT coalesce(sum(last_seq), 0) FROM stream").fetchone()[0])

    def unsettled(self) -> int:
        """How many rows wait for their receipt, sent or not."""
        return int(self.db.execute(f"SELECT count(*) FROM fate WHERE {UNSETTLED}").fetchone()[0])

    def unconfirmed(self) -> list[str]:
        """Consents, withdrawals and erasures that the hub has not confirmed yet: their ledger kinds."""
        unsettled = f"FROM outbox o JOIN fate f USING (idx) WHERE f.{UNSETTLED}"
        query = f"SELECT o.kind {unsettled} AND o.kind IN ('consent', 'erase') ORDER BY o.idx"
        return [kind for (kind,) in self.db.execute(query)]

    def unsent(self, most: int, *, newest: bool = False) -> list[Row]:
        """Rows never sent, what ends or changes consent first, then oldest first, or newest first.

        Summaries wait until the hub has receipted their consent record.
        """
        # what ends or changes consent keeps its order: a withdrawal that comes after the next consent would end that
        query = f"SELECT {_ROW} FROM outbox o WHERE o.idx = ?"
        found = self._unsent.indices(most, newest=newest)
        return [Row(*self.db.execute(query, (idx,)).fetchone()) for idx in found]

    def sent(self) -> list[int]:
        """Ledger indices of the rows sent and not settled, oldest first."""
        return [idx for (idx,) in self.db.execute("SELECT idx FROM fate WHERE state = 'sent' ORDER BY idx")]

    def unconfirmed_rows(self) -> int:
        """How many rows were sent and are not settled."""
        return int(self.db.execute("SELECT count(*) FROM fate WHERE state = 'sent'").fetchone()[0])

    def sent_row(self, idx: int) -> Row | None:
        """A row sent and not settled; its bytes are never changed."""
        found = self.db.execute(
            f"SELECT {_ROW} FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sent' AND o.idx = ?", (idx,)
        ).fetchone()
        return None if found is None else Row(*found)

    def mark_sent(self, rows: Iterable[Row], now_utc_s: int) -> None:
        """Before the broker gets them: from here on they may be anywhere."""
        with storing(self.db):
            for row in rows:
                self.set_state(row.idx, "sent", now_utc_s)

    def stop_sending_consents(self, now_utc_s: int) -> None:
        """Before a withdrawal: what the hub never receipted is not sent again, for it could come there after it, when a
        hub's clock is put right. An older withdrawal is contained in the one that follows. The caller holds the
        transaction.
        """
        here = "state = 'sent' AND idx IN (SELECT idx FROM outbox WHERE kind IN ('consent', 'features'))"
        self.db.execute(f"UPDATE fate SET state = 'withdrawn', at_utc_s = ? WHERE {here}", (now_utc_s,))

    # ---- single values, shared by all sides

    def head(self) -> tuple[int, bytes]:
        """The chain's last index and head."""
        last = self.db.execute("SELECT idx, link FROM ledger ORDER BY idx DESC LIMIT 1").fetchone()
        return (0, chain.FIRST_HEAD) if last is None else (last[0], last[1])

    def has_asked_to_erase(self, asked_utc_s: int) -> bool:
        """Whether the last erasure that was asked for here was asked at that moment."""
        return self.meta(ERASE_ASKED) == str(asked_utc_s).encode()

    def has_consented_since_erasure(self) -> bool:
        """Whether a consent was given after the last erasure was requested."""
        return self.meta(CONSENTED_SINCE) is not None

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

    def set_state(self, idx: int, state: str, now_utc_s: int) -> None:
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

    def hub_knows_schema_2(self) -> bool:
        """Whether the hub's last answer was in schema 2 or a later one."""
        return int(self.meta(HUB_SCHEMA) or b"0") > FIRST_SCHEMA

    def sealed_meta(self, name: str) -> bytes | None:
        """A value that is kept under the data key; one of release 0.1.0 stands in clear.

        Raises:
            KeysMissing: Another data key sealed it, or it was altered.
        """
        return self.opened_meta(name, self.meta(name))

    def opened_meta(self, name: str, kept: bytes | None) -> bytes | None:
        """The same of a value that was read elsewhere."""
        return None if kept is None else opened_value(self.vault, f"meta {name}", kept)

    def set_sealed_meta(self, name: str, value: bytes) -> None:
        """Keep a value under the data key, of one size."""
        with storing(self.db):
            self.put_sealed_meta(name, value)

    def put_sealed_meta(self, name: str, value: bytes) -> None:
        """The same where the caller holds the transaction."""
        sealed = sealed_value(self.vault, f"meta {name}", value)
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, sealed))

    def seal_meta(self, name: str) -> None:
        """Put a value that release 0.1.0 kept in clear under the data key."""
        kept = self.meta(name)
        if kept is not None and not is_sealed(kept):
            self.set_sealed_meta(name, kept)

    def notify(self, words: str, now_utc_s: int, about: str = "") -> None:
        """Store a notice for the person; the newest 50 are kept. The caller holds the transaction.

        Args:
            words: What the person reads.
            now_utc_s: When.
            about: What the hub said it of, such as a stream: one notice a day about each; empty: ours, each is kept.
        """
        if about and not self._is_news(about, now_utc_s // _DAY_S):
            return
        self.db.execute("INSERT INTO news (at_utc_s, words) VALUES (?, ?)", (now_utc_s, self._sealed_words(words)))
        self.db.execute("DELETE FROM news WHERE id NOT IN (SELECT id FROM news ORDER BY id DESC LIMIT ?)", (NEWS_MOST,))

    def _is_news(self, about: str, day: int) -> bool:
        kept = self.meta(_NOTED)
        noted = [one for one in json.loads(kept or b"[]") if one[1] == day]
        if [about, day] in noted or len(noted) >= NEWS_MOST:
            return False
        noted.append([about, day])
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_NOTED, json.dumps(noted).encode()))
        return True

    def notices(self) -> list[tuple[int, str]]:
        """Notices for the person, oldest first."""
        found = self.db.execute("SELECT at_utc_s, words FROM news ORDER BY id").fetchall()
        return [(at_utc_s, self._opened_words(kept)) for at_utc_s, kept in found]

    def seal_notices(self) -> None:
        """Put what release 0.1.0 kept in clear under the data key."""
        with storing(self.db):
            for number, kept in self.db.execute("SELECT id, words FROM news").fetchall():
                if not kept.startswith(_SEALED_WORDS):
                    self.db.execute("UPDATE news SET words = ? WHERE id = ?", (self._sealed_words(kept), number))

    def _sealed_words(self, words: str) -> str:
        return _SEALED_WORDS + base64.b64encode(sealed_value(self.vault, "news", words.encode())).decode()

    def _opened_words(self, kept: str) -> str:
        if not kept.startswith(_SEALED_WORDS):
            return kept  # of release 0.1.0, before the first start of this one
        try:
            sealed = base64.b64decode(kept.removeprefix(_SEALED_WORDS), validate=True)
            return opened_value(self.vault, "news", sealed).decode()
        except (KeysMissing, ValueError):
            return "a notice cannot be read: it was altered, or another data key sealed it"

    def counts(self) -> dict[str, int]:
        """Rows by state."""
        return dict(self.db.execute("SELECT state, count(*) FROM fate GROUP BY state ORDER BY state").fetchall())

    def forget_old_bytes(self, now_utc_s: int) -> None:
        """Receipted rows keep their sealed bytes for 7 days, for a hub that lost them.

        What a wrong clock stamped in the future counts from now on.
        """
        before_utc_s = now_utc_s - KEEP_SEALED_DAYS * _DAY_S
        with storing(self.db):
            self.db.execute("UPDATE fate SET at_utc_s = ? WHERE at_utc_s > ?", (now_utc_s, now_utc_s + _DAY_S))
            self.db.execute(
                "UPDATE outbox SET envelope = NULL WHERE idx IN "
                "(SELECT idx FROM fate WHERE state = 'receipted' AND at_utc_s < ?) "
                f"AND kind NOT IN {RIGHTS}",
                (before_utc_s,),  # what rights rest on is offered to a new hub however old it is
            )
        shred(self.db)

    def sealed_rows(self) -> Iterator[dict[str, object]]:
        """Every row as JSON can say it, oldest first: its number, its state, its sealed bytes in base64."""
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

    def _salt_and_words(self, idx: int) -> bytes | None:
        found = self.db.execute("SELECT sealed_words FROM ledger WHERE idx = ?", (idx,)).fetchone()
        return None if found is None or found[0] is None else self.vault.open(f"ledger {idx}", found[0])

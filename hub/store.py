"""What the hub holds: summaries, consents, and the memory of every (device, stream, seq) it settled.

One envelope is taken in one savepoint of one transaction: consent looked up, de-duplicated, stored.
De-duplication memory outlives rows, so that nobody can bring an erased row back.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sqlalchemy import (
    Connection,
    delete,
    func,
    insert,
    select,
    update,
)

from agent.errors import WireRefused
from agent.wire import schema
from agent.wire.consent import ConsentRecord, Grant, decode_record
from agent.wire.consent import verified as verified_consent
from agent.wire.message import (
    KINDS,
    ConsentMessage,
    CoverMessage,
    EraseMessage,
    Message,
    Plaintext,
    ProbeMessage,
    SummaryMessage,
    decode_plaintext,
)
from agent.wire.receipt import STORE_ID_BYTES
from hub.database import open_database, reading, shred
from hub.keystore import Device, KeyStore
from hub.tables import CONSENT, COUNTER, META, QUARANTINE, ROW, SEEN, SITE, STREAM

_QUARANTINE_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """One stored window, by feature name: value and count."""

    device: bytes
    stream: bytes
    seq: int
    message: SummaryMessage

    def features(self) -> dict[str, tuple[float | None, int]]:
        known = schema.features()
        return {
            known[coded.feature_id].name: (known[coded.feature_id].value(coded.v), coded.n)
            for coded in self.message.values
        }


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How far the hub has a stream."""

    max_seq: int
    ledger_index: int
    head_before: bytes


class Store:
    """The file ``hub.db`` of a hub folder.

    Args:
        folder: The hub's.
        keys: Withdrawals and erasures are looked up and kept there.
        writes: For the receiver: only it finds out that the file came from a backup.
    """

    def __init__(self, folder: Path, keys: KeyStore, *, writes: bool = False) -> None:
        self._keys = keys
        path = folder / "hub.db"
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._engine = open_database(path, META)
        self._reads = reading(self._engine)
        # Read the key store first: a hub at work beside us advances the data file before it.
        self.store_id = self._own_id(keys.generation() if writes else 0)
        self._shred_due = writes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator["Taking"]:
        """All that is taken inside is durable on leaving, or nothing is."""
        with self._engine.begin() as db:
            taking = Taking(db, self._keys)
            yield taking
            generation = _put_number(db, "generation", 1)
            self._shred_due = self._shred_due or taking.erased
        self._keys.note_generation(generation)
        if self._shred_due:
            self._shred_due = not shred(self._engine)  # else again with the next batch

    def digest_of(self, device: bytes, stream: bytes, seq: int) -> bytes | None:
        """The digest that this seq was settled with."""
        with self._reads.connect() as db:
            return _digest_of(db, device, stream, seq)

    def end_of(self, device: bytes, stream: bytes) -> StreamEnd | None:
        """How far a stream is stored."""
        with self._reads.connect() as db:
            row = db.execute(select(STREAM).where(STREAM.c.device == device, STREAM.c.stream == stream)).first()
        return None if row is None else StreamEnd(row.max_seq, row.ledger_index, bytes(row.head_before))

    def summaries(self) -> list[StoredSummary]:
        """Every stored window, by its start."""
        found = []
        with self._reads.connect() as db:
            for row in db.execute(select(ROW).where(ROW.c.kind == KINDS[SummaryMessage])):
                for message in decode_plaintext(row.words).messages:
                    if isinstance(message, SummaryMessage):
                        found.append(StoredSummary(row.device, row.stream, row.seq, message))
        return sorted(found, key=lambda summary: summary.message.start_utc_s)

    def words(self) -> dict[tuple[bytes, int], bytes]:
        """The opened plaintext of every row kept, by (stream, seq)."""
        with self._reads.connect() as db:
            return {(row.stream, row.seq): row.words for row in db.execute(select(ROW))}

    def settled(self) -> dict[tuple[bytes, int], bytes]:
        """The digest of every (stream, seq) settled."""
        with self._reads.connect() as db:
            return {(row.stream, row.seq): row.digest for row in db.execute(select(SEEN))}

    def counters(self) -> dict[str, int]:
        """Every counter: stored, duplicate, and each refusal by name."""
        with self._reads.connect() as db:
            return {row.name: row.n for row in db.execute(select(COUNTER).order_by(COUNTER.c.name))}

    def _own_id(self, kept_generation: int) -> bytes:
        """Our name. A data file that is behind what the key store knows came from a backup: it gets
        a new name, so that devices offer again what it lost, and forgets again what was erased since.
        """
        with self._engine.begin() as db:
            found = db.execute(select(SITE.c.value).where(SITE.c.name == "store id")).scalar()
            restored = found is not None and _number(db, "generation") < kept_generation
            if found is None or restored:
                found = os.urandom(STORE_ID_BYTES)
                db.execute(delete(SITE).where(SITE.c.name == "store id"))
                db.execute(insert(SITE), {"name": "store id", "value": found})
            if restored:
                for device, serial in self._keys.erasures():
                    _forget(db, device, serial)
                _put_number(db, "generation", kept_generation)
        return bytes(found)


class Taking:
    """Taking envelopes inside one transaction."""

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db = db
        self._keys = keys
        self.erased = False

    def take(
        self, device: Device, at: tuple[bytes, int], sealed: tuple[bytes, bytes], opened: tuple[bytes, Plaintext]
    ) -> None:
        """Store one opened envelope, in a savepoint of its own.

        Args:
            device: Who.
            at: (stream, seq).
            sealed: (digest of the envelope, kid of the KEM key).
            opened: (words, what they say).

        Raises:
            WireRefused: ``duplicate``, ``fork``, or a refusal of consent; nothing of it was stored.
        """
        stream, seq = at
        digest, kem = sealed
        words, plaintext = opened
        with self._db.begin_nested():
            known = _digest_of(self._db, device.kid, stream, seq)
            if known is not None:
                raise WireRefused("duplicate" if known == digest else "fork")
            serial = max(self._message(device, message) for message in plaintext.messages)
            self._db.execute(
                insert(SEEN), {"device": device.kid, "stream": stream, "seq": seq, "digest": digest, "kem": kem}
            )
            if not all(isinstance(message, (CoverMessage, ProbeMessage)) for message in plaintext.messages):
                kind = KINDS[type(plaintext.messages[0])]
                self._db.execute(
                    insert(ROW),
                    {
                        "device": device.kid,
                        "stream": stream,
                        "seq": seq,
                        "kind": kind,
                        "serial": serial,
                        "words": words,
                    },
                )
            self._advance(device.kid, stream, seq, plaintext)

    def count(self, counts: Counter[str]) -> None:
        """Add to the counters."""
        for name, n in counts.items():
            if self._db.execute(update(COUNTER).where(COUNTER.c.name == name).values(n=COUNTER.c.n + n)).rowcount == 0:
                self._db.execute(insert(COUNTER), {"name": name, "n": n})

    def quarantine(self, data: bytes) -> None:
        """Set bytes aside that made our own code fail; the oldest give way."""
        self._db.execute(insert(QUARANTINE), {"envelope": data})
        newest = self._db.execute(select(func.max(QUARANTINE.c.id))).scalar_one()
        self._db.execute(delete(QUARANTINE).where(QUARANTINE.c.id <= newest - _QUARANTINE_MOST))

    def _message(self, device: Device, message: Message) -> int:
        """Let a message take effect; the serial of the consent that it hangs on, 0 for none."""
        match message:
            case ConsentMessage():
                return self._consent(device, message)
            case SummaryMessage():
                return self._check_consent(device, message)
            case EraseMessage():
                ended = self._ended_by(device.kid, message.serial, message.asked_utc_s)
                self._keys.erase(device.kid, ended)
                _forget(self._db, device.kid, ended)
                self.erased = True
                return 0
            case _:
                return 0

    def _consent(self, device: Device, message: ConsentMessage) -> int:
        record = verified_consent(message, self._keys.site, device.consent_public, device.sign_public)
        if record.device != device.device:
            raise WireRefused("bad_consent", "the record names another device")
        if record.action == "withdraw":
            # First where no backup can undo it, and whatever serial a restored device gave it: a
            # withdrawal is never refused. A crash in between errs on the person's side.
            self._keys.withdraw(device.kid, self._ended_by(device.kid, record.serial, record.from_utc_s))
        standing = self._db.execute(
            select(CONSENT.c.hash).where(CONSENT.c.device == device.kid, CONSENT.c.serial == record.serial)
        ).scalar()
        if standing is not None and standing != record.hash and record.action == "give":
            raise WireRefused("bad_consent", "the serial stands for another record")
        if standing is None:
            self._db.execute(
                insert(CONSENT),
                {
                    "device": device.kid,
                    "serial": record.serial,
                    "hash": record.hash,
                    "record": message.record,
                    "signature": message.signature,
                },
            )
        return record.serial

    def _check_consent(self, device: Device, message: SummaryMessage) -> int:
        found = self._db.execute(
            select(CONSENT.c.record).where(CONSENT.c.device == device.kid, CONSENT.c.hash == message.consent_hash)
        ).scalar()
        fresh = self._keys.device(device.kid) or device  # a withdrawal may stand earlier in this very batch
        if found is None:
            raise WireRefused("consent_unknown")
        record = decode_record(found)
        if record.serial <= fresh.erased_serial:
            raise WireRefused("erased")
        if record.action != "give" or record.serial <= fresh.withdrawn_serial:
            raise WireRefused("consent_withdrawn")
        if message.end_utc_s > record.until_utc_s:
            raise WireRefused("consent_expired")
        if not self._granted(record, message):
            raise WireRefused("not_granted")
        return record.serial

    def _granted(self, record: ConsentRecord, message: SummaryMessage) -> bool:
        known = schema.features()
        signals = {known[coded.feature_id].signal for coded in message.values}
        return all(
            record.covers(Grant(signal, message.purpose, self._keys.operator), message.start_utc_s, message.end_utc_s)
            for signal in signals
        )

    def _ended_by(self, device: bytes, serial: int, at_utc_s: int) -> int:
        """The last serial that a withdrawal or erasure ends: its own, and every consent that began
        before it, for a device restored from an older copy knows too few serials. What was given
        after it stands, however late the word arrives.
        """
        records = self._db.execute(select(CONSENT.c.record).where(CONSENT.c.device == device)).scalars()
        before = [record.serial for record in map(decode_record, records) if record.from_utc_s < at_utc_s]
        return max([serial, *before])

    def _advance(self, device: bytes, stream: bytes, seq: int, plaintext: Plaintext) -> None:
        here = (STREAM.c.device == device) & (STREAM.c.stream == stream)
        row = self._db.execute(select(STREAM).where(here)).first()
        end: dict[str, int | bytes] = {"ledger_index": plaintext.ledger_index, "head_before": plaintext.head_before}
        if row is None:
            self._db.execute(insert(STREAM), {"device": device, "stream": stream, "max_seq": seq, **end})
            return
        values: dict[str, int | bytes] = {"max_seq": max(seq, row.max_seq)}
        if plaintext.ledger_index > row.ledger_index:
            values |= end
        self._db.execute(update(STREAM).where(here).values(values))


def _forget(db: Connection, device: bytes, serial: int) -> None:
    """Delete what hangs on consents up to a serial; the memory of (stream, seq) and the records stay:
    the first so that nobody brings rows back, the second because they prove what was agreed.
    """
    db.execute(delete(ROW).where(ROW.c.device == device, ROW.c.serial <= serial, ROW.c.kind == "summary"))


def _number(db: Connection, name: str) -> int:
    found = db.execute(select(SITE.c.value).where(SITE.c.name == name)).scalar()
    return 0 if found is None else int(found)


def _put_number(db: Connection, name: str, add: int) -> int:
    number = add + _number(db, name)
    db.execute(delete(SITE).where(SITE.c.name == name))
    db.execute(insert(SITE), {"name": name, "value": str(number).encode()})
    return number


def _digest_of(db: Connection, device: bytes, stream: bytes, seq: int) -> bytes | None:
    found = db.execute(
        select(SEEN.c.digest).where(SEEN.c.device == device, SEEN.c.stream == stream, SEEN.c.seq == seq)
    ).scalar()
    return None if found is None else bytes(found)

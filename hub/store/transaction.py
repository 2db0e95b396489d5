"""One storing transaction: device locks, de-duplication, consent, rows.

What a batch brings is collected and written in a few statements at the end. Once the rows of its devices are locked,
no other process stores or ends anything of theirs until this transaction is over: an erasure waits for the rows that
another worker is storing and then deletes them; a worker that stores waits and then sees the withdrawal or erasure.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from agent.errors import WireRefused
from agent.wire.certificates import requested_key
from agent.wire.message import (
    DATA_KINDS,
    AskMessage,
    ConsentMessage,
    ContextMessage,
    CoverMessage,
    DaysMessage,
    EraseMessage,
    FeaturesMessage,
    Message,
    ProbeMessage,
    RenewMessage,
    SchemaMessage,
    SummaryMessage,
)
from agent.wire.receipt import Erased, Place
from hub.database import insert_new, is_postgres, rows_at
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store import due
from hub.store.asks import Asks
from hub.store.consents import Consents
from hub.store.contact import note_contact
from hub.store.counts import add_counts
from hub.store.ends import note_ends
from hub.store.envelopes import Opened, refuse_settled
from hub.store.followed import forget_followed, is_followed, note_changed
from hub.store.kept import Kept, sealed_rows
from hub.store.places import note_places
from hub.store.proven import Proven
from hub.store.streams import Streams
from hub.store.tables import ARRIVALS, DEVICE, QUARANTINE, ROW, SEEN, SITE

_QUARANTINE_MOST: Final = 1000
_NOT_KEPT: Final = (CoverMessage, ProbeMessage, RenewMessage, SchemaMessage)

At = tuple[bytes, bytes, int]


class StoreTransaction:
    """The envelopes of one transaction.

    Args:
        db: The open transaction.
        keys: Withdrawals, erasures and data keys.
        known: What was proven in earlier transactions.
        opened: All envelopes that may be added: their devices are locked, and their streams read at once.

    Attributes:
        erased: Kids of the devices whose erasure was carried out.
        renewals: (device, TLS request) pairs to be certified after the commit.
    """

    def __init__(self, db: Connection, keys: KeyStore, known: Proven, opened: Sequence[Opened]) -> None:
        self._db, self._keys = db, keys
        self._consents, self._asks = Consents(db, keys, known), Asks(db)
        self.erased: set[bytes] = set()
        self.renewals: list[tuple[Device, bytes]] = []
        kids = {envelope.source.device.kid for envelope in opened}
        self._lock(kids)
        note_contact(db, kids, int(time.time()))
        keys.refresh()  # after the lock: another worker may have ended something while this one waited
        # On SQLite nobody else writes: what was looked up before decryption still holds.
        self._settled: dict[At, bytes] = digests(db, (one.source.at for one in opened)) if is_postgres(db) else {}
        self._streams = Streams(db, opened)
        self._places: dict[bytes, Place] = {}
        self._schemas: dict[bytes, int] = {}  # as each device stated last
        self._seen: list[dict[str, Any]] = []
        self._kept: list[Kept] = []
        self._scored: set[At] = set()
        self._changed: set[bytes] = set()
        self._erase_again: dict[bytes, tuple[Device, int, int]] = {}

    @property
    def proven(self) -> Proven:
        """What is proven now; what this transaction proved stands in the first maps."""
        return self._consents.proven

    @property
    def ends(self) -> dict[tuple[bytes, bytes], Any]:
        """How far each (device, stream) that the batch names has come: max_seq, ledger_index, head_before."""
        return self._streams.ends

    def add(self, opened: Opened) -> None:
        """Store one envelope: all of it, or with an error nothing.

        Raises:
            WireRefused: ``duplicate``, ``fork``, ``revoked`` since it was verified, or a refusal of consent.
        """
        source, plaintext = opened.source, opened.plaintext
        kid = source.device.kid
        if (self._keys.devices.of(kid) or source.device).revoked:
            raise WireRefused("revoked")
        header = source.sealed.header
        refuse_settled(source, self._settled.get(source.at))
        self._streams.refuse(source.at[:2], plaintext)
        serial = max(self._apply(source.device, message) for message in plaintext.messages)
        place = {"device": kid, "stream": header.stream, "seq": header.seq}
        if not all(isinstance(message, _NOT_KEPT) for message in plaintext.messages):
            self._kept.append(Kept(opened, serial))
            if due.is_scored(plaintext):
                self._scored.add(source.at)
            if is_followed(plaintext):
                self._changed.add(kid)
        self._seen.append({**place, "digest": source.sealed.digest, "kem": header.recipient})
        self._settled[source.at] = source.sealed.digest
        self._streams.advance(source.at[:2], header.seq, plaintext)
        if plaintext.ledger_index > self._places.get(kid, Place()).ledger_index:
            self._places[kid] = Place(plaintext.ledger_index, plaintext.head_before)

    def finish(self, counts: Counter[str]) -> None:
        """Write what was collected, carry out what ends something once for each device, and add to the counters."""
        self._consents.write_ends()
        for kid, schema in self._schemas.items():
            self._keys.devices.state_schema(kid, schema)
        for device, serial, asked_utc_s in self._erase_again.values():
            self.erase(device, self._consents.ended_by(device, serial, asked_utc_s), asked_utc_s)
        self._flush()
        add_counts(self._db, counts)

    def quarantine(self, data: bytes, kid: bytes | None) -> None:
        """Keep an envelope that made the hub's own code fail; above 1,000 the oldest are deleted.

        Args:
            data: The envelope as it arrived.
            kid: Its sender, so that erasing deletes it; None when it cannot be read.
        """
        self._db.execute(insert(QUARANTINE), {"envelope": data, "device": kid})
        newest = self._db.execute(select(func.max(QUARANTINE.c.id))).scalar_one()
        self._db.execute(delete(QUARANTINE).where(QUARANTINE.c.id <= newest - _QUARANTINE_MOST))

    def erase(self, device: Device, last: int, asked_utc_s: int) -> Erased:
        """Destroy everything under a device's consents up to a serial; returns the erasure for the receipt.

        Args:
            device: Whose.
            last: The last serial that is erased.
            asked_utc_s: When the person asked.

        Raises:
            NotDurable: A data key is still in the log of keys.db; nothing was erased here.
        """
        self._lock({device.kid})
        self._flush()  # first, for it may make data keys, of rows that are deleted now
        self._keys.devices.erase(device.kid, last)
        delete_ended(self._db, self._keys, device.kid, last)
        ends_utc_s, now_utc_s = self._keys.backups_end_utc_s(), int(time.time())
        later = select(func.count()).select_from(ROW).where(ROW.c.device == device.kid, ROW.c.kind.in_(DATA_KINDS))
        kept = self._db.execute(later).scalar_one()
        erased = Erased(device.device, last, asked_utc_s, now_utc_s, ends_utc_s, kept)
        self._keys.devices.note_erasure(device.kid, erased)
        self.erased.add(device.kid)
        return erased

    def _lock(self, kids: set[bytes]) -> None:
        ordered = sorted(kids)
        if not ordered:
            return
        query = select(DEVICE.c.device).where(DEVICE.c.device.in_(ordered)).order_by(DEVICE.c.device)
        known = set(self._db.execute(query).scalars())
        for kid in ordered:
            if kid not in known:
                insert_new(self._db, DEVICE, {"device": kid, "withdrawn_serial": 0, "erased_serial": -1})
        self._db.execute(query.with_for_update()).all()

    def _apply(self, device: Device, message: Message) -> int:  # noqa: PLR0911 - one branch a kind
        """Carry out one message; returns the serial of the consent that it depends on, 0 for none."""
        match message:
            case ConsentMessage():
                return self._consents.add(device, message)
            case SummaryMessage() | ContextMessage() | DaysMessage():
                return self._consents.covering(device, message)
            case AskMessage():
                serial = self._consents.covering_ask(device, message)
                self._asks.count(device.kid, message)
                return serial
            case FeaturesMessage():
                return self._consents.name_features(device, message)
            case SchemaMessage():
                self._schemas[device.kid] = message.schema
                return 0
            case EraseMessage():
                if device.kid in self.erased:  # the others of a batch together, at its end: each costs ten commits
                    _, serial, asked_utc_s = self._erase_again.get(device.kid, (device, 0, 0))
                    later = max(serial, message.serial), max(asked_utc_s, message.asked_utc_s)
                    self._erase_again[device.kid] = (device, *later)
                    return 0
                last = self._consents.ended_by(device, message.serial, message.asked_utc_s)
                self.erase(device, last, message.asked_utc_s)
                return 0
            case RenewMessage():
                try:
                    requested_key(message.tls_request)
                except WireRefused as refused:
                    raise WireRefused("bad_plaintext", str(refused)) from refused
                self.renewals.append((device, message.tls_request))
                return 0
            case _:
                return 0

    def _new_rows(self) -> list[dict[str, Any]]:
        """The rows whose content is not stored yet.

        A device sends the same content under another (stream, seq) when it had to seal it again, for a deleted KEM key
        or a fork, although its first row had arrived, or when a copy of the device sends it too.
        """
        rows = sealed_rows(self._keys, self._kept)
        contents = ((row["device"], row["said"]) for row in rows)
        found = rows_at(self._db, (ROW.c.device, ROW.c.said), contents, keys_alone=True)
        before = {(row["device"], row["said"]) for row in found}
        new = []
        for row in rows:
            if (row["device"], row["said"]) not in before:
                before.add((row["device"], row["said"]))
                new.append(row)
        return new

    def _number(self, rows: list[dict[str, Any]]) -> None:
        """Give rows the next arrival numbers.

        The row that holds the last number stays locked until commit: transactions that store rows get their numbers in
        the order in which they commit, so nobody can read a number before every lower one is readable. It is the last
        lock but the counters', in every transaction, so that no two workers wait for each other.
        """
        here = SITE.c.name == ARRIVALS
        last = int(self._db.execute(select(SITE.c.value).where(here).with_for_update()).scalar_one())
        for arrival, row in enumerate(rows, start=last + 1):
            row["arrival"] = arrival
        self._db.execute(update(SITE).where(here).values(value=str(last + len(rows)).encode()))

    def _flush(self) -> None:
        if self._seen:
            self._db.execute(insert(SEEN), self._seen)
        self._streams.flush()
        note_places(self._db, self._places)
        note_changed(self._db, self._changed)
        if rows := self._new_rows():
            self._number(rows)
            self._db.execute(insert(ROW), rows)
            due.note(self._db, [row for row in rows if (row["device"], row["stream"], row["seq"]) in self._scored])
        self._seen.clear()
        self._kept.clear()
        self._scored.clear()
        self._changed.clear()
        self._places.clear()


def digests(db: Connection, at: Iterable[At]) -> dict[At, bytes]:
    """The digests of the envelopes settled at these places; places without one are absent."""
    return {
        (row["device"], row["stream"], row["seq"]): row["digest"]
        for row in rows_at(db, (SEEN.c.device, SEEN.c.stream, SEEN.c.seq), at)
    }


def delete_ended(db: Connection, keys: KeyStore, kid: bytes, serial: int) -> None:
    """Delete the rows under a device's consents up to a serial.

    Settled (stream, seq) pairs stay, so that nobody can send the rows again; consent records stay, because they prove
    what was agreed.
    """
    db.execute(delete(ROW).where(ROW.c.device == kid, ROW.c.serial <= serial))
    db.execute(delete(QUARANTINE).where(QUARANTINE.c.device == kid))
    due.forget_scores(db, kid)
    forget_followed(db, kid, erased=True)
    note_ends(db, keys, kid, erased=serial)


def end_again(db: Connection, keys: KeyStore, device: Device) -> None:
    """A backup was restored: what the key store knows to be ended is ended in the database too.

    Which notes of a team belong to a consent that ended is not known: of a person who ever withdrew all are deleted.
    """
    if device.erased_serial >= 0:
        delete_ended(db, keys, device.kid, device.erased_serial)
    elif device.withdrawn_serial > 0:
        forget_followed(db, device.kid)

"""Taking opened envelopes inside one transaction: consent, de-duplication, rows.

What a batch says is gathered and written in a few statements at its end. From the moment at which the devices' rows
are locked, nobody else stores or ends anything of theirs before this transaction is over: whoever withdraws waits for
the rows of another worker and then deletes them, and whoever stores waits and then sees the withdrawal.
"""

import hashlib
import hmac
import time
from collections import ChainMap, Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from agent.errors import WireRefused
from agent.wire import schema
from agent.wire.consent import ConsentRecord, Grant, decode_record
from agent.wire.consent import verified as verified_consent
from agent.wire.message import (
    KINDS,
    NO_STREAM,
    ConsentMessage,
    CoverMessage,
    EraseMessage,
    Message,
    Plaintext,
    ProbeMessage,
    RenewMessage,
    SummaryMessage,
    messages_alone,
)
from agent.wire.receipt import Erased
from hub.database import insert_new, is_postgres, rows_at
from hub.keys.certificates import checked_request
from hub.keys.devices import DataKey, Device
from hub.keys.keystore import KeyStore
from hub.store.envelopes import Opened, unless_known
from hub.store.tables import CONSENT, COUNTER, DEVICE, QUARANTINE, ROW, SEEN, STREAM

_QUARANTINE_MOST: Final = 1000
_SUMMARY: Final = KINDS[SummaryMessage]
_DISPOSABLE: Final = (CoverMessage, ProbeMessage, RenewMessage)

SAID_BYTES: Final = 16
_MOVE: Final = (
    update(STREAM)
    .where(STREAM.c.device == bindparam("to_device"), STREAM.c.stream == bindparam("to_stream"))
    .values({name: bindparam(f"to_{name}") for name in ("max_seq", "ledger_index", "head_before")})
)

Records = ChainMap[tuple[bytes, bytes], ConsentRecord]
At = tuple[bytes, bytes, int]


class Taking:
    """One transaction's worth of envelopes.

    Args:
        db: The open transaction.
        keys: Withdrawals, erasures and data keys.
        records: Consent records by (device, hash), remembered from one transaction to the next; a stored one never
            changes.
        opened: All that may be taken: their devices are locked, and what is known of them read at once.
    """

    def __init__(self, db: Connection, keys: KeyStore, records: Records, opened: Sequence[Opened]) -> None:
        self._db, self._keys = db, keys
        self.records = records.new_child()  # what a rolled-back transaction saw must not be believed later
        self.erased: set[bytes] = set()
        self.renewals: list[tuple[Device, bytes]] = []
        self._lock({one.seen.device.kid for one in opened})
        keys.refresh()  # after the lock: what another worker ended while we waited for it
        # On SQLite nobody else writes: what was looked up before opening still holds.
        self._known: dict[At, bytes] = digests(db, (one.seen.at for one in opened)) if is_postgres(db) else {}
        streams = {(one.seen.device.kid, one.seen.sealed.header.stream) for one in opened}
        before = {(one.seen.device.kid, one.plaintext.previous_stream) for one in opened} - streams
        before = {here for here in before if here[1] != NO_STREAM}
        self.ends: dict[tuple[bytes, bytes], Any] = {
            (row["device"], row["stream"]): row
            for row in rows_at(db, (STREAM.c.device, STREAM.c.stream), streams | before)
        }
        self._new_streams: set[tuple[bytes, bytes]] = set()
        self._moved_streams: set[tuple[bytes, bytes]] = set()
        self._seen: list[dict[str, Any]] = []
        self._rows: list[dict[str, Any]] = []

    def take(self, one: Opened) -> None:
        """Take one envelope: all of it, or with an error nothing.

        Raises:
            WireRefused: ``duplicate``, ``fork``, ``revoked`` since it was judged, or a refusal of consent.
        """
        seen, plaintext = one.seen, one.plaintext
        if (self._keys.devices.of(seen.device.kid) or seen.device).revoked:
            raise WireRefused("revoked")
        header = seen.sealed.header
        unless_known(seen, self._known.get(seen.at))
        serial = max(self._message(seen.device, message) for message in plaintext.messages)
        place = {"device": seen.device.kid, "stream": header.stream, "seq": header.seq}
        if not all(isinstance(message, _DISPOSABLE) for message in plaintext.messages):
            key = self._keys.devices.data_key(seen.device.kid, serial)
            kind = KINDS[type(plaintext.messages[0])]
            sealed = {"data_key": key.name, "words": key.seal(place_of(seen.at), one.words)}
            sealed["said"] = said(key, one.words, plaintext)
            self._rows.append({**place, "kind": kind, "serial": serial, **sealed})
        self._seen.append({**place, "digest": seen.sealed.digest, "kem": header.recipient})
        self._known[seen.at] = seen.sealed.digest
        self._advance(seen.at, plaintext)

    def finish(self, counts: Counter[str]) -> None:
        """Write what was gathered, and the counters."""
        self._flush()
        for name, n in sorted(counts.items()):  # in one order, so that no two workers wait for each other
            counted = update(COUNTER).where(COUNTER.c.name == name).values(n=COUNTER.c.n + n)
            if self._db.execute(counted).rowcount == 0:
                self._db.execute(insert(COUNTER), {"name": name, "n": n})

    def quarantine(self, data: bytes, device: bytes | None) -> None:
        """Set bytes aside that made our own code fail, with whose they are; the oldest give way."""
        self._db.execute(insert(QUARANTINE), {"envelope": data, "device": device})
        newest = self._db.execute(select(func.max(QUARANTINE.c.id))).scalar_one()
        self._db.execute(delete(QUARANTINE).where(QUARANTINE.c.id <= newest - _QUARANTINE_MOST))

    def erase(self, device: Device, ended: int, asked_utc_s: int) -> Erased:
        """Destroy what stands under consents up to a serial; what the receipt will say, noted."""
        self._lock({device.kid})
        self._keys.devices.erase(device.kid, ended)
        self._flush()
        forget(self._db, device.kid, ended)
        ends_utc_s, now_utc_s = self._keys.backups_end_utc_s(), int(time.time())
        later = select(func.count()).select_from(ROW).where(ROW.c.device == device.kid, ROW.c.kind == _SUMMARY)
        kept = self._db.execute(later).scalar_one()
        erased = Erased(device.device, ended, asked_utc_s, now_utc_s, ends_utc_s, kept)
        self._keys.devices.note_erasure(device.kid, erased)
        self.erased.add(device.kid)
        return erased

    # ---- the lock

    def _lock(self, devices: set[bytes]) -> None:
        ordered = sorted(devices)
        if not ordered:
            return
        query = select(DEVICE.c.device).where(DEVICE.c.device.in_(ordered)).order_by(DEVICE.c.device)
        here = set(self._db.execute(query).scalars())
        for device in ordered:
            if device not in here:
                insert_new(self._db, DEVICE, {"device": device, "withdrawn_serial": 0, "erased_serial": -1})
        self._db.execute(query.with_for_update()).all()

    # ---- what messages do

    def _message(self, device: Device, message: Message) -> int:
        """Let a message take effect; the serial of the consent that it hangs on, 0 for none."""
        match message:
            case ConsentMessage():
                return self._consent(device, message)
            case SummaryMessage():
                return self._check_consent(device, message)
            case EraseMessage():
                ended = self._ended_by(device.kid, message.serial, message.asked_utc_s)
                self.erase(device, ended, message.asked_utc_s)
                return 0
            case RenewMessage():
                try:
                    checked_request(message.tls_request)
                except WireRefused as refused:
                    raise WireRefused("bad_plaintext", str(refused)) from refused
                self.renewals.append((device, message.tls_request))
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
            ended = self._ended_by(device.kid, record.serial, record.from_utc_s)
            self._keys.devices.withdraw(device.kid, ended)
            note_end(self._db, device.kid, withdrawn=ended)
        here = (CONSENT.c.device == device.kid) & (CONSENT.c.serial == record.serial)
        standing = self._db.execute(select(CONSENT.c.hash).where(here)).scalar()
        if standing is not None and standing != record.hash and record.action == "give":
            raise WireRefused("bad_consent", "the serial number belongs to another record")
        if standing is None:
            self._db.execute(
                insert(CONSENT),
                {
                    "device": device.kid,
                    "serial": record.serial,
                    "hash": record.hash,
                    "record": message.record,
                    "signature": message.signature,
                    "from_utc_s": record.from_utc_s,
                },
            )
        return record.serial

    def _check_consent(self, device: Device, message: SummaryMessage) -> int:
        record = self._record(device.kid, message.consent_hash)
        fresh = self._keys.devices.of(device.kid) or device  # a withdrawal may stand earlier in this very batch
        if record is None:
            raise WireRefused("consent_unknown")
        if record.serial <= fresh.erased_serial:
            raise WireRefused("erased")
        if record.action != "give" or record.serial <= fresh.withdrawn_serial:
            raise WireRefused("consent_withdrawn")
        if message.end_utc_s > record.until_utc_s:
            raise WireRefused("consent_expired")
        known = schema.features()
        signals = {known[coded.feature_id].signal for coded in message.values}
        for signal in signals:
            grant = Grant(signal, message.purpose, self._keys.operator)
            if not record.covers(grant, message.start_utc_s, message.end_utc_s):
                raise WireRefused("not_granted")
        return record.serial

    def _record(self, device: bytes, wanted: bytes) -> ConsentRecord | None:
        if (device, wanted) not in self.records:
            here = (CONSENT.c.device == device) & (CONSENT.c.hash == wanted)
            found = self._db.execute(select(CONSENT.c.record).where(here)).scalar()
            if found is None:
                return None
            self.records[device, wanted] = decode_record(found)
        return self.records[device, wanted]

    def _ended_by(self, device: bytes, serial: int, at_utc_s: int) -> int:
        """The last serial that a withdrawal or erasure ends: its own, and every consent that began
        before it, for a device restored from an older copy knows too few serials. What was given
        after it stands, however late the word arrives.
        """
        here = (CONSENT.c.device == device) & (CONSENT.c.from_utc_s < at_utc_s)
        before = self._db.execute(select(func.max(CONSENT.c.serial)).where(here)).scalar() or 0
        return max(serial, before)

    def _advance(self, at: At, plaintext: Plaintext) -> None:
        here, seq = at[:2], at[2]
        end = self.ends.get(here)
        if end is None:
            end = self.ends[here] = {"device": at[0], "stream": at[1], "max_seq": 0, "ledger_index": -1}
            self._new_streams.add(here)
        elif here not in self._new_streams:
            self._moved_streams.add(here)
        end["max_seq"] = max(seq, end["max_seq"])
        if plaintext.ledger_index > end["ledger_index"]:
            end |= {"ledger_index": plaintext.ledger_index, "head_before": plaintext.head_before}

    def _news(self) -> list[dict[str, Any]]:
        """The rows that say something new. A device says the same again when it had to seal it anew, for a destroyed
        KEM key or a fork, while its first row had arrived or a copy of the device does so too.
        """
        before = {(row["device"], row["said"]) for row in rows_at(self._db, (ROW.c.device, ROW.c.said), self._said())}
        news = []
        for row in self._rows:
            if (row["device"], row["said"]) not in before:
                before.add((row["device"], row["said"]))
                news.append(row)
        return news

    def _said(self) -> Iterable[tuple[bytes, bytes]]:
        return ((row["device"], row["said"]) for row in self._rows)

    def _flush(self) -> None:
        for table, rows in ((SEEN, self._seen), (ROW, self._news())):
            if rows:
                self._db.execute(insert(table), rows)
        self._seen.clear()
        self._rows.clear()
        if self._new_streams:
            self._db.execute(insert(STREAM), [self.ends[here] for here in sorted(self._new_streams)])
        if self._moved_streams:
            moved = [{f"to_{name}": value for name, value in self.ends[at].items()} for at in self._moved_streams]
            self._db.execute(_MOVE, sorted(moved, key=lambda end: (end["to_device"], end["to_stream"])))
        self._new_streams.clear()
        self._moved_streams.clear()


def said(key: DataKey, words: bytes, plaintext: Plaintext) -> bytes:
    """What identifies the messages of a row, for the holder of its data key alone."""
    return hmac.new(key.key, messages_alone(words, plaintext), hashlib.sha256).digest()[:SAID_BYTES]


def place_of(at: At) -> bytes:
    """What sealed words are bound to: a row's place."""
    return at[0] + at[1] + at[2].to_bytes(8, "big")


def digests(db: Connection, at: Iterable[At]) -> dict[At, bytes]:
    """What was settled at these places."""
    return {
        (row["device"], row["stream"], row["seq"]): row["digest"]
        for row in rows_at(db, (SEEN.c.device, SEEN.c.stream, SEEN.c.seq), at)
    }


def note_end(db: Connection, device: bytes, *, withdrawn: int = 0, erased: int = -1) -> None:
    """Keep here too how far a device's consents are ended, for a key store that is put back from a backup."""
    here = update(DEVICE).where(DEVICE.c.device == device)
    db.execute(here.where(DEVICE.c.withdrawn_serial < withdrawn).values(withdrawn_serial=withdrawn))
    db.execute(here.where(DEVICE.c.erased_serial < erased).values(erased_serial=erased))


def forget(db: Connection, device: bytes, serial: int) -> None:
    """Delete what hangs on consents up to a serial. The memory of (stream, seq) and the records stay: the first so
    that nobody brings rows back, the second because they prove what was agreed.
    """
    db.execute(delete(ROW).where(ROW.c.device == device, ROW.c.serial <= serial))
    db.execute(delete(QUARANTINE).where(QUARANTINE.c.device == device))
    note_end(db, device, erased=serial)

"""Consent records as the hub stores them, and whether a summary is covered by one."""

from collections import ChainMap

from sqlalchemy import Connection, func, insert, select

from agent.errors import WireRefused
from agent.wire import schema
from agent.wire.consent import ConsentRecord, Grant, decode_record, verified
from agent.wire.message import ConsentMessage, SummaryMessage
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store.tables import CONSENT, DEVICE

Records = ChainMap[tuple[bytes, bytes], ConsentRecord]


class Consents:
    """The consent records inside one storing transaction.

    Args:
        db: The open transaction, which holds the lock of every device that is asked about.
        keys: Withdrawals and erasures.
        records: Records by (device, hash), kept from one transaction to the next: a stored record never changes.
    """

    def __init__(self, db: Connection, keys: KeyStore, records: Records) -> None:
        self._db, self._keys = db, keys
        self.records = records.new_child()  # records read by a transaction that rolls back are not kept

    def add(self, device: Device, message: ConsentMessage) -> int:
        """Store a record, given or withdrawn; returns its serial.

        Raises:
            WireRefused: ``bad_consent``: wrong signature, another device, or the serial of another record.
        """
        record = verified(message, self._keys.site, device.consent_public, device.sign_public)
        if record.device != device.device:
            raise WireRefused("bad_consent", "the record names another device")
        if record.action == "withdraw":
            # First in the key store, where no backup can undo it, and whatever serial a restored device gave it: a
            # withdrawal is never refused. After a crash between the two stores more is withdrawn, never less.
            last = self.ended_by(device.kid, record.serial, record.from_utc_s)
            self._keys.devices.withdraw(device.kid, last)
            note_end(self._db, device.kid, withdrawn=last)
        here = (CONSENT.c.device == device.kid) & (CONSENT.c.serial == record.serial)
        known = self._db.execute(select(CONSENT.c.hash).where(here)).scalar()
        if known is not None and known != record.hash and record.action == "give":
            raise WireRefused("bad_consent", "the serial number belongs to another record")
        if known is None:
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

    def covering(self, device: Device, message: SummaryMessage) -> int:
        """The serial of the consent that covers a summary.

        Raises:
            WireRefused: ``consent_unknown``, ``erased``, ``consent_withdrawn``, ``consent_expired``, ``not_granted``.
        """
        record = self._record(device.kid, message.consent_hash)
        fresh = self._keys.devices.of(device.kid) or device  # this very batch may hold a withdrawal
        if record is None:
            raise WireRefused("consent_unknown")
        if record.serial <= fresh.erased_serial:
            raise WireRefused("erased")
        if record.action != "give" or record.serial <= fresh.withdrawn_serial:
            raise WireRefused("consent_withdrawn")
        if message.end_utc_s > record.until_utc_s:
            raise WireRefused("consent_expired")
        known = schema.features()
        for signal in {known[coded.feature_id].signal for coded in message.values}:
            grant = Grant(signal, message.purpose, self._keys.operator)
            if not record.covers(grant, message.start_utc_s, message.end_utc_s):
                raise WireRefused("not_granted")
        return record.serial

    def ended_by(self, kid: bytes, serial: int, at_utc_s: int) -> int:
        """The last serial that a withdrawal or erasure ends: its own, or a later one of a consent that began before it.

        A device restored from an older copy gives too low a serial. A consent given afterwards stays in force,
        however late the message arrives.

        Args:
            kid: The device.
            serial: The serial that the device gave.
            at_utc_s: When the person withdrew or erased.
        """
        here = (CONSENT.c.device == kid) & (CONSENT.c.from_utc_s < at_utc_s)
        before = self._db.execute(select(func.max(CONSENT.c.serial)).where(here)).scalar() or 0
        return max(serial, before)

    def _record(self, kid: bytes, wanted: bytes) -> ConsentRecord | None:
        if (kid, wanted) not in self.records:
            here = (CONSENT.c.device == kid) & (CONSENT.c.hash == wanted)
            row = self._db.execute(select(CONSENT.c.record).where(here)).scalar()
            if row is None:
                return None
            self.records[kid, wanted] = decode_record(row)
        return self.records[kid, wanted]


def note_end(db: Connection, kid: bytes, *, withdrawn: int = 0, erased: int = -1) -> None:
    """Record in the database too which serials are ended, for a key store that is restored from a backup."""
    here = DEVICE.update().where(DEVICE.c.device == kid)
    db.execute(here.where(DEVICE.c.withdrawn_serial < withdrawn).values(withdrawn_serial=withdrawn))
    db.execute(here.where(DEVICE.c.erased_serial < erased).values(erased_serial=erased))

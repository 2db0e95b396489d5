"""Consent records as the hub stores them, and whether a summary is covered by one."""

import logging
import time
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select

from agent.errors import WireRefused
from agent.wire import codes, days, schema
from agent.wire.ask import PURPOSE as CARE
from agent.wire.consent import NOTHING, ConsentRecord, verified
from agent.wire.context import DAY_S, SIGNAL, moments
from agent.wire.message import (
    AskMessage,
    ConsentMessage,
    DataMessage,
    DaysMessage,
    FeaturesMessage,
    Grant,
    SummaryMessage,
)
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store import due
from hub.store.ends import note_ends
from hub.store.features import NamedFeatures
from hub.store.followed import forget_followed
from hub.store.proven import Proven
from hub.store.records import proven
from hub.store.tables import CONSENT

log = logging.getLogger(__name__)

_LATE_S: Final = 31 * 86_400
_AHEAD_S: Final = 86_400
# What this hub's clock alone forbids is not final: the clock may be the one that is wrong, and the person did no wrong.
_BY_CLOCK: Final = "schema_too_new"
_SEE: Final = codes.codes("asks")["see"]


class Consents:
    """The consent records inside one storing transaction.

    Args:
        db: The open transaction, which holds the lock of every device that is asked about.
        keys: Withdrawals and erasures.
        known: What was proven in earlier transactions.
    """

    def __init__(self, db: Connection, keys: KeyStore, known: Proven) -> None:
        self._db, self._keys = db, keys
        self.proven = known.child()
        self._features = NamedFeatures(db, keys.site, self.proven.statements)
        self._now_utc_s = int(time.time())
        # A batch's withdrawals of a device: the highest serial and the latest time stand for all of them.
        self._withdrawals: dict[bytes, tuple[Device, int, int]] = {}
        self._withdrawn: dict[bytes, int] = {}

    def add(self, device: Device, message: ConsentMessage) -> int:
        """Store a record, given or withdrawn; returns its serial.

        Raises:
            WireRefused: ``bad_consent``: wrong signature, another device, or the serial of another record;
                ``schema_too_new``, not final: by this hub's clock the serial lies more than a day ahead.
        """
        record = verified(message, self._keys.site, device.consent_public, device.sign_public)
        if record.device != device.device:
            raise WireRefused("bad_consent", "the record names another device")
        if record.action == "give" and record.serial > self._now_utc_s + _AHEAD_S:
            raise WireRefused(_BY_CLOCK, "the serial number is more than a day ahead of the hub's clock")
        if record.action == "withdraw":
            # Whatever serial a restored device gave it: a withdrawal is never refused.
            _, serial, at_utc_s = self._withdrawals.get(device.kid, (device, 0, 0))
            merged = max(serial, record.serial), max(at_utc_s, record.from_utc_s)
            self._withdrawals[device.kid] = (device, *merged)
            self._withdrawn.pop(device.kid, None)
        here = (CONSENT.c.device == device.kid) & (CONSENT.c.serial == record.serial)
        row = self._db.execute(select(CONSENT).where(here)).first()
        known = None if row is None else self._proven(device, row)
        if known is not None and known.hash != record.hash and record.action == "give":
            raise WireRefused("bad_consent", "the serial number belongs to another record")
        if known is None:
            self._db.execute(delete(CONSENT).where(here))  # what stands there, nobody signed
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

    def covering(self, device: Device, message: DataMessage) -> int:
        """The serial of the consent that covers what was measured, noted or imported.

        Raises:
            WireRefused: ``consent_unknown``, ``erased``, ``consent_withdrawn``, ``consent_expired``, ``not_granted``;
                ``schema_too_new``, not final: by this hub's clock the consent ended more than 31 days ago.
        """
        record = self._standing(device, message.consent_hash)
        start_utc_s, end_utc_s, signals = _extent(message, record)
        if end_utc_s > record.until_utc_s:
            raise WireRefused("consent_expired")
        stated = self._features.check(device, message)
        covered = [
            record.covers(Grant(signal, message.purpose, self._keys.operator), start_utc_s, end_utc_s, stated)
            for signal in signals
        ]
        # a day without a value has no signal that must be granted; one of those that days have is
        if not (any(covered) if isinstance(message, DaysMessage) and not message.values else all(covered)):
            raise WireRefused("not_granted")
        self._refuse_late(record)
        return record.serial

    def covering_ask(self, device: Device, message: AskMessage) -> int:
        """The serial of the consent under which a person asks: in force then, and for `see` with a grant to the team.

        Raises:
            WireRefused: As `covering`.
        """
        record = self._standing(device, message.consent_hash)
        if message.at_utc_s >= record.until_utc_s:
            raise WireRefused("consent_expired")
        to_team = any(
            grant.purpose == CARE and grant.recipient == self._keys.operator and grant.signal != NOTHING
            for grant in record.grants
        )
        if message.at_utc_s < record.from_utc_s or not (to_team or message.what != _SEE):
            raise WireRefused("not_granted")
        self._refuse_late(record)
        return record.serial

    def _standing(self, device: Device, consent_hash: bytes) -> ConsentRecord:
        """The record that a message names, which nothing ended."""
        record = self._record(device, consent_hash)
        fresh = self._keys.devices.of(device.kid) or device  # this very batch may hold a withdrawal
        if record is None:
            raise WireRefused("consent_unknown")
        if record.serial <= fresh.erased_serial:
            raise WireRefused("erased")
        if record.action != "give" or record.serial <= max(fresh.withdrawn_serial, self._withdrawn_now(device)):
            raise WireRefused("consent_withdrawn")
        return record

    def _refuse_late(self, record: ConsentRecord) -> None:
        # By the hub's clock too: a device that holds its clock back prolongs no consent. An outbox keeps rows 30 days.
        if self._now_utc_s > record.until_utc_s + _LATE_S:
            raise WireRefused(_BY_CLOCK, "by the hub's clock the consent ended more than 31 days ago")

    def name_features(self, device: Device, message: FeaturesMessage) -> int:
        """Store which features a consent names; returns the consent's serial.

        Raises:
            WireRefused: ``consent_unknown`` while its record is on its way; ``bad_consent``.
        """
        record = self._record(device, message.consent_hash)
        if record is None:
            raise WireRefused("consent_unknown")
        self._features.add(device, message, record)
        return record.serial

    def write_ends(self) -> None:
        """Withdraw what the batch withdrew, once for each device.

        First in the key store, where no backup can undo it. After a crash between the two stores more is withdrawn,
        never less.
        """
        for _, (device, _, _) in sorted(self._withdrawals.items(), key=lambda item: item[0]):
            last = self._withdrawn_now(device)
            if last > (self._keys.devices.of(device.kid) or device).withdrawn_serial:
                self._keys.devices.withdraw(device.kid, last)
            note_ends(self._db, self._keys, device.kid, withdrawn=last)
            due.forget(self._db, device.kid)
            forget_followed(self._db, device.kid)
        self._withdrawals.clear()

    def _withdrawn_now(self, device: Device) -> int:
        if device.kid in self._withdrawals and device.kid not in self._withdrawn:
            self._withdrawn[device.kid] = self.ended_by(*self._withdrawals[device.kid])
        return self._withdrawn.get(device.kid, 0)

    def ended_by(self, device: Device, serial: int, at_utc_s: int) -> int:
        """The last serial that a withdrawal or erasure ends: its own, or a later one of a consent that began before it.

        A device restored from an older copy gives too low a serial. A consent given afterwards stays in force,
        however late the message arrives.

        Args:
            device: Whose.
            serial: The serial that the device gave.
            at_utc_s: When the person withdrew or erased.
        """
        # A serial far ahead of the clock, of a stolen key or a wrong clock, would end every consent to come.
        serial = serial if serial <= self._now_utc_s + _AHEAD_S else self._now_utc_s
        later = (CONSENT.c.device == device.kid) & (CONSENT.c.serial > serial)
        for row in self._db.execute(select(CONSENT).where(later).order_by(CONSENT.c.serial.desc())):
            record = self._proven(device, row)
            if record is not None and record.from_utc_s < at_utc_s:
                return record.serial
        return serial

    def _record(self, device: Device, wanted: bytes) -> ConsentRecord | None:
        known = self.proven.records.get((device.kid, wanted))
        if known is None:
            here = (CONSENT.c.device == device.kid) & (CONSENT.c.hash == wanted)
            proven = (self._proven(device, row) for row in self._db.execute(select(CONSENT).where(here)).all())
            known = next((record for record in proven if record is not None and record.hash == wanted), None)
        return known

    def _proven(self, device: Device, row: Row[Any]) -> ConsentRecord | None:
        """The record in a row, if the device's keys signed it; a row alone proves nothing. Kept once it is verified."""
        known = self.proven.records.get((device.kid, row.hash))
        if known is not None and known.serial == row.serial:
            return known
        record = proven(row, self._keys.site, device)
        if record is None:
            log.error("a consent record in the database was not signed by its device; it is ignored")
            return None
        self.proven.records[device.kid, record.hash] = record
        return record


def _extent(message: DataMessage, record: ConsentRecord) -> tuple[int, int, set[str]]:
    """The bounds (UTC s) of what a message holds, and its signals. A consent may begin or end within a day."""
    if isinstance(message, SummaryMessage):
        known = schema.features()
        return message.start_utc_s, message.end_utc_s, {known[coded.feature_id].signal for coded in message.values}
    if isinstance(message, DaysMessage):
        rows = days.rows()
        said = {rows[value.feature_id].signal for value in message.values}
        return *days.extent(message.day), said or {row.signal for row in rows.values()}
    noted = moments(message) or [min(max(message.day * DAY_S, record.from_utc_s), message.day * DAY_S + DAY_S - 1)]
    return min(noted), max(noted) + 1, {SIGNAL}

"""Consent records that a device's keys signed, and where each of them stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.consent import ConsentRecord, names_features, verified
from agent.wire.message import ConsentMessage, FeaturesMessage, Grant
from hub.keys.devices import Device
from hub.store.tables import CONSENT, FEATURES


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A stored consent record whose signature holds.

    Attributes:
        record: What it says.
        message: As it arrived: the record's bytes and the signature.
        features: The features that it names, signed by the same key; None for a record that names signals alone.
    """

    record: ConsentRecord
    message: ConsentMessage
    features: FeaturesMessage | None = None


def signed_records(db: Connection, site: str, device: Device) -> list[SignedRecord]:
    """A device's records by serial; a row that its keys did not sign is left out: a row alone proves nothing."""
    statements = {row.hash: row for row in db.execute(select(FEATURES).where(FEATURES.c.device == device.kid))}
    found = []
    of_device = select(CONSENT).where(CONSENT.c.device == device.kid).order_by(CONSENT.c.serial)
    for row in db.execute(of_device):
        record = proven(row, site, device)
        if record is None:
            continue
        stated = statements.get(record.hash)
        named = None if stated is None else statement_of(stated)
        if named is not None and not names_features(named, site, device.consent_public):
            named = None
        found.append(SignedRecord(record, ConsentMessage(row.record, row.signature), named))
    return found


def proven(row: Row[Any], site: str, device: Device) -> ConsentRecord | None:
    """The record in a row of CONSENT, if the device's keys signed it; a row alone proves nothing."""
    try:
        message = ConsentMessage(row.record, row.signature)
        record = verified(message, site, device.consent_public, device.sign_public)
    except WireRefused:
        return None
    is_same = (record.device, record.serial, record.hash) == (device.device, row.serial, row.hash)
    return record if is_same else None


def statement_of(row: Row[Any]) -> FeaturesMessage | None:
    """The statement in a row of FEATURES, its signature unproven; None where it cannot be read."""
    try:
        grants = () if row.grants is None else tuple(Grant(*one) for one in codec.text_rows(row.grants, 3))
        return FeaturesMessage(row.hash, tuple(codec.uints(row.feature_ids)), grants, row.signature)
    except WireRefused:
        return None


def standing(device: Device, record: ConsentRecord, now_utc_s: int) -> str:
    """Where a record stands: ``withdrawal`` (it gives nothing), ``erased``, ``withdrawn``, ``ended``, ``not begun`` or
    ``in force``.
    """
    if record.action == "withdraw":
        return "withdrawal"
    if record.serial <= device.erased_serial:
        return "erased"
    if record.serial <= device.withdrawn_serial:
        return "withdrawn"
    if record.until_utc_s <= now_utc_s:
        return "ended"
    return "in force" if record.from_utc_s <= now_utc_s else "not begun"


def last_given(records: Iterable[SignedRecord]) -> ConsentRecord | None:
    """The consent that was given last; it replaces those before it. None: none was given."""
    given = [signed.record for signed in records if signed.record.action == "give"]
    return given[-1] if given else None

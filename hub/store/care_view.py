"""What the care view reads for one request: signed consents of many people, kept pictures, alerts, notes.

A signature is verified once in a process; whether the consent is in force is decided at each request.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, select

from agent.wire.consent import names_features
from agent.wire.message import ConsentMessage
from hub.database import is_postgres
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store.records import SignedRecord, proven, statement_of
from hub.store.shown import KeptPicture, Shown
from hub.store.tables import CONSENT, DEVICE, FEATURES
from hub.store.team_alerts import KeptAlert, TeamAlerts
from hub.store.team_notes import TeamNote, TeamNotes

_KNOWN_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Stored:
    """A row of CONSENT, and the row of FEATURES beside it, as far as they are proven."""

    serial: int
    hash: bytes
    record: bytes
    signature: bytes
    feature_ids: bytes
    grants: bytes | None
    named: bytes | None  # the signature of what it names; None: it names nothing


class CareView:
    """Inside one transaction.

    Args:
        db: The open transaction.
        keys: The data keys, refreshed.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys

    def pictures(self, kids: Collection[bytes] | None = None) -> dict[bytes, KeptPicture]:
        """What is kept of these people, or of all."""
        shown = Shown(self._db, self._keys)
        return shown.every() if kids is None else shown.of(kids)

    def records(self, devices: Collection[Device]) -> dict[bytes, list[SignedRecord]]:
        """The consent records of these devices whose signatures hold, by serial."""
        by_kid = {device.kid: device for device in devices}
        said = {
            (row.device, row.hash): (row.feature_ids, row.grants, row.signature)
            for row in self._db.execute(_of(FEATURES, by_kid))
        }
        found: dict[bytes, list[SignedRecord]] = defaultdict(list)
        for row in self._db.execute(_of(CONSENT, by_kid).order_by(CONSENT.c.serial)):
            device = by_kid.get(row.device)
            if device is None:
                continue
            beside = said.get((row.device, row.hash), (b"", None, None))
            stored = _Stored(row.serial, row.hash, row.record, row.signature, *beside)
            signed = _signed(stored, self._keys.site, device)
            if signed is not None:
                found[device.kid].append(signed)
        return found

    def alerts(self, kids: Collection[bytes] | None = None) -> list[KeptAlert]:
        """The alerts of these people, or all, by number."""
        return TeamAlerts(self._db, self._keys).every(kids)

    def notes(self, kid: bytes) -> list[TeamNote]:
        """The team's notes on a person, newest first."""
        return TeamNotes(self._db, self._keys).of(kid)

    def lock(self, kid: bytes) -> None:
        """Keep others from ending anything of this device until the transaction is over, and read the keys again."""
        query = select(DEVICE.c.device).where(DEVICE.c.device == kid)
        self._db.execute(query.with_for_update() if is_postgres(self._db) else query).all()
        self._keys.refresh()

    def add_note(self, kid: bytes, at_utc_s: int, who: str, text: str) -> bool:
        """Keep a note; see `TeamNotes.add`."""
        return TeamNotes(self._db, self._keys).add(kid, at_utc_s, who, text)

    def delete_note(self, kid: bytes, number: int) -> None:
        """Delete a note."""
        TeamNotes(self._db, self._keys).delete(kid, number)

    def acknowledge(self, kid: bytes, number: int, who: str, now_utc_s: int) -> bool:
        """Note who takes care of this person's alert; see `TeamAlerts.acknowledge`."""
        alerts = TeamAlerts(self._db, self._keys)
        is_theirs = any(alert.number == number for alert in alerts.every([kid]))
        return is_theirs and alerts.acknowledge(number, who, now_utc_s)


_FEW: Final = 50


def _of(table: Any, kids: Collection[bytes]) -> Any:
    """Rows of these devices; of many at once the whole table, which is read faster than it is searched."""
    query = select(table)
    return query.where(table.c.device.in_(sorted(kids))) if len(kids) <= _FEW else query


@lru_cache(_KNOWN_MOST)
def _signed(stored: _Stored, site: str, device: Device) -> SignedRecord | None:
    """A record, if the device's keys signed it, with what it names, if they signed that, too."""
    record = proven(_row(stored, stored.signature), site, device)
    if record is None:
        return None
    named = None if stored.named is None else statement_of(_row(stored, stored.named))
    if named is not None and not names_features(named, site, device.consent_public):
        named = None
    return SignedRecord(record, ConsentMessage(stored.record, stored.signature), named)


def _row(stored: _Stored, signature: bytes) -> "Row[Any]":
    fields = {name: getattr(stored, name) for name in stored.__dataclass_fields__}
    return cast("Row[Any]", SimpleNamespace(**{**fields, "signature": signature}))

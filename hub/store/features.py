"""What a consent names beyond its record, as the hub stores it: a statement that the person's key signed."""

import logging
from collections.abc import Collection, MutableMapping

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from agent.errors import WireRefused
from agent.wire import codec, schema
from agent.wire.consent import ConsentRecord, grant_items, names_features
from agent.wire.message import FIRST_PURPOSES, DataMessage, DaysMessage, FeaturesMessage, Grant, SummaryMessage
from hub.keys.devices import Device
from hub.store.proven import ConsentKey, Stated
from hub.store.records import statement_of
from hub.store.tables import FEATURES

log = logging.getLogger(__name__)


class NamedFeatures:
    """The statements inside one storing transaction.

    Args:
        db: The open transaction, which holds the lock of every device that is asked about.
        site: Part of what is signed.
        known: Statements that were proven before; those of this transaction are added.
    """

    def __init__(self, db: Connection, site: str, known: MutableMapping[ConsentKey, Stated]) -> None:
        self._db, self._site, self._known = db, site, known

    def add(self, device: Device, message: FeaturesMessage, record: ConsentRecord) -> None:
        """Store a statement about a record.

        Raises:
            WireRefused: ``bad_consent``: a wrong signature, a withdrawal, or another statement about the same record.
        """
        if record.action != "give" or not names_features(message, self._site, device.consent_public):
            raise WireRefused("bad_consent", "the signature of the features that a consent names is not valid")
        known, stated = self._stored(device, record.hash), _stated(message)
        if known is not None and known != stated:
            raise WireRefused("bad_consent", "another statement names this consent's features")
        if known is None:
            self._db.execute(delete(FEATURES).where(_at(device, record.hash)))  # what stands there, nobody signed
            here = {"device": device.kid, "hash": record.hash, "feature_ids": codec.encode(message.feature_ids)}
            grants = codec.encode(grant_items(message.grants))
            self._db.execute(insert(FEATURES), {**here, "grants": grants, "signature": message.signature})

    def check(self, device: Device, message: DataMessage) -> Collection[Grant]:
        """Refuse what the consent of a message does not name; returns the grants that its statement adds.

        A consent of release 0.1.0 names signals alone: with them the table of that release, and nothing newer. A newer
        consent whose statement is on its way is bounded in the same way; what lies beyond waits for the statement.

        Raises:
            WireRefused: ``not_granted``, or ``consent_unknown`` while the statement is missing.
        """
        values = message.values if isinstance(message, SummaryMessage | DaysMessage) else ()
        sent = {coded.feature_id for coded in values}
        stated = self._of(device, message.consent_hash)
        if stated is None:
            is_newer = isinstance(message, DaysMessage) or not sent <= schema.FIRST_FEATURES
            if is_newer or message.purpose not in FIRST_PURPOSES:
                raise WireRefused("consent_unknown", "the statement of what this consent names is missing")
            return ()
        if not sent <= stated.features:
            raise WireRefused("not_granted")
        return stated.grants

    def _of(self, device: Device, consent_hash: bytes) -> Stated | None:
        known = self._known.get((device.kid, consent_hash))
        return self._stored(device, consent_hash) if known is None else known

    def _stored(self, device: Device, consent_hash: bytes) -> Stated | None:
        """What a stored statement names, if the person's key signed it; a row alone proves nothing."""
        row = self._db.execute(select(FEATURES).where(_at(device, consent_hash))).first()
        if row is None:
            return None
        message = statement_of(row)
        if message is None or not names_features(message, self._site, device.consent_public):
            log.error("a statement of features in the database was not signed by its device's person; it is ignored")
            return None
        self._known[device.kid, consent_hash] = _stated(message)
        return self._known[device.kid, consent_hash]


def _stated(message: FeaturesMessage) -> Stated:
    return Stated(frozenset(message.feature_ids), frozenset(message.grants))


def _at(device: Device, consent_hash: bytes) -> ColumnElement[bool]:
    return (FEATURES.c.device == device.kid) & (FEATURES.c.hash == consent_hash)

"""Which features a consent names, as the hub stores it: a statement that the person's key signed."""

import logging
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from agent.errors import WireRefused
from agent.wire import codec, schema
from agent.wire.consent import ConsentRecord, names_features
from agent.wire.message import FeaturesMessage, SummaryMessage
from hub.keys.devices import Device
from hub.store.tables import FEATURES

log = logging.getLogger(__name__)

_KEPT_MOST: Final = 10_000
_proven: dict[tuple[bytes, bytes], frozenset[int]] = {}  # by device and consent: a proven statement never changes


class NamedFeatures:
    """The statements inside one storing transaction.

    Args:
        db: The open transaction, which holds the lock of every device that is asked about.
        site: Part of what is signed.
    """

    def __init__(self, db: Connection, site: str) -> None:
        self._db, self._site = db, site

    def add(self, device: Device, message: FeaturesMessage, record: ConsentRecord) -> None:
        """Store a statement about a record.

        Raises:
            WireRefused: ``bad_consent``: a wrong signature, a withdrawal, or another statement about the same record.
        """
        if record.action != "give" or not names_features(message, self._site, device.consent_public):
            raise WireRefused("bad_consent", "the signature of the features that a consent names is not valid")
        known = self._of(device, record.hash)
        if known is not None and known != frozenset(message.feature_ids):
            raise WireRefused("bad_consent", "another statement names this consent's features")
        if known is None:
            self._db.execute(delete(FEATURES).where(_at(device, record.hash)))  # what stands there, nobody signed
            here = {"device": device.kid, "hash": record.hash, "feature_ids": codec.encode(message.feature_ids)}
            self._db.execute(insert(FEATURES), {**here, "signature": message.signature})

    def check(self, device: Device, message: SummaryMessage) -> None:
        """Refuse what the consent of a summary does not name.

        A consent of release 0.1.0 names signals alone: with them the table of that release, and nothing newer. A newer
        consent whose statement is on its way is bounded in the same way; what lies beyond waits for the statement.

        Raises:
            WireRefused: ``not_granted``, or ``consent_unknown`` while the statement is missing.
        """
        sent = {coded.feature_id for coded in message.values}
        stated = self._of(device, message.consent_hash)
        if stated is None:
            if not sent <= schema.FIRST_FEATURES:
                raise WireRefused("consent_unknown", "the statement of the features that this consent names is missing")
        elif not sent <= stated:
            raise WireRefused("not_granted")

    def _of(self, device: Device, consent_hash: bytes) -> frozenset[int] | None:
        """The features that a stored statement names, if the person's key signed it; a row alone proves nothing."""
        known = _proven.get((device.kid, consent_hash))
        if known is not None:
            return known
        row = self._db.execute(
            select(FEATURES.c.feature_ids, FEATURES.c.signature).where(_at(device, consent_hash))
        ).first()
        if row is None:
            return None
        try:
            message = FeaturesMessage(consent_hash, tuple(codec.uints(row.feature_ids)), row.signature)
        except WireRefused:
            message = None
        if message is None or not names_features(message, self._site, device.consent_public):
            log.error("a statement of features in the database was not signed by its device's person; it is ignored")
            return None
        if len(_proven) >= _KEPT_MOST:
            _proven.clear()
        _proven[device.kid, consent_hash] = frozenset(message.feature_ids)
        return _proven[device.kid, consent_hash]


def _at(device: Device, consent_hash: bytes) -> ColumnElement[bool]:
    return (FEATURES.c.device == device.kid) & (FEATURES.c.hash == consent_hash)

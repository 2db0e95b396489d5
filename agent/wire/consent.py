"""Consent records as they are signed and travel: given by the person's key, withdrawn by the device's.

record = [schema, serial, gives (1 or 0), device, profile, text hash, from, until, [[signal, purpose, recipient]...]]

The features that a record names, and grants for purposes that schema 1 does not know, travel beside it
(`FeaturesMessage`), signed by the same key: a hub of release 0.1.0 takes the record and leaves the statement waiting. A
record must hold a grant; where all of a consent's grants are in the statement, the record's is `NOTHING`.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.codec import Decoded, Fields, Item, texts
from agent.wire.keys import SignKey, verify
from agent.wire.labels import RECORD_SCHEMA, Label
from agent.wire.message import FIRST_PURPOSES, HASH_BYTES, ConsentMessage, FeaturesMessage, Grant

Action = Literal["give", "withdraw"]
_LABELS: Final = {"give": Label.CONSENT_GIVE, "withdraw": Label.CONSENT_WITHDRAW}
MAX_TEXT: Final = 64
NOTHING: Final = "nothing"  # a signal that no feature has
INDEX: Final = "index"  # nor this one: what the hub computes of a person's weeks, for the care team
GRANTS_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What a person agreed to, or took back.

    Attributes:
        serial: Grows on a device (see `next_serial`); the highest one stands.
        action: ``give`` replaces what stood before; ``withdraw`` leaves nothing.
        device: The device's name on topics.
        profile: Row of PROFILES it was given under.
        text_hash: SHA-256 of the words that the person read.
        from_utc_s, until_utc_s: Data of windows inside [from, until) may go.
        grants: Empty in a withdrawal.
    """

    serial: int
    action: Action
    device: str
    profile: str
    text_hash: bytes
    from_utc_s: int
    until_utc_s: int
    grants: tuple[Grant, ...]

    def encode(self) -> bytes:
        return codec.encode(
            [
                RECORD_SCHEMA,
                self.serial,
                int(self.action == "give"),
                self.device,
                self.profile,
                self.text_hash,
                self.from_utc_s,
                self.until_utc_s,
                grant_items(self.grants),
            ]
        )

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.encode()).digest()

    def covers(self, grant: Grant, start_utc_s: int, end_utc_s: int, stated: Collection[Grant] = ()) -> bool:
        """Whether every moment of [start, end) may go under this grant.

        Args:
            grant, start_utc_s, end_utc_s: What, and of when.
            stated: Grants of the statement beside this record.
        """
        return (
            self.action == "give"
            and self.from_utc_s <= start_utc_s
            and end_utc_s <= self.until_utc_s
            and (grant in self.grants or grant in stated)
        )

    def is_valid_at(self, utc_s: int) -> bool:
        """Whether a moment lies in [from, until)."""
        return self.from_utc_s <= utc_s < self.until_utc_s

    def signed_yes(
        self, key: SignKey, site: str, feature_ids: Iterable[int], grants: Iterable[Grant] = ()
    ) -> "SignedYes":
        """The record, and the features and further grants that the consent names, signed by the person's key."""
        ids, stated = tuple(sorted(set(feature_ids))), tuple(sorted(set(grants)))
        signature = key.sign(Label.CONSENT_FEATURES, site, self.hash, ids, grant_items(stated))
        return SignedYes(self.signed(key, site), FeaturesMessage(self.hash, ids, stated, signature))

    def signed(self, key: SignKey, site: str) -> ConsentMessage:
        """The record with its signature: the person's consent key gives, the device key withdraws."""
        record = self.encode()
        return ConsentMessage(record, key.sign(_LABELS[self.action], site, record))


@dataclass(frozen=True, slots=True)
class SignedYes:
    """What a person's key signed: the record, and the statement of features and further grants beside it."""

    record: ConsentMessage
    features: FeaturesMessage


def next_serial(last: int, now_utc_s: int) -> int:
    """The serial after ``last``: the time where that is later, so that a state restored from an
    older copy does not give a serial out a second time.
    """
    return max(last + 1, now_utc_s)


def decode_record(data: bytes) -> ConsentRecord:
    """Strict inverse of `ConsentRecord.encode`.

    Raises:
        WireRefused: ``schema_too_new`` for a schema or purpose that we do not know, else ``bad_consent``.
    """
    try:
        return _record(codec.decode(data))
    except WireRefused as refused:
        if refused.reason == "schema_too_new":
            raise
        raise WireRefused("bad_consent", str(refused)) from refused


def _record(item: Decoded) -> ConsentRecord:
    if isinstance(item, list) and item and isinstance(item[0], int) and item[0] > RECORD_SCHEMA:
        raise WireRefused("schema_too_new", "unknown schema of a consent record")
    row = Fields(item, 9)
    if row.uint() != RECORD_SCHEMA:
        raise WireRefused("malformed", "unknown schema")
    record = ConsentRecord(
        serial=row.uint(),
        action="give" if row.uint() == 1 else "withdraw",
        device=row.text(),
        profile=row.text(),
        text_hash=row.raw(HASH_BYTES),
        from_utc_s=row.uint(),
        until_utc_s=row.uint(),
        grants=tuple(_grant(grant) for grant in row.array()),
    )
    gives = record.action == "give"
    if gives != bool(record.grants) or (gives and record.from_utc_s >= record.until_utc_s):
        raise WireRefused("malformed", "a consent record is not valid (action, grants or times)")
    if max(len(record.device), len(record.profile)) > MAX_TEXT or record.encode() != codec.encode(item):
        raise WireRefused("malformed", "a consent record is not valid (names or action)")
    return record


def verified(message: ConsentMessage, site: str, consent_public: bytes, device_public: bytes) -> ConsentRecord:
    """The record of a message whose signature holds.

    Raises:
        WireRefused: ``bad_consent`` or ``schema_too_new``.
    """
    record = decode_record(message.record)
    public = consent_public if record.action == "give" else device_public
    if not verify(public, message.signature, _LABELS[record.action], site, message.record):
        raise WireRefused("bad_consent", "the signature is not valid")
    return record


def names_features(message: FeaturesMessage, site: str, consent_public: bytes) -> bool:
    """Whether the person's key signed this statement."""
    signed = site, message.consent_hash, message.feature_ids, grant_items(message.grants)
    return verify(consent_public, message.signature, Label.CONSENT_FEATURES, *signed)


def grant_items(grants: Iterable[Grant]) -> list[Item]:
    """Grants as they are encoded and signed."""
    return [[grant.signal, grant.purpose, grant.recipient] for grant in grants]


def _grant(item: Decoded) -> Grant:
    grant = Grant(*texts(item, 3))
    if grant.purpose not in FIRST_PURPOSES:
        raise WireRefused("schema_too_new", "unknown purpose of a grant")
    if max(len(grant.signal), len(grant.recipient)) > MAX_TEXT:
        raise WireRefused("malformed", "a consent record is not valid (names of a grant)")
    return grant

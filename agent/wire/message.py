"""The kinds of message inside an envelope, and the plaintext that holds them; see `agent.wire.plaintext`."""

from dataclasses import dataclass
from typing import Final

from agent.model import CodedValue, Released

STREAM_BYTES: Final = 16
HASH_BYTES: Final = 32
NONCE_BYTES: Final = 16
NO_STREAM: Final = bytes(STREAM_BYTES)
FEATURES_MOST: Final = 256
PURPOSES: Final = ("care", "research", "workplace")
GAP_REASONS: Final = ("age", "rows", "bytes", "file")


@dataclass(frozen=True, slots=True)
class SummaryMessage:
    """One released window."""

    purpose: str
    consent_hash: bytes
    start_utc_s: int
    end_utc_s: int
    values: tuple[CodedValue, ...]

    @classmethod
    def of(cls, released: Released) -> "SummaryMessage":
        return cls(
            released.purpose,
            released.consent_hash,
            released.start_utc_s,
            released.end_utc_s,
            released.values,
        )


@dataclass(frozen=True, slots=True)
class ConsentMessage:
    """A signed consent record (`agent.wire.consent`), given or withdrawn."""

    record: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class GapMessage:
    """Rows that a stated limit dropped before the hub had them."""

    stream: bytes
    first_seq: int
    last_seq: int
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class EraseMessage:
    """The person wants everything about them gone.

    Attributes:
        serial: Consents up to this serial, and all data under them; a later consent stands.
        asked_utc_s: When.
    """

    serial: int
    asked_utc_s: int


@dataclass(frozen=True, slots=True)
class ProbeMessage:
    """Is the way to the hub's disk and back open? Stored as nothing but its receipt."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class RenewMessage:
    """A request for a new TLS certificate under the same name: DER, signed by the new key."""

    tls_request: bytes


@dataclass(frozen=True, slots=True)
class CoverMessage:
    """Nothing, said at the usual hour."""


@dataclass(frozen=True, slots=True)
class SchemaMessage:
    """Which schema this device speaks: from now on the hub answers in it. A hub of schema 1 says ``schema_too_new``."""

    schema: int


@dataclass(frozen=True, slots=True)
class FeaturesMessage:
    """Which features a consent names (`agent.wire.consent`): nothing else may go under it.

    Attributes:
        consent_hash: Of the consent record.
        feature_ids: Ascending; at least one.
        signature: By the person's consent key.
    """

    consent_hash: bytes
    feature_ids: tuple[int, ...]
    signature: bytes


Message = (
    SummaryMessage
    | ConsentMessage
    | GapMessage
    | EraseMessage
    | ProbeMessage
    | RenewMessage
    | CoverMessage
    | SchemaMessage
    | FeaturesMessage
)
KINDS: Final[dict[type, str]] = {
    SummaryMessage: "summary",
    ConsentMessage: "consent",
    GapMessage: "gap",
    EraseMessage: "erase",
    ProbeMessage: "probe",
    RenewMessage: "renew",
    CoverMessage: "cover",
    SchemaMessage: "schema",
    FeaturesMessage: "features",
}


@dataclass(frozen=True, slots=True)
class Plaintext:
    """What one envelope holds.

    Attributes:
        previous_stream: The stream before this one; zeros for the first.
        previous_last_seq: The last seq that the file knew of it.
        ledger_index: This row's place in the person's ledger.
        head_before: The ledger chain's head before this row.
        messages: One or more of one kind; those of `ALONE` stand alone.
    """

    previous_stream: bytes
    previous_last_seq: int
    ledger_index: int
    head_before: bytes
    messages: tuple[Message, ...]


ALONE: Final = frozenset({ConsentMessage, FeaturesMessage, EraseMessage, RenewMessage, SchemaMessage})
"""Kinds that change rights or terms: one message an envelope, so that no order inside decides anything."""

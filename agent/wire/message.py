"""The kinds of message inside an envelope, and the plaintext that holds them; see `agent.wire.plaintext`."""

from dataclasses import dataclass
from typing import Final

from agent.model import CodedDay, CodedValue, Released, ReleasedDay

STREAM_BYTES: Final = 16
HASH_BYTES: Final = 32
NONCE_BYTES: Final = 16
NO_STREAM: Final = bytes(STREAM_BYTES)
FEATURES_MOST: Final = 256
FIRST_PURPOSES: Final = ("care", "research", "workplace")  # of schema 1: a record names no other
SCORE: Final = "score"  # read by a program alone; what comes of it goes to the person alone
PURPOSES: Final = (*FIRST_PURPOSES, SCORE, "group")
NOTHING_SENT: Final = frozenset({"group"})  # a consent to be counted, by what leaves for another purpose
GAP_REASONS: Final = ("age", "rows", "bytes", "file")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One signal, for one purpose, to one recipient."""

    signal: str
    purpose: str
    recipient: str


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
    """Which features a consent names, and what it grants beyond its record (`agent.wire.consent`): nothing else may go.

    Attributes:
        consent_hash: Of the consent record.
        feature_ids: Ascending; at least one.
        grants: Those whose purposes schema 1 does not know; ascending.
        signature: By the person's consent key.
    """

    consent_hash: bytes
    feature_ids: tuple[int, ...]
    grants: tuple[Grant, ...]
    signature: bytes


@dataclass(frozen=True, slots=True)
class NotedShift:
    """A time at work: bounds in UTC s; kind as in `agent.wire.codes`."""

    start_utc_s: int
    end_utc_s: int
    kind: int


@dataclass(frozen=True, slots=True)
class NotedChange:
    """A change of the person's normal: when, its kind as in `agent.wire.codes`, and its end; 0: none."""

    at_utc_s: int
    kind: int
    until_utc_s: int


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """From when the person's clock differs how much from UTC: in minutes, plus 1440."""

    from_utc_s: int
    minutes: int


@dataclass(frozen=True, slots=True)
class NotedAnswer:
    """The result of one scale of a check-in: when, the scale as in `agent.wire.codes`, and its code."""

    at_utc_s: int
    scale: int
    v: int


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """All that a person noted of one day of UTC; the statement with a day's highest ledger index replaces the others.

    Attributes:
        purpose: What it may be used for.
        consent_hash: Of the consent that it leaves under.
        day: Days since 1970, UTC.
        shifts, changes, offsets, answers: What begins in that day, ascending.
    """

    purpose: str
    consent_hash: bytes
    day: int
    shifts: tuple[NotedShift, ...] = ()
    changes: tuple[NotedChange, ...] = ()
    offsets: tuple[ClockOffset, ...] = ()
    answers: tuple[NotedAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class DaysMessage:
    """All that leaves of one day of a person's calendar; the statement with a day's highest ledger index replaces the
    others, and one without a value takes them back.

    Attributes:
        purpose: What it may be used for.
        consent_hash: Of the consent that it leaves under.
        day: Days since 1970, on the person's calendar.
        values: Ids ascending.
    """

    purpose: str
    consent_hash: bytes
    day: int
    values: tuple[CodedDay, ...] = ()

    @classmethod
    def of(cls, released: ReleasedDay) -> "DaysMessage":
        return cls(released.purpose, released.consent_hash, released.day, released.values)


@dataclass(frozen=True, slots=True)
class AskMessage:
    """What the person asks of the care team, or says about an alert (`agent.wire.ask`).

    Attributes:
        consent_hash: Of the consent in force.
        at_utc_s: When.
        what: A code of the table ``asks``.
        about: Number of the alert; 0 for what is about none.
        words: To the team, for ``see`` alone; may be empty.
    """

    consent_hash: bytes
    at_utc_s: int
    what: int
    about: int = 0
    words: str = ""


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
    | ContextMessage
    | DaysMessage
    | AskMessage
)
DataMessage = SummaryMessage | ContextMessage | DaysMessage
"""What was measured, noted or imported: under a consent, and gone with it."""
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
    ContextMessage: "context",
    DaysMessage: "days",
    AskMessage: "ask",
}
SCORED_KINDS: Final = ("summary", "context", "days")
"""Kinds of `DataMessage`."""
DATA_KINDS: Final = (*SCORED_KINDS, "ask")
"""Kinds that rest on a consent: a withdrawal stops them, and an erasure deletes them."""


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


ALONE: Final = frozenset({ConsentMessage, FeaturesMessage, EraseMessage, RenewMessage, SchemaMessage, AskMessage})
"""Kinds that change rights or terms: one message an envelope, so that no order inside decides anything."""

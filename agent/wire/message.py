"""The seven kinds of message inside an envelope, and the plaintext that holds them."""

from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.model import CodedValue, Released
from agent.wire import codec, schema
from agent.wire.codec import Decoded, Fields, Item
from agent.wire.keys import SIGNATURE_BYTES
from agent.wire.labels import SCHEMA

STREAM_BYTES: Final = 16
HASH_BYTES: Final = 32
NONCE_BYTES: Final = 16
NO_STREAM: Final = bytes(STREAM_BYTES)
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


Message = SummaryMessage | ConsentMessage | GapMessage | EraseMessage | ProbeMessage | RenewMessage | CoverMessage
KINDS: Final[dict[type, str]] = {
    SummaryMessage: "summary",
    ConsentMessage: "consent",
    GapMessage: "gap",
    EraseMessage: "erase",
    ProbeMessage: "probe",
    RenewMessage: "renew",
    CoverMessage: "cover",
}


@dataclass(frozen=True, slots=True)
class Plaintext:
    """What one envelope holds.

    Attributes:
        previous_stream: The stream before this one; zeros for the first.
        previous_last_seq: The last seq that the file knew of it.
        ledger_index: This row's place in the person's ledger.
        head_before: The ledger chain's head before this row.
        messages: One or more of one kind; consent, erase and renew stand alone.
    """

    previous_stream: bytes
    previous_last_seq: int
    ledger_index: int
    head_before: bytes
    messages: tuple[Message, ...]


_NOWHERE: Final = codec.encode([NO_STREAM, 0, 1, bytes(HASH_BYTES), 0])[:-1]


def encode_plaintext(plaintext: Plaintext) -> bytes:
    """The canonical words that ledger and hub both keep."""
    return codec.encode(
        [
            plaintext.previous_stream,
            plaintext.previous_last_seq,
            plaintext.ledger_index,
            plaintext.head_before,
            [_item(message) for message in plaintext.messages],
        ]
    )


def messages_alone(words: bytes, plaintext: Plaintext) -> bytes:
    """The words of an envelope as they would stand in the first row of a file: what is said, without its place.

    Args:
        words: Canonical, as `decode_plaintext` takes them.
        plaintext: What it made of them.
    """
    place = (plaintext.previous_stream, plaintext.previous_last_seq, plaintext.ledger_index, plaintext.head_before, 0)
    return _NOWHERE + words[len(codec.encode(place)) - 1 :]


def decode_plaintext(words: bytes) -> Plaintext:
    """Strict inverse of `encode_plaintext`.

    Raises:
        WireRefused: ``schema_too_new`` for a schema or feature id we do not know,
            ``bad_plaintext`` for everything else.
    """
    try:
        row = Fields(codec.decode(words), 5)
        plaintext = Plaintext(
            row.raw(STREAM_BYTES),
            row.uint(),
            row.uint(),
            row.raw(HASH_BYTES),
            tuple(_message(item) for item in row.array()),
        )
        _check_together(plaintext.messages)
        return plaintext
    except WireRefused as refused:
        if refused.reason == "malformed":
            raise WireRefused("bad_plaintext", str(refused)) from refused
        raise


def _item(message: Message) -> Item:  # noqa: PLR0911 - one branch a kind
    kind = KINDS[type(message)]
    match message:
        case SummaryMessage():
            rows = [
                [value.feature_id, value.v, value.n, value.coverage, value.edited, value.ci_low, value.ci_high]
                for value in message.values
            ]
            return [
                kind,
                SCHEMA,
                message.purpose,
                message.consent_hash,
                message.start_utc_s,
                message.end_utc_s,
                rows,
            ]
        case ConsentMessage():
            return [kind, message.record, message.signature]
        case GapMessage():
            return [kind, message.stream, message.first_seq, message.last_seq, message.count, message.reason]
        case EraseMessage():
            return [kind, message.serial, message.asked_utc_s]
        case ProbeMessage():
            return [kind, message.nonce]
        case RenewMessage():
            return [kind, message.tls_request]
        case CoverMessage():
            return [kind]


def _message(item: Decoded) -> Message:
    if not isinstance(item, list) or not item or not isinstance(item[0], str):
        raise WireRefused("malformed", "a message starts with its kind")
    reader = _READERS.get(item[0])
    if reader is None:
        raise WireRefused("schema_too_new", "unknown message kind")
    return reader(item)


def _check_together(messages: tuple[Message, ...]) -> None:
    """One kind an envelope, and what changes rights stands alone: no order inside decides anything."""
    kinds = {type(message) for message in messages}
    if len(kinds) != 1 or (kinds & {ConsentMessage, EraseMessage, RenewMessage} and len(messages) > 1):
        raise WireRefused("malformed", "these messages do not belong together")


def _summary(item: list[Decoded]) -> Message:
    if len(item) > 1 and isinstance(item[1], int) and item[1] > SCHEMA:
        raise WireRefused("schema_too_new", "unknown schema")
    row = Fields(item[2:], 5)
    purpose, consent, start_utc_s, end_utc_s = row.text(*PURPOSES), row.raw(HASH_BYTES), row.uint(), row.uint()
    values = tuple(_coded(value) for value in row.array())
    ids = [value.feature_id for value in values]
    if item[1] != SCHEMA or start_utc_s >= end_utc_s or not ids or ids != sorted(set(ids)):
        raise WireRefused("malformed", "schema, times or feature ids are not valid")
    return SummaryMessage(purpose, consent, start_utc_s, end_utc_s, values)


def _coded(item: Decoded) -> CodedValue:
    numbers = Fields(item, 7).uints()
    value = CodedValue(*numbers)
    known = schema.features().get(value.feature_id)
    if known is None:
        raise WireRefused("schema_too_new", "unknown feature id")
    if value.v == 0 and any(numbers[2:]):
        raise WireRefused("malformed", "a withheld value carries data")
    if max(value.v, value.ci_low, value.ci_high) > known.v_max:
        raise WireRefused("malformed", "a value is out of its range")
    if max(value.coverage, value.edited) > schema.SHARE_STEPS:
        raise WireRefused("malformed", "a share is greater than 1")
    return value


def _consent(item: list[Decoded]) -> Message:
    row = Fields(item[1:], 2)
    return ConsentMessage(row.raw(), row.raw(SIGNATURE_BYTES))


def _gap(item: list[Decoded]) -> Message:
    row = Fields(item[1:], 5)
    gap = GapMessage(row.raw(STREAM_BYTES), row.uint(), row.uint(), row.uint(), row.text(*GAP_REASONS))
    if not 1 <= gap.count <= gap.last_seq - gap.first_seq + 1:
        raise WireRefused("malformed", "the sequence numbers and the count of a gap do not match")
    return gap


def _erase(item: list[Decoded]) -> Message:
    row = Fields(item[1:], 2)
    return EraseMessage(row.uint(), row.uint())


def _probe(item: list[Decoded]) -> Message:
    return ProbeMessage(Fields(item[1:], 1).raw(NONCE_BYTES))


def _renew(item: list[Decoded]) -> Message:
    return RenewMessage(Fields(item[1:], 1).raw())


def _cover(item: list[Decoded]) -> Message:
    Fields(item, 1)
    return CoverMessage()


_READERS: Final = {
    "summary": _summary,
    "consent": _consent,
    "gap": _gap,
    "erase": _erase,
    "probe": _probe,
    "renew": _renew,
    "cover": _cover,
}

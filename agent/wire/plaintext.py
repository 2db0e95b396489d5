"""The bytes of an envelope's plaintext: messages to canonical CBOR and back, strictly."""

from typing import Final

from agent.errors import WireRefused
from agent.model import CodedValue
from agent.wire import codec, schema
from agent.wire.ask import ask_items, read_ask
from agent.wire.codec import Decoded, Fields, Item, texts
from agent.wire.consent import GRANTS_MOST, MAX_TEXT, grant_items
from agent.wire.context import context_items, read_context
from agent.wire.days import days_items, read_days
from agent.wire.keys import SIGNATURE_BYTES
from agent.wire.labels import FIRST_SCHEMA, SUMMARY_SCHEMA
from agent.wire.message import (
    ALONE,
    FEATURES_MOST,
    FIRST_PURPOSES,
    GAP_REASONS,
    HASH_BYTES,
    KINDS,
    NO_STREAM,
    NONCE_BYTES,
    NOTHING_SENT,
    PURPOSES,
    STREAM_BYTES,
    AskMessage,
    ConsentMessage,
    ContextMessage,
    CoverMessage,
    DaysMessage,
    EraseMessage,
    FeaturesMessage,
    GapMessage,
    Grant,
    Message,
    Plaintext,
    ProbeMessage,
    RenewMessage,
    SchemaMessage,
    SummaryMessage,
)

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


def _item(message: Message) -> Item:  # noqa: C901, PLR0911 - one branch a kind
    kind = KINDS[type(message)]
    match message:
        case SummaryMessage():
            rows = [
                [value.feature_id, value.v, value.n, value.coverage, value.edited, value.ci_low, value.ci_high]
                for value in message.values
            ]
            return [
                kind,
                _schema_of(message.purpose),
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
        case SchemaMessage():
            return [kind, message.schema]
        case FeaturesMessage():
            ids, grants = list(message.feature_ids), grant_items(message.grants)
            return [kind, message.consent_hash, ids, grants, message.signature]
        case ContextMessage():
            return [kind, *context_items(message)]
        case DaysMessage():
            return [kind, *days_items(message)]
        case AskMessage():
            return [kind, *ask_items(message)]
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
    """One kind an envelope; some stand alone."""
    kinds = {type(message) for message in messages}
    if len(kinds) != 1 or (kinds & ALONE and len(messages) > 1):
        raise WireRefused("malformed", "these messages do not belong together")


def _summary(item: list[Decoded]) -> Message:
    if len(item) > 1 and isinstance(item[1], int) and item[1] > SUMMARY_SCHEMA:
        raise WireRefused("schema_too_new", "unknown schema")
    row = Fields(item[2:], 5)
    purpose, consent, start_utc_s, end_utc_s = row.text(), row.raw(HASH_BYTES), row.uint(), row.uint()
    if purpose not in PURPOSES:
        raise WireRefused("schema_too_new", "unknown purpose")
    if purpose in NOTHING_SENT:
        raise WireRefused("malformed", "nothing is sent for this purpose")
    values = tuple(_coded(value) for value in row.array())
    ids = [value.feature_id for value in values]
    if item[1] != _schema_of(purpose) or start_utc_s >= end_utc_s or not ids or ids != sorted(set(ids)):
        raise WireRefused("malformed", "schema, times or feature ids are not valid")
    return SummaryMessage(purpose, consent, start_utc_s, end_utc_s, values)


def _schema_of(purpose: str) -> int:
    """The lowest schema that knows a purpose: an older hub must leave a summary for a newer one waiting."""
    return FIRST_SCHEMA if purpose in FIRST_PURPOSES else SUMMARY_SCHEMA


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
    gap = GapMessage(row.raw(STREAM_BYTES), row.uint(), row.uint(), row.uint(), row.text())
    if gap.reason not in GAP_REASONS:
        raise WireRefused("schema_too_new", "unknown reason of a gap")
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


def _schema(item: list[Decoded]) -> Message:
    stated = SchemaMessage(Fields(item[1:], 1).uint())
    if stated.schema < 1:
        raise WireRefused("malformed", "schemas start at 1")
    return stated


def _features(item: list[Decoded]) -> Message:
    row = Fields(item[1:], 4)
    consent, listed, given, signature = row.raw(HASH_BYTES), row.array(), row.array(), row.raw(SIGNATURE_BYTES)
    ids = Fields(listed, len(listed)).uints()
    if not 1 <= len(ids) <= FEATURES_MOST or list(ids) != sorted(set(ids)):
        raise WireRefused("malformed", "the feature ids of a consent are not valid")
    grants = tuple(_grant(grant) for grant in given)
    if len(grants) > GRANTS_MOST or list(grants) != sorted(set(grants)):
        raise WireRefused("malformed", "the grants of a statement are too many, or not ascending")
    return FeaturesMessage(consent, tuple(ids), grants, signature)


def _grant(item: Decoded) -> Grant:
    """A grant that its consent's record cannot hold."""
    grant = Grant(*texts(item, 3))
    if grant.purpose not in PURPOSES:
        raise WireRefused("schema_too_new", "unknown purpose of a grant")
    if grant.purpose in FIRST_PURPOSES:
        raise WireRefused("malformed", "a statement repeats a purpose of the record")
    if max(len(grant.signal), len(grant.recipient)) > MAX_TEXT:
        raise WireRefused("malformed", "the names of a grant are too long")
    return grant


def _context(item: list[Decoded]) -> Message:
    return read_context(item[1:])


def _days(item: list[Decoded]) -> Message:
    return read_days(item[1:])


def _ask(item: list[Decoded]) -> Message:
    return read_ask(item[1:])


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
    "schema": _schema,
    "features": _features,
    "context": _context,
    "days": _days,
    "ask": _ask,
}

"""The way down: what the hub answers, sealed to the device and as large as what came up.

words = [directory version, store id, [answer...]]
answer = ["receipt", stream, ledger index, chain head, [[seq, digest, code]...]]
       | ["notice", code, stream, seq, named seq]
"""

from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.codec import Decoded, Fields
from agent.wire.labels import REASONS
from agent.wire.message import HASH_BYTES, STREAM_BYTES

MAX_ENTRIES: Final = 40
STORE_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One envelope's fate. ``code`` is a key of REASONS; only an equal digest settles a row."""

    seq: int
    digest: bytes
    code: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Fates in one stream, with the highest ledger index and head that the hub holds of it."""

    stream: bytes
    ledger_index: int
    head: bytes
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a stream as a whole: ``restored`` says that the hub holds more than was named."""

    code: int
    stream: bytes
    seq: int
    named_seq: int


Answer = Receipt | Notice


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one envelope down holds."""

    directory_version: int
    store_id: bytes
    answers: tuple[Answer, ...]


def encode_answers(answers: Answers) -> bytes:
    """The words of an envelope down."""
    items: list[codec.Item] = []
    for answer in answers.answers:
        match answer:
            case Receipt():
                entries: list[codec.Item] = [[entry.seq, entry.digest, entry.code] for entry in answer.entries]
                items.append(["receipt", answer.stream, answer.ledger_index, answer.head, entries])
            case Notice():
                items.append(["notice", answer.code, answer.stream, answer.seq, answer.named_seq])
    return codec.encode([answers.directory_version, answers.store_id, items])


def decode_answers(words: bytes) -> Answers:
    """Strict inverse of `encode_answers`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(codec.decode(words), 3)
    return Answers(row.uint(), row.raw(STORE_ID_BYTES), tuple(_answer(item) for item in row.array()))


def _answer(item: Decoded) -> Answer:
    row = Fields(item, 5)
    if row.text("receipt", "notice") == "notice":
        return Notice(_known(row.uint()), row.raw(STREAM_BYTES), row.uint(), row.uint())
    receipt = Receipt(
        row.raw(STREAM_BYTES), row.uint(), row.raw(HASH_BYTES), tuple(_entry(entry) for entry in row.array())
    )
    if len(receipt.entries) > MAX_ENTRIES:
        raise WireRefused("malformed", "too many entries")
    return receipt


def _entry(item: Decoded) -> Entry:
    row = Fields(item, 3)
    return Entry(row.uint(), row.raw(HASH_BYTES), _known(row.uint()))


def _known(code: int) -> int:
    if code not in REASONS:
        raise WireRefused("malformed", "unknown code")
    return code

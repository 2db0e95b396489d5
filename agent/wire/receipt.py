"""The way down: what the hub answers, sealed to the device and as large as what came up.

words  = [directory version, store id, [answer...]]                                    to a device of schema 1
       | [directory version, store id, [answer...], schema, hub time UTC s, ledger index, chain head]      else
answer = ["receipt", stream, ledger index, chain head, [[seq, digest, code]...]]
       | ["notice", code, stream, seq, named seq]
       | ["certificate", DER]
       | ["erased", device, [serial, asked, erased, last backup of the keys ends], signature by the receipt key]
       | ["score", body, signature by a score key]             to a device whose consent grants the purpose `score`
       | ["alert", body, signature by a score key]             (`agent.wire.alert`)
       | ["looks", link before, [look...]]                         each encoded (`agent.wire.looks`)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.codec import Decoded, Fields
from agent.wire.keys import SIGNATURE_BYTES, SignKey, verify
from agent.wire.labels import FIRST_SCHEMA, REASONS, Label
from agent.wire.message import HASH_BYTES, STREAM_BYTES

MAX_ENTRIES: Final = 40
STORE_ID_BYTES: Final = 16
_FIRST_FIELDS: Final = 3
_SECOND_FIELDS: Final = 7


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


@dataclass(frozen=True, slots=True)
class Erased:
    """The hub's word that an erasure was carried out, signed so that the person can show it to anybody.

    Attributes:
        device: The random name.
        serial: Everything under consents up to this one is gone, and the keys that its words were under.
        asked_utc_s, erased_utc_s: When.
        backups_end_utc_s: Until then a backup of the keys may exist that opens an old copy of the data; 0: none does.
        kept: How many rows stand under consents that were given later.
        signature: Ed25519 by the receipt key over the label, the site and the rest.
    """

    device: str
    serial: int
    asked_utc_s: int
    erased_utc_s: int
    backups_end_utc_s: int
    kept: int = 0
    signature: bytes = bytes(SIGNATURE_BYTES)

    @property
    def _times(self) -> list[codec.Item]:
        return [self.serial, self.asked_utc_s, self.erased_utc_s, self.backups_end_utc_s, self.kept]

    def signed(self, key: SignKey, site: str) -> "Erased":
        return replace(self, signature=key.sign(Label.ERASED, site, self.device, self._times))

    def signed_by(self, public: bytes, site: str) -> bool:
        return verify(public, self.signature, Label.ERASED, site, self.device, self._times)

    def items(self) -> list[codec.Item]:
        return ["erased", self.device, self._times, self.signature]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A new TLS certificate, as asked for."""

    der: bytes


@dataclass(frozen=True, slots=True)
class ScoreMessage:
    """A score (`agent.wire.score`): its encoded body, and the signature of a score key."""

    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """An alert (`agent.wire.alert`): its encoded body, and the signature of a score key."""

    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class LooksMessage:
    """Looks at the person's values (`agent.wire.looks`), one after the other.

    Attributes:
        before: Link of the look before the first of these.
        looks: Encoded rows, in order.
    """

    before: bytes
    looks: tuple[bytes, ...]


Answer = Receipt | Notice | Erased | Certificate | ScoreMessage | AlertMessage | LooksMessage


@dataclass(frozen=True, slots=True)
class Place:
    """How far the hub has a device's ledger, over all its streams.

    Attributes:
        ledger_index: The highest index that it has; 0: none.
        head: The chain's head before that row, as the device named it.
    """

    ledger_index: int = 0
    head: bytes = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one envelope down holds.

    Attributes:
        directory_version, store_id: Of the hub.
        answers: Those that we know; the others are counted.
        schema: What the hub speaks with this device; what follows is empty in the first schema.
        hub_utc_s: The hub's clock when it answered.
        place: How far the hub has the device's ledger.
        unknown: Answers and entries of a newer hub that were passed over; their rows wait.
    """

    directory_version: int
    store_id: bytes
    answers: tuple[Answer, ...]
    schema: int = FIRST_SCHEMA
    hub_utc_s: int = 0
    place: Place = Place()
    unknown: int = 0


def encode_answers(answers: Answers) -> bytes:
    """The words of an envelope down, in the schema of the device that they go to."""
    items = [answer_items(answer) for answer in answers.answers]
    words: list[codec.Item] = [answers.directory_version, answers.store_id, items]
    if answers.schema > FIRST_SCHEMA:
        words += [answers.schema, answers.hub_utc_s, answers.place.ledger_index, answers.place.head]
    return codec.encode(words)


def answer_items(answer: Answer) -> list[codec.Item]:  # noqa: PLR0911 - one branch a kind
    """One answer, as it is encoded."""
    match answer:
        case Receipt():
            entries: list[codec.Item] = [[entry.seq, entry.digest, entry.code] for entry in answer.entries]
            return ["receipt", answer.stream, answer.ledger_index, answer.head, entries]
        case Notice():
            return ["notice", answer.code, answer.stream, answer.seq, answer.named_seq]
        case Erased():
            return answer.items()
        case Certificate():
            return ["certificate", answer.der]
        case ScoreMessage():
            return ["score", answer.body, answer.signature]
        case AlertMessage():
            return ["alert", answer.body, answer.signature]
        case LooksMessage():
            return ["looks", answer.before, list(answer.looks)]


def decode_answers(words: bytes) -> Answers:
    """Strict inverse of `encode_answers`, but for kinds and codes that only a newer hub knows: those are passed over.

    Raises:
        WireRefused: ``malformed``.
    """
    item = codec.decode(words)
    has_place = isinstance(item, list) and len(item) == _SECOND_FIELDS
    row = Fields(item, _SECOND_FIELDS if has_place else _FIRST_FIELDS)
    version, store_id, read = row.uint(), row.raw(STORE_ID_BYTES), [read_answer(one) for one in row.array()]
    schema, hub_utc_s, place = FIRST_SCHEMA, 0, Place()
    if has_place:
        schema, hub_utc_s, place = row.uint(), row.utc_s(), Place(row.uint(), row.raw(HASH_BYTES))
        if schema <= FIRST_SCHEMA:
            raise WireRefused("malformed", "the schema of an answer does not match its length")
    answers = tuple(answer for answer, _ in read if answer is not None)
    return Answers(version, store_id, answers, schema, hub_utc_s, place, sum(unknown for _, unknown in read))


def read_answer(item: Decoded) -> tuple[Answer | None, int]:
    """An answer, and how many of its parts are unknown; None when all of it is.

    Raises:
        WireRefused: ``malformed``.
    """
    if not isinstance(item, list) or not item or not isinstance(item[0], str):
        raise WireRefused("malformed", "an answer starts with its kind")
    reader = _READERS.get(item[0])
    return (None, 1) if reader is None else reader(item)


def _receipt(item: list[Decoded]) -> tuple[Answer | None, int]:
    row = Fields(item[1:], 4)
    stream, index, head, listed = row.raw(STREAM_BYTES), row.uint(), row.raw(HASH_BYTES), row.array()
    if len(listed) > MAX_ENTRIES:
        raise WireRefused("malformed", "too many entries")
    entries = [_entry(entry) for entry in listed]
    known = tuple(entry for entry in entries if entry.code in REASONS)
    return Receipt(stream, index, head, known), len(entries) - len(known)


def _notice(item: list[Decoded]) -> tuple[Answer | None, int]:
    row = Fields(item[1:], 4)
    notice = Notice(row.uint(), row.raw(STREAM_BYTES), row.uint(), row.uint())
    return (notice, 0) if notice.code in REASONS else (None, 1)


def _certificate(item: list[Decoded]) -> tuple[Answer | None, int]:
    return Certificate(Fields(item[1:], 1).raw()), 0


def _score(item: list[Decoded]) -> tuple[Answer | None, int]:
    row = Fields(item[1:], 2)
    return ScoreMessage(row.raw(), row.raw(SIGNATURE_BYTES)), 0


def _alert(item: list[Decoded]) -> tuple[Answer | None, int]:
    row = Fields(item[1:], 2)
    return AlertMessage(row.raw(), row.raw(SIGNATURE_BYTES)), 0


def _looks(item: list[Decoded]) -> tuple[Answer | None, int]:
    row = Fields(item[1:], 2)
    before, listed = row.raw(HASH_BYTES), row.array()
    looks = tuple(one for one in listed if isinstance(one, bytes))
    if not 1 <= len(listed) <= MAX_ENTRIES or len(looks) != len(listed):
        raise WireRefused("malformed", "looks are not valid")
    return LooksMessage(before, looks), 0


def _erased(item: list[Decoded]) -> tuple[Answer | None, int]:
    return decode_erased(item), 0


def decode_erased(item: Decoded) -> Erased:
    """Inverse of `Erased.items`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(item, 4)
    row.text("erased")
    device, times, signature = row.text(), Fields(row.array(), 5), row.raw(SIGNATURE_BYTES)
    serial, asked, erased, ends, kept = (times.uint() for _ in range(5))
    return Erased(device, serial, asked, erased, ends, kept, signature)


def _entry(item: Decoded) -> Entry:
    row = Fields(item, 3)
    return Entry(row.uint(), row.raw(HASH_BYTES), row.uint())


_READERS: Final[dict[str, Callable[[list[Decoded]], tuple[Answer | None, int]]]] = {
    "receipt": _receipt,
    "notice": _notice,
    "certificate": _certificate,
    "erased": _erased,
    "score": _score,
    "alert": _alert,
    "looks": _looks,
}

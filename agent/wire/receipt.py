"""The way down: what the hub answers, sealed to the device and as large as what came up.

words = [directory version, store id, [answer...]]
answer = ["receipt", stream, ledger index, chain head, [[seq, digest, code]...]]
       | ["notice", code, stream, seq, named seq]
       | ["certificate", DER]
       | ["erased", device, [serial, asked, erased, last backup of the keys ends], signature by the receipt key]
"""

from dataclasses import dataclass, replace
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.codec import Decoded, Fields
from agent.wire.keys import SIGNATURE_BYTES, SignKey, verify
from agent.wire.labels import REASONS, Label
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


Answer = Receipt | Notice | Erased | Certificate


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
            case Erased():
                items.append(answer.items())
            case Certificate():
                items.append(["certificate", answer.der])
    return codec.encode([answers.directory_version, answers.store_id, items])


def decode_answers(words: bytes) -> Answers:
    """Strict inverse of `encode_answers`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(codec.decode(words), 3)
    return Answers(row.uint(), row.raw(STORE_ID_BYTES), tuple(_answer(item) for item in row.array()))


def _answer(item: Decoded) -> Answer:
    if isinstance(item, list) and item and item[0] == "erased":
        return decode_erased(item)
    if isinstance(item, list) and item and item[0] == "certificate":
        row = Fields(item, 2)
        row.text("certificate")
        return Certificate(row.raw())
    row = Fields(item, 5)
    if row.text("receipt", "notice") == "notice":
        return Notice(_known(row.uint()), row.raw(STREAM_BYTES), row.uint(), row.uint())
    receipt = Receipt(
        row.raw(STREAM_BYTES), row.uint(), row.raw(HASH_BYTES), tuple(_entry(entry) for entry in row.array())
    )
    if len(receipt.entries) > MAX_ENTRIES:
        raise WireRefused("malformed", "too many entries")
    return receipt


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
    return Entry(row.uint(), row.raw(HASH_BYTES), _known(row.uint()))


def _known(code: int) -> int:
    if code not in REASONS:
        raise WireRefused("malformed", "unknown code")
    return code

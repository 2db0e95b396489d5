"""One sealed envelope, up or down: always the same size, bound to site, topic and header.

    envelope = [hdr, ct, sig]                                       3319 bytes
    hdr      = [version, recipient kid, sender kid, stream, seq, message id]
    ct       = HPKE(len(4) ‖ words ‖ zeros up to 2048), info = [SEAL, site, topic, hdr]
    sig      = Ed25519 over [ENVELOPE, site, topic, hdr, ct]

The seq stands in the header as 8 bytes, so that not even its length tells how long a strap was worn.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.keys import KID_BYTES, SIGNATURE_BYTES, ReceiveKey, SignKey, kid, seal_to, verify
from agent.wire.labels import VERSION, Label
from agent.wire.message import STREAM_BYTES

PADDED_BYTES: Final = 2048
LENGTH_BYTES: Final = 4
MAX_WORDS_BYTES: Final = PADDED_BYTES - LENGTH_BYTES
MESSAGE_ID_BYTES: Final = 16
SEQ_BYTES: Final = 8
ENVELOPE_BYTES: Final = 3319


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in clear."""

    recipient: bytes
    sender: bytes
    stream: bytes
    seq: int
    message_id: bytes

    def encode(self) -> bytes:
        seq = self.seq.to_bytes(SEQ_BYTES, "big")
        return codec.encode([VERSION, self.recipient, self.sender, self.stream, seq, self.message_id])


@dataclass(frozen=True, slots=True)
class Envelope:
    """A decoded envelope, not yet believed."""

    header: Header
    header_bytes: bytes
    ciphertext: bytes
    signature: bytes
    digest: bytes

    def signed_by(self, public: bytes, site: str, topic: str) -> bool:
        """Whether that key sealed it for this topic of this site."""
        return verify(
            public,
            self.signature,
            Label.ENVELOPE,
            site,
            topic,
            self.header_bytes,
            self.ciphertext,
        )

    def open(self, key: ReceiveKey, site: str, topic: str) -> bytes:
        """The words inside.

        Raises:
            WireRefused: ``open_failed``, or ``bad_plaintext`` for wrong padding.
        """
        return _unpad(key.open(self.ciphertext, _info(site, topic, self.header_bytes)))


@dataclass(frozen=True, slots=True)
class Sender:
    """Who seals: a device on the way up, the hub's receipt key on the way down.

    Attributes:
        sign: Its signing key.
        hedge: Secret of the message id, so that a random generator that repeats itself
            (a resumed snapshot) never gives two plaintexts one key and nonce.
        site, topic: What every envelope is bound to.
    """

    sign: SignKey
    hedge: bytes
    site: str
    topic: str
    urandom: Callable[[int], bytes] = os.urandom

    def seal(
        self, recipient: MLKEM768X25519PublicKey, recipient_kid: bytes, at: tuple[bytes, int], words: bytes
    ) -> bytes:
        """Seal words as number ``at = (stream, seq)``.

        Raises:
            WireRefused: ``bad_plaintext``, when the words exceed the one size.
        """
        stream, seq = at
        fresh = self.urandom(16) + stream + seq.to_bytes(SEQ_BYTES, "big") + words
        message_id = hmac.new(self.hedge, fresh, hashlib.sha256).digest()[:MESSAGE_ID_BYTES]
        header = Header(recipient_kid, kid(self.sign.public), stream, seq, message_id).encode()
        ciphertext = seal_to(recipient, _pad(words), _info(self.site, self.topic, header))
        signature = self.sign.sign(Label.ENVELOPE, self.site, self.topic, header, ciphertext)
        return codec.encode([header, ciphertext, signature])


def decode(data: bytes) -> Envelope:
    """Take an envelope apart, strictly.

    Raises:
        WireRefused: ``too_large``, ``malformed``, ``unknown_version`` or ``bad_seq``.
    """
    if len(data) > ENVELOPE_BYTES:
        raise WireRefused("too_large")
    if len(data) != ENVELOPE_BYTES:
        raise WireRefused("malformed", "an envelope has the wrong size")
    row = codec.Fields(codec.decode(data), 3)
    header_bytes, ciphertext, signature = row.raw(), row.raw(), row.raw(SIGNATURE_BYTES)
    header = _header(header_bytes)
    return Envelope(header, header_bytes, ciphertext, signature, digest(data))


def digest(data: bytes) -> bytes:
    """SHA-256 of an envelope's bytes: what receipts name."""
    return hashlib.sha256(data).digest()


def _header(data: bytes) -> Header:
    item = codec.decode(data)
    if isinstance(item, list) and item and item[0] != VERSION:
        raise WireRefused("unknown_version")
    row = codec.Fields(item, 6)
    row.uint()
    recipient, sender, stream = row.raw(KID_BYTES), row.raw(KID_BYTES), row.raw(STREAM_BYTES)
    seq = int.from_bytes(row.raw(SEQ_BYTES), "big")
    if not 1 <= seq < codec.UINT_END:
        raise WireRefused("bad_seq")
    return Header(recipient, sender, stream, seq, row.raw(MESSAGE_ID_BYTES))


def _info(site: str, topic: str, header: bytes) -> bytes:
    return codec.encode([str(Label.SEAL), site, topic, header])


def _pad(words: bytes) -> bytes:
    if len(words) > MAX_WORDS_BYTES:
        raise WireRefused("bad_plaintext", f"{len(words)} bytes do not fit into one envelope")
    return (len(words).to_bytes(LENGTH_BYTES, "big") + words).ljust(PADDED_BYTES, b"\0")


def _unpad(padded: bytes) -> bytes:
    size = int.from_bytes(padded[:LENGTH_BYTES], "big")
    words = padded[LENGTH_BYTES : LENGTH_BYTES + size]
    if len(padded) != PADDED_BYTES or _pad_or_none(words) != padded:
        raise WireRefused("bad_plaintext", "wrong padding")
    return words


def _pad_or_none(words: bytes) -> bytes | None:
    return _pad(words) if len(words) <= MAX_WORDS_BYTES else None

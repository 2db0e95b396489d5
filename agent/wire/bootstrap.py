"""Enrollment through the broker: the pass beside a bundle, and what travels between the new machine and the hub.

    pass    = [name, TLS certificate]                    the broker knows its bearer by this name, and its topics are
                                                         up/NAME and down/NAME; the certificate's key comes of the code
    message = [name of the code, nonce, sealed]          sealed = AES-256-GCM of [kind, body]; kind: request, objection
    reply   = [nonce of the message, nonce, sealed]      sealed = AES-256-GCM of [status, body]

Both keys come of the bundle's code by HKDF (RFC 5869), so whoever carries messages reads and forges none; whoever has
the bundle can, and the eight words of the request are against them. Kind, site, name and the message's nonce are bound
to each seal: a reply is of one message, and of nobody else's.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.enroll import is_name
from agent.wire.labels import Label

NAME_PREFIX: Final = "enroll-"
CODE_NAME_BYTES: Final = 4
NONCE_BYTES: Final = 12
REQUEST_HASH_BYTES: Final = 16
REQUEST, OBJECTION = 0, 1
PENDING, ADMITTED, REFUSED = 0, 1, 2
# What a refusal or an objection says: a code, and never words of the other side.
REASONS: Final[dict[int, str]] = {
    1: "bad_code",
    2: "known_key",
    3: "known_machine",
    4: "wrong_site",
    5: "malformed",
    6: "weak_key",
    7: "bad_signature",
    8: "too_many",
    9: "out_of_date",
    10: "open_failed",
    11: "rolled_back",
}
CODES: Final[dict[str, int]] = {name: code for code, name in REASONS.items()}
_KEY_BYTES: Final = 32
# The order of P-256 (SEC 2, 2.4.2): 16 bytes more than it make the remainder uniform (FIPS 186-5, A.2.1).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SCALAR_BYTES: Final = 48


@dataclass(frozen=True, slots=True)
class Pass:
    """What lets a machine without an identity reach the hub, and nobody else.

    Attributes:
        name: Its user name at the broker, ``enroll-NNN``; several bundles may share one.
        certificate: DER; for the key of `tls_key`.
    """

    name: str
    certificate: bytes

    def encode(self) -> bytes:
        return codec.encode([self.name, self.certificate])


@dataclass(frozen=True, slots=True)
class Said:
    """One opened message or reply: what (a kind or a status), with which body, under which nonce of the message."""

    what: int
    body: bytes
    nonce: bytes


def is_pass(topic: str) -> bool:
    """Whether a topic is one of a pass: devices' names hold no hyphen."""
    return topic.rpartition("/")[2].startswith(NAME_PREFIX)


def decode_pass(data: bytes) -> Pass:
    """Strict inverse of `Pass.encode`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(codec.decode(data), 2)
    found = Pass(row.text(), row.raw())
    if not (found.name.startswith(NAME_PREFIX) and is_name(found.name)):
        raise WireRefused("malformed", "the pass names nobody who may enroll")
    return found


def tls_key(code: bytes) -> ec.EllipticCurvePrivateKey:
    """The key (P-256) of a pass, from its bundle's code."""
    scalar = int.from_bytes(_derived(code, Label.ENROLL_TLS, _SCALAR_BYTES), "big")
    return ec.derive_private_key(scalar % (_ORDER - 1) + 1, ec.SECP256R1())


def seal_key(code: bytes) -> bytes:
    """The key (32 bytes) that messages and replies about a bundle are sealed with."""
    return _derived(code, Label.ENROLL_SEAL, _KEY_BYTES)


def sealed_message(key: bytes, at: tuple[str, str], code_name: bytes, kind: int, body: bytes) -> tuple[bytes, bytes]:
    """What a machine publishes, and its nonce, which the reply names.

    Args:
        key: Of `seal_key`.
        at: Site, and name of the pass.
        code_name: First bytes of the code's hash, by which the hub finds the key.
        kind: `REQUEST` with a request, or `OBJECTION` with one byte of REASONS.
        body: See ``kind``.
    """
    nonce = os.urandom(NONCE_BYTES)
    words = codec.encode([kind, body])
    sealed = AESGCM(key).encrypt(nonce, words, _bound(Label.ENROLL_UP, at, code_name))
    return codec.encode([code_name, nonce, sealed]), nonce


def code_name_of(data: bytes) -> bytes:
    """Which code a message is about; nothing of it is proven yet.

    Raises:
        WireRefused: ``malformed``.
    """
    return Fields(codec.decode(data), 3).raw(CODE_NAME_BYTES)


def opened_message(key: bytes, at: tuple[str, str], data: bytes) -> Said:
    """Inverse of `sealed_message`.

    Raises:
        WireRefused: ``malformed`` or ``open_failed``.
    """
    row = Fields(codec.decode(data), 3)
    code_name, nonce, sealed = row.raw(CODE_NAME_BYTES), row.raw(NONCE_BYTES), row.raw()
    return _opened(key, nonce, sealed, _bound(Label.ENROLL_UP, at, code_name), nonce)


def sealed_reply(key: bytes, at: tuple[str, str], asked: bytes, status: int, body: bytes) -> bytes:
    """What the hub says to a message.

    Args:
        key, at: As in `sealed_message`.
        asked: The message's nonce.
        status: `PENDING`, `ADMITTED` with the answer, or `REFUSED` with one byte of REASONS.
        body: See ``status``.
    """
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, codec.encode([status, body]), _bound(Label.ENROLL_DOWN, at, asked))
    return codec.encode([asked, nonce, sealed])


def asked_by(data: bytes) -> bytes:
    """The nonce of the message that a reply belongs to; nothing of it is proven yet.

    Raises:
        WireRefused: ``malformed``.
    """
    return Fields(codec.decode(data), 3).raw(NONCE_BYTES)


def opened_reply(key: bytes, at: tuple[str, str], data: bytes) -> Said:
    """Inverse of `sealed_reply`.

    Raises:
        WireRefused: ``malformed`` or ``open_failed``.
    """
    row = Fields(codec.decode(data), 3)
    asked, nonce, sealed = row.raw(NONCE_BYTES), row.raw(NONCE_BYTES), row.raw()
    return _opened(key, nonce, sealed, _bound(Label.ENROLL_DOWN, at, asked), asked)


def code_name(code: bytes) -> bytes:
    """The first bytes of a code's hash, by which the hub finds its key."""
    return hashlib.sha256(code).digest()[:CODE_NAME_BYTES]


def request_hash(paper: bytes) -> bytes:
    """What identifies a request (16 bytes)."""
    return hashlib.sha256(paper).digest()[:REQUEST_HASH_BYTES]


def reason_of(body: bytes) -> str:
    """What a refusal or an objection says, by name; ``unknown`` for a code of a newer program."""
    return REASONS.get(body[0], "unknown") if len(body) == 1 else "unknown"


def reason_body(reason: str) -> bytes:
    """Inverse of `reason_of`; what has no code is ``malformed``."""
    return bytes([CODES.get(reason, CODES["malformed"])])


def _derived(code: bytes, label: Label, size: int) -> bytes:
    return HKDF(hashes.SHA256(), size, salt=None, info=str(label).encode()).derive(code)


def _bound(label: Label, at: tuple[str, str], more: bytes) -> bytes:
    return codec.encode([str(label), *at, more])


def _opened(key: bytes, nonce: bytes, sealed: bytes, bound: bytes, asked: bytes) -> Said:
    try:
        row = Fields(codec.decode(AESGCM(key).decrypt(nonce, sealed, bound)), 2)
    except InvalidTag as error:
        raise WireRefused("open_failed") from error
    return Said(row.uint(), row.raw(), asked)

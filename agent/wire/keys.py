"""Keys and the two primitives of the wire format: HPKE with X-Wing, and Ed25519 over labelled arrays.

One suite, no options: MLKEM768_X25519 (X-Wing), HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180 base mode).
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.labels import Label

SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
SEED_BYTES: Final = 32
RECEIVE_PUBLIC_BYTES: Final = 1216
SIGN_PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
KID_BYTES: Final = 8
_MLKEM_PUBLIC_BYTES: Final = 1184

# The encodings of Ed25519's eight small-order points, non-canonical ones too: such a key
# verifies a constant signature over any message (measured: 200 of 200). The test derives them.
_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
_LOW_Y = ("00" * 32, "01" + "00" * 31, *(f"{low}{'ff' * 30}7f" for low in ("ec", "ed", "ee")))


def _both_signs(y: str) -> tuple[bytes, bytes]:
    raw = bytes.fromhex(y)
    return raw, raw[:-1] + bytes([raw[-1] ^ 0x80])


SMALL_ORDER: Final = frozenset(point for y in (*_ORDER_8, *_LOW_Y) for point in _both_signs(y))


def kid(public: bytes) -> bytes:
    """A key's short name: the first 8 bytes of SHA-256 of its public bytes."""
    return hashlib.sha256(public).digest()[:KID_BYTES]


@dataclass(frozen=True, slots=True)
class SignKey:
    """An Ed25519 signing key from its 32-byte seed."""

    private: Ed25519PrivateKey
    public: bytes

    @classmethod
    def of(cls, seed: bytes) -> "SignKey":
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(private, private.public_key().public_bytes_raw())

    def sign(self, label: Label, site: str, *parts: codec.Item) -> bytes:
        """Ed25519 over the encoded array [label, site, parts...]."""
        return self.private.sign(codec.encode([str(label), site, *parts]))


def verify(public: bytes, signature: bytes, label: Label, site: str, *parts: codec.Item) -> bool:
    """Whether `SignKey.sign` of that public key made this signature over these parts."""
    try:
        checked_sign_public(public).verify(signature, codec.encode([str(label), site, *parts]))
    except (InvalidSignature, WireRefused):
        return False
    return True


def checked_sign_public(public: bytes) -> Ed25519PublicKey:
    """An Ed25519 public key that is nobody's master key.

    Raises:
        WireRefused: ``weak_key``, for small-order points and wrong lengths.
    """
    if len(public) != SIGN_PUBLIC_BYTES or public in SMALL_ORDER:
        raise WireRefused("weak_key", "a small-order signing key was refused")
    return Ed25519PublicKey.from_public_bytes(public)


@dataclass(frozen=True, slots=True)
class ReceiveKey:
    """An X-Wing key from its 32-byte seed (the library offers no serialisation of its own).

    Expansion: draft-connolly-cfrg-xwing-kem, section 5.2: SHAKE-256(seed, 96).
    """

    private: MLKEM768X25519PrivateKey
    public: bytes

    @classmethod
    def of(cls, seed: bytes) -> "ReceiveKey":
        if len(seed) != SEED_BYTES:
            raise WireRefused("weak_key", "an X-Wing seed has 32 bytes")
        expanded = hashlib.shake_256(seed).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return cls(MLKEM768X25519PrivateKey(mlkem, x25519), public)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Undo `seal_to`.

        Raises:
            WireRefused: ``open_failed``; one error for every way to fail.
        """
        try:
            return SUITE.decrypt(sealed, self.private, info=info)
        except (InvalidTag, ValueError) as error:
            raise WireRefused("open_failed") from error


def receive_public(public: bytes) -> MLKEM768X25519PublicKey:
    """An X-Wing public key whose curve part is not of small order.

    Raises:
        WireRefused: ``weak_key``.
    """
    if len(public) != RECEIVE_PUBLIC_BYTES:
        raise WireRefused("weak_key", "an X-Wing public key has 1216 bytes")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES])
        x25519 = X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:])
        X25519PrivateKey.generate().exchange(x25519)  # raises when the shared secret would be zero
    except ValueError as error:
        raise WireRefused("weak_key", "a weak X-Wing key was refused") from error
    return MLKEM768X25519PublicKey(mlkem, x25519)


def seal_to(public: MLKEM768X25519PublicKey, plaintext: bytes, info: bytes) -> bytes:
    """HPKE base mode, single shot: encapsulation (1120 B) followed by ciphertext and tag (16 B)."""
    return SUITE.encrypt(plaintext, public, info=info)

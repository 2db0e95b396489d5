"""A stranger's encoding and keys, written from FORMAT.md alone (sections 1 and 2); nothing of this program is imported."""

import hashlib

import cbor2
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
PRIME = 2**255 - 19


class Refused(Exception):
    """What the stranger does not accept; its text is the reason's name."""


def need(true, reason):
    """Refuse by name what is not so."""
    if not true:
        raise Refused(reason)


def encode(item):
    """Section 1; cbor2's canonical form is this profile's."""
    return cbor2.dumps(item, canonical=True)


def decode(data):
    """Exactly what `encode` produces, of the four types, inside at most 8 arrays."""
    try:
        item = cbor2.loads(data)
        same = encode(item) == data
    except (cbor2.CBORError, ValueError, TypeError, RecursionError) as exc:
        raise Refused("malformed") from exc
    need(same and _in_profile(item, 8), "malformed")
    return item


def _in_profile(item, levels):
    if isinstance(item, list):
        return levels >= 0 and all(_in_profile(part, levels - 1) for part in item)
    return levels >= 0 and (type(item) in (bytes, str) or (type(item) is int and 0 <= item < 2**53))


def shaped(item, *types):
    """An array of these types, or a refusal; a number stands for a byte string of that length."""
    need(isinstance(item, list) and len(item) == len(types), "malformed")
    for part, wanted in zip(item, types, strict=True):
        fits = isinstance(part, bytes) and len(part) == wanted if isinstance(wanted, int) else isinstance(part, wanted)
        need(fits, "malformed")
    return item


def sha256(*parts):
    """SHA-256 of these bytes one after another."""
    return hashlib.sha256(b"".join(parts)).digest()


def kid(public):
    """A key's short name."""
    return sha256(public)[:8]


def raw(key):
    """The public bytes of a private or public key of 32 bytes."""
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def receive_key(seed):
    """An X-Wing private key of its seed."""
    expanded = hashlib.shake_256(seed).digest(96)
    mlkem, x25519 = (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
    return MLKEM768X25519PrivateKey(mlkem, x25519)


def receive_public(seed):
    """Its public bytes: ML-KEM, then X25519."""
    expanded = hashlib.shake_256(seed).digest(96)
    return raw(MLKEM768PrivateKey.from_seed_bytes(expanded[:64])) + raw(
        X25519PrivateKey.from_private_bytes(expanded[64:])
    )


def strong_x25519(public):
    """Whether a public key of X25519 has no small order."""
    try:
        return bool(X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public)))
    except ValueError:
        return False


def need_strong_sign(public):
    """No small order: a point of the curve has one where its Montgomery form has."""
    y = int.from_bytes(public, "little") % 2**255 % PRIME
    u = (1 + y) * pow(1 - y, PRIME - 2, PRIME) % PRIME
    need(strong_x25519(u.to_bytes(32, "little")), "weak_key")


def seal_to(public, info, plaintext):
    """HPKE to an X-Wing public key; the associated data are empty."""
    need(len(public) == 1216, "malformed")
    need(strong_x25519(public[1184:]), "weak_key")
    parts = MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
    return SUITE.encrypt(plaintext, MLKEM768X25519PublicKey(*parts), info)


def open_sealed(seed, info, ciphertext):
    """What was sealed to this seed's key."""
    try:
        return SUITE.decrypt(ciphertext, receive_key(seed), info)
    except (InvalidTag, ValueError) as exc:
        raise Refused("open_failed") from exc


def verify(public, signature, *array):
    """An Ed25519 signature over an encoded array."""
    need_strong_sign(public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, encode(list(array)))
    except InvalidSignature as exc:
        raise Refused("bad_signature") from exc

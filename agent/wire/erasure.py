"""Erasing when the machine is lost: a code that the person wrote down signs a paper.

    code  = 16 random bytes, said as nine words; the ninth checks the others
    key   = Ed25519, its seed HKDF-SHA256(code, info "wardbeat/1/recovery"); the request of the enrollment names it
    paper = [body, signature by the recovery key], body = encoded [site, recovery public, asked]

The code can do one thing: have erased what the hub holds of the device, and end the device's enrollment.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import WireRefused
from agent.wire import codec, spoken
from agent.wire.codec import Fields
from agent.wire.enroll import is_name
from agent.wire.keys import SEED_BYTES, SIGN_PUBLIC_BYTES, SIGNATURE_BYTES, SignKey, checked_sign_public, verify
from agent.wire.labels import Label

CODE_BYTES: Final = 16
_CHECK_BYTES: Final = 2
# No consent has a later serial (they begin at the time, in seconds): such an erasure ends them all, for good.
EVERY_SERIAL: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What the paper says.

    Attributes:
        public: Of the recovery key; the hub finds the device by it.
        asked_utc_s: When it was signed, by the clock of the machine that signed.
    """

    site: str
    public: bytes
    asked_utc_s: int

    def encode(self) -> bytes:
        return codec.encode([self.site, self.public, self.asked_utc_s])


def in_words(code: bytes) -> str:
    """The code as nine words.

    >>> in_words(bytes(16))
    'babab babab babab babab babab babab babab babab zobob'
    """
    return spoken.words(code + _check(code))


def from_words(text: str) -> bytes:
    """Inverse of `in_words`.

    Raises:
        WireRefused: ``malformed``: not nine words, or one of them was misread (65,535 of 65,536 are noticed).
    """
    heard = spoken.heard(text)
    if len(heard) != CODE_BYTES + _CHECK_BYTES:
        raise WireRefused("malformed", f"a recovery code has nine words, not {len(heard) // 2}")
    code = heard[:CODE_BYTES]
    if heard[CODE_BYTES:] != _check(code):
        raise WireRefused("malformed", "the checksum of the words is wrong: a word was misread")
    return code


def recovery_key(code: bytes) -> SignKey:
    """The signing key of a code."""
    derive = HKDF(algorithm=hashes.SHA256(), length=SEED_BYTES, salt=None, info=b"wardbeat/1/recovery")
    return SignKey.of(derive.derive(code))


def signed_wish(wish: Wish, key: SignKey) -> bytes:
    """The paper for a site's operator."""
    body = wish.encode()
    return codec.encode([body, key.sign(Label.RECOVERY, wish.site, body)])


def verified_wish(data: bytes) -> Wish:
    """A paper that its own key signed.

    Raises:
        WireRefused: ``malformed``, ``weak_key`` or ``bad_signature``.
    """
    row = Fields(codec.decode(data), 2)
    body, signature = row.raw(), row.raw(SIGNATURE_BYTES)
    inner = Fields(codec.decode(body), 3)
    wish = Wish(inner.text(), inner.raw(SIGN_PUBLIC_BYTES), inner.uint())
    if not is_name(wish.site):
        raise WireRefused("malformed", "a site name has only letters, digits and hyphens")
    checked_sign_public(wish.public)
    if not verify(wish.public, signature, Label.RECOVERY, wish.site, body):
        raise WireRefused("bad_signature", "the recovery key did not sign this request")
    return wish


def _check(code: bytes) -> bytes:
    return hashlib.sha256(b"wardbeat/1/recovery check" + code).digest()[:_CHECK_BYTES]

"""Erasing when the machine is lost: a code that the person wrote down signs a paper. And the hub's receipt, in words.

    code  = 16 random bytes, said as nine words; the ninth checks the others
    key   = Ed25519, its seed HKDF-SHA256(code, info "wardbeat/1/recovery"); the request of the enrollment names it
    paper = [body, signature by the recovery key], body = encoded [site, recovery public, asked]

The code can do one thing: have erased what the hub holds of the device, and end the device's enrollment.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import WireRefused
from agent.wire import codec, spoken
from agent.wire.codec import Fields
from agent.wire.directory import fingerprint_words, verified
from agent.wire.enroll import armor, dearmor, is_name
from agent.wire.keys import SEED_BYTES, SIGN_PUBLIC_BYTES, SIGNATURE_BYTES, SignKey, checked_sign_public, verify
from agent.wire.labels import Label
from agent.wire.receipt import Erased, decode_erased

CODE_BYTES: Final = 16
_CHECK_BYTES: Final = 2
_YEAR_9999_S: Final = 253_370_764_800
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


def receipt_in_words(operator: str, root_public: bytes, site: str, published: bytes, erased: Erased) -> str:
    """The hub's receipt as a person keeps it: in words, and as what `read_receipt` verifies."""
    ends = "no backup of the hub's keys existed"
    if erased.backups_end_utc_s:
        ends = f"the last backup of the hub's keys is to be destroyed by {_day(erased.backups_end_utc_s)}"
    paper = armor("ERASE RECEIPT", codec.encode([site, root_public, published, erased.items()]))
    kept = f"{erased.kept} rows under a consent that was given later stand." if erased.kept else ""
    every = erased.serial >= EVERY_SERIAL
    under = "under every consent" if every else f"under consents up to number {erased.serial}"
    return (
        f"{operator} (site {site}) states that everything stored for the device {erased.device},\n"
        f"{under}, was erased on {_day(erased.erased_utc_s)},\n"
        f"as asked on {_day(erased.asked_utc_s)} by the asking machine's clock:\n"
        f"the rows, and the keys that their words were under; {ends}. {kept}\n"
        "A receipt proves a statement, not a disk. It holds nothing about you but this machine's random name.\n"
        "'wardbeat recovery verify' reads it.\n\n" + paper
    )


def read_receipt(text: str) -> tuple[str, str, Erased]:
    """A receipt that verifies: the site, the eight words of the root key that it hangs on, and what it says.

    Whose key that is, the words tell: the operator's are known from the enrollment, and from anybody's at the site.

    Raises:
        WireRefused: ``malformed``, or ``bad_signature``: it was not signed, or was changed.
    """
    row = Fields(codec.decode(dearmor("ERASE RECEIPT", text)), 4)
    site, root_public, published, erased = row.text(), row.raw(SIGN_PUBLIC_BYTES), row.raw(), decode_erased(row.array())
    directory = verified(published, site, root_public, 0).directory
    if not any(erased.signed_by(public, site) for public in directory.receipt_publics):
        raise WireRefused("bad_signature", "the receipt is not signed by a receipt key of its site")
    return site, fingerprint_words(root_public), erased


def _check(code: bytes) -> bytes:
    return hashlib.sha256(b"wardbeat/1/recovery check" + code).digest()[:_CHECK_BYTES]


def _day(utc_s: int) -> str:
    if utc_s > _YEAR_9999_S:  # whoever signed it, nobody's text may break
        return "a day beyond the calendar"
    return dt.datetime.fromtimestamp(utc_s, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")

"""Which keys the hub uses now: offline root → yearly directory key → weekly directory.

    published = [key cert, its signature by the root, directory, its signature by the directory key]
    key cert  = [serial, directory public key, not before, not after]
    directory = [version, issued, expires, synthetic, [[KEM public, not after]...],
                 [receipt public...], [score public...], [revoked kid...]]

Versions only grow. Expiry is a state for people, never a verdict about a row. A version holds the serial of the key
cert that it was issued under in the bits above the lowest 20, so that the lowest version to believe names the lowest
serial too: a directory key that was rotated out then speaks for nobody.
"""

from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec, spoken
from agent.wire.certificates import check_days
from agent.wire.codec import Decoded, Fields
from agent.wire.keys import (
    KID_BYTES,
    RECEIVE_PUBLIC_BYTES,
    SIGN_PUBLIC_BYTES,
    SIGNATURE_BYTES,
    SignKey,
    kid,
    verify,
)
from agent.wire.labels import Label

_SERIAL_BIT: Final = 20
_SKEW_S: Final = 3600  # a machine's clock may be this much behind the hub's


@dataclass(frozen=True, slots=True)
class KemKey:
    """A hub key that rows are sealed to."""

    public: bytes
    not_after_utc_s: int


@dataclass(frozen=True, slots=True)
class DirectoryKey:
    """The yearly key, under the root's signature."""

    serial: int
    public: bytes
    not_before_utc_s: int
    not_after_utc_s: int

    def encode(self) -> bytes:
        return codec.encode([self.serial, self.public, self.not_before_utc_s, self.not_after_utc_s])


@dataclass(frozen=True, slots=True)
class Directory:
    """The keys in force. The last KEM key is the newest: rows are sealed to it."""

    version: int
    issued_utc_s: int
    expires_utc_s: int
    synthetic: bool
    kems: tuple[KemKey, ...]
    receipt_publics: tuple[bytes, ...]
    score_publics: tuple[bytes, ...]
    revoked: tuple[bytes, ...]

    def encode(self) -> bytes:
        return codec.encode(
            [
                self.version,
                self.issued_utc_s,
                self.expires_utc_s,
                int(self.synthetic),
                [[kem.public, kem.not_after_utc_s] for kem in self.kems],
                list(self.receipt_publics),
                list(self.score_publics),
                list(self.revoked),
            ]
        )

    def receipt_keys(self) -> tuple[bytes, ...]:
        """The receipt keys that are listed and not revoked."""
        return tuple(public for public in self.receipt_publics if kid(public) not in self.revoked)

    def score_keys(self) -> tuple[bytes, ...]:
        """The score keys that are listed and not revoked."""
        return tuple(public for public in self.score_publics if kid(public) not in self.revoked)

    def receipt_key(self, sender: bytes) -> bytes | None:
        """The receipt key of that kid, when it is listed and not revoked."""
        return next((public for public in self.receipt_keys() if kid(public) == sender), None)

    def drops(self, before: "Directory") -> bool:
        """Whether a key that the one before let answer is believed no more."""
        answering = {*before.receipt_publics, *before.score_publics}
        kept = {*self.receipt_publics, *self.score_publics}
        return bool(answering - kept) or any(kid(public) in self.revoked for public in answering)


@dataclass(frozen=True, slots=True)
class Verified:
    """A directory that hangs on the pinned root, with the key that signed it."""

    directory: Directory
    key: DirectoryKey

    def check_days(self, now_utc_s: int) -> None:
        """Refuse a directory key that has ended, or not begun, by this machine's clock.

        Raises:
            WireRefused: ``out_of_date``.
        """
        key = self.key
        check_days("the hub's directory key", key.not_before_utc_s - _SKEW_S, key.not_after_utc_s, now_utc_s)


def lowest_serial(floor: int) -> int:
    """The lowest serial of a key cert under which a directory of this version, or a later one, was issued."""
    return floor >> _SERIAL_BIT


def next_version(version: int, serial: int) -> int:
    """The version of the directory after ``version``, under the key cert of this serial."""
    first = serial << _SERIAL_BIT
    return max(version + 1, first if first < codec.UINT_END // 2 else 0)


def publish(root: SignKey, directory_key: SignKey, cert: DirectoryKey, directory: Directory, site: str) -> bytes:
    """Sign both levels. (Who holds the root signs the cert once a year; see `hub.keys.keystore`.)"""
    signed_cert = root.sign(Label.DIRECTORY_KEY, site, cert.encode())
    return publish_under(cert.encode(), signed_cert, directory_key, directory, site)


def publish_under(cert: bytes, cert_signature: bytes, directory_key: SignKey, directory: Directory, site: str) -> bytes:
    """Sign a directory under a cert that the root signed before."""
    body = directory.encode()
    return codec.encode([cert, cert_signature, body, directory_key.sign(Label.DIRECTORY, site, body)])


def verified(published: bytes, site: str, root_public: bytes, floor: int, serial: int = 0) -> Verified:
    """Believe a published directory.

    Args:
        published: The retained message's bytes.
        site: The site enrolled at.
        root_public: The root key pinned at enrollment.
        floor: Lowest version to believe; it names the lowest serial of a key cert too, see `lowest_serial`.
        serial: Lowest serial of a key cert to believe, where versions may begin anew under a newer one.

    Raises:
        WireRefused: ``malformed``, ``bad_signature`` or ``rolled_back``.
    """
    row = Fields(codec.decode(published), 4)
    cert_bytes, cert_signature = row.raw(), row.raw(SIGNATURE_BYTES)
    body, signature = row.raw(), row.raw(SIGNATURE_BYTES)
    if not verify(root_public, cert_signature, Label.DIRECTORY_KEY, site, cert_bytes):
        raise WireRefused("bad_signature", "the directory key is not signed by the pinned root key")
    key = _key(codec.decode(cert_bytes))
    if not verify(key.public, signature, Label.DIRECTORY, site, body):
        raise WireRefused("bad_signature", "the directory's signature is not valid")
    directory = _directory(codec.decode(body))
    if key.serial < max(serial, lowest_serial(floor)):
        raise WireRefused("rolled_back", "the directory key was replaced: the hub's root has signed a newer one")
    if directory.version < floor:
        raise WireRefused("rolled_back", f"directory {directory.version} is older than {floor}")
    return Verified(directory, key)


def succeeds(new: Verified, old: Verified) -> bool:
    """Whether ``new`` may take the place of ``old``.

    A newer certificate of the root begins a new count of versions, so that a stolen directory
    key cannot lock the root out with the highest number; under one certificate versions only grow.
    """
    return (new.key.serial, new.directory.version) > (old.key.serial, old.directory.version)


def fingerprint_words(root_public: bytes) -> str:
    """A root key as eight words for reading aloud: the first 128 bits of its SHA-256.

    >>> fingerprint_words(bytes(32)).count(" ")
    7
    """
    return spoken.fingerprint(root_public)


def _key(item: Decoded) -> DirectoryKey:
    row = Fields(item, 4)
    return DirectoryKey(row.uint(), row.raw(SIGN_PUBLIC_BYTES), row.utc_s(), row.utc_s())


def _directory(item: Decoded) -> Directory:
    row = Fields(item, 8)
    directory = Directory(
        version=row.uint(),
        issued_utc_s=row.utc_s(),
        expires_utc_s=row.utc_s(),
        synthetic=row.flag(),
        kems=tuple(_kem(kem) for kem in row.array()),
        receipt_publics=_publics(row.array(), SIGN_PUBLIC_BYTES),
        score_publics=_publics(row.array(), SIGN_PUBLIC_BYTES),
        revoked=_publics(row.array(), KID_BYTES),
    )
    if not directory.kems:
        raise WireRefused("malformed", "no KEM key")
    return directory


def _kem(item: Decoded) -> KemKey:
    row = Fields(item, 2)
    return KemKey(row.raw(RECEIVE_PUBLIC_BYTES), row.utc_s())


def _publics(items: list[Decoded], size: int) -> tuple[bytes, ...]:
    row = Fields(items, len(items))
    return tuple(row.raw(size) for _ in items)

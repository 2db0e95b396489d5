"""Enrollment's three papers, carried by hand or as `bootstrap` says: bundle (hub → person), request, answer.

    bundle  = [site, operator, host, port, CA, root public, directory floor, synthetic, code]
    request = [body, signature by the sign key, by the consent key, by the recovery key]
      body  = [site, code, sign, receive, consent public keys, TLS request, synthetic, machine, recovery public]
    answer  = [sealed, signature by the directory key, published directory]
      sealed = HPKE to the receive key of [device, TLS certificate]

No paper holds a secret of the device; the answer opens only with the new receive key,
which proves that the device holds it. The TLS request is signed by its own key.
"""

from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec, spoken
from agent.wire.codec import Fields
from agent.wire.consent import MAX_TEXT
from agent.wire.directory import Verified
from agent.wire.directory import verified as verified_directory
from agent.wire.keys import (
    RECEIVE_PUBLIC_BYTES,
    SIGN_PUBLIC_BYTES,
    SIGNATURE_BYTES,
    ReceiveKey,
    SignKey,
    checked_sign_public,
    receive_public,
    seal_to,
    verify,
)
from agent.wire.labels import Label

CODE_BYTES: Final = 16
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the hub's operator gives a person: where to send, whom to believe, and a code to use once.

    Attributes:
        directory_floor: Lowest version of a directory, and with it the lowest serial of its key cert, to believe.
    """

    site: str
    operator: str
    host: str
    port: int
    ca_pem: bytes
    root_public: bytes
    directory_floor: int
    synthetic: bool
    code: bytes

    def encode(self) -> bytes:
        return codec.encode([*self._told(), self.code])

    @property
    def words(self) -> str:
        """Eight words over everything but the code, to compare with the operator before anything is made."""
        return spoken.fingerprint(codec.encode([str(Label.BUNDLE), *self._told()]))

    def _told(self) -> list[codec.Item]:
        return [
            self.site,
            self.operator,
            self.host,
            self.port,
            self.ca_pem,
            self.root_public,
            self.directory_floor,
            int(self.synthetic),
        ]


@dataclass(frozen=True, slots=True)
class Request:
    """What a device says of itself; every key signs for itself.

    Attributes:
        machine: A digest of installation, user, state folder and site, so that one enrolls once; empty: not known.
        recovery_public: Of the key in the person's recovery code, see `erasure`.
    """

    site: str
    code: bytes
    sign_public: bytes
    receive_public: bytes
    consent_public: bytes
    tls_request: bytes
    synthetic: bool
    machine: bytes
    recovery_public: bytes

    def encode(self) -> bytes:
        return codec.encode(
            [
                self.site,
                self.code,
                self.sign_public,
                self.receive_public,
                self.consent_public,
                self.tls_request,
                int(self.synthetic),
                self.machine,
                self.recovery_public,
            ]
        )

    @property
    def words(self) -> str:
        """Eight words over the whole request, to compare with the person before the device is admitted."""
        return spoken.fingerprint(codec.encode([str(Label.REQUEST_WORDS), self.site, self.encode()]))


@dataclass(frozen=True, slots=True)
class Answer:
    """What an admitted device receives."""

    device: str
    tls_certificate: bytes


def decode_bundle(data: bytes) -> Bundle:
    """Strict inverse of `Bundle.encode`.

    Raises:
        WireRefused: ``malformed`` or ``weak_key``.
    """
    row = Fields(codec.decode(data), 9)
    bundle = Bundle(
        site=row.text(),
        operator=row.text(),
        host=row.text(),
        port=row.uint(),
        ca_pem=row.raw(),
        root_public=row.raw(SIGN_PUBLIC_BYTES),
        directory_floor=row.uint(),
        synthetic=row.flag(),
        code=row.raw(CODE_BYTES),
    )
    checked_sign_public(bundle.root_public)
    check_names(bundle.site, bundle.operator, bundle.host, bundle.port)
    return bundle


def check_names(site: str, operator: str, host: str, port: int) -> None:
    """Names that are shown to people and put into topics.

    Raises:
        WireRefused: ``malformed``; a line break in an operator's name could show false root words.
    """
    if not is_name(site):
        raise WireRefused("malformed", "a site name has only letters, digits and hyphens")
    if not (0 < len(operator) <= MAX_TEXT and operator.isprintable()):
        raise WireRefused("malformed", f"an operator name is one printable line of at most {MAX_TEXT} letters")
    if not (
        0 < len(host) <= 253 and all(letter.isascii() and (letter.isalnum() or letter in ".-:") for letter in host)
    ):
        raise WireRefused("malformed", "the broker's host is neither a host name nor an address")
    if not 0 < port < 65_536:
        raise WireRefused("malformed", "the broker's port is outside 1 to 65535")


def is_name(name: str) -> bool:
    """Whether a site's or device's name is safe inside a topic."""
    return 0 < len(name) <= 64 and all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name)


def signed_request(request: Request, sign: SignKey, consent: SignKey, recovery: SignKey) -> bytes:
    """The request with its proofs."""
    body = request.encode()
    return codec.encode(
        [
            body,
            sign.sign(Label.REQUEST, request.site, body),
            consent.sign(Label.REQUEST_CONSENT_KEY, request.site, body),
            recovery.sign(Label.REQUEST_RECOVERY_KEY, request.site, body),
        ]
    )


def verified_request(data: bytes) -> Request:
    """A request whose keys are sound and sign for themselves (the TLS request is checked by the hub).

    Raises:
        WireRefused: ``malformed``, ``weak_key`` or ``bad_signature``.
    """
    row = Fields(codec.decode(data), 4)
    body, by_sign, by_consent, by_recovery = row.raw(), *(row.raw(SIGNATURE_BYTES) for _ in range(3))
    inner = Fields(codec.decode(body), 9)
    request = Request(
        site=inner.text(),
        code=inner.raw(CODE_BYTES),
        sign_public=inner.raw(SIGN_PUBLIC_BYTES),
        receive_public=inner.raw(RECEIVE_PUBLIC_BYTES),
        consent_public=inner.raw(SIGN_PUBLIC_BYTES),
        tls_request=inner.raw(),
        synthetic=inner.flag(),
        machine=inner.raw(),
        recovery_public=inner.raw(SIGN_PUBLIC_BYTES),
    )
    if len(request.machine) not in (0, HASH_BYTES):
        raise WireRefused("malformed", 'the request is damaged (field "machine"): ask for a new one')
    checked_sign_public(request.sign_public)
    checked_sign_public(request.consent_public)
    receive_public(request.receive_public)
    proofs = (
        verify(request.sign_public, by_sign, Label.REQUEST, request.site, body),
        verify(request.consent_public, by_consent, Label.REQUEST_CONSENT_KEY, request.site, body),
        verify(request.recovery_public, by_recovery, Label.REQUEST_RECOVERY_KEY, request.site, body),
    )
    if not all(proofs):
        raise WireRefused("bad_signature", "a key in the request is not self-signed")
    return request


def sealed_answer(answer: Answer, request: Request, directory_key: SignKey, published: bytes) -> bytes:
    """The answer, for the eyes of the device that asked."""
    info = codec.encode([str(Label.ANSWER_SEAL), request.site, request.code])
    words = codec.encode([answer.device, answer.tls_certificate])
    sealed = seal_to(receive_public(request.receive_public), words, info)
    signature = directory_key.sign(Label.ANSWER, request.site, request.code, sealed)
    return codec.encode([sealed, signature, published])


def opened_answer(data: bytes, bundle: Bundle, receive: ReceiveKey, now_utc_s: int) -> tuple[Answer, Verified, bytes]:
    """The answer, the directory it hangs on, and that directory as published.

    Raises:
        WireRefused: ``malformed``, ``bad_signature``, ``weak_key``, ``rolled_back``, ``out_of_date``, ``open_failed``.
    """
    row = Fields(codec.decode(data), 3)
    sealed, signature, published = row.raw(), row.raw(SIGNATURE_BYTES), row.raw()
    seen = verified_directory(published, bundle.site, bundle.root_public, bundle.directory_floor)
    seen.check_days(now_utc_s)
    if seen.directory.synthetic != bundle.synthetic:
        raise WireRefused("bad_signature", "the bundle and the hub disagree on whether this site is synthetic")
    for kem in seen.directory.kems:
        receive_public(kem.public)  # a weak key is refused before anything is kept
    if not verify(seen.key.public, signature, Label.ANSWER, bundle.site, bundle.code, sealed):
        raise WireRefused("bad_signature", "the answer was not signed by the hub of the bundle")
    info = codec.encode([str(Label.ANSWER_SEAL), bundle.site, bundle.code])
    inner = Fields(codec.decode(receive.open(sealed, info)), 2)
    answer = Answer(inner.text(), inner.raw())
    if not is_name(answer.device):
        raise WireRefused("malformed", 'the answer is damaged (field "device"): ask for a new one')
    return answer, seen, published

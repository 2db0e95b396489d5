"""TLS certificates and requests as they come from elsewhere: one parser for agent and hub.

What a bundle, an answer, a renewal and a device's request bring is read here alone. Whatever is wrong with it is
refused by name; no exception of the library behind it passes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from agent.errors import WireRefused

MOST_BYTES: Final = 4096
_KNOWN_CRITICAL: Final = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
)
# What the library raises over bytes that it does not like. A warning is one where warnings are errors.
_FOREIGN: Final = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    Warning,
    InternalError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
_COMMON_NAME: Final = b"\x06\x03\x55\x04\x03"  # its object identifier (DER)
_TEXTS: Final = (b"\x0c", b"\x13")
_PEM: Final = re.compile(rb"\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*")


@dataclass(frozen=True, slots=True)
class TlsCertificate:
    """What of a certificate is used.

    Attributes:
        name: The common name, by which the broker knows a client.
        public: The P-256 key as SubjectPublicKeyInfo (DER).
        begins_utc_s, ends_utc_s: First and last second.
        pem: The certificate, for the TLS library.
    """

    name: str
    public: bytes
    begins_utc_s: int
    ends_utc_s: int
    pem: bytes

    def check_days(self, what: str, now_utc_s: int) -> None:
        """Refuse a certificate that has ended, or not begun, by this machine's clock.

        Raises:
            WireRefused: ``out_of_date``.
        """
        check_days(what, self.begins_utc_s, self.ends_utc_s, now_utc_s)


def check_days(what: str, begins_utc_s: int, ends_utc_s: int, now_utc_s: int) -> None:
    """Refuse what has ended, or not begun, by this machine's clock.

    Raises:
        WireRefused: ``out_of_date``, naming the clock: it may be the clock that is wrong.
    """
    if now_utc_s < begins_utc_s:
        raise WireRefused("out_of_date", f"{what} is not valid yet, or this machine's clock is wrong")
    if now_utc_s > ends_utc_s:
        raise WireRefused("out_of_date", f"{what} has ended, or this machine's clock is wrong")


def authority(ca_pem: bytes) -> TlsCertificate:
    """The authority of a bundle: exactly one certificate, of an authority, and nothing beside it.

    The TLS library trusts every certificate of the file; so there must be no second one that nobody looked at.

    Raises:
        WireRefused: ``malformed``.
    """
    if len(ca_pem) > MOST_BYTES or not _PEM.fullmatch(ca_pem):
        raise WireRefused("malformed", "the CA is not one certificate alone")
    with _refusing("the CA cannot be read"):
        read = x509.load_pem_x509_certificate(ca_pem)
        limits = read.extensions.get_extension_for_class(x509.BasicConstraints).value
        read.verify_directly_issued_by(read)
        found = _used(read)
    if not limits.ca:
        raise WireRefused("malformed", "the CA is not an authority's certificate")
    return found


def client_certificate(der: bytes, ca_pem: bytes) -> TlsCertificate:
    """A client's certificate that this authority issued.

    Raises:
        WireRefused: ``malformed``: no such certificate, or not one for a client with a P-256 key and one name;
            ``bad_signature``: another authority's.
    """
    if len(der) > MOST_BYTES:
        raise WireRefused("malformed", "the certificate is too large")
    with _refusing("the certificate cannot be read"):
        read = x509.load_der_x509_certificate(der)
        found = _used(read)
        limits = read.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = read.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        strange = [item for item in read.extensions if item.critical and item.oid not in _KNOWN_CRITICAL]
        is_same = read.public_bytes(Encoding.DER) == der and read.serial_number > 0
        is_same = is_same and _has_whole_bytes(der, read.signature) and _is_text(read.subject)
    if limits.ca or ExtendedKeyUsageOID.CLIENT_AUTH not in usage or strange or not is_same:
        raise WireRefused("malformed", "the certificate is not a client's")
    with _refusing("the certificate was not issued by the bundle's CA", "bad_signature"):
        ca = x509.load_pem_x509_certificate(ca_pem)
        read.verify_directly_issued_by(ca)
        named = x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest
        own = read.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        # the broker looks for its authority by this name, and finds none by another
        if own.key_identifier != named or own.authority_cert_issuer is not None:
            raise ValueError
    return found


def first_in(pem: bytes) -> TlsCertificate:
    """The first certificate of a file of ours (PEM).

    Raises:
        WireRefused: ``malformed``: the file is damaged.
    """
    with _refusing("the certificate cannot be read"):
        return _used(x509.load_pem_x509_certificate(pem))


def requested_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a certificate request (DER) that it signed itself.

    Raises:
        WireRefused: ``malformed``, ``bad_signature`` or ``weak_key``.
    """
    if len(der) > MOST_BYTES:
        raise WireRefused("malformed", "the TLS request is too large")
    with _refusing("the TLS request cannot be read"):
        request = x509.load_der_x509_csr(der)
        public = request.public_key()
        is_signed = request.is_signature_valid and _has_whole_bytes(der, request.signature)
    if not is_signed:
        raise WireRefused("bad_signature", "the signature of the TLS request is not valid")
    return _p256(public, "the TLS key is not P-256")


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """A key as a certificate holds it: SubjectPublicKeyInfo (DER)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _used(read: x509.Certificate) -> TlsCertificate:
    names = [name.value for name in read.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or not isinstance(names[0], str):
        raise WireRefused("malformed", "the certificate does not have one name")
    public = _p256(read.public_key(), "the certificate's key is not P-256")
    begins, ends = read.not_valid_before_utc, read.not_valid_after_utc
    return TlsCertificate(
        names[0], public_bytes(public), int(begins.timestamp()), int(ends.timestamp()), read.public_bytes(Encoding.PEM)
    )


def _has_whole_bytes(der: bytes, signature: bytes) -> bool:
    """Whether the signature, a bit string at the end, says that no bit of its last byte is unused.

    The library reads the same signature where the last bits are zeros and called unused; OpenSSL, and with it the
    broker, refuses such a certificate: somebody on the way could so replace a good one.
    """
    return der[-len(signature) - 1] == 0


def _is_text(subject: x509.Name) -> bool:
    """Whether each common name is a UTF8String or PrintableString; the library reads other types too."""
    _, *names = subject.public_bytes().split(_COMMON_NAME)
    return all(name[:1] in _TEXTS for name in names)


def _p256(key: object, refusal: str) -> ec.EllipticCurvePublicKey:
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise WireRefused("weak_key", refusal)
    return key


@contextmanager
def _refusing(refusal: str, reason: str = "malformed") -> Iterator[None]:
    try:
        yield
    except InvalidSignature as error:
        raise WireRefused("bad_signature", refusal) from error
    except _FOREIGN as error:
        raise WireRefused(reason, refusal) from error

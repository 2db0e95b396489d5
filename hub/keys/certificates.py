"""The site's certificate authority: certificates of broker, hub and devices, and the broker's revocation list."""

import datetime as dt
import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.errors import KeysMissing
from agent.system.host import write_durable, write_private

_ENCODING: Final = serialization.Encoding.PEM
DEVICE_DAYS: Final = 365
RENEW_DAYS: Final = 60
_SERVER_DAYS, _CA_DAYS = 825, 3650


def make_ca(folder: Path, stem: str = "ca", common_name: str = "wardbeat site CA") -> None:
    """Create a CA: write its key and its certificate (ca.key and ca.pem), valid for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = _certificate(common_name, key.public_key(), name, _CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(
        x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        critical=True,
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    write_private(folder / f"{stem}.key", _pem(key))
    write_durable(folder / f"{stem}.pem", builder.sign(key, hashes.SHA256()).public_bytes(_ENCODING))


def issue(folder: Path, common_name: str, stem: Path, *, server: str | None) -> None:
    """Write a new key and its certificate as STEM.key and STEM.crt.

    Args:
        folder: The hub's, with the CA.
        common_name: The certificate's, which the broker uses as user name.
        stem: Path of the files without their suffix.
        server: Host name or address for a server's certificate; None for a client's.

    Raises:
        KeysMissing: The CA's files are not here.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify(folder, common_name, key.public_key(), server=server)
    write_private(stem.with_suffix(".key"), _pem(key))
    write_durable(stem.with_suffix(".crt"), certificate.public_bytes(_ENCODING))


def renew_own(folder: Path, host: str, now_utc_s: int, own: str = "hub") -> list[str]:
    """Replace the hub's and the broker's certificates that end within 60 days; returns the names replaced.

    Args:
        folder: The hub's.
        host: The broker's, for its certificate.
        now_utc_s: Time now.
        own: The worker's name (see `hub.broker.user_of`); only the first one, ``hub``, renews the broker's too.

    A key and certificate that do not match, left by a crash between two files, are replaced too, and so is the hub's
    own when it is missing. When the broker's is missing, the operator has moved it to the broker's machine.

    Raises:
        KeysMissing: One is due, and the CA's key is not here.
    """
    renewed = []
    every = ((own, folder / own, None), ("broker", folder / "broker" / "broker", host))
    for name, stem, server in every[: 2 if own == "hub" else 1]:
        here = stem.with_suffix(".crt").exists() and stem.with_suffix(".key").exists()
        if (here and not is_valid(stem, now_utc_s)) or (not here and server is None):
            issue(folder, name, stem, server=server)
            renewed.append(name)
    return renewed


def is_valid(stem: Path, now_utc_s: int) -> bool:
    """Whether a certificate and its key belong together and end in more than 60 days.

    Args:
        stem: Path of the files without their suffix.
        now_utc_s: Time now.
    """
    try:
        certificate = x509.load_pem_x509_certificate(stem.with_suffix(".crt").read_bytes())
        key = serialization.load_pem_private_key(stem.with_suffix(".key").read_bytes(), None)
    except ValueError:
        return False  # cut short by a full disk, or another kind of file
    from_utc_s, until_utc_s = (
        at.timestamp() for at in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    )
    # one that begins later was issued while the clock was ahead
    fits = from_utc_s <= now_utc_s and key.public_key() == certificate.public_key()
    return fits and until_utc_s - now_utc_s >= RENEW_DAYS * 86_400


def serial_of(file: Path) -> int:
    """The serial number of a certificate's file.

    Raises:
        KeysMissing: It is not here.
    """
    if not file.exists():
        raise KeysMissing(f"{file.name} is missing", remedy="Start the hub; it creates one.")
    return x509.load_pem_x509_certificate(file.read_bytes()).serial_number


def certificate_end_utc_s(der: bytes) -> int:
    """When a certificate (DER) ends, in UTC s."""
    return int(x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp())


def certify(
    folder: Path,
    common_name: str,
    public: ec.EllipticCurvePublicKey,
    *,
    server: str | None,
    days: int = DEVICE_DAYS,
    stem: str = "ca",
) -> x509.Certificate:
    """A client certificate for so many days, or with ``server`` (a host name or address) a server's.

    ``stem`` names the CA that signs it.

    Raises:
        KeysMissing: The CA's files are not here.
    """
    ca, ca_key = _authority(folder, stem)
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if server is None else ExtendedKeyUsageOID.SERVER_AUTH
    builder = _certificate(common_name, public, ca.subject, days if server is None else _SERVER_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    if server is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(_names(server)), critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def write_revoked(folder: Path, serials: Iterable[int]) -> None:
    """Write the broker's revocation list: it refuses every certificate listed.

    The list is valid until the CA ends, because a broker whose list has expired refuses every client.
    """
    ca, ca_key = _authority(folder)
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.subject)
    builder = builder.last_update(now - dt.timedelta(hours=1)).next_update(ca.not_valid_after_utc)
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        builder = builder.add_revoked_certificate(revoked)
    write_durable(folder / "broker" / "revoked.pem", builder.sign(ca_key, hashes.SHA256()).public_bytes(_ENCODING))


def _authority(folder: Path, stem: str = "ca") -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        ca = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())
        ca_key = serialization.load_pem_private_key((folder / f"{stem}.key").read_bytes(), None)
    except OSError as error:
        raise KeysMissing(f"{stem}.pem or {stem}.key is missing", remedy="Restore it; certificates need it.") from error
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise KeysMissing(f"{stem}.key is not an elliptic-curve key", remedy="Restore the file that the hub wrote.")
    return ca, ca_key


def _certificate(
    common_name: str, public: ec.EllipticCurvePublicKey, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _names(server: str) -> list[x509.GeneralName]:
    try:
        return [x509.IPAddress(ipaddress.ip_address(server))]
    except ValueError:
        return [x509.DNSName(server)]


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_ENCODING, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

"""Certificates of the care team, by a separate CA, made at first use.

The broker knows nothing of it, and the care view nothing of the CA of devices.
"""

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from agent.wire import spoken
from hub.keys.certificates import certify, make_ca

STEM: Final = "staff-ca"
DAYS: Final = 365
_PASSPHRASE_BYTES: Final = 10  # 80 bits, five words
_KDF_ROUNDS: Final = 200_000


@dataclass(frozen=True, slots=True)
class StaffCertificate:
    """What a member imports into the browser.

    Attributes:
        p12: PKCS#12: key, certificate and CA, under the passphrase.
        fingerprint: SHA-256 of the certificate, in hexadecimal.
        until_utc_s: When it ends.
    """

    p12: bytes
    fingerprint: str
    until_utc_s: int


def fingerprint_of(der: bytes) -> str:
    """By which the key store knows a certificate (DER).

    >>> fingerprint_of(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(der).hexdigest()


def new_passphrase() -> str:
    """Five words, for one file."""
    return spoken.words(os.urandom(_PASSPHRASE_BYTES))


def ca_file(folder: Path) -> Path:
    """The certificate of the staff's CA; made with its key at first use."""
    if not (folder / f"{STEM}.pem").exists():
        make_ca(folder, STEM, "wardbeat staff CA")
    return folder / f"{STEM}.pem"


def make_certificate(folder: Path, name: str, days: int, passphrase: str) -> StaffCertificate:
    """A key and its certificate for a member, which only the passphrase opens.

    Args:
        folder: The hub's.
        name: Checked.
        days: Until it ends.
        passphrase: Encrypts the file: PBES2 with AES-256 and SHA-256, which browsers of 2022 and later read.

    Raises:
        KeysMissing: The key of the staff's CA is not here.
    """
    authority = x509.load_pem_x509_certificate(ca_file(folder).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify(folder, name, key.public_key(), server=None, days=days, stem=STEM)
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_KDF_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase.encode())
    )
    p12 = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, [authority], encryption)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return StaffCertificate(p12, fingerprint_of(der), _utc_s(certificate.not_valid_after_utc))


def _utc_s(at: dt.datetime) -> int:
    return int(at.timestamp())

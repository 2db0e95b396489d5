"""The machine's TLS certificate, renewed before it ends: a new key here, a request up, a certificate down.

It needs no person: the request travels sealed and signed like any row, and the new certificate bears the same random
name. One that ended already cannot be renewed this way, for the broker lets nobody in with it: then one enrolls again.
"""

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.errors import WireRefused
from agent.outbox import Outbox
from agent.privacy.vault import Vault
from agent.system import host
from agent.wire.message import RenewMessage

BEFORE_DAYS: Final = 60
AGAIN_S: Final = 86_400
_DAY_S: Final = 86_400
_ASKED: Final = "certificate asked"
_NEXT: Final = "tls.next.key"


def days_left(folder: Path, now_utc_s: int) -> int:
    """Days until the certificate ends; negative when it has."""
    certificate = x509.load_pem_x509_certificate(identity.tls_files(folder)[1].read_bytes())
    return int((certificate.not_valid_after_utc.timestamp() - now_utc_s) // _DAY_S)


def ask_if_due(folder: Path, vault: Vault, outbox: Outbox, now_utc_s: int) -> None:
    """Make a key and queue a request, once a day while the certificate has less than 60 days.

    Raises:
        StorageFull: Nothing was queued.
    """
    if days_left(folder, now_utc_s) >= BEFORE_DAYS:
        return
    asked = outbox.meta(_ASKED)
    if asked is not None and 0 <= now_utc_s - int(asked) < AGAIN_S:
        return
    pem, request = identity.new_tls_key(vault)
    host.write_private(folder / "keys" / _NEXT, pem)
    outbox.put([RenewMessage(request)], now_utc_s)
    outbox.set_meta(_ASKED, str(now_utc_s).encode())


def take(folder: Path, vault: Vault, enrolled: Identity, certificate_der: bytes, now_utc_s: int) -> bool:
    """Put a new certificate and its key in the old ones' place, in one file; False when they are there already.

    Raises:
        WireRefused: ``bad_signature``: not this site's CA, not our name, not the key that we made last, or of a time
            that has not begun or ends before the old one's: the broker would let nobody in.
    """
    next_key = folder / "keys" / _NEXT
    if not next_key.exists():
        return False
    password = identity.tls_password(vault).encode()
    pem = host.read_private(next_key)
    key = serialization.load_pem_private_key(pem, password)
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(enrolled.bundle.ca_pem))
        names = [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        ours = isinstance(key, ec.EllipticCurvePrivateKey) and certificate.public_key() == key.public_key()
    except (InvalidSignature, x509.InvalidVersion, ValueError, TypeError) as error:
        raise WireRefused("bad_signature", "the new certificate was not issued by the bundle's CA") from error
    if not ours or names != [enrolled.device]:
        raise WireRefused("bad_signature", "the new certificate has another key or name")
    old = x509.load_pem_x509_certificate(identity.tls_files(folder)[1].read_bytes())
    begins_utc_s = certificate.not_valid_before_utc.timestamp()
    if begins_utc_s > now_utc_s or certificate.not_valid_after_utc < old.not_valid_after_utc:
        raise WireRefused("bad_signature", "the new certificate does not follow the old one: the hub's clock is wrong")
    host.write_private(folder / "keys" / identity.TLS_BOTH, certificate.public_bytes(serialization.Encoding.PEM) + pem)
    next_key.unlink()
    return True

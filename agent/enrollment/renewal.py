"""The machine's TLS certificate, renewed before it ends: a new key here, a request up, a certificate down.

It needs no person: the request travels sealed and signed like any row, and the new certificate bears the same random
name. One that ended already cannot be renewed this way, for the broker lets nobody in with it: then one enrolls again.
"""

from pathlib import Path
from typing import Final

from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.errors import KeysMissing, WireRefused
from agent.outbox import Outbox
from agent.privacy.vault import Vault
from agent.system import host
from agent.wire import certificates
from agent.wire.message import RenewMessage

BEFORE_DAYS: Final = 60
AGAIN_S: Final = 86_400
_DAY_S: Final = 86_400
_ASKED: Final = "certificate asked"
_NEXT: Final = "tls.next.key"


def days_left(folder: Path, now_utc_s: int) -> int:
    """Days until the certificate ends; negative when it has.

    Raises:
        KeysMissing: The certificate's file is damaged.
    """
    return (_own(folder).ends_utc_s - now_utc_s) // _DAY_S


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
        WireRefused: ``malformed`` or ``weak_key``: no certificate of a client; ``bad_signature``: not this site's CA,
            not our name, not the key that we made last; ``out_of_date``: of a time that has not begun or ends before
            the old one's. The broker would let nobody in.
        KeysMissing: The key that we made is damaged.
    """
    next_key = folder / "keys" / _NEXT
    if not next_key.exists():
        return False
    pem = host.read_private(next_key)
    certificate = certificates.client_certificate(certificate_der, enrolled.bundle.ca_pem)
    if certificate.public != identity.own_tls_public(pem, vault) or certificate.name != enrolled.device:
        raise WireRefused("bad_signature", "the new certificate has another key or name")
    if certificate.begins_utc_s > now_utc_s or certificate.ends_utc_s < _own(folder).ends_utc_s:
        raise WireRefused("out_of_date", "the new certificate does not follow the old one: the hub's clock is wrong")
    host.write_private(folder / "keys" / identity.TLS_BOTH, certificate.pem + pem)
    next_key.unlink()
    return True


def _own(folder: Path) -> certificates.TlsCertificate:
    file = identity.tls_files(folder)[1]
    try:
        return certificates.first_in(file.read_bytes())
    except WireRefused as refused:
        raise KeysMissing(
            f"keys/{file.name} is damaged: {refused}", remedy="Restore the state folder, or enroll again."
        ) from refused

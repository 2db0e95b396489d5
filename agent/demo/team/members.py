"""The demo's member of the care team: a certificate as `hub staff add` makes it, and what the hub's log says."""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

if TYPE_CHECKING:
    from hub.store import Store

NAME: Final = "Demo nurse"
ROLE: Final = "lead"
_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Staff:
    """One member.

    Attributes:
        name: As people read it in their lists of looks.
        p12: What a browser imports.
        passphrase: Opens it.
        pem: Certificate and key in clear, for the demo's own requests.
    """

    name: str
    p12: Path
    passphrase: str
    pem: Path


def add(folder: Path) -> Staff:
    """Make the member's certificate and note it in the key store.

    Args:
        folder: The demo's.
    """
    from hub.keys.staff import CERTIFICATE, Member
    from hub.keys.staff_certificates import make_certificate, new_passphrase
    from hub.site import open_keys

    passphrase = new_passphrase()
    made = make_certificate(folder / "hub", NAME, _DAYS, passphrase)
    with closing(open_keys(folder / "hub")) as keys:
        keys.staff.add(Member(made.fingerprint, CERTIFICATE, NAME, ROLE, int(time.time()), made.until_utc_s))
    p12, pem = folder / "demo-nurse.p12", folder / "demo-nurse.pem"
    _write(p12, made.p12)
    _write(pem, _in_clear(made.p12, passphrase))
    return Staff(NAME, p12, passphrase, pem)


def looks_at(store: "Store", kid: bytes) -> list[bytes]:
    """Looks at a person in the hub's log, as they are chained, oldest first."""
    return [row.look.encode() for row in store.looks() if row.kid == kid]


def _in_clear(p12: bytes, passphrase: str) -> bytes:
    key, certificate, _ = pkcs12.load_key_and_certificates(p12, passphrase.encode())
    assert key is not None
    assert certificate is not None
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM) + pem


def _write(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)

"""TLS of the care view: its own certificate, and client certificates of the staff's CA alone."""

import ssl
import time
from pathlib import Path
from typing import Final

from cryptography import x509

from agent.errors import KeysMissing, Missing
from hub.database import mode_in
from hub.keys.certificates import is_valid, issue
from hub.keys.staff_certificates import ca_file

_STEM: Final = "view"
# An expired certificate is let through the handshake, so that the page can say so: the app refuses it by its own clock.
_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL."""


def own_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Certificate and key for a host name or address, of the hub's CA; made again 60 days before they end.

    Raises:
        KeysMissing: One is due, and the CA's key is not here, or this user may not read it.
    """
    stem = folder / _STEM
    files = stem.with_suffix(".crt"), stem.with_suffix(".key")
    if not (all(file.exists() for file in files) and is_valid(stem, int(time.time())) and name in names_of(files[0])):
        try:
            issue(folder, name, stem, server=name)
        except KeysMissing as error:
            raise KeysMissing(
                "the view's certificate is missing or ends within 60 days, and the key of the hub's CA cannot be read",
                remedy="Run 'wardbeat hub view SITE --care --prepare' as the user that owns ca.key.",
            ) from error
        files[1].chmod(mode_in(folder))  # the view's own user reads it, where each process has one
    return files


def names_of(certificate: Path) -> list[str]:
    """The host names and addresses that a server's certificate (PEM) is for.

    Raises:
        Missing: It cannot be read, or names none.
    """
    try:
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except OSError as error:
        raise Missing(
            f"{certificate} cannot be read: {error.strerror}", remedy="Give a PEM file that the hub's user may read."
        ) from error
    except (ValueError, x509.ExtensionNotFound) as error:
        raise Missing(
            f"{certificate} is no certificate of a server with host names",
            remedy="Give a PEM file whose subject alternative names hold the name of the care view.",
        ) from error
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def hosts(names: list[str], port: int) -> frozenset[str]:
    """The values of ``Host`` that are ours. A certificate's ``*`` is no name: browsers use the full one.

    >>> sorted(hosts(["care.example", "::1", "*.example"], 443))
    ['[::1]', '[::1]:443', 'care.example', 'care.example:443']
    """
    plain = [f"[{name}]" if ":" in name else name for name in names if "*" not in name]
    return frozenset([f"{name}:{port}" for name in plain] + (plain if port == _HTTPS else []))


_HTTPS: Final = 443


def server_context(folder: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3, no resumption: each connection proves its certificate.

    Args:
        folder: The hub's, for the staff's CA.
        certificate, key: Of the server, PEM.

    Raises:
        Missing: Certificate and key cannot be read or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL  # without one a browser reads what it needs, or signs in by an account
    context.load_verify_locations(ca_file(folder))
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Missing(
            f"{certificate} and {key} cannot be used ({getattr(error, 'reason', '') or error})",
            remedy="Give a certificate and the key that belongs to it, both PEM, readable for the hub's user.",
        ) from error
    return context

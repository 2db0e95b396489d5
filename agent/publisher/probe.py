"""Asks a broker who it is without becoming a client of it: a connection that every broker must turn down.

MQTT 5     a method of authentication that no broker has (the answer: 0x8C)
MQTT 3.1.1 no name and a session to be kept (the answer: 2)

The broker makes no session, and ends none of a running agent's: a refused client takes nobody's place.
"""

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.enrollment.enrolled import Identity
from agent.enrollment.identity import tls_files
from agent.publisher import reasons
from agent.publisher.reasons import Reason

_TIMEOUT_S: Final = 5.0
_ALERT_S: Final = 1.0
_SESSION_S: Final = 86_400
_CONNACK: Final = 0x20
_WRONG_VERSION: Final = frozenset({0x01, 0x84})  # 3.1.1's word for it, and MQTT 5's
_REFUSED: Final = frozenset({0x86, 0x87, 0x8A})  # bad password, not authorized, banned
_UNAVAILABLE: Final = frozenset({0x88, 0x89, 0x97, 0x9F})


def tls_context(folder: Path, password: str) -> ssl.SSLContext:
    """TLS 1.3 with this machine's certificate, believing the site's authority alone."""
    ca, certificate, key = tls_files(folder)
    context = ssl.create_default_context(cafile=str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key, password)
    return context


def look(
    identity: Identity, folder: Path, password: str, version: int, *, timeout_s: float = _TIMEOUT_S
) -> Reason | None:
    """Why the broker cannot be used; None: it can.

    Args:
        identity, folder, password: Who asks, and where the TLS files lie.
        version: The MQTT version of the settings, 5 or 3.
        timeout_s: For each of at most two connections.
    """
    bundle = identity.bundle
    try:
        context = tls_context(folder, password)
        code = _answer(bundle.host, bundle.port, context, version, timeout_s)
        if code is None:  # not a word: perhaps it refused the certificate, perhaps it does not know this version
            _listen(bundle.host, bundle.port, context, timeout_s)
            other = _answer(bundle.host, bundle.port, context, 8 - version, timeout_s)
            if other is None or other in _WRONG_VERSION:
                return reasons.NO_ANSWER
            code = 0x01
    except OSError as error:
        return reasons.of(error)
    if code in _WRONG_VERSION:
        return reasons.ONLY_3 if version == 5 else reasons.ONLY_5
    if code in _REFUSED or (version == 3 and code in (4, 5)):
        return Reason("the broker refuses this machine", refused=True)
    if code in _UNAVAILABLE or (version == 3 and code == 3):
        return Reason("the broker is busy or shuts down", "Rows wait until it is back; none is lost.")
    return None


def _listen(host: str, port: int, context: ssl.SSLContext, timeout_s: float) -> None:
    """Wait for what a broker says of our certificate: in TLS 1.3 that comes after the handshake.

    Raises:
        OSError: It said it, or is gone.
    """
    with (
        socket.create_connection((host, port), timeout_s) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.settimeout(min(timeout_s, _ALERT_S))
        with suppress(TimeoutError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            connection.recv(64)


def _answer(host: str, port: int, context: ssl.SSLContext, version: int, timeout_s: float) -> int | None:
    """The code of the broker's answer; None: it gave none that can be read."""
    with (
        socket.create_connection((host, port), timeout_s) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        try:
            connection.sendall(_connect(version))
            answer = connection.recv(64)
        except (TimeoutError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return None
        with suppress(OSError):
            connection.sendall(b"\xe0\x00")  # DISCONNECT
    return answer[3] if len(answer) >= 4 and answer[0] == _CONNACK else None


def _connect(version: int) -> bytes:
    """A CONNECT that asks for what no broker grants. No flag: no session is thrown away."""
    head = _text("MQTT") + bytes([5 if version == 5 else 4, 0]) + (10).to_bytes(2, "big")
    if version == 5:
        properties = b"\x11" + _SESSION_S.to_bytes(4, "big") + b"\x15" + _text("wardbeat-doctor")
        head += bytes([len(properties)]) + properties + _text("wardbeat-doctor")
    else:
        head += _text("")
    return bytes([0x10, len(head)]) + head


def _text(words: str) -> bytes:
    return len(words).to_bytes(2, "big") + words.encode()

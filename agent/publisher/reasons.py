"""Why a broker cannot be used, in words with a remedy: read from the error, or from its first answer."""

import errno
import socket
import ssl
from dataclasses import dataclass
from typing import Final

_OPERATOR: Final = "Ask the hub's operator; rows wait until then."
_WAITS: Final = "Rows wait until it is back; none is lost."
_NOT_YET, _ENDED, _REVOKED = 9, 10, 23  # X509_V_ERR_* of OpenSSL
_STRANGER: Final = frozenset({18, 19, 20, 21})
_OTHER_HOST: Final = frozenset({62, 64})
_NO_ROUTE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


@dataclass(frozen=True, slots=True)
class Reason:
    """What a person reads.

    Attributes:
        words: Without an address.
        remedy: What can be done.
        dates: Whether it may be this computer's clock.
        refused: Whether the broker answered, and said no.
    """

    words: str
    remedy: str = _OPERATOR
    dates: bool = False
    refused: bool = False


ONLY_3: Final = Reason(
    "the broker speaks only MQTT 3.1.1",
    "Set mqtt.version to 3 in the settings, and start the agent again.",
    refused=True,
)
ONLY_5: Final = Reason(
    "the broker speaks only MQTT 5", "Set mqtt.version to 5 in the settings, and start the agent again.", refused=True
)
NO_ANSWER: Final = Reason("the broker takes the connection and does not answer in MQTT")
_CLOCK: Final = "Check this computer's date and time. If they are right, ask the hub's operator."

# What OpenSSL calls an alert of the other end, or its own reason: part of the name, and what it means here.
_ALERTS: Final = {
    "CERTIFICATE_EXPIRED": Reason(
        "the broker says that this machine's certificate has ended", _CLOCK, dates=True, refused=True
    ),
    "CERTIFICATE_REVOKED": Reason(
        "the hub's operator has revoked this machine", "Ask the hub's operator.", refused=True
    ),
    "UNKNOWN_CA": Reason("the broker does not know the authority of this machine's certificate", refused=True),
    "BAD_CERTIFICATE": Reason("the broker refuses this machine's certificate", refused=True),
    "CERTIFICATE_UNKNOWN": Reason("the broker refuses this machine's certificate", refused=True),
    "CERTIFICATE_REQUIRED": Reason("the broker refuses this machine's certificate", refused=True),
    "WRONG_VERSION_NUMBER": Reason("the broker does not speak TLS on this port"),
    "PROTOCOL_VERSION": Reason("the broker does not speak TLS 1.3"),
    "UNSUPPORTED_PROTOCOL": Reason("the broker does not speak TLS 1.3"),
}

_KINDS: Final = (
    (
        socket.gaierror,
        Reason("the broker's name cannot be resolved", "Check this computer's network and its DNS server."),
    ),
    (ConnectionRefusedError, Reason("the broker does not respond (nothing listens at its port)", _WAITS)),
    (TimeoutError, Reason("the broker does not respond in time", _WAITS)),
    (
        (FileNotFoundError, PermissionError),
        Reason("a file of this machine's keys cannot be read", "Restore the state folder, or enroll again."),
    ),
)


def of(error: Exception) -> Reason:
    """The reason that an error names."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error.verify_code)
    if isinstance(error, ssl.SSLError):
        name = error.reason or ""
        known = next((reason for part, reason in _ALERTS.items() if part in name), None)
        return known or Reason(f"the broker does not respond ({type(error).__name__}{name and f' {name}'})", _WAITS)
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return Reason("the broker does not respond (no network leads to it)", "Check this computer's network.")
    known = next((reason for kind, reason in _KINDS if isinstance(error, kind)), None)
    return known or Reason(f"the broker does not respond ({type(error).__name__})", _WAITS)


def _certificate(code: int) -> Reason:
    if code == _NOT_YET:
        return Reason("by this computer's clock, the broker's certificate is not valid yet", _CLOCK, dates=True)
    if code == _ENDED:
        return Reason("by this computer's clock, the broker's certificate has ended", _CLOCK, dates=True)
    if code in _STRANGER:
        return Reason("the broker's certificate was not issued by this site's authority")
    if code in _OTHER_HOST:
        return Reason("the broker's certificate names another host")
    if code == _REVOKED:
        return Reason("the broker's certificate was revoked")
    return Reason(f"the broker's certificate is not valid (OpenSSL's reason {code})")

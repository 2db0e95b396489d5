"""In front of every address: whose name was asked for, from where the request came, how often, and how answers look.

The agent's page and the hub's care view decide for themselves who may sign in.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SAME_ORIGIN: Final = "same-origin"


def headers(*, form_action: str = "'none'", referrer: str = "no-referrer") -> dict[str, str]:
    """The headers of every answer: no foreign content, no frame, nothing kept.

    Args:
        form_action: Where forms may go, as the content security policy writes it.
        referrer: The referrer policy. With ``no-referrer`` browsers send the origin ``null`` with a form, so a page
            with forms needs ``same-origin``.
    """
    return {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            f"base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": referrer,
        "cross-origin-opener-policy": SAME_ORIGIN,
        "cross-origin-resource-policy": SAME_ORIGIN,
        "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
        "cache-control": "no-store",
    }


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: Of HTTP.
        reason: A name for tests and logs.
    """

    status: int
    reason: str


class Bucket:
    """Requests that may still be answered: so many at once, and so many more a second.

    Args:
        now_s: A clock that never jumps.
        at_once, a_second: Its size, and how fast it fills.
    """

    def __init__(self, now_s: float, at_once: float, a_second: float) -> None:
        self._at_once, self._a_second = at_once, a_second
        self._tokens, self._filled_s = at_once, now_s

    def has_token(self, now_s: float) -> bool:
        """Take one, where there is one."""
        self._tokens = min(self._at_once, self._tokens + (now_s - self._filled_s) * self._a_second)
        self._filled_s = now_s
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def by_name(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; of a name sent twice both values, joined by a comma, so that neither passes.

    >>> by_name([(b"Host", b"a"), (b"host", b"b")])
    {'host': 'a, b'}
    """
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def foreign(
    method: str, sent: Mapping[str, str], hosts: Collection[str], scheme: str, *, may_open: bool
) -> Refusal | None:
    """Why a request is refused for the name or the place that it came by; None where it is ours.

    Args:
        method: Of the request.
        sent: What `by_name` gives.
        hosts: The values of ``Host`` that are ours.
        scheme: ``http`` or ``https``.
        may_open: Whether a link on another site may open this address in a new window.
    """
    host = sent.get("host")
    if host not in hosts:  # another name that resolves to us is not us (DNS rebinding)
        return Refusal(421, "the host name is not ours")
    opens = may_open and method == "GET" and sent.get("sec-fetch-dest", "document") == "document"
    if sent.get("sec-fetch-site") not in (None, SAME_ORIGIN, "none") and not opens:
        return Refusal(403, "the request came from another site")
    origin = sent.get("origin")
    if origin not in (None, f"{scheme}://{host}") or (method != "GET" and origin is None):
        return Refusal(403, "the request came from another origin")
    return None

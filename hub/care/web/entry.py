"""In front of every address: whose connection it is, how often it asks, from where, and how each answer looks.

Who asks comes from the transport and from our own cookie; no other header says anything about it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.web.guard import Bucket, Refusal, by_name, foreign, headers
from hub.care.web.handshake import PEER
from hub.care.web.noticed import Noticed
from hub.care.web.sessions import Session, Sessions, cookie_value
from hub.keys.staff import CERTIFICATE
from hub.keys.staff_certificates import fingerprint_of

HEADERS: Final = {
    **headers(form_action="'self'", referrer="same-origin"),
    "strict-transport-security": "max-age=31536000",
}
_ASKED: Final = "asked"
_MEMBER, _STRANGER = (60.0, 20.0), (30.0, 10.0)  # at once, and a second
_BUCKETS_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks.

    Attributes:
        fingerprint: Of the connection's client certificate; empty: there is none.
        session: Of the cookie, and of this certificate if it was begun with one; None: not signed in.
        cookie: Its value.
        address: Of the client, for rates alone.
    """

    fingerprint: str
    session: Session | None
    cookie: str
    address: str

    @property
    def rate_of(self) -> str:
        """Whose requests are counted together: a certificate's, an account's, else those of an address."""
        return self.fingerprint or (self.session.credential if self.session else self.address)


def asked_of(request: Request) -> Asked:
    """Who asks; `Entry` has put it there."""
    asked: Asked = request.scope[_ASKED]
    return asked


class Entry:
    """Refuses what is not ours, and gives every answer its headers.

    Args:
        app: What answers the rest.
        hosts: The values of ``Host`` that are ours.
        sessions: Who is signed in.
        noticed: The log of refusals.
        opens: Addresses that a link on another site may open; they show nobody's data without a cookie, which browsers
            do not send then.
        now_s: A clock that never jumps.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        sessions: Sessions,
        noticed: Noticed,
        opens: frozenset[str],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._hosts, self._sessions, self._noticed = app, hosts, sessions, noticed
        self._opens, self._now_s = opens, now_s
        self._buckets: dict[str, Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        sent = by_name(scope["headers"])
        asked = self._asked(scope, sent.get("cookie", ""))
        refused = self._refusal(scope["method"], scope["path"], sent, asked)
        scope[_ASKED] = asked

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        if refused is None:
            await self._app(scope, receive, with_headers)
            return
        self._noticed.refused(refused.reason)
        ends = {"connection": "close"} if refused.status != _TOO_MANY else {}
        await PlainTextResponse(refused.reason, refused.status, ends)(scope, receive, with_headers)

    def _asked(self, scope: Scope, cookies: str) -> Asked:
        peer: bytes | None = scope.get("state", {}).get(PEER)
        fingerprint = fingerprint_of(peer) if peer else ""
        cookie = cookie_value(cookies)
        session = self._sessions.of(cookie) if cookie else None
        if session is not None and session.kind == CERTIFICATE and session.credential != fingerprint:
            self._sessions.end(cookie)
            self._noticed.refused("a session's cookie with another certificate than its own; it is signed out")
            session = None
        client = scope.get("client")
        return Asked(fingerprint, session, cookie, client[0] if client else "")

    def _refusal(self, method: str, path: str, sent: dict[str, str], asked: Asked) -> Refusal | None:
        if not self._has_token(asked):
            return Refusal(_TOO_MANY, "too many requests")
        if method not in ("GET", "POST"):
            return Refusal(405, "this method is not answered")
        return foreign(method, sent, self._hosts, "https", may_open=path in self._opens)

    def _has_token(self, asked: Asked) -> bool:
        """Each member has a bucket, and so has each stranger's address: what one sends takes nothing from others."""
        of, now_s = asked.rate_of, self._now_s()
        if of not in self._buckets:
            while len(self._buckets) >= _BUCKETS_MOST:
                del self._buckets[next(iter(self._buckets))]
            size = _MEMBER if asked.fingerprint or asked.session else _STRANGER
            self._buckets[of] = Bucket(now_s, *size)
        return self._buckets[of].has_token(now_s)


_TOO_MANY: Final = 429

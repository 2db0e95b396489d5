"""Who is signed in: a random key in a cookie, made at sign-in, bound to a certificate or an account.

The clock ends it. Sessions live in this process alone: when it ends, everybody signs in again.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

COOKIE: Final = "__Host-wardbeat-care"
"""Browsers keep a cookie of this prefix only with Secure, Path=/ and without a domain: no other host can set it."""

IDLE_S: Final = 15 * 60.0
SHIFT_S: Final = 12 * 3600.0
_OF_ONE_MOST: Final = 4
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(slots=True)
class Session:
    """One member at one browser.

    Attributes:
        credential, kind: Of the member, as `hub.keys.staff` has it.
        token: Stands in each form of this session.
    """

    credential: str
    kind: str
    began_s: float
    seen_s: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def has(self, token: str) -> bool:
        """Whether a form is of this session."""
        return secrets.compare_digest(self.token.encode(), token.encode())


class Sessions:
    """All of them.

    Args:
        now_s: A clock that never jumps.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._by_hash: dict[bytes, Session] = {}

    def begin(self, credential: str, kind: str, old_cookie: str = "") -> str:
        """A new session; returns the cookie's value. The one that the browser had ends; so does the oldest of five."""
        self.end(old_cookie)
        self._drop_old()
        same = [(one.seen_s, hashed) for hashed, one in self._by_hash.items() if one.credential == credential]
        for _, hashed in sorted(same)[: max(0, len(same) - _OF_ONE_MOST + 1)]:
            del self._by_hash[hashed]
        value, now_s = secrets.token_urlsafe(32), self._now_s()
        self._by_hash[_hashed(value)] = Session(credential, kind, now_s, now_s)
        return value

    def of(self, cookie: str) -> Session | None:
        """The session of a cookie; asking keeps it alive."""
        found = self._by_hash.get(_hashed(cookie))
        if found is None:
            return None
        if not self._is_alive(found):
            del self._by_hash[_hashed(cookie)]
            return None
        found.seen_s = self._now_s()
        return found

    def end(self, cookie: str) -> None:
        """Sign one browser out."""
        self._by_hash.pop(_hashed(cookie), None)

    def end_all(self, credential: str) -> None:
        """Sign a member out everywhere."""
        self._by_hash = {hashed: one for hashed, one in self._by_hash.items() if one.credential != credential}

    def _is_alive(self, session: Session) -> bool:
        now_s = self._now_s()
        return now_s - session.began_s < SHIFT_S and now_s - session.seen_s < IDLE_S

    def _drop_old(self) -> None:
        self._by_hash = {hashed: one for hashed, one in self._by_hash.items() if self._is_alive(one)}


def cookie_value(header: str, name: str = COOKIE) -> str:
    """The value of our cookie in a Cookie header; empty where it is absent, sent twice, or none of ours.

    >>> cookie_value("a=b; __Host-wardbeat-care=" + "x" * 43)[:3]
    'xxx'
    """
    parts = (part.strip().partition("=") for part in re.split("[;,]", header))
    found = [value for key, _, value in parts if key == name]
    return found[0] if len(found) == 1 and _KEY.fullmatch(found[0]) else ""


def set_cookie(value: str) -> str:
    """The header that gives a browser its session; an empty value takes it away."""
    ends = "" if value else "; Max-Age=0"
    return f"{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{ends}"


def _hashed(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()

"""Who may use the page: this user, by a code from a file that only they can read, changed once for a key.

The key stays in the page's memory and comes back as a header: no cookie, no query. What anybody may load holds no word
of a question or an answer.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final

from agent.web import guard
from agent.web.guard import Bucket, Refusal

CODE_S: Final = 30.0
QUIET_S: Final = 180.0  # a page that is open says so each minute
SESSION_S: Final = 12 * 3600.0
KEY_HEADER: Final = "x-wardbeat-key"
HEADERS: Final = guard.headers()
_SESSIONS: Final = 4
_A_SECOND: Final = 20.0
_AT_ONCE: Final = 60.0


class Sessions:
    """One code, a few keys, a rate.

    Args:
        port: Of our own socket on 127.0.0.1.
        now_s: A clock that never jumps.
    """

    def __init__(self, port: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._host, self._now_s = f"127.0.0.1:{port}", now_s
        self.code = secrets.token_urlsafe(24)
        self._code_until_s = now_s() + CODE_S
        self._keys: dict[str, tuple[float, float]] = {}  # when it began, when it was seen
        self._rate = Bucket(now_s(), _AT_ONCE, _A_SECOND)

    def enter(self, code: object) -> str | None:
        """A key for the code; None where it is another one, too late, or was used."""
        now_s = self._now_s()
        is_right = isinstance(code, str) and secrets.compare_digest(code.encode(), self.code.encode())
        if not is_right or now_s > self._code_until_s or len(self._keys) >= _SESSIONS:
            return None
        self._code_until_s = float("-inf")
        key = secrets.token_urlsafe(24)
        self._keys[key] = (now_s, now_s)
        return key

    def is_empty(self) -> bool:
        """Whether nobody has looked for a while, and no code waits."""
        now_s = self._now_s()
        seen = [seen_s for began_s, seen_s in self._keys.values() if now_s - began_s < SESSION_S]
        return now_s > self._code_until_s and all(now_s - seen_s > QUIET_S for seen_s in seen)

    def refusal(self, method: str, sent: Mapping[str, str], *, is_public: bool) -> Refusal | None:
        """Why a request is refused; None where it may be answered.

        Args:
            method: Of the request.
            sent: Of `agent.web.guard.by_name`.
            is_public: Whether anybody may load this address.
        """
        now_s = self._now_s()
        if (found := guard.foreign(method, sent, (self._host,), "http", may_open=is_public)) is not None:
            return found
        if not self._rate.has_token(now_s):
            return Refusal(429, "too many requests")
        key = sent.get(KEY_HEADER, "")
        if is_public:
            return None
        if key not in self._keys or now_s - self._keys[key][0] > SESSION_S:
            return Refusal(401, "this page is no longer open; run 'wardbeat evidence open' again")
        self._keys[key] = (self._keys[key][0], now_s)
        return None

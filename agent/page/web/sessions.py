"""Who may come in: this user's program, by this address, from this page, with a key of this session.

    code     shown once, in a file of this user; good for 30 seconds and one use
    key      what the code is changed for; the page keeps it in memory and sends it as a header: no cookie, no query

What anybody may load (the shell, its style and scripts) holds nothing about the person.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.page.web.local_forms import LocalForms
from agent.web import guard
from agent.web.guard import Bucket, Refusal

CODE_S: Final = 30.0
SESSION_S: Final = 12 * 3600.0  # a shift; then the person opens the page again
QUIET_S: Final = 90.0  # a page that is open asks or listens; one that is gone does not
KEY_HEADER: Final = "x-wardbeat-key"
_SESSIONS: Final = 4
_CODES: Final = 8
_A_SECOND: Final = 100.0  # a page asks a few times a second at most
_AT_ONCE: Final = 200.0

HEADERS: Final = guard.headers()


@dataclass(slots=True)
class _Session:
    began_s: float
    seen_s: float
    forms: LocalForms
    listening: int = 0


class Sessions:
    """Codes, keys and rates.

    Args:
        port: Of our own socket on 127.0.0.1.
        now_s: A clock that never jumps.
    """

    def __init__(self, port: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._host, self._now_s = f"127.0.0.1:{port}", now_s
        self._codes: dict[str, float] = {}
        self._sessions: dict[str, _Session] = {}
        self._known, self._strangers = (Bucket(now_s(), _AT_ONCE, _A_SECOND) for _ in range(2))

    @property
    def origin(self) -> str:
        return f"http://{self._host}"

    # ---- codes and keys

    def code(self) -> str:
        """A new code; the oldest of too many goes."""
        self._codes = {one: until for one, until in self._codes.items() if until > self._now_s()}
        while len(self._codes) >= _CODES:
            del self._codes[next(iter(self._codes))]
        made = secrets.token_urlsafe(24)
        self._codes[made] = self._now_s() + CODE_S
        return made

    def enter(self, code: object, forms: LocalForms | None = None) -> str | None:
        """A session's key for a code, once; None for a code that is unknown, used or too old.

        Args:
            code: From the file that leads the browser in.
            forms: How the person's region writes dates and numbers.
        """
        until = self._codes.pop(code, 0.0) if isinstance(code, str) else 0.0
        if until <= self._now_s():
            return None
        self._drop_old()
        while len(self._sessions) >= _SESSIONS:
            del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].seen_s)]
        made = secrets.token_urlsafe(32)
        self._sessions[made] = _Session(self._now_s(), self._now_s(), forms or LocalForms())
        return made

    def leave(self, key: str) -> None:
        """End one session."""
        self._sessions.pop(key, None)

    def write_as(self, key: str, forms: LocalForms) -> None:
        """Another region for one session."""
        session = self._sessions.get(key)
        if session is not None:
            session.forms = forms

    def forms(self, key: str) -> LocalForms:
        """How the person of a session writes dates and numbers."""
        session = self._sessions.get(key)
        return LocalForms() if session is None else session.forms

    def listens(self, key: str, change: int) -> None:
        """A stream of this session begins (1) or ends (-1)."""
        session = self._sessions.get(key)
        if session is not None:
            session.listening += change
            session.seen_s = self._now_s()

    def is_empty(self) -> bool:
        """Whether there is no session, and no code that may still begin one."""
        self._drop_old()
        return not self._sessions and all(until <= self._now_s() for until in self._codes.values())

    def is_open(self, key: str) -> bool:
        """Whether a session is alive; asking keeps it so."""
        self._drop_old()
        session = next(
            (one for known, one in self._sessions.items() if secrets.compare_digest(known.encode(), key.encode())), None
        )
        if session is not None:
            session.seen_s = self._now_s()
        return session is not None

    def _drop_old(self) -> None:
        now_s = self._now_s()
        self._sessions = {
            key: one
            for key, one in self._sessions.items()
            if now_s - one.began_s < SESSION_S and (one.listening > 0 or now_s - one.seen_s < QUIET_S)
        }

    # ---- requests

    def refusal(self, method: str, path: str, headers: Mapping[str, str], *, is_public: bool) -> Refusal | None:
        """Why a request is refused; None where it is answered.

        Args:
            method, path: Of the request.
            headers: Lower-case names; of a name sent twice both values, joined by a comma.
            is_public: Whether what is asked for holds nothing about the person.
        """
        refused = guard.foreign(method, headers, (self._host,), "http", may_open=path == "/")
        if refused is not None:
            return refused
        key = headers.get(KEY_HEADER, "")
        is_known = bool(key) and self.is_open(key)
        # strangers have another bucket: what they are refused takes nothing from the person
        if not (self._known if is_known else self._strangers).has_token(self._now_s()):
            return Refusal(429, "too many requests")
        return None if is_public or is_known else Refusal(401, "no session")

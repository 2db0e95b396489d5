"""The care view without sockets: requests as the server hands them to it, with a certificate from the transport."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import QueryParams

from hub import site as hub_site
from hub.care.web.account import Accounts, account_routes
from hub.care.web.app import Answers, Site, make_app
from hub.care.web.desk import Desk
from hub.care.web.entry import Entry
from hub.care.web.handshake import PEER
from hub.care.web.noticed import Noticed
from hub.care.web.sessions import COOKIE, Sessions
from hub.store import Role, Store
from tests.support.care_site import ACTIONS, PAGES, Badge, CareSite

HOST = "127.0.0.1:8443"
TOKEN = 'name="token" value="'


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, list[str]]
    text: str

    @property
    def cookie(self) -> str:
        """The session that it gives; empty: none."""
        given = [one for one in self.headers.get("set-cookie", []) if one.startswith(f"{COOKIE}=")]
        return given[0].partition("=")[2].partition(";")[0] if given else ""

    @property
    def token(self) -> str:
        return self.text.partition(TOKEN)[2].partition('"')[0]


class Clock:
    """Ours to turn."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class Inside:
    """The view of a site."""

    def __init__(self, made: CareSite, pages=PAGES, actions=ACTIONS, *, at_once: float = 1e9, provider=None) -> None:
        self.site, self.clock, self.noticed = made, Clock(), Noticed()
        self.keys = hub_site.open_keys(made.folder)
        self.store = Store(made.folder, self.keys, Role.CARE)
        self.sessions = Sessions(self.clock)
        self.desk = Desk(self.keys, self.store, self.noticed, self.clock)
        rows = Site(pages, actions, Path(__file__).parent)
        answers = Answers(rows, self.desk, self.sessions, by_account=provider is not None)
        more = []
        if provider is not None:
            accounts = Accounts(provider, self.desk, self.sessions, self.noticed, self.clock)
            more = account_routes(accounts)
        opens = frozenset({"/", "/sign-in", *(route.path for route in more)})
        self.app = Entry(
            make_app(rows, answers, more), frozenset({HOST}), self.sessions, self.noticed, opens, self._fast
        )
        self._asked, self._at_once = 0, at_once

    def _fast(self) -> float:
        """A clock for buckets that fills them at each request, unless a test wants them empty."""
        self._asked += 1
        return self._asked * self._at_once if self._at_once > 1e3 else self.clock()

    def close(self) -> None:
        self.desk.close()
        self.store.close()
        self.keys.close()

    def __call__(
        self,
        method: str,
        path: str,
        badge: Badge | None = None,
        cookie: str = "",
        fields: dict[str, str] | None = None,
        body: bytes | None = None,
        more: tuple[tuple[str, str], ...] = (),
        drop: tuple[str, ...] = (),
    ) -> Answer:
        sent = {"host": HOST}
        if method == "POST":
            sent |= {"origin": f"https://{HOST}", "content-type": "application/x-www-form-urlencoded"}
            body = str(QueryParams(fields or {})).encode() if body is None else body
        if cookie:
            sent["cookie"] = f"{COOKIE}={cookie}"
        pairs = [(name, value) for name, value in sent.items() if name not in drop] + list(more)
        at, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": at, "raw_path": at.encode(), "query_string": query.encode(),
            "root_path": "", "scheme": "https", "server": ("127.0.0.1", 8443), "client": ("127.0.0.1", 5), "http_version": "1.1",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
            "state": {PEER: badge.der if badge else None},
        }  # fmt: skip
        return asyncio.run(self._asking(scope, body or b""))

    async def _asking(self, scope, body: bytes) -> Answer:
        said: list[dict] = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            said.append(message)

        await self.app(scope, receive, send)
        headers: dict[str, list[str]] = {}
        for name, value in said[0]["headers"]:
            headers.setdefault(name.decode(), []).append(value.decode())
        return Answer(said[0]["status"], headers, b"".join(one.get("body", b"") for one in said[1:]).decode())

    def signed_in(self, badge: Badge) -> str:
        """A session's cookie."""
        answer = self("POST", "/sign-in", badge)
        assert answer.status == 303, answer.text
        return answer.cookie


@contextlib.contextmanager
def inside(made: CareSite, *args, **named) -> Iterator[Inside]:
    view = Inside(made, *args, **named)
    try:
        yield view
    finally:
        view.close()

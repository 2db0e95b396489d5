"""The pages of the care view as a browser sees them, without sign-in: for looks at them, and for tests of what they show."""

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.routing import compile_path

from hub.care.pages import ACTIONS, PAGES
from hub.care.pages.frame import STATIC
from hub.care.rows import Made, Opened, TeamRole, Viewer
from tests.support.cared import NOW_UTC_S, CaredHub

KINDS = {".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"


def opened(
    hub: CaredHub, role: TeamRole = TeamRole.LEAD, name: str = "N. Example", now_utc_s: int = NOW_UTC_S
) -> Opened:
    """What a page works with."""
    hub.keys.refresh()
    return Opened(hub.keys, hub.store, Viewer(name, role), now_utc_s)


def made(hub: CaredHub, address: str, *args: Any, **named: Any) -> Made:
    """The page at an address, by its row."""
    parts = urlsplit(address)
    for row in PAGES:
        if found := compile_path(row.path)[0].match(parts.path):
            return row.make(opened(hub, *args, **named), {**dict(parse_qsl(parts.query)), **found.groupdict()})
    raise LookupError(address)


def sent(hub: CaredHub, address: str, *args: Any, fields: dict[str, str], **named: Any) -> str:
    """The address that a form leads to, by its row."""
    for row in ACTIONS:
        if found := compile_path(row.path)[0].match(address):
            return row.run(opened(hub, *args, **named), {**fields, **found.groupdict()})
    raise LookupError(address)


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, hub: CaredHub, role: TeamRole, *args: Any) -> None:
        self._hub, self._role = hub, role
        super().__init__(*args)

    def do_GET(self) -> None:
        if self.path.startswith("/static/"):
            file = STATIC / self.path.removeprefix("/static/")
            self._answer(200, KINDS[file.suffix], file.read_bytes())
            return
        try:
            page = made(self._hub, self.path, self._role)
        except LookupError:
            self._answer(404, "text/plain", b"")
            return
        self._answer(page.status, "text/html; charset=utf-8", page.html.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        to = sent(self._hub, self.path, self._role, fields=dict(parse_qsl(body)))
        self._hub.keys.refresh()
        self.send_response(303)
        self.send_header("location", to)
        self.end_headers()

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-security-policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving(hub: CaredHub, role: TeamRole = TeamRole.LEAD) -> Iterator[str]:
    """Its address on loopback."""
    with http.server.HTTPServer(("127.0.0.1", 0), functools.partial(_Handler, hub, role)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

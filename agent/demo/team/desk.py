"""A member of the team at the care view, without a browser: pages and forms over TLS with the member's certificate."""

import asyncio
import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from agent.errors import CheckFailed

_LIMIT_BYTES: Final = 16_000_000
_REDIRECTS_MOST: Final = 5
_WAIT_S: Final = 20.0


@dataclass(slots=True)
class Form:
    """One form of a page.

    Attributes:
        action: Where it is sent to.
        fields: Those that have a value, the session's token among them.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer.

    Attributes:
        path: It came from.
        status: Of HTTP.
        html: The document.
        to: Where it leads on; empty: nowhere.
    """

    path: str
    status: int
    html: str
    to: str = ""

    @property
    def forms(self) -> list[Form]:
        """Its forms, in order."""
        reader = _Forms()
        reader.feed(self.html)
        return reader.found

    def form(self, words: str) -> Form:
        """The first form whose address holds these words.

        Raises:
            CheckFailed: There is none.
        """
        for one in self.forms:
            if words in one.action:
                return one
        raise CheckFailed(f"{self.path} has no form for {words!r}", remedy="Run the demo again with --keep.")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form begins, or has a field."""
        named = dict(attrs)
        if tag == "form":
            self._inside = Form(named.get("action") or "")
            self.found.append(self._inside)
        elif tag in ("input", "button") and self._inside is not None and named.get("name"):
            self._inside.fields.setdefault(named["name"] or "", named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        """A form ends."""
        if tag == "form":
            self._inside = None


class Desk:
    """A signed-in browser, as far as a demo needs one.

    Args:
        port: Of the care view on this machine.
        ca: The file of the authority that its certificate must be from.
        certificate: File with the member's certificate and key.
    """

    def __init__(self, port: int, ca: str, certificate: str) -> None:
        self._port = port
        self._context = ssl.create_default_context(cafile=ca)
        self._context.load_cert_chain(certificate)
        self._cookies: dict[str, str] = {}
        self.bodies: list[str] = []
        """Every document that was read, for whoever looks for somebody in them."""

    @property
    def origin(self) -> str:
        """As a browser would send it."""
        return f"https://127.0.0.1:{self._port}"

    async def sign_in(self) -> None:
        """A session for the certificate.

        Raises:
            CheckFailed: It is refused.
        """
        await self.send((await self.get("/sign-in")).form("/sign-in"))

    async def get(self, path: str) -> Page:
        """One page, and what it leads on to.

        Raises:
            CheckFailed: It is refused.
        """
        return await self._led("GET", path, "")

    async def send(self, form: Form, **fields: str) -> Page:
        """Send a form with further fields; where it leads to.

        Raises:
            CheckFailed: It is refused.
        """
        body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in (form.fields | fields).items())
        return await self._led("POST", form.action, body)

    async def _led(self, method: str, path: str, body: str) -> Page:
        page = await self._once(method, path, body)
        for _ in range(_REDIRECTS_MOST):
            if not page.to:
                break
            page = await self._once("GET", page.to.removeprefix(self.origin), "")
        if page.status != 200:
            raise CheckFailed(f"the care view answers {page.status} for {page.path}", remedy="See its log with --keep.")
        self.bodies.append(page.html)
        return page

    async def _once(self, method: str, path: str, body: str) -> Page:
        async with asyncio.timeout(_WAIT_S):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._context, limit=_LIMIT_BYTES
            )
            try:
                writer.write(self._request(method, path, body).encode())
                await writer.drain()
                answer = await reader.read(-1)
            finally:
                writer.close()
        head, _, document = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        for name, value in headers:
            if name == "set-cookie":
                key, _, kept = value.partition(";")[0].partition("=")
                self._cookies[key] = kept
        to = next((value for name, value in headers if name == "location"), "")
        return Page(path, int(first.split(" ")[1]), document.decode("utf-8", "replace"), to)

    def _request(self, method: str, path: str, body: str) -> str:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", "Connection: close"]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items() if value))
        if method == "POST":
            lines += [
                f"Origin: {self.origin}",
                "Sec-Fetch-Site: same-origin",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
        return "\r\n".join([*lines, "", body])


def _quoted(text: str) -> str:
    """For a form: letters and digits as they are, every other byte as a percentage sign and its number.

    >>> _quoted("a b")
    'a%20b'
    """
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in text.encode())

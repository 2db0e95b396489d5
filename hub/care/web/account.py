"""Sign-in by an account: to the provider, and back. A sign-in is of one browser, lasts five minutes and works once."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.care.issuer import ProviderFailed
from hub.care.oidc import Begun, Provider
from hub.care.web import own_pages
from hub.care.web.desk import Denied, Desk
from hub.care.web.entry import asked_of
from hub.care.web.noticed import Noticed
from hub.care.web.sessions import Sessions, cookie_value, set_cookie
from hub.keys.staff import OIDC

BROWSER: Final = "__Host-wardbeat-begin"
BACK: Final = "/sign-in/back"
_LASTS_S: Final = 300.0
_MOST: Final = 1000
_AT_ONCE: Final = 4
_CODE: Final = re.compile(r"[\x21-\x7e]{1,2048}")


@dataclass(frozen=True, slots=True)
class _Open:
    begun: Begun
    browser: str
    until_s: float


class Accounts:
    """The sign-ins that are open.

    Args:
        provider: The site's.
        desk, sessions, noticed: As for every address.
        now_s: A clock that never jumps.
    """

    def __init__(
        self,
        provider: Provider,
        desk: Desk,
        sessions: Sessions,
        noticed: Noticed,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider, self._desk, self._sessions, self._noticed = provider, desk, sessions, noticed
        self._now_s, self._asking = now_s, 0
        self._open: dict[str, _Open] = {}

    async def begin(self, request: Request) -> Response:
        """To the provider."""
        begun, browser = Begun(), secrets.token_urlsafe(32)
        while len(self._open) >= _MOST:
            del self._open[next(iter(self._open))]
        self._open[begun.state] = _Open(begun, browser, self._now_s() + _LASTS_S)
        address = await self._waited(lambda: self._provider.address(begun, _back(request)))
        # not Strict: the provider's answer comes from another site
        cookie = f"{BROWSER}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={_LASTS_S:.0f}"
        return RedirectResponse(address, 303, {"set-cookie": cookie})

    async def back(self, request: Request) -> Response:
        """From the provider: an account becomes a session."""
        query = request.query_params
        opened = self._open.pop(query.get("state", ""), None)
        browser = cookie_value(request.headers.get("cookie", ""), BROWSER)
        if opened is None or opened.until_s < self._now_s() or not secrets.compare_digest(opened.browser, browser):
            raise self._refused("its state is unknown, used, too old, or of another browser")
        code = query.get("code", "")
        if "error" in query or not _CODE.fullmatch(code):
            raise self._refused("the provider gave no code")
        credential = await self._waited(lambda: self._provider.credential(opened.begun, code, _back(request)))
        member = await self._desk.run(self._desk.member, credential)
        value = self._sessions.begin(member.credential, OIDC, asked_of(request).cookie)
        answer = HTMLResponse(own_pages.onward())
        answer.headers.append("set-cookie", set_cookie(value))
        answer.headers.append("set-cookie", f"{BROWSER}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
        return answer

    async def _waited(self, work: Callable[[], str]) -> str:
        if self._asking >= _AT_ONCE:
            raise Denied(own_pages.BUSY)
        self._asking += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(None, work)
        except ProviderFailed as error:
            raise self._refused(str(error)) from error
        finally:
            self._asking -= 1

    def _refused(self, reason: str) -> Denied:
        self._noticed.refused(f"a sign-in by account: {reason}")
        return Denied(own_pages.ACCOUNT_REFUSED)


def _back(request: Request) -> str:
    """Our address for the provider; `Entry` let only a name of ours pass."""
    return f"https://{request.headers['host']}{BACK}"


def account_routes(accounts: Accounts) -> list[Route]:
    """The two addresses."""
    return [
        Route("/sign-in/account", accounts.begin, methods=["GET"]),
        Route(BACK, accounts.back, methods=["GET"]),
    ]

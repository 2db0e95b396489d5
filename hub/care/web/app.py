"""Addresses of the care view.

GET  /sign-in   POST /sign-in  /sign-out     a certificate becomes a session, and its end; ?page=PATH leads on
GET  /sign-in/account  /sign-in/back         the same by an account at the site's OpenID provider
GET  /static/*                               style and scripts, without anybody's data
GET  PAGES      POST ACTIONS                 rows of `hub.care.pages`
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, compile_path

from agent.web.body import TooLong, Unfinished, read_body
from hub.care.pages.words import ROLES
from hub.care.rows import CareAction, CarePage, TeamRole
from hub.care.web import own_pages
from hub.care.web.desk import Denied, Desk, Wanted
from hub.care.web.entry import asked_of
from hub.care.web.sessions import Sessions, set_cookie
from hub.keys.staff import CERTIFICATE

SIGN_IN: Final = "/sign-in"
LEFT: Final = "signed-out"  # a query of `SIGN_IN`: somebody has just signed out
PAGE: Final = "page"  # a query of `SIGN_IN`: the page that was wanted
TOKEN: Final = "token"  # noqa: S105 - the name of a field
_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS_MOST: Final = 50
_PLAIN: Final = re.compile(r"[\w./~-]{1,200}", re.ASCII)  # what may stand in an address that leads on
_POST_FORM: Final = re.compile(r'<form\b[^>]*\bmethod="?post\b[^>]*>', re.IGNORECASE)
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


@dataclass(frozen=True, slots=True)
class Site:
    """What the view is made of.

    Attributes:
        pages, actions: Rows.
        static: Folder of style and scripts.
    """

    pages: Sequence[CarePage]
    actions: Sequence[CareAction]
    static: Path


class Answers:
    """What each address answers.

    Args:
        site: Pages and forms.
        desk: Reads keys and database.
        sessions: Who is signed in.
        by_account: Whether the site has an OpenID provider.
    """

    def __init__(self, site: Site, desk: Desk, sessions: Sessions, *, by_account: bool) -> None:
        self._desk, self._sessions, self._by_account = desk, sessions, by_account
        self._paths = [compile_path(row.path)[0] for row in site.pages]
        files = site.static.iterdir() if site.static.is_dir() else ()
        self._files = {f"/static/{file.name}": file for file in files if file.suffix in _KINDS}

    def _wanted(self, request: Request) -> str:
        """The page that was wanted before the sign-in: an address of PAGES, else the first page."""
        path = request.query_params.get(PAGE, "/")
        return path if _PLAIN.fullmatch(path) and any(one.match(path) for one in self._paths) else "/"

    async def sign_in(self, request: Request) -> Response:
        """Who the certificate is of, and the button."""
        asked, to = asked_of(request), _to_sign_in(self._wanted(request))
        is_lapsed = bool(asked.cookie) and asked.session is None
        note = own_pages.LEFT if LEFT in request.query_params else own_pages.LAPSED if is_lapsed else ""
        try:
            member = await self._desk.run(self._desk.member, asked.fingerprint)
        except Denied as denied:
            status = 200 if self._by_account and not asked.fingerprint else denied.words.status
            return HTMLResponse(own_pages.sign_in("", "", denied.words, by_account=self._by_account, note=note), status)
        role = ROLES[TeamRole(member.role)]
        return HTMLResponse(own_pages.sign_in(member.name, role, None, by_account=self._by_account, note=note, to=to))

    async def begin(self, request: Request) -> Response:
        """A new session for a certificate."""
        asked = asked_of(request)
        member = await self._desk.run(self._desk.member, asked.fingerprint)
        value = self._sessions.begin(member.credential, CERTIFICATE, asked.cookie)
        return RedirectResponse(self._wanted(request), 303, {"set-cookie": set_cookie(value)})

    async def end(self, request: Request) -> Response:
        """Sign out."""
        asked = asked_of(request)
        if asked.session is not None:
            await self._fields(request)
        self._sessions.end(asked.cookie)
        return RedirectResponse(f"{SIGN_IN}?{LEFT}", 303, {"set-cookie": set_cookie("")})

    async def static(self, request: Request) -> Response:
        """A file of the table: there is no path to climb out of."""
        file = self._files.get(request.url.path)
        if file is None:
            return PlainTextResponse("no such file", 404)
        return Response(file.read_bytes(), media_type=_KINDS[file.suffix])

    def page(self, row: CarePage) -> Callable[[Request], Awaitable[Response]]:
        """What answers a row of PAGES."""

        async def answer(request: Request) -> Response:
            asked = asked_of(request)
            if asked.session is None:
                return RedirectResponse(_to_sign_in(request.url.path), 303)
            wanted = Wanted(asked.session.credential, _texts(request.path_params), _single(request.query_params))
            made = await self._desk.run(self._desk.page, row, wanted)
            return HTMLResponse(_with_token(made.html, asked.session.token), made.status)

        return answer

    def action(self, row: CareAction) -> Callable[[Request], Awaitable[Response]]:
        """What answers a row of ACTIONS."""

        async def answer(request: Request) -> Response:
            asked = asked_of(request)
            if asked.session is None:
                raise Denied(own_pages.SIGNED_OUT)
            fields = await self._fields(request)
            wanted = Wanted(asked.session.credential, _texts(request.path_params), fields)
            return RedirectResponse(await self._desk.run(self._desk.action, row, wanted), 303)

        return answer

    async def denied(self, request: Request, error: Exception) -> Response:
        """A refusal; whoever may no longer sign in is signed out everywhere."""
        words = error.words if isinstance(error, Denied) else own_pages.FAILED
        ends = {}
        if words in (own_pages.REVOKED, own_pages.ENDED, own_pages.UNKNOWN):
            asked = asked_of(request)
            for credential in {asked.fingerprint, asked.session.credential if asked.session else ""}:
                self._sessions.end_all(credential)
            ends = {"set-cookie": set_cookie("")}
        return HTMLResponse(own_pages.refusal(words), words.status, ends)

    async def _fields(self, request: Request) -> dict[str, str]:
        """The fields of a form of this session, without its token.

        Raises:
            Denied: It is of another, or not valid.
        """
        session = asked_of(request).session
        try:
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
                raise ValueError
            fields = _single(QueryParams((await read_body(request)).decode("ascii")))
        except (ValueError, TooLong, Unfinished) as error:
            raise Denied(own_pages.BAD_FORM) from error
        if session is None or not session.has(fields.pop(TOKEN, "")):
            raise Denied(own_pages.OTHER_FORM)
        return fields


def _to_sign_in(path: str) -> str:
    """The address of the sign-in that leads to a page."""
    return f"{SIGN_IN}?{PAGE}={path}" if path != "/" and _PLAIN.fullmatch(path) else SIGN_IN


def _single(params: QueryParams) -> dict[str, str]:
    items = params.multi_items()
    fields = dict(items)
    if len(fields) != len(items) or len(items) > _FIELDS_MOST:
        raise Denied(own_pages.BAD_FORM)
    return fields


def _texts(params: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def _with_token(html: str, token: str) -> str:
    """Every form that changes something carries the session's token; no page can forget it."""
    return _POST_FORM.sub(lambda found: f'{found[0]}<input type="hidden" name="{TOKEN}" value="{token}">', html)


async def _no_such(_: Request, __: Exception) -> Response:
    return HTMLResponse(own_pages.refusal(own_pages.NOT_FOUND), own_pages.NOT_FOUND.status)


def make_app(site: Site, answers: Answers, more: Sequence[Route] = ()) -> Starlette:
    """All addresses, to be put behind `hub.care.web.entry.Entry`.

    Args:
        site: Pages and forms.
        answers: What answers them.
        more: Addresses of the sign-in by account.
    """
    routes = [
        Route(SIGN_IN, answers.sign_in, methods=["GET"]),
        Route(SIGN_IN, answers.begin, methods=["POST"]),
        Route("/sign-out", answers.end, methods=["POST"]),
        Route("/static/{file}", answers.static, methods=["GET"]),
        *more,
        *(Route(row.path, answers.page(row), methods=["GET"]) for row in site.pages),
        *(Route(row.path, answers.action(row), methods=["POST"]) for row in site.actions),
    ]
    made = Starlette(routes=routes, exception_handlers={Denied: answers.denied, 404: _no_such, 405: _no_such})
    made.router.redirect_slashes = False  # a redirect would repeat the host that the client named
    return made

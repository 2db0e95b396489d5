"""What each address answers. All that holds something about the person wants a session's key (`sessions`).

GET  /  /static/*  /words.json    the shell: nothing about anybody
POST /enter  /leave               a code for a key; the end of a session
GET  /page/NAME                   a page's HTML, put into the shell
GET  /stream                      one JSON line a beat
POST /do/NAME                     what the person decides; the agent does it
GET  /proof  /found  /file/NAME   a long query over everything that is kept
POST /calendar/titles  /shifts    a file of the person's: what it holds, and the import
"""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.page.web import uploads
from agent.page.web.long_queries import LongQueries, joined
from agent.page.web.pages import Pages
from agent.page.web.pipe import Pipe, Refused
from agent.page.web.sessions import HEADERS, KEY_HEADER, Sessions
from agent.web.body import TooLong, Unfinished, read_body
from agent.web.guard import by_name

_STATIC: Final = Path(__file__).parent / "static"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES: Final = {
    "ledger.json": "application/json",
    "ledger.csv": "text/csv",
    "everything.json": "application/json",
    "everything.csv": "text/csv",
}


class Guard:
    """Refuses what has no session, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, sessions: Sessions, public: frozenset[str]) -> None:
        self._app, self._sessions, self._public = app, sessions, public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = by_name(scope["headers"])
        path = scope["path"]
        refused = self._sessions.refusal(scope["method"], path, headers, is_public=path in self._public)
        scope["key"] = headers.get(KEY_HEADER, "")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        if refused is not None:
            await PlainTextResponse(refused.reason, refused.status, {"connection": "close"})(
                scope, receive, with_headers
            )
            return
        await self._app(scope, receive, with_headers)


class _Answers:
    """What each address answers, with what it needs."""

    def __init__(self, sessions: Sessions, pipe: Pipe, hello: dict[str, Any]) -> None:
        self.sessions, self.pipe, self.hello = sessions, pipe, hello
        self.pages, self.queries = Pages(hello), LongQueries(hello, frozenset(_FILES))
        self.decisions = frozenset(hello["decisions"])
        self.files = {f"/static/{file.name}": file for file in _STATIC.iterdir() if file.suffix in _KINDS}

    async def shell(self, _: Request) -> Response:
        return Response(self.pages.shell(), media_type="text/html")

    async def static(self, request: Request) -> Response:
        file = self.files.get(request.url.path)  # a table, not a path: there is nothing to climb out of
        if file is None:
            return PlainTextResponse("no such file", 404)
        return Response(file.read_bytes(), media_type=_KINDS[file.suffix])

    async def words(self, _: Request) -> Response:
        return JSONResponse(self.pages.script_words())

    async def enter(self, request: Request) -> Response:
        key = self.sessions.enter((await _body(request)).get("code"))
        if key is None:
            return PlainTextResponse("this code is no longer valid", 403)
        place = await self.pipe.ask("place")
        return JSONResponse({"key": key, "page": "now" if place["strap"] or place["has_source"] else "first"})

    async def leave(self, request: Request) -> Response:
        self.sessions.leave(request.scope["key"])
        return JSONResponse({})

    async def page(self, request: Request) -> Response:
        name = request.path_params["name"]
        html = await self.pages.render(name, dict(request.query_params), self.pipe.ask, self.queries.json)
        return Response(html, media_type="text/html") if html else PlainTextResponse("no such page", 404)

    async def do(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.decisions:
            return PlainTextResponse("there is no such action", 404)
        self.pages.forget_weeks()  # what was erased or noted must not be shown as it was
        return JSONResponse(await self.pipe.ask(name, await _body(request)))

    async def stream(self, request: Request) -> Response:
        return StreamingResponse(self._lines(request.scope["key"]), media_type="application/x-ndjson")

    async def _lines(self, key: str) -> AsyncIterator[bytes]:
        queue = self.pipe.listen()
        self.sessions.listens(key, 1)
        try:
            yield json.dumps(await self.pipe.ask("now")).encode() + b"\n"
            while self.sessions.is_open(key):
                yield json.dumps(await queue.get()).encode() + b"\n"
        finally:
            self.sessions.listens(key, -1)
            self.pipe.forget(queue)

    async def proof(self, _: Request) -> Response:
        return Response(self.pages.fragment("proof", **await self.queries.json("proof")), media_type="text/html")

    async def found(self, request: Request) -> Response:
        typed = request.query_params.get("search", "")[:200]
        made = await self.queries.json("found", search=typed)
        return Response(self.pages.fragment("found", **made, typed=typed), media_type="text/html")

    async def titles(self, request: Request) -> Response:
        """A calendar's titles, for this screen alone."""
        asked, calendar = await uploads.split(request)
        made = await self.queries.json("titles", calendar, **asked)
        return Response(self.pages.fragment("titles", **made), media_type="text/html")

    async def shifts(self, request: Request) -> Response:
        """The import of a calendar, with the titles that the person ticked."""
        marked, calendar = await uploads.split(request)
        try:
            return JSONResponse(await self.queries.json("shifts", calendar, **marked))
        finally:
            self.pages.forget_weeks()

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return PlainTextResponse("no such file", 404)
        first, parts = await self.queries.begun(name)  # a refusal is said before the file begins
        return StreamingResponse(joined(first, parts), media_type=_FILES[name])


async def _body(request: Request) -> dict[str, Any]:
    """A small JSON object.

    Raises:
        Refused: It is none, it is too large, or it does not come to its end.
    """
    try:
        made = json.loads(await read_body(request) or b"{}")
    except TooLong:
        raise Refused("The request is too long.", "Send less at once.") from None
    except (ValueError, RecursionError, Unfinished):
        raise Refused("The form was not valid.", "Load the page again.") from None
    if not isinstance(made, dict) or not all(isinstance(name, str) for name in made):
        raise Refused("The form was not valid.", "Load the page again.")
    return made


async def _refused(_: Request, error: Exception) -> Response:
    remedy = error.remedy if isinstance(error, Refused) else ""
    return JSONResponse({"words": str(error), "remedy": remedy}, 409)


def make_app(sessions: Sessions, pipe: Pipe, hello: dict[str, Any]) -> ASGIApp:
    """The whole, behind its guard.

    Args:
        sessions: Who may come in.
        pipe: To the agent.
        hello: Profile and places, as the agent said them.
    """
    answers = _Answers(sessions, pipe, hello)
    get: Callable[..., Route] = partial(Route, methods=["GET"])
    post: Callable[..., Route] = partial(Route, methods=["POST"])
    routes = [
        get("/", answers.shell),
        get("/words.json", answers.words),
        get("/static/{file}", answers.static),
        post("/enter", answers.enter),
        post("/leave", answers.leave),
        get("/page/{name:path}", answers.page),
        get("/stream", answers.stream),
        post("/do/{name}", answers.do),
        get("/proof", answers.proof),
        get("/found", answers.found),
        post("/calendar/titles", answers.titles),
        post("/calendar/shifts", answers.shifts),
        get("/file/{name}", answers.file),
    ]
    public = frozenset({"/", "/words.json", "/enter", *answers.files})
    return Guard(Starlette(routes=routes, exception_handlers={Refused: _refused}), sessions, public)

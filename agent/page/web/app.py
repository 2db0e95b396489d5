"""What each address answers. All that holds something about the person wants a session's key (`sessions`).

GET  /  /static/*  /words.json    the shell: nothing about anybody
POST /enter  /leave               a code for a key; the end of a session
POST /language                    another language for this person's pages
GET  /page/NAME  /part/NAME       a page's HTML, put into the shell; what it adds later: the standing, one row
GET  /stream                      one JSON line a beat
POST /do/NAME                     what the person decides; the agent does it
GET  /proof  /found  /file/NAME   a long query over everything that is kept
POST /calendar/titles  /shifts    a file of the person's: what it holds, and the import
"""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.page.web import local_forms, sharing_page, static_files, uploads
from agent.page.web.catalogue import LANGUAGES, chosen
from agent.page.web.local import Local
from agent.page.web.long_queries import LongQueries, joined
from agent.page.web.pages import Pages
from agent.page.web.pipe import Pipe, Refused
from agent.page.web.sessions import HEADERS, KEY_HEADER, Sessions
from agent.web.body import TooLong, Unfinished, read_body
from agent.web.guard import by_name

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
        self.files = static_files.files()

    def local(self, request: Request) -> Local:
        """The language that the person chose, else the browser's, with the region of their session."""
        language = self.hello["language"] or chosen(request.headers.get("accept-language", ""))
        return self.pages.local(language, self.sessions.forms(request.scope["key"]))

    async def shell(self, request: Request) -> Response:
        return Response(self.pages.shell(self.local(request)), media_type="text/html")

    async def static(self, request: Request) -> Response:
        address = request.url.path
        if address not in self.files:
            return PlainTextResponse("no such file", 404)
        text = b"\n".join(file.read_bytes() for file in self.files[address])
        return Response(text, media_type=static_files.kind(address))

    async def words(self, request: Request) -> Response:
        return JSONResponse(self.local(request).script_words())

    async def enter(self, request: Request) -> Response:
        asked = await _body(request)
        key = self.sessions.enter(asked.get("code"), local_forms.from_browser(asked.get("forms")))
        if key is None:
            return PlainTextResponse("this code is no longer valid", 403)
        place = await self.pipe.ask("place")
        return JSONResponse({"key": key, "page": "today" if place["strap"] or place["has_source"] else "first"})

    async def language(self, request: Request) -> Response:
        asked = await _body(request)
        language = asked.get("language")
        if language not in LANGUAGES:
            raise Refused("The page is not written in this language.", "Choose one from the list.")
        self.sessions.write_as(request.scope["key"], local_forms.from_browser(asked.get("forms")))
        await self.pipe.ask("language", {"language": language})
        self.hello["language"] = language
        return JSONResponse({})

    async def leave(self, request: Request) -> Response:
        self.sessions.leave(request.scope["key"])
        return JSONResponse({})

    async def page(self, request: Request) -> Response:
        name = request.path_params["name"]
        query, local = dict(request.query_params), self.local(request)
        html = await self.pages.render(name, query, self.pipe.ask, self.queries.json, local)
        return self.looked(html) if html else PlainTextResponse("no such page", 404)

    async def standing(self, request: Request) -> Response:
        html = await self.pages.standing(self.pipe.ask, self.queries.json, self.local(request))
        return self.looked(html)

    def looked(self, html: str) -> Response:
        """A page, or the part that waits for the reader; the next reader is started behind it."""
        return Response(html, media_type="text/html", background=BackgroundTask(self.queries.stand_by))

    async def do(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.decisions:
            return PlainTextResponse("there is no such action", 404)
        self.pages.forget_weeks()  # what was erased or noted must not be shown as it was
        answer = await self.pipe.ask(name, await _body(request))
        local = self.local(request)
        if "words" in answer:
            answer["words"] = local.said(answer["words"])
        for name in ("lines", "help"):
            if name in answer:
                answer[name] = [local.said(line) for line in answer[name]]
        return JSONResponse(answer)

    async def stream(self, request: Request) -> Response:
        return StreamingResponse(self._lines(request), media_type="application/x-ndjson")

    async def _lines(self, request: Request) -> AsyncIterator[bytes]:
        def line(push: dict[str, Any]) -> bytes:
            states = self.local(request).states(push["states"])  # the language may change while the stream is open
            return json.dumps(push | {"states": states}).encode() + b"\n"

        key, queue = request.scope["key"], self.pipe.listen()
        self.sessions.listens(key, 1)
        try:
            yield line(await self.pipe.ask("now"))
            while self.sessions.is_open(key):
                yield line(await queue.get())
        finally:
            self.sessions.listens(key, -1)
            self.pipe.forget(queue)

    async def proof(self, request: Request) -> Response:
        made = await self.queries.json("proof")
        local = self.local(request)
        said: dict[str, Any] = {name: local.said(made[name]) for name in ("how_far", "broken") if name in made}
        said["breaks"] = [local.said(words) for words in made.get("breaks", ())]
        return Response(self.pages.fragment("proof", local, **made | said), media_type="text/html")

    async def found(self, request: Request) -> Response:
        typed, local = request.query_params.get("search", "")[:200], self.local(request)
        made = await self.queries.json("found", search=typed, **sharing_page.searched(typed, local))
        shown = made | {"runs": [sharing_page.runs([row], local)[0] for row in made["rows"]]}
        return Response(self.pages.fragment("found", local, **shown, typed=typed), media_type="text/html")

    async def row(self, request: Request) -> Response:
        idx, local = request.query_params.get("idx", ""), self.local(request)
        made = await self.pipe.ask("row", {"idx": int(idx) if idx.isdecimal() and len(idx) < 16 else 0})
        return Response(self.pages.fragment("row", local, **sharing_page.details(made, local)), media_type="text/html")

    async def titles(self, request: Request) -> Response:
        """A calendar's titles, for this screen alone."""
        asked, calendar = await uploads.split(request)
        made = await self.queries.json("titles", calendar, **asked)
        return Response(self.pages.fragment("titles", self.local(request), **made), media_type="text/html")

    async def shifts(self, request: Request) -> Response:
        """The import of a calendar, with the titles that the person ticked."""
        marked, calendar = await uploads.split(request)
        try:
            made = await self.queries.json("shifts", calendar, **marked)
            return JSONResponse(made | {"words": self.local(request).said(made["words"])})
        finally:
            self.pages.forget_weeks()

    async def refused(self, request: Request, error: Exception) -> Response:
        local, remedy = self.local(request), error.remedy if isinstance(error, Refused) else ""
        return JSONResponse({"words": local.said(str(error)), "remedy": local.said(remedy)}, 409)

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
        post("/language", answers.language),
        get("/part/standing", answers.standing),
        get("/part/row", answers.row),
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
    return Guard(Starlette(routes=routes, exception_handlers={Refused: answers.refused}), sessions, public)

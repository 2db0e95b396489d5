"""What each address of the evidence page answers; all but the shell wants a session's key.

GET  /  /static/*      the shell, its style and scripts: no word of a question or an answer
POST /enter  /here     a code for a key; the page is still open
POST /ask              an answer or a refusal
POST /saved            the same as the text of a file
GET  /passage/ID       a passage with its paper
POST /feedback         "useful" or "wrong", kept on this machine
"""

import json
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import WardbeatError
from agent.system import host
from agent.web.body import TooLong, Unfinished, read_body
from agent.web.guard import by_name
from copilot import scope, shown
from copilot.answer import DISCLAIMER, answer
from copilot.library import Library
from copilot.pages import feedback
from copilot.pages.sessions import HEADERS, Sessions

STATIC: Final = Path(__file__).parent / "static"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html"}
_ASKED_MOST: Final = 4 * scope.LONGEST
_NAME_MOST: Final = 120


class WrongForm(Exception):
    """A request that the page does not send."""


class Guard:
    """Refuses what has no session, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app, self._sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        is_public = path in ("/", "/enter") or path.startswith("/static/")
        refused = self._sessions.refusal(scope["method"], by_name(scope["headers"]), is_public=is_public)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        if refused is not None:
            made = JSONResponse({"words": refused.reason}, refused.status, {"connection": "close"})
            await made(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


class _Answers:
    def __init__(self, sessions: Sessions, library: Library, state: Path) -> None:
        self._sessions, self._library, self._state = sessions, library, state

    async def shell(self, _: Request) -> Response:
        return Response((STATIC / "index.html").read_bytes(), media_type="text/html")

    async def static(self, request: Request) -> Response:
        file = STATIC / request.path_params["file"]
        if file.parent != STATIC or file.suffix not in _KINDS or not file.is_file():
            return PlainTextResponse("no such file", 404)
        return Response(file.read_bytes(), media_type=_KINDS[file.suffix])

    async def enter(self, request: Request) -> Response:
        key = self._sessions.enter((await _asked(request)).get("code"))
        if key is None:
            return JSONResponse({"words": "This code is no longer valid: run 'wardbeat evidence open' again."}, 403)
        count = len(self._library.papers)
        return JSONResponse({"key": key, "papers": count, "disclaimer": DISCLAIMER, "longest": scope.LONGEST})

    async def here(self, _: Request) -> Response:
        return JSONResponse({})

    async def ask(self, request: Request) -> Response:
        question = _text(await _asked(request), "question", _ASKED_MOST)
        return JSONResponse(shown.as_json(answer(self._library, question), with_own=True))

    async def saved(self, request: Request) -> Response:
        question = _text(await _asked(request), "question", _ASKED_MOST)
        today = host.local_time(time.time()).date().isoformat()
        return JSONResponse({"text": shown.saved(answer(self._library, question), today)})

    async def passage(self, request: Request) -> Response:
        stored = self._library.index.passage(request.path_params["name"][:_NAME_MOST])
        if stored is None or self._library.fault(stored):
            return JSONResponse({"words": "There is no such passage, or it was changed."}, 404)
        paper = self._library.papers[stored.paper_id]
        passage = stored.passage
        return JSONResponse(
            {
                "text": passage.text,
                "section": passage.section,
                "citation": shown.citation(paper),
                "facts": shown.facts(paper),
                "licence": paper.licence,
                "edits": paper.edits,
            }
        )

    async def feedback(self, request: Request) -> Response:
        asked = await _asked(request)
        passage, verdict = _text(asked, "passage", _NAME_MOST), asked.get("verdict")
        if verdict not in feedback.VERDICTS or self._library.index.passage(passage) is None:
            raise WrongForm
        feedback.keep(self._state, _text(asked, "question", _ASKED_MOST), passage, verdict)
        return JSONResponse({"words": "Kept on this machine."})


async def _asked(request: Request) -> dict[str, Any]:
    try:
        made = json.loads(await read_body(request) or b"{}")
    except (TooLong, Unfinished, ValueError, RecursionError) as error:
        raise WrongForm from error
    if not isinstance(made, dict):
        raise WrongForm
    return made


def _text(asked: dict[str, Any], name: str, most: int) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or len(value) > most:
        raise WrongForm
    return value


async def _wrong_form(_: Request, __: Exception) -> Response:
    return JSONResponse({"words": "This was not understood. Load the page again."}, 400)


async def _failed(_: Request, error: Exception) -> Response:
    remedy = error.remedy if isinstance(error, WardbeatError) else ""
    return JSONResponse({"words": f"{error}.", "remedy": remedy}, 409)


def make_app(sessions: Sessions, library: Library, state: Path) -> ASGIApp:
    """The whole, behind its guard.

    Args:
        sessions: Who may come in.
        library: What is asked.
        state: Where feedback is kept.
    """
    answers = _Answers(sessions, library, state)
    get, post = partial(Route, methods=["GET"]), partial(Route, methods=["POST"])
    routes = [
        get("/", answers.shell),
        get("/static/{file}", answers.static),
        post("/enter", answers.enter),
        post("/here", answers.here),
        post("/ask", answers.ask),
        post("/saved", answers.saved),
        get("/passage/{name}", answers.passage),
        post("/feedback", answers.feedback),
    ]
    return Guard(
        Starlette(routes=routes, exception_handlers={WrongForm: _wrong_form, WardbeatError: _failed}), sessions
    )

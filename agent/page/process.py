"""The page's process from the agent's side: started when the person opens the page, gone when nobody looks any more.

    wardbeat open ──control──▶ opened() ──▶ a file that only this user can read ──▶ the browser
    keep    reads what the page asks and answers at once      slow    what takes seconds: a strap, a PIN
    live    pushes each beat within a blink, while a page listens

Nothing of it is imported before the first page, and the web's libraries never are, here.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import shutil
import sys
from typing import Any, Final

from agent import __version__
from agent.errors import Missing, OutboxBroken, WardbeatError
from agent.features import FEATURES
from agent.model import NS_PER_S
from agent.outbox import page_language
from agent.privacy.consent import CARE
from agent.session import live_view
from agent.session.session import Session
from agent.sources import SOURCES
from agent.system import child, host
from agent.system.budget import Pace
from agent.tables import team
from agent.tables.days import DAYS
from agent.tables.signals import SIGNALS

log = logging.getLogger(__name__)

# without places in lines, which only a traceback would show: 1.3 MB
COMMAND: Final = (sys.executable, "-P", "-X", "no_debug_ranges", "-m", "agent.page.web.serve")
FILE: Final = "open.html"
_LINE_MOST: Final = 2**18  # an answer to enroll with is 60,000 bytes at most
_START_S: Final = 9.0  # the command waits for ten
_SAY_AGAIN_S: Final = 1.0  # states change without a beat, too
_TOGETHER_S: Final = 0.03  # beats of one packet travel together
_TOLD_AGAIN_NS: Final = 15 * NS_PER_S
_FILE_S: Final = 30.0
_ASKED_S: Final = 2.0
_LINES: Final = (200.0, 200.0, 0.25)  # a second, at once, of the loop's time: the page itself lets 100 a second in
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{20,60}")
_LOCK_S: Final = 5.0  # how often the session's lock is asked for, while a page is open


class PageProcess:
    """At most one process; made with the session, started by `opened`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._process: asyncio.subprocess.Process | None = None
        self._wanted, self._began = asyncio.Event(), asyncio.Event()
        self._watched = asyncio.Event()
        self._slow: asyncio.Queue[tuple[asyncio.subprocess.Process, dict[str, Any]]] = asyncio.Queue(8)
        self._codes: asyncio.Queue[dict[str, Any]] = asyncio.Queue(8)
        self._opening = asyncio.Lock()
        self._goes: asyncio.TimerHandle | None = None

    async def opened(self) -> str:
        """Make sure that the process runs, and ask for a code; the path of the file that leads the browser in.

        Raises:
            Missing: The page's parts are not here, or did not start.
        """
        async with self._opening:
            self._wanted.set()
            try:
                async with asyncio.timeout(_START_S):
                    await self._began.wait()
                    while not self._codes.empty():
                        self._codes.get_nowait()
                    self._say({"open": True})
                    made = await self._codes.get()
            except TimeoutError:
                self._end()  # one that hangs is not asked again
                raise Missing(
                    "the page did not start",
                    remedy="Try again. If that does not help, reinstall with pip install 'wardbeat'.",
                ) from None
            file = self._session.folder / FILE
            host.write_private(file, _leads_in(int(made["port"]), str(made["code"])).encode())
            if self._goes is not None:
                self._goes.cancel()
            self._goes = asyncio.get_running_loop().call_later(_FILE_S, _gone, file)
            return str(file)

    # ---- tasks of the pipeline

    async def keep(self) -> None:
        """Run the process whenever it is wanted; answer what it asks."""
        while True:
            await self._wanted.wait()
            try:
                process = await asyncio.create_subprocess_exec(
                    *COMMAND,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    limit=_LINE_MOST,
                )
            except OSError:  # no process to be had now: the page is not worth the agent
                log.warning("the page process could not be started")
                self._wanted.clear()
                continue
            self._process = process
            try:
                self._say(_hello(self._session))
                pace = Pace(*_LINES)  # a flood of lines must not hold up the beats: its pipe fills, and the page waits
                if process.stdout is not None:
                    while self._process is process and (line := await process.stdout.readline()):
                        pace.begin()
                        await self._heard(process, json.loads(line))
                        await pace.rest()
            except (ValueError, KeyError, TypeError, RecursionError):  # no word of ours: that is not our page
                log.warning("the page process sent invalid data and was stopped")
            finally:
                if self._process is process:  # else it was ended, and another may be wanted already
                    self._forget()
                await child.end(process)

    async def slow(self) -> None:
        """Answer what takes seconds, one after the other."""
        while True:
            await self._answer(*await self._slow.get())

    async def live(self) -> None:
        """Push what is new, while a page listens."""
        from_ns, looked_s = 0, 0.0
        while True:
            await self._watched.wait()
            now_s = asyncio.get_running_loop().time()
            if now_s - looked_s > _LOCK_S:
                looked_s = now_s
                if await _is_locked():
                    self._end()
                    continue
            self._session.changed.clear()
            self._say({"push": live_view.now(self._session, from_ns)})
            from_ns = self._session.clock.now_ns() - _TOLD_AGAIN_NS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SAY_AGAIN_S):
                    await self._session.changed.wait()
                await asyncio.sleep(_TOGETHER_S)

    def _end(self) -> None:
        """Nobody is to look any more, and what it still wrote is not read."""
        process = self._process
        self._forget()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def _forget(self) -> None:
        self._began.clear()
        self._watched.clear()
        self._wanted.clear()
        self._process = None

    # ---- lines

    async def _heard(self, process: asyncio.subprocess.Process, line: Any) -> None:
        """One line.

        Raises:
            ValueError, KeyError, TypeError: It is none of ours.
        """
        if "code" in line:
            with contextlib.suppress(asyncio.QueueFull):
                port, code = int(line["port"]), str(line["code"])
                if not (0 < port < 65536 and _CODE.fullmatch(code)):
                    raise ValueError
                self._codes.put_nowait({"port": port, "code": code})
        elif "ready" in line:
            self._began.set()
        elif "watch" in line:
            (self._watched.set if line["watch"] else self._watched.clear)()
        else:
            from agent.page import queries

            asked = {"id": int(line["id"]), "ask": line["ask"], "with": line["with"]}
            question = queries.QUESTIONS.get(asked["ask"]) if isinstance(asked["ask"], str) else None
            if question is None or not question.is_slow:
                await self._answer(process, asked)
            elif self._slow.full():
                self._refuse(process, asked["id"], "Too many requests at once.", "Wait a moment.")
            else:
                self._slow.put_nowait((process, asked))

    async def _answer(self, process: asyncio.subprocess.Process, asked: dict[str, Any]) -> None:
        """Answer that process, and no later one."""
        from agent.page import queries

        try:
            answer = await queries.answered(self._session, asked["ask"], asked["with"])
            if process is self._process:
                self._say({"id": asked["id"], "answer": answer})
        except OutboxBroken as broken:  # the way out fails shut
            self._session.end_with(broken)
        except WardbeatError as error:
            self._refuse(process, asked["id"], str(error), error.remedy)
        except Exception as error:  # one question must not end what measures and seals
            log.warning("a request from the page failed: %s", type(error).__name__)
            self._refuse(process, asked["id"], "That did not work.", "Load the page again.")

    def _refuse(self, process: asyncio.subprocess.Process, number: int, words: str, remedy: str) -> None:
        if process is self._process:
            self._say({"id": number, "refused": {"words": words, "remedy": remedy}})

    def _say(self, line: dict[str, Any]) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            if process.stdin.transport.get_write_buffer_size() > _LINE_MOST:
                return  # a page that does not read holds nobody up
            process.stdin.write(json.dumps(line).encode() + b"\n")


async def _is_locked() -> bool:
    """Whether the person's session is locked, where the system tells (logind): then nobody sees the page.

    An agent that runs as a user service has no session of its own: "auto" is the user's one with a display.
    """
    asks = shutil.which("loginctl")
    if asks is None:
        return False
    words = (asks, "show-session", os.environ.get("XDG_SESSION_ID") or "auto", "--property=LockedHint", "--value")
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_ASKED_S):
            said, _ = await process.communicate()
    except TimeoutError:
        await child.end(process)
        return False
    return said.strip() == b"yes"


def _gone(file: Any) -> None:
    file.unlink(missing_ok=True)


def _leads_in(port: int, code: str) -> str:
    """A page that only leads on: the code stands behind the hash, which no browser sends anywhere."""
    return (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Wardbeat</title>'
        f'<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/#{code}">'
        "<p>Your page opens. If not, run <code>wardbeat open</code> again: this file works for 30 seconds.</p>"
    )


def _hello(session: Session) -> dict[str, Any]:
    from agent.page import queries

    return {
        "version": __version__,
        "state_dir": str(session.folder),
        "key_store": session.settings.key_store,
        "usual_hours": [session.settings.days.usual_from_h, session.settings.days.usual_until_h],
        "sources": sorted(session.settings.sources),
        "profile": session.profile.as_json(),
        "language": page_language.chosen(session.outbox),
        "decisions": [name for name, question in queries.QUESTIONS.items() if question.decides],
        "names": {f"part.source.{row.name}": row.title for row in SOURCES.values()}
        | {f"signal.{row.name}": row.words for row in SIGNALS.values()}
        | {f"number.{row.name}": row.words for row in FEATURES.values()}
        | {f"number.{row.name}": row.title for row in DAYS.values()}
        | (team.names() if CARE in session.profile.purposes else {}),
    }

"""The page's server: loopback alone, a port that the system chooses, gone when nobody looks any more."""

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from agent.system import host
from agent.web.protocol import OwnProtocol, server_config
from copilot.library import Library
from copilot.pages.app import make_app
from copilot.pages.sessions import CODE_S, Sessions

FILE: Final = "evidence-open.html"
_LOOK_S: Final = 5.0


def serve(library: Library, state: Path, opened: Callable[[Path], object]) -> None:
    """Serve until nobody looks, or the person ends it.

    Args:
        library: What is asked.
        state: The state folder; the file that leads the browser in is written there.
        opened: Called with that file, once the page answers.

    Raises:
        StorageFull: The file cannot be written.
    """
    asyncio.run(_served(library, state, opened))


async def _served(library: Library, state: Path, opened: Callable[[Path], object]) -> None:
    file = state / FILE
    with socket.socket() as ours:
        if sys.platform == "win32":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        ours.bind(("127.0.0.1", 0))
        port = ours.getsockname()[1]
        sessions = Sessions(port)
        server = uvicorn.Server(server_config(make_app(sessions, library, state), OwnProtocol))
        loop = asyncio.get_running_loop()

        def look() -> None:
            if sessions.is_empty():
                server.should_exit = True
            loop.call_later(_LOOK_S, look)

        ours.listen()
        host.write_private(file, _leads_in(port, sessions.code).encode())
        loop.call_later(CODE_S, lambda: file.unlink(missing_ok=True))
        loop.call_later(_LOOK_S, look)
        opened(file)
        try:
            await server.serve(sockets=[ours])
            await asyncio.sleep(0)  # Ctrl+C, which the server hands on when it has ended, is taken here
        finally:
            file.unlink(missing_ok=True)


def _leads_in(port: int, code: str) -> str:
    """A page that only leads on: the code stands behind the hash, which no browser sends anywhere."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<title>Wardbeat</title><meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/#{code}">'
        "<p>The page opens. If not, run <code>wardbeat evidence open</code> again: this file works for 30 seconds.</p>"
    )

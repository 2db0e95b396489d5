"""The page's process: loopback alone, a port that the system chooses, gone with the agent or when nobody looks.

stdin: what the agent says; its end is the order to go       stdout: what the page asks
"""

import asyncio
import json
import os
import socket
import sys
from typing import Any, BinaryIO, Final

import uvicorn

from agent.page.web.app import make_app
from agent.page.web.pipe import Pipe
from agent.page.web.sessions import Sessions
from agent.system import host
from agent.web.protocol import OwnProtocol, server_config

_LOOK_S: Final = 5.0


async def serve(reads: BinaryIO, writes: BinaryIO) -> None:
    """Serve until the agent goes, or nobody looks any more."""
    hello: dict[str, Any] = json.loads(reads.readline())
    with socket.socket() as ours:
        if sys.platform == "win32":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        ours.bind(("127.0.0.1", 0))
        sessions = Sessions(int(ours.getsockname()[1]))

        def gone() -> None:
            server.should_exit = server.force_exit = True

        loop = asyncio.get_running_loop()
        pipe = Pipe(reads, writes, loop, gone)
        server = uvicorn.Server(server_config(make_app(sessions, pipe, hello), OwnProtocol))

        def look() -> None:
            if sessions.is_empty():
                gone()
            loop.call_later(_LOOK_S, look)

        pipe.on_open = lambda: {"code": sessions.code(), "port": ours.getsockname()[1]}
        pipe.say({"ready": True})
        loop.call_later(_LOOK_S + 30.0, look)  # the first code is on its way
        await server.serve(sockets=[ours])


def main() -> int:
    """Be the process, to its end."""
    host.no_core_dumps()
    writes = host.only_way_out()
    try:
        asyncio.run(serve(sys.stdin.buffer, writes))
    except BrokenPipeError:
        pass  # the agent is gone
    finally:
        os._exit(0)  # the thread that reads the pipe may wait for ever


if __name__ == "__main__":
    sys.exit(main())

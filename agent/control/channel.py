"""How the command line reaches the running agent: one JSON line each way over a socket of this user alone (Windows: a
named pipe).
"""

import asyncio
import json
import socket
import struct
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from agent.control import pipe
from agent.control.callers import LINE_MOST, TIMEOUT_S, Callers, Command, Handler, Reply, busy, exchanged, nobody
from agent.errors import AgentBusy, WrongUse
from agent.system import host

__all__ = ("PATH_MOST", "SOCKET", "Command", "Handler", "Reply", "ask", "serve")

SOCKET: Final = "control.sock"
PATH_MOST: Final = 100  # sun_path holds 108 on Linux, 104 on macOS
_BACKLOG: Final = 8


async def serve(folder: Path, handle: Handler) -> None:
    """Answer commands until cancelled.

    Raises:
        WrongUse: The folder's path is too long for a socket.
    """
    if sys.platform == "win32":
        await pipe.serve(folder, handle, pipe.of_system())
        return
    path = folder / SOCKET
    if len(str(path)) > PATH_MOST:
        raise WrongUse(f"the path of {path} is too long for a socket", remedy="Choose a shorter state_dir.")

    callers = Callers(handle, _is_us)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(callers.answer, path=path, limit=LINE_MOST, backlog=_BACKLOG)
    path.chmod(0o600)
    try:
        async with server:
            await server.serve_forever()
    finally:
        path.unlink(missing_ok=True)


def _is_us(writer: asyncio.StreamWriter) -> bool:
    peer: socket.socket = writer.get_extra_info("socket")
    return host.peer_is_us(peer)


def ask(folder: Path, command: Command, timeout_s: float = TIMEOUT_S) -> Reply:
    """Send one command to the running agent.

    Args:
        folder: The state folder.
        command: What is asked.
        timeout_s: For connecting, sending and the whole answer together.

    Raises:
        NotRunning: Nobody listens on this state folder.
        AgentBusy: An agent runs, and gave no whole answer in time. Its files must not be touched.
    """
    line = _answer_line(folder, command, timeout_s)
    try:
        reply = Reply(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise busy("gave an answer that cannot be read") from error
    if reply.is_busy:
        raise AgentBusy(reply.words, remedy=reply.remedy)
    return reply


def _answer_line(folder: Path, command: Command, timeout_s: float) -> bytes:
    line = json.dumps(asdict(command)).encode() + b"\n"
    if sys.platform == "win32":
        return pipe.answer_line(folder, line, timeout_s, pipe.of_system())
    until_s = time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            _call(connection, folder / SOCKET, timeout_s)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise nobody() from error
        except OSError as error:  # its queue of callers is full, or it took too long
            raise busy(f"took no call within {timeout_s:g} s") from error

        def send(data: bytes, left_s: float) -> None:
            connection.settimeout(left_s)
            connection.sendall(data)

        def receive(left_s: float) -> bytes:
            connection.settimeout(left_s)
            return connection.recv(LINE_MOST)

        return exchanged(line, send, receive, until_s, timeout_s)


def _call(connection: socket.socket, path: Path, timeout_s: float) -> None:
    """Connect, and wait for a place in a full queue of callers.

    A socket with a Python timeout does not wait there: its connect fails at once (EAGAIN, connect(2)). The
    kernel's own time limit for sending does, and serves those who wait in the order in which they came.
    """
    whole_s = int(timeout_s)
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", whole_s, int((timeout_s - whole_s) * 1e6) + 1)
    )
    connection.settimeout(None)
    connection.connect(str(path))

"""How the command line reaches the running agent: one JSON line each way over a socket of this user alone."""

import asyncio
import json
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from agent.errors import NotRunning, WardbeatError, WrongUse
from agent.system import host

log = logging.getLogger(__name__)

SOCKET: Final = "control.sock"
_MOST_BYTES: Final = 65_536
_PATH_MOST: Final = 100  # sun_path holds 108 on Linux, 104 on macOS
_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked: a name of `pipeline`'s table, and its argument as text."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered.

    Attributes:
        exit_code: 0, or the error's.
        words: For people.
        remedy: With an error.
        body: JSON, for machines.
    """

    exit_code: int = 0
    words: str = ""
    remedy: str = ""
    body: str = ""


Handler = Callable[[Command], Awaitable[Reply]]


async def serve(folder: Path, handle: Handler) -> None:
    """Answer commands until cancelled.

    Raises:
        WrongUse: The folder's path is too long for a socket.
    """
    if sys.platform == "win32":
        # A named pipe with an explicit ACL comes with the Windows package; no commands until then.
        await asyncio.Event().wait()
        return
    path = folder / SOCKET
    if len(str(path)) > _PATH_MOST:
        raise WrongUse(f"the path of {path} is too long for a socket", remedy="Choose a shorter state_dir.")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer: socket.socket = writer.get_extra_info("socket")
            if host.peer_is_us(peer):
                writer.write(json.dumps(asdict(await _answer(reader, handle))).encode() + b"\n")
                await writer.drain()
            else:
                log.warning("another user's process connected to the control socket; it was refused")
        except OSError:
            log.debug("the caller of a command disconnected before its answer")
        finally:
            writer.close()

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, path=path, limit=_MOST_BYTES)
    path.chmod(0o600)
    try:
        async with server:
            await server.serve_forever()
    finally:
        path.unlink(missing_ok=True)


async def _answer(reader: asyncio.StreamReader, handle: Handler) -> Reply:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            line = await reader.readline()
        said = json.loads(line)
        command = Command(said["name"], said.get("argument", ""))
        if not isinstance(command.name, str) or not isinstance(command.argument, str):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, TimeoutError):
        return Reply(WrongUse.exit_code, "this is not a command")
    try:
        return await handle(command)
    except WardbeatError as error:
        return Reply(error.exit_code, str(error), error.remedy)


def ask(folder: Path, command: Command) -> Reply:
    """Send one command to the running agent.

    Raises:
        NotRunning: No agent answers on this state folder.
    """
    nobody = NotRunning("no agent is running with this state folder", remedy="Start it with 'wardbeat run'.")
    if sys.platform == "win32":
        raise nobody
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(folder / SOCKET))
            connection.sendall(json.dumps(asdict(command)).encode() + b"\n")
            with connection.makefile("rb") as file:
                line = file.readline()
        return Reply(**json.loads(line))
    except (OSError, ValueError, TypeError) as error:
        raise nobody from error

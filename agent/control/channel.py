"""How the command line reaches the running agent: one JSON line each way over a socket of this user alone."""

import asyncio
import json
import logging
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from agent.errors import AgentBusy, NotRunning, WardbeatError, WrongUse
from agent.system import host

log = logging.getLogger(__name__)

SOCKET: Final = "control.sock"
_MOST_BYTES: Final = 65_536
_PATH_MOST: Final = 100  # sun_path holds 108 on Linux, 104 on macOS
_TIMEOUT_S: Final = 10.0
_ANSWER_MOST: Final = 2**24


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


def ask(folder: Path, command: Command, timeout_s: float = _TIMEOUT_S) -> Reply:
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
        return Reply(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise _busy("gave an answer that cannot be read") from error


def _answer_line(folder: Path, command: Command, timeout_s: float) -> bytes:
    if sys.platform == "win32":
        raise _nobody()
    until_s = time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(folder / SOCKET))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise _nobody() from error
        except OSError as error:  # its queue of callers is full, or it took too long
            raise _busy(f"took no call within {timeout_s:g} s") from error
        try:
            connection.sendall(json.dumps(asdict(command)).encode() + b"\n")
            line = bytearray()
            while not line.endswith(b"\n"):
                connection.settimeout(max(until_s - time.monotonic(), 0.001))
                part = connection.recv(_MOST_BYTES)
                line += part
                if not part or len(line) > _ANSWER_MOST:
                    raise ConnectionResetError
        except TimeoutError as error:
            raise _busy(f"did not answer within {timeout_s:g} s") from error
        except OSError as error:
            raise _busy("broke off its answer") from error
    return bytes(line)


def _nobody() -> NotRunning:
    return NotRunning("no agent is running with this state folder", remedy="Start it with 'wardbeat run'.")


def _busy(what: str) -> AgentBusy:
    return AgentBusy(
        f"the running agent is busy: it {what}",
        remedy="Try again in a moment. If it stays so, end the agent and start it again.",
    )

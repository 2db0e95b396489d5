"""How the command line reaches the running agent: one JSON line each way over a socket of this user alone."""

import asyncio
import json
import logging
import socket
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from agent.errors import AgentBusy, NotRunning, WardbeatError, WrongUse
from agent.system import host
from agent.system.budget import Pace
from agent.system.logs import Tally

log = logging.getLogger(__name__)

SOCKET: Final = "control.sock"
_MOST_BYTES: Final = 65_536
PATH_MOST: Final = 100  # sun_path holds 108 on Linux, 104 on macOS
_TIMEOUT_S: Final = 10.0
_ANSWER_MOST: Final = 2**24
_CALLERS_MOST: Final = 16  # the one that has been silent for longest makes room
_BACKLOG: Final = 8
_COMMANDS: Final = (50.0, 100.0, 0.25)  # a second, at once, of the loop's time; beyond it the answer is "busy"


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
        is_busy: Nothing was done: there are too many commands.
    """

    exit_code: int = 0
    words: str = ""
    remedy: str = ""
    body: str = ""
    is_busy: bool = False


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
    if len(str(path)) > PATH_MOST:
        raise WrongUse(f"the path of {path} is too long for a socket", remedy="Choose a shorter state_dir.")

    callers = _Callers(handle)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(callers.answer, path=path, limit=_MOST_BYTES, backlog=_BACKLOG)
    path.chmod(0o600)
    try:
        async with server:
            await server.serve_forever()
    finally:
        path.unlink(missing_ok=True)


class _Callers:
    """Those who are connected: few, one command each, one carried out at a time.

    Args:
        handle: Carries a command out.
    """

    def __init__(self, handle: Handler) -> None:
        self._handle, self._pace = handle, Pace(*_COMMANDS)
        self._turn, self._waiting = asyncio.Lock(), 0
        self._silent: dict[asyncio.StreamWriter, None] = {}  # in the order in which they came
        self._refused = Tally(log, "callers of the control socket were refused")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller, from the beginning to the end."""
        try:
            peer: socket.socket = writer.get_extra_info("socket")
            if not host.peer_is_us(peer):
                self._refused.count("of another user")
                return
            reply = await self._reply(reader, writer)
            writer.write(json.dumps(asdict(reply)).encode() + b"\n")
            async with asyncio.timeout(_TIMEOUT_S):
                await writer.drain()
        except (OSError, TimeoutError):
            log.debug("the caller of a command disconnected before its answer")
        finally:
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Reply:
        self._silent[writer] = None
        if len(self._silent) > _CALLERS_MOST:
            oldest = next(iter(self._silent))
            del self._silent[oldest]
            oldest.transport.abort()
            self._refused.count("silent")
        try:
            command = await _command(reader)
        finally:
            self._silent.pop(writer, None)
        if command is None:
            return Reply(WrongUse.exit_code, "this is not a command")
        if self._waiting >= _CALLERS_MOST:
            self._refused.count("too many")
            busy = _busy("has too many commands to carry out")
            return Reply(AgentBusy.exit_code, str(busy), busy.remedy, is_busy=True)
        self._waiting += 1
        try:
            return await self._carried_out(command)
        finally:
            self._waiting -= 1

    async def _carried_out(self, command: Command) -> Reply:
        if command.name == "open":  # it waits for a process, and holds nobody up meanwhile
            return await _handled(self._handle, command)
        async with self._turn:
            self._pace.begin()
            reply = await _handled(self._handle, command)
            await self._pace.rest()
        return reply


async def _command(reader: asyncio.StreamReader) -> Command | None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            line = await reader.readline()
        said = json.loads(line)
        command = Command(said["name"], said.get("argument", ""))
        if not isinstance(command.name, str) or not isinstance(command.argument, str):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, TimeoutError):
        return None
    return command


async def _handled(handle: Handler, command: Command) -> Reply:
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
        reply = Reply(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise _busy("gave an answer that cannot be read") from error
    if reply.is_busy:
        raise AgentBusy(reply.words, remedy=reply.remedy)
    return reply


def _answer_line(folder: Path, command: Command, timeout_s: float) -> bytes:
    if sys.platform == "win32":
        raise _nobody()
    until_s = time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            _call(connection, folder / SOCKET, timeout_s)
            connection.settimeout(max(until_s - time.monotonic(), 0.001))
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


def _nobody() -> NotRunning:
    remedy = "Start it: 'wardbeat service install', or 'wardbeat run'."
    return NotRunning("no agent is running with this state folder", remedy=remedy)


def _busy(what: str) -> AgentBusy:
    return AgentBusy(
        f"the running agent is busy: it {what}",
        remedy="Try again in a moment. If it stays so, end the agent and start it again.",
    )

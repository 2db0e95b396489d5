"""The control pipe of Windows: the socket's protocol and limits over a named pipe that this user alone can open.

name     wardbeat-<SID of the user>-<hash of the state folder>, in the machine's one list of pipes
access   the user owns it, and the user's SID is the only entry of its access list; remote callers are refused
first    a name that somebody else made before us is not served: whoever made it decides who may open it
caller   the server compares the caller's SID before it reads a byte
server   the client compares the pipe's owner and the serving process's SID before it sends a byte
"""

import asyncio
import hashlib
import logging
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from agent.control.callers import LINE_MOST, Callers, Handler, busy, exchanged, nobody
from agent.errors import AlreadyRunning, NotRunning

log = logging.getLogger(__name__)

_AGAIN_S: Final = 0.5


class Waiting(Protocol):
    """One end of a pipe that waits for a caller."""

    async def connected(self) -> None:
        """Return when a caller is there.

        Raises:
            OSError: It was there, and left.
        """

    async def hand_over(self, protocol: asyncio.StreamReaderProtocol) -> None:
        """Give the caller to a protocol of the running loop, which closes this end."""

    def close(self) -> None:
        """Take this end away."""


class Connection(Protocol):
    """A caller's end of a pipe."""

    def owners(self) -> frozenset[str]:
        """SIDs of the pipe's owner and of the user whose process serves it.

        Raises:
            OSError: The system does not say.
        """

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of it.

        Raises:
            OSError: It broke off, or took too long (`TimeoutError`).
        """

    def receive(self, timeout_s: float) -> bytes:
        """The next bytes.

        Raises:
            OSError: It broke off, or took too long (`TimeoutError`).
        """

    def close(self) -> None:
        """Disconnect."""


class Pipes(Protocol):
    """What the system does with named pipes."""

    def own_sid(self) -> str:
        """The SID of this process's user, as text."""

    def listen(self, name: str, rules: str, *, is_first: bool) -> Waiting:
        """One more end of a pipe.

        Args:
            name: Of the pipe, without the system's prefix.
            rules: Its security descriptor in SDDL; the first end's counts for all.
            is_first: Refuse a name that is there already.

        Raises:
            PermissionError: The name is there.
            OSError: The system refuses.
        """

    def caller_sid(self, writer: asyncio.StreamWriter) -> str:
        """The SID of a caller's process.

        Raises:
            OSError: The system does not say.
        """

    def call(self, name: str, timeout_s: float) -> Connection:
        """Connect.

        Raises:
            FileNotFoundError: Nobody made the name.
            PermissionError: Whoever made it does not let this user in.
            OSError: No end became free in time (`TimeoutError`), or the system refuses.
        """


def of_system() -> Pipes:
    """The named pipes of Windows.

    Raises:
        NotImplementedError: On another system.
    """
    if sys.platform == "win32":
        from agent.system.windows_pipes import WindowsPipes

        return WindowsPipes()
    raise NotImplementedError


def pipe_name(folder: Path, sid: str) -> str:
    """The name of a state folder's pipe; the same however the path is written."""
    place = os.path.normcase(folder.resolve())
    return f"wardbeat-{sid}-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def access_rules(sid: str) -> str:
    """SDDL: the user owns the pipe, and is the only one who may open it; nothing is inherited.

    >>> access_rules("S-1-5-21-1-2-3-1001")
    'O:S-1-5-21-1-2-3-1001D:P(A;;GA;;;S-1-5-21-1-2-3-1001)'
    """
    return f"O:{sid}D:P(A;;GA;;;{sid})"


async def serve(folder: Path, handle: Handler, pipes: Pipes, patience_s: float = 15.0) -> None:
    """Answer commands until cancelled.

    Args:
        folder: The state folder.
        handle: Carries a command out.
        pipes: The system's.
        patience_s: How long to wait for the name. The last callers of an agent that ended may hold it for a while.

    Raises:
        AlreadyRunning: Another process has made the name.
    """
    sid = pipes.own_sid()
    name, rules = pipe_name(folder, sid), access_rules(sid)
    callers = Callers(handle, lambda writer: pipes.caller_sid(writer) == sid)
    waiting = await _first(pipes, name, rules, patience_s)
    try:
        while True:
            is_there = await _has_caller(waiting)
            following = await _next(pipes, name, rules)  # before this one goes: the name stays ours
            current, waiting = waiting, following
            if is_there:
                reader = asyncio.StreamReader(limit=LINE_MOST)
                await current.hand_over(asyncio.StreamReaderProtocol(reader, callers.answer))
            else:
                current.close()
            await asyncio.sleep(0)  # a caller who is there already lets nobody else wait
    finally:
        waiting.close()


async def _first(pipes: Pipes, name: str, rules: str, patience_s: float) -> Waiting:
    until_s = time.monotonic() + patience_s
    while True:
        try:
            return pipes.listen(name, rules, is_first=True)
        except PermissionError as error:
            if time.monotonic() >= until_s:
                raise AlreadyRunning(
                    "another process holds the name of this agent's control pipe",
                    remedy="End that process: a second agent, or a program of another user. Then start the agent.",
                ) from error
        await asyncio.sleep(_AGAIN_S)


async def _next(pipes: Pipes, name: str, rules: str) -> Waiting:
    """One more end; where the system has none to give, commands wait and the agent goes on."""
    is_told = False
    while True:
        try:
            return pipes.listen(name, rules, is_first=False)
        except OSError as error:
            if not is_told:
                log.warning("no more ends of the control pipe (%s); commands wait", type(error).__name__)
            is_told = True
        await asyncio.sleep(_AGAIN_S)


async def _has_caller(waiting: Waiting) -> bool:
    try:
        await waiting.connected()
    except OSError:
        return False
    return True


def answer_line(folder: Path, line: bytes, timeout_s: float, pipes: Pipes) -> bytes:
    """Send a command's line to the agent of a state folder; the line of its answer.

    Raises:
        NotRunning: Nobody listens, or a stranger does. Nothing was sent.
        AgentBusy: An agent runs, and gave no whole answer in time.
    """
    until_s = time.monotonic() + timeout_s
    sid = pipes.own_sid()
    try:
        connection = pipes.call(pipe_name(folder, sid), timeout_s)
    except FileNotFoundError as error:
        raise nobody() from error
    except PermissionError as error:
        raise _stranger() from error
    except OSError as error:
        raise busy(f"took no call within {timeout_s:g} s") from error
    with closing(connection):
        if not _is_ours(connection, sid):
            raise _stranger()
        return exchanged(line, connection.send, connection.receive, until_s, timeout_s)


def _is_ours(connection: Connection, sid: str) -> bool:
    try:
        return connection.owners() == {sid}
    except OSError:  # such as a process that we may not look at
        return False


def _stranger() -> NotRunning:
    return NotRunning(
        "the control pipe of this state folder belongs to another user; nothing was sent to it",
        remedy="Tell whoever looks after this machine. Your agent starts when that pipe is gone.",
    )

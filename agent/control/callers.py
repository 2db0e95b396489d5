"""What the control socket and the control pipe share: one JSON line each way, few callers, one command at a time."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Final

from agent.errors import AgentBusy, NotRunning, WardbeatError, WrongUse
from agent.system.budget import Pace
from agent.system.logs import Tally

log = logging.getLogger(__name__)

LINE_MOST: Final = 65_536
"""Bytes of a command at most."""
ANSWER_MOST: Final = 2**24
"""Bytes of an answer at most."""
TIMEOUT_S: Final = 10.0
_CALLERS_MOST: Final = 16  # the one that has been silent for longest makes room
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


class Callers:
    """Those who are connected: few, one command each, one carried out at a time.

    Args:
        handle: Carries a command out.
        is_us: Whether the process at the other end belongs to this user.
    """

    def __init__(self, handle: Handler, is_us: Callable[[asyncio.StreamWriter], bool]) -> None:
        self._handle, self._is_us, self._pace = handle, is_us, Pace(*_COMMANDS)
        self._turn, self._waiting = asyncio.Lock(), 0
        self._silent: dict[asyncio.StreamWriter, None] = {}  # in the order in which they came
        self._refused = Tally(log, "callers of the control socket were refused")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller, from the beginning to the end."""
        try:
            if not self._is_us(writer):
                self._refused.count("of another user")
                return
            reply = await self._reply(reader, writer)
            writer.write(json.dumps(asdict(reply)).encode() + b"\n")
            async with asyncio.timeout(TIMEOUT_S):
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
            error = busy("has too many commands to carry out")
            return Reply(AgentBusy.exit_code, str(error), error.remedy, is_busy=True)
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
        async with asyncio.timeout(TIMEOUT_S):
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


def exchanged(
    line: bytes,
    send: Callable[[bytes, float], None],
    receive: Callable[[float], bytes],
    until_s: float,
    timeout_s: float,
) -> bytes:
    """Send a command's line, and read the line of its answer.

    Args:
        line: What is sent.
        send: Sends bytes within so many seconds.
        receive: The next bytes, within so many seconds; none where the other end closed.
        until_s: When the time for both is over, on `time.monotonic`.
        timeout_s: How long that was at the beginning, for the error.

    Raises:
        AgentBusy: No whole answer came in time.
    """
    try:
        send(line, max(until_s - time.monotonic(), 0.001))
        answer = bytearray()
        while not answer.endswith(b"\n"):
            part = receive(max(until_s - time.monotonic(), 0.001))
            answer += part
            if not part or len(answer) > ANSWER_MOST:
                raise ConnectionResetError
    except TimeoutError as error:
        raise busy(f"did not answer within {timeout_s:g} s") from error
    except OSError as error:
        raise busy("broke off its answer") from error
    return bytes(answer)


def nobody() -> NotRunning:
    """The error where nobody listens on this state folder."""
    return NotRunning(
        "no agent is running with this state folder", remedy="Start it: 'wardbeat service install', or 'wardbeat run'."
    )


def busy(what: str) -> AgentBusy:
    """The error where an agent runs and gave no whole answer; `what` it did instead."""
    return AgentBusy(
        f"the running agent is busy: it {what}",
        remedy="Try again in a moment. If it stays so, end the agent and start it again.",
    )

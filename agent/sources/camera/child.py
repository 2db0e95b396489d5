"""The camera's process from the agent's side: started, read line by line, ended for certain."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from agent.model import NS_PER_S
from agent.sources.camera.protocol import LINE_MOST, Seen, Told, Wanted, Word, read, start
from agent.sources.camera.states import CameraState
from agent.system import host

_FIRST_S: Final = 60.0  # a machine under full load takes so long to load the libraries
_SILENT_S: Final = 2.5  # a sign of life comes twice a second, and after every look
_EMPTY_S: Final = 0.5
_OLD_NS: Final = 30 * NS_PER_S  # a machine that slept in between


@dataclass(frozen=True, slots=True)
class Eyes:
    """How the process is started; tests hand in a command of their own, no setting can.

    Attributes:
        command: Program and arguments. ``-P``: no file of the folder that we were started in is ever run.
    """

    command: tuple[str, ...] = (sys.executable, "-P", "-m", "agent.sources.camera.serve")

    @asynccontextmanager
    async def open(self, wanted: Wanted) -> "AsyncIterator[Running]":
        """A running process; it is dead when this returns, and with it the camera is closed."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE_MOST,
        )
        try:
            with contextlib.suppress(OSError):
                if process.stdin is not None:
                    process.stdin.write(start(wanted))
                    await process.stdin.drain()
            yield Running(process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await _emptied(process)


async def _emptied(process: asyncio.subprocess.Process) -> None:
    """Read a dead process's pipe to its end, so that it is closed: asyncio offers no other way."""
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError, ValueError):
        async with asyncio.timeout(_EMPTY_S):
            while process.stdout is not None and await process.stdout.read(LINE_MOST):
                pass


@dataclass(frozen=True, slots=True)
class Running:
    """One process."""

    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def words(self) -> AsyncGenerator[Word, None]:
        """What it says, until it ends; silence and nonsense end it too, named ``HUNG``."""
        out = self.process.stdout
        if out is None:
            return
        within_s = _FIRST_S
        while True:
            try:
                # not `wait_for`: before Python 3.12 it loses a cancellation that comes together with a line
                async with asyncio.timeout(within_s):
                    line = await out.readline()
                if not line:
                    return
                word = read(line)
            except (TimeoutError, ValueError):  # ValueError: no word of ours, or a line without end
                yield Told(CameraState.HUNG)
                return
            within_s = _SILENT_S
            if isinstance(word, Seen) and not 0 <= (age_ns := host.boottime_ns() - word.at_ns) <= _OLD_NS:
                if age_ns < 0:
                    yield Told(CameraState.HUNG)
                    return
                continue
            yield word

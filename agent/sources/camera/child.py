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
from agent.system import child, host
from agent.system.budget import Budget, Pace

_FIRST_S: Final = 60.0  # a machine under full load takes so long to load the libraries
_SILENT_S: Final = 2.5  # a sign of life comes twice a second, and after every look
_OLD_NS: Final = 30 * NS_PER_S  # a machine that slept in between
_WORDS_HZ: Final = 40.0  # 30 looks a second at most, their states, and a sign of life
_AT_ONCE_S: Final = 3.0  # a look is held until the next search, and a busy agent picks up late
_PACE: Final = (1000.0, 1000.0)


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
            yield Running(process, wanted.speed)
        finally:
            await child.end(process)


@dataclass(frozen=True, slots=True)
class Running:
    """One process.

    Attributes:
        process: As it was started.
        speed: Session seconds a real second: it looks so much more often.
    """

    process: asyncio.subprocess.Process
    speed: float = 1.0

    @property
    def pid(self) -> int:
        return self.process.pid

    async def words(self) -> AsyncGenerator[Word, None]:
        """What it says, until it ends; silence and nonsense end it too, named ``HUNG``, and so do too many words. The
        loop turns after each.
        """
        out, budget, pace = self.process.stdout, self._budget(), Pace(*_PACE)
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
                pace.begin()
                word = read(line) if budget.take() else Told(CameraState.FLOODED)
            except (TimeoutError, ValueError):  # ValueError: no word of ours, or a line without end
                word = Told(CameraState.HUNG)
            within_s = _SILENT_S
            if isinstance(word, Seen):
                age_ns = host.boottime_ns() - word.at_ns
                if age_ns < 0:
                    word = Told(CameraState.HUNG)
                elif age_ns > _OLD_NS:
                    word = None
            yield word
            if isinstance(word, Told) and word.state in (CameraState.HUNG, CameraState.FLOODED):
                return
            await pace.rest()

    def _budget(self) -> Budget:
        return Budget(_WORDS_HZ * self.speed, _WORDS_HZ * self.speed * _AT_ONCE_S)

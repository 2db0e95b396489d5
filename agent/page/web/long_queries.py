"""Long queries over everything that is kept: each is a separate process (`agent.page.reader`).

It ends with its answer, which comes part by part; one that is given up, or takes too long, is ended. Half of the time
of the weeks is the start of Python and numpy, so after a look back the next reader is started before it is asked. It
holds nothing about the person until then, and ends after a minute.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from agent.page.web.pipe import Refused

COMMAND: Final = (sys.executable, "-P", "-m", "agent.page.reader")
_TOLD: Final = ("state_dir", "key_store", "profile", "usual_hours")  # what the agent said at the beginning
_AT_ONCE: Final = 2
ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1"}  # its matrices are small: threads cost 20 ms to start
_MOST_S: Final = 180.0  # 400 days on a small machine
_LOOKS_BACK: Final = frozenset({"weeks", "days"})
READY: Final = "ready"
_READY_S: Final = 60.0
_CHUNK: Final = 65_536
_REFUSED: Final = b'{"refused"'


class LongQueries:
    """Asks them, a few at a time.

    Args:
        hello: What the agent said at the beginning: where its files lie, and the profile.
        downloads: Jobs whose answer the browser saves: one that stands still must not hold up a proof.
    """

    def __init__(self, hello: dict[str, Any], downloads: frozenset[str]) -> None:
        self._hello, self._is_download = hello, downloads
        self._queries, self._downloads = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_AT_ONCE)
        self._starting, self._looked_back = asyncio.Lock(), False
        self._ready: asyncio.subprocess.Process | None = None
        self._ready_until: asyncio.TimerHandle | None = None

    async def stand_by(self) -> None:
        """After a look back: start the next reader, which waits for a minute."""
        async with self._starting:
            if not self._looked_back:
                return
            self._looked_back = False
            if self._ready is None or self._ready.returncode is not None:
                self._ready = await _started(READY)
            if self._ready_until is not None:
                self._ready_until.cancel()
            self._ready_until = asyncio.get_running_loop().call_later(_READY_S, self._dismiss)

    def _dismiss(self) -> None:
        if (ready := self._take()) is not None:
            _kill(ready)

    def _take(self) -> asyncio.subprocess.Process | None:
        """The reader that was started before, if it still waits."""
        ready, self._ready = self._ready, None
        return ready if ready is not None and ready.returncode is None else None

    async def json(self, job: str, file: AsyncIterator[bytes] | None = None, /, **with_: Any) -> dict[str, Any]:
        """A whole answer.

        Args:
            job: A row of `agent.page.reader.JOBS`.
            file: Bytes for a job that reads a file of the person's.
            with_: What comes with it.

        Raises:
            Refused: In the job's words.
        """
        words = b"".join([part async for part in self._parts(job, with_, file)])
        if not words or words.startswith(_REFUSED):
            raise _refusal(words)
        made: dict[str, Any] = json.loads(words)
        return made

    async def begun(self, job: str) -> tuple[bytes, AsyncGenerator[bytes, None]]:
        """The first part of an answer, and the others.

        Raises:
            Refused: In the job's words.
        """
        parts = self._parts(job, {}, None)
        first = await anext(parts, b"")
        if not first or first.startswith(_REFUSED):
            await parts.aclose()
            raise _refusal(first)
        return first, parts

    async def _parts(
        self, job: str, with_: dict[str, Any], file: AsyncIterator[bytes] | None
    ) -> AsyncGenerator[bytes, None]:
        """What a long query says, part by part.

        Raises:
            Refused: It broke off: what came is not the whole.
        """
        asked = {name: self._hello[name] for name in _TOLD} | {
            "job": job,
            "with": with_,
        }
        async with self._downloads if job in self._is_download else self._queries:
            looks_back = job in _LOOKS_BACK
            self._looked_back |= looks_back
            process = (self._take() if looks_back else None) or await _started()
            too_long = asyncio.get_running_loop().call_later(_MOST_S, _kill, process)
            try:
                if process.stdin is not None and process.stdout is not None:
                    await _write(process.stdin, json.dumps(asked).encode() + b"\n", file)
                    while part := await process.stdout.read(_CHUNK):
                        yield part
                    if await process.wait() not in (0, 1):
                        raise Refused("The request failed.", "Run 'wardbeat doctor' for details.")
            finally:
                too_long.cancel()
                _kill(process)
                await process.wait()


async def _started(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | ONE_THREAD,
    )


async def _write(stdin: asyncio.StreamWriter, asked: bytes, file: AsyncIterator[bytes] | None) -> None:
    """The question, and the file behind it; a process that refuses before the file's end says so in its answer."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(asked)
        await stdin.drain()
        if file is not None:
            async for part in file:
                stdin.write(part)
                await stdin.drain()
            stdin.write_eof()


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def joined(first: bytes, parts: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The first part, and the others."""
    yield first
    async for part in parts:
        yield part


def _refusal(words: bytes) -> Refused:
    try:
        said = json.loads(words)["refused"]
        return Refused(said["words"], said["remedy"])
    except (ValueError, KeyError):
        return Refused("The form was not valid.", "Run 'wardbeat doctor' for details.")

"""The end of a process that we started: certain, whatever it wrote and whoever still holds its pipes."""

import asyncio
import contextlib


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill it, close our ends of its pipes, and return when it is gone.

    Asyncio's own `wait` returns only when the pipes are at their end: never, where a flood was left unread in one, or
    where a child of the process keeps one open. A cancellation takes effect when the process is gone: a pause and the
    end of the agent may both come while it ends.
    """
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    transport = process._transport  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio has no public way
    for fd in range(3):  # not the transport's own `close`: that would take the exit code away from asyncio's watcher
        if (pipe := transport.get_pipe_transport(fd)) is not None:
            pipe.close()
    cancelled = None
    while process.returncode is None:
        try:
            await process.wait()
        except asyncio.CancelledError as again:
            cancelled = again
    if cancelled is not None:
        raise cancelled

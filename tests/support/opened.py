"""Whoever opens a file, the kernel tells it (inotify(7)): which moments a device was opened in, by any process at all."""

import asyncio
import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path

IN_OPEN = 0x20


@contextlib.contextmanager
def opens(device: Path, clock: Callable[[], int]) -> Iterator[list[int]]:
    """Moments at which the device was opened, by the given clock; needs a running loop."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert fd >= 0
    assert libc.inotify_add_watch(fd, os.fsencode(device), IN_OPEN) >= 0
    found: list[int] = []

    def heard() -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(fd, 4096):
                found.append(clock())

    loop = asyncio.get_running_loop()
    loop.add_reader(fd, heard)
    try:
        yield found
    finally:
        loop.remove_reader(fd)
        os.close(fd)

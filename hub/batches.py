"""The loop of a process that works off what waits in the database: batch after batch, until it is stopped."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.errors import NotDurable
from hub.database import CANNOT_WRITE, lock_file, unlock_file

log = logging.getLogger(__name__)

POLL_S: Final = 0.2
_AGAIN_S: Final = 1.0


def work(
    lock: Path,
    once: Callable[[], int],
    stop: threading.Event,
    alive: Callable[[], None] = lambda: None,
    clear: Callable[[], None] = lambda: None,
    begin: Callable[[], None] = lambda: None,
) -> None:
    """Work until ``stop`` is set. While the store cannot be used, try again each second.

    Args:
        lock: File that only one such process holds.
        once: Works off one batch; returns how much it was.
        stop: Ends the loop after the batch in progress.
        alive: Called before each batch.
        clear: Called when nothing waits.
        begin: Called once the lock is held, before the first batch.

    Raises:
        AlreadyRunning: Another process holds the lock.
    """
    held = lock_file(lock)
    try:
        begin()
        while not stop.is_set():
            alive()
            try:
                idle = once() == 0
            except CANNOT_WRITE as error:
                log.error("the store cannot be used (%s); trying again in 1 s", type(error.orig).__name__)
                stop.wait(_AGAIN_S)
            except NotDurable as error:
                log.error("%s. %s", error, error.remedy)
                stop.wait(_AGAIN_S)
            else:
                if idle:
                    clear()
                    stop.wait(POLL_S)
    finally:
        unlock_file(held)

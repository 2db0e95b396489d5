"""Signals of the operating system as events of the running loop: the end, and a reload."""

import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def stop_on_signals(stop: "asyncio.Event") -> None:
    """Turn Ctrl-C and a polite kill into an event on the running loop."""
    import asyncio  # here: most commands have no loop, and it takes longer to load than all else of theirs

    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop.set))
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)


def on_reload(asked: "asyncio.Event") -> None:
    """Turn a hang-up signal, by which a service manager asks for a reload, into an event on the running loop.

    It stays so after the loop's end: by its default the signal would end the agent between two runs.
    """
    import asyncio

    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def ask(*_: object) -> None:
        with suppress(RuntimeError):  # the loop has ended: the next run reads the files anyway
            loop.call_soon_threadsafe(asked.set)

    signal.signal(signal.SIGHUP, ask)

"""Between the network's thread and the loop: bounded, and the loop is woken once for many.

link events   connected, lost, acknowledged: few, for each answers something that we did; never behind a flood
directories   the newest waits, for the budget that bounds how many are verified; it takes the place of one that waited.
              A directory that was dropped is not sent again, so the last of a flood is always read
answers       256 wait at most. What comes while they do is dropped and counted: a receipt that was dropped comes again,
              because its row is sent again until one arrives
"""

import asyncio
import contextlib
import threading
import time
from collections import Counter, deque
from typing import Final

from agent.publisher.link import Event
from agent.publisher.screen import Screen
from agent.system.budget import Budget

_ANSWERS_MOST: Final = 256
_EVENTS_MOST: Final = 4096
_PACKETS = (500.0, 1000.0)  # a second, at once: a hub answers a draining backlog with some 200 a second
_DIRECTORIES = (4.0, 8.0)  # a second, at once: one is published a week, and one more at each connection
_HOLD_S: Final = 0.02
_FOREIGN: Final = ("keys", "down")


class Inbox:
    """One for each publisher.

    Args:
        screen: Throws away what need not be read.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen, self._loop = screen, asyncio.get_running_loop()
        self._lock, self._packets = threading.Lock(), Budget(*_PACKETS)
        self._events: deque[Event] = deque()
        self._answers: deque[Event] = deque()
        self._directory: Event | None = None
        self._directories = Budget(*_DIRECTORIES)
        self._dropped: Counter[str] = Counter()
        self._news, self._is_awake = asyncio.Event(), False  # the loop is woken once for many

    def put(self, event: Event) -> None:
        """Take an event from the network's thread, and hold that thread up when it brings too many: the broker's own
        queue fills then, which is bounded as well.
        """
        is_foreign = event.what in _FOREIGN
        refusal = self._screen.refusal(event.what, event.payload) if is_foreign else ""
        queue, most = (self._answers, _ANSWERS_MOST) if is_foreign else (self._events, _EVENTS_MOST)
        with self._lock:
            if not refusal and event.what == "keys":
                refusal, self._directory = "too_many" if self._directory else "", event
            elif not refusal and len(queue) < most:
                queue.append(event)
            else:
                refusal = refusal or "event_dropped"
            if refusal:
                self._dropped[refusal] += 1
            wakes, self._is_awake = not self._is_awake, True
        if wakes:
            try:
                self._loop.call_soon_threadsafe(self._news.set)
            except RuntimeError:  # the loop has ended; so has everything that could listen
                return
        while event.what != "lost" and not self._packets.take():
            time.sleep(_HOLD_S)

    async def get(self) -> Event | None:
        """The next event; None when some were thrown away, see `dropped`."""
        while True:
            with self._lock:
                if self._events:
                    return self._events.popleft()
                if self._directory is not None and self._directories.take():
                    event, self._directory = self._directory, None
                    return event
                if self._answers:
                    return self._answers.popleft()
                if self._dropped:
                    return None
                wait_s = None if self._directory is None else self._directories.wait_s()
                self._is_awake = False
                self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    def dropped(self) -> Counter[str]:
        """What was thrown away since the last look, by reason."""
        with self._lock:
            found, self._dropped = self._dropped, Counter()
        return found

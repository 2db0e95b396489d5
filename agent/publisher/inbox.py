"""Between the network's thread and the loop: bounded, and the loop is woken once for many.

link events   connected, lost, acknowledged: few, for each answers something that we did; never behind a flood
bodies        answers and directories: 256 wait at most. What comes while they do is let go and counted: a receipt
              that was let go comes again, because its row is sent again until one arrives
"""

import asyncio
import threading
import time
from collections import Counter, deque
from typing import Final

from agent.publisher.link import Event
from agent.publisher.screen import Screen
from agent.system.budget import Budget

_BODIES_MOST: Final = 256
_EVENTS_MOST: Final = 4096
_PACKETS = (500.0, 1000.0)  # a second, at once: a hub answers a draining backlog with some 200 a second
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
        self._bodies: deque[Event] = deque()
        self._dropped: Counter[str] = Counter()
        self._news = asyncio.Event()

    def put(self, event: Event) -> None:
        """Take an event from the network's thread, and hold that thread up when it brings too many: the broker's own
        queue fills then, which is bounded as well.
        """
        is_foreign = event.what in _FOREIGN
        refusal = self._screen.refusal(event.what, event.payload) if is_foreign else ""
        queue, most = (self._bodies, _BODIES_MOST) if is_foreign else (self._events, _EVENTS_MOST)
        with self._lock:
            wakes = not self._events and not self._bodies and not self._dropped
            if refusal or len(queue) >= most:
                self._dropped[refusal or "event_dropped"] += 1
            else:
                queue.append(event)
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
                if self._bodies:
                    return self._bodies.popleft()
                if self._dropped:
                    return None
                self._news.clear()
            await self._news.wait()

    def dropped(self) -> Counter[str]:
        """What was thrown away since the last look, by reason."""
        with self._lock:
            found, self._dropped = self._dropped, Counter()
        return found

"""Acknowledgements and answers leave at the ticks of a one-second grid, whatever they hold and cost.

They leave at the first tick that comes half a tick or more after their message arrived. So the broker sees what a
message costs the hub only where that is more than half a tick; several answers share a tick.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hub.receive.turns import Arrived

log = logging.getLogger(__name__)

TICK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Settled:
    """Messages of one device that are stored or refused, and what answers them.

    Attributes:
        arrived: To be acknowledged; at least one.
        answers: (topic, envelope) pairs to publish.
    """

    arrived: tuple[Arrived, ...]
    answers: tuple[tuple[str, bytes], ...]


class Grid:
    """Acknowledges and answers messages at ticks, in its own thread, from `begin` to `end`.

    Args:
        leave: Acknowledges and publishes. The grid's thread calls it; without ticks, `put` does.
        tick_s: Distance of the ticks, in s; 0: everything leaves at once.
        now_s: A monotonic clock.
    """

    def __init__(
        self, leave: Callable[[Settled], object], tick_s: float = TICK_S, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._leave, self._tick_s, self._now_s = leave, tick_s, now_s
        self._due: dict[int, list[Settled]] = {}  # by number of the tick
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="answers", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        if self._tick_s:
            self._thread.start()

    def put(self, settled: Settled) -> None:
        """Keep settled messages for their tick."""
        if not self._tick_s:
            self._leave(settled)
            return
        with self._changed:
            newest_s = max(arrived.at_s for arrived in settled.arrived)
            self._due.setdefault(self.tick_of(newest_s), []).append(settled)
            self._changed.notify()

    def tick_of(self, arrived_s: float) -> int:
        """The number of the tick at which an answer leaves: the arrival's, or the next one when that has passed."""
        own = math.ceil(arrived_s / self._tick_s + 0.5)
        return max(own, math.ceil(self._now_s() / self._tick_s))

    def end(self) -> None:
        """Wait until everything has left at its tick, and end the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._tick_s:
            self._thread.join()

    def _keep(self) -> None:
        while (due := self._next()) is not None:
            for settled in due:
                try:
                    self._leave(settled)
                except Exception:  # an exception would end this thread, and with it every answer
                    log.exception("an answer could not be published; the device sends its message again")

    def _next(self) -> list[Settled] | None:
        """Wait for the next tick that has answers; None when there is nothing left and the grid has ended."""
        with self._changed:
            while True:
                if not self._due:
                    if self._ended:
                        return None
                    self._changed.wait()
                    continue
                number = min(self._due)
                left_s = number * self._tick_s - self._now_s()
                if left_s <= 0:
                    return self._due.pop(number)
                self._changed.wait(left_s)

"""How fast a reader of bytes from outside may go: so many messages a second, and never the whole time of the loop.

Budget   counts: a message more than the budget is not read, or ends whoever sent it
Pace     waits: after each message the loop turns, and rests in proportion to what the message cost
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_SHARE_01: Final = 0.5


class Budget:
    """So many at once, and so many more a second.

    Args:
        a_second: Messages a second in the long run.
        at_once: Messages that may come together after a silence.
        now_s: A clock that never jumps.
    """

    def __init__(self, a_second: float, at_once: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._at_once, self._now_s = a_second, at_once, now_s
        self._left, self._filled_s = at_once, now_s()

    def take(self) -> bool:
        """Whether one more is within the budget; then it is taken."""
        self._fill()
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def wait_s(self) -> float:
        """Seconds until one more is within the budget; 0 when it is now."""
        self._fill()
        return max(0.0, (1.0 - self._left) / self._a_second)

    def _fill(self) -> None:
        now_s = self._now_s()
        self._left = min(self._at_once, self._left + (now_s - self._filled_s) * self._a_second)
        self._filled_s = now_s


class Pace:
    """For one reader in the loop: `begin` before a message, `rest` after it.

    Args:
        a_second: Messages a second at most.
        at_once: Messages that may come together after a silence.
        share_01: Of the loop's time at most, 0 to 1.
    """

    def __init__(self, a_second: float, at_once: float, share_01: float = _SHARE_01) -> None:
        self._budget, self._rest = Budget(a_second, at_once), 1.0 / share_01 - 1.0
        self._began_s = time.monotonic()

    def begin(self) -> None:
        """A message is taken up now."""
        self._budget.take()
        self._began_s = time.monotonic()

    async def rest(self) -> None:
        """Let everybody else run: at least one turn of the loop."""
        worked_s = time.monotonic() - self._began_s
        await asyncio.sleep(max(worked_s * self._rest, self._budget.wait_s()))

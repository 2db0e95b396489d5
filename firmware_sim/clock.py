"""The strap's own time: real, or up to ten times faster. Any object with these two methods will do."""

import asyncio
import time
from typing import Protocol

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """What a strap asks of time (the agent's clocks have these too)."""

    def now_ns(self) -> int: ...

    async def sleep_until(self, t_ns: int) -> None: ...


class StrapClock:
    """Monotonic time from 0, ``speed`` strap seconds a real second."""

    def __init__(self, speed: float = 1.0) -> None:
        if not 1.0 <= speed <= 10.0:
            raise ValueError(f"speed {speed:g} is outside 1 to 10")
        self._begin_ns, self._speed = time.monotonic_ns(), speed

    def now_ns(self) -> int:
        return int((time.monotonic_ns() - self._begin_ns) * self._speed)

    async def sleep_until(self, t_ns: int) -> None:
        while (left_ns := t_ns - self.now_ns()) > 0:
            await asyncio.sleep(left_ns / NS_PER_S / self._speed)

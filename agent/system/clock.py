"""Session time: it never jumps, counts sleep, and meets UTC only at the release boundary.

    t_ns = UTC at session start + monotonic time since then (CLOCK_BOOTTIME or its like)

`SessionClock` runs at the machine's pace or, in demo and tests, up to ten times faster.
`VirtualClock` has no pace at all: it jumps to the next sleeper once nothing else can run.
"""

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from agent.errors import WrongUse
from agent.model import NS_PER_S
from agent.system import host

MAX_SPEED = 10.0
# Chosen by us: NTP slews stay far below; a person or a first NTP step goes far beyond.
BREAK_S = 2.0


@dataclass(frozen=True, slots=True)
class Count:
    """A counter that no clock moves.

    Attributes:
        start: Which start of the machine it counts from; empty: one that ends with this process.
        ns: Nanoseconds, a machine's sleep included.
    """

    start: str
    ns: int


def count_now() -> Count:
    """The machine's own counter."""
    return Count(host.boot_id(), host.boottime_ns())


class Clock(Protocol):
    """What other packages may ask of time."""

    @property
    def speed(self) -> float:
        """Session seconds a real second: by so much a machine's own delays look longer."""
        ...

    def now_ns(self) -> int:
        """Session time."""
        ...

    def start_ns(self) -> int:
        """Session time at the session's start."""
        ...

    async def sleep_until(self, t_ns: int) -> None:
        """Return when session time has reached ``t_ns``."""
        ...

    def utc_break(self) -> "UtcBreak | None":
        """Compare session time with the wall clock; a jump is told once and becomes the new mapping."""
        ...

    def utc_s(self, t_ns: int) -> int:
        """UTC seconds of a session time, under the mapping in force."""
        ...

    def utc_offset_ns(self) -> int:
        """UTC minus session time, under the mapping in force."""
        ...

    def count(self) -> Count:
        """A counter that goes on whatever the wall clock does."""
        ...


@dataclass(frozen=True, slots=True)
class UtcBreak:
    """The wall clock was moved: windows that touch ``at_ns`` are not released."""

    at_ns: int
    jump_s: float


class SessionClock:
    """Session time of a real run, or a faster one for demo and tests.

    Args:
        start_utc_ns: UTC at the session's start; default: the wall clock now.
        speed: Session seconds a real second, 1 to 10. Above 1, and whenever a start
            is given, the wall clock is not compared again: such sessions are replays.
    """

    def __init__(
        self,
        start_utc_ns: int | None = None,
        *,
        speed: float = 1.0,
        monotonic_ns: Callable[[], int] = host.boottime_ns,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        if not 1.0 <= speed <= MAX_SPEED:
            raise WrongUse(f"speed {speed:g} is outside 1 to {MAX_SPEED:g}", remedy="Choose --speed between 1 and 10.")
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._compare = start_utc_ns is None and speed == 1.0
        self._begin_ns = monotonic_ns()
        self._start_ns = wall_ns() if start_utc_ns is None else start_utc_ns
        self._speed = speed
        self._utc_minus_session_ns = 0

    @property
    def speed(self) -> float:
        return self._speed

    def now_ns(self) -> int:
        return self._start_ns + int((self._monotonic_ns() - self._begin_ns) * self._speed)

    def start_ns(self) -> int:
        return self._start_ns

    async def sleep_until(self, t_ns: int) -> None:
        while (left_ns := t_ns - self.now_ns()) > 0:
            # Asyncio's timer stands still while the machine sleeps, so look again every second.
            await asyncio.sleep(min(left_ns / NS_PER_S / self._speed, 1.0))

    def utc_break(self) -> UtcBreak | None:
        if not self._compare:
            return None
        now_ns = self.now_ns()
        offset_ns = self._wall_ns() - now_ns
        jump_s = (offset_ns - self._utc_minus_session_ns) / NS_PER_S
        if abs(jump_s) <= BREAK_S:
            return None
        self._utc_minus_session_ns = offset_ns
        return UtcBreak(now_ns, jump_s)

    def utc_s(self, t_ns: int) -> int:
        return (t_ns + self._utc_minus_session_ns) // NS_PER_S

    def utc_offset_ns(self) -> int:
        return self._utc_minus_session_ns

    def count(self) -> Count:
        if self._compare and self._monotonic_ns is host.boottime_ns:
            return count_now()
        return Count("", self.now_ns())


class VirtualClock:
    """Time that passes only while everyone waits for it; for tests that hold no socket.

    Run `drive` as a task beside the sleepers.
    """

    def __init__(self, start_utc_ns: int) -> None:
        self._start_ns = self._now_ns = start_utc_ns
        self._sleepers: list[tuple[int, int, asyncio.Event]] = []
        self._tie = count()

    @property
    def speed(self) -> float:
        return 1.0

    def now_ns(self) -> int:
        return self._now_ns

    def start_ns(self) -> int:
        return self._start_ns

    async def sleep_until(self, t_ns: int) -> None:
        if t_ns <= self._now_ns:
            await asyncio.sleep(0)
            return
        due = asyncio.Event()
        heapq.heappush(self._sleepers, (t_ns, next(self._tie), due))
        await due.wait()

    def utc_break(self) -> UtcBreak | None:
        return None

    def utc_s(self, t_ns: int) -> int:
        return t_ns // NS_PER_S

    def utc_offset_ns(self) -> int:
        return 0

    def count(self) -> Count:
        return Count("", self._now_ns)

    async def drive(self, turns: int = 8) -> None:
        """Advance for ever; ``turns`` loop turns let everything else run first."""
        while True:
            for _ in range(turns):
                await asyncio.sleep(0)
            if self._sleepers:
                t_ns, _, due = heapq.heappop(self._sleepers)
                self._now_ns = max(self._now_ns, t_ns)
                due.set()


def aligned_start_ns(now_utc_ns: int, window_s: float = 300.0) -> int:
    """The last UTC multiple of the window length: where replay, demo and tests begin."""
    step_ns = int(window_s * NS_PER_S)
    return now_utc_ns // step_ns * step_ns

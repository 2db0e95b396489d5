"""Time that passes only while everybody waits: an event loop that jumps to its next timer, and clocks on it."""

import asyncio
import contextlib
import selectors

from agent.model import NS_PER_S
from agent.system.clock import SessionClock

START_UTC_S = 1_790_000_100 // 300 * 300
"""When simulated time begins, unless a test says otherwise: a UTC multiple of 300 s."""


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing: where the loop would sleep, its time goes on instead."""

    loop = None

    def select(self, timeout=None):
        found = super().select(0)
        if found or timeout == 0:
            return found
        if self.loop.grace_s and (found := super().select(self.loop.grace_s)):
            return found
        if timeout is None:  # no timer at all: only a thread or a socket can wake the loop
            return super().select(0.05)
        self.loop.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An hour is a matter of a second; sockets work, but nobody waits for them longer than ``grace_s`` of real time."""

    def __init__(self, grace_s=0.0):
        self.now_s, self.grace_s = 0.0, grace_s
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self):
        return self.now_s


def run(main, grace_s=0.0):
    """As `asyncio.run`, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(grace_s)) as runner:
        return runner.run(main)


class Skipping:
    """Session time on the running loop's, with sleep and wall-clock jumps that are injected (through `clock.py`)."""

    def __init__(self, start_utc_ns):
        loop = asyncio.get_running_loop()
        self.slept_ns, self.wall_ns = 0, 0
        self._start_ns = start_utc_ns
        self._monotonic = lambda: int(loop.time() * 1e9) + self.slept_ns
        begin_ns = self._monotonic()
        self.clock = SessionClock(
            monotonic_ns=self._monotonic,
            wall_ns=lambda: start_utc_ns + self._monotonic() - begin_ns + self.wall_ns,
        )

    def sleep(self, seconds):
        """The machine sleeps: its monotonic clock with sleep goes on, the event loop's stands still."""
        self.slept_ns += int(seconds * 1e9)

    def set_wall(self, seconds):
        """Somebody sets the wall clock."""
        self.wall_ns += int(seconds * 1e9)


async def pass_s(seconds: float) -> None:
    """Let simulated seconds pass. In a loop of real time this would be a sleep, and fails."""
    assert isinstance(asyncio.get_running_loop(), VirtualLoop), "this loop's time is real; wait for an event"
    await asyncio.sleep(seconds)


async def end(task):
    """Cancel until it is heard, as the pipeline does: `asyncio.wait_for` of Python 3.11, in Bumble's host, can lose one.

    Raises:
        Exception: What the task had died of.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)
    if not task.cancelled():
        task.result()


async def leftovers():
    """Names of tasks that are still there, after everything had a chance to end."""
    for _ in range(20):
        await asyncio.sleep(0.05)
    mine = asyncio.current_task()
    with contextlib.suppress(RuntimeError):
        return sorted(task.get_name() for task in asyncio.all_tasks() if task is not mine)


class Leaping(SessionClock):
    """A session clock that waits for nobody: session time goes with the recording, links keep the real clock."""

    def __init__(self, start_utc_s: int):
        super().__init__(start_utc_s * NS_PER_S)
        self._t_ns = start_utc_s * NS_PER_S

    def now_ns(self) -> int:
        return self._t_ns

    async def sleep_until(self, t_ns: int) -> None:
        task = asyncio.current_task()
        if task is None or not task.get_name().startswith("source."):
            while t_ns > self._t_ns:  # whoever else waits, waits for the beats to move time
                await asyncio.sleep(0.005)
            return
        self._t_ns = max(self._t_ns, t_ns)
        await asyncio.sleep(0)

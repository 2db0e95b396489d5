"""Which row goes next: by turns what has no receipt in time, the oldest and the newest; and when a row goes again."""

import heapq
import random
import time
from collections import Counter, deque
from typing import Final

from agent.outbox import Outbox, Row

MOST_BACKOFF: Final = 16  # times resend_after_s
_REMEMBERED: Final = 320
_RIGHTS: Final = frozenset({"consent", "features", "erase"})


class Scheduler:
    """When each row that was sent is due again; rows never sent are in the outbox.

    Args:
        outbox: The rows.
        resend_after_s: After the first try without a receipt; each further try waits twice as long.
        jitter: Spreads the tries of many devices.
    """

    def __init__(self, outbox: Outbox, resend_after_s: float, jitter: random.Random) -> None:
        self._outbox, self._resend_after_s, self._jitter = outbox, resend_after_s, jitter
        self._later: list[tuple[float, int]] = []  # heap of (when, ledger index)
        self._due_now: deque[int] = deque()
        self._rights_due: deque[int] = deque()  # what ends or changes consent waits behind nothing else
        self._fresh_turn, self._newest_turn = True, False
        self._tries: Counter[int] = Counter()
        self._remembered = _REMEMBERED  # tries; above it those of settled rows are forgotten

    def all_due(self) -> None:
        """A new connection: whatever has no receipt is due."""
        self._due_now.clear()
        self._rights_due.clear()
        self._later = [(0.0, idx) for idx in self._outbox.sent()]  # equal times: already a heap

    def backlog(self, most: int) -> int:
        """How many rows would go now if they could; counted up to ``most``."""
        self._collect_due()
        return min(most, len(self._due_now) + len(self._rights_due) + self._outbox.waiting(most))

    def unconfirmed(self) -> int:
        """How many rows were sent and may still be answered in time."""
        return self._outbox.unconfirmed_rows() - len(self._due_now) - len(self._rights_due)

    def next_row(self) -> Row | None:
        """What ends or changes consent; else by turns what has no receipt in time, the oldest and the newest row."""
        ends = [next(iter(self._outbox.unsent(1, newest=newest)), None) for newest in (True, False)]
        self._collect_due()
        if (due := self._next_due(self._rights_due)) is not None:
            return due
        for fresh in ends:
            if fresh is not None and fresh.kind in _RIGHTS:
                return fresh
        fresh = ends[0 if self._newest_turn else 1]
        self._fresh_turn = not self._fresh_turn  # neither may starve the other
        due = None if fresh is not None and self._fresh_turn else self._next_due(self._due_now)
        return due if due is not None or fresh is None else self._turned(fresh)

    def _turned(self, fresh: Row) -> Row:
        """A fresh row that goes: the next one comes from the other end, so that today's does not wait for last week's.

        The turn changes with a row that goes, not with each look: otherwise it keeps step with the turns of due rows, and
        one end is never taken.
        """
        self._newest_turn = not self._newest_turn
        return fresh

    def reschedule(self, row: Row) -> int:
        """Give a row its next time; which try the one now is."""
        tries = self._tries[row.idx] + 1
        wait_s = self._resend_after_s * min(2 ** (tries - 1), MOST_BACKOFF) * self._jitter.uniform(0.8, 1.2)
        heapq.heappush(self._later, (time.monotonic() + wait_s, row.idx))
        return tries

    def mark_sent(self, row: Row, tries: int) -> None:
        """It is on its way."""
        self._tries[row.idx] = tries
        if len(self._tries) > self._remembered:
            sent = set(self._outbox.sent())
            self._tries = Counter({idx: n for idx, n in self._tries.items() if idx in sent})
            self._remembered = max(_REMEMBERED, 2 * len(self._tries))

    def _collect_due(self) -> None:
        """Move rows whose time has come from the heap to those that are due now; settled rows are left out."""
        while self._later and self._later[0][0] <= time.monotonic():
            _, idx = heapq.heappop(self._later)
            row = self._outbox.sent_row(idx)
            if row is not None:
                (self._rights_due if row.kind in _RIGHTS else self._due_now).append(idx)

    def _next_due(self, due: deque[int]) -> Row | None:
        while due:
            row = self._outbox.sent_row(due.popleft())
            if row is not None:
                return row
        return None

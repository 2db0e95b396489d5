"""What waits to be stored, by device: devices are served by turns, each within its budget.

A device that sends more than its budget keeps some messages waiting; the rest is acknowledged and dropped. A PUBACK is
not a receipt, so the device sends them again, later and later. An honest device has at most 200 rows without a receipt
on their way, and meets neither limit.
"""

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from agent.wire.bootstrap import is_pass

# The broker keeps the rest: what it sent and is not acknowledged comes again only with the next connection.
IN_BUDGET_MOST: Final = 4000
OVER_BUDGET_MOST: Final = 2000
_DAY_S: Final = 86_400.0
_BUCKETS_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as the broker gave it.

    Attributes:
        is_acked: Whether it was acknowledged before it was stored.
        at_s: When it arrived, on the monotonic clock.
    """

    topic: str
    payload: bytes
    mid: int
    qos: int
    link: int
    is_acked: bool = False
    at_s: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one device may send.

    Attributes:
        burst: Messages at once.
        rate_hz: Messages a second after that: a month of slots (8,640) takes a minute and a half.
        day_burst: Messages at once, of the slower budget that bounds how the hub's files grow.
        day_rate: Messages a day after that.
        waiting: Messages that may wait above the budget.
        batch: Messages in one batch, so that nobody waits long behind one device.
    """

    burst: int = 512
    rate_hz: float = 100.0
    day_burst: int = 20_000
    day_rate: float = 5000.0
    waiting: int = 256
    batch: int = 50


class Placed(StrEnum):
    """What became of a message that arrived; `LATER` and `DROPPED` are to be acknowledged at once."""

    WAITS = "waits"
    LATER = "over_budget"
    DROPPED = "dropped"
    FULL = "full"


# Of a pass, which several new machines may share: each asks at most every two seconds, and a question costs more than
# an envelope: four signatures, and a write to the key store.
OF_PASS: Final = Budget(burst=32, rate_hz=2.0, day_burst=20_000, day_rate=20_000.0, waiting=16, batch=8)


@dataclass(slots=True)
class _Sender:
    budget: Budget
    tokens: float
    day_tokens: float
    at_s: float
    waiting: deque[Arrived]


class Turns:
    """Messages by topic, from the network thread to the one that stores.

    Args:
        budget: Of each device.
        now_s: A monotonic clock.
    """

    def __init__(self, budget: Budget | None = None, now_s: Callable[[], float] = time.monotonic) -> None:
        self._budget, self._now_s = budget or Budget(), now_s
        self._senders: OrderedDict[str, _Sender] = OrderedDict()
        self._order: deque[str] = deque()  # topics with something waiting
        self._in_budget = self._over_budget = 0
        self._changed = threading.Condition()
        self._counts: Counter[str] = Counter()

    def put(self, arrived: Arrived, wait_s: float = 0.5) -> Placed:
        """Place a message behind others of its device.

        Args:
            arrived: The message.
            wait_s: How long to wait when the queue is full of messages that are within their devices' budgets, in s.
        """
        with self._changed:
            sender = self._sender(arrived.topic)
            if len(sender.waiting) >= int(min(sender.tokens, sender.day_tokens)):
                return self._put_over_budget(sender, arrived)
            if self._in_budget >= IN_BUDGET_MOST and not self._changed.wait_for(self._has_room, wait_s):
                return Placed.FULL
            self._append(sender, arrived)
            self._in_budget += 1
            return Placed.WAITS

    def take(self, most: int, wait_s: float) -> list[Arrived]:
        """The next messages, at least one from each device in turn; none when nothing may be stored in time.

        Args:
            most: How many at most.
            wait_s: How long to wait for the first, in s.
        """
        until_s = self._now_s() + wait_s
        with self._changed:
            while True:
                batch = self._next(most)
                left_s = until_s - self._now_s()
                if batch or left_s <= 0:
                    self._changed.notify_all()
                    return batch
                self._changed.wait(min(left_s, 1 / self._budget.rate_hz) if self._order else left_s)

    def counts(self) -> Counter[str]:
        """How many messages were over budget and dropped since the last call."""
        with self._changed:
            counts, self._counts = self._counts, Counter()
            return counts

    def __len__(self) -> int:
        with self._changed:
            return self._in_budget + self._over_budget

    def _has_room(self) -> bool:
        return self._in_budget < IN_BUDGET_MOST

    def _put_over_budget(self, sender: _Sender, arrived: Arrived) -> Placed:
        if len(sender.waiting) >= sender.budget.waiting or self._over_budget >= OVER_BUDGET_MOST:
            self._counts[Placed.DROPPED] += 1
            return Placed.DROPPED
        self._append(sender, replace(arrived, is_acked=True))
        self._over_budget += 1
        self._counts[Placed.LATER] += 1
        return Placed.LATER

    def _append(self, sender: _Sender, arrived: Arrived) -> None:
        if not sender.waiting:
            self._order.append(arrived.topic)
        sender.waiting.append(arrived)
        self._changed.notify_all()

    def _next(self, most: int) -> list[Arrived]:
        """One message of each device in turn, until the batch is full or every device has had its share."""
        batch: list[Arrived] = []
        shares: Counter[str] = Counter()
        passed = 0  # devices in a row that may send nothing now
        while self._order and len(batch) < most and passed < len(self._order):
            topic = self._order[0]
            sender = self._sender(topic)
            self._order.rotate(-1)
            if shares[topic] >= sender.budget.batch or min(sender.tokens, sender.day_tokens) < 1:
                passed += 1
                continue
            passed = 0
            shares[topic] += 1
            batch.append(self._pop(topic, sender))
        return batch

    def _pop(self, topic: str, sender: _Sender) -> Arrived:
        arrived = sender.waiting.popleft()
        sender.tokens -= 1
        sender.day_tokens -= 1
        if arrived.is_acked:
            self._over_budget -= 1
        else:
            self._in_budget -= 1
        if not sender.waiting:
            self._order.remove(topic)
        return arrived

    def _sender(self, topic: str) -> _Sender:
        """The sender with its budget as of now; those that were silent longest are forgotten above 100,000."""
        now_s = self._now_s()
        sender = self._senders.get(topic)
        if sender is None:
            budget = OF_PASS if is_pass(topic) else self._budget
            sender = _Sender(budget, budget.burst, budget.day_burst, now_s, deque())
            self._senders[topic] = sender
            self._forget()
        passed_s = now_s - sender.at_s
        budget = sender.budget
        sender.tokens = min(budget.burst, sender.tokens + passed_s * budget.rate_hz)
        sender.day_tokens = min(budget.day_burst, sender.day_tokens + passed_s * budget.day_rate / _DAY_S)
        sender.at_s = now_s
        self._senders.move_to_end(topic)
        return sender

    def _forget(self) -> None:
        while len(self._senders) > _BUCKETS_MOST:
            topic = next(iter(self._senders))
            if self._senders[topic].waiting:
                self._senders.move_to_end(topic)  # at most 6,000 messages wait, so there are others
                continue
            del self._senders[topic]

"""Refusals in the log: each reason at once, then once a minute with its count, so that a flood is a line."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


class Noticed:
    """What was refused.

    Args:
        now_s: A clock that never jumps.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._said_s: dict[str, float] = {}
        self._counts: Counter[str] = Counter()

    def refused(self, reason: str) -> None:
        """Count one; ``reason`` is one of our own sentences, with a member's name at most."""
        now_s = self._now_s()
        self._counts[reason] += 1
        if now_s - self._said_s.get(reason, -EVERY_S) < EVERY_S:
            return
        if len(self._said_s) >= 1000:  # members' names are few; this bounds what a mistake costs
            self._said_s.clear()
        self._said_s[reason] = now_s
        log.warning("refused: %s (%d)", reason, self._counts.pop(reason))

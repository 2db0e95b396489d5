"""One line of the log an hour: how many envelopes were stored, refused and held back, by kind; nobody's name."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

log = logging.getLogger(__name__)

HOUR_S: Final = 3600.0


class Hourly:
    """Counts events by name until they are logged.

    Args:
        every_s: How often, in s.
        now_s: A monotonic clock.
    """

    def __init__(self, every_s: float = HOUR_S, now_s: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._now_s = every_s, now_s
        self._since_s = now_s()
        self._counts: Counter[str] = Counter()

    def add(self, counts: Mapping[str, int]) -> None:
        """Count events. Their names come from tables of this program, never from a message."""
        self._counts.update(counts)

    def log_if_due(self) -> None:
        """Write the line when the hour is over."""
        if self._now_s() - self._since_s < self._every_s:
            return
        counted = ", ".join(f"{name} {n}" for name, n in sorted(self._counts.items()) if n) or "nothing arrived"
        log.info("the last %d minutes: %s", self._every_s // 60, counted)
        self._since_s = self._now_s()
        self._counts.clear()

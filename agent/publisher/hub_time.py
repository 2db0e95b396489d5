"""What time it is at the hub: read from its answers, kept for the next start."""

import math
import time
from typing import Final

from agent.enrollment.known_time import Heard
from agent.outbox import Outbox, Row
from agent.outbox.rows import HUB_HEARD
from agent.system import host
from agent.wire.receipt import Answers, Receipt

_SENT_MOST: Final = 512
_KEEP_S: Final = 600.0


class HubTime:
    """The hub's clock, as far as its last answer told.

    Args:
        outbox: Keeps it over a restart.

    Attributes:
        heard: The last answer; it counts alone, so that a hub whose clock was wrong is right again with the next.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox, self.heard = outbox, Heard.decode(outbox.meta(HUB_HEARD))
        self._kept_s, self._made_before = -math.inf, outbox.head()[0]
        self._sent: dict[tuple[bytes, int], int] = {}

    def note_sent(self, row: Row, tries: int) -> None:
        """Remember when a row was sent for the only time: the hub's answer is later than that."""
        if tries == 1 and row.idx > self._made_before and len(self._sent) < _SENT_MOST:
            self._sent[row.stream, row.seq] = host.boottime_ns()
        else:
            self._sent.pop((row.stream, row.seq), None)

    def hear(self, answers: Answers) -> None:
        """Take over what time an answer tells.

        Raises:
            StorageFull: It was not kept.
        """
        receipts = [one for one in answers.answers if isinstance(one, Receipt)]
        rows = [(one.stream, entry.seq) for one in receipts for entry in one.entries]
        asked_ns = max((self._sent.pop(row, 0) for row in rows), default=0)
        hub_utc_s = answers.hub_utc_s
        if not hub_utc_s:
            return
        self.heard = Heard(hub_utc_s, host.boot_id(), asked_ns, host.boottime_ns())
        if time.monotonic() - self._kept_s > _KEEP_S:
            self._outbox.set_meta(HUB_HEARD, self.heard.encode())
            self._kept_s = time.monotonic()

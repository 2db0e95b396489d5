"""Every packet twice: a client library that doubles its callback when it connects again.

Equal neighbouring intervals alone are no copies: paced and calm hearts send them. A copy has the same intervals and
came before its strap could have made another packet; and the first of the two came in its own turn, since packets
that were held up also come one upon the other. Where neighbours are often equal, only what comes at once is a copy,
until most packets have one. A copy is let go when it comes, so the beats stay as the strap sent them.
"""

import statistics
from collections import deque
from dataclasses import dataclass
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.heart_rate_packet import TICKS_PER_S
from agent.sources.strap.quirks.history import History

_SOON: Final = 0.4  # of packets' usual distance; one that is made in its turn comes at 0.5 or more
_LATE: Final = 1.6
_AT_ONCE_NS: Final = 30_000_000  # by so much no two packets are early and late, one after the other
_OF: Final = 16  # packets with intervals
_MOST: Final = 0.5  # share with a copy from which a strap is said to send its beats twice
_LEAST: Final = 6
_RARE: Final = 0.1  # share of packets that equal the one before in a heart that is not paced
# Without the copies the beats must fill the time, or they were none.
_FILL_01: Final = 0.8
_FILL_S: Final = 8.0


@dataclass(slots=True)
class _First:
    """A packet that may have copies."""

    arrived_ns: int
    rr_1024: tuple[int, ...]
    in_turn: bool
    copies: int = 0


class Copies:
    """Tells copies from packets, one strap's after the other.

    Attributes:
        shows: Most packets come twice.
    """

    def __init__(self) -> None:
        self._first: _First | None = None
        self._lately: deque[bool] = deque(maxlen=_OF)  # whether a packet had a copy
        self._equal: deque[bool] = deque(maxlen=2 * _OF)  # whether it equals the one before
        self._apart_ns: deque[int] = deque([NS_PER_S] * 3, maxlen=9)
        self.shows = False

    def is_copy(self, arrived_ns: int, rr_1024: tuple[int, ...], history: History) -> bool:
        """Whether this packet was here already. What is no copy goes into the history next."""
        first = self._first
        if first is None:
            self._first = _First(arrived_ns, rr_1024, in_turn=True)
            return False
        apart_ns, usual_ns = arrived_ns - first.arrived_ns, statistics.median(self._apart_ns)
        soon = apart_ns < _SOON * usual_ns
        if soon and rr_1024 == first.rr_1024:
            first.copies += 1
            return self._is_certain(first, apart_ns) and _fills_time(history)
        self._count(first, rr_1024)
        self._apart_ns.append(apart_ns)
        self._first = _First(arrived_ns, rr_1024, in_turn=not soon and apart_ns <= _LATE * usual_ns)
        return False

    def _is_certain(self, first: _First, apart_ns: int) -> bool:
        if self.shows or not first.rr_1024:
            return True
        has_time = apart_ns >= sum(first.rr_1024) * NS_PER_S // TICKS_PER_S
        rare = sum(self._equal) <= _RARE * max(len(self._equal), 1)
        return not has_time and first.in_turn and (rare or apart_ns <= _AT_ONCE_NS)

    def _count(self, first: _First, rr_1024: tuple[int, ...]) -> None:
        if not first.rr_1024:
            return
        self._lately.append(first.copies > 0)
        self._equal.append(rr_1024 == first.rr_1024)
        few = len(self._lately) < _LEAST
        self.shows = not few and sum(self._lately) > _MOST * len(self._lately)


def _fills_time(history: History) -> bool:
    packets = history.run(4 * _FILL_S)
    if len(packets) < 2:
        return True
    span_s = (packets[-1].arrived_ns - packets[0].arrived_ns) / NS_PER_S
    return span_s < _FILL_S or sum(packet.sum_s for packet in packets[1:]) >= _FILL_01 * span_s

"""The last interval once more in each packet without a new beat: slow hearts, and sensors that are sampled.

In a second without a beat such a strap sends the interval before it again, so a heart of 45 beats a minute brings
60 intervals. A repeat has the length of the last interval, and the clock has no time for it: laid after the beats
before, it would end after its own packet arrived. An equal interval that had the time is a beat.
"""

from collections import deque
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.heart_rate_packet import TICKS_PER_S
from agent.sources.strap.quirks.history import SPAN_S, WANDER_S, History, Packet

_LEAST: Final = 3  # repeats
_ELAPSED_S: Final = 8.0  # by then copies are known to be copies
_SURPLUS_S: Final = WANDER_S + 1.2  # two copies in a minute and a half are no quirk, at 50 a minute either
_MARGIN_NS: Final = 300 * 1_000_000  # a packet is early or late by so much; below the shortest interval of 200 a minute
_SOON: Final = 0.4  # of packets' usual distance: what is like the one before and sooner is a copy, or was held up
_ANCHOR_NS: Final = 30 * NS_PER_S
_BACKLOG: Final = 2.5  # packets' usual distances: more intervals at once were stored, not repeated


def is_like(packet: Packet, before: Packet) -> bool:
    """Whether a packet holds only the last interval of the one before, or the same intervals."""
    return packet.rr_1024 in (before.rr_1024, before.rr_1024[-1:])


def shows(history: History) -> bool:
    """Whether intervals come for which there was no time, and those like the last explain it.

    Counted from a packet that came in its turn: from the middle of a burst any strap has too many.
    """
    packets = history.last(SPAN_S)
    least_s = _BACKLOG * history.usual_ns / NS_PER_S
    surplus, likes, extra_s, past_s = 0.0, 0, 0.0, 0.0
    for n in range(len(packets) - 1, 0, -1):
        packet, before = packets[n], packets[n - 1]
        apart_s = (packet.arrived_ns - before.arrived_ns) / NS_PER_S
        surplus, past_s = surplus + packet.sum_s - apart_s, past_s + apart_s
        in_time = apart_s >= _SOON * history.usual_ns / NS_PER_S
        if in_time and is_like(packet, before) and packet.sum_s <= least_s + packet.rr_1024[-1] / TICKS_PER_S:
            likes, extra_s = likes + 1, extra_s + packet.sum_s
        # where equal intervals are common some of them are beats: the surplus itself bounds the repeats
        enough = surplus > _SURPLUS_S and likes >= _LEAST and extra_s >= surplus - WANDER_S / 2
        if enough and before.in_turn and past_s >= _ELAPSED_S:
            return True
    return False


class Dropped:
    """Lets repeats go while the quirk lasts."""

    def __init__(self) -> None:
        self._offsets: deque[tuple[int, int]] = deque()  # arrival, arrival less the beats laid end to end
        self._laid_ns = 0
        self._before: Packet | None = None

    def take(self, packet: Packet) -> tuple[int, ...]:
        """The intervals of a packet that are beats."""
        before, self._before = self._before, packet
        if not packet.joined:
            self._offsets.clear()
        length_ns = sum(packet.rr_1024) * NS_PER_S // TICKS_PER_S
        offset_ns = packet.arrived_ns - self._laid_ns - length_ns
        while self._offsets and packet.arrived_ns - self._offsets[0][0] > _ANCHOR_NS:
            self._offsets.popleft()
        if before is not None and is_like(packet, before) and self._has_no_time(offset_ns):
            return ()
        self._laid_ns += length_ns
        self._offsets.append((packet.arrived_ns, offset_ns))
        return packet.rr_1024

    def _has_no_time(self, offset_ns: int) -> bool:
        return not self._offsets or offset_ns < min(offset for _, offset in self._offsets) + _MARGIN_NS

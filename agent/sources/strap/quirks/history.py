"""The packets that came lately, and the sum of their intervals against the time that passed.

    surplus = sum of the intervals - time that passed       a strap that sends each beat once stays near 0

The last beat of a packet may be sent up to a second or two late (see `beat_times.DELAY_S`), so a surplus wanders
by that much on any strap. What goes beyond it, one way or the other, is no delay.
"""

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.heart_rate_packet import TICKS_PER_S

# A recorded Polar H10 wandered over 2.1 s (see `beat_times`); twice a second a packet would be late by more.
WANDER_S: Final = 2.5
SPAN_S: Final = 90.0  # a quirk is looked for in so much time, and over when so much passed without it
_MOST: Final = 320  # packets with intervals: five minutes at one a second
_USUAL_OF: Final = 15  # distances
_FIRST_USUAL_NS: Final = NS_PER_S  # what the service asks for
# A distance between packets is usual from half to 1.6 times the median, as in `beat_times`: else one was held up.
IN_TURN: Final = (0.5, 1.6)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet with intervals.

    Attributes:
        arrived_ns: Session time.
        hr_bpm: The strap's own heart rate, rounded by it.
        rr_1024: Intervals in 1/1024 s, oldest first, as sent.
        sum_s: Its intervals laid end to end.
        in_turn: It came at the usual distance from the packet before.
        joined: No packet is known to be missing between it and the one before, nor seconds of beats.
        empty: Packets without an interval since the one before.
    """

    arrived_ns: int
    hr_bpm: int
    rr_1024: tuple[int, ...]
    sum_s: float
    in_turn: bool
    joined: bool
    empty: int


# Longer without an interval is a loss that has a name (skin contact, RR missing); a slow heart takes its time.
_BEATLESS_NS: Final = 3 * NS_PER_S
_BEATLESS: Final = 2.5  # intervals


class History:
    """Packets of one strap, the newest last; bounded."""

    def __init__(self) -> None:
        self.packets: deque[Packet] = deque(maxlen=_MOST)
        self._apart_ns: deque[int] = deque([_FIRST_USUAL_NS] * 3, maxlen=_USUAL_OF)
        self._arrived_ns: int | None = None
        self._joined, self._empty = False, 0

    def interrupt(self) -> None:
        """Something was lost here, or the link is another."""
        self._joined, self._arrived_ns = False, None

    @property
    def usual_ns(self) -> float:
        """Packets' usual distance."""
        return float(statistics.median(self._apart_ns))

    def push(self, arrived_ns: int, hr_bpm: int, rr_1024: tuple[int, ...]) -> Packet | None:
        """Take a packet; what is kept of it, or None where it has no interval."""
        in_turn, usual_ns = False, self.usual_ns
        if self._arrived_ns is not None:
            apart_ns = arrived_ns - self._arrived_ns
            in_turn = IN_TURN[0] * usual_ns <= apart_ns <= IN_TURN[1] * usual_ns
            self._joined &= apart_ns <= max(IN_TURN[1] * usual_ns, NS_PER_S // 2)
            self._apart_ns.append(apart_ns)
        self._arrived_ns = arrived_ns
        if not rr_1024:
            self._empty += 1
            return None
        if self.packets:
            slow_ns = _BEATLESS * self.packets[-1].rr_1024[-1] * NS_PER_S // TICKS_PER_S
            self._joined &= arrived_ns - self.packets[-1].arrived_ns <= max(_BEATLESS_NS, slow_ns)
        joined, sum_s = self._joined and bool(self.packets), sum(rr_1024) / TICKS_PER_S
        packet = Packet(arrived_ns, hr_bpm, rr_1024, sum_s, in_turn, joined, self._empty)
        self.packets.append(packet)
        self._joined, self._empty = True, 0
        return packet

    def last(self, span_s: float = SPAN_S) -> list[Packet]:
        """Packets of the last so many seconds, oldest first."""
        if not self.packets:
            return []
        from_ns = self.packets[-1].arrived_ns - round(span_s * NS_PER_S)
        found: list[Packet] = []
        for packet in reversed(self.packets):
            if packet.arrived_ns < from_ns:
                break
            found.append(packet)
        return found[::-1]

    def run(self, span_s: float = SPAN_S) -> list[Packet]:
        """Packets of the last so many seconds between which nothing is known to be missing, oldest first."""
        found = self.last(span_s)
        begins = [n for n, packet in enumerate(found) if not packet.joined]
        return found[begins[-1] :] if begins else found


def elapsed_s(packets: Sequence[Packet]) -> float:
    """From the first packet's arrival to the last one's."""
    return (packets[-1].arrived_ns - packets[0].arrived_ns) / NS_PER_S if packets else 0.0


def surplus_s(packets: Sequence[Packet]) -> float:
    """Intervals that came after the first packet, laid end to end, less the time that passed, in s."""
    return sum(packet.sum_s for packet in packets[1:]) - elapsed_s(packets)

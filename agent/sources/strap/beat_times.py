"""When each beat ended: a strap sends lengths without times; laid end to end, they are compared with the clock.

    arrivals     │        │        │                 │        │
    beats     ───┴──┬──┴──┬──┴───  (nothing came)  ──┴──┬──┴──┬
                                   └ what does not fit the clock is a gap, never a guess

Two things are known of a packet that arrives at a: its last beat had ended by then, and its first
beat had not ended when the packet before was made (else it would have been in that one). Both bound by
how much the laid-out beats may be shifted; when the bounds cross, beats are missing (or too many).
Worked by us from the Heart Rate Service, which gives no time and sends about once a second.

What time alone cannot tell at once: a loss of about one interval, which a late packet would look like. It is
noticed when the bounds cross, often some beats later, and the gap stands there.
"""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.heart_rate_packet import TICKS_PER_S

# A beat may be told so much later than the first packet that could have held it. On a recorded Polar H10
# arrival minus summed intervals wandered over 2.1 s (-0.33 to +1.79), of which its longest interval explains
# about 0.9; connection intervals of up to 0.5 s are inside that. A silent loss shorter than this cannot be
# told from a late packet by time alone.
DELAY_S: Final = 1.25
# The strap's clock and ours: 0.1 % covers crystals (50 ppm) and straps that cut off the last 1/1024 s.
DRIFT_01: Final = 0.001
# By how much one beat may be shifted to stay with the clock; far below what counts as a gap (signal.rr).
_SLEW_NS: Final = 2_000_000
# A gap is at least so long in the times, so that nobody takes the beats around it for neighbours.
_LEAST_GAP_NS: Final = 30_000_000
# Longer without a packet, in packets' usual distance: the next one is held until its successor tells
# whether it was late (then they come in a burst, and none is missing) or something is lost.
_LATE: Final = 1.6
_FIRST_USUAL_NS: Final = NS_PER_S  # what the service asks for; then learnt
_HOLD_MOST_NS: Final = 2 * NS_PER_S
_LEARN: Final = 30  # packets before a prompt strap is held to its own promptness
_PROMPT_S: Final = 0.5  # but never to less than a slow connection interval (Garmin dual: 0.25 to 0.5 s)
_SPARE_S: Final = 0.35
_NEXT: Final = 1.25  # the next interval over the last
# Beats that would end so far ahead of the clock are refused: there was no time for them.
_AHEAD_NS: Final = 5 * NS_PER_S // 2


@dataclass(frozen=True, slots=True)
class Placed:
    """One beat with its time.

    Attributes:
        t_ns: When the interval ended.
        rr_1024: Its length as the strap sent it.
        gap_ns: Time without beats before it; 0: it follows directly on the one before. The very first is 0.
        is_doubtful: Beats were refused near it, and this one may be what there was no time for.
    """

    t_ns: int
    rr_1024: int
    gap_ns: int
    is_doubtful: bool = False


@dataclass(slots=True)
class _Packet:
    arrived_ns: int
    rr_1024: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """How a packet stands to the clock.

    Attributes:
        low_ns, high_ns: By how much the timeline may still be shifted.
        unexplained_ns: Time between its last beat and its arrival, beyond what is usual.
        late_ns: By how much its first beat could have been told earlier.
        fits: Whether it can follow on the beats before.
    """

    low_ns: float
    high_ns: float
    unexplained_ns: float
    late_ns: float
    fits: bool


def rr_ns(rr_1024: int) -> int:
    """An interval in whole nanoseconds."""
    return rr_1024 * NS_PER_S // TICKS_PER_S


class BeatTimes:
    """The running timeline of one strap.

    Args:
        blur_s: What the machine itself adds to lateness: nothing at the pace of life, more in a sped-up demo.

    Attributes:
        ahead: Beats refused because there was no time for them.
    """

    def __init__(self, blur_s: float = 0.0) -> None:
        self._blur_s = blur_s
        self.ahead = 0
        self._doubt_ns = 0  # as much time as refused beats would have filled is doubted in those that stay
        self._last_ns: int | None = None  # end of the last beat placed
        self._joined = False  # the next beat follows directly on it
        self._low_ns, self._high_ns = -math.inf, math.inf  # how far the timeline may be shifted
        self._arrived_ns: int | None = None  # of the packet before
        self._apart_ns: deque[int] = deque([_FIRST_USUAL_NS], maxlen=9)  # between packets
        self._late_ns: deque[float] = deque(maxlen=120)  # how late first beats were told
        self._before_held_ns = 0
        self._lags_ns: deque[float] = deque(maxlen=120)  # from last beats to their packets
        self._held: list[_Packet] = []

    def interrupt(self) -> None:
        """Something was lost here: the next beat begins again."""
        self._joined = False

    def place(self, arrived_ns: int, rr_1024: Sequence[int]) -> list[Placed]:
        """Take a packet over.

        Args:
            arrived_ns: Session time at which it arrived.
            rr_1024: Its intervals, oldest first; none is a packet too.

        Returns:
            Beats whose time is now known; those of a packet that may be late come with the next.
        """
        packet = _Packet(arrived_ns, tuple(rr_1024))
        before_ns, self._arrived_ns = self._arrived_ns, arrived_ns
        if not self._joined or before_ns is None:
            return [*self.flush(), *self._anchored([packet])]
        apart_ns, usual_ns = arrived_ns - before_ns, self._usual_ns()
        self._apart_ns.append(apart_ns)
        if self._held:
            self._held.append(packet)
            telling = apart_ns >= usual_ns / 2 and packet.rr_1024  # not in a burst, and not empty
            if not telling and arrived_ns - self._held[0].arrived_ns < _HOLD_MOST_NS:
                return []
            return self._decided(before_ns)
        if apart_ns > max(_LATE * usual_ns, _PROMPT_S * NS_PER_S):
            self._held, self._before_held_ns = [packet], before_ns
            return []
        return self._laid(packet, before_ns)

    def settle(self, now_ns: int) -> list[Placed]:
        """Release a held packet whose successor does not come; call it now and then."""
        if self._held and now_ns - self._held[-1].arrived_ns > _HOLD_MOST_NS:
            self._joined = False
            return self.flush()
        return []

    def flush(self) -> list[Placed]:
        """Release whatever is held, after a gap: the link is gone."""
        held, self._held = self._held, []
        return self._anchored(held) if held else []

    def _decided(self, before_ns: int) -> list[Placed]:
        """Late or lost: the newest packet was made in its own time, so it tells.

        Lost, when its first beat should have been in an earlier packet; or when packets are missing
        from the row and the beats leave at least one interval of time unexplained. (A strap that sends
        nothing between two slow beats misses packets too, but explains all its time.)
        """
        held, self._held = self._held, []
        *late, newest = held
        if not newest.rr_1024:
            return self._anchored(held)
        found = self._held_against_clock(newest, before_ns, self._end_ns(late))
        missing = newest.arrived_ns - self._before_held_ns > (len(held) + _LATE - 1) * self._usual_ns()
        lost = missing and found.unexplained_ns > 0.95 * rr_ns(newest.rr_1024[-1])
        if lost or not found.fits:
            return self._anchored(held)
        placed = []
        for packet in late:
            placed += self._joined_on(packet)
        return placed + self._laid(newest, before_ns)

    def _end_ns(self, packets: list[_Packet]) -> int:
        assert self._last_ns is not None
        return self._last_ns + sum(rr_ns(rr) for packet in packets for rr in packet.rr_1024)

    def _laid(self, packet: _Packet, before_ns: int) -> list[Placed]:
        """Hold a packet in its turn against the clock, and join it or begin again."""
        if not packet.rr_1024:
            return []
        found = self._held_against_clock(packet, before_ns, self._end_ns([]))
        if not found.fits:
            return self._anchored([packet])
        self._low_ns, self._high_ns = found.low_ns, found.high_ns
        self._lags_ns.append(found.unexplained_ns)
        self._late_ns.append(found.late_ns)
        return self._joined_on(packet)

    def _held_against_clock(self, packet: _Packet, before_ns: int, end_ns: int) -> "_Found":
        """What the clock says of a packet whose beats would follow on one that ended at ``end_ns``."""
        first_ns = end_ns + rr_ns(packet.rr_1024[0])
        whole_ns = sum(map(rr_ns, packet.rr_1024))
        lag_ns, drift_ns = packet.arrived_ns - end_ns - whole_ns, DRIFT_01 * whole_ns
        high_ns = min(self._high_ns + drift_ns, lag_ns)
        low_ns = max(self._low_ns - drift_ns, before_ns - self._delay_ns() - first_ns)
        unexplained_ns = lag_ns - high_ns
        fits = low_ns <= high_ns and unexplained_ns <= self._most_lag_ns(packet.rr_1024[-1])
        return _Found(low_ns, high_ns, unexplained_ns, before_ns - first_ns - high_ns, fits)

    def _usual_ns(self) -> float:
        return float(statistics.median(self._apart_ns))

    def _delay_ns(self) -> float:
        """How late a beat may be told: learnt, so that a prompt strap is held to its promptness."""
        if len(self._late_ns) < _LEARN:
            return (DELAY_S + self._blur_s) * NS_PER_S
        learnt_s = max(self._late_ns) / NS_PER_S + _SPARE_S
        return (min(max(learnt_s, _PROMPT_S), DELAY_S) + self._blur_s) * NS_PER_S

    def _most_lag_ns(self, rr_1024: int) -> float:
        """How long after its last beat a packet may come.

        No longer than the next interval takes, nor than packets are apart (a heart in step with the
        packets shows it only now and then); or as long as this strap has been seen to take.
        """
        if len(self._lags_ns) < _LEARN:
            return math.inf
        natural_ns = min(_NEXT * rr_ns(rr_1024), self._usual_ns())
        return max(*self._lags_ns, natural_ns) + (_SPARE_S + self._blur_s) * NS_PER_S

    def _joined_on(self, packet: _Packet) -> list[Placed]:
        placed = []
        for rr in packet.rr_1024:
            assert self._last_ns is not None
            # stay inside the bounds: never in the future, never older than the clock allows
            wanted_ns = self._high_ns if self._high_ns < 0 else max(self._low_ns, 0.0)
            slew_ns = round(max(-_SLEW_NS, 1 - rr_ns(rr), min(wanted_ns, _SLEW_NS)))  # time goes on, whatever comes
            self._low_ns, self._high_ns = self._low_ns - slew_ns, self._high_ns - slew_ns
            self._last_ns += rr_ns(rr) + slew_ns
            placed.append(Placed(self._last_ns, rr, 0, self._is_doubtful(rr)))
        return placed

    def _anchored(self, packets: list[_Packet]) -> list[Placed]:
        """Begin again: the last beat ended when its packet arrived; a gap lies before the first."""
        beats = [rr for packet in packets for rr in packet.rr_1024]
        if not beats:
            return []
        newest = next(packet for packet in reversed(packets) if packet.rr_1024)
        before_ns = self._last_ns
        start_ns = newest.arrived_ns - sum(map(rr_ns, beats))
        if before_ns is not None:
            start_ns = max(start_ns, before_ns + _LEAST_GAP_NS)
        end_ns = start_ns + sum(map(rr_ns, beats))
        if end_ns - newest.arrived_ns > _AHEAD_NS:
            self.ahead += len(beats)
            self._doubt_ns += end_ns - start_ns
            self._joined = False
            return []
        gap_ns = 0 if before_ns is None else start_ns - before_ns
        placed: list[Placed] = []
        for rr in beats:
            start_ns += rr_ns(rr)
            placed.append(Placed(start_ns, rr, gap_ns if not placed else 0, self._is_doubtful(rr)))
        self._last_ns, self._joined = start_ns, True
        self._low_ns, self._high_ns = -math.inf, float(newest.arrived_ns - start_ns)
        self._late_ns.clear()
        self._lags_ns.clear()
        return placed

    def _is_doubtful(self, rr_1024: int) -> bool:
        """Whether this beat pays for refused ones: which of all were true is not known."""
        doubtful = self._doubt_ns > 0
        self._doubt_ns = max(0, self._doubt_ns - rr_ns(rr_1024))
        return doubtful

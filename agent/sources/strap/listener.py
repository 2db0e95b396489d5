"""What comes in while a link is up: packets into samples, silence into the ladder, the rest into words."""

import logging
from dataclasses import dataclass, field
from typing import Final

from agent.errors import PacketRefused
from agent.model import NS_PER_S, Quality, Sample
from agent.sources.context import Surroundings
from agent.sources.strap import escalation
from agent.sources.strap.beat_times import BeatTimes, Placed
from agent.sources.strap.escalation import Act, Ladder
from agent.sources.strap.heart_rate_packet import TICKS_PER_S, Measurement, decode
from agent.sources.strap.notifications import Mail
from agent.sources.strap.platform import System
from agent.sources.strap.quirks.recogniser import Quirks
from agent.sources.strap.states import StrapState

log = logging.getLogger(__name__)

_BEATLESS_S: Final = 5.0
_LOW_PERCENT: Final = 10
_SAY_EVERY: Final = 60  # refused packets a line of the log
# Looked at four times a second: so long without a look means that the machine slept (or stood still).
_SLEPT_S: Final = 10.0
_WAKE_S: Final = 5.0  # after a sleep, a link that lives shows it within this time


@dataclass(slots=True)
class Timeline:
    """What outlives a link.

    Attributes:
        times: When beats ended.
        quirks: How this strap sends them.
    """

    times: BeatTimes
    quirks: Quirks = field(default_factory=Quirks)

    @property
    def quality(self) -> Quality:
        """Of beats that waited for their time."""
        return Quality.SUSPECT if self.quirks.is_doubtful else Quality.GOOD

    def interrupt(self) -> None:
        """Something was lost here."""
        self.times.interrupt()
        self.quirks.interrupt()


class StrapListener:
    """One for each link.

    Attributes:
        ladder: Where this link stands on it.
        packets: Measurements that could be read.
        over: The link is to be closed.
    """

    def __init__(self, timeline: Timeline, mail: Mail, around: Surroundings, system: System, standing: Ladder) -> None:
        self._timeline, self._times, self._quirks = timeline, timeline.times, timeline.quirks
        self._mail, self._around, self._system = mail, around, system
        self._heard_ns = self._beat_ns = self._looked_ns = around.clock.now_ns()
        self._ahead = self._times.ahead
        self._contact: bool | None = None
        self._refused, self._garbled_ns = 0, -(1 << 62)
        self._beats = False
        self.ladder = standing
        self.packets = 0
        self.over = False

    def heard(self) -> list[Sample]:
        """Samples of the packets that came."""
        found: list[Sample] = []
        while (packet := self._mail.take()) is not None:
            found += self._of_packet(*packet)
        now_ns = self._around.clock.now_ns()
        for beat in self._times.settle(now_ns):
            found += samples_of(beat, self._timeline.quality)
        return found

    def watch(self) -> Act:
        """Look at the link: say how it is, and what is to be done about it."""
        now_ns = self._around.clock.now_ns()
        if now_ns - self._looked_ns > _SLEPT_S * NS_PER_S:  # the clock counts sleep: the silence is the machine's own
            self._timeline.interrupt()
            self._heard_ns = max(self._heard_ns, now_ns - int((escalation.DISCONNECT_S - _WAKE_S) * NS_PER_S))
        self._looked_ns = now_ns
        if self._mail.lost:
            self._around.tell(StrapState.PAIRED if self._system.paired else StrapState.BROKEN)
            self.over = True
            return Act.DISCONNECT
        self.ladder, act = escalation.silent(self.ladder, (now_ns - self._heard_ns) / NS_PER_S)
        if act is Act.DISCONNECT:
            log.info("the strap is silent; reconnecting")
            self.over = True
        if (state := self._state(now_ns)) is not None:
            self._around.tell(state)
        return act

    def _state(self, now_ns: int) -> StrapState | None:
        if now_ns - self._heard_ns > escalation.SUSPECT_S * NS_PER_S:
            garbled = now_ns - self._garbled_ns < escalation.SUSPECT_S * NS_PER_S
            return StrapState.GARBLED if garbled else StrapState.SILENT
        if self._contact is False:
            return StrapState.NO_CONTACT
        if now_ns - self._beat_ns > _BEATLESS_S * NS_PER_S:
            return StrapState.NO_BEATS
        if self._beats and self._quirks.state is not None:
            return self._quirks.state
        if self._mail.battery_percent is not None and self._mail.battery_percent <= _LOW_PERCENT:
            return StrapState.BEATS_BATTERY_LOW if self._beats else StrapState.BATTERY_LOW
        return StrapState.BEATS if self._beats else None

    def _of_packet(self, arrived_ns: int, payload: bytes | None) -> list[Sample]:
        if payload is None:  # nobody picked up, and packets were let go
            self._timeline.interrupt()
            return []
        try:
            measured = decode(payload)
        except PacketRefused as refused:
            self._refused, self._garbled_ns = self._refused + 1, arrived_ns
            if self._refused % _SAY_EVERY == 1:
                log.info("a packet from the strap was refused: %s", refused.reason)
            self._timeline.interrupt()
            return []
        self.packets += 1
        self._heard_ns = max(self._heard_ns, arrived_ns)
        self.ladder = escalation.heard(self.ladder)
        if measured.rr_1024:
            self._beat_ns, self._beats = arrived_ns, True
        if measured.contact is False or (self._contact is False and measured.contact):
            self._timeline.interrupt()
        self._contact = measured.contact
        placed = self._placed(arrived_ns, measured)
        if self._times.ahead > self._ahead:
            log.info("beats from the strap were refused because their time was not known")
            self._ahead = self._times.ahead
        return [one for beat, quality in placed for one in samples_of(beat, quality)]

    def _placed(self, arrived_ns: int, measured: Measurement) -> list[tuple[Placed, Quality]]:
        """Its beats with their times, once what this strap does to them is undone."""
        undone = self._quirks.take(arrived_ns, measured.hr_bpm, measured.rr_1024)
        if undone is None:
            return []
        doubted = undone.is_doubtful or measured.contact is False
        quality = Quality.SUSPECT if doubted else Quality.GOOD
        placed: list[Placed] = []
        for number, part in enumerate(undone.parts_1024):
            if number or undone.after_gap:
                self._times.interrupt()
            placed += self._times.place(arrived_ns, part)
        return [(beat, quality) for beat in placed]


def samples_of(beat: Placed, quality: Quality) -> list[Sample]:
    """A placed beat, after the gap before it if there is one."""
    value_ms = beat.rr_1024 * 1000.0 / TICKS_PER_S
    beat_sample = Sample(beat.t_ns, "rr_ms", value_ms, Quality.SUSPECT if beat.is_doubtful else quality)
    if not beat.gap_ns:
        return [beat_sample]
    begin_ns = beat.t_ns - beat.rr_1024 * NS_PER_S // TICKS_PER_S
    return [Sample(begin_ns, "gap_ms", beat.gap_ns / 1e6), beat_sample]

"""A strap's packets through the agent's listener in no time at all: hearts, quirks, and what a window makes of them."""

from dataclasses import dataclass, field

import numpy as np

from agent.features import compute_all
from agent.model import NS_PER_S, Window
from agent.sources.strap.beat_times import BeatTimes
from agent.sources.strap.escalation import Ladder
from agent.sources.strap.listener import StrapListener, Timeline
from agent.sources.strap.platform import System
from agent.windows.window import _series
from firmware_sim import packets
from firmware_sim.quirks import QUIRKS, Memory, Sent

START_NS = 1_800_000_000 * NS_PER_S


@dataclass
class Clock:
    """Time that a test sets."""

    t_ns: int = START_NS
    speed: float = 1.0

    def now_ns(self):
        return self.t_ns


@dataclass
class Letters:
    """A mail box that is filled by hand."""

    waiting: list = field(default_factory=list)
    lost: bool = False
    battery_percent: int | None = None

    def take(self):
        return self.waiting.pop(0) if self.waiting else None


@dataclass
class Around:
    clock: Clock
    told: list = field(default_factory=list)

    def tell(self, state):
        if not self.told or self.told[-1][1] is not state:
            self.told.append((self.clock.t_ns, state))


class Worn:
    """A strap that is being listened to."""

    def __init__(self):
        self.clock = Clock()
        self.around, self.mail = Around(self.clock), Letters()
        self.timeline = Timeline(BeatTimes())
        self.samples = []
        self.link()

    def link(self):
        """A link begins."""
        self.timeline.interrupt()
        self.listener = StrapListener(self.timeline, self.mail, self.around, System(), Ladder())

    def hear(self, arrived_ns, payload):
        """A packet arrives."""
        self.clock.t_ns = arrived_ns
        self.mail.waiting.append((arrived_ns, payload))
        self.samples += self.listener.heard()
        self.listener.watch()

    @property
    def states(self):
        return [state for _, state in self.around.told]

    def at(self, state):
        """Seconds after the start at which a state was told first."""
        return next((t_ns - START_NS) / NS_PER_S for t_ns, told in self.around.told if told is state)


def made(rr_1024, every_s=1.0, start_ns=START_NS):
    """(made, heart rate, intervals): what a strap puts into its packets."""
    step_ns, end_ns = round(every_s * NS_PER_S), start_ns
    at_ns, beats, recent = start_ns + step_ns, [], [rr_1024[0]] * 5
    for rr in rr_1024:
        end_ns += rr * NS_PER_S // 1024
        while end_ns > at_ns:
            yield at_ns, round(60 * 1024 * len(recent) / sum(recent)), tuple(beats)
            at_ns, beats = at_ns + step_ns, []
        beats.append(rr)
        recent = [*recent[1:], rr]


def arriving(rr_1024, quirk=None, every_s=1.0, jitter_s=0.0, seed=1, from_s=0.0, until_s=float("inf"), contact=True):
    """(arrived, payload) in order of time; the quirk holds from one time to the other."""
    chance, memory = np.random.default_rng(seed), Memory(die=np.random.default_rng(seed))
    found, last_ns = [], 0
    for at_ns, hr_bpm, beats in made(rr_1024, every_s):
        holds = from_s <= (at_ns - START_NS) / NS_PER_S < until_s
        sent = (Sent(hr_bpm, beats),)
        if quirk is not None and holds:
            sent = (QUIRKS[quirk] if isinstance(quirk, str) else quirk)(sent[0], memory)
        at_ns = max(last_ns + 1_000_000, at_ns + round(chance.uniform(0.0, 1.0) * jitter_s * NS_PER_S))
        for one in sent:
            last_ns = at_ns + round(one.after_s * NS_PER_S)
            found.append((last_ns, packets.measurement(min(one.hr_bpm, 255), one.rr_1024, contact=contact)))
    return found


def worn(letters):
    """What comes of packets."""
    strap = Worn()
    for arrived_ns, payload in letters:
        strap.hear(arrived_ns, payload)
    return strap


def numbers(samples, from_s, span_s=300):
    """Features of a window, by name."""
    start_ns = START_NS + round(from_s * NS_PER_S)
    end_ns = start_ns + round(span_s * NS_PER_S)
    inside = {
        channel: _series([s for s in samples if s.channel == channel and start_ns <= s.t_ns < end_ns], 0, 0)
        for channel in ("rr_ms", "gap_ms")
    }
    return {value.name: value for value in compute_all(Window(start_ns, end_ns, inside))}


def truth(rr_1024, from_s, span_s=300):
    """(rate, RMSSD) of all beats of a window."""
    rr_ms = np.asarray(rr_1024) / 1.024
    end_s = np.cumsum(rr_ms) / 1000
    inside = (from_s <= end_s) & (end_s < from_s + span_s)
    return 60_000 / rr_ms[inside].mean(), float(np.sqrt(np.mean(np.diff(rr_ms[inside]) ** 2)))


# ---- hearts, in 1/1024 s


def heart(hr_bpm, rmssd_ms, seconds=700, resp_hz=0.25, seed=1, slow_ms=25.0, noise=0.4):
    """A heart with breath, a slow rhythm, and noise from beat to beat."""
    chance = np.random.default_rng(seed)
    usual_ms = 60_000 / hr_bpm
    phase = 2 * np.pi * resp_hz * usual_ms / 1000
    swing_ms = rmssd_ms * np.sqrt(1 - noise) / (np.sqrt(2) * np.sin(phase / 2))
    noise_ms = rmssd_ms * np.sqrt(noise / 2)
    at_s, rr = 0.0, []
    drift, slow = chance.uniform(0, 6, 2)
    while at_s < seconds:
        slow_part = slow_ms * np.sin(2 * np.pi * 0.03 * at_s + slow)
        one = usual_ms + swing_ms * np.sin(2 * np.pi * resp_hz * at_s + drift) + slow_part + chance.normal(0, noise_ms)
        rr.append(packets.ticks(max(one, 260)))
        at_s += rr[-1] / 1024
    return rr


def paced(rr_1024, seconds=700):
    """A pacemaker's."""
    return [rr_1024] * int(seconds * 1024 / rr_1024)


def fibrillating(hr_bpm=85, seconds=700, seed=1):
    """Each interval on its own."""
    chance = np.random.default_rng(seed)
    mean = 60 * 1024 / hr_bpm
    return [int(one) for one in np.clip(chance.normal(mean, 0.22 * mean, int(seconds * hr_bpm / 60)), 300, 1800)]

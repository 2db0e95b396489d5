"""Samples in, windows out: a bounded ring a channel, spans of 10 to 300 s, and the release windows.

┌── 300 s ──┐┌── 300 s ──┐       [start, end), UTC multiples of the length
│  ·  · · ·││·  ·  ·  · │       a beat belongs to the window of its end
└───────────┘└───────────┘       beats around a window come along as `lead` and `trail`: labels are learnt from them
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import numpy as np

from agent.errors import WrongUse
from agent.features import FEATURES, compute_all
from agent.model import NS_PER_S, FeatureValue, Quality, Sample, Series, Summary, Window

Shows = Callable[[str, str], bool]
MIN_SPAN_S: Final = 10
MAX_SPAN_S: Final = 300
# The most that is kept while no window closes: two hours of beats, or fourteen minutes of a 10 Hz channel.
_RING: Final = 8192
_LEAD: Final = 128  # what labels remember: 91 differences, and some more that are no beats
_TRAIL: Final = 2


class Ring:
    """The last samples of every channel, oldest dropped first.

    A sample that does not lie after its channel's last one is refused: time only goes on.
    """

    def __init__(self) -> None:
        self._channels: dict[str, deque[Sample]] = {}
        self.refused = 0

    def add(self, sample: Sample) -> None:
        """Take one sample over."""
        ring = self._channels.setdefault(sample.channel, deque(maxlen=_RING))
        if ring and sample.t_ns <= ring[-1].t_ns:
            self.refused += 1
            return
        ring.append(sample)

    def forget(self) -> None:
        """Let every sample go."""
        self._channels.clear()

    def trim(self, before_ns: int) -> None:
        """Let go of what lies before a moment, but for the one sample that leads into what is kept."""
        for ring in self._channels.values():
            while len(ring) > 1 and ring[1].t_ns < before_ns:
                ring.popleft()

    def latest(self, channel: str) -> Sample | None:
        """The newest sample of a channel."""
        ring = self._channels.get(channel)
        return ring[-1] if ring else None

    def newest_ns(self) -> int:
        """Time of the newest sample of any channel; 0 for none."""
        return max((ring[-1].t_ns for ring in self._channels.values() if ring), default=0)

    def window(self, start_ns: int, end_ns: int) -> Window:
        """Everything that ended in [start, end); channels with nothing there are absent."""
        series = {}
        for channel, ring in self._channels.items():
            before = [sample for sample in ring if sample.t_ns < start_ns][-_LEAD:]
            inside = [sample for sample in ring if start_ns <= sample.t_ns < end_ns]
            after = list(islice((sample for sample in ring if sample.t_ns >= end_ns), _TRAIL))
            if inside:
                series[channel] = _series([*before, *inside, *after], len(before), len(after))
        return Window(start_ns, end_ns, series)

    def span(self, end_ns: int, span_s: int) -> Window:
        """The last ``span_s`` seconds before ``end_ns``, for the live page.

        Raises:
            WrongUse: A span outside 10 to 300 s.
        """
        if not MIN_SPAN_S <= span_s <= MAX_SPAN_S:
            raise WrongUse(f"a span of {span_s} s is outside {MIN_SPAN_S} to {MAX_SPAN_S} s")
        return self.window(end_ns - span_s * NS_PER_S, end_ns)


class Windows:
    """The release windows of a session.

    Args:
        first_ns: A moment in the first window, session time.
        window_s: Length; a UTC multiple of it begins each window.
        utc_minus_session_ns: The mapping in force.
    """

    def __init__(self, first_ns: int, window_s: float = 300.0, utc_minus_session_ns: int = 0) -> None:
        self.ring = Ring()
        self._step_ns = int(window_s * NS_PER_S)
        self._utc_minus_session_ns = utc_minus_session_ns
        utc_ns = first_ns + utc_minus_session_ns
        self.start_ns = utc_ns // self._step_ns * self._step_ns - utc_minus_session_ns

    @property
    def end_ns(self) -> int:
        return self.start_ns + self._step_ns

    def utc_s(self, t_ns: int) -> int:
        """UTC seconds of a session time under the map of the open window, which a moved clock does not change."""
        return (t_ns + self._utc_minus_session_ns) // NS_PER_S

    def realign(self, utc_minus_session_ns: int) -> None:
        """After a clock break the open window ends early: the next one begins on the new UTC grid."""
        self._utc_minus_session_ns = utc_minus_session_ns
        utc_ns = self.start_ns + utc_minus_session_ns
        self.start_ns = (utc_ns // self._step_ns + 1) * self._step_ns - utc_minus_session_ns

    def last_end_ns(self) -> int:
        """The end of the window that holds the newest sample: what is left to close when nothing more comes."""
        beyond_ns = max(0, self.ring.newest_ns() - self.start_ns)
        return self.start_ns + (beyond_ns // self._step_ns + 1) * self._step_ns

    def closed(self, now_ns: int) -> Iterator[Window]:
        """Windows whose end has come, oldest first; each only once."""
        while self.end_ns <= now_ns:
            window = self.ring.window(self.start_ns, self.end_ns)
            self.start_ns = self.end_ns
            # by windows, not by age: a machine that slept closes old windows late
            self.ring.trim(self.start_ns - MAX_SPAN_S * NS_PER_S)
            yield window


def summarise(window: Window, start_utc_s: int, end_utc_s: int, shows: Shows = lambda _signal, _kind: True) -> Summary:
    """All features over a closed window.

    Args:
        window: The samples.
        start_utc_s, end_utc_s: Where it lies in UTC.
        shows: Whether a number of a (signal, kind) may be kept and shown; the others are not even kept.
    """
    values = (value for value in compute_all(window) if _is_shown(value, shows))
    return Summary(start_utc_s, end_utc_s, tuple(values))


def _is_shown(value: FeatureValue, shows: Shows) -> bool:
    spec = FEATURES[value.name]
    return shows(spec.signal, spec.kind)


def _series(samples: list[Sample], lead: int, trail: int) -> Series:
    return Series(
        t_ns=np.array([sample.t_ns for sample in samples], dtype=np.int64),
        value=np.array([sample.value for sample in samples], dtype=np.float64),
        good=np.array([sample.quality is Quality.GOOD for sample in samples]),
        lead=lead,
        trail=trail,
    )

"""The heart, beat by beat: what a page shows while a window is still open; a few microseconds a beat.

    sample ─▶ label, final two beats later ─▶ sums that slide ─▶ the same numbers as a window over the same beats

What is shown here never leaves: released numbers come from closed windows.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.features.heart import PAIRS
from agent.model import NS_PER_S, Quality, Sample
from agent.signal.heart import rhythm
from agent.signal.heart.artifacts import Label, Labeller
from agent.signal.heart.incremental import IncrementalMetrics, TimeMetrics
from agent.signal.heart.rr import GAP_TOLERANCE_MS

SPAN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Beat:
    """One interval as a page draws it; ``label`` None: not final yet."""

    t_ns: int
    rr_ms: float
    label: Label | None


@dataclass(frozen=True, slots=True)
class Now:
    """The last minute of beats, but for the two newest, whose labels are not final.

    Attributes:
        metrics: As they stand; NaN where there is too little.
        edited_01: Share of its intervals that are faulty.
        is_irregular: The rhythm cannot carry variability now.
    """

    metrics: TimeMetrics
    edited_01: float
    is_irregular: bool

    @property
    def rmssd_ms(self) -> float | None:
        """RMSSD of the last minute, or None where it would not be right to show one."""
        few = self.metrics.pairs < PAIRS.n or self.edited_01 > PAIRS.edited_01
        return None if few or self.is_irregular else self.metrics.rmssd_ms


class LiveHeart:
    """Takes beats as they come.

    Args:
        span_s: What "now" means.
    """

    def __init__(self, span_s: float = SPAN_S) -> None:
        self._span_ns = int(span_s * NS_PER_S)
        self._labeller, self._metrics = Labeller(), IncrementalMetrics(span_s)
        self._waiting: deque[tuple[Sample, bool]] = deque()  # not yet labelled; joined to the one before
        self._recent: deque[tuple[int, float, Label]] = deque()
        self._last_ns: int | None = None

    def push(self, sample: Sample) -> bool:
        """Take one beat interval (channel ``rr_ms``); False for any other sample, which is passed over."""
        if sample.channel != "rr_ms" or (self._last_ns is not None and sample.t_ns <= self._last_ns):
            return False
        apart_ms = 0.0 if self._last_ns is None else (sample.t_ns - self._last_ns) / 1e6
        joined = self._last_ns is not None and abs(apart_ms - sample.value) <= GAP_TOLERANCE_MS
        self._last_ns = sample.t_ns
        if not joined:
            self._settle(self._labeller.interrupt())
        if sample.quality is not Quality.GOOD:
            self._settle(self._labeller.interrupt())
            self._take(sample, Label.EXCLUDED, joined=joined)
            self._last_ns = None  # nothing is compared with a doubtful beat
            return True
        self._waiting.append((sample, joined))
        self._settle(self._labeller.push(sample.value))
        return True

    def recent(self, after_ns: int) -> list[Beat]:
        """Intervals that ended after a moment, oldest first; the newest two have no label yet."""
        final = [Beat(t_ns, rr_ms, label) for t_ns, rr_ms, label in self._recent if t_ns > after_ns]
        return final + [Beat(one.t_ns, one.value, None) for one, _ in self._waiting if one.t_ns > after_ns]

    def now(self) -> Now:
        """The last minute as it stands."""
        recent = np.array([rr_ms for _, rr_ms, _ in self._recent])
        label = np.array([one for _, _, one in self._recent], dtype=np.int8)
        edited_01 = float(np.mean(label != Label.NORMAL)) if label.size else 0.0
        return Now(self._metrics.now(), edited_01, rhythm.is_irregular(recent, label))

    def _settle(self, labels: list[Label]) -> None:
        for label in labels:
            sample, joined = self._waiting.popleft()
            self._take(sample, label, joined=joined)

    def _take(self, sample: Sample, label: Label, *, joined: bool) -> None:
        self._metrics.push(sample.t_ns, sample.value, is_normal=label is Label.NORMAL, joined=joined)
        self._recent.append((sample.t_ns, sample.value, label))
        while self._recent[0][0] <= sample.t_ns - self._span_ns:
            self._recent.popleft()

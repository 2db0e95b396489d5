"""Which intervals are beats and which are not; beat by beat, each label final two intervals later.

    normal     a heart's own interval
    ectopic    came too soon, or waited for one that did: a short interval and the pause after it
    long, short  one beat was found at the wrong place: a long interval beside a short one; or one alone, far off
    missed     two intervals in one: a beat was not detected
    extra      one interval in two: something else was detected as a beat
    excluded   no single interval of a heart: a dropout of several beats, or beyond 230 to 3300 ms (but two in one)

After Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306: quartile deviations over 91 beats, and the
signatures of missed, extra, ectopic and misaligned beats. Ours are:

* the swing: by how much two neighbours differ beyond the slope from the interval before to the one after. A beat
  displaced by a has a swing of 2a; the swing of breathing differs by person, and the limit is learnt from it;
* the order: an interval is compared with the last normal one, and limits are learnt from normal ones alone, so that a
  fault affects no label after it, and frequent faults do not widen the limits;
* one interval alone that nothing beside it makes up for is far off only beyond three of the paper's limits, or where
  it stands out between two that are alike: a deep breath lifts its neighbours too;
* ten faults in a row that are like each other are the heart: the local level is set from them;
* nothing is invented: intervals are labelled, never moved.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.artifact_rules import (
    CAP_01,
    EARLY_01,
    FARTHEST_01,
    FLOOR_MS,
    LOOK_AHEAD,
    MOST_SWING_01,
    SPIKE,
    SWING,
    SWING_FLOOR_MS,
    USUAL_01,
    Label,
    Limits,
    as_pair,
    is_new_level,
    is_plain,
    is_spike,
    median,
    spike_between_ms,
    swing_between_ms,
)
from agent.signal.heart.rr import RR_MAX_MS, RR_MIN_MS

__all__ = ["LOOK_AHEAD", "Label", "Labeller", "labels"]


_MEMORY: Final = 91  # the paper's
_ALPHA: Final = 5.2  # the paper's: quartile deviations that a difference may have
_LONE: Final = 3.0  # the paper's: its limits that one interval alone may be off
_FEW: Final = 10  # numbers before a limit is learnt
_LOCAL: Final = 9  # normal intervals in the local median; with the two ahead the 11 of the paper
_FAULT_RUN, _ALIKE = 10, 8  # faults in a row, and how many of them must be alike, before the level is set from them


class _Recent:
    """The last 91 numbers, kept sorted: a few microseconds a beat."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, value: float) -> None:
        self._recent.append(value)
        insort(self._sorted, value)
        if len(self._recent) > _MEMORY:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]

    def deviation(self) -> float | None:
        """Half the distance between the quartiles; None for too few."""
        low, high = self.quantile(0.25), self.quantile(0.75)
        return None if low is None or high is None else (high - low) / 2

    def quantile(self, share_01: float) -> float | None:
        """By linear interpolation; None for too few."""
        n = len(self._sorted)
        if n < _FEW:
            return None
        place = share_01 * (n - 1)
        low = int(place)
        rest = place - low
        return self._sorted[low] * (1 - rest) + self._sorted[min(low + 1, n - 1)] * rest


class Labeller:
    """Labels intervals as they come; `push` returns what has become final.

    `interrupt` marks a gap in the times: nothing is compared across it.
    """

    def __init__(self) -> None:
        self._differences, self._deviations = _Recent(), _Recent()
        self._swings, self._spikes = _Recent(), _Recent()
        self._normal_run: deque[float] = deque(maxlen=4)  # the last normal intervals, with nothing between
        self._recent_normal: deque[float] = deque(maxlen=_LOCAL)
        self._fault_run: deque[float] = deque(maxlen=_FAULT_RUN)  # faults in a row
        self._waiting: list[float] = []
        self._pair_labels: list[Label] = []  # of the first waiting ones, by a signature of two
        self._reference_ms: float | None = None  # the last normal interval

    def push(self, rr_ms: float) -> list[Label]:
        """Add one interval; labels become final two intervals later.

        Args:
            rr_ms: The interval in ms.

        Returns:
            Labels that became final, oldest first.

        Source: Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306, as changed in the module's list.
        """
        self._waiting.append(rr_ms)
        return self._finalize(LOOK_AHEAD)

    def interrupt(self) -> list[Label]:
        """Mark a gap: the intervals that wait become final, and the next one is compared with none before it.

        Returns: Labels that became final, oldest first.
        Source: see `Labeller.push`; a gap has no rule there, this one is ours.
        """
        final = self._finalize(0)
        self._reference_ms = None
        self._normal_run.clear()
        return final

    def _finalize(self, ahead: int) -> list[Label]:
        final: list[Label] = []
        while len(self._waiting) > ahead:
            if not self._pair_labels:
                self._pair_labels = self._classify(self._waiting)
            label = self._pair_labels.pop(0)
            rr_ms = self._waiting.pop(0)
            if label is Label.NORMAL:
                self._learn(rr_ms)
            else:
                self._learn_fault(rr_ms)
            final.append(label)
        return final

    def _learn(self, rr_ms: float) -> None:
        self._fault_run.clear()
        if self._reference_ms is not None:
            self._differences.add(abs(rr_ms - self._reference_ms))
        if self._recent_normal:
            self._deviations.add(abs(rr_ms - median(self._recent_normal)))
        self._normal_run.append(rr_ms)
        if len(self._normal_run) > 2:
            self._spikes.add(abs(spike_between_ms(*list(self._normal_run)[-3:])))
        if len(self._normal_run) == 4:
            self._swings.add(abs(swing_between_ms(*self._normal_run)))
        self._recent_normal.append(rr_ms)
        self._reference_ms = rr_ms

    def _learn_fault(self, rr_ms: float) -> None:
        """Ten faults in a row that are like each other are the heart, and what was taken for it before was not."""
        self._normal_run.clear()
        self._fault_run.append(rr_ms)
        if len(self._fault_run) < _FAULT_RUN:
            return
        level = median(self._fault_run)
        alike = [
            rr_ms
            for rr_ms in self._fault_run
            if abs(rr_ms - level) <= CAP_01 * level and RR_MIN_MS <= rr_ms <= RR_MAX_MS
        ]
        if len(alike) >= _ALIKE:
            self._recent_normal.clear()
            self._recent_normal.extend(alike[-3:])
            self._reference_ms = alike[-1]
            self._fault_run.clear()

    def _classify(self, rr_ms: list[float]) -> list[Label]:  # noqa: PLR0911 - one line a kind of fault
        """Label of the first interval, or of the first two when they only make sense together."""
        now = rr_ms[0]
        local = self._local_ms(rr_ms)
        reference = local if self._reference_ms is None else self._reference_ms
        if is_plain(reference, rr_ms, local):
            return [Label.NORMAL]
        limits = self._limits(local)
        is_split = len(rr_ms) > 1 and abs(now + rr_ms[1] - local) < limits.match_ms
        is_double = abs(now / 2 - local) < limits.match_ms
        if not RR_MIN_MS <= now <= RR_MAX_MS and not is_split and not is_double:
            return [Label.EXCLUDED]
        pair = as_pair(reference, rr_ms, local, limits)
        if pair is not None:
            return pair
        spikes = bool(self._normal_run) and len(rr_ms) > 1 and is_spike(reference, now, rr_ms[1], local, limits)
        if abs(now - reference) <= limits.step_ms and not spikes:
            return [Label.NORMAL]
        if is_double:
            return [Label.MISSED]
        if now > 2 * local:
            return [Label.EXCLUDED]
        if not spikes and (abs(now - local) <= limits.far_ms or is_new_level(rr_ms, local)):
            return [Label.NORMAL]
        if now > local:
            return [Label.LONG]
        if len(rr_ms) == 1 or rr_ms[1] <= local:
            return [Label.SHORT]
        pause = rr_ms[1] - local > limits.step_ms  # one that does not make up for all
        return [Label.ECTOPIC, Label.ECTOPIC] if pause else [Label.ECTOPIC]

    def _local_ms(self, rr_ms: list[float]) -> float:
        """What an interval should be here: the median of the last nine normal ones and the two ahead."""
        if len(self._recent_normal) >= _LOCAL:
            return median([*self._recent_normal, *rr_ms[1 : LOOK_AHEAD + 1]])
        if self._recent_normal:
            return median(self._recent_normal)
        plausible = [ahead_ms for ahead_ms in rr_ms[: LOOK_AHEAD + 1] if RR_MIN_MS <= ahead_ms <= RR_MAX_MS]
        return median(plausible) if plausible else rr_ms[0]

    def _limits(self, local: float) -> Limits:
        cap_ms = max(CAP_01 * local, FLOOR_MS)
        step, width = self._differences.deviation(), self._deviations.deviation()
        swing, spike = self._swings.quantile(USUAL_01), self._spikes.quantile(USUAL_01)
        early_ms = EARLY_01 * local
        return Limits(
            step_ms=cap_ms if step is None else min(max(_ALPHA * step, FLOOR_MS), cap_ms),
            match_ms=cap_ms if width is None else min(max(_ALPHA * width, FLOOR_MS), cap_ms),
            far_ms=early_ms if width is None else min(max(_LONE * _ALPHA * width, cap_ms), FARTHEST_01 * local),
            spike_ms=early_ms if spike is None else max(SPIKE * spike, SWING_FLOOR_MS),
            swing_ms=early_ms if swing is None else min(max(SWING * swing, SWING_FLOOR_MS), MOST_SWING_01 * local),
        )


def labels(rr_ms: Iterable[float], joined: Iterable[bool] | None = None) -> NDArray[np.int8]:
    """All labels of a series, as `Labeller` gives them one by one.

    Args:
        rr_ms: Intervals in ms, in order, shape ``(n,)``.
        joined: Whether an interval follows directly on the one before, shape ``(n,)``; None: all do.

    Returns:
        `Label` values, int8, shape ``(n,)``.

    Source: Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306, as changed in the module's list.
    """
    series = [float(interval_ms) for interval_ms in rr_ms]
    follows = [True] * len(series) if joined is None else list(joined)
    labeller = Labeller()
    final: list[Label] = []
    for interval_ms, follow in zip(series, follows, strict=True):
        if not follow:
            final += labeller.interrupt()
        final += labeller.push(interval_ms)
    return np.array([*final, *labeller.interrupt()], dtype=np.int8)

"""Which intervals are beats and which are not; beat by beat, each label final two intervals later.

    normal     a heart's own interval
    ectopic    came too soon, or waited for one that did: a short interval and the pause after it
    long, short  one beat was found at the wrong place: a long interval beside a short one; or one alone, far off
    missed     two intervals in one: a beat was not seen
    extra      one interval in two: something else was taken for a beat
    excluded   no single interval of a heart: a dropout of several beats, or beyond 300 to 2000 ms

After Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306: thresholds of 5.2 quartile deviations over
91 beats, and their signatures of missed, extra, ectopic and misaligned beats. Ours are:

* sequential: an interval is compared with the last one that was right, and thresholds are learnt from right
  ones alone; so nothing is judged by a fault before it, and frequent faults do not widen the thresholds;
* a floor of 40 ms: 5.2 ticks of a 128 Hz recorder, the coarsest in use; below it a difference is no news;
* a cap of 20 % of the local interval: Malik's limit (1996), beyond which neighbours do not differ at rest;
* an isolated interval that nothing beside it makes up for is a fault only beyond that cap: a slow breath
  lifts two intervals together, a misplaced beat takes from one what it gives to the other;
* nothing is invented: intervals are labelled, never moved.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.rr import RR_MAX_MS, RR_MIN_MS


class Label(IntEnum):
    """What an interval is; see the module."""

    NORMAL = 0
    ECTOPIC = 1
    LONG = 2
    SHORT = 3
    MISSED = 4
    EXTRA = 5
    EXCLUDED = 6


LOOK_AHEAD: Final = 2
_ALPHA: Final = 5.2
_MEMORY: Final = 91
_FLOOR_MS: Final = 40.0
_CAP_01: Final = 0.20
_LOCAL: Final = 9  # right intervals in the local median; with the two ahead the 11 of the paper
_SWING: Final = 2.5  # limits, over the three steps of a misplaced beat: a, 2a, a
_FEW: Final = 10  # differences before the learnt threshold counts


class _Quartiles:
    """Quartile deviation of the last 91 numbers, kept sorted: a few microseconds a beat."""

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
        n = len(self._sorted)
        return None if n < _FEW else (self._at(0.75 * (n - 1)) - self._at(0.25 * (n - 1))) / 2

    def _at(self, place: float) -> float:
        low = int(place)
        rest = place - low
        high = self._sorted[min(low + 1, len(self._sorted) - 1)]
        return self._sorted[low] * (1 - rest) + high * rest


class Labeller:
    """Labels intervals as they come; `push` gives what has become final.

    A gap in the times is told by `interrupt`: nothing is compared across it.
    """

    def __init__(self) -> None:
        self._differences, self._deviations = _Quartiles(), _Quartiles()
        self._right: deque[float] = deque(maxlen=_LOCAL)
        self._waiting: list[float] = []
        self._decided: list[Label] = []  # of the first waiting ones, by a signature of two
        self._reference_ms: float | None = None  # the last right interval

    def push(self, rr_ms: float) -> list[Label]:
        """Take one interval; labels of those two before it, oldest first."""
        self._waiting.append(rr_ms)
        return self._settle(LOOK_AHEAD)

    def interrupt(self) -> list[Label]:
        """A gap lies here: the rest becomes final, and the next interval stands for itself."""
        found = self._settle(0)
        self._reference_ms = None
        return found

    def _settle(self, ahead: int) -> list[Label]:
        found: list[Label] = []
        while len(self._waiting) > ahead:
            if not self._decided:
                self._decided = self._judged(self._waiting)
            label = self._decided.pop(0)
            rr_ms = self._waiting.pop(0)
            if label is Label.NORMAL:
                self._learn(rr_ms)
            found.append(label)
        return found

    def _learn(self, rr_ms: float) -> None:
        if self._reference_ms is not None:
            self._differences.add(abs(rr_ms - self._reference_ms))
        if self._right:
            self._deviations.add(abs(rr_ms - _median(self._right)))
        self._right.append(rr_ms)
        self._reference_ms = rr_ms

    def _judged(self, rr_ms: list[float]) -> list[Label]:  # noqa: PLR0911 - one line a kind of fault
        """Label of the first interval, or of the first two when they only make sense together."""
        now = rr_ms[0]
        if not RR_MIN_MS <= now <= RR_MAX_MS and not self._is_split(rr_ms):
            return [Label.EXCLUDED]
        local = self._local_ms(rr_ms)
        step_ms, width_ms = self._limits_ms(local)
        reference = local if self._reference_ms is None else self._reference_ms
        following = rr_ms[1] if len(rr_ms) > 1 else None
        if abs(now - reference) <= step_ms:
            return self._small(rr_ms, reference, step_ms)
        if abs(now / 2 - local) < width_ms:
            return [Label.MISSED]
        if now > 2 * local:
            return [Label.EXCLUDED]
        if following is not None:
            pair = self._as_pair(now, following, local, step_ms, width_ms)
            if pair is not None:
                return pair
        far = abs(now - local) > _CAP_01 * local
        if not far or self._is_new_level(rr_ms, local):
            return [Label.NORMAL]
        if now > local:
            return [Label.LONG]
        if following is None or following <= local:
            return [Label.SHORT]
        pause = following - local > step_ms  # one that does not make up for all
        return [Label.ECTOPIC, Label.ECTOPIC] if pause else [Label.ECTOPIC]

    @staticmethod
    def _small(rr_ms: list[float], reference: float, step_ms: float) -> list[Label]:
        """A beat misplaced by less than the limit still swings back twice as far: three steps to and fro."""
        if len(rr_ms) <= LOOK_AHEAD:
            return [Label.NORMAL]
        now, following, after = rr_ms[: LOOK_AHEAD + 1]
        steps = (reference - now, following - now, following - after)
        early = all(one > 0 for one in steps) and abs(reference - after) <= step_ms / 2
        made_up = abs(now + following - reference - after) <= step_ms / 2  # the pause gives back what came too soon
        if early and made_up and steps[1] > step_ms and sum(steps) > _SWING * step_ms:
            return [Label.ECTOPIC, Label.ECTOPIC]
        return [Label.NORMAL]

    def _is_split(self, rr_ms: list[float]) -> bool:
        """Whether the first two are one interval of this heart; short ones are beyond any plausible range alone."""
        local = self._local_ms(rr_ms)
        return len(rr_ms) > 1 and abs(rr_ms[0] + rr_ms[1] - local) < self._limits_ms(local)[1]

    @staticmethod
    def _as_pair(now: float, following: float, local: float, step_ms: float, width_ms: float) -> list[Label] | None:
        if now < local and following < local and abs(now + following - local) < width_ms:
            return [Label.EXTRA, Label.EXTRA]
        opposite = (now - local) * (following - local) < 0
        if opposite and abs(following - now) > step_ms and abs(now + following - 2 * local) < width_ms * 2:
            return [Label.ECTOPIC, Label.ECTOPIC] if now < local else [Label.LONG, Label.SHORT]
        return None

    @staticmethod
    def _is_new_level(rr_ms: list[float], local: float) -> bool:
        """Whether the two ahead stand where this one stands: the heart changed its pace."""
        near_ms = _CAP_01 * local / 2
        return len(rr_ms) > LOOK_AHEAD and all(abs(one - rr_ms[0]) <= near_ms for one in rr_ms[1 : LOOK_AHEAD + 1])

    def _local_ms(self, rr_ms: list[float]) -> float:
        """What an interval should be here: the median of the last nine right ones and the two ahead."""
        if len(self._right) >= _LOCAL:
            return _median([*self._right, *rr_ms[1 : LOOK_AHEAD + 1]])
        if self._right:
            return _median(self._right)
        plausible = [one for one in rr_ms[: LOOK_AHEAD + 1] if RR_MIN_MS <= one <= RR_MAX_MS]
        return _median(plausible) if plausible else rr_ms[0]

    def _limits_ms(self, local: float) -> tuple[float, float]:
        """By how much neighbours may differ, and how far an interval may be from what it should be."""
        cap_ms = max(_CAP_01 * local, _FLOOR_MS)
        step, width = self._differences.deviation(), self._deviations.deviation()
        return (
            cap_ms if step is None else min(max(_ALPHA * step, _FLOOR_MS), cap_ms),
            cap_ms if width is None else min(max(_ALPHA * width, _FLOOR_MS), cap_ms),
        )


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def labels(rr_ms: Iterable[float], joined: Iterable[bool] | None = None) -> NDArray[np.int8]:
    """All labels of a series, as `Labeller` gives them one by one.

    Args:
        rr_ms: Intervals in ms, in order, shape ``(n,)``.
        joined: Whether an interval follows directly on the one before, shape ``(n,)``; None: all do.

    Returns:
        `Label` values, int8, shape ``(n,)``.
    """
    series = [float(one) for one in rr_ms]
    follows = [True] * len(series) if joined is None else list(joined)
    labeller, found = Labeller(), []
    for one, follow in zip(series, follows, strict=True):
        if not follow:
            found += labeller.interrupt()
        found += labeller.push(one)
    return np.array([*found, *labeller.interrupt()], dtype=np.int8)

"""Which intervals are beats and which are not; beat by beat, each label final two intervals later.

    normal     a heart's own interval
    ectopic    came too soon, or waited for one that did: a short interval and the pause after it
    long, short  one beat was found at the wrong place: a long interval beside a short one; or one alone, far off
    missed     two intervals in one: a beat was not seen
    extra      one interval in two: something else was taken for a beat
    excluded   no single interval of a heart: a dropout of several beats, or beyond 300 to 2000 ms (but two in one)

After Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306: quartile deviations over 91 beats, and the
signatures of missed, extra, ectopic and misaligned beats. Ours are:

* the swing: by how much two neighbours differ beyond the slope from the interval before to the one after. A beat that
  stands at the wrong place by a swings by 2a, breathing by what it swings in this person: the limit is learnt from it;
* sequential: an interval is compared with the last one that was right, and limits are learnt from right ones alone,
  so nothing is judged by a fault before it, and frequent faults do not widen them;
* one interval alone that nothing beside it makes up for is far off only beyond three of the paper's limits, or where
  it stands out between two that are alike: a deep breath lifts its neighbours too;
* ten faults in a row that are like each other are the heart: the level is taken anew;
* nothing is invented: intervals are labelled, never moved.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.rr import RR_MAX_MS, RR_MIN_MS


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
_MEMORY: Final = 91  # the paper's
_ALPHA: Final = 5.2  # the paper's: quartile deviations that a difference may have
_LONE: Final = 3.0  # the paper's: its limits that one interval alone may be off
_FEW: Final = 10  # numbers before a limit is learnt
_LOCAL: Final = 9  # right intervals in the local median; with the two ahead the 11 of the paper
_ASTRAY, _ALIKE = 10, 8  # faults in a row, and how many of them must be alike, before the level is taken anew
_FLOOR_MS: Final = 40.0  # 5.2 ticks of a 128 Hz recorder, the coarsest in use: a smaller difference is no news
_CAP_01: Final = 0.20  # Malik's limit (1996): neighbours at rest do not differ by more
# A swing holds two intervals' ticks and a third of two more, so its floor is half as high again. Of 37 clean
# recordings (rest, sums, one of deep breathing) the median one never goes beyond 2.9 of its own 80th percentiles, and
# 0.5 % of all swings go beyond 3; higher, and beats misplaced by a tenth of an interval are missed in lively hearts.
_SWING_FLOOR_MS: Final = 60.0
_USUAL_01: Final = 0.8
_SWING: Final = 3.1
# One interval between two that are alike: in 47 of 49 clean recordings below 60 ms or five times the person's usual.
_SPIKE: Final = 5.0
_ALIKE_01: Final = 0.1  # of the local interval
_MOST_SWING_01: Final = 0.5  # of the local interval: a beat a quarter off is never breathing
_EARLY_01: Final = 0.3  # of the local interval, until limits are learnt: the largest swing of deep breathing seen
_FARTHEST_01: Final = 0.6  # of the local interval: beyond it one interval alone is never breathing
_SIDE_01: Final = 0.1  # each of the two carries at least this much of the swing: else one of them is right
_EXACT: Final = 1.25  # limits of a difference; a swing is half the sum of its three steps, 2.5 limits


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


class _Limits(NamedTuple):
    """In ms: what neighbours may differ by, how near halves and sums must be, how far one alone may be, or pairs."""

    step_ms: float
    match_ms: float
    far_ms: float
    spike_ms: float
    swing_ms: float


class Labeller:
    """Labels intervals as they come; `push` gives what has become final.

    A gap in the times is told by `interrupt`: nothing is compared across it.
    """

    def __init__(self) -> None:
        self._differences, self._deviations = _Recent(), _Recent()
        self._swings, self._spikes = _Recent(), _Recent()
        self._row: deque[float] = deque(maxlen=4)  # right intervals with nothing between
        self._right: deque[float] = deque(maxlen=_LOCAL)
        self._astray: deque[float] = deque(maxlen=_ASTRAY)  # faults in a row
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
        self._row.clear()
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
            else:
                self._doubt(rr_ms)
            found.append(label)
        return found

    def _learn(self, rr_ms: float) -> None:
        self._astray.clear()
        if self._reference_ms is not None:
            self._differences.add(abs(rr_ms - self._reference_ms))
        if self._right:
            self._deviations.add(abs(rr_ms - _median(self._right)))
        self._row.append(rr_ms)
        if len(self._row) > 2:
            self._spikes.add(abs(_spike_ms(*list(self._row)[-3:])))
        if len(self._row) == 4:
            self._swings.add(abs(_swing_ms(*self._row)))
        self._right.append(rr_ms)
        self._reference_ms = rr_ms

    def _doubt(self, rr_ms: float) -> None:
        """Ten faults in a row that are like each other are the heart, and what was taken for it before was not."""
        self._row.clear()
        self._astray.append(rr_ms)
        if len(self._astray) < _ASTRAY:
            return
        level = _median(self._astray)
        alike = [one for one in self._astray if abs(one - level) <= _CAP_01 * level and RR_MIN_MS <= one <= RR_MAX_MS]
        if len(alike) >= _ALIKE:
            self._right.clear()
            self._right.extend(alike[-3:])
            self._reference_ms = alike[-1]
            self._astray.clear()

    def _judged(self, rr_ms: list[float]) -> list[Label]:  # noqa: PLR0911 - one line a kind of fault
        """Label of the first interval, or of the first two when they only make sense together."""
        now = rr_ms[0]
        local = self._local_ms(rr_ms)
        reference = local if self._reference_ms is None else self._reference_ms
        if _is_plain(reference, rr_ms, local):
            return [Label.NORMAL]
        limits = self._limits(local)
        is_split = len(rr_ms) > 1 and abs(now + rr_ms[1] - local) < limits.match_ms
        is_double = abs(now / 2 - local) < limits.match_ms
        if not RR_MIN_MS <= now <= RR_MAX_MS and not is_split and not is_double:
            return [Label.EXCLUDED]
        pair = _as_pair(reference, rr_ms, local, limits)
        if pair is not None:
            return pair
        spikes = bool(self._row) and len(rr_ms) > 1 and _is_spike(reference, now, rr_ms[1], local, limits)
        if abs(now - reference) <= limits.step_ms and not spikes:
            return [Label.NORMAL]
        if is_double:
            return [Label.MISSED]
        if now > 2 * local:
            return [Label.EXCLUDED]
        if not spikes and (abs(now - local) <= limits.far_ms or _is_new_level(rr_ms, local)):
            return [Label.NORMAL]
        if now > local:
            return [Label.LONG]
        if len(rr_ms) == 1 or rr_ms[1] <= local:
            return [Label.SHORT]
        pause = rr_ms[1] - local > limits.step_ms  # one that does not make up for all
        return [Label.ECTOPIC, Label.ECTOPIC] if pause else [Label.ECTOPIC]

    def _local_ms(self, rr_ms: list[float]) -> float:
        """What an interval should be here: the median of the last nine right ones and the two ahead."""
        if len(self._right) >= _LOCAL:
            return _median([*self._right, *rr_ms[1 : LOOK_AHEAD + 1]])
        if self._right:
            return _median(self._right)
        plausible = [one for one in rr_ms[: LOOK_AHEAD + 1] if RR_MIN_MS <= one <= RR_MAX_MS]
        return _median(plausible) if plausible else rr_ms[0]

    def _limits(self, local: float) -> _Limits:
        cap_ms = max(_CAP_01 * local, _FLOOR_MS)
        step, width = self._differences.deviation(), self._deviations.deviation()
        swing, spike = self._swings.quantile(_USUAL_01), self._spikes.quantile(_USUAL_01)
        early_ms = _EARLY_01 * local
        return _Limits(
            step_ms=cap_ms if step is None else min(max(_ALPHA * step, _FLOOR_MS), cap_ms),
            match_ms=cap_ms if width is None else min(max(_ALPHA * width, _FLOOR_MS), cap_ms),
            far_ms=early_ms if width is None else min(max(_LONE * _ALPHA * width, cap_ms), _FARTHEST_01 * local),
            spike_ms=early_ms if spike is None else max(_SPIKE * spike, _SWING_FLOOR_MS),
            swing_ms=early_ms if swing is None else min(max(_SWING * swing, _SWING_FLOOR_MS), _MOST_SWING_01 * local),
        )


def _is_plain(before: float, rr_ms: list[float], local: float) -> bool:
    """Whether this is a right interval by the lowest limits there are: then none has to be worked out."""
    if len(rr_ms) <= LOOK_AHEAD:
        return False
    now, following, after = rr_ms[: LOOK_AHEAD + 1]
    cap_ms = max(_CAP_01 * local, _FLOOR_MS)
    return (
        RR_MIN_MS <= now <= RR_MAX_MS
        and abs(now - before) <= _FLOOR_MS
        and abs(after - local) <= cap_ms
        and abs(_spike_ms(before, now, following)) <= _SWING_FLOOR_MS
        and abs(_swing_ms(before, now, following, after)) <= _EXACT * _FLOOR_MS
        and abs(now + following - local) >= cap_ms
        and abs(following + after - local) >= cap_ms
    )


def _as_pair(before: float, rr_ms: list[float], local: float, limits: _Limits) -> list[Label] | None:
    """One interval cut in two, or a beat between two intervals that stands too early or too late."""
    if len(rr_ms) < 2:
        return None
    now, following, after = (*rr_ms, local)[:3]
    if _is_cut(now, following, local, limits):
        return [Label.EXTRA, Label.EXTRA]
    if _is_cut(following, after, local, limits):
        return None  # the next two are: this one stands alone
    if abs(after - local) > _CAP_01 * local:
        after = local  # a fault of its own
    swing_ms = _swing_ms(before, now, following, after)
    middle, size_ms = (before + after) / 2, abs(swing_ms)
    sides = ((middle - now) * swing_ms, (following - middle) * swing_ms)
    if min(sides) <= _SIDE_01 * swing_ms**2 or (len(rr_ms) > 2 and abs(rr_ms[2] - following) > size_ms):
        return None  # one of them is right, or the beat after is the misplaced one
    given_back_ms = abs(now + following - before - after)
    least_ms = limits.swing_ms
    if max(given_back_ms, abs(after - before)) < size_ms / 3:
        # what is made up for to the beat is no chance; least of all if it came too soon: the heart's clock ran on
        exact_ms = _EXACT * limits.step_ms
        least_ms = min(least_ms, exact_ms if now < following else max(exact_ms, _SWING_FLOOR_MS))
    if given_back_ms >= 2 * limits.match_ms or size_ms <= least_ms:
        return None
    return [Label.ECTOPIC, Label.ECTOPIC] if now < following else [Label.LONG, Label.SHORT]


def _is_cut(first: float, second: float, local: float, limits: _Limits) -> bool:
    """Whether two intervals are one that something cut in two."""
    return abs(first + second - local) < limits.match_ms and max(first, second) < local - limits.step_ms / 2


def _is_spike(before: float, now: float, following: float, local: float, limits: _Limits) -> bool:
    """Whether one interval alone stands out between two that are alike: a beat too soon that sets the clock anew."""
    alike = abs(following - before) <= max(_ALIKE_01 * local, _FLOOR_MS)
    return alike and abs(_spike_ms(before, now, following)) > limits.spike_ms


def _is_new_level(rr_ms: list[float], local: float) -> bool:
    """Whether the two ahead stand where this one stands: the heart changed its pace."""
    near_ms = _CAP_01 * local / 2
    return len(rr_ms) > LOOK_AHEAD and all(abs(one - rr_ms[0]) <= near_ms for one in rr_ms[1 : LOOK_AHEAD + 1])


def _spike_ms(before: float, now: float, following: float) -> float:
    """By how much an interval stands off the middle of its neighbours."""
    return now - (before + following) / 2


def _swing_ms(before: float, now: float, following: float, after: float) -> float:
    """By how much two intervals differ beyond the slope from the one before to the one after.

    Twice the misplacement of the beat between them; zero on any steady slope.

    >>> _swing_ms(800.0, 700.0, 900.0, 800.0), _swing_ms(800.0, 810.0, 820.0, 830.0)
    (200.0, 0.0)
    """
    return following - now - (after - before) / 3


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

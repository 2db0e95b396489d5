"""What an interval is: its label, and the rules that one, two or three neighbours must meet.

Source: Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306, for the signatures of missed, extra, ectopic
    and
misaligned beats. Derived: swing, spike and their limits are ours; the constants below say what they were measured on,
and `artifacts` how they are learnt.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

from agent.signal.heart.rr import RR_MAX_MS, RR_MIN_MS

LOOK_AHEAD: Final = 2


class Label(IntEnum):
    """What an interval is; `artifacts` explains each. The numbers are part of stored series."""

    NORMAL = 0
    ECTOPIC = 1
    LONG = 2
    SHORT = 3
    MISSED = 4
    EXTRA = 5
    EXCLUDED = 6


FLOOR_MS: Final = 40.0  # 5.2 ticks of a 128 Hz recorder, the coarsest in use: a smaller difference is no news
CAP_01: Final = 0.20  # Malik's limit (1996): neighbours at rest do not differ by more
# A swing holds two intervals' ticks and a third of two more, so its floor is half as high again. Of 37 clean
# recordings (rest, sums, one of deep breathing) the median one never goes beyond 2.9 of its own 80th percentiles, and
# 0.5 % of all swings go beyond 3. At 3.3, with `STEEP`, 0.25 % of 22 hours of a Holter are false edits (0.45 % at 3.1);
# higher, and beats misplaced by a tenth of an interval are missed in lively hearts.
SWING_FLOOR_MS: Final = 60.0
USUAL_01: Final = 0.8
SWING: Final = 3.3
# Times the change from the interval before a pair to the one after: a smaller swing is a heart that changes its pace.
# At 1.75 no labelled ectopic of four recordings is lost; at 3 two are, and RMSSD errors of misplaced beats triple.
STEEP: Final = 1.75
# One interval between two that are alike: in 47 of 49 clean recordings below 60 ms or five times the person's usual.
SPIKE: Final = 5.0
_ALIKE_01: Final = 0.1  # of the local interval
MOST_SWING_01: Final = 0.5  # of the local interval: a beat a quarter off is never breathing
EARLY_01: Final = 0.3  # of the local interval, until limits are learnt: the largest swing of deep breathing seen
FARTHEST_01: Final = 0.6  # of the local interval: beyond it one interval alone is never breathing
_SIDE_01: Final = 0.1  # each of the two carries at least this much of the swing: else one of them is right
_EXACT: Final = 1.25  # limits of a difference; a swing is half the sum of its three steps, 2.5 limits


class Limits(NamedTuple):
    """Limits of one interval, all in ms.

    Attributes:
        step_ms: Largest difference of neighbours.
        match_ms: How near a half or a sum must be to the local interval.
        far_ms: How far one interval alone may lie from the local interval.
        spike_ms: Largest distance of one interval from the middle of its neighbours.
        swing_ms: Largest difference of two neighbours beyond the slope around them.
    """

    step_ms: float
    match_ms: float
    far_ms: float
    spike_ms: float
    swing_ms: float


def is_plain(before: float, rr_ms: list[float], local: float) -> bool:
    """Whether an interval is normal by the lowest possible limits, so that no limit has to be computed.

    With ``cap = max(0.2 local, 40)``: ``230 <= now <= 3300``, ``|now - before| <= 40``, ``|after - local| <= cap``,
    ``|spike| <= 60``, ``|swing| <= 50``, and neither sum of two neighbours lies within cap of `local`.

    Args:
        before: The last normal interval, in ms.
        rr_ms: This interval and those ahead, in ms.
        local: What an interval should be here, in ms.

    Returns:
        False also for fewer than two intervals ahead.

    Derived: each limit is the lower bound of the limit that `artifacts` learns; what passes here passes all.
    """
    if len(rr_ms) <= LOOK_AHEAD:
        return False
    now, following, after = rr_ms[: LOOK_AHEAD + 1]
    cap_ms = max(CAP_01 * local, FLOOR_MS)
    return (
        RR_MIN_MS <= now <= RR_MAX_MS
        and abs(now - before) <= FLOOR_MS
        and abs(after - local) <= cap_ms
        and abs(spike_between_ms(before, now, following)) <= SWING_FLOOR_MS
        and abs(swing_between_ms(before, now, following, after)) <= _EXACT * FLOOR_MS
        and abs(now + following - local) >= cap_ms
        and abs(following + after - local) >= cap_ms
    )


def as_pair(before: float, rr_ms: list[float], local: float, limits: Limits) -> list[Label] | None:
    """Labels of two intervals that only make sense together: one cut in two, or a beat between them at the wrong place.

    With the swing s of the two (`swing_between_ms`): both lie on opposite sides of the middle of their neighbours, each
    by more than a tenth of |s|; their sum is that of the neighbours within twice `Limits.match_ms`; and |s| exceeds
    `Limits.swing_ms`. Where the sum is kept within |s| / 3, a limit of 1.25 `Limits.step_ms` is enough (at least 60 ms
    for a late beat). The interval after the two may differ from the second by at most |s|, and from the one before them
    by at most |s| / 1.75.

    Args:
        before: The last normal interval, in ms.
        rr_ms: This interval and those ahead, in ms.
        local: What an interval should be here, in ms.
        limits: Limits here, in ms.

    Returns:
        Two labels; None where the two are no pair.

    Source: see the module.
    """
    if len(rr_ms) < 2:
        return None
    now, following, after = (*rr_ms, local)[:3]
    if is_cut(now, following, local, limits):
        return [Label.EXTRA, Label.EXTRA]
    if is_cut(following, after, local, limits):
        return None  # the next two are: this one stands alone
    if abs(after - local) > CAP_01 * local:
        after = local  # a fault of its own
    swing_ms = swing_between_ms(before, now, following, after)
    middle, size_ms = (before + after) / 2, abs(swing_ms)
    sides = ((middle - now) * swing_ms, (following - middle) * swing_ms)
    if min(sides) <= _SIDE_01 * swing_ms**2 or (len(rr_ms) > 2 and abs(rr_ms[2] - following) > size_ms):
        return None  # one of them is right, or the beat after is the misplaced one
    given_back_ms = abs(now + following - before - after)
    least_ms = limits.swing_ms
    if max(given_back_ms, abs(after - before)) < size_ms / 3:
        # what is made up for to the beat is no chance; least of all if it came too soon: the heart's clock ran on
        exact_ms = _EXACT * limits.step_ms
        least_ms = min(least_ms, exact_ms if now < following else max(exact_ms, SWING_FLOOR_MS))
    pace_changes = size_ms < STEEP * abs(after - before)  # and nothing is given back
    if given_back_ms >= 2 * limits.match_ms or size_ms <= least_ms or pace_changes:
        return None
    return [Label.ECTOPIC, Label.ECTOPIC] if now < following else [Label.LONG, Label.SHORT]


def is_cut(first: float, second: float, local: float, limits: Limits) -> bool:
    """Whether two intervals are one that an extra beat cut in two: ``|first + second - local| < match``.

    Args:
        first, second: Neighbouring intervals in ms.
        local: What an interval should be here, in ms.
        limits: `Limits.match_ms`, and `Limits.step_ms`: the longer one is shorter than ``local - step / 2``.

    Returns:
        True where both hold.

    Source: see the module.
    """
    return abs(first + second - local) < limits.match_ms and max(first, second) < local - limits.step_ms / 2


def is_spike(before: float, now: float, following: float, local: float, limits: Limits) -> bool:
    """Whether one interval alone stands out between two that are alike: an early beat that resets the rhythm.

    ``|following - before| <= max(0.1 local, 40)`` and ``|now - (before + following) / 2| > spike``.

    Args:
        before, now, following: Neighbouring intervals in ms.
        local: What an interval should be here, in ms.
        limits: `Limits.spike_ms`.

    Returns:
        True where both hold.

    Source: see the module.
    """
    alike = abs(following - before) <= max(_ALIKE_01 * local, FLOOR_MS)
    return alike and abs(spike_between_ms(before, now, following)) > limits.spike_ms


def is_new_level(rr_ms: list[float], local: float) -> bool:
    """Whether the rate changed: the two intervals ahead lie within ``0.1 local`` of this one.

    Args:
        rr_ms: This interval and those ahead, in ms.
        local: What an interval should be here, in ms.

    Returns:
        False for fewer than two intervals ahead.

    Derived: half of Malik's limit of 20 %, either way.
    """
    near_ms = CAP_01 * local / 2
    return len(rr_ms) > LOOK_AHEAD and all(
        abs(ahead_ms - rr_ms[0]) <= near_ms for ahead_ms in rr_ms[1 : LOOK_AHEAD + 1]
    )


def spike_between_ms(before: float, now: float, following: float) -> float:
    """Distance of an interval from the middle of its neighbours, ``now - (before + following) / 2``.

    Args:
        before, now, following: Neighbouring intervals in ms.

    Returns:
        In ms, with its sign.

    Source: see the module.
    """
    return now - (before + following) / 2


def swing_between_ms(before: float, now: float, following: float, after: float) -> float:
    """Difference of two intervals beyond the slope around them, ``following - now - (after - before) / 3``.

    It is twice the displacement of the beat between them, and zero on any steady slope.

    Args:
        before, now, following, after: Neighbouring intervals in ms.

    Returns:
        In ms, with its sign.

    Derived: a beat displaced by a makes `now` shorter and `following` longer by a; a slope of b per interval gives
        ``after - before = 3 b``, and ``following - now = b``.

    >>> swing_between_ms(800.0, 700.0, 900.0, 800.0), swing_between_ms(800.0, 810.0, 820.0, 830.0)
    (200.0, 0.0)
    """
    return following - now - (after - before) / 3


def median(values: Iterable[float]) -> float:
    """Median of `values`; of an even number, the mean of the middle two.

    Returns: In the unit of `values`.
    Source: definition.
    """
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2

"""Whether a rhythm can carry heart-rate variability at all; apart from how well it was measured.

Frequent ectopic beats, or intervals that jump without order, make RMSSD large for reasons that have nothing to do
with the nervous system's tone. Such stretches are withheld as ``rhythm_irregular``: a word about the number, never a
diagnosis, and nothing that a person should worry about alone.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import Bools, Floats, mean, median_ms, rmssd_ms

# Measured by us: 127 resting recordings of volunteers: 0.8 % beyond 12 % of jumps, none beyond a ratio of 0.17; atrial
# fibrillation 17 to 26 % and 0.25 to 0.32; very frequent ectopy 88 % and 0.59. A fit person's breathing: 7 to 8 %.
JUMP_01: Final = 0.20  # Malik's limit (1996)
MOST_JUMPS_01: Final = 0.12
MOST_RATIO_01: Final = 0.20
MOST_WITH_EXTRA_01: Final = 0.041  # of intervals; an extra beat leaves the intervals beside it as they are
MOST_OUT_OF_PLACE_01: Final = 0.037  # beats: with as many found, those too small to be found move RMSSD by up to 18 %
# Labels take the larger jumps of an irregular rhythm away, so each limit alone may be kept. 3 % of misplaced beats in
# the liveliest recording reach 1.6 together, synthetic rhythms without order 2 and more.
TOGETHER: Final = 1.75
MOST_MISSED_01: Final = 0.2  # of intervals: no strap that is worn misses so many
_EARLY_01: Final = 0.9  # of the mean normal interval
FEWEST: Final = 20  # intervals below which nothing is said
# Ljung and Box's sum over 16 lags, about chi-square with 16 degrees of freedom for intervals without order: 99.5 % lie
# below 34. Of 400 five-minute windows of sinus rhythm the lowest is 105; of 118 recordings of one to two minutes two
# lie below 43, both with beats marked at the wrong place.
_LAGS: Final = 16
LEAST_ORDER: Final = 36.0
_FEWEST_FOR_ORDER: Final = 80
_BLOCK: Final = 300
_LEAST_SPREAD_01: Final = 0.045  # of the mean; fibrillation spreads more, and rounding and noise have no order either
# A pacemaker's intervals differ by its clock's and the recorder's ticks. Sinus rhythms: at most 32 % so near the
# median (a jogger's), 24 % in 269 windows of a day and a night.
MOST_ALIKE_01: Final = 0.5
_FEWEST_ALIKE: Final = 100
_ALIKE_MS: Final = 1.0
_ALIKE_OF_01: Final = 0.003


def is_irregular(rr_ms: Floats, labels: NDArray[np.int8]) -> bool:
    """Whether variability of these intervals is withheld for their rhythm.

    Three quantities, each over its limit: beats out of place per interval / 0.037 (with extra ones:
    / 0.041), differences beyond 20 % of the
    interval before per difference / 0.12, and RMSSD / mean(NN) / 0.20. It is irregular where one exceeds 1, the first
    two without extra beats together 1.75, or where the intervals have no order (`is_without_order`).

    Missed intervals (up to a fifth of all) and excluded ones do not count: they say nothing of the heart. A long one
    beside a short one does, and one cut in two: a beat found at the wrong place and an early beat look the same, and so
    do a false beat and an early beat without a pause.

    Args:
        rr_ms: Intervals as measured, in ms, shape ``(n,)``.
        labels: `Label` values, shape ``(n,)``.

    Returns:
        False for fewer than 20 intervals.

    Derived: the limits were measured on recordings of volunteers, of atrial fibrillation and of ectopy; see the
        constants.
    """
    if rr_ms.size < FEWEST:
        return False
    out_of_place = (labels >= Label.ECTOPIC) & (labels <= Label.SHORT)
    missed = labels == Label.MISSED
    if (
        np.count_nonzero(missed) > MOST_MISSED_01 * rr_ms.size
    ):  # every other beat too early looks like every other one missed
        out_of_place |= missed
    right = labels == Label.NORMAL
    early = rr_ms < _EARLY_01 * mean(rr_ms[right]) if right.any() else np.zeros(rr_ms.size, dtype=bool)
    extra = labels == Label.EXTRA
    displaced = _beats(out_of_place, early, extra) / rr_ms.size / MOST_OUT_OF_PLACE_01
    with_extra = _beats(out_of_place | extra, early, extra) / rr_ms.size / MOST_WITH_EXTRA_01
    beats = max(displaced, with_extra)
    pair = right[1:] & right[:-1]
    if pair.sum() < FEWEST:
        return beats > 1
    steps, before = np.abs(rr_ms[1:] - rr_ms[:-1])[pair], rr_ms[:-1][pair]
    jumps = int(np.count_nonzero(steps > JUMP_01 * before)) / steps.size / MOST_JUMPS_01
    ratio = rmssd_ms(steps) / mean(rr_ms[right]) / MOST_RATIO_01
    return bool(max(beats, jumps, ratio) > 1) or displaced + jumps > TOGETHER or is_without_order(rr_ms[right])


def is_without_order(nn_ms: Floats) -> bool:
    """Whether intervals follow each other like drawn lots: atrial fibrillation, even where it spreads little.

    ``n sum(r_k^2, k = 1 to 16) < 36``, r_k the autocorrelation at lag k, averaged over blocks of 300 intervals; and
    ``SD / mean > 0.045``. Breathing and the slow rhythms of a sinus node correlate neighbours; nothing does here.

    Args:
        nn_ms: Normal intervals in ms, shape ``(n,)``.

    Returns:
        False for fewer than 80 intervals.

    Source: Box and Pierce (1970), doi:10.1080/01621459.1970.10481180. Derived: the limit; see `LEAST_ORDER`.
    """
    if nn_ms.size < _FEWEST_FOR_ORDER:
        return False
    blocks = np.array_split(nn_ms, max(round(nn_ms.size / _BLOCK), 1))
    if median_ms(np.array([block.std() for block in blocks])) <= _LEAST_SPREAD_01 * mean(nn_ms):
        return False
    return float(np.mean([_order(block - block.mean()) for block in blocks])) < LEAST_ORDER


def _order(centred_ms: Floats) -> float:
    power = float(centred_ms @ centred_ms)
    lags = range(1, _LAGS + 1)
    return centred_ms.size * sum((float(centred_ms[lag:] @ centred_ms[:-lag]) / power) ** 2 for lag in lags)


def is_paced(nn_ms: Floats) -> bool:
    """Whether a device's clock and not the heart's own sets most intervals.

    It does where more than half of them lie within ``max(1 ms, 0.003 m)`` of their median m.

    Args:
        nn_ms: Normal intervals in ms, shape ``(n,)``.

    Returns:
        False for fewer than 100 intervals.

    Derived: see `MOST_ALIKE_01`.
    """
    if nn_ms.size < _FEWEST_ALIKE:
        return False
    middle_ms = median_ms(nn_ms)
    near = np.abs(nn_ms - middle_ms) <= max(_ALIKE_MS, _ALIKE_OF_01 * middle_ms)
    return bool(np.mean(near) > MOST_ALIKE_01)


def _beats(out_of_place: Bools, early: Bools, extra: Bools) -> int:
    """How many beats stand at the wrong place.

    One makes two neighbouring intervals faulty, or one alone; in a stretch of more, each makes an early one. One
    interval cut in two stands for one beat.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], out_of_place, [False]]).astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    so_far = np.concatenate([[0], np.cumsum(early)])
    by_length, by_early = (ends - begins + 1) // 2, so_far[ends] - so_far[begins]
    is_cut = (ends - begins == 2) & extra[begins]
    return int(np.sum(np.where(is_cut, 1, np.maximum(by_length, by_early))))

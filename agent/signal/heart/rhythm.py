"""Whether a rhythm can carry heart-rate variability at all; apart from how well it was measured.

Frequent ectopic beats, or intervals that jump without order, make RMSSD large for reasons that have nothing to do
with the nervous system's tone. Such stretches are withheld as ``rhythm_irregular``: a word about the number, never a
diagnosis, and nothing that a person should worry about alone.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import Bools, Floats, mean, rmssd_ms

# Measured by us: 127 resting recordings of volunteers: 0.8 % beyond 12 % of jumps, none beyond a ratio of 0.17; atrial
# fibrillation 17 to 26 % and 0.25 to 0.32; very frequent ectopy 88 % and 0.59. A fit person's breathing: 7 to 8 %.
JUMP_01: Final = 0.20  # Malik's limit (1996)
MOST_JUMPS_01: Final = 0.12
MOST_RATIO_01: Final = 0.20
MOST_OUT_OF_PLACE_01: Final = 0.04  # beats: with as many found, those too small to be found move RMSSD by up to 18 %
# Labels take the larger jumps of an irregular rhythm away, so each limit alone may be kept. 3 % of misplaced beats in
# the liveliest recording reach 1.6 together, synthetic rhythms without order 2 and more.
TOGETHER: Final = 1.75
MOST_MISSED_01: Final = 0.2  # of intervals: no strap that is worn misses so many
FEWEST: Final = 20  # intervals below which nothing is said


def is_irregular(rr_ms: Floats, labels: NDArray[np.int8]) -> bool:
    """Whether variability of these intervals is withheld for their rhythm.

    Three quantities, each over its limit: displaced beats per interval / 0.04, differences beyond 20 % of the interval
    before per difference / 0.12, and RMSSD / mean(NN) / 0.20. It is irregular where one exceeds 1, or the first two
    together 1.75.

    Missed intervals (up to a fifth of all), extra and excluded ones do not count: they say nothing of the heart. A long
    one beside a short one does: an early beat and a beat found at the wrong place look the same.

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
    beats = _beats(out_of_place) / rr_ms.size / MOST_OUT_OF_PLACE_01
    right = labels == Label.NORMAL
    pair = right[1:] & right[:-1]
    if pair.sum() < FEWEST:
        return beats > 1
    steps, before = np.abs(rr_ms[1:] - rr_ms[:-1])[pair], rr_ms[:-1][pair]
    jumps = int(np.count_nonzero(steps > JUMP_01 * before)) / steps.size / MOST_JUMPS_01
    ratio = rmssd_ms(steps) / mean(rr_ms[right]) / MOST_RATIO_01
    return bool(max(beats, jumps, ratio) > 1) or beats + jumps > TOGETHER


def _beats(out_of_place: Bools) -> int:
    """How many beats stand at the wrong place: one makes two neighbouring intervals faulty, or one alone."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], out_of_place, [False]]).astype(np.int8)))
    return int(np.sum((edges[1::2] - edges[::2] + 1) // 2))

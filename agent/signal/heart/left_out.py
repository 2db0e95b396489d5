"""Whether what was left out of the mean rate could have moved it: then there is no rate.

The mean is taken of normal intervals. Each kind of interval that was left out may have been the heart's own after all:

    early beats    ectopic, long, short: a heart made them, and they take time
    extra beats    two intervals where one was expected: a false beat, or an early one without a pause
    pauses         beyond 2 s: beats that were not detected, or a heart that stopped
    doubtful       measured well, but not like a beat: a shape of its own, or in a burst of faults

The rate is given where it stays the same, within its limit, with each kind counted as it was measured.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import PAUSE_MS, RR_MAX_MS, RR_MIN_MS, Bools, Floats, mean

MOST_MOVED_01: Final = 0.01  # labels find about half of what moves the rate: noise takes beats away, and makes none
MOST_MOVED_BY_EXTRA_01: Final = 0.02
MOST_MOVED_BY_PAUSES_01: Final = 0.01
LONGEST_PAUSE_MS: Final = 10_000.0  # nobody sits upright beyond; it is a contact that was lost
MANY_MISSED_01: Final = 0.05  # of intervals: beyond it they may be beats that the heart dropped
FEW_PAUSES_01: Final = 0.01


def why_rate_is_moved(rr_ms: Floats, label: NDArray[np.int8], good: Bools, *, irregular: bool = False) -> str:
    """The kind of interval that, counted, moves ``mean(NN)`` by more than 1 % (extra beats: 2 %).

    Args:
        rr_ms: All intervals of a window in ms, shape ``(n,)``.
        label: `Label` values, shape ``(n,)``.
        good: False where the source doubts an interval itself: what it measured there says nothing, shape ``(n,)``.
        irregular: Whether the rhythm is; then nothing was missed, and every interval counts as it is.

    Returns:
        ``pauses_left_out``, ``beats_left_out``, ``doubt_left_out``, or nothing where the rate stays.

    Derived: 2 % of a rate is what differs from one day to the next; on 1,400 hearts whose every beat is known
        no rate that is given is further off.
    """
    normal = label == Label.NORMAL
    if not normal.any():
        return ""
    mean_ms = mean(rr_ms[normal])
    missed = label == Label.MISSED
    early = (label >= Label.ECTOPIC) & (label <= Label.SHORT)
    if irregular or np.count_nonzero(missed) > MANY_MISSED_01 * rr_ms.size:
        early |= missed
    pause = is_pause(rr_ms, label) & good
    doubtful = (label == Label.EXCLUDED) & good & (rr_ms >= RR_MIN_MS) & (rr_ms <= RR_MAX_MS) & ~pause
    beats = early | (label == Label.EXTRA)
    for reason, kind, limit_01 in (
        ("pauses_left_out", pause, MOST_MOVED_BY_PAUSES_01),
        ("beats_left_out", early, MOST_MOVED_01),
        ("beats_left_out", label == Label.EXTRA, MOST_MOVED_BY_EXTRA_01),
        ("doubt_left_out", doubtful, MOST_MOVED_01),
        ("doubt_left_out", doubtful | beats | pause, MOST_MOVED_01),
    ):
        if kind.any() and abs(mean(rr_ms[normal | kind]) / mean_ms - 1) > limit_01:
            return reason
    return ""


def is_pause(rr_ms: Floats, label: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which intervals may be a pause of the heart: not normal, and 2 to 10 s long.

    Args:
        rr_ms: Intervals in ms, shape ``(n,)``.
        label: `Label` values, shape ``(n,)``.

    Returns:
        Shape ``(n,)``.

    Derived: 2 s is the usual definition of a sinus pause; beyond 10 s a person faints.
    """
    return np.asarray((label != Label.NORMAL) & (rr_ms >= PAUSE_MS) & (rr_ms <= LONGEST_PAUSE_MS))


def has_pauses(rr_ms: Floats, label: NDArray[np.int8], good: Bools) -> bool:
    """Whether pauses are too many for numbers of variability: more than one interval in a hundred, and at least two.

    One alone is a contact that was lost, more often than not. Counted, each would change RMSSD many times over.

    Args:
        rr_ms: Intervals in ms, shape ``(n,)``.
        label: `Label` values, shape ``(n,)``.
        good: False where the source doubts an interval itself, shape ``(n,)``.

    Returns:
        True where variability is withheld.

    Derived: chosen by us.
    """
    count = int(np.count_nonzero(is_pause(rr_ms, label) & good))
    return count > max(1, FEW_PAUSES_01 * rr_ms.size)

"""Labels of a window's intervals at their times: gaps and doubtful intervals are taken into account."""

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart import rr
from agent.signal.heart.artifacts import Label, labels
from agent.signal.heart.rr import Bools, Floats
from agent.signal.heart.second_look import second_look


def follows(t_s: Floats, rr_ms: Floats) -> Bools:
    """Whether each interval follows directly on the one before; the first counts as following.

    Args:
        t_s: End of each interval, ascending, in s, shape ``(n,)``.
        rr_ms: Lengths in ms, shape ``(n,)``.

    Returns:
        Shape ``(n,)``.

    Derived: see `rr.neighbours`.
    """
    joined = np.ones(rr_ms.size, dtype=bool)
    joined[1:] = rr.neighbours(t_s * 1000.0, rr_ms)
    return joined


def labelled(t_s: Floats, rr_ms: Floats, good: Bools) -> NDArray[np.int8]:
    """Labels of intervals at their times.

    Args:
        t_s: When each interval ended, ascending, in s, shape ``(n,)``.
        rr_ms: Their lengths in ms, shape ``(n,)``.
        good: False where the source doubts an interval; its label is EXCLUDED. Shape ``(n,)``.

    Returns:
        `Label` values, int8, shape ``(n,)``.

    Source: Lipponen and Tarvainen (2019), doi:10.1080/03091902.2019.1640306; see `artifacts`.
    """
    # a doubtful interval counts as a gap: nothing is learnt from it, and nothing compared with it
    label = np.full(rr_ms.size, Label.EXCLUDED, dtype=np.int8)
    joined = follows(t_s, rr_ms)
    joined[1:] &= good[:-1]
    label[good] = labels(rr_ms[good], joined[good])
    return second_look(t_s, rr_ms, label, joined)

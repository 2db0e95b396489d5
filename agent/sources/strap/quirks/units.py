"""Intervals in milliseconds where the service has 1/1024 s: all of them 2.4 % too short.

Nobody sees it in one interval. Laid end to end they fall behind the clock by 23 ms a second, steadily; a beat that
is left out falls behind by a whole interval at once. Looked at is the least that packets were late in each 20 s: it
stands still on a strap that keeps the unit, and climbs by 0.47 s a block on one that does not.
"""

import math
import statistics
from itertools import pairwise
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.heart_rate_packet import TICKS_PER_S
from agent.sources.strap.quirks.history import History

_BLOCK_S: Final = 20.0
_CLIMB_S: Final = _BLOCK_S * (1 - 1000 / TICKS_PER_S)
_NEAR: Final = (0.5, 1.5)  # times the climb: the least lateness of twenty packets wanders by 0.1 s
_LEAST: Final = 6  # climbs: two minutes
_MOST: Final = 10
_STEADY: Final = 0.8
_MEAN: Final = 0.15  # by which the mean climb may be off


def climbs_s(history: History) -> list[float]:
    """By how much the beats fell behind the clock from one block of 20 s to the next, newest last."""
    climbs: list[float] = []
    blocks: dict[int, float] = {}
    laid_s, begin_ns = 0.0, 0
    for packet in history.packets:
        if not packet.joined:
            climbs += _steps(blocks)
            blocks, laid_s, begin_ns = {}, 0.0, packet.arrived_ns
        else:
            laid_s += packet.sum_s
        at_s = (packet.arrived_ns - begin_ns) / NS_PER_S
        block = int(at_s // _BLOCK_S)
        blocks[block] = min(blocks.get(block, math.inf), at_s - laid_s)
    return climbs + _steps(blocks)


def _steps(blocks: dict[int, float]) -> list[float]:
    whole = sorted(blocks.items())[:-1]  # the newest is not full
    return [later - earlier for (a, earlier), (b, later) in pairwise(whole) if b == a + 1]


def shows(history: History) -> bool:
    """Whether the beats fall behind as intervals in milliseconds do."""
    lately = climbs_s(history)[-_MOST:]
    if len(lately) < _LEAST:
        return False
    near = sum(_NEAR[0] * _CLIMB_S < climb < _NEAR[1] * _CLIMB_S for climb in lately)
    return near >= _STEADY * len(lately) and abs(statistics.fmean(lately) / _CLIMB_S - 1) < _MEAN


def in_ticks(rr_ms: tuple[int, ...]) -> tuple[int, ...]:
    """Intervals in ms as intervals in 1/1024 s, rounded.

    >>> in_ticks((1000, 857))
    (1024, 878)
    """
    return tuple((rr * TICKS_PER_S + 500) // 1000 for rr in rr_ms)

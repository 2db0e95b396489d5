"""Intervals that nobody measured beat by beat: made from the heart rate, rounded, or one mean for a whole packet.

They fill the time and look regular; their differences are not the heart's. Nothing brings the beats back.
"""

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from agent.sources.strap.heart_rate_packet import TICKS_PER_S
from agent.sources.strap.quirks.history import SPAN_S, History, Packet

_LEAST: Final = 24  # packets
_ALL: Final = 0.95
# The rate must have moved so often, and the interval each time with it: a paced heart, whose intervals fit its rate for
# minutes, has none that fits while the strap's mean still moves.
_MOVES: Final = 4
_FASTEST_BPM: Final = 160  # above, neighbouring rates are 2 intervals' steps apart, and any interval fits one
_COARSE: Final = 10  # 1/1024 s between neighbouring lengths; 128 Hz recordings have 8, of which RMSSD feels 1 %
_BENT: Final = 0.3  # 1/1024 s a step: a grid in ms is uneven in 1/1024 s
_LENGTHS: Final = 60
_DISTINCT: Final = 3
_WIDE: Final = 64  # 1/1024 s; a paced heart whose rate is set again jumps further, or stays
_CHANGES: Final = 0.2  # share of intervals that differ from the one before
_SEVERAL: Final = 10  # packets with more than one interval


def _fits(packet: Packet) -> bool:
    """Whether every interval is what the packet's heart rate is worth, in 1/1024 s or in ms, cut off or rounded."""
    if not 0 < packet.hr_bpm <= _FASTEST_BPM:
        return False
    worth = (60 * TICKS_PER_S / packet.hr_bpm, 60_000 / packet.hr_bpm)
    return any(all(-0.51 <= one - rr < 1.0 for rr in packet.rr_1024) for one in worth)


def shows_from_rate(history: History) -> bool:
    """Whether intervals follow the heart rate that was sent with them, at each of its moves."""
    packets = history.last()
    if len(packets) < _LEAST or sum(map(_fits, packets[-_LEAST:])) < _ALL * _LEAST:
        return False
    moves = [later for earlier, later in pairwise(packets) if later.hr_bpm != earlier.hr_bpm][-2 * _MOVES :]
    return len(moves) >= _MOVES and all(map(_fits, moves))


def shows_coarse(history: History) -> bool:
    """Whether lengths stand on a grid so wide that differences are mostly its steps."""
    lengths = [rr for packet in history.last(SPAN_S) for rr in packet.rr_1024]
    distinct = sorted(set(lengths))
    steps = [later - earlier for earlier, later in pairwise(distinct)]
    if len(lengths) < _LENGTHS or len(distinct) < _DISTINCT or not _COARSE <= min(steps) <= _WIDE:
        return False
    if sum(earlier != later for earlier, later in pairwise(lengths)) < _CHANGES * len(lengths):
        return False
    width = statistics.fmean(step for step in steps if step <= min(steps) + 1)
    return all(abs(step - width * round(step / width)) <= 1 + _BENT * round(step / width) for step in steps)


def shows_averaged(history: History) -> bool:
    """Whether the intervals of a packet are all one number, and the next packet's another."""
    packets = history.last(SPAN_S)
    several = [packet.rr_1024 for packet in packets if len(packet.rr_1024) > 1]
    if len(several) < _SEVERAL or sum(len(set(rr)) == 1 for rr in several) < _ALL * len(several):
        return False
    return _moves(several) >= (len(several) - 1) / 2


def _moves(several: Sequence[tuple[int, ...]]) -> int:
    return sum(earlier[-1] != later[0] for earlier, later in pairwise(several))

"""PERCLOS, blinks and their duration, from how far the lids are shut.

Lids are sampled unevenly: a few frames per second most of the time, bursts of 15 to 30 between. What a frame rate
cannot show is not reported: at 5 frames per second 42 % of blinks fall between two frames.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

P80: Final = 0.8
_HOLD_S: Final = 0.5  # a sample speaks for itself until the next, at most so long
BLINK_HZ: Final = 15.0
LENGTH_HZ: Final = 28.0  # a camera of 30 frames a second drops one now and then
_HALF: Final = 0.5
_REOPENED: Final = 0.3
_BLINK_S: Final = (0.03, 0.5)  # longer is a closure, not a blink (Caffier et al. 2003, doi:10.1007/s00421-003-0807-5)


@dataclass(frozen=True, slots=True)
class Perclos:
    """PERCLOS and the time it rests on.

    Attributes:
        share_01: Share of time with eyes at least 80 % shut, 0 to 1; NaN without a sample.
        seen_s: Time that the samples stand for, in s.
    """

    share_01: float
    seen_s: float


def perclos(t_s: Floats, shut_01: Floats) -> Perclos:
    """PERCLOS, P80: ``sum(h_i [shut_i >= 0.8]) / sum(h_i)``, h_i the time that sample i stands for (`held_s`).

    Args:
        t_s: Sample times in s, ascending, shape ``(n,)``.
        shut_01: How far the lids are shut, 0 the person's own open eye, 1 shut, shape ``(n,)``.

    Returns:
        Share, 0 to 1, and the time it rests on, in s.

    Source:
        Wierwille et al. (1994), DOT HS 808 247; Dinges and Grace (1998), FHWA-MCRT-98-006.

    >>> perclos(np.array([0.0, 0.25, 0.5, 0.75]), np.array([0.0, 0.9, 0.9, 0.1]))
    Perclos(share_01=0.5, seen_s=1.0)
    """
    weight_s = held_s(t_s)
    seen_s = float(weight_s.sum())
    if not seen_s:
        return Perclos(float("nan"), 0.0)
    return Perclos(min(1.0, float(weight_s @ (shut_01 >= P80)) / seen_s), round(seen_s, 9))


def held_s(t_s: Floats, most_s: float = _HOLD_S) -> Floats:
    """Time that each sample stands for: ``min(t[i+1] - t[i], most_s)``; of the last one the median of the others.

    Args:
        t_s: Sample times in s, ascending, shape ``(n,)``.
        most_s: Longest time that a sample stands for, in s.

    Returns:
        In s, shape ``(n,)``; 0 for fewer than two samples.

    Source: definition. The limit of 0.5 s was chosen by us.
    """
    if t_s.size < 2:
        return np.zeros(t_s.size)
    gap_s = np.minimum(np.diff(t_s), most_s)
    return np.append(gap_s, float(np.median(gap_s)))


@dataclass(frozen=True, slots=True)
class Blinks:
    """Blinks of the fast stretches.

    Attributes:
        rate_per_min: Blinks per minute of fast stretches; NaN without one.
        n: Number of blinks.
        seen_s: Total length of the fast stretches in s.
        length_ms: Median duration below half open; NaN where no stretch was fast enough for it.
        length_n: Number of blinks that the duration rests on.
    """

    rate_per_min: float
    n: int
    seen_s: float
    length_ms: float
    length_n: int


def blinks(t_s: Floats, shut_01: Floats) -> Blinks:
    """Blinks in stretches of at least 15 frames per second, and their duration in those of at least 28.

    A blink is a closure of 0.03 to 0.5 s below half open; its edges lie on straight lines between frames.
    ``rate = 60 n / seen_s``.

    Args:
        t_s: Sample times in s, ascending, shape ``(n,)``.
        shut_01: How far the lids are shut, 0 to 1, shape ``(n,)``.

    Returns:
        Rate per minute, median duration in ms, and what they rest on.

    Source:
        Longest blink: Caffier et al. (2003), doi:10.1007/s00421-003-0807-5. The frame rates were chosen by us.
    """
    measured: list[tuple[float, bool]] = []
    seen_s = 0.0
    for first, last in _stretches(t_s, BLINK_HZ):
        seen_s += float(t_s[last] - t_s[first])
        is_fine = _rate_hz(t_s[first : last + 1]) >= LENGTH_HZ
        part = slice(first, last + 1)
        measured += [(length_s, is_fine) for length_s in _closures(t_s[part], shut_01[part]) if _is_blink(length_s)]
    lengths = [length_s * 1000.0 for length_s, is_fine in measured if is_fine]
    return Blinks(
        rate_per_min=60.0 * len(measured) / seen_s if seen_s else float("nan"),
        n=len(measured),
        seen_s=seen_s,
        length_ms=float(np.median(lengths)) if lengths else float("nan"),
        length_n=len(lengths),
    )


def _is_blink(length_s: float) -> bool:
    return _BLINK_S[0] <= length_s <= _BLINK_S[1]


def _rate_hz(t_s: Floats) -> float:
    return 1.0 / float(np.median(np.diff(t_s)))


def _stretches(t_s: Floats, least_hz: float) -> list[tuple[int, int]]:
    """First and last index of stretches of a second and more whose frames lie close enough."""
    if t_s.size < 2:
        return []
    # a frame dropped now and then does not end a stretch
    breaks = np.flatnonzero(np.diff(t_s) > 2.5 / least_hz)
    edges = [-1, *breaks.tolist(), t_s.size - 1]
    pairs = [(start + 1, end) for start, end in pairwise(edges)]
    return [
        (first, last)
        for first, last in pairs
        if last > first and t_s[last] - t_s[first] >= 1.0 and _rate_hz(t_s[first : last + 1]) >= least_hz - 0.5
    ]


def _closures(t_s: Floats, shut_01: Floats) -> list[float]:
    """How long each closing lasted below half open, edges between frames by a straight line; in s.

    A closure begins above one half and ends when the lids have opened well below it, so that noise at the half does
    not count twice.
    """
    lengths = []
    began_s: float | None = None
    fell_s = 0.0
    for place in range(1, t_s.size):
        before, now = shut_01[place - 1], shut_01[place]
        if began_s is None and before < _HALF <= now:
            began_s = _crossing_s(t_s, shut_01, place)
        elif began_s is not None:
            if before >= _HALF > now:
                fell_s = _crossing_s(t_s, shut_01, place)
            if now < _REOPENED:
                lengths.append(fell_s - began_s)
                began_s = None
    return lengths


def _crossing_s(t_s: Floats, shut_01: Floats, place: int) -> float:
    before, now = float(shut_01[place - 1]), float(shut_01[place])
    share = (_HALF - before) / (now - before)
    return float(t_s[place - 1] + share * (t_s[place] - t_s[place - 1]))

"""A second look at the labels of a whole series: runs of early beats, bursts of noise, and what stands out alone.

    run      ├────┤├─┤├─┤├─┤├──────┤├────┤    several early beats in a row: each interval alone may pass as a new pace,
             normal └ ectopic ┘ pause          but the pace comes and goes within two beats
    burst    normal ┤fault│normal│fault│normal│fault├ normal     what lies between faults so close to each other was
                     └────────── excluded ────────┘              measured by the same bad contact

`artifacts` labels beat by beat, two beats ahead; neither can be seen there. What is relabelled here is never made
normal, so a second look only adds doubt.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import Bools, Floats, median_ms

_AROUND: Final = 30  # intervals to either side for the usual one: twice the longest run
_LONGEST_RUN: Final = 30
_PASSES: Final = 3  # many runs hide the usual interval: the next pass knows it without those found so far
_SHORTEST_RUN: Final = 2
# A run begins and ends within one beat. Sinus rhythms of 37 clean recordings have no such stretch but for deep
# breathing, whose slow half is as far from the usual interval as its fast half.
_FALL_01: Final = 0.84  # a run's first interval, of the interval before
_EARLY_01: Final = 0.93  # a run's intervals, of the usual one
_RISE: Final = 1.18  # the interval after, times the run's last one
_DEEP_01: Final = 0.15  # how far a run's middle interval lies below the usual one
_DEEPER: Final = 1.3  # times the distance of the slower intervals around from the usual one
_BURST_FAULTS: Final = 3
_BURST_S: Final = 8.0
_BEFORE, _AFTER = 3, 2  # intervals around a burst: noise begins before it makes a fault that is found
# Steps beside a fault, and distances of one interval from the middle of its neighbours, are large beyond five times
# the 80th percentile of those around: 3 in 1,000 clean intervals are.
_SPIKE: Final = 5.0
_SPIKE_MS: Final = 80.0
_STEP_MS: Final = 50.0
_NEAR: Final = 4
_AT_ONCE: Final = 8192  # intervals


def second_look(t_s: Floats, rr_ms: Floats, label: NDArray[np.int8], joined: Bools) -> NDArray[np.int8]:
    """Labels with runs of early beats made ECTOPIC, and normal intervals within a burst of faults EXCLUDED.

    Args:
        t_s: End of each interval, ascending, in s, shape ``(n,)``.
        rr_ms: Lengths in ms, shape ``(n,)``.
        label: `Label` values of `artifacts`, int8, shape ``(n,)``.
        joined: Whether an interval follows directly on the one before, shape ``(n,)``.

    Returns:
        `Label` values, int8, shape ``(n,)``.

    Derived: limits measured on recordings of volunteers and on hearts whose every beat is known; see the constants.
    """
    if rr_ms.size < 2 * _SHORTEST_RUN:
        return label
    seen = label.copy()
    for _ in range(_PASSES):
        found = _runs(rr_ms, seen, joined)
        for begin, end in found:
            inside = seen[begin:end]
            inside[inside == Label.NORMAL] = Label.ECTOPIC
        if not found:
            break
    seen[_spikes(rr_ms, seen, joined)] = Label.SHORT
    seen[_lone_steps(rr_ms, seen, joined)] = Label.EXCLUDED
    for begin, end in _bursts(t_s, seen):
        inside = seen[begin:end]
        inside[inside == Label.NORMAL] = Label.EXCLUDED
    return seen


def _quantile_around(values: Floats, share_01: float, at: NDArray[np.int64]) -> Floats:
    """Quantile of the known ones among the 30 values before and the 30 after each place; NaN for none."""
    padded = np.concatenate([np.full(_AROUND, np.nan), values, np.full(_AROUND, np.nan)])
    around, found = sliding_window_view(padded, 2 * _AROUND + 1), np.zeros(at.size)
    for begin in range(0, at.size, _AT_ONCE):  # a week of beats at once would fill 370 MB
        ordered = np.sort(around[at[begin : begin + _AT_ONCE]], axis=1)  # NaN last
        count = np.count_nonzero(~np.isnan(ordered), axis=1)
        place = np.round(share_01 * np.maximum(count - 1, 0)).astype(np.int64)
        found[begin : begin + _AT_ONCE] = ordered[np.arange(count.size), place]
    return found


def _spikes(rr_ms: Floats, label: NDArray[np.int8], joined: Bools) -> NDArray[np.int64]:
    """Normal intervals between two normal ones that stand out from their middle as none around them does."""
    normal = label == Label.NORMAL
    at = np.flatnonzero(normal[1:-1] & normal[:-2] & normal[2:] & joined[1:-1] & joined[2:]) + 1
    apart_ms = np.full(rr_ms.size, np.nan)
    apart_ms[at] = np.abs(rr_ms[at] - (rr_ms[at - 1] + rr_ms[at + 1]) / 2)
    least_ms = np.minimum(np.abs(rr_ms[at] - rr_ms[at - 1]), np.abs(rr_ms[at] - rr_ms[at + 1]))
    suspects = at[(apart_ms[at] > _SPIKE_MS) & (least_ms > apart_ms[at] / 2)]  # a step to a new pace is none
    if not suspects.size:
        return suspects
    return suspects[apart_ms[suspects] > _SPIKE * _quantile_around(apart_ms, 0.8, suspects)]


def _lone_steps(rr_ms: Floats, label: NDArray[np.int8], joined: Bools) -> NDArray[np.int64]:
    """Both intervals of a step larger than those around, where a fault or another one lies within four intervals."""
    normal = label == Label.NORMAL
    at = np.flatnonzero(normal[1:] & normal[:-1] & joined[1:]) + 1
    step_ms = np.full(rr_ms.size, np.nan)
    step_ms[at] = np.abs(rr_ms[at] - rr_ms[at - 1])
    suspects = at[step_ms[at] > _STEP_MS]
    if suspects.size:
        suspects = suspects[step_ms[suspects] > _SPIKE * _quantile_around(step_ms, 0.8, suspects)]
    odd = ~normal
    odd[suspects] = True
    so_far = np.concatenate([[0], np.cumsum(odd)])
    around = so_far[np.minimum(suspects + _NEAR + 1, rr_ms.size)] - so_far[np.maximum(suspects - _NEAR, 0)]
    found = suspects[around > 1]
    return np.concatenate([found - 1, found])


def _runs(rr_ms: Floats, label: NDArray[np.int8], joined: Bools) -> list[tuple[int, int]]:
    """[begin, end) of stretches of early intervals that begin and end within one beat."""
    normal = label == Label.NORMAL
    begins = np.flatnonzero((rr_ms[1:] < _FALL_01 * rr_ms[:-1]) & joined[1:]) + 1
    known = np.where(normal, rr_ms, np.nan)
    usual_ms = _quantile_around(known, 0.5, begins)
    slow_ms = _quantile_around(known, 0.85, begins) - usual_ms  # a breath that quickens the heart also slows it
    found = []
    for begin, usual, slow in zip(begins.tolist(), usual_ms.tolist(), slow_ms.tolist(), strict=True):
        end = begin
        while end < rr_ms.size and end - begin <= _LONGEST_RUN and joined[end] and rr_ms[end] < _EARLY_01 * usual:
            end += 1
        if not 0 < end - begin <= _LONGEST_RUN or end >= rr_ms.size or not joined[end] or not normal[begin:end].any():
            continue
        if end - begin < _SHORTEST_RUN and normal[begin - 1] and normal[end]:
            continue  # one alone, which `artifacts` has labelled
        deep_ms = usual - median_ms(rr_ms[begin:end])
        if rr_ms[end] > _RISE * rr_ms[end - 1] and deep_ms > max(_DEEPER * slow, _DEEP_01 * usual):
            found.append((begin, end))
    return found


def _bursts(t_s: Floats, label: NDArray[np.int8]) -> list[tuple[int, int]]:
    """[begin, end) from the first to the last of three faults and more, each within 8 s of the one but one before."""
    faulty = (label != Label.NORMAL) & (label != Label.MISSED)  # a missed beat makes no other one doubtful
    begins = np.flatnonzero(faulty & ~np.concatenate([[False], faulty[:-1]]))
    if begins.size < _BURST_FAULTS:
        return []
    close = t_s[begins[_BURST_FAULTS - 1 :]] - t_s[begins[: 1 - _BURST_FAULTS]] <= _BURST_S
    return [
        (max(int(begins[k]) - _BEFORE, 0), int(begins[k + _BURST_FAULTS - 1]) + _AFTER + 1)
        for k in np.flatnonzero(close)
    ]

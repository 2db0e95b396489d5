"""Samples with times of their own to blocks on an even grid.

times of the first stretch ─▶ usual distance ─▶ rate          a longer distance ─▶ a gap, never bridged
each stretch ─▶ as it is where its times are even, else interpolated ─▶ blocks of at most a minute
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats
from agent.signal.heart.waveform import Block

STUDIED: Final = 60_000
"""Samples from which the rate is taken: a minute at 1000 a second, eight at 130."""

_LONGEST_S: Final = 60.0
_GAP: Final = 2.5  # usual distances: one or two samples that are missing are bridged
_BRIDGED_S: Final = {"ecg": 0.0, "ppg": 0.1, "eda": 0.0, "acc": 0.0}  # a pulse wave is smooth; a camera skips frames
_MOST_BRIDGED: Final = 10
_SAME_PACKET: Final = 0.25
_PACKED_01: Final = 0.2
_ODD, _ODD_01 = 0.2, 0.02  # distances that are no multiple of the usual one: jitter, or times written in coarse steps
_LATE_S: Final = 0.25
_EVEN: Final = 0.1
_JOINS: Final = 0.4  # of a distance: less than the half from which a gap counts


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples in a row.

    Attributes:
        value: In any unit, NaN where a cell could not be read, shape ``(n,)``.
        t_s: When each was taken, in s, not descending, shape ``(n,)``; None where they are even.
        acceleration_g: Three axes beside it, shape ``(n, 3)``, or None.
    """

    value: Floats
    t_s: Floats | None = None
    acceleration_g: Floats | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """How samples follow one another.

    Attributes:
        apart_s: Their usual distance.
        packet: Samples of a packet that share one time; 1 where each has its own.
        step_s: By how little two times differ: the steps in which the file writes them.
    """

    apart_s: float
    packet: int
    step_s: float


def rate(t_s: Floats) -> Rate | None:
    """The usual distance of samples; pauses do not count.

    Args:
        t_s: Times in s, shape ``(n,)``.

    Returns:
        None for fewer than two times.
    """
    apart = np.diff(t_s)
    forward = apart[apart > 0]
    if not forward.size:
        return None
    step_s = _step_s(forward)
    lag = max(1, min(1000, apart.size // 4))
    long_s = float(np.median(t_s[lag:] - t_s[:-lag])) / lag
    if float(np.mean(apart < _SAME_PACKET * long_s)) > _PACKED_01:
        edges = np.flatnonzero(apart >= _SAME_PACKET * long_s)
        sizes = np.diff(edges)
        if sizes.size < 3:
            return Rate(long_s, 1, step_s)
        packet = int(np.median(sizes))
        ends_s, counts = t_s[edges], np.cumsum(np.append(0, sizes))
        far = max(1, min(50, sizes.size // 4))
        slope = float(np.median((ends_s[far:] - ends_s[:-far]) / (counts[far:] - counts[:-far])))
        return Rate(slope, max(packet, 1), step_s)
    usual = float(np.median(apart))
    near = apart[(apart < _GAP * usual) & (apart > 0)]
    counts = np.round(near / usual)
    by_count_s = float(np.sum(near) / max(float(np.sum(counts)), 1.0))
    inside = apart[apart < _GAP * usual]
    long_s = float(np.mean(inside)) if inside.size else usual
    is_odd = float(np.mean(np.abs(near / usual - counts) > _ODD)) > _ODD_01 if near.size else True
    if is_odd or abs(by_count_s / long_s - 1) > _ODD_01:
        return Rate(long_s, 1, step_s)  # each distance says little, their mean says much
    return Rate(by_count_s, 1, step_s)


def _step_s(apart: Floats) -> float:
    """The steps in which a file writes its times; 0 where its samples have one distance."""
    kinds = np.unique(np.round(apart[:10_000], 6))
    return float(np.min(np.diff(kinds))) if kinds.size > 1 else 0.0


def blocks(stretches: Iterable[Stretch], found: Rate, signal: str) -> Iterator[Block]:
    """An even grid of one recording, in order.

    Args:
        stretches: All of its samples.
        found: Their usual distance.
        signal: ``ecg``, ``ppg``, ``eda`` or ``acc``.

    Yields:
        At most a minute each. One that begins later than the one before ended follows a gap.
    """
    clock = _Clock(found, signal)
    for stretch in stretches:
        for start_s, part in clock.runs(stretch):
            yield from _pieces(start_s, part, found.apart_s)


class _Clock:
    """Where samples stand after the first one."""

    def __init__(self, found: Rate, signal: str) -> None:
        self._rate = found
        self._first_s: float | None = None
        self._end_s = 0.0  # where the next sample is due
        bridged_s = max(_GAP * found.apart_s, min(_BRIDGED_S[signal], _MOST_BRIDGED * found.apart_s))
        packet_s = found.packet * found.apart_s
        self._gap_s = bridged_s if found.packet == 1 else max(_LATE_S, 1.5 * packet_s) + packet_s
        self._last: tuple[float, float, Floats | None] | None = None

    def runs(self, stretch: Stretch) -> Iterator[tuple[float, Stretch]]:
        """Even samples without a gap between them, and where they begin."""
        if not stretch.value.size:
            return
        if stretch.t_s is None:
            yield self._end_s, stretch
            self._end_s += stretch.value.size * self._rate.apart_s
            return
        if self._first_s is None:
            self._first_s = float(stretch.t_s[0])
        t_s = stretch.t_s - self._first_s
        before = t_s[0] if self._last is None else self._last[0]
        edges = np.flatnonzero(np.diff(t_s, prepend=before) > self._gap_s)
        is_new = self._last is None or bool(edges.size and edges[0] == 0)
        parts = np.split(np.arange(t_s.size), edges[edges > 0])
        for place in parts:
            cut = slice(int(place[0]), int(place[-1]) + 1)
            axes = None if stretch.acceleration_g is None else stretch.acceleration_g[cut]
            yield self._run(t_s[cut], stretch.value[cut], axes, is_new=is_new)
            is_new = True

    def _run(self, t_s: Floats, value: Floats, axes: Floats | None, *, is_new: bool) -> tuple[float, Stretch]:
        apart_s = self._rate.apart_s
        last = (float(t_s[-1]), float(value[-1]), None if axes is None else axes[-1:])
        if self._rate.packet > 1:
            start_s = max(float(t_s[0]), self._end_s) if is_new else self._end_s
            self._end_s = start_s + value.size * apart_s
        else:
            drift_s = t_s - np.arange(t_s.size) * apart_s
            start_s = float(np.median(drift_s))
            if not self._is_even(drift_s):
                start_s, value, axes = self._interpolated(t_s, value, axes, is_new=is_new)
            elif not is_new:
                start_s = min(max(start_s, self._end_s - _JOINS * apart_s), self._end_s + _JOINS * apart_s)
            self._end_s = start_s + value.size * apart_s
        self._last = last
        return start_s, Stretch(value, None, axes)

    def _is_even(self, drift_s: Floats) -> bool:
        """Whether times keep to the grid but for the steps in which they are written, and for a clock a little off."""
        apart_s = self._rate.apart_s
        lean_s = np.linspace(drift_s[0], drift_s[-1], drift_s.size)
        spread_s = float(np.ptp(drift_s - lean_s))
        return spread_s <= max(
            _EVEN * apart_s, 2.01 * self._rate.step_s if self._rate.step_s < 0.2 * apart_s else 0.0
        ) and (abs(float(drift_s[-1] - drift_s[0])) <= _JOINS * apart_s)

    def _interpolated(
        self, t_s: Floats, value: Floats, axes: Floats | None, *, is_new: bool
    ) -> tuple[float, Floats, Floats | None]:
        """Values on the grid that began with the run."""
        apart_s = self._rate.apart_s
        if not is_new and self._last is not None:  # from the last sample on, so that no sample is missing between
            t_s = np.append(self._last[0], t_s)
            value = np.append(self._last[1], value)
            axes = None if axes is None or self._last[2] is None else np.append(self._last[2], axes, axis=0)
            start_s = self._end_s
        else:
            start_s = float(t_s[0])
        rises = np.append(True, np.diff(t_s) > 0)
        count = max(int(np.floor((t_s[-1] - start_s) / apart_s + 1e-6)) + 1, 0)
        at_s = start_s + np.arange(count) * apart_s
        even = np.interp(at_s, t_s[rises], value[rises])
        turned = None
        if axes is not None:
            turned = np.stack([np.interp(at_s, t_s[rises], axis[rises]) for axis in axes.T], axis=1)
        return start_s, even, turned


def _pieces(start_s: float, part: Stretch, apart_s: float) -> Iterator[Block]:
    size = max(1, int(_LONGEST_S / apart_s))
    for begin in range(0, part.value.size, size):
        axes = None if part.acceleration_g is None else part.acceleration_g[begin : begin + size]
        yield Block(start_s + begin * apart_s, part.value[begin : begin + size], axes)

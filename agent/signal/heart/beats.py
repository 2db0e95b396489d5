"""A window's beats, labelled, and what every formula takes from them; each part is made once, on first use.

    intervals ─▶ labels ─┬▶ right ones ─▶ their differences         time metrics: faults are left out
                         └▶ repaired series ─▶ trend, spectrum      metrics that need an unbroken series

A beat belongs to the window of its end, a difference to the later beat; no difference is taken across a gap or a fault.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart import nonlinear, rhythm, rr
from agent.signal.heart import spectrum as spectra
from agent.signal.heart.artifacts import Label, labels
from agent.signal.heart.interval_correction import repaired
from agent.signal.heart.respiration import resp_rate_bpm
from agent.signal.heart.rr import Bools, Floats
from agent.signal.heart.spectrum import Even, Spectrum

T = TypeVar("T")

BREATHING_EDITED_01: Final = 0.02
FEWEST: Final = 8  # intervals below which no spectrum is drawn


@dataclass(frozen=True)
class Beats:
    """Labelled intervals around one window.

    Attributes:
        start_s, end_s: The window, [start, end).
        t_s: When each interval ended, ascending, shape ``(n,)``; some may lie before or after the window.
        rr_ms: Their lengths, shape ``(n,)``.
        label: `Label` values, int8, shape ``(n,)``.
        joined: Whether an interval follows directly on the one before, shape ``(n,)``.
        moving_01: Share of the window in which a pulse wave was taken from a moving body; 0 for anything else.
        jitter_ms: By how much noise moved the beats of a waveform; 0 for intervals that came as such.
    """

    start_s: float
    end_s: float
    t_s: Floats
    rr_ms: Floats
    label: NDArray[np.int8]
    joined: Bools
    moving_01: float = 0.0
    jitter_ms: float = 0.0
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def span_s(self) -> float:
        return self.end_s - self.start_s

    def once(self, make: Callable[["Beats"], T]) -> T:
        """What several numbers need of these beats, made on first use."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    @cached_property
    def inside(self) -> Bools:
        """Which intervals end in the window, shape ``(n,)``."""
        return np.asarray((self.t_s >= self.start_s) & (self.t_s < self.end_s))

    @cached_property
    def right(self) -> Bools:
        """Which intervals are a heart's own, shape ``(n,)``."""
        return np.asarray(self.label == Label.NORMAL)

    @cached_property
    def nn_ms(self) -> Floats:
        """Right intervals inside, shape ``(k,)``."""
        return np.asarray(self.rr_ms[self.right & self.inside])

    @cached_property
    def nn_joined(self) -> Bools:
        """For each right interval inside, whether the one before it in `nn_ms` is its neighbour, shape ``(k,)``."""
        return np.asarray(self._pairs[self.right & self.inside])

    @cached_property
    def diff_ms(self) -> Floats:
        """Differences of neighbouring right intervals, later minus earlier, shape ``(m,)``."""
        at = np.flatnonzero(self._pairs & self.inside)
        return np.asarray(self.rr_ms[at] - self.rr_ms[at - 1])

    @cached_property
    def turns(self) -> Bools:
        """For each right interval inside with both neighbours, whether the heart turns there, shape ``(k,)``."""
        return nonlinear.turns(self.nn_ms, self.nn_joined[1:])

    @cached_property
    def pair_sum_ms(self) -> Floats:
        """Sums of the same pairs, shape ``(m,)``."""
        at = np.flatnonzero(self._pairs & self.inside)
        return np.asarray(self.rr_ms[at] + self.rr_ms[at - 1])

    @cached_property
    def _pairs(self) -> Bools:
        pair = np.zeros(self.rr_ms.size, dtype=bool)
        pair[1:] = self.right[1:] & self.right[:-1] & self.joined[1:]
        return pair

    @cached_property
    def coverage_01(self) -> float:
        """Share of the window that right intervals fill."""
        return min(1.0, float(np.sum(self.nn_ms)) / 1000.0 / self.span_s) if self.span_s > 0 else 0.0

    @cached_property
    def edited_01(self) -> float:
        """Share of the window's intervals that are not right; 0 for none."""
        return float(np.mean(~self.right[self.inside])) if self.inside.any() else 0.0

    @cached_property
    def longest_gap_s(self) -> float:
        """The longest stretch of the window without a right interval, its edges included."""
        ends = self.t_s[self.right & self.inside]
        begins = np.maximum(ends - self.nn_ms / 1000.0, self.start_s)
        gaps = np.concatenate([begins, [self.end_s]]) - np.concatenate([[self.start_s], ends])
        return float(max(gaps.max(), 0.0))

    @cached_property
    def is_irregular(self) -> bool:
        """Whether variability is to be withheld for the rhythm; jumps that are one clear breath's are not.

        Hardly a faulty beat, and one peak of breathing that stands out: no rhythm without order has that.
        """
        if not rhythm.is_irregular(self.rr_ms[self.inside], self.label[self.inside]):
            return False
        if self.edited_01 > BREATHING_EDITED_01 or self.spectrum is None:
            return True
        return not math.isfinite(resp_rate_bpm(self.spectrum))

    # ---- an unbroken series

    @cached_property
    def repaired(self) -> tuple[Floats, Floats]:
        """(ends in s, intervals in ms) with single faults repaired, shapes ``(r,)``."""
        t_s, rr_ms = repaired(self.t_s[self.inside], self.rr_ms[self.inside], self.label[self.inside])
        later = np.concatenate([[True], np.diff(t_s) > 0]) if t_s.size else np.zeros(0, dtype=bool)
        return t_s[later], rr_ms[later]

    @cached_property
    def longest_hole_s(self) -> float:
        """The longest time missing between two intervals of the repaired series; infinite for fewer than two."""
        t_s, rr_ms = self.repaired
        return float(max(np.max(np.diff(t_s) - rr_ms[1:] / 1000.0), 0.0)) if t_s.size > 1 else math.inf

    @cached_property
    def _even(self) -> Even | None:
        t_s, rr_ms = self.repaired
        return spectra.even(t_s, rr_ms) if t_s.size >= FEWEST else None

    @cached_property
    def spectrum(self) -> Spectrum | None:
        """Of the repaired series, its slow trend taken away; None for too few intervals."""
        return None if self._even is None else spectra.welch(self._even.rest_ms, detrended=True)

    @cached_property
    def trendless_ms(self) -> Floats:
        """The repaired series without its slow trend, about its mean, shape ``(r,)``; empty for too few."""
        return np.zeros(0) if self._even is None else spectra.without_trend_at_beats(*self.repaired, self._even)


def shared(make: Callable[[Beats], T]) -> Callable[[Beats], T]:
    """A number that several others are made of: computed once for the same beats."""
    return lambda seen: seen.once(make)


def follows(t_s: Floats, rr_ms: Floats) -> Bools:
    """Whether each interval follows directly on the one before, shape ``(n,)``; the first does not tell, and does."""
    joined = np.ones(rr_ms.size, dtype=bool)
    joined[1:] = rr.neighbours(t_s * 1000.0, rr_ms)
    return joined


def labelled(t_s: Floats, rr_ms: Floats, good: Bools) -> NDArray[np.int8]:
    """Labels of intervals at their times.

    Args:
        t_s: When each interval ended, ascending, shape ``(n,)``.
        rr_ms: Their lengths, shape ``(n,)``.
        good: False where the source doubts an interval; it is excluded. Shape ``(n,)``.

    Returns:
        `Label` values, shape ``(n,)``.
    """
    # a doubtful interval is seen as a gap: nothing is learnt from it, and nothing compared with it
    found = np.full(rr_ms.size, Label.EXCLUDED, dtype=np.int8)
    joined = follows(t_s, rr_ms)
    joined[1:] &= good[:-1]
    found[good] = labels(rr_ms[good], joined[good])
    return found

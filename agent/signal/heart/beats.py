"""A window's beats, labelled, and what every formula takes from them; each part is computed once, on first use.

    intervals ─▶ labels ─┬▶ normal ones ─▶ their differences       time metrics: faulty intervals are left out
                         └▶ corrected series ─▶ trend, spectrum    metrics that need an unbroken series

A beat belongs to the window in which its interval ends, a difference to the later beat; no difference is taken across a
gap or a faulty interval.

Source: NN intervals and their differences as in Task Force of the ESC and NASPE (1996), doi:10.1161/01.CIR.93.5.1043.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart import nonlinear, rhythm
from agent.signal.heart import spectrum as spectra
from agent.signal.heart.artifacts import Label
from agent.signal.heart.interval_correction import corrected
from agent.signal.heart.respiration import resp_rate_bpm
from agent.signal.heart.rr import Bools, Floats, median_ms
from agent.signal.heart.spectrum import EvenlySampled, Spectrum

T = TypeVar("T")

BREATHING_EDITED_01: Final = 0.02
FEWEST: Final = 8  # intervals below which no spectrum is computed


@dataclass(frozen=True)
class Beats:
    """Labelled intervals around one window.

    Attributes:
        start_s, end_s: The window, [start, end), in s.
        t_s: When each interval ended, ascending, in s, shape ``(n,)``; some may lie before or after the window.
        rr_ms: Their lengths in ms, shape ``(n,)``.
        label: `Label` values, int8, shape ``(n,)``.
        joined: Whether an interval follows directly on the one before, shape ``(n,)``.
        moving_01: Share of the window in which a pulse wave was measured on a moving body; 0 for any other source.
        jitter_ms: Standard deviation of beat times that noise causes; 0 for intervals that a sensor sent.
        good: False where the source doubts an interval itself, shape ``(n,)``; None: nowhere.
    """

    start_s: float
    end_s: float
    t_s: Floats
    rr_ms: Floats
    label: NDArray[np.int8]
    joined: Bools
    moving_01: float = 0.0
    jitter_ms: float = 0.0
    good: Bools | None = None
    _computed: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def span_s(self) -> float:
        """Length of the window, ``end_s - start_s``.

        Returns: In s.
        Source: definition.
        """
        return self.end_s - self.start_s

    def once(self, make: Callable[["Beats"], T]) -> T:
        """Result of `make` for these beats; it is computed on first use and kept.

        Args:
            make: A pure function of beats.

        Returns:
            What `make` returns.

        Source: definition.
        """
        if make not in self._computed:
            self._computed[make] = make(self)
        return cast("T", self._computed[make])

    @cached_property
    def inside(self) -> Bools:
        """Which intervals end in the window, ``start_s <= t_s < end_s``.

        Returns: Shape ``(n,)``.
        Source: see the module.
        """
        return np.asarray((self.t_s >= self.start_s) & (self.t_s < self.end_s))

    @cached_property
    def is_measured(self) -> Bools:
        """Which intervals the source itself does not doubt.

        Returns: Shape ``(n,)``.
        Source: definition.
        """
        return np.ones(self.rr_ms.size, dtype=bool) if self.good is None else self.good

    @cached_property
    def is_normal(self) -> Bools:
        """Which intervals lie between two normal beats: label NORMAL.

        Returns: Shape ``(n,)``.
        Source: see the module.
        """
        return np.asarray(self.label == Label.NORMAL)

    @cached_property
    def nn_ms(self) -> Floats:
        """NN intervals: normal ones that end in the window.

        Returns: In ms, shape ``(k,)``.
        Source: see the module.
        """
        return np.asarray(self.rr_ms[self.is_normal & self.inside])

    @cached_property
    def nn_joined(self) -> Bools:
        """For each NN interval, whether the one before it in `nn_ms` is its neighbour.

        Returns: Shape ``(k,)``.
        Source: see the module.
        """
        return np.asarray(self._pairs[self.is_normal & self.inside])

    @cached_property
    def diff_ms(self) -> Floats:
        """Differences of neighbouring normal intervals, ``rr[i] - rr[i-1]``, the later one in the window.

        Returns: In ms, shape ``(m,)``.
        Source: see the module.
        """
        at = np.flatnonzero(self._pairs & self.inside)
        return np.asarray(self.rr_ms[at] - self.rr_ms[at - 1])

    @cached_property
    def inflections(self) -> Bools:
        """For each NN interval with both neighbours, whether it is an inflection point.

        Returns: Shape ``(j,)``.
        Source: Costa, Davis and Goldberger (2017), doi:10.3389/fphys.2017.00255; see `nonlinear.inflections`.
        """
        return nonlinear.inflections(self.nn_ms, self.nn_joined[1:])

    @cached_property
    def pair_sum_ms(self) -> Floats:
        """Sums of the pairs of `diff_ms`, ``rr[i] + rr[i-1]``.

        Returns: In ms, shape ``(m,)``.
        Source: Brennan, Palaniswami and Kamen (2001), doi:10.1109/10.959330 (diagonal of the Poincare plot).
        """
        at = np.flatnonzero(self._pairs & self.inside)
        return np.asarray(self.rr_ms[at] + self.rr_ms[at - 1])

    @cached_property
    def _pairs(self) -> Bools:
        pair = np.zeros(self.rr_ms.size, dtype=bool)
        pair[1:] = self.is_normal[1:] & self.is_normal[:-1] & self.joined[1:]
        return pair

    @cached_property
    def coverage_01(self) -> float:
        """Share of the window that NN intervals fill, ``min(1, sum(nn_ms) / 1000 / span_s)``.

        Returns: 0 to 1.
        Source: definition.
        """
        return min(1.0, float(np.sum(self.nn_ms)) / 1000.0 / self.span_s) if self.span_s > 0 else 0.0

    @cached_property
    def edited_01(self) -> float:
        """Share of the window's intervals whose label is not NORMAL.

        Returns: 0 to 1; 0 for no interval.
        Source: definition.
        """
        return float(np.mean(~self.is_normal[self.inside])) if self.inside.any() else 0.0

    @cached_property
    def longest_gap_s(self) -> float:
        """Longest part of the window without an NN interval; the edges of the window count.

        Returns: In s, at least 0.
        Source: definition.
        """
        ends = self.t_s[self.is_normal & self.inside]
        begins = np.maximum(ends - self.nn_ms / 1000.0, self.start_s)
        gaps = np.concatenate([begins, [self.end_s]]) - np.concatenate([[self.start_s], ends])
        return float(max(gaps.max(), 0.0))

    @cached_property
    def is_irregular(self) -> bool:
        """Whether variability is withheld for the rhythm: `rhythm.is_irregular`, unless breathing explains it.

        Breathing explains them where at most 2 % of intervals are edited and one peak of breathing stands out
        (`respiration.resp_rate_bpm`); an irregular rhythm has no such peak.

        Returns: True where it is withheld.
        Derived: limits of `rhythm`, measured on recordings; the exception is for deep breathing of fit people.
        """
        if not rhythm.is_irregular(self.rr_ms[self.inside], self.label[self.inside]):
            return False
        if self.edited_01 > BREATHING_EDITED_01 or self.spectrum is None:
            return True
        return not math.isfinite(self.breath_bpm)

    # ---- an unbroken series

    @cached_property
    def corrected(self) -> tuple[Floats, Floats]:
        """Intervals of the window with single faults corrected (`interval_correction.corrected`).

        Returns: Ends in s and intervals in ms, both of shape ``(r,)``, ends strictly ascending.
        Derived: see `interval_correction`.
        """
        t_s, rr_ms = corrected(self.t_s[self.inside], self.rr_ms[self.inside], self.label[self.inside])
        later = np.concatenate([[True], np.diff(t_s) > 0]) if t_s.size else np.zeros(0, dtype=bool)
        return t_s[later], rr_ms[later]

    @cached_property
    def longest_hole_s(self) -> float:
        """Longest time missing in the corrected series, ``max(t[i] - t[i-1] - rr[i] / 1000)``.

        Returns: In s, at least 0; infinite for fewer than two intervals.
        Source: definition.
        """
        t_s, rr_ms = self.corrected
        return float(max(np.max(np.diff(t_s) - rr_ms[1:] / 1000.0), 0.0)) if t_s.size > 1 else math.inf

    @cached_property
    def _even(self) -> EvenlySampled | None:
        t_s, rr_ms = self.corrected
        return spectra.evenly_sampled(t_s, rr_ms) if t_s.size >= FEWEST else None

    @cached_property
    def spectrum(self) -> Spectrum | None:
        """Spectrum of the corrected series without its slow trend (`spectrum.welch`).

        Returns: Density in ms^2/Hz over Hz; None for fewer than 8 intervals.
        Source: Welch (1967), doi:10.1109/TAU.1967.1161901; Tarvainen et al. (2002), doi:10.1109/10.979357.
        """
        return None if self._even is None else spectra.welch(self._even.detrended_ms, detrended=True)

    @cached_property
    def breath_bpm(self) -> float:
        """Breathing rate (`respiration.resp_rate_bpm`).

        Returns: In breaths per minute; NaN where no rhythm of breath stands out.
        Source: see `respiration`.
        """
        if self.spectrum is None:
            return math.nan
        return resp_rate_bpm(self.spectrum, 1.0 / median_ms(np.diff(self.corrected[0])))

    @cached_property
    def trendless_ms(self) -> Floats:
        """The corrected series without its slow trend, about its mean.

        Returns: In ms, shape ``(r,)``; empty for fewer than 8 intervals.
        Source: Tarvainen et al. (2002), doi:10.1109/10.979357.
        """
        return np.zeros(0) if self._even is None else spectra.without_trend_at_beats(*self.corrected, self._even)


def cached(make: Callable[[Beats], T]) -> Callable[[Beats], T]:
    """Decorator: the function is computed once for the same beats.

    Args:
        make: A pure function of beats.

    Returns:
        The same function, which keeps its result in the beats.

    Source: definition.
    """
    return lambda beats: beats.once(make)

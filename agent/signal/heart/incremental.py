"""Time metrics beat by beat: a sliding window and sums that follow it; a few microseconds a beat.

Sums lose digits as values are added and removed. Every 512 changes they are computed again from the window itself, so
that the result equals the batch formulas of `agent.signal.heart.rr` within 1e-9.

Source: the definitions of `agent.signal.heart.rr`; Task Force of the ESC and NASPE (1996),
    doi:10.1161/01.CIR.93.5.1043.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

_RECOMPUTE_EVERY: Final = 512
_BEYOND_MS: Final = (20.0, 50.0)


@dataclass(frozen=True, slots=True)
class TimeMetrics:
    """Metrics of the window as it stands; NaN where there are too few intervals.

    Attributes:
        n, pairs: Intervals and valid differences that the metrics rest on.
        hr_mean_bpm, mean_nn_ms, sdnn_ms: Of the intervals.
        rmssd_ms, sdsd_ms, pnn20_01, pnn50_01: Of the differences.
    """

    n: int
    pairs: int
    hr_mean_bpm: float
    mean_nn_ms: float
    sdnn_ms: float
    rmssd_ms: float
    sdsd_ms: float
    pnn20_01: float
    pnn50_01: float


class _Sums:
    """Count, sum and sum of squares of what is in, about an origin near them."""

    def __init__(self) -> None:
        self.n, self.origin, self._sum, self._squares, self._changes = 0, 0.0, 0.0, 0.0, 0

    def change(self, value: float, sign: int) -> bool:
        """Add (1) or take away (-1); True when the sums are due to be computed again."""
        if self.n == 0:
            self.origin, self._sum, self._squares = value, 0.0, 0.0
        offset = value - self.origin
        self.n += sign
        self._sum += sign * offset
        self._squares += sign * offset * offset
        self._changes += 1
        return self._changes >= _RECOMPUTE_EVERY

    def recompute(self, values: list[float]) -> None:
        self.n = len(values)
        self.origin = math.fsum(values) / self.n if values else 0.0
        self._sum = math.fsum(value - self.origin for value in values)
        self._squares = math.fsum((value - self.origin) ** 2 for value in values)
        self._changes = 0

    def mean(self) -> float:
        return self.origin + self._sum / self.n if self.n else math.nan

    def deviation(self) -> float:
        if self.n < 2:
            return math.nan
        return math.sqrt(max(self._squares - self._sum**2 / self.n, 0.0) / (self.n - 1))

    def root_mean_square(self) -> float:
        if not self.n:
            return math.nan
        about = self._squares + 2 * self.origin * self._sum + self.n * self.origin**2
        return math.sqrt(max(about, 0.0) / self.n)


class IncrementalMetrics:
    """Time metrics of the normal intervals of the last `span_s` seconds.

    Args:
        span_s: Length of the window in s; a beat belongs to it from the end of its interval, a difference with its
            later beat.
    """

    def __init__(self, span_s: float) -> None:
        self._span_ns = int(span_s * 1e9)
        self._beats: deque[tuple[int, float, float | None]] = deque()  # end, interval, difference before it
        self._intervals, self._steps = _Sums(), _Sums()
        self._beyond = [0] * len(_BEYOND_MS)
        self._last: float | None = None

    def push(self, t_ns: int, rr_ms: float, *, is_normal: bool, joined: bool) -> None:
        """Add one interval, and drop what ended `span_s` or more before it.

        Args:
            t_ns: When it ended; not before the last one.
            rr_ms: Its length.
            is_normal: Whether its label is NORMAL.
            joined: Whether it follows directly on the one before.

        Source: see the module.
        """
        while self._beats and self._beats[0][0] <= t_ns - self._span_ns:
            self._drop_oldest()
        if not is_normal:
            self._last = None
            return
        step = rr_ms - self._last if joined and self._last is not None else None
        self._last = rr_ms
        self._beats.append((t_ns, rr_ms, step))
        self._change(rr_ms, step, 1)

    def now(self) -> TimeMetrics:
        """Metrics of the window as it stands: sums n, S1, S2 give ``S1 / n`` and ``sqrt((S2 - S1^2 / n) / (n - 1))``.

        Returns: Each metric in its unit; NaN where there are too few intervals.
        Source: see the module.
        """
        mean_ms, pairs = self._intervals.mean(), self._steps.n
        shares = [count / pairs if pairs else math.nan for count in self._beyond]
        return TimeMetrics(
            n=self._intervals.n,
            pairs=pairs,
            hr_mean_bpm=60_000.0 / mean_ms if self._intervals.n else math.nan,
            mean_nn_ms=mean_ms,
            sdnn_ms=self._intervals.deviation(),
            rmssd_ms=self._steps.root_mean_square(),
            sdsd_ms=self._steps.deviation(),
            pnn20_01=shares[0],
            pnn50_01=shares[1],
        )

    def _drop_oldest(self) -> None:
        _, rr_ms, step = self._beats.popleft()
        self._change(rr_ms, step, -1)

    def _change(self, rr_ms: float, step: float | None, sign: int) -> None:
        is_due = self._intervals.change(rr_ms, sign)
        if step is not None:
            is_due = self._steps.change(step, sign) or is_due
            for k, limit_ms in enumerate(_BEYOND_MS):
                self._beyond[k] += sign * (abs(step) > limit_ms)
        if is_due:
            self._intervals.recompute([beat[1] for beat in self._beats])
            self._steps.recompute([beat[2] for beat in self._beats if beat[2] is not None])

"""Time metrics beat by beat: a window that slides, and sums that follow it; a few microseconds a beat.

Sums lose digits as they are added to and taken from; every 512 changes they are made again from the window itself,
so that what streams equals what is computed at once within 1e-9.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

_ANEW: Final = 512
_BEYOND_MS: Final = (20.0, 50.0)


@dataclass(frozen=True, slots=True)
class TimeMetrics:
    """What the window says now; NaN where there is too little.

    Attributes:
        n, pairs: Intervals and valid differences it rests on.
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
        """Add (1) or take away (-1); True when it is time to make the sums again."""
        if self.n == 0:
            self.origin, self._sum, self._squares = value, 0.0, 0.0
        apart = value - self.origin
        self.n += sign
        self._sum += sign * apart
        self._squares += sign * apart * apart
        self._changes += 1
        return self._changes >= _ANEW

    def anew(self, values: list[float]) -> None:
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


class Running:
    """The last ``span_s`` seconds of right intervals.

    Args:
        span_s: Length of the window; a beat belongs to it from its end on, a difference with its later beat.
    """

    def __init__(self, span_s: float) -> None:
        self._span_ns = int(span_s * 1e9)
        self._beats: deque[tuple[int, float, float | None]] = deque()  # end, interval, difference before it
        self._intervals, self._steps = _Sums(), _Sums()
        self._beyond = [0] * len(_BEYOND_MS)
        self._last: float | None = None

    def push(self, t_ns: int, rr_ms: float, *, right: bool, joined: bool) -> None:
        """Take one interval.

        Args:
            t_ns: When it ended; not before the last one.
            rr_ms: Its length.
            right: Whether it is a heart's own interval (label normal).
            joined: Whether it follows directly on the one before.
        """
        while self._beats and self._beats[0][0] <= t_ns - self._span_ns:
            self._leave()
        if not right:
            self._last = None
            return
        step = rr_ms - self._last if joined and self._last is not None else None
        self._last = rr_ms
        self._beats.append((t_ns, rr_ms, step))
        self._change(rr_ms, step, 1)

    def now(self) -> TimeMetrics:
        """The metrics of the window as it stands."""
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

    def _leave(self) -> None:
        _, rr_ms, step = self._beats.popleft()
        self._change(rr_ms, step, -1)

    def _change(self, rr_ms: float, step: float | None, sign: int) -> None:
        anew = self._intervals.change(rr_ms, sign)
        if step is not None:
            anew = self._steps.change(step, sign) or anew
            for k, limit_ms in enumerate(_BEYOND_MS):
                self._beyond[k] += sign * (abs(step) > limit_ms)
        if anew:
            self._intervals.anew([beat[1] for beat in self._beats])
            self._steps.anew([beat[2] for beat in self._beats if beat[2] is not None])

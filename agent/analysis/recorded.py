"""A recording's intervals with their labels, and any window of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.model import NS_PER_S, Series, Window
from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import Bools, Floats, median_ms

Ints = NDArray[np.int64]

_ROUNDING_S: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording's intervals, labelled.

    Attributes:
        start_s: The first interval's start, as the file counts time.
        length_s: From there to the recording's end.
        t_s: When each ended, shape ``(n,)``.
        rr_ms: Their lengths, shape ``(n,)``.
        label: `Label` values, int8, shape ``(n,)``.
        still: (second, 1 or 0) where the body's stillness is known, shapes ``(s,)``.
        jitter_ms: By how much noise moved the beats of a waveform; None for intervals, and where nobody knows.
        dialect: What kind of file it was read as.
        notes: What is doubtful about the file, one sentence each.
        cut_s: How far after the file's first interval this part of it begins.
        noisy: Where noise or a flat line stood, and not even the interval is known, shape ``(n,)``; None: nowhere.
    """

    start_s: float
    length_s: float
    t_s: Floats
    rr_ms: Floats
    label: NDArray[np.int8]
    still: tuple[Floats, Floats] | None
    jitter_ms: float | None
    dialect: str = ""
    notes: tuple[str, ...] = ()
    cut_s: float = 0.0
    noisy: Bools | None = None

    def window(self, start_ns: int, end_ns: int) -> Window:
        """[start, end), counted from the recording's start."""
        near = self._near(self.t_s, start_ns, end_ns)
        ends_ns = _ns(self.t_s[near] - self.start_s)
        first, last = (int(place) for place in np.searchsorted(ends_ns, [start_ns, end_ns]))
        # the beat before, for the difference to it; labels look no further, they are known
        lead = min(first, 1)
        cut = slice(near.start + first - lead, near.start + last)
        series = {}
        if last > first:
            good = np.ones(last - first + lead, dtype=bool) if self.noisy is None else ~self.noisy[cut]
            label = self.label[cut]
            series["rr_ms"] = Series(ends_ns[first - lead : last], self.rr_ms[cut], good, lead, label=label)
        if self.jitter_ms is not None:
            series["jitter_ms"] = _known(np.array([start_ns]), np.array([self.jitter_ms]))
        if self.still is not None:
            around = self._near(self.still[0], start_ns, end_ns)
            still_ns = _ns(self.still[0][around] - self.start_s)
            inside = (still_ns >= start_ns) & (still_ns < end_ns)
            if inside.any():
                series["still_01"] = _known(still_ns[inside], self.still[1][around][inside])
        return Window(start_ns, end_ns, series)

    def _near(self, t_s: Floats, start_ns: int, end_ns: int) -> slice:
        """Where the window and the one before it may lie, so that no window costs the length of the recording."""
        around_s = self.start_s + np.array([start_ns / NS_PER_S - _ROUNDING_S, end_ns / NS_PER_S + _ROUNDING_S])
        first, last = (int(place) for place in np.searchsorted(t_s, around_s))
        return slice(max(first - 1, 0), last)

    def whole(self) -> Window:
        """All of it, its last beat included."""
        return self.window(0, int(_ns(self.t_s[-1:] - self.start_s)[0]) + 1)

    @property
    def beat_s(self) -> float:
        """The usual interval of a heart, in s; 0 where none is normal."""
        normal = self.rr_ms[self.label == Label.NORMAL]
        return median_ms(normal) / 1000.0 if normal.size else 0.0


def _known(t_ns: Ints, value: Floats) -> Series:
    return Series(t_ns, value, np.ones(t_ns.size, dtype=bool))


def _ns(seconds: Floats) -> Ints:
    return np.round(seconds * NS_PER_S).astype(np.int64)

"""Intervals for the spectrum: what a faulty stretch must have been, whose two ends were right beats.

    missed   ├───────────┤      ─▶  ├─────┼─────┤       the beat between, at the place its neighbours' rhythm gives
    extra    ├──┼────────┤      ─▶  ├───────────┤       one interval: the two ends are two right beats
    pairs    ├───┼───────┤      ─▶  ├─────┼─────┤       ectopic, or misplaced: the beat between moves, the ends stay

A beat that was right is never moved; time that passed stays. Time metrics do not use this: they leave faulty
intervals out. A spectrum cannot, for a hole is a rhythm too.
"""

import numpy as np
from numpy.typing import NDArray

from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import Floats

_PAIRS = {(Label.ECTOPIC, Label.ECTOPIC), (Label.LONG, Label.SHORT)}


def corrected(t_s: Floats, rr_ms: Floats, labels: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Times and lengths with single faults corrected; what cannot be corrected is left out.

    A missed beat and a displaced one stand where two intervals of sum w lean from the neighbour before to the one
    after: ``w / 2 -+ lean``, ``lean = (after - before) / 6`` cut to w / 6 either way. An extra beat is removed, its two
    intervals are added.

    Args:
        t_s: End of each interval in s, shape ``(n,)``.
        rr_ms: The intervals in ms, shape ``(n,)``.
        labels: `Label` values, shape ``(n,)``.

    Returns:
        Ends in s and intervals in ms, both of shape ``(r,)``.

    Derived: on a steady slope b, four neighbours are ``before, before + b, before + 2b, before + 3b``; the middle two
        differ by ``b = (after - before) / 3``, hence each lies half of that, a sixth, off their mean. The cut keeps
        either below twice the other.
    """
    if not labels.any():
        return t_s.copy(), rr_ms.copy()
    times: list[float] = []
    lengths: list[float] = []
    i, n = 0, rr_ms.size
    while i < n:
        kind = Label(int(labels[i]))
        following = Label(int(labels[i + 1])) if i + 1 < n else None
        if kind is Label.NORMAL:
            parts, used = [float(rr_ms[i])], 1
        elif kind is Label.MISSED:
            parts, used = _split(float(rr_ms[i]), _before(lengths), _after(rr_ms, labels, i + 1)), 1
        elif following is not None and kind is Label.EXTRA and following is Label.EXTRA:
            parts, used = [float(rr_ms[i] + rr_ms[i + 1])], 2
        elif following is not None and (kind, following) in _PAIRS:
            whole = float(rr_ms[i] + rr_ms[i + 1])
            parts, used = _split(whole, _before(lengths), _after(rr_ms, labels, i + 2)), 2
        else:
            parts, used = [], 1
        end_s = float(t_s[i + used - 1]) - sum(parts) / 1000.0
        for part in parts:
            end_s += part / 1000.0
            times.append(end_s)
            lengths.append(part)
        i += used
    return np.array(times), np.array(lengths)


def _split(whole_ms: float, before_ms: float | None, after_ms: float | None) -> list[float]:
    """Two intervals that fill a stretch and lean from the one before to the one after, neither twice the other."""
    lean_ms = 0.0 if before_ms is None or after_ms is None else (after_ms - before_ms) / 6.0
    lean_ms = min(max(lean_ms, -whole_ms / 6.0), whole_ms / 6.0)
    return [whole_ms / 2 - lean_ms, whole_ms / 2 + lean_ms]


def _before(lengths: list[float]) -> float | None:
    return lengths[-1] if lengths else None


def _after(rr_ms: Floats, labels: NDArray[np.int8], i: int) -> float | None:
    return float(rr_ms[i]) if i < rr_ms.size and labels[i] == Label.NORMAL else None

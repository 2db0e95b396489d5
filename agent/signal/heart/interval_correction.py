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

Labels = NDArray[np.int8]

_PAIRS = {(Label.ECTOPIC, Label.ECTOPIC), (Label.LONG, Label.SHORT)}


def corrected(t_s: Floats, rr_ms: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Times and lengths with single faults corrected; what cannot be corrected is left out.

    Args:
        t_s: End of each interval in s, shape ``(n,)``.
        rr_ms: The intervals in ms, shape ``(n,)``.
        labels: `Label` values, shape ``(n,)``.

    Returns:
        Ends in s and intervals in ms, both of shape ``(r,)``.

    Derived: see `corrected_from`.
    """
    return corrected_from(t_s, rr_ms, labels)[:2]


def corrected_from(t_s: Floats, rr_ms: Floats, labels: Labels) -> tuple[Floats, Floats, Labels]:
    """The same, with what each interval was made from.

    A missed beat and a displaced one stand where two intervals of sum w lean from the neighbour before to the one
    after: ``w / 2 -+ lean``, ``lean = (after - before) / 6`` cut to w / 6 either way. An extra beat is removed, its two
    intervals are added.

    Args:
        t_s: End of each interval in s, shape ``(n,)``.
        rr_ms: The intervals in ms, shape ``(n,)``.
        labels: `Label` values, shape ``(n,)``.

    Returns:
        Ends in s, intervals in ms, and the label of the recorded interval that each was made from (NORMAL: kept as it
        is; of two, the first one's), all of shape ``(r,)``.

    Derived: on a steady slope b, four neighbours are ``before, before + b, before + 2b, before + 3b``; the middle two
        differ by ``b = (after - before) / 3``, hence each lies half of that, a sixth, off their mean. The cut keeps
        either below twice the other.
    """
    faulty = np.flatnonzero(labels).tolist()
    if not faulty:
        return t_s.copy(), rr_ms.copy(), labels.copy()
    times: list[Floats] = []
    lengths: list[Floats] = []
    origins: list[Labels] = []
    done = 0
    for i in faulty:
        if i < done:
            continue  # the second of a pair
        times.append(t_s[done:i])
        lengths.append(rr_ms[done:i])
        origins.append(labels[done:i])
        parts, used = _repaired(
            rr_ms, labels, i, next((float(last[-1]) for last in reversed(lengths) if last.size), None)
        )
        ends_s = float(t_s[i + used - 1]) - (sum(parts) - np.cumsum(parts)) / 1000.0
        times.append(ends_s)
        lengths.append(np.array(parts))
        origins.append(np.full(len(parts), labels[i], dtype=np.int8))
        done = i + used
    times.append(t_s[done:])
    lengths.append(rr_ms[done:])
    origins.append(labels[done:])
    return np.concatenate(times), np.concatenate(lengths), np.concatenate(origins)


def _repaired(rr_ms: Floats, labels: Labels, i: int, before_ms: float | None) -> tuple[list[float], int]:
    """What a faulty interval becomes, and of how many recorded ones it is made; nothing where it stays a gap."""
    kind = Label(int(labels[i]))
    following = Label(int(labels[i + 1])) if i + 1 < rr_ms.size else None
    if kind is Label.MISSED:
        return _split(float(rr_ms[i]), before_ms, _after(rr_ms, labels, i + 1)), 1
    if following is not None and kind is Label.EXTRA and following is Label.EXTRA:
        return [float(rr_ms[i] + rr_ms[i + 1])], 2
    if following is not None and (kind, following) in _PAIRS:
        whole_ms = float(rr_ms[i] + rr_ms[i + 1])
        return _split(whole_ms, before_ms, _after(rr_ms, labels, i + 2)), 2
    return [], 1


def _split(whole_ms: float, before_ms: float | None, after_ms: float | None) -> list[float]:
    """Two intervals that fill a stretch and lean from the one before to the one after, neither twice the other."""
    lean_ms = 0.0 if before_ms is None or after_ms is None else (after_ms - before_ms) / 6.0
    lean_ms = min(max(lean_ms, -whole_ms / 6.0), whole_ms / 6.0)
    return [whole_ms / 2 - lean_ms, whole_ms / 2 + lean_ms]


def _after(rr_ms: Floats, labels: Labels, i: int) -> float | None:
    return float(rr_ms[i]) if i < rr_ms.size and labels[i] == Label.NORMAL else None

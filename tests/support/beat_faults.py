"""Faults put into right beats: what a strap, a detector or a heart does to them."""

import numpy as np

KINDS = ("missed", "extra", "misaligned", "ectopic")


def injected(t_s, kind, share, chance):
    """Beat times with that share of beats at fault.

    missed: taken away; extra: one more, 30 to 70 % into an interval; misaligned: 10 to 30 % of the interval early or
    late; ectopic: 20 to 40 % early, the next beat where it was.
    """
    t_s, rr_s = t_s.copy(), np.diff(t_s)
    at = np.sort(chance.choice(np.arange(3, t_s.size - 4), max(1, round(share * rr_s.size)), replace=False))
    if kind == "missed":
        return np.delete(t_s, at)
    if kind == "extra":
        return np.sort(np.concatenate([t_s, t_s[at] + rr_s[at] * chance.uniform(0.3, 0.7, at.size)]))
    early = chance.uniform(0.2, 0.4, at.size) if kind == "ectopic" else chance.uniform(0.1, 0.3, at.size)
    side = -1.0 if kind == "ectopic" else chance.choice([-1.0, 1.0], at.size)
    t_s[at] += side * early * rr_s[at]
    return np.sort(t_s)

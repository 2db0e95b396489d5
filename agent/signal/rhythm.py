"""Whether a rhythm can carry heart-rate variability at all; apart from how well it was measured.

Frequent ectopic beats, or intervals that jump without order, make RMSSD large for reasons that have nothing to do
with the nervous system's tone. Such stretches are withheld as ``rhythm_irregular``: a word about the number, never a
diagnosis, and nothing that a person should worry about alone.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.signal.artifacts import Label
from agent.signal.rr import Floats

# Measured by us: 127 resting recordings of volunteers: 0.8 % beyond 12 % of jumps, none beyond a ratio of 0.17; atrial
# fibrillation 17 to 26 % and 0.25 to 0.32; very frequent ectopy 88 % and 0.59. A fit person's breathing: 7 to 8 %.
JUMP_01: Final = 0.20  # Malik's limit (1996)
MOST_JUMPS_01: Final = 0.12
MOST_RATIO_01: Final = 0.20
MOST_ECTOPIC_01: Final = (
    0.05  # beyond it even a perfect correction invents too much (Kubios' practice for corrected beats)
)
FEWEST: Final = 20  # intervals below which nothing is said


def is_irregular(rr_ms: Floats, labels: NDArray[np.int8]) -> bool:
    """Whether HRV of these intervals is to be withheld for their rhythm.

    Missed, extra and excluded intervals do not count: they say nothing of the heart. A long one beside a short
    one does: a beat that came early and a beat found at the wrong place look the same.

    Args:
        rr_ms: Intervals as measured, shape ``(n,)``.
        labels: `Label` values, shape ``(n,)``.
    """
    if rr_ms.size < FEWEST:
        return False
    ectopic = labels == Label.ECTOPIC
    if float(np.mean(ectopic)) / 2 > MOST_ECTOPIC_01:  # two intervals an ectopic beat
        return True
    own = ~np.isin(labels, (Label.MISSED, Label.EXTRA, Label.EXCLUDED))
    heart_ms = rr_ms[own]
    steps = np.abs(np.diff(rr_ms))[own[1:] & own[:-1]]
    before = rr_ms[:-1][own[1:] & own[:-1]]
    if steps.size < FEWEST:
        return False
    jumps_01 = float(np.mean(steps > JUMP_01 * before))
    ratio_01 = float(np.sqrt(np.mean(steps**2)) / heart_ms.mean())
    return jumps_01 > MOST_JUMPS_01 or ratio_01 > MOST_RATIO_01

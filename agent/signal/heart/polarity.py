"""Which way up a pulse wave stands.

Blood comes faster than it goes, so the steepest slope of an upright wave rises. Where the slope does not say it
clearly, the beats are looked for both ways, and the way is taken in which they are more alike and more regular.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from agent.signal.heart import quality
from agent.signal.heart.rr import Floats

CLEAR: Final = 0.8  # waves of clear polarity: 1.5 to 2; of a filtered sensor whose wave rings: below 0.2


def is_turned(shape: Floats, fs_hz: float, beats_of: Callable[[Floats], Floats]) -> bool:
    """Whether a pulse wave stands upside down.

    It does where the skewness of its slope is below -0.8; not where it is above 0.8. Between, beats are found both
    ways, and ``c - s`` decides: c the mean correlation of a beat with the mean beat, s the median of
    ``|x[i+1] - x[i]| / x[i]`` over the intervals x.

    Args:
        shape: The wave in the band of a beat's shape, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        beats_of: Finds the beats of such a wave: times in s, shape ``(b,)``.

    Returns:
        False for a wave without beats.

    Derived: see `CLEAR`; sources of the correlation in `quality`.
    """
    skewness = quality.skewness(np.diff(shape))
    if abs(skewness) >= CLEAR or not np.isfinite(skewness):
        return bool(skewness < 0)
    upright, turned = (_merit(one, fs_hz, beats_of(one)) for one in (shape, -shape))
    return turned > upright


def _merit(shape: Floats, fs_hz: float, at_s: Floats) -> float:
    likeness = quality.template_correlation(shape, fs_hz, at_s)
    interval_s = np.diff(at_s)
    if not np.isfinite(likeness) or interval_s.size < 2:
        return -np.inf
    return likeness - float(np.median(np.abs(np.diff(interval_s)) / interval_s[:-1]))

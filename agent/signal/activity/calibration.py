"""Whether a still sensor feels 1 g, and gains and offsets of its axes where the record shows enough of its positions.

Source: van Hees et al. (2014), doi:10.1152/japplphysiol.00421.2014 (autocalibration by local gravity)
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats

PIECE_S: Final = 10.0
STILL_SD_G: Final = 0.013
FEWEST_PIECES: Final = 3
MOST_ERROR_G: Final = 0.01
_COVERED_G: Final = 0.3
_FEWEST_TO_FIT: Final = 12
_ROUNDS: Final = 200
_SETTLED: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the still moments of a record say.

    Attributes:
        pieces: How many pieces of 10 s were still.
        before_g: Mean difference from 1 g in them, without a correction; NaN for fewer than three.
        error_g: The same with the correction; where there is none, `before_g`.
        gain, offset_g: Of each axis: corrected = gain * (raw + offset_g), in no unit and in g, shape ``(3,)``.
        is_corrected: Whether the record showed enough positions, and the correction lowered the error.
        limit_g: The error up to which the sensor is sane: 10 mg, and half a step of its converter.
    """

    pieces: int
    before_g: float
    error_g: float
    gain: Floats
    offset_g: Floats
    is_corrected: bool
    limit_g: float

    @property
    def is_sane(self) -> bool:
        """Whether a still sensor feels 1 g.

        Returns:
            Also False where the record has no still moments.

        Source: van Hees et al. (2014): below 10 mg.
        """
        return self.error_g <= self.limit_g


def calibration(axes_g: Floats, fs_hz: float) -> Calibration:
    """The calibration error of a record, and its correction where still pieces reach .3 g to both sides of each axis.

    A piece of 10 s is still where no axis has a standard deviation of 13 mg and more. Gains and offsets are those which
    bring the mean vectors of still pieces closest to length 1, by rounds of regression on the nearest points of the
    unit sphere.

    Args:
        axes_g: Three axes in g, NaN where they are not known, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        The calibration.

    Source: see the module.
    """
    width = max(round(PIECE_S * fs_hz), 2)
    count = axes_g.shape[0] // width
    pieces = axes_g[: count * width].reshape(count, width, 3)
    pieces = pieces[np.isfinite(pieces).all(axis=(1, 2))]
    means = pieces.mean(axis=1)[(pieces.std(axis=1) < STILL_SD_G).all(axis=1)] if pieces.size else np.zeros((0, 3))
    limit_g = MOST_ERROR_G + converter_step_g(axes_g) / 2
    nothing = (np.ones(3), np.zeros(3))
    if means.shape[0] < FEWEST_PIECES:
        return Calibration(means.shape[0], math.nan, math.nan, *nothing, False, limit_g)
    before_g = _error_g(means)
    covered = (means.min(axis=0) < -_COVERED_G) & (means.max(axis=0) > _COVERED_G)
    if covered.all() and means.shape[0] >= _FEWEST_TO_FIT:
        gain, offset_g = _fitted(means)
        error_g = _error_g(gain * (means + offset_g))
        if error_g < min(before_g, MOST_ERROR_G):
            return Calibration(means.shape[0], before_g, error_g, gain, offset_g, True, limit_g)
    return Calibration(means.shape[0], before_g, before_g, *nothing, False, limit_g)


def converter_step_g(axes_g: Floats) -> float:
    """The step of the converter: the median distance of the different values.

    Args:
        axes_g: In g, NaN where they are not known, shape ``(n, 3)``.

    Returns:
        In g; 0 for fewer than two values.

    Source: definition.
    """
    kinds = np.unique(np.round(axes_g[np.isfinite(axes_g)], 6))
    return float(np.median(np.diff(kinds))) if kinds.size > 1 else 0.0


def _error_g(means: Floats) -> float:
    return float(np.mean(np.abs(np.linalg.norm(means, axis=1) - 1.0)))


def _fitted(means: Floats) -> tuple[Floats, Floats]:
    gain, shift = np.ones(3), np.zeros(3)  # corrected = gain * raw + shift
    last = math.inf
    for _ in range(_ROUNDS):
        now = gain * means + shift
        length = np.linalg.norm(now, axis=1, keepdims=True)
        nearest = now / np.maximum(length, 1e-6)
        error = float(np.mean(np.abs(length - 1.0)))
        if last - error < _SETTLED:
            break
        last = error
        centre = means - means.mean(axis=0)
        gain = (centre * nearest).sum(axis=0) / (centre**2).sum(axis=0)
        shift = nearest.mean(axis=0) - gain * means.mean(axis=0)
    return gain, shift / gain

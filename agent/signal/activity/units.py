"""The unit of an accelerometer, by the length of gravity while it lies still."""

import math
from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats

STANDARD_GRAVITY_M_PER_S2: Final = 9.80665

UNITS_G: Final = {"g": 1.0, "m/s2": 1.0 / STANDARD_GRAVITY_M_PER_S2, "1/64g": 1.0 / 64.0, "mg": 1e-3}
"""Units that gravity tells apart, each in g; 1/64g is that of the Empatica E4."""

WITHIN_01: Final = 0.15
_PIECE_S: Final = 1.0
_CALM_01: Final = 0.25


def gravity(axes: Floats, fs_hz: float) -> float:
    """The usual length of the vector in the calmer quarter of the seconds: what gravity is in the record's unit.

    Args:
        axes: Three axes in any unit, NaN where they are not known, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        In the record's unit: the median over those seconds of the length of the mean vector; NaN for no whole second.

    Source: definition. A sensor that does not move feels gravity alone.
    """
    width = max(round(_PIECE_S * fs_hz), 1)
    count = axes.shape[0] // width
    pieces = axes[: count * width].reshape(count, width, 3)
    pieces = pieces[np.isfinite(pieces).all(axis=(1, 2))]
    if not pieces.shape[0]:
        return math.nan
    spread = pieces.std(axis=1).sum(axis=1)
    calm = spread <= np.quantile(spread, _CALM_01)
    return float(np.median(np.linalg.norm(pieces[calm].mean(axis=1), axis=1)))


def unit_by_gravity(length: float) -> str | None:
    """The unit in which gravity has this length, within 15 %.

    Args:
        length: Of gravity, in the record's unit.

    Returns:
        A key of `UNITS_G`; None where no unit fits.

    Derived: the units are a factor of 6 and more apart; 15 % is more than any sensor's error of gain and offset.
    """
    return next((name for name, unit_g in UNITS_G.items() if abs(length * unit_g - 1.0) <= WITHIN_01), None)

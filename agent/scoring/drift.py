"""Slow drift, told apart from a change: where a person's level has been going over the weeks. Never an alarm."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.scoring.student_t import NINE_IN_TEN, Floats

WEEKS_TO_SPEAK: Final = 8


@dataclass(frozen=True, slots=True)
class Drift:
    """Change of the level over the weeks looked at, in the channel's unit, with its 90 % interval.

    ``clear`` is whether the interval leaves 0 out.
    """

    over_all: float
    low: float
    high: float
    weeks: int

    @property
    def clear(self) -> bool:
        return self.low > 0.0 or self.high < 0.0


def drift(week_mean: Floats) -> Drift | None:
    """Least squares over weekly means, its error widened for how weeks hang together.

    Args:
        week_mean: Level of each week in usual context, oldest first; NaN where there is none.

    Returns:
        None below eight weeks.

    Source:
        Standard error with an effective number of weeks n (1 - r) / (1 + r), r the residuals' lag-1 correlation
        (Santer et al. 2000, doi:10.1029/1999JD901105), never taken below 0.
    """
    week = np.flatnonzero(np.isfinite(week_mean)).astype(float)
    if week.size < WEEKS_TO_SPEAK:
        return None
    value = week_mean[week.astype(int)]
    x = week - week.mean()
    slope = float(x @ value / (x @ x))
    residual = value - value.mean() - slope * x
    square = float(residual @ residual)
    together = max(0.0, float(residual[1:] @ residual[:-1]) / square) if square > 0.0 else 0.0
    effective = max(week.size * (1.0 - together) / (1.0 + together), 3.0)
    error = float(np.sqrt(square / (effective - 2.0) / (x @ x))) if effective > 2.0 else float("inf")
    span = float(week[-1] - week[0])
    half = NINE_IN_TEN * error * span
    return Drift(slope * span, slope * span - half, slope * span + half, week.size)

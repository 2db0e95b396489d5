"""Slow drift: how a person's level moved over the weeks. It is kept apart from a change, and is never an alarm."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.scoring.student_t import NINE_IN_TEN, Floats

WEEKS_TO_SPEAK: Final = 8


@dataclass(frozen=True, slots=True)
class Drift:
    """Change of the level over the weeks looked at.

    Attributes:
        over_all: From the first week to the last, in the channel's unit.
        low, high: Its 90 % interval, in the channel's unit.
        weeks: Number of weeks with a mean.
    """

    over_all: float
    low: float
    high: float
    weeks: int

    @property
    def clear(self) -> bool:
        """Whether the 90 % interval leaves 0 out.

        Returns: True or False.
        Source: definition.
        """
        return self.low > 0.0 or self.high < 0.0


def drift(week_mean: Floats) -> Drift | None:
    """Change over the weeks by least squares: ``slope * span``, with ``-+ 1.645 SE(slope) * span``.

    ``SE = sqrt(sum(e^2) / (n_e - 2) / sum(x^2))``, e the residuals, x the weeks about their mean, and
    ``n_e = max(n (1 - r) / (1 + r), 3)`` the effective number of weeks, r the residuals' lag-1 correlation, at least 0.

    Args:
        week_mean: Level of each week in usual context, in the channel's unit, oldest first, shape ``(weeks,)``; NaN
            where there is none.

    Returns:
        In the channel's unit; None below eight weeks with a mean.

    Source:
        Santer et al. (2000), doi:10.1029/1999JD901105, for the effective number of weeks.
    """
    week = np.flatnonzero(np.isfinite(week_mean)).astype(float)
    if week.size < WEEKS_TO_SPEAK:
        return None
    value = week_mean[week.astype(int)]
    x = week - week.mean()
    slope = float(x @ value / (x @ x))
    residual = value - value.mean() - slope * x
    square = float(residual @ residual)
    lag1 = max(0.0, float(residual[1:] @ residual[:-1]) / square) if square > 0.0 else 0.0
    effective = max(week.size * (1.0 - lag1) / (1.0 + lag1), 3.0)
    error = float(np.sqrt(square / (effective - 2.0) / (x @ x))) if effective > 2.0 else float("inf")
    span = float(week[-1] - week[0])
    half = NINE_IN_TEN * error * span
    return Drift(slope * span, slope * span - half, slope * span + half, week.size)

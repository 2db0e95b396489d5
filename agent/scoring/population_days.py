"""Days of the synthetic population: sleep and a roster with known truth, for the same people.

Sleep has a slow part of heavy-tailed steps, nights of their own noise, an hour less before a shift that follows within
11 h (Öster et al. 2024), less after nights, and nights that nobody imported: single ones, and whole weeks. A roster is
known or not known by whole weeks.

Derived: numbers that no source gives (marked +) are chosen by us to be worse than measured, not to flatter.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.daily import CONTEXTS, Readings
from agent.scoring.population import PHIS, Population, slow_part
from agent.scoring.student_t import Floats

_LOST_H: Final = 1.0  # before a shift that follows within 11 h
_NIGHT_SHIFT: Final = len(CONTEXTS) - 1


@dataclass(frozen=True, slots=True)
class PopulationDays:
    """People side by side.

    Attributes:
        sleep_h: Readings in h, at most one a day.
        sleep_level_h: The true level of each day, unit h, shape ``(m, days)``.
        rests: Readings of short rests per week: seven times the day's count, where the roster is known.
        rests_true: The same of every day, per week (no unit), shape ``(m, days)``.
    """

    sleep_h: Readings
    sleep_level_h: Floats
    rests: Readings
    rests_true: Floats


def population_days(people: Population, seed: int) -> PopulationDays:
    """Draw the days of people; the same seed draws the same.

    ``sleep = usual + slow + weekend - 1 h (short rest) - 0.7 h (night shift) + scale * noise``

    Args:
        people: Of `agent.scoring.population.population`.
        seed: Of the generator.

    Returns:
        Readings and their truth.

    Source: see the module.
    """
    rng = np.random.default_rng(seed)
    m, days = people.level.shape
    day = np.arange(days)
    often = rng.choice((0.01, 0.05, 0.12), (m, 1), p=(0.4, 0.4, 0.2))  # + short rests a day
    rests = (rng.random((m, days)) < often) & (day % 7 < 5)
    on_nights = people.ln_rmssd.context[..., _NIGHT_SHIFT].max(axis=2) > 0
    scale = 1.1 * np.exp(rng.normal(0.0, 0.25, m))  # + h, of one night
    share = rng.uniform(0.5, 0.9, m)
    slow = slow_part(rng, rng.choice(PHIS, m), scale * np.sqrt(1.0 - share), days)
    level = (
        rng.normal(6.9, 0.7, (m, 1)) + slow + np.where(day % 7 >= 5, 0.5, 0.0) - _LOST_H * rests - 0.7 * on_nights
    )  # +
    noise = rng.standard_t(4, (m, days)) / np.sqrt(2.0)
    slept = np.clip(level + (scale * np.sqrt(share))[:, None] * noise, 0.0, 24.0)
    missing = rng.uniform(0.05, 0.35, (m, 1))  # + single nights
    imported = (rng.random((m, days)) >= missing) & ~_weeks(rng, m, days, 0.08)
    known = ~_weeks(rng, m, days, 0.1)
    rests_true = 7.0 * rests.astype(np.float64)
    return PopulationDays(_one_a_day(slept, imported), level, _one_a_day(rests_true, known), rests_true)


def _weeks(rng: np.random.Generator, people: int, days: int, chance: float) -> NDArray[np.bool_]:
    """Whole weeks, for some."""
    return np.repeat(rng.random((people, -(-days // 7))) < chance, 7, axis=1)[:, :days]


def _one_a_day(value: Floats, is_known: NDArray[np.bool_]) -> Readings:
    read = np.where(is_known, value, np.nan)[..., None]
    return Readings(read, np.zeros((*read.shape, len(CONTEXTS))))

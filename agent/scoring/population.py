"""A synthetic population with known truth, seeded; every output of it says so (WATERMARK).

Its process is not the scorer's. The slow part has heavy-tailed steps and a phi that the scorer does not know (.3, .6 or
.9 by person), the window noise is Student's with 4 degrees and a share of .5 to .9, there are weekends, holidays,
illness, shifts whose effect differs by person, days and whole weeks without a reading, torn readings, and falls that
last. Groups differ in known ways: level by age and sex, level, spread and heart rate under a beta-blocker, sensor noise
by skin tone, shifts and missing days of those who work nights.

Source: level by age and sex, Voss et al. (2015), doi:10.1371/journal.pone.0118308. Derived: numbers that no source
    gives
(marked +) are chosen by us to be worse than measured, not to flatter.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.change_detector import FALL
from agent.scoring.daily import CONTEXTS, Readings
from agent.scoring.student_t import Floats

WATERMARK: Final = "SYNTHETIC: computed from drawn people, not from anyone"
DAYS: Final = 90
MOST_READINGS: Final = 12
_NIGHT, _MORNING, _EVENING, _DAY_SHIFT, _NIGHT_SHIFT = range(len(CONTEXTS))
AGES: Final = ("25-34", "35-44", "45-54", "55-64")
SEXES: Final = ("women", "men")
_LN_RMSSD: Final = np.array([[3.47, 3.32, 3.09, 2.89], [3.48, 3.31, 3.17, 3.04]])  # Voss 2015, by sex and age
TONES: Final = ("light", "medium", "dark")
_NOISE_BY_TONE: Final = np.array([1.0, 1.15, 1.4])  # + on the window noise's standard deviation
PHIS: Final = np.array([0.3, 0.6, 0.9])


@dataclass(frozen=True, slots=True)
class Population:
    """People side by side.

    Attributes:
        ln_rmssd, hr_bpm: Readings: logarithm of ms, and beats per minute.
        level: The true level of lnRMSSD of each day in usual context, no unit, shape ``(m, days)``.
        hr_level: The same of heart rate, in bpm, shape ``(m, days)``.
        fell_on: First day of a fall of 20 % that lasts, shape ``(m,)``; -1: none.
        groups: Name of a grouping to labels, shape ``(m,)``.
        phi: Day-to-day correlation of each person, no unit, shape ``(m,)``.
    """

    ln_rmssd: Readings
    hr_bpm: Readings
    level: Floats
    hr_level: Floats
    fell_on: NDArray[np.int64]
    groups: dict[str, NDArray[np.str_]]
    phi: Floats


def population(people: int, seed: int, days: int = DAYS) -> Population:
    """Draw `people`; the same seed draws the same.

    ``reading = usual + slow + weekend + holiday + illness + fall + context effect + scale * noise + torn``. It needs
    some 1.2 kB per person and day, and 15 while it is scored: draw in parts.

    Args:
        people: How many, m.
        seed: Of the generator.
        days: Length of each record.

    Returns:
        Readings and their truth.

    Source: see the module.
    """
    rng = np.random.default_rng(seed)
    age = rng.integers(0, len(AGES), people)
    tone = rng.choice(len(TONES), people, p=(0.5, 0.3, 0.2))
    blocked = rng.random(people) < 0.12
    nights = rng.choice(3, people, p=(0.6, 0.3, 0.1))  # none, rotating, new to nights
    phi = rng.choice(PHIS, people)
    share = rng.uniform(0.5, 0.9, people)
    scale = 0.298 * np.exp(rng.normal(-0.02, 0.2, people)) * np.where(blocked, 0.85, 1.0)  # CV .2; 0.85 +

    slow = slow_part(rng, phi, scale * np.sqrt(1.0 - share), days)
    sex = rng.integers(0, len(SEXES), people)
    usual = _LN_RMSSD[sex, age] + rng.normal(0.0, 0.375, people) + np.where(blocked, 0.25, 0.0)
    weekend = np.where(np.arange(days) % 7 >= 5, 0.03, 0.0)  # +
    off = _stretches(rng, people, days, chance=0.4, shortest=7, longest=14)
    ill = _stretches(rng, people, days, chance=0.3, shortest=3, longest=8)
    falls = rng.random(people) < 0.15
    fell_on = np.where(falls, rng.integers(days // 3, days, people), -1)
    fallen = (fell_on[:, None] >= 0) & (np.arange(days) >= fell_on[:, None])
    moved = slow + weekend + 0.08 * off - 0.22 * ill - FALL * fallen  # +
    hr_scale = 7.0 * scale / 0.298
    hr_slow = slow_part(rng, phi, hr_scale * np.sqrt(1.0 - share) * 0.8, days)
    hr_moved = hr_slow - 0.6 * (hr_scale / scale)[:, None] * slow - 1.0 * off + 5.0 * ill + 3.0 * fallen  # +
    hr_usual = rng.normal(66.0, 7.0, people) - np.where(blocked, 10.0, 0.0)

    is_read = _worn(rng, nights, people, days)
    context, effect, hr_effect = _contexts(rng, nights, people, days)
    noise = rng.standard_t(4, (people, days, MOST_READINGS)) / np.sqrt(2.0)
    hr_noise = 0.8 * rng.standard_t(4, noise.shape) / np.sqrt(2.0) - 0.6 * noise
    noise_scale = (np.sqrt(share) * _NOISE_BY_TONE[tone])[:, None, None]
    torn = np.where(rng.random(noise.shape) < 0.003, rng.choice((-0.8, 0.8), noise.shape), 0.0)  # +
    level, hr_level = usual[:, None] + moved, hr_usual[:, None] + hr_moved
    ln = (
        level[..., None]
        + np.einsum("mdrk,mk->mdr", context, effect)
        + scale[:, None, None] * noise_scale * noise
        + torn
    )
    hr = (
        hr_level[..., None]
        + np.einsum("mdrk,mk->mdr", context, hr_effect)
        + hr_scale[:, None, None] * noise_scale * hr_noise
    )
    groups = {
        "age": np.array(AGES)[age],
        "sex": np.array(SEXES)[sex],
        "skin tone": np.array(TONES)[tone],
        "beta-blocker": np.where(blocked, "yes", "no"),
        "nights": np.array(("none", "rotating", "new"))[nights],
    }
    read = Readings(np.where(is_read, ln, np.nan), context)
    return Population(read, Readings(np.where(is_read, hr, np.nan), context), level, hr_level, fell_on, groups, phi)


def slow_part(rng: np.random.Generator, phi: Floats, scale: Floats, days: int) -> Floats:
    """AR(1) by day with steps of Student's distribution with 5 degrees: ``x = phi x' + sqrt(1 - phi^2) scale step``.

    Args:
        rng: Of the population.
        phi: Day-to-day correlation of each person, no unit, shape ``(m,)``.
        scale: Standard deviation of each person's part, in the channel's unit, shape ``(m,)``.
        days: How many.

    Returns:
        In the channel's unit, shape ``(m, days)``.

    Source: definition of an autoregressive process of order 1.
    """
    steps = rng.standard_t(5, (phi.size, days)) / np.sqrt(5.0 / 3.0)
    slow = np.empty_like(steps)
    slow[:, 0] = steps[:, 0]
    for day in range(1, days):
        slow[:, day] = phi * slow[:, day - 1] + np.sqrt(1.0 - phi**2) * steps[:, day]
    return np.asarray(slow * scale[:, None])


def _stretches(
    rng: np.random.Generator, people: int, days: int, chance: float, shortest: int, longest: int
) -> NDArray[np.bool_]:
    """Once in the days, for some: a stretch, shape ``(people, days)``."""
    begins = np.where(rng.random(people) < chance, rng.integers(0, days, people), days + longest)
    lasts = rng.integers(shortest, longest + 1, people)
    day = np.arange(days)
    return (day >= begins[:, None]) & (day < (begins + lasts)[:, None])


def _worn(rng: np.random.Generator, nights: NDArray[np.int64], people: int, days: int) -> NDArray[np.bool_]:
    """Which readings exist: 25 to 50 % of days missing, more for those who work nights; whole weeks too."""
    missing = np.where(nights > 0, rng.uniform(0.35, 0.5, people), rng.uniform(0.25, 0.4, people))
    whole_weeks = np.repeat(rng.random((people, -(-days // 7))) < 0.08, 7, axis=1)[:, :days]
    worn = (rng.random((people, days)) >= missing[:, None]) & ~whole_weeks
    count = rng.binomial(MOST_READINGS, rng.uniform(0.15, 1.0, people)[:, None], (people, days))
    return worn[..., None] & (np.arange(MOST_READINGS) < count[..., None])


def _contexts(
    rng: np.random.Generator, nights: NDArray[np.int64], people: int, days: int
) -> tuple[Floats, Floats, Floats]:
    """Context of each reading, and each person's effects on lnRMSSD and heart rate."""
    day = np.arange(days)
    # rotating: a week of nights in three or four; new: nights in most weeks of the last 25 days
    phase, every = rng.integers(0, 28, people)[:, None], rng.choice((21, 28), people)[:, None]
    in_rotation = ((day + phase) % every) < 6
    lately = (day >= days - 25) & ((day + phase) % 7 < 5)
    on_nights = np.where((nights == 1)[:, None], in_rotation, np.where((nights == 2)[:, None], lately, False))
    on_days = ~on_nights & (day % 7 < 5)
    bins = rng.choice(4, (people, days, MOST_READINGS), p=(0.1, 0.35, 0.35, 0.2))
    at_night = rng.choice(4, bins.shape, p=(0.6, 0.1, 0.1, 0.2))
    bins = np.where(on_nights[..., None], at_night, bins)
    context = np.zeros((*bins.shape, len(CONTEXTS)))
    context[..., _NIGHT], context[..., _MORNING], context[..., _EVENING] = bins == 0, bins == 1, bins == 3
    context[..., _DAY_SHIFT] = on_days[..., None]
    context[..., _NIGHT_SHIFT] = on_nights[..., None]
    usual, spread = np.array([0.08, 0.03, 0.02, -0.04, -0.16]), np.array([0.05, 0.04, 0.04, 0.03, 0.07])  # +
    effect = usual + spread * rng.standard_normal((people, len(CONTEXTS)))
    hr_usual, hr_spread = np.array([-4.0, 0.0, -1.0, 1.5, 4.0]), np.array([1.0, 1.0, 1.0, 1.0, 1.5])  # +
    return context, effect, hr_usual + hr_spread * rng.standard_normal((people, len(CONTEXTS)))

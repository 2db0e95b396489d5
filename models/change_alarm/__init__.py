"""Drawn people for the change alarm: what it raises without a change, what it finds, and the thresholds that follow.

A person's reading is a slow part and noise of the window, in scales of the person:

    reading = scale * (sqrt(1 - share) * slow + sqrt(share) * noise)        slow: AR(1) by day, correlation phi

Everything is SYNTHETIC, and drawn from a seed. `make change-thresholds` writes what ships (`models.change_alarm`'s
``__main__``); `make bench-scoring PART=alarm` judges it with other seeds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring import change_detector
from agent.scoring.daily import Days
from agent.scoring.level import Prior

PRIOR: Final = Prior(0.298, 12.0)  # of lnRMSSD, as in `agent.scoring.channels`
DAYS: Final = 240
QUARTER_DAYS: Final = 91
_ROUNDS: Final = 8
_CLOSE: Final = 0.02  # of the logarithm of a rate: far below what 600 people determine
# the rate of false alarms falls by about this power of the statistic
_STEEPNESS: Final = {1.0: 1.25, 0.25: 1.5}
# a process that raises less than this share of what the worst one does, no longer decides; at first on a few people
_NEAR_FIRST_01: Final = 0.7
_NEAR_01: Final = 0.85
_FIRST_PEOPLE: Final = 200
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Drawn:
    """A process that people are drawn from.

    Attributes:
        phi: Day-to-day correlation of the slow part.
        window_share: Share of a reading's variance that is noise of its window.
        readings: A day.
        missing_01: Share of days without a reading.
        scale_cv: Coefficient of variation of the people's scales, which are log-normal about .298.
        tail: Degrees of freedom of Student's distribution, of variance 1, of noise and of steps; None: normal.
    """

    phi: float
    window_share: float
    readings: int
    missing_01: float = 0.3
    scale_cv: float = 0.2
    tail: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What a process may raise.

    Attributes:
        process: The process.
        most: False alarms, in budgets.
    """

    process: Drawn
    most: float


def _limits() -> tuple[Limit, ...]:
    shares = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.8, 0.9)
    usual = [Drawn(0.6, *pair) for pair in product(shares, (1, 3, 6))]
    usual += [Drawn(0.6, share, 20) for share in (0.2, 0.5, 0.7, 0.8, 0.9)]
    usual += [Drawn(phi, *pair) for phi in (0.0, 0.3) for pair in product((0.05, 0.5, 0.7, 0.9), (1, 6))]
    heavy = [Drawn(0.6, *pair, tail=4) for pair in product((0.5, 0.7, 0.9), (3, 6))]
    between = [Drawn(0.7, *pair) for pair in product((0.2, 0.7, 0.8), (6, 20))]
    slow = [Drawn(0.9, *pair) for pair in product((0.5, 0.7, 0.8, 0.9), (3, 6))]
    slow += [Drawn(0.9, share, 3, missing_01=0.6) for share in (0.5, 0.7, 0.9)]
    allowed = ((usual, 1.0), (heavy, 1.2), (between, 1.4), (slow, 1.7))
    return tuple(Limit(process, most) for processes, most in allowed for process in processes)


# the thresholds are the lowest at which each of these holds
LIMITS: Final = _limits()


def draw(
    rng: np.random.Generator,
    process: Drawn,
    people: int,
    days: int = DAYS,
    *,
    change_on: int | None = None,
    change: float = change_detector.FALL,
    over_days: int = 1,
) -> tuple[Days, NDArray[np.float64]]:
    """Draw people by day, and the scale of each.

    Args:
        rng: Where from.
        process: What from.
        people: How many, m.
        days: Length of each record.
        change_on: First day of a change that lasts; None: none.
        change: By how much the level falls, in the channel's unit; negative: it rises.
        over_days: How many days the change takes.

    Returns:
        Days without a context, and scales, in the channel's unit, shape ``(m,)``.
    """

    def noise(*shape: int) -> NDArray[np.float64]:
        if process.tail is None:
            return rng.standard_normal(shape)
        return rng.standard_t(process.tail, shape) / np.sqrt(process.tail / (process.tail - 2))

    cv, share = process.scale_cv, process.window_share
    scale = PRIOR.scale * np.exp(rng.normal(-(cv**2) / 2, cv, people))
    slow = noise(people, days)
    for day in range(1, days):
        slow[:, day] = process.phi * slow[:, day - 1] + np.sqrt(1 - process.phi**2) * slow[:, day]
    value = np.sqrt(1 - share) * slow[..., None] + np.sqrt(share) * noise(people, days, process.readings)
    value *= scale[:, None, None]
    if change_on is not None:
        value -= change * np.clip((np.arange(days) - change_on + 1) / over_days, 0.0, 1.0)[:, None]
    n = np.where(rng.random((people, days)) < process.missing_01, 0.0, float(process.readings))
    mean = value.mean(axis=2)
    within = ((value - mean[..., None]) ** 2).sum(axis=2) * (n > 0)
    return Days(mean, n, within, np.zeros((people, days, 0))), scale


def false_alarms(alarms: NDArray[np.bool_], n: NDArray[np.float64], from_day: int = change_detector.FROM_DAY) -> float:
    """Alarms for 91 worn days, from `from_day` on; ``n`` counts readings; both of shape ``(m, days)``."""
    return float(alarms[:, from_day:].sum() / ((n[:, from_day:] > 0).sum() / QUARTER_DAYS))


def found(alarms: NDArray[np.bool_], change_on: int) -> tuple[float, float, float]:
    """Share of people with an alarm within 7, 14 and 28 days of a change."""
    of = [float(alarms[:, change_on : change_on + days].any(axis=1).mean()) for days in (7, 14, 28)]
    return of[0], of[1], of[2]


def worst(rate: Callable[[Limit], float], limits: Sequence[Limit]) -> tuple[float, Limit, dict[Limit, float]]:
    """Largest rate in shares of its limit, whose it is, and all of them; `rate` gives it in budgets."""
    rates = {limit: rate(limit) / limit.most for limit in limits}
    decides = max(rates, key=lambda limit: rates[limit])
    return rates[decides], decides, rates


def threshold_for(
    budget: float,
    days: dict[Limit, Days],
    watch: Callable[[Days, float], NDArray[np.bool_]],
    *,
    report: bool = False,
) -> tuple[float, Limit]:
    """The lowest threshold at which each process keeps its limit, and the process that decides.

    Args:
        budget: False alarms for 91 worn days.
        days: Drawn people without a change, by the limit that they must keep.
        watch: Alarms of days at a threshold.
        report: Whether each round is printed.

    Returns:
        Natural logarithm of the statistic, no unit; and the deciding process.
    """
    threshold, limits, decides = 4.2 if budget == 1.0 else 5.45, list(days), next(iter(days))
    for number in range(_ROUNDS):
        is_first = number == 0 and len(days) > 1

        def rate(limit: Limit, at: float = threshold, few: bool = is_first) -> float:
            of = _slice(days[limit], 0, _FIRST_PEOPLE) if few else days[limit]
            return false_alarms(watch(of, at), of.n) / budget

        most, decides, rates = worst(rate, limits)
        if report:
            print(f"{budget:g} at {threshold:.3f}, {len(limits)} left: {most:.2f} of its limit, {decides}", flush=True)
        limits = [limit for limit in limits if rates[limit] > (_NEAR_FIRST_01 if is_first else _NEAR_01) * most]
        step = float(np.log(max(most, 0.02)))
        if abs(step) < _CLOSE and not is_first:
            break
        threshold += step / _STEEPNESS.get(budget, 1.4)
    return threshold, decides


def _slice(days: Days, first: int, end: int) -> Days:
    some = slice(first, end)
    return Days(days.mean[some], days.n[some], days.within[some], days.context[some])


def shipped(days: Days, threshold: float) -> NDArray[np.bool_]:
    """Alarms of the detector as it ships, shape ``(m, days)``; so many people at once as fit into a cache."""
    parts = [_slice(days, first, first + _AT_ONCE) for first in range(0, days.n.shape[0], _AT_ONCE)]
    return np.concatenate([change_detector.watch(part, PRIOR, threshold).alarms for part in parts])

"""The change alarm: has this person's level fallen, and stayed down?

A Kalman filter predicts each day's mean reading from the days before: the person's mean (learnt as it goes), a slow
part (AR(1)) and noise of the windows, all in scales of the person's own readings, which are learnt too (conjugate,
shrunk to the population's). What a fall of 20 % that began on day tau would do to the prediction errors is known
exactly, so each of the last 28 days carries a running likelihood ratio for "it began here"; their sum is the
Shiryaev-Roberts statistic, which finds a change soonest for a given rate of false alarms (Pollak and Tartakovsky 2009,
doi:10.1214/08-AOS643; signatures: Willsky and Jones 1976, doi:10.1109/TAC.1976.1101146). On the named null process it
beats a CUSUM of the same errors and a 7-day mean (`make bench-scoring PART=alarm`).

One alarm a week at most; after one, only a change that begins later can raise another (hysteresis), and the person's
mean is free to move, so that a new normal becomes normal. A slow drift is not an alarm: see `agent.scoring.drift`.

The null process by whose runs BUDGETS was set: phi .6, window share .7, personal scale with a coefficient of variation
of .2, 30 % of days missing, 3 or 20 readings a day, no change; a false alarm is counted for 91 worn days.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.level import Prior

Floats = NDArray[np.float64]

FALL: Final = -math.log(0.8)  # 20 % of RMSSD, in its logarithm
ONSETS: Final = 28  # days back at which a change may have begun
AT_MOST_EVERY_DAYS: Final = 7
FROM_DAY: Final = 60  # the days before are for learning the mean; no alarm in them
# variance a day, in squares of the scale, by which a person's mean may move: it forgets within some months
DRIFT: Final = 4e-4
LIMIT: Final = 4.0  # an error beyond so many deviations counts as this many: a torn day is not a fallen level
# logarithm of the statistic, by false alarms for 91 worn days; set by bench-scoring, seed 1
BUDGETS: Final = {1.0: 4.32, 0.25: 5.38}


@dataclass(frozen=True, slots=True)
class Watched:
    """What the alarm saw, people side by side.

    Attributes:
        alarms: Whether one was raised on that day, shape ``(m, days)``.
        statistic: Logarithm of Shiryaev-Roberts, shape ``(m, days)``; minus infinity where nobody was read.
        began: The likeliest first day of the change, where there is an alarm; else -1.
    """

    alarms: NDArray[np.bool_]
    statistic: Floats
    began: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Process:
    """What a filter believes of a person: a bank of filters, weighed by how well each predicted so far."""

    phi: tuple[float, ...] = (0.6, 0.6, 0.6, 0.9)
    window_share: tuple[float, ...] = (0.5, 0.7, 0.9, 0.7)
    drift: float = DRIFT
    mean_known: bool = False  # the optimum of bench-scoring knows mean and scale
    scale_known: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """Prediction errors of a bank of g filters, day by day: shapes ``(days, m, g)``.

    ``variance`` (in squares of the scale) is infinite where nothing was read; ``weight`` sums to 1 over the bank and
    rests on the days before alone.
    """

    error: Floats
    variance: Floats
    gain_slow: Floats
    gain_mean: Floats
    scale: Floats
    weight: Floats
    phi: Floats


def prediction_errors(mean: Floats, n: Floats, within: Floats, prior: Prior, process: Process = Process()) -> Errors:
    """Run the bank.

    Args:
        mean: Mean reading of each day, shape ``(m, days)``; anything where there is none.
        n: Readings of each day, same shape.
        within: Sum of squared deviations of a day's readings from their mean, same shape.
        prior: The scale before the first reading.
        process: What is believed of the person.
    """
    m, days = mean.shape
    phi, share = np.array(process.phi), np.array(process.window_share)
    shape = (m, phi.size)
    slow = level = np.zeros(shape)
    slow_slow = np.broadcast_to(1.0 - share, shape)
    slow_level = np.zeros(shape)
    level_level = np.full(shape, 0.0 if process.mean_known else 100.0)
    freedom = np.full((m, 1), prior.weight)
    squares = np.full(shape, prior.weight * prior.scale**2)
    evidence = np.zeros(shape)
    kept = {name: np.zeros((days, *shape)) for name in ("error", "variance", "slow", "mean", "scale", "weight")}
    read = (n > 0)[..., None]
    noise = share / np.maximum(n, 1.0)[..., None]
    inside = np.where(read, within[..., None] / share, 0.0)
    more = np.where(n > 0, n - 1.0, 0.0)[..., None]
    value = np.where(n > 0, mean, 0.0)[..., None]
    log_share = np.log(share)
    for day in range(days):
        slow = phi * slow
        slow_slow = phi**2 * slow_slow + (1.0 - share) * (1.0 - phi**2)
        slow_level = phi * slow_level
        level_level = level_level + (0.0 if process.mean_known else process.drift)
        there = read[:, day]
        if not there.any():
            kept["variance"][day], kept["scale"][day], kept["weight"][day] = np.inf, 1.0, 1.0 / phi.size
            continue
        to_slow, to_level = slow_slow + slow_level, slow_level + level_level
        variance = to_slow + to_level + noise[:, day]
        scale2 = squares / freedom
        most = LIMIT * np.sqrt(scale2 * variance)
        error = there * np.minimum(np.maximum(value[:, day] - slow - level, -most), most)
        known = there / variance
        gain_slow, gain_level = to_slow * known, to_level * known
        slow, level = slow + gain_slow * error, level + gain_level * error
        slow_slow = slow_slow - gain_slow * to_slow
        slow_level = slow_level - gain_slow * to_level
        level_level = level_level - gain_level * to_level

        belief = evidence - 0.5 * freedom * np.log(scale2)
        belief = np.exp(belief - belief.max(axis=1, keepdims=True))
        kept["weight"][day] = belief / belief.sum(axis=1, keepdims=True)
        kept["scale"][day] = prior.scale if process.scale_known else np.sqrt(scale2)
        kept["error"][day], kept["variance"][day] = error, np.where(there, variance, np.inf)
        kept["slow"][day], kept["mean"][day] = gain_slow, gain_level
        # the first reading says nothing of the scale: it makes the mean
        counted = there & (variance < 10.0)
        squares = squares + counted * (error * error / variance) + inside[:, day]
        freedom = freedom + counted[:, :1] + more[:, day]
        evidence = evidence - 0.5 * (counted * np.log(variance) + more[:, day] * log_share)
    return Errors(kept["error"], kept["variance"], kept["slow"], kept["mean"], kept["scale"], kept["weight"], phi)


def watch(seen: Errors, threshold: float, fall: float = FALL, from_day: int = FROM_DAY) -> Watched:
    """Raise alarms where the statistic passes the threshold.

    Args:
        seen: Of `prediction_errors`.
        threshold: A value of BUDGETS.
        fall: Size of the change that is looked for, in the channel's unit; negative looks for a rise.
        from_day: No alarm before.
    """
    days, m, g = seen.error.shape
    shape = (m, g, ONSETS)
    slow, level = np.zeros(shape), np.zeros(shape)  # what a unit change has done to the estimates
    ratio = np.full(shape, -np.inf)
    onset = np.full(ONSETS, -1)
    last = np.full(m, -days)
    alarms = np.zeros((m, days), dtype=bool)
    statistic = np.full((m, days), -np.inf)
    began = np.full((m, days), -1)
    for day in range(from_day, days):
        slow *= seen.phi[:, None]
        at = day % ONSETS
        slow[..., at] = level[..., at] = ratio[..., at] = 0.0
        onset[at] = day
        there = np.isfinite(seen.variance[day])
        if not there.any():
            continue
        moved = np.where(there[..., None], 1.0 - slow - level, 0.0)
        step = (-fall / seen.scale[day])[..., None]
        error = (seen.error[day] / seen.scale[day])[..., None]
        ratio += (step * error * moved - 0.5 * (step * moved) ** 2) / seen.variance[day][..., None]
        slow += seen.gain_slow[day][..., None] * moved
        level += seen.gain_mean[day][..., None] * moved
        odds = np.einsum("mg,mgo->mo", seen.weight[day], np.exp(ratio))
        statistic[:, day] = np.log(odds.sum(axis=1))
        raised = there[:, 0] & (statistic[:, day] > threshold) & (day - last >= AT_MOST_EVERY_DAYS)
        alarms[:, day] = raised
        began[raised, day] = onset[np.argmax(odds[raised], axis=1)]
        last[raised] = day
        ratio[raised] = -np.inf
    return Watched(alarms, statistic, began)

"""The change alarm: has this person's level fallen, and stayed down?

A Kalman filter predicts each day's mean reading from the days before: the person's mean (learnt as it goes), a slow
part (AR(1)) and noise of the windows, all in scales of the person's own readings, which are learnt too (conjugate,
shrunk to the population's). What a fall of 20 % that began on day tau would do to the prediction errors is known
exactly, so each of the last 17 days carries a running likelihood ratio for "it began here". Their sum is the
Shiryaev-Roberts statistic, which finds a change soonest for a given rate of false alarms. It beats a
CUSUM of the same errors and a 7-day mean (`make bench-scoring PART=alarm`).

There is at most one alarm a week. After one, only a change that begins later can raise another (hysteresis), and after
a second the person's mean is free to move, so that a new normal becomes normal. A slow drift is not an alarm: see
`agent.scoring.drift`.

How persistent the slow part is, and how much of a reading is noise of its window, differs between people and is not
known. A bank of filters spans both: three day-to-day correlations, ten window shares in equal steps of the logarithm
of noise over slow part. Each filter counts by how well it has predicted this person, so the statistic is the likelihood
ratio of the whole mixture, and a person whose days vary slowly is not taken for one who falls.

The thresholds are in `tables/change_alarm.json`, made by `make change-thresholds`: the lowest at which none of the
processes listed there raises more false alarms for 91 worn days than its limit
(docs/decisions/105-alarm-keeps-its-budget.md).

Source: Pollak and Tartakovsky (2009), doi:10.1214/08-AOS643, for the statistic; Willsky and Jones (1976),
doi:10.1109/TAC.1976.1101146, for the signatures of a change in the errors.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.daily import Days
from agent.scoring.data import table
from agent.scoring.level import Prior
from agent.scoring.student_t import Floats

FALL: Final = -math.log(0.8)  # 20 % of RMSSD, in its logarithm
ONSETS: Final = 17  # days back at which a change may have begun
AT_MOST_EVERY_DAYS: Final = 7
FROM_DAY: Final = 60  # the days before are for learning the mean; no alarm in them
# variance a day, in squares of the scale, by which a person's mean may move: it forgets within some months
DRIFT: Final = 4e-4
# after a second alarm within so many days the mean is open by so much, in squares of the scale
REOPENED: Final = 1.0
AGAIN_DAYS: Final = 28
# of the last ten days those that lie below what was expected by a third of the fall or more: one or two bad days,
# however bad, are no level; and as many days must have been read in the last week
LOW_DAYS: Final = 3
LOW_OF_DAYS: Final = 10
LOW_OF_READ_01: Final = 0.55  # of the days read among them, at least this share: a jump that fades is no level either
LOW_SHARE: Final = 0.35
LIMIT: Final = 4.0  # an error beyond so many deviations counts as this many: a torn day is not a fallen level
# the bank: every pair of these two
PHI: Final = (0.3, 0.6, 0.9)
WINDOW_SHARE: Final = (0.02, 0.044, 0.095, 0.193, 0.352, 0.552, 0.737, 0.864, 0.936, 0.97)
# logarithm of the statistic, by false alarms for 91 worn days
BUDGETS: Final = {float(budget): float(value) for budget, value in table("change_alarm")["log_threshold"].items()}


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """The alarm day by day, people side by side.

    Attributes:
        alarms: Whether one was raised on that day, shape ``(m, days)``.
        statistic: Natural logarithm of Shiryaev-Roberts, no unit, shape ``(m, days)``; minus infinity where nobody was
            read.
        began: The likeliest first day of the change, where there is an alarm, shape ``(m, days)``; else -1.
    """

    alarms: NDArray[np.bool_]
    statistic: Floats
    began: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Process:
    """What the filters assume of a person: a bank of filters, weighed by how well each predicted so far.

    Attributes:
        phi: Day-to-day correlation of the slow part, one a filter.
        window_share: Share of a reading's variance that is noise of the window, one a filter.
        drift: Variance per day by which the mean may move, in squares of the scale.
        mean_known: Whether the mean is 0 and known: the optimum of bench-scoring knows the mean, and the scale.
    """

    phi: tuple[float, ...] = tuple(phi for phi in PHI for _ in WINDOW_SHARE)
    window_share: tuple[float, ...] = WINDOW_SHARE * len(PHI)
    drift: float = DRIFT
    mean_known: bool = False  # the optimum of bench-scoring knows the mean, and the scale


PROCESS: Final = Process()


@dataclass(slots=True)
class _Filter:
    """A bank of g filters over m people; shapes ``(m, g)``, variances in squares of the scale."""

    slow: Floats
    level: Floats
    slow_slow: Floats
    slow_level: Floats
    level_level: Floats
    squares: Floats
    freedom: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class _Step:
    """One day's prediction error and what the filter did with it."""

    error: Floats
    variance: Floats
    gain_slow: Floats
    gain_level: Floats
    scale: Floats
    weight: Floats


def watch(
    days: Days,
    prior: Prior,
    threshold: float,
    *,
    fall: float = FALL,
    process: Process = PROCESS,
    scale: Floats | None = None,
    from_day: int = FROM_DAY,
) -> AlarmHistory:
    """Raise alarms where the statistic passes the threshold.

    ``statistic = ln(sum_tau sum_g w_g exp(L_g,tau))``; the log likelihood ratio L of a change on day tau grows each day
    by ``(u e - u^2 / 2) / v``, e the prediction error, v its variance and u the effect of the change on e, all in
    scales of the person. An alarm also needs a reading that day, 7 days since the last alarm, readings on 3 of the last
    7 days, and of the last 10 days 3, and 55 % of those read, lower than predicted by 35 % of the fall.

    Args:
        days: Of one channel, in usual context; its ``context`` is not used.
        prior: The scale before the first reading.
        threshold: A value of BUDGETS, natural logarithm, no unit.
        fall: Size of the change that is looked for, in the channel's unit; negative looks for a rise.
        process: What is assumed of the person.
        scale: Of each person, in the channel's unit, shape ``(m,)``, where it is known: the optimum of bench-scoring.
        from_day: No alarm before.

    Returns:
        Alarms and the statistic by day.

    Source: see the module.
    """
    m, count = days.n.shape
    phi, share = np.array(process.phi), np.array(process.window_share)
    shape = (m, phi.size, ONSETS)
    bank = _started(m, phi.size, 1.0 - share, prior, process)
    slow, level = np.zeros(shape), np.zeros(shape)  # what a unit change has done to the estimates
    ratio = np.full(shape, -np.inf)
    onset, last = np.full(ONSETS, -1), np.full(m, -count)
    low = np.zeros((m, count), dtype=bool)
    alarms, statistic = np.zeros((m, count), dtype=bool), np.full((m, count), -np.inf)
    began = np.full((m, count), -1)
    for day in range(count):
        is_read = days.n[:, day, None] > 0
        bank.slow = phi * bank.slow
        bank.slow_slow = phi**2 * bank.slow_slow + (1.0 - share) * (1.0 - phi**2)
        bank.slow_level = phi * bank.slow_level
        bank.level_level = bank.level_level + (0.0 if process.mean_known else process.drift)
        if day >= from_day:
            slow *= phi[:, None]
            at = day % ONSETS
            slow[..., at] = level[..., at] = ratio[..., at] = 0.0
            onset[at] = day
        if not is_read.any():
            continue
        step = _step(bank, days, day, is_read, share, scale)
        if day < from_day:
            continue
        moved = 1.0 - slow - level
        unit = -fall / step.scale
        line = unit * step.error / step.scale / step.variance  # both 0 where nothing was read, as the gains are
        curve = 0.5 * is_read * unit**2 / step.variance
        ratio += moved * (line[..., None] - curve[..., None] * moved)
        slow += step.gain_slow[..., None] * moved
        level += step.gain_level[..., None] * moved
        # an error of at most LIMIT deviations adds at most LIMIT^2 / 2 = 8 a day: no exponential overflows in 17 days
        odds = np.einsum("mg,mgo->mo", step.weight, np.exp(ratio))
        statistic[:, day] = np.log(odds.sum(axis=1))
        low[:, day] = np.sum(step.weight * step.error, axis=1) * np.sign(fall) < -LOW_SHARE * abs(fall)
        raised = is_read[:, 0] & (statistic[:, day] > threshold)
        if not raised.any():
            continue
        raised &= day - last >= AT_MOST_EVERY_DAYS
        raised &= _is_lasting(low, days.n > 0, day)
        alarms[:, day] = raised
        began[raised, day] = onset[np.argmax(odds[raised], axis=1)]
        is_second = raised & (day - last <= AGAIN_DAYS)
        last[raised] = day
        ratio[raised] = -np.inf
        if not process.mean_known:
            # a level reported twice is the new normal, and is learnt quickly: it is not reported week after week
            bank.level_level[is_second] = np.maximum(bank.level_level[is_second], REOPENED)
    return AlarmHistory(alarms, statistic, began)


def settings() -> dict[str, float | list[float]]:
    """What the thresholds belong to: the bank and the rules, as `tables/change_alarm.json` records them.

    Returns:
        Constants of this module by name, each in the unit that its comment gives.

    Source: definition.
    """
    rules = (FALL, ONSETS, AT_MOST_EVERY_DAYS, FROM_DAY, DRIFT, REOPENED, AGAIN_DAYS)
    low = (LOW_DAYS, LOW_OF_DAYS, LOW_OF_READ_01, LOW_SHARE, LIMIT)
    names = ("fall", "onsets", "at_most_every_days", "from_day", "drift", "reopened", "again_days", "low_days",
             "low_of_days", "low_of_read_01", "low_share", "limit")  # fmt: skip
    return {"phi": list(PHI), "window_share": list(WINDOW_SHARE)} | dict(zip(names, (*rules, *low), strict=True))


def _is_lasting(low: NDArray[np.bool_], is_read: NDArray[np.bool_], day: int) -> NDArray[np.bool_]:
    """Whether enough of the last days were low, and enough of the last week was read, shape ``(m,)``."""
    lately, week = slice(max(0, day + 1 - LOW_OF_DAYS), day + 1), slice(max(0, day - 6), day + 1)
    count = low[:, lately].sum(axis=1)
    enough = (count >= LOW_DAYS) & (count >= LOW_OF_READ_01 * is_read[:, lately].sum(axis=1))
    return np.asarray(enough & (is_read[:, week].sum(axis=1) >= LOW_DAYS))


def _started(m: int, g: int, slow_variance: Floats, prior: Prior, process: Process) -> _Filter:
    zero = np.zeros((m, g))
    unknown = np.full((m, g), 0.0 if process.mean_known else 100.0)
    squares = np.full((m, g), prior.weight * prior.scale**2)
    return _Filter(zero, zero, zero + slow_variance, zero, unknown, squares, np.full((m, 1), prior.weight), zero)


def _step(
    bank: _Filter, days: Days, day: int, is_read: NDArray[np.bool_], share: Floats, scale: Floats | None
) -> _Step:
    """Predict a day, and learn from it."""
    n = days.n[:, day, None]
    to_slow, to_level = bank.slow_slow + bank.slow_level, bank.slow_level + bank.level_level
    variance = to_slow + to_level + share / np.maximum(n, 1.0)
    scale2 = bank.squares / bank.freedom if scale is None else np.broadcast_to(scale[:, None] ** 2, variance.shape)
    most = LIMIT * np.sqrt(scale2 * variance)
    value = np.where(is_read, days.mean[:, day, None], 0.0)
    error = is_read * np.minimum(np.maximum(value - bank.slow - bank.level, -most), most)
    known = is_read / variance
    gain_slow, gain_level = to_slow * known, to_level * known
    bank.slow = bank.slow + gain_slow * error
    bank.level = bank.level + gain_level * error
    bank.slow_slow = bank.slow_slow - gain_slow * to_slow
    bank.slow_level = bank.slow_level - gain_slow * to_level
    bank.level_level = bank.level_level - gain_level * to_level

    belief = bank.evidence - 0.5 * bank.freedom * np.log(bank.squares / bank.freedom)
    belief = np.exp(belief - belief.max(axis=1, keepdims=True))
    weight = belief / belief.sum(axis=1, keepdims=True)
    # the first reading says nothing of the scale: it makes the mean
    counted = is_read & (variance < 10.0)
    more = is_read * (n - 1.0)
    bank.squares = bank.squares + counted * (error * error / variance) + is_read * days.within[:, day, None] / share
    bank.freedom = bank.freedom + counted[:, :1] + more
    bank.evidence = bank.evidence - 0.5 * (counted * np.log(variance) + more * np.log(share))
    return _Step(np.asarray(error, dtype=float), variance, gain_slow, gain_level, np.sqrt(scale2), weight)

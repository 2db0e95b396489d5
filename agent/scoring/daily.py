"""Readings of one channel, by day: the input of every score.

A reading's context is a row of 0 and 1: the time of day it was taken in, and the shift. What is usual in a context is
learnt per person (`agent.scoring.level`); the others are compared with an afternoon without a shift.

Derived: limits of clipping and of new contexts as the constants say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.level import BEFORE_DAYS, Stretches, week_minus_before
from agent.scoring.student_t import MAD_TO_SD, Floats

CONTEXTS: Final = ("night", "morning", "evening", "day shift", "night shift")
WEEK_DAYS: Final = 7
# a reading further from the median of the days before counts as this many deviations: one torn hour is no week.
# Nine in ten thousand of a normal distribution lie beyond 4; of Student's with 4 degrees, 5 in a thousand
MOST_DEVIATIONS: Final = 4.0
_LEARNT_READINGS: Final = 20  # readings in a context, from which its effect is known to a quarter of a scale
_NEW_SHARE: Final = 0.25  # of a day's readings


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of one channel, people side by side.

    Attributes:
        value: In the channel's unit, shape ``(m, days, most)``; NaN where there is none. Day 0 is the first day that
            counts.
        context: 0 or 1, shape ``(m, days, most, len(CONTEXTS))``.
    """

    value: Floats
    context: Floats

    @property
    def is_present(self) -> NDArray[np.bool_]:
        """Where there is a reading.

        Returns: Shape ``(m, days, most)``.
        Source: definition.
        """
        return np.isfinite(self.value)


@dataclass(frozen=True, slots=True)
class Days:
    """The same by day.

    Attributes:
        mean: Mean reading in the channel's unit, shape ``(m, days)``; 0 where there is none.
        n: Count of readings, shape ``(m, days)``.
        within: Sum of squared deviations from the day's mean, in the squared unit, shape ``(m, days)``.
        context: Mean context, 0 to 1, shape ``(m, days, len(CONTEXTS))``.
    """

    mean: Floats
    n: Floats
    within: Floats
    context: Floats


def by_day(readings: Readings) -> Days:
    """Days of readings: ``n``, ``mean = sum(x) / n``, ``within = sum((x - mean)^2)`` and the mean context.

    Args:
        readings: Of one channel, m people.

    Returns:
        By day; see `Days`.

    Source: definition.
    """
    present = readings.is_present
    n = present.sum(axis=2).astype(float)
    mean, within = _mean_and_within(readings.value, present, n)
    context = np.matmul(present[:, :, None, :].astype(float), readings.context)[:, :, 0] / np.maximum(n, 1.0)[..., None]
    return Days(mean, n, within, context)


def stretches(
    readings: Readings, days: Days, last_days: Sequence[int], week_days: int = WEEK_DAYS, first_day: Sequence[int] = ()
) -> Stretches:
    """Weeks as `agent.scoring.level` wants them: up to 60 days, and the week that ends on each of `last_days`.

    Nothing before `first_day` or after a week's last day is used. Readings further than 4 robust deviations from the
    median of the days before are clipped to that distance, where at least ten readings are there.

    Args:
        readings: Of m people.
        days: Of `by_day`.
        last_days: Last day of each stretch; at least ``week_days - 1``. All people's first week comes first.
        week_days: 7, or 1 for a day.
        first_day: First day of each stretch; empty: 0.

    Returns:
        ``len(last_days) * m`` stretches of 60 + `week_days` days.

    Source: see the module.
    """
    m, most = readings.value.shape[0], readings.value.shape[2]
    span = BEFORE_DAYS + week_days
    place = np.array(last_days)[:, None] + 1 - span + np.arange(span)  # (stretches, span)
    week_begins = np.array(last_days) + 1 - week_days
    first = np.maximum(np.array(first_day or [0] * len(last_days)), week_begins - BEFORE_DAYS)
    present = place >= first[:, None]
    safe = np.where(present, place, 0)

    def of_days(column: Floats) -> Floats:
        """Shape ``(m, days, ...)`` to ``(stretches * m, span, ...)``."""
        return np.moveaxis(column[:, safe], 0, 1).reshape(-1, span, *column.shape[2:])

    missing = np.repeat(~present, m, axis=0)
    value = of_days(readings.value)
    value = np.where(missing[..., None], np.nan, value)
    n = np.where(missing, 0.0, of_days(days.n))
    low, high = _bounds(value[:, :BEFORE_DAYS].reshape(-1, BEFORE_DAYS * most))
    clipped = np.minimum(np.maximum(value, low), high)
    mean, within = _mean_and_within(clipped, np.isfinite(clipped), n)
    weights = np.repeat([week_minus_before(count, week_days) for count in (week_begins - first).tolist()], m, axis=0)
    return Stretches(mean, n, within.sum(axis=1), of_days(days.context), weights)


def in_usual_context(days: Days, last_days: Sequence[int], effect: Floats) -> Days:
    """Level of each day as the change alarm sees it, ``mean - context . effect``, without days in a new context.

    A day counts for nothing where more than a quarter of its readings are in a context with fewer than 20 readings so
    far: a first week of nights is no fall. The first 20 readings of a person are all new, and count.

    Args:
        days: Of `by_day`.
        last_days: Of the weeks, oldest first; days before the first one's end are in the first week.
        effect: What was learnt by the end of each week, in the channel's unit, shape ``(weeks, m, contexts)``; it is
            used from the next day on.

    Returns:
        Days in the channel's unit; n and within are 0 for days that count for nothing.

    Source: see the module.
    """
    known = np.zeros((*days.n.shape, effect.shape[2]))
    for last, of_week in zip(last_days, effect, strict=True):
        known[:, last + 1 :] = of_week[:, None]
    context = days.context[:, :, : effect.shape[2]]
    read = np.cumsum(days.n[..., None] * context, axis=1)
    before = np.concatenate((np.zeros_like(read[:, :1]), read[:, :-1]), axis=1)
    new = ((context > _NEW_SHARE) & (before < _LEARNT_READINGS)).any(axis=2)
    new &= np.cumsum(days.n, axis=1) > _LEARNT_READINGS  # at the very beginning everything is
    level = days.mean - np.sum(context * known, axis=2)
    return Days(level, np.where(new, 0.0, days.n), np.where(new, 0.0, days.within), days.context)


def _mean_and_within(value: Floats, present: NDArray[np.bool_], n: Floats) -> tuple[Floats, Floats]:
    filled = np.where(present, value, 0.0)
    mean = filled.sum(axis=2) / np.maximum(n, 1.0)
    centred = (filled - mean[..., None]) * present
    return mean, np.sum(centred * centred, axis=2)


def _bounds(before: Floats) -> tuple[Floats, Floats]:
    """Limits of each row, shape ``(rows, 1, 1)``; none where fewer than ten readings say where the middle is."""
    middle = _median(before)
    reach = MOST_DEVIATIONS * MAD_TO_SD * _median(np.abs(before - middle[:, None]))
    # many equal readings (yawns: mostly none) have no median deviation; then nothing is clipped
    known = (np.isfinite(before).sum(axis=1) >= 10) & (reach > 0.0)
    middle, reach = np.where(known, middle, 0.0), np.where(known, reach, np.inf)
    return (middle - reach)[:, None, None], (middle + reach)[:, None, None]


def _median(rows: Floats) -> Floats:
    """Lower median of each row's finite numbers; NaN without any."""
    ordered = np.sort(rows, axis=1)
    place = np.maximum((np.isfinite(rows).sum(axis=1) - 1) // 2, 0)
    return np.asarray(ordered[np.arange(rows.shape[0]), place])

"""Variability and heart rate day by day, against the person's own range: by the functions that score, unchanged."""

from typing import Final

import numpy as np

from agent.scoring.baseline import baseline, first_day_after
from agent.scoring.channel_results import ChannelDays, channel_results
from agent.scoring.daily import CONTEXTS, WEEK_DAYS, Days, by_day
from agent.scoring.observations import Record
from agent.scoring.student_t import Floats
from hub.care.picture import Line
from hub.scoring.digest import Digest
from hub.scoring.weeks import record_of

CHANNELS: Final = ("ln_rmssd", "hr_bpm")
DAYS: Final = 60
MEAN_DAYS: Final = 3  # of seven, from which the mean is drawn


def lines_of(digest: Digest) -> tuple[Line, ...]:
    """The lines of the last 60 days; channels without a reading are absent.

    Args:
        digest: Of the person: its readings are what the index is made of, too.
    """
    record = record_of(digest)
    return tuple(_line(record, name) for name in CHANNELS if name in record.channels)


def _line(record: Record, name: str) -> Line:
    days = by_day(record.channels[name])
    effect = _effect(record, name, days)
    mean, n = days.mean[0], days.n[0]
    shown = range(max(0, record.days - DAYS), record.days)
    ranges = [baseline(days, day, effect, first_day_after(record.resets, day)) for day in shown]
    return Line(
        name,
        record.first_day + shown.start,
        tuple(float(mean[day]) if n[day] else None for day in shown),
        tuple(_week_mean(mean, n, day) for day in shown),
        tuple(one.low for one in ranges),
        tuple(one.high for one in ranges),
    )


def _effect(record: Record, name: str, days: Days) -> Floats:
    """Of each context, as it was learnt by the newest day; none before seven days."""
    if record.days < WEEK_DAYS:
        return np.zeros(len(CONTEXTS))
    result = channel_results([ChannelDays(record, name, days, (record.days - 1,))])[0]
    return np.asarray(result.deviation.effect[-1])


def _week_mean(mean: Floats, n: Floats, day: int) -> float | None:
    week = slice(max(0, day + 1 - WEEK_DAYS), day + 1)
    if np.count_nonzero(n[week]) < MEAN_DAYS:
        return None
    return float(np.average(mean[week], weights=n[week]))

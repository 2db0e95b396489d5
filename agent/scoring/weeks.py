"""The weekly log: each week against the 60 days before it, from the record alone, so that it can be computed again.

A week begins on a Monday, so that what was reported of it does not change; the last row is the last seven days,
whatever day it is. A week without enough readings stays a gap with its reason; nothing is filled in.

Source: the parts, `agent.scoring.level`, `index`, `baseline`, `change_detector` and `drift`. Derived: the conditions of
    a
week are ours, as the constants say.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from agent.scoring.baseline import Baseline, baseline, first_day_after
from agent.scoring.change_detector import BUDGETS, watch
from agent.scoring.channel_results import ChannelDays, channel_results
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, Days, by_day, in_usual_context
from agent.scoring.drift import Drift, drift
from agent.scoring.level import Deviation
from agent.scoring.observations import Record
from agent.scoring.student_t import Floats
from agent.scoring.week_rows import Week, allowed_channels, is_week_end, week_row

SHOWN: Final = 13
_WATCHED: Final = "ln_rmssd"


@dataclass(frozen=True, slots=True)
class Log:
    """Weeks and what belongs to all of them.

    Attributes:
        weeks: Oldest first.
        baseline: The heart's, today.
        alarms: Days of alarms.
        drift: Over the weeks shown.
    """

    weeks: tuple[Week, ...]
    baseline: Baseline | None
    alarms: tuple[int, ...]
    drift: Drift | None


def weekly_log(
    record: Record,
    *,
    weeks: int = SHOWN,
    kinds: Collection[str] | None = None,
    norm: float | None = None,
    false_alarms: float = 0.25,
) -> Log:
    """Score one person.

    Args:
        record: See `agent.scoring.observations`.
        weeks: How many whole ones; a year is 52.
        kinds: Feature kinds that the profile allows; None: all. Without ``strain`` there is no index.
        norm: See `baseline`.
        false_alarms: A row of `agent.scoring.change_detector.BUDGETS`: false alarms for 91 worn days.

    Returns:
        The log; without weeks where there is no reading.

    Source: see the module.
    """
    every_last = _last_days(record)
    whole = [last for last in every_last if is_week_end(record.first_day + last)][-weeks:]
    last_days = [last for last in every_last if whole and last >= whole[0]] or every_last[-1:]
    allowed = allowed_channels(record, kinds)
    by_days = {name: by_day(record.channels[name]) for name in allowed}
    if not last_days:
        return Log((), None, (), None)
    # of the alarm's channel all weeks, however many are shown: an alarm depends on everything before it
    parts = [
        ChannelDays(record, name, by_days[name], tuple(every_last if name == _WATCHED else last_days))
        for name in allowed
    ]
    results = dict(zip(allowed, channel_results(parts) if parts else [], strict=True))
    alarms: tuple[int, ...] = ()
    today, drifted = None, None
    if _WATCHED in allowed:
        answer = results[_WATCHED].deviation
        alarms = _alarms(record, by_days[_WATCHED], answer, every_last, BUDGETS[false_alarms])
        results[_WATCHED] = results[_WATCHED].last(len(last_days))
        first = first_day_after(record.resets, last_days[-1])
        today = baseline(by_days[_WATCHED], last_days[-1], answer.effect[-1], first, norm)
        # the same effects for all weeks: those learnt last. A step is reported as an alarm, and is no drift
        since = [last for last in whole if last - WEEK_DAYS >= max(first, *alarms, 0)]
        drifted = drift(np.array([_level(by_days[_WATCHED], last, answer.effect[-1]) for last in since]))
    with_index = kinds is None or "strain" in kinds
    rows = tuple(
        week_row(record, last, place, results, by_days, alarms, with_index=with_index)
        for place, last in enumerate(last_days)
    )
    return Log(rows, today, alarms, drifted)


def _last_days(record: Record) -> list[int]:
    """Last days of all whole weeks, and today's."""
    whole = [day for day in range(WEEK_DAYS - 1, record.days) if is_week_end(record.first_day + day)]
    today = record.days - 1
    return whole if today < WEEK_DAYS - 1 or today in whole else [*whole, today]


def _alarms(record: Record, days: Days, answer: Deviation, last_days: list[int], threshold: float) -> tuple[int, ...]:
    """Days of alarms, each from what was known before its week."""
    levels = in_usual_context(days, last_days, answer.effect[:, None])
    alarms: list[int] = []
    edges = [0, *sorted({day for day in record.resets if 0 < day < record.days}), record.days]
    for begins, ends in pairwise(edges):
        part = slice(begins, ends)
        usual = Days(levels.mean[:, part], levels.n[:, part], levels.within[:, part], levels.context[:, part])
        raised = watch(usual, CHANNELS[_WATCHED].prior, threshold).alarms[0]
        alarms += (begins + np.flatnonzero(raised)).tolist()
    return tuple(alarms)


def _level(days: Days, last: int, effect: Floats) -> float:
    week = slice(last + 1 - WEEK_DAYS, last + 1)
    n = days.n[0, week]
    if not n.any():
        return float("nan")
    return float(np.average(days.mean[0, week] - days.context[0, week] @ effect, weights=n))

"""The weekly log: each week against the 60 days before it, from the record alone, so that it can be computed again.

A week begins on a Monday, so that what was reported of it does not change; the last row is the last seven days,
whatever day it is. A week without enough readings stays a gap with its reason; nothing is filled in.

Source: the parts, `agent.scoring.level`, `index`, `baseline`, `change_detector` and `drift`. Derived: the conditions of
    a
week are ours, as the constants say.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np

from agent.scoring.baseline import Baseline, State, baseline, first_day_after, state
from agent.scoring.change_detector import BUDGETS, watch
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, Days, by_day, in_usual_context, stretches
from agent.scoring.drift import Drift, drift
from agent.scoring.index import Standing, Strain, strain
from agent.scoring.instruments import CHECK_IN
from agent.scoring.level import BEFORE_DAYS, Deviation, Stretches, deviation
from agent.scoring.observations import Record
from agent.scoring.student_t import Floats

SHOWN: Final = 13
_WATCHED: Final = "ln_rmssd"
_MONDAY_IS: Final = 3  # 1970-01-01 was a Thursday
READINGS_IN_WEEK: Final = 3
DAYS_IN_WEEK: Final = 2
VALUES_BEFORE: Final = 8  # different ones; a channel that is mostly nought has no scale
MOST_Z: Final = 4.0  # beyond, the index is at its end anyhow
REASONS: Final = {
    "nothing": "nothing was measured in this week",
    "thin": "too little was measured in this week; three readings on two days are needed",
    "learning": "learning your normal; the first result needs 42 readings on 14 days",
    "stale": "nothing was measured in the two weeks before",
    "still": "it never varied before, so there is nothing to compare it with",
}


@dataclass(frozen=True, slots=True)
class ChannelWeek:
    """One channel in one week, in the channel's unit.

    Attributes:
        deviation, low, high: Week minus the 60 days before, with its 90 % interval.
        standing: The same in the person's usual deviations, plus is strain.
        usual: The person's mean level before and in the week.
        readings: Count in the week.
        state: Of the channel's baseline.
    """

    deviation: float
    low: float
    high: float
    standing: Standing
    usual: float
    readings: int
    state: State


@dataclass(frozen=True, slots=True)
class Week:
    """One row of the log.

    Attributes:
        first_day: Days since 1970 of its first day, on the person's clock.
        channels: Channels with a deviation, by row of CHANNELS.
        strain: The index; None is a gap.
        reason: A row of REASONS where no channel has a deviation.
        worn_h: Hours worn.
        coverage_01: Mean coverage of the days worn; None without any.
        notable: What is marked: an alarm, or an index whose whole interval is above 50.
        means: Each channel's mean reading, in its unit.
        rolling: Whether it is the last seven days where today is no Sunday.
        readings_before, days_before: Counts of the channel that is furthest along.
    """

    first_day: int
    channels: dict[str, ChannelWeek]
    strain: Strain | None
    reason: str
    worn_h: float
    coverage_01: float | None
    notable: str = ""
    means: dict[str, float] = field(default_factory=dict)
    rolling: bool = False
    readings_before: int = 0
    days_before: int = 0


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
    whole = [last for last in every_last if _is_sunday(record, last)][-weeks:]
    last_days = [last for last in every_last if whole and last >= whole[0]] or every_last[-1:]
    allowed = [name for name in CHANNELS if name in record.channels and (kinds is None or CHANNELS[name].kind in kinds)]
    by_days = {name: by_day(record.channels[name]) for name in allowed}
    if not last_days:
        return Log((), None, (), None)
    # of the alarm's channel all weeks, however many are shown: an alarm depends on everything before it
    results = {
        name: _results(record, name, by_days[name], every_last if name == _WATCHED else last_days) for name in allowed
    }
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
        _week(record, last, place, results, by_days, alarms, with_index=with_index)
        for place, last in enumerate(last_days)
    )
    return Log(rows, today, alarms, drifted)


def _last_days(record: Record) -> list[int]:
    """Last days of all whole weeks, and today's."""
    whole = [day for day in range(WEEK_DAYS - 1, record.days) if _is_sunday(record, day)]
    today = record.days - 1
    return whole if today < WEEK_DAYS - 1 or today in whole else [*whole, today]


def _is_sunday(record: Record, day: int) -> bool:
    return (record.first_day + day + _MONDAY_IS) % 7 == 6


@dataclass(frozen=True, slots=True)
class _ChannelResults:
    stretches: Stretches
    deviation: Deviation
    distinct: tuple[int, ...]  # count of different values before each week

    def last(self, count: int) -> "_ChannelResults":
        """Those of the last weeks alone."""
        weeks, answer = self.stretches, self.deviation
        return _ChannelResults(
            replace(weeks, **{name: getattr(weeks, name)[-count:] for name in weeks.__dataclass_fields__}),
            replace(answer, **{name: getattr(answer, name)[-count:] for name in answer.__dataclass_fields__}),
            self.distinct[-count:],
        )


def _results(record: Record, name: str, days: Days, last_days: list[int]) -> _ChannelResults:
    first = [min(first_day_after(record.resets, last), last + 1 - WEEK_DAYS) for last in last_days]
    weeks = stretches(record.channels[name], days, last_days, first_day=first)
    value = record.channels[name].value[0]
    distinct = [
        np.unique(part[np.isfinite(part)]).size
        for begins, last in zip(first, last_days, strict=True)
        for part in (value[max(begins, last + 1 - WEEK_DAYS - BEFORE_DAYS) : max(last + 1 - WEEK_DAYS, 0)],)
    ]
    return _ChannelResults(weeks, deviation(weeks, CHANNELS[name].prior), tuple(distinct))


def _week(
    record: Record,
    last: int,
    place: int,
    results: dict[str, _ChannelResults],
    by_days: dict[str, Days],
    alarms: tuple[int, ...],
    *,
    with_index: bool,
) -> Week:
    channels: dict[str, ChannelWeek] = {}
    usual: list[str] = []
    known = (0, 0)
    reasons: list[str] = []
    for name, result in results.items():
        n = result.stretches.n[place]
        before, week = n[:BEFORE_DAYS], n[BEFORE_DAYS:]
        now = state(before, week)
        known = max(known, (int(before.sum()), int(np.sum(before > 0))))
        if now in ("provisional", "established"):
            usual.append(name)
        if not week.any():
            reasons.append("nothing")
        elif week.sum() < READINGS_IN_WEEK or np.sum(week > 0) < DAYS_IN_WEEK:
            reasons.append("thin")
        elif now in ("learning", "stale"):
            reasons.append(now)
        elif result.distinct[place] < VALUES_BEFORE:
            reasons.append("still")
        else:
            channels[name] = _channel_week(name, result.deviation, place, int(week.sum()), now)
    index = None
    if channels and with_index:
        index = strain({name: channel.standing for name, channel in channels.items()}, usual)
    # the reason of the channel that is furthest along
    reason = "" if channels else max(reasons, key=list(REASONS).index, default="nothing")
    days = slice(last + 1 - WEEK_DAYS, last + 1)
    alarmed = any(days.start <= day < days.stop for day in alarms)
    above = index is not None and index.low > 50.0
    coverage = record.coverage_01[days][record.worn_h[days] > 0]
    return Week(
        record.first_day + days.start,
        channels,
        index,
        reason,
        float(record.worn_h[days].sum()),
        float(coverage.mean()) if coverage.size else None,
        CHECK_IN if alarmed else "above your normal" if above else "",
        {name: float(np.average(read.mean[0, days], weights=read.n[0, days]))
         for name, read in by_days.items() if read.n[0, days].any()},
        not _is_sunday(record, last),
        *known,
    )  # fmt: skip


def _channel_week(name: str, answer: Deviation, place: int, readings: int, now: State) -> ChannelWeek:
    value, sd, usual_sd = float(answer.value[place]), float(answer.sd[place]), float(answer.usual_sd[place])
    z = min(max(value / max(usual_sd, 1e-12), -MOST_Z), MOST_Z)
    standing = Standing(CHANNELS[name].toward_strain * z, sd / max(usual_sd, 1e-12))
    return ChannelWeek(
        value, float(answer.low[place]), float(answer.high[place]), standing, float(answer.usual[place]), readings, now
    )


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

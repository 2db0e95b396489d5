"""The weekly log: each week against the 60 days before it, from the record alone, so that it can be made again.

A week begins on a Monday, so that what was told of it stays told; the last row is the last seven days, whatever day
it is.
A week without enough stays a gap with its reason; nothing is filled in.
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
class Moved:
    """One channel in one week, in the channel's unit.

    Attributes:
        deviation, low, high: Week minus the 60 days before, with its 90 % interval.
        standing: The same in the person's usual deviations, plus is strain.
        usual: The person's mean level before and in the week.
        readings: In the week.
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
    """One row of the log; ``strain`` None is a gap, and ``reason`` a row of REASONS.

    ``rolling`` is the last seven days where today is no Sunday; ``means`` is each channel's mean reading;
    ``readings_before`` and ``days_before`` are those of the channel that is furthest along.
    """

    first_day: int
    channels: dict[str, Moved]
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
    """Weeks, oldest first; the heart's baseline today; alarms by day; drift over the weeks shown."""

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
        kinds: Feature kinds that the place allows; None: all. Without ``strain`` there is no index.
        norm: See `baseline`.
        false_alarms: A row of `agent.scoring.change_detector.BUDGETS`: false alarms for 91 worn days.
    """
    every = _lasts(record)
    whole = [last for last in every if _is_sunday(record, last)][-weeks:]
    lasts = [last for last in every if whole and last >= whole[0]] or every[-1:]
    allowed = [name for name in CHANNELS if name in record.channels and (kinds is None or CHANNELS[name].kind in kinds)]
    by_days = {name: by_day(record.channels[name]) for name in allowed}
    if not lasts:
        return Log((), None, (), None)
    # of the alarm's channel all weeks, however many are shown: an alarm hangs on everything before it
    answers = {name: _answers(record, name, by_days[name], every if name == _WATCHED else lasts) for name in allowed}
    alarms: tuple[int, ...] = ()
    today, moving = None, None
    if _WATCHED in allowed:
        answer = answers[_WATCHED].deviation
        alarms = _alarms(record, by_days[_WATCHED], answer, every, BUDGETS[false_alarms])
        answers[_WATCHED] = answers[_WATCHED].last(len(lasts))
        first = first_day_after(record.resets, lasts[-1])
        today = baseline(by_days[_WATCHED], lasts[-1], answer.effect[-1], first, norm)
        # one yardstick for all weeks: the effects learnt last. A step is told as an alarm, and is no drift
        since = [last for last in whole if last - WEEK_DAYS >= max(first, *alarms, 0)]
        moving = drift(np.array([_level(by_days[_WATCHED], last, answer.effect[-1]) for last in since]))
    with_index = kinds is None or "strain" in kinds
    rows = tuple(
        _week(record, last, place, answers, by_days, alarms, with_index=with_index) for place, last in enumerate(lasts)
    )
    return Log(rows, today, alarms, moving)


def _lasts(record: Record) -> list[int]:
    """Last days of all whole weeks, and today's."""
    whole = [day for day in range(WEEK_DAYS - 1, record.days) if _is_sunday(record, day)]
    today = record.days - 1
    return whole if today < WEEK_DAYS - 1 or today in whole else [*whole, today]


def _is_sunday(record: Record, day: int) -> bool:
    return (record.first_day + day + _MONDAY_IS) % 7 == 6


@dataclass(frozen=True, slots=True)
class _Answers:
    stretches: Stretches
    deviation: Deviation
    kinds: tuple[int, ...]  # different values before each week

    def last(self, count: int) -> "_Answers":
        """Those of the last weeks alone."""
        seen, made = self.stretches, self.deviation
        return _Answers(
            replace(seen, **{name: getattr(seen, name)[-count:] for name in seen.__dataclass_fields__}),
            replace(made, **{name: getattr(made, name)[-count:] for name in made.__dataclass_fields__}),
            self.kinds[-count:],
        )


def _answers(record: Record, name: str, days: Days, lasts: list[int]) -> _Answers:
    first = [min(first_day_after(record.resets, last), last + 1 - WEEK_DAYS) for last in lasts]
    seen = stretches(record.channels[name], days, lasts, first_day=first)
    value = record.channels[name].value[0]
    kinds = [
        np.unique(part[np.isfinite(part)]).size
        for begins, last in zip(first, lasts, strict=True)
        for part in (value[max(begins, last + 1 - WEEK_DAYS - BEFORE_DAYS) : max(last + 1 - WEEK_DAYS, 0)],)
    ]
    return _Answers(seen, deviation(seen, CHANNELS[name].prior), tuple(kinds))


def _week(
    record: Record,
    last: int,
    place: int,
    answers: dict[str, _Answers],
    by_days: dict[str, Days],
    alarms: tuple[int, ...],
    *,
    with_index: bool,
) -> Week:
    channels: dict[str, Moved] = {}
    usual: list[str] = []
    known = (0, 0)
    reasons: list[str] = []
    for name, answer in answers.items():
        n = answer.stretches.n[place]
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
        elif answer.kinds[place] < VALUES_BEFORE:
            reasons.append("still")
        else:
            channels[name] = _moved(name, answer.deviation, place, int(week.sum()), now)
    strained = (
        strain({name: one.standing for name, one in channels.items()}, usual) if channels and with_index else None
    )
    # of several channels the one that is furthest along speaks
    reason = "" if channels else max(reasons, key=list(REASONS).index, default="nothing")
    days = slice(last + 1 - WEEK_DAYS, last + 1)
    alarmed = any(days.start <= day < days.stop for day in alarms)
    above = strained is not None and strained.low > 50.0
    seen = record.coverage_01[days][record.worn_h[days] > 0]
    return Week(
        record.first_day + days.start,
        channels,
        strained,
        reason,
        float(record.worn_h[days].sum()),
        float(seen.mean()) if seen.size else None,
        CHECK_IN if alarmed else "above your normal" if above else "",
        {name: float(np.average(one.mean[0, days], weights=one.n[0, days]))
         for name, one in by_days.items() if one.n[0, days].any()},
        not _is_sunday(record, last),
        *known,
    )  # fmt: skip


def _moved(name: str, seen: Deviation, place: int, readings: int, now: State) -> Moved:
    value, sd, yard = float(seen.value[place]), float(seen.sd[place]), float(seen.usual_sd[place])
    z = min(max(value / max(yard, 1e-12), -MOST_Z), MOST_Z)
    standing = Standing(CHANNELS[name].toward_strain * z, sd / max(yard, 1e-12))
    return Moved(
        value, float(seen.low[place]), float(seen.high[place]), standing, float(seen.usual[place]), readings, now
    )


def _alarms(record: Record, days: Days, answer: Deviation, lasts: list[int], threshold: float) -> tuple[int, ...]:
    """Days of alarms, each judged by what was known before its week."""
    seen = in_usual_context(days, lasts, answer.effect[:, None])
    found: list[int] = []
    edges = [0, *sorted({day for day in record.resets if 0 < day < record.days}), record.days]
    for begins, ends in pairwise(edges):
        part = slice(begins, ends)
        usual = Days(seen.mean[:, part], seen.n[:, part], seen.within[:, part], seen.context[:, part])
        raised = watch(usual, CHANNELS[_WATCHED].prior, threshold).alarms[0]
        found += (begins + np.flatnonzero(raised)).tolist()
    return tuple(found)


def _level(days: Days, last: int, effect: Floats) -> float:
    week = slice(last + 1 - WEEK_DAYS, last + 1)
    n = days.n[0, week]
    if not n.any():
        return float("nan")
    return float(np.average(days.mean[0, week] - days.context[0, week] @ effect, weights=n))

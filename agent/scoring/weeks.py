"""The weekly log: each week against the 60 days before it, from the record alone, so that it can be made again.

A week is seven days that end on the record's last day, or a multiple of seven before it. A week without enough stays a
gap with its reason; nothing is filled in.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agent.scoring.baseline import Baseline, State, baseline, first_day_after, state
from agent.scoring.change import BUDGETS, prediction_errors, watch
from agent.scoring.channels import CHANNELS
from agent.scoring.days import WEEK_DAYS, Days, by_day, stretches
from agent.scoring.drift import Drift, drift
from agent.scoring.index import Standing, Strain, strain
from agent.scoring.instruments import CHECK_IN
from agent.scoring.level import BEFORE_DAYS, Deviation, Floats, Stretches, deviation
from agent.scoring.record import Record

SHOWN: Final = 13
READINGS_IN_WEEK: Final = 3
DAYS_IN_WEEK: Final = 2
REASONS: Final = {
    "nothing": "nothing was measured in this week",
    "thin": "too little was measured in this week: three readings on two days are needed",
    "learning": "learning you: 42 readings on 14 days come before the first verdict",
    "stale": "nothing was measured in the two weeks before",
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
    """One row of the log; ``strain`` None is a gap, and ``reason`` a row of REASONS."""

    first_day: int
    channels: dict[str, Moved]
    strain: Strain | None
    reason: str
    worn_h: float
    coverage_01: float | None
    notable: str = ""
    means: dict[str, float] = field(default_factory=dict)


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
        record: See `agent.scoring.record`.
        weeks: How many; a year is 52.
        kinds: Feature kinds that the place allows; None: all. Without ``strain`` there is no index.
        norm: See `baseline`.
        false_alarms: A row of `agent.scoring.change.BUDGETS`: false alarms for 91 worn days.
    """
    lasts = [last for k in range(weeks) if (last := record.days - 1 - WEEK_DAYS * k) >= WEEK_DAYS - 1][::-1]
    allowed = [name for name in CHANNELS if name in record.channels and (kinds is None or CHANNELS[name].kind in kinds)]
    by_days = {name: by_day(record.channels[name]) for name in allowed}
    answers = {name: _answers(record, name, by_days[name], lasts) for name in allowed} if lasts else {}
    alarms: tuple[int, ...] = ()
    if lasts and "ln_rmssd" in allowed:
        alarms = _alarms(record, by_days["ln_rmssd"], answers["ln_rmssd"], lasts, BUDGETS[false_alarms])
    with_index = kinds is None or "strain" in kinds
    rows = tuple(
        _week(record, last, place, answers, by_days, alarms, with_index=with_index) for place, last in enumerate(lasts)
    )
    today, moving = None, None
    if lasts and "ln_rmssd" in allowed:
        answer = answers["ln_rmssd"].deviation
        first = first_day_after(record.resets, lasts[-1])
        today = baseline(record.channels["ln_rmssd"], lasts[-1], answer.effect[-1], first, norm)
        # one yardstick for all weeks: the effects learnt last
        moving = drift(np.array([_level(by_days["ln_rmssd"], last, answer.effect[-1]) for last in lasts]))
    return Log(rows, today, alarms, moving)


@dataclass(frozen=True, slots=True)
class _Answers:
    stretches: Stretches
    deviation: Deviation


def _answers(record: Record, name: str, days: Days, lasts: list[int]) -> _Answers:
    first = [min(first_day_after(record.resets, last), last + 1 - WEEK_DAYS) for last in lasts]
    seen = stretches(record.channels[name], days, lasts, first_day=first)
    return _Answers(seen, deviation(seen, CHANNELS[name].prior))


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
    reasons: list[str] = []
    for name, answer in answers.items():
        n = answer.stretches.n[place]
        before, week = n[:BEFORE_DAYS], n[BEFORE_DAYS:]
        now = state(before, week)
        if now in ("provisional", "established"):
            usual.append(name)
        if not week.any():
            reasons.append("nothing")
        elif week.sum() < READINGS_IN_WEEK or np.sum(week > 0) < DAYS_IN_WEEK:
            reasons.append("thin")
        elif now in ("learning", "stale"):
            reasons.append(now)
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
    seen = record.coverage_01[days]
    return Week(
        record.first_day + days.start,
        channels,
        strained,
        reason,
        float(record.worn_h[days].sum()),
        float(np.nanmean(seen)) if np.isfinite(seen).any() else None,
        CHECK_IN if alarmed else "above your normal" if above else "",
        {name: float(np.average(one.mean[0, days], weights=one.n[0, days]))
         for name, one in by_days.items() if one.n[0, days].any()},
    )  # fmt: skip


def _moved(name: str, seen: Deviation, place: int, readings: int, now: State) -> Moved:
    value, sd, yard = float(seen.value[place]), float(seen.sd[place]), float(seen.usual_sd[place])
    # a channel that never moved has no yardstick: any move is as far as the index goes
    standing = Standing(CHANNELS[name].toward_strain * value / max(yard, 1e-12), sd / max(yard, 1e-12))
    return Moved(
        value, float(seen.low[place]), float(seen.high[place]), standing, float(seen.usual[place]), readings, now
    )


def _alarms(record: Record, days: Days, answer: _Answers, lasts: list[int], threshold: float) -> tuple[int, ...]:
    """Days of alarms, each judged by what was known before its week."""
    first = first_day_after(record.resets, record.days - 1)
    level = days.mean[0].copy()
    for place, last in enumerate(lasts):
        week = slice(last + 1 - WEEK_DAYS, last + 1)
        known = answer.deviation.effect[place - 1] if place else np.zeros(days.context.shape[2])
        level[week] -= days.context[0, week] @ known
    part = slice(first, None)
    errors = prediction_errors(level[None, part], days.n[:, part], days.within[:, part], CHANNELS["ln_rmssd"].prior)
    raised = watch(errors, threshold).alarms[0]
    return tuple(int(first + day) for day in np.flatnonzero(raised))


def _level(days: Days, last: int, effect: Floats) -> float:
    week = slice(last + 1 - WEEK_DAYS, last + 1)
    n = days.n[0, week]
    if not n.any():
        return float("nan")
    return float(np.average(days.mean[0, week] - days.context[0, week] @ effect, weights=n))

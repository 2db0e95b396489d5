"""Weeks of the log: each against the 60 days before it, for one person or for many side by side.

A week without enough readings stays a gap with its reason; nothing is filled in.

Source: `agent.scoring.level` and `agent.scoring.index`. Derived: the conditions of a week are ours, as the constants
    say.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agent.scoring.baseline import State, state
from agent.scoring.channel_results import ChannelDays, ChannelResults, channel_results
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, Days, by_day
from agent.scoring.index import Standing, Strain, strain
from agent.scoring.instruments import CHECK_IN
from agent.scoring.level import BEFORE_DAYS, Deviation
from agent.scoring.observations import Record

_MONDAY_IS: Final = 3  # 1970-01-01 was a Thursday
READINGS_IN_WEEK: Final = 3
DAYS_IN_WEEK: Final = 2
VALUES_BEFORE: Final = 8  # different ones; a channel that is mostly nought has no scale
MOST_Z: Final = 4.0  # beyond, the index is at its end anyhow
MODEL: Final = "wardbeat weeks 2"  # name and version: raised with each change that moves a number
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


def is_week_end(day: int) -> bool:
    """Whether a day is a Sunday.

    Args:
        day: Days since 1970, on the person's clock.

    Returns: On the person's calendar.
    Source: definition.
    """
    return (day + _MONDAY_IS) % 7 == 6


def allowed_channels(record: Record, kinds: Collection[str] | None = None) -> list[str]:
    """The channels of a record that a profile allows.

    Args:
        record: The person's.
        kinds: Feature kinds that may be used; None: all.

    Returns: Rows of CHANNELS, in their order.
    Source: definition.
    """
    return [name for name in CHANNELS if name in record.channels and (kinds is None or CHANNELS[name].kind in kinds)]


def weeks_side_by_side(
    people: Sequence[tuple[Record, tuple[int, ...]]], kinds: Collection[str] | None = None
) -> list[tuple[Week, ...]]:
    """Weeks of many people, without alarms: those depend on everything before.

    Args:
        people: Each person's record, and the last days of the weeks that are asked for, counted from its first day.
        kinds: Feature kinds that may be used; None: all.

    Returns:
        Weeks of each person, in the order of the last days.

    Source: see the module.
    """
    parts: list[ChannelDays] = []
    for record, last_days in people:
        names = allowed_channels(record, kinds) if last_days else []
        parts += [ChannelDays(record, name, by_day(record.channels[name]), last_days) for name in names]
    done = iter(zip(parts, channel_results(parts) if parts else [], strict=True))
    made = []
    for record, last_days in people:
        mine = [next(done) for _ in (allowed_channels(record, kinds) if last_days else [])]
        results = {part.name: result for part, result in mine}
        by_days = {part.name: part.days for part, _ in mine}
        made.append(tuple(week_row(record, last, n, results, by_days) for n, last in enumerate(last_days)))
    return made


def week_row(
    record: Record,
    last: int,
    place: int,
    results: Mapping[str, ChannelResults],
    by_days: Mapping[str, Days],
    alarms: tuple[int, ...] = (),
    *,
    with_index: bool = True,
) -> Week:
    """One week from its channels' results.

    Args:
        record: The person's.
        last: Its last day, counted from the record's first day.
        place: Its place among the weeks of the results.
        results, by_days: By channel.
        alarms: Days of alarms.
        with_index: Whether the profile allows an index.

    Returns:
        The row.

    Source: see the module.
    """
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
    if any(CHANNELS[name].weight > 0.0 for name in channels) and with_index:
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
        not is_week_end(record.first_day + last),
        *known,
    )  # fmt: skip


def _channel_week(name: str, answer: Deviation, place: int, readings: int, now: State) -> ChannelWeek:
    value, sd, usual_sd = float(answer.value[place]), float(answer.sd[place]), float(answer.usual_sd[place])
    z = min(max(value / max(usual_sd, 1e-12), -MOST_Z), MOST_Z)
    standing = Standing(CHANNELS[name].toward_strain * z, sd / max(usual_sd, 1e-12))
    return ChannelWeek(
        value, float(answer.low[place]), float(answer.high[place]), standing, float(answer.usual[place]), readings, now
    )

"""Deviations of many channels, weeks and people, solved side by side: each is what it would be alone.

Source: `agent.scoring.level.deviation`.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from agent.scoring.baseline import first_day_after
from agent.scoring.channels import CHANNELS
from agent.scoring.counted import counted_deviation
from agent.scoring.daily import WEEK_DAYS, Days, stretches
from agent.scoring.level import BEFORE_DAYS, Deviation, Priors, Stretches, deviation
from agent.scoring.observations import Record

_TOGETHER: Final = 512  # stretches solved at once: some 25 MB
_T = TypeVar("_T", Stretches, Deviation)


@dataclass(frozen=True, slots=True)
class ChannelDays:
    """A channel of one person, and the weeks that are asked for.

    Attributes:
        record: The person's.
        name: Row of CHANNELS.
        days: Its readings by day.
        last_days: Last day of each week, counted from the record's first day.
    """

    record: Record
    name: str
    days: Days
    last_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChannelResults:
    """What came of it.

    Attributes:
        stretches: The days that were compared, one stretch a week.
        deviation: Their posterior.
        distinct: Count of different values before each week; no limit for what is counted.
    """

    stretches: Stretches
    deviation: Deviation
    distinct: tuple[int, ...]

    def last(self, count: int) -> "ChannelResults":
        """Those of the last weeks alone.

        Args:
            count: How many weeks.

        Returns: The same for them.
        Source: definition.
        """
        return ChannelResults(
            _rows(self.stretches, slice(-count, None)), _rows(self.deviation, slice(-count, None)),
            self.distinct[-count:],
        )  # fmt: skip


def channel_results(parts: Sequence[ChannelDays]) -> list[ChannelResults]:
    """Deviations of many channels, weeks and people, solved side by side.

    Args:
        parts: Any number.

    Returns:
        One result a part, in their order; each is what it would be alone.

    Source: `agent.scoring.level.deviation`.
    """
    measured = [part for part in parts if not CHANNELS[part.name].per_week]
    solved = dict(zip(map(id, measured), _measured(measured) if measured else [], strict=True))
    return [solved[id(part)] if id(part) in solved else _counted(part) for part in parts]


def _counted(part: ChannelDays) -> ChannelResults:
    weeks = _stretches(part)
    # a count has a scale from the first day on: no number of different values is wanted of it
    enough = (sys.maxsize,) * len(part.last_days)
    return ChannelResults(weeks, counted_deviation(weeks, CHANNELS[part.name].prior.scale), enough)


def _measured(parts: Sequence[ChannelDays]) -> list[ChannelResults]:
    weeks = [_stretches(part) for part in parts]
    counts = [len(part.last_days) for part in parts]
    priors = [CHANNELS[part.name].prior for part, count in zip(parts, counts, strict=True) for _ in range(count)]
    solved: list[Deviation] = []
    together = _joined(weeks)
    for begins in range(0, len(priors), _TOGETHER):
        rows = slice(begins, begins + _TOGETHER)
        solved.append(deviation(_rows(together, rows), Priors.of(priors[rows])))
    every = _joined(solved)
    ends = np.cumsum(counts).tolist()
    return [
        ChannelResults(of_weeks, _rows(every, slice(end - count, end)), _distinct(part))
        for part, of_weeks, count, end in zip(parts, weeks, counts, ends, strict=True)
    ]


def _stretches(part: ChannelDays) -> Stretches:
    first = [_begins(part.record, last) for last in part.last_days]
    return stretches(part.record.channels[part.name], part.days, part.last_days, first_day=first)


def _begins(record: Record, last: int) -> int:
    return min(first_day_after(record.resets, last), last + 1 - WEEK_DAYS)


def _distinct(part: ChannelDays) -> tuple[int, ...]:
    value = part.record.channels[part.name].value[0]
    found = []
    for last in part.last_days:
        begins = max(_begins(part.record, last), last + 1 - WEEK_DAYS - BEFORE_DAYS)
        before = value[begins : max(last + 1 - WEEK_DAYS, 0)]
        found.append(len(set(before[np.isfinite(before)].tolist())))
    return tuple(found)


def _joined(parts: Sequence[_T]) -> _T:
    """Rows of several, one after the other."""
    names = parts[0].__dataclass_fields__
    return replace(parts[0], **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _rows(whole: _T, rows: slice) -> _T:
    return replace(whole, **{name: getattr(whole, name)[rows] for name in whole.__dataclass_fields__})

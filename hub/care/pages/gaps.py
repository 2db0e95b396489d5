"""What is missing until today: weeks without an index with their reasons, and days without a reading."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hub.care.pages.words import REASONS
from hub.care.picture import Line, WeekShown

_WEEK_DAYS: Final = 7
_SUNDAY: Final = 3  # 1970-01-04
REASONS_MOST: Final = 5
"""Runs of weeks without an index that a page names; its table has all of them."""


def weeks_to_day(weeks: Sequence[WeekShown], today: int) -> tuple[WeekShown, ...]:
    """The weeks, and those after the newest reading that are over: they have no index.

    Args:
        weeks: Oldest first, at least one.
        today: Days since 1970.
    """
    newest = weeks[-1].last_day
    sunday = newest + 1 + (_SUNDAY - newest - 1) % _WEEK_DAYS
    missing = [
        WeekShown(day, None, None, None, "thin" if day - _WEEK_DAYS < newest else "nothing")
        for day in range(sunday, today, _WEEK_DAYS)
    ]
    return (*weeks, *missing)


def without_index(weeks: Sequence[WeekShown]) -> list[tuple[int, int, str]]:
    """(last day of the first, last day of the last, reason) of weeks in a row without an index, newest first.

    Args:
        weeks: Oldest first.
    """
    runs: list[tuple[int, int, str]] = []
    is_in_run = False
    for week in reversed(weeks):
        reason = "" if week.index is not None else REASONS.get(week.reason, week.reason)
        if reason and is_in_run and runs[-1][2] == reason:
            runs[-1] = (week.last_day, runs[-1][1], reason)
        elif reason:
            runs.append((week.last_day, week.last_day, reason))
        is_in_run = bool(reason)
    return runs[:REASONS_MOST]


def to_yesterday(line: Line, today: int) -> Line:
    """A line whose picture ends yesterday, so that missing days are seen; as many days as it had.

    Args:
        line: One channel.
        today: Days since 1970.
    """
    many = len(line.value)
    missing = min(max(0, today - line.first_day - many), many)

    def moved(column: tuple[float | None, ...]) -> tuple[float | None, ...]:
        return (*column[missing:], *(None,) * missing)

    return replace(
        line,
        first_day=line.first_day + missing,
        value=moved(line.value),
        mean=moved(line.mean),
        low=moved(line.low),
        high=moved(line.high),
    )

"""From weekly logs and self-reports to labelled person-weeks: what a hub has, as `agent.scoring.person_weeks` wants it.

The label of a week is the last answer that the person gave in its seven days. What was measured in the same week is its
input; of answers to the same scale only those before the week are.

Derived: definition.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS
from agent.scoring.person_weeks import Inputs, Table, Target, side_by_side
from agent.scoring.week_rows import Week
from agent.scoring.weeks import Log


@dataclass(frozen=True, slots=True)
class Answer:
    """One score that a person's answers gave.

    Attributes:
        day: Days since 1970, on the person's clock.
        scale: Name of the scale.
        value: In points.
    """

    day: int
    scale: str
    value: float


@dataclass(frozen=True, slots=True)
class Person:
    """What is at hand of one person.

    Attributes:
        name: A pseudonym; all weeks under one name stay together.
        log: Of `agent.scoring.weeks.weekly_log`.
        answers: In any order.
    """

    name: str
    log: Log
    answers: tuple[Answer, ...]


def inputs_of(week: Week, answers: Iterable[Answer], wanted: Target) -> Inputs:
    """What is known of a week of the log before its own answer.

    Args:
        week: A row of the log.
        answers: Of the same person; only those before the week count.
        wanted: The target.

    Returns:
        Standings of the channels that have one, and the last answer.

    Source: definition.
    """
    since = week.first_day - wanted.past_days
    before = [one for one in answers if one.scale == wanted.scale and since <= one.day < week.first_day]
    last = max(before, key=lambda one: one.day, default=None)
    standings = {name: channel.standing for name, channel in week.channels.items()}
    return Inputs(standings, None if last is None else last.value)


def table_of(people: Sequence[Person], wanted: Target) -> Table:
    """Labelled person-weeks of people's logs: whole weeks in which something was measured and the person answered.

    The label comes from the last answer of the week. The last seven days count only where they are a whole week, since
    they overlap the week before.

    Args:
        people: With their logs and answers.
        wanted: The target.

    Returns:
        The table; without rows where there are none.

    Source: see the module.
    """
    names: list[str] = []
    kept: list[Inputs] = []
    scores: list[float] = []
    for person in people:
        for week in person.log.weeks:
            days = range(week.first_day, week.first_day + WEEK_DAYS)
            within = [one for one in person.answers if one.scale == wanted.scale and one.day in days]
            if week.rolling or not within or not week.channels:
                continue
            names.append(person.name)
            kept.append(inputs_of(week, person.answers, wanted))
            scores.append(max(within, key=lambda one: one.day).value)
    channels = tuple(name for name in CHANNELS if any(name in one.standings for one in kept))
    weeks = side_by_side(kept, channels)
    return Table(wanted, np.array(names, dtype=str), weeks, np.array(scores, dtype=float))

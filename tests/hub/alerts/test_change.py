"""Change alarms at the hub: those of the person's own weekly log, side by side, from days that are over."""

import math
import random
from dataclasses import replace

import pytest

from agent.scoring.weeks import weekly_log
from hub.alerts.change import WATCHED, ChangeAlarms, alarm_days
from hub.scoring.digest import DayReadings, Digest
from hub.scoring.weeks import record_of

DAY_S = 86_400
TODAY = 20_700


def person(seed, *, fall=0.25, days=103, until=TODAY):
    """Readings of a quiet person who falls three weeks ago; the seed moves them."""
    dice = random.Random(seed)
    made = {}
    for day in range(until - days, until):
        level = math.log(40) - (fall if day >= TODAY - 21 else 0.0)
        blocks = {day * 8 + place: dice.gauss(level, 0.25) for place in (2, 3, 4, 5)}
        made[day] = DayReadings({WATCHED: blocks}, 8.0, 7.5)
    return Digest(made, {}, 1, 5, until * DAY_S - 3600)


def test_a_planted_fall_is_found_and_a_level_that_stays_is_none():
    fell, stayed = alarm_days([person(1), person(2, fall=0.0)])
    assert stayed == ()
    assert TODAY - 21 < fell[0] < TODAY - 7


def test_alarms_are_those_of_the_persons_own_log():
    for seed in range(4):
        record = record_of(person(seed))
        own = tuple(record.first_day + day for day in weekly_log(record, weeks=20).alarms)
        assert alarm_days([person(seed)]) == [own]


def test_side_by_side_each_is_what_it_is_alone():
    every = [person(1), person(2, fall=0.0), person(3, days=80), Digest(), person(4, days=30)]
    assert alarm_days(every) == [alarm_days([one])[0] for one in every]


def test_a_day_that_is_not_over_counts_for_nothing_and_costs_no_second_look(monkeypatch):
    alarms = ChangeAlarms()
    whole, now = person(1), TODAY * DAY_S - 3600  # during the last day
    first = alarms.of([whole], now)
    monkeypatch.setattr("hub.alerts.change.alarm_days", lambda digests: pytest.fail("looked again") if digests else [])
    days = {**whole.days, TODAY - 1: DayReadings({WATCHED: {(TODAY - 1) * 8 + 2: 9.0}}, 8.0, 7.5)}
    assert alarms.of([replace(whole, days=days)], now + 60) == first

"""Weeks of many people side by side are what each is alone."""

import numpy as np
import pytest

from agent.scoring.daily import Readings
from agent.scoring.observations import Record
from agent.scoring.population import population
from agent.scoring.week_rows import weeks_side_by_side
from agent.scoring.weeks import weekly_log

PEOPLE = population(12, seed=5)


def record_of(person):
    one = slice(person, person + 1)
    channels = {
        name: Readings(read.value[one], read.context[one])
        for name, read in (("ln_rmssd", PEOPLE.ln_rmssd), ("hr_bpm", PEOPLE.hr_bpm))
    }
    if person % 3 == 0:
        del channels["hr_bpm"]
    days = PEOPLE.ln_rmssd.value.shape[1]
    resets = (20,) if person % 4 == 1 else ()
    return Record(4 + 7 * 2000, channels, np.full(days, 8.0), np.full(days, 0.9), resets)


def test_weeks_side_by_side_are_those_of_the_log_of_each_person():
    people = [(record_of(person), (48, 62, 83, 89)) for person in range(12)]
    together = weeks_side_by_side(people)
    assert sum(week.strain is not None for weeks in together for week in weeks) > 20
    for (record, last_days), weeks in zip(people, together, strict=True):
        (alone,) = weeks_side_by_side([(record, last_days)])
        of_log = {week.first_day: week for week in weekly_log(record, weeks=13).weeks}
        for week, again in zip(weeks, alone, strict=True):
            other = of_log.get(week.first_day)
            for same in (again, other) if other else (again,):
                assert (week.reason, week.channels.keys()) == (same.reason, same.channels.keys())
                assert (week.strain is None) == (same.strain is None)
                if week.strain and same.strain:
                    assert week.strain.index == pytest.approx(same.strain.index, abs=1e-9)
                    assert week.strain.points == pytest.approx(same.strain.points, abs=1e-9)


def test_nobody_and_no_weeks_are_no_rows():
    assert weeks_side_by_side([]) == []
    assert weeks_side_by_side([(record_of(1), ())]) == [()]


def test_a_profile_without_a_kind_has_none_of_its_channels():
    (weeks,) = weeks_side_by_side([(record_of(1), (89,))], kinds={"expression"})
    assert weeks[0].channels == {}
    assert weeks[0].reason == "nothing"

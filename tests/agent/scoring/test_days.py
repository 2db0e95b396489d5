"""Values of days in the weeks: counted facts are exact, absent days widen, and weights without evidence are nought."""

import math

import numpy as np
import pytest

from agent.model import DayValue, FeatureValue, Summary
from agent.scoring.channels import CHANNELS
from agent.scoring.counted import counted_deviation
from agent.scoring.daily import by_day, stretches
from agent.scoring.day_readings import day_reading, readings_of_days
from agent.scoring.level import BEFORE_DAYS, Stretches, deviation, week_minus_before
from agent.scoring.observations import record
from agent.scoring.population import population
from agent.scoring.population_days import population_days
from agent.scoring.scorers import LAST_DAYS
from agent.scoring.weeks import weekly_log

MONDAY = 20_003 * 7 - 3  # days since 1970
SPAN = BEFORE_DAYS + 7


def stretch(events, known=None, before=BEFORE_DAYS):
    """Counts of 67 days, seven of them the week."""
    known = np.ones(SPAN, dtype=bool) if known is None else known
    return Stretches(
        np.where(known, np.asarray(events, dtype=float) * 7, 0.0)[None],
        known.astype(float)[None],
        np.zeros(1),
        np.zeros((1, SPAN, 0)),
        week_minus_before(before)[None],
    )


def test_a_week_of_which_every_day_is_known_is_exact():
    events = np.zeros(SPAN)
    events[[3, 17, 31, 45, 61, 64]] = 1
    made = counted_deviation(stretch(events), 1.0)
    assert made.value[0] == pytest.approx(2 - 7 * 4 / 60)
    assert made.sd[0] == pytest.approx(0.0, abs=1e-12)
    assert made.low[0] == made.high[0] == made.value[0]
    assert made.usual_sd[0] == 1.0, "one event in a quiet year is one usual deviation"


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_where_days_are_not_known_the_interval_holds_the_truth_nine_times_in_ten(rate):
    rng = np.random.default_rng(24)
    inside, rounds = 0, 1500
    for _ in range(rounds):
        events = rng.random(SPAN) < rate
        truth = 7 * (events[BEFORE_DAYS:].mean() - events[:BEFORE_DAYS].mean())
        known = rng.random(SPAN) < 0.7
        known[BEFORE_DAYS + rng.integers(7)] = True
        made = counted_deviation(stretch(events, known), 1.0)
        inside += made.low[0] <= truth <= made.high[0]
    assert 0.88 < inside / rounds


def test_fewer_known_days_never_narrow_the_interval():
    events = np.zeros(SPAN)
    events[::9] = 1
    widths = []
    for missing in range(5):
        known = np.ones(SPAN, dtype=bool)
        known[BEFORE_DAYS : BEFORE_DAYS + missing] = False
        made = counted_deviation(stretch(events, known), 1.0)
        widths.append(made.high[0] - made.low[0])
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(0.0, abs=1e-12)
    assert widths[-1] >= 1.0


def test_a_rota_of_blocks_has_the_scale_of_its_weeks():
    nights = np.array([day // 7 % 4 == 0 for day in range(SPAN)], dtype=float)
    made = counted_deviation(stretch(nights), 1.0)
    assert 2.0 < made.usual_sd[0] < 3.1, "seven nights or none: not the spread of independent days"


def test_a_channel_of_days_needs_all_its_rows():
    share = CHANNELS["text_negative_share_01"]
    counts = {f"journal_{mood}_n": n for mood, n in zip(("positive", "neutral", "negative", "distressed"), (3, 2, 4, 1),
                                                        strict=True)}  # fmt: skip
    assert day_reading(share, counts) == 0.5
    assert math.isnan(day_reading(share, dict.fromkeys(counts, 0)))
    assert math.isnan(day_reading(share, {"journal_negative_n": 4.0}))
    assert day_reading(CHANNELS["short_rests_per_week"], {"short_rests_n": 1.0}) == 7.0


def test_days_to_come_and_of_long_ago_do_not_count():
    values = [DayValue(day, "sleep_h", 7.0, 1.0) for day in (9, 10, 20, 21)]
    assert readings_of_days(values, 10, 20) == {"sleep_h": {10: 7.0, 20: 7.0}}


def nights(first, days, mean, rng):
    return [
        DayValue(first + day, "sleep_h", float(np.clip(mean + rng.normal(0, 0.9), 0, 24)), 1.0) for day in range(days)
    ]


def roster(first, days, every):
    return [DayValue(first + day, "short_rests_n", float(day % every == 0), 1.0) for day in range(days)]


def log(values, days):
    made = record([], day_values=values, until_utc_s=(MONDAY + days) * 86_400 - 1)
    return weekly_log(made).weeks[-1]


def test_sleep_and_roster_make_an_index_whose_points_sum_and_a_source_that_is_gone_widens_it():
    rng = np.random.default_rng(3)
    sleep = [*nights(MONDAY, 84, 7.4, rng), *nights(MONDAY + 84, 7, 5.0, rng)]
    rests = [*roster(MONDAY, 84, 21), *roster(MONDAY + 84, 7, 2)]
    both = log(sleep + rests, 91)
    assert both.strain is not None
    assert {"sleep_h", "short_rests_per_week"} <= set(both.channels)
    assert sum(both.strain.points.values()) == pytest.approx(both.strain.index - 50, abs=1e-9)
    assert both.strain.index > 90
    assert both.channels["short_rests_per_week"].deviation == pytest.approx(4 - 7 * 3 / 60, abs=0.12)
    without = log(sleep + rests[:84], 91)
    assert without.strain.missing == ("short_rests_per_week",)
    assert without.strain.high - without.strain.low > both.strain.high - both.strain.low


def test_night_shifts_are_shown_and_move_nothing():
    rng = np.random.default_rng(4)
    sleep = nights(MONDAY, 91, 7.4, rng)
    shifts = [DayValue(MONDAY + day, "night_shifts_n", float(day >= 84), 1.0) for day in range(91)]
    made, plain = log(sleep + shifts, 91), log(sleep, 91)
    assert made.channels["night_shifts_per_week"].deviation == 7.0
    assert made.strain.points["night_shifts_per_week"] == 0.0
    assert made.strain.index == plain.strain.index
    alone = log(shifts, 91)
    assert alone.strain is None, "what has no evidence makes no index"
    assert "night_shifts_per_week" in alone.channels


def test_a_day_left_out_by_an_illness_counts_for_nothing():
    values = nights(MONDAY, 91, 7.0, np.random.default_rng(5))
    begin, end = (MONDAY + 84) * 86_400, (MONDAY + 91) * 86_400
    ill = record([], day_values=values, until_utc_s=end - 1, left_out=[(begin, end)])
    assert np.isfinite(ill.channels["sleep_h"].value[0, 84:]).sum() == 0
    assert np.isfinite(ill.channels["sleep_h"].value[0, :84]).sum() == 84


@pytest.mark.slow
def test_intervals_of_drawn_nights_hold_the_truth_nine_times_in_ten():
    people = population(250, 77)
    days = population_days(people, 78)
    weeks = stretches(days.sleep_h, by_day(days.sleep_h), LAST_DAYS)
    made = deviation(weeks, CHANNELS["sleep_h"].prior)
    level = days.sleep_level_h
    truth = np.concatenate(
        [level[:, last - 6 : last + 1].mean(axis=1) - level[:, max(0, last - 66) : last - 6].mean(axis=1)
         for last in LAST_DAYS]
    )  # fmt: skip
    scored = (weeks.n[:, :BEFORE_DAYS].sum(axis=1) >= 42) & (weeks.n[:, BEFORE_DAYS:].sum(axis=1) >= 3)
    inside = (made.low <= truth) & (truth <= made.high)
    assert 0.86 < inside[scored].mean() < 0.94
    narrow = (made.value - 0.8 * made.sd <= truth) & (truth <= made.value + 0.8 * made.sd)
    assert narrow[scored].mean() < 0.86, "half the width is found"


def test_the_change_alarm_does_not_depend_on_days():
    rng = np.random.default_rng(9)
    windows = [
        Summary(start, start + 300, (
            FeatureValue("hr_mean_bpm", 60.0 + rng.normal(), 300, 1.0, 0.0),
            FeatureValue("rmssd_ms", float(np.exp(3.6 - 0.9 * (day > 100) + 0.2 * rng.normal())), 300, 1.0, 0.0),
        ))
        for day in range(140) for start in [(MONDAY + day) * 86_400 + hour * 3600 for hour in range(0, 24, 3)]
    ]  # fmt: skip
    until = (MONDAY + 140) * 86_400 - 1
    plain = weekly_log(record(windows, until_utc_s=until))
    more = weekly_log(record(windows, until_utc_s=until, day_values=nights(MONDAY, 140, 7.0, rng)))
    assert plain.alarms == more.alarms
    assert plain.alarms
    assert "sleep_h" in more.weeks[-1].channels

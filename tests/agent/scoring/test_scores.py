"""Scores: a second implementation by dense matrices, hand values, properties, and truth of drawn people."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import NotScored
from agent.scoring import change_detector, scorers
from agent.scoring.baseline import baseline, first_day_after, norm_ln_rmssd
from agent.scoring.channels import CHANNELS, correlation, reading
from agent.scoring.daily import CONTEXTS, Days, Readings, by_day, stretches
from agent.scoring.drift import drift
from agent.scoring.index import Standing, strain
from agent.scoring.level import Prior, Stretches, deviation, week_minus_before
from agent.scoring.observations import Record
from agent.scoring.population import population
from agent.scoring.student_t import factor_of_standard_deviation
from agent.scoring.week_rows import REASONS
from agent.scoring.weeks import weekly_log

PRIOR = Prior(0.3, 12.0)
standings = st.builds(Standing, st.floats(-6, 6), st.floats(0.01, 3))


def days_of(mean, n, within=0.0, context=None):
    mean, n = np.atleast_2d(mean).astype(float), np.atleast_2d(n).astype(float)
    k = np.zeros((*mean.shape, 0)) if context is None else np.atleast_3d(context)
    of = week_minus_before(mean.shape[1] - 7, most_before=mean.shape[1] - 7)[None]
    return Stretches(mean, n, np.full(mean.shape[0], within), k, np.repeat(of, mean.shape[0], axis=0))


def readings_of(value, context=None):
    """(days, most) or (m, days, most)."""
    value = value[None] if value.ndim == 2 else value
    return Readings(value, np.zeros((*value.shape, len(CONTEXTS))) if context is None else context)


def someone(seed=1, days=90, level=3.5, a_day=6, worn=0.7, sd=0.25):
    rng = np.random.default_rng(seed)
    value = level + sd * rng.standard_normal((days, a_day))
    value[rng.random(days) > worn] = np.nan
    return value


def recorded(value, **channels):
    days = value.shape[0]
    return Record(
        20_000,
        {"ln_rmssd": readings_of(value)} | {name: readings_of(one) for name, one in channels.items()},
        np.where(np.isfinite(value).any(axis=1), 5.0, 0.0),
        np.full(days, 0.9),
    )


# ---- level


def dense(seen: Stretches, phi: float, share: float, prior: Prior):
    """The same posterior by whole matrices, one stretch, one row of the grid."""
    there = seen.n[0] > 0
    days = there.size
    slow = (1 - share) * phi ** np.abs(np.subtract.outer(np.arange(days), np.arange(days)))
    cov = slow[np.ix_(there, there)] + np.diag(share / seen.n[0][there])
    x = np.column_stack((np.ones(there.sum()), seen.context[0][there]))
    y = seen.mean[0][there]
    inverse = np.linalg.inv(cov)
    prior_inverse = np.diag([0.0] + [0.5**-2] * (x.shape[1] - 1))
    gram = x.T @ inverse @ x + prior_inverse
    beta = np.linalg.solve(gram, x.T @ inverse @ y)
    squares = y @ inverse @ y - beta @ (x.T @ inverse @ y) + seen.within[0] / share
    freedom = prior.weight + seen.n.sum() - 1
    variance = (prior.weight * prior.scale**2 + squares) / freedom
    reach = seen.weights[0] @ slow[:, there]
    value = reach @ inverse @ (y - x @ beta)
    spread = seen.weights[0] @ slow @ seen.weights[0] - reach @ inverse @ reach
    back = reach @ inverse @ x
    spread += back @ np.linalg.solve(gram, back)
    return value, math.sqrt(variance * freedom / (freedom - 2) * spread), math.sqrt(variance)


@pytest.mark.parametrize("seed", range(5))
def test_the_sweep_equals_dense_matrices(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 5, (1, 67))
    seen = days_of(rng.normal(3.5, 0.3, 67), n, within=4.0, context=rng.random((1, 67, 2)))
    phi, share = 0.8, 0.6

    made = deviation(seen, PRIOR, np.array([phi]), np.array([share]))

    value, sd, scale = dense(seen, phi, share, PRIOR)
    assert made.value[0] == pytest.approx(value, rel=1e-9)
    assert made.sd[0] == pytest.approx(sd, rel=1e-9)
    assert made.scale[0] == pytest.approx(scale, rel=1e-9)


def test_days_that_were_not_yet_change_nothing():
    rng = np.random.default_rng(3)
    mean, n = rng.normal(3.5, 0.3, 40), rng.integers(0, 4, 40)
    short = days_of(mean, n)
    late = 27
    long = Stretches(
        np.pad(short.mean, ((0, 0), (late, 0))), np.pad(short.n, ((0, 0), (late, 0))), short.within,
        np.zeros((1, 67, 0)), np.pad(short.weights, ((0, 0), (late, 0))),
    )  # fmt: skip
    a, b = deviation(short, PRIOR), deviation(long, PRIOR)
    assert a.value == pytest.approx(b.value, rel=1e-9)
    assert a.sd == pytest.approx(b.sd, rel=1e-9)


@pytest.mark.slow
@given(st.floats(-3, 3), st.floats(0.1, 10))
def test_a_channel_without_a_common_scale_follows_any_offset_and_unit(offset, unit):
    readings = readings_of(someone(4))
    moved = readings_of(unit * someone(4) + offset)
    made = [deviation(stretches(one, by_day(one), [89]), CHANNELS["perclos_01"].prior) for one in (readings, moved)]
    z = [one.value[0] / one.usual_sd[0] for one in made]
    assert z[1] == pytest.approx(z[0], rel=1e-6, abs=1e-9)


def test_a_fall_is_seen_and_its_size_lies_in_the_interval():
    value = someone(5, a_day=8)
    value[83:] -= 0.223
    one = readings_of(value)
    made = deviation(stretches(one, by_day(one), [89]), PRIOR)
    assert made.high[0] < 0
    assert made.low[0] <= -0.223 <= made.high[0]


def test_less_to_read_makes_the_interval_wider():
    value = someone(6)
    thin = value.copy()
    thin[83:, 1:] = np.nan
    wide = [deviation(stretches(one, by_day(one), [89]), PRIOR) for one in (readings_of(value), readings_of(thin))]
    assert wide[1].sd[0] > 1.3 * wide[0].sd[0]


def test_a_week_looks_at_nothing_after_it():
    value = someone(7)
    later = value.copy()
    later[80:] = 9.0
    a, b = (stretches(readings_of(one), by_day(readings_of(one)), [79]) for one in (value, later))
    assert np.array_equal(a.mean, b.mean)
    assert np.array_equal(a.within, b.within)


def test_a_torn_reading_is_drawn_in():
    value = someone(8)
    torn = value.copy()
    torn[85, 0] = 12.0
    a, b = (stretches(readings_of(one), by_day(readings_of(one)), [89]) for one in (value, torn))
    assert np.abs(a.mean - b.mean).max() < 0.35


def test_nights_are_compared_with_nights():
    rng = np.random.default_rng(9)
    value = 3.5 + 0.2 * rng.standard_normal((90, 6))
    context = np.zeros((1, 90, 6, len(CONTEXTS)))
    nights = np.isin(np.arange(90) % 21, range(5)) | (np.arange(90) >= 83)
    context[0, nights, :, CONTEXTS.index("night shift")] = 1.0
    value[nights] -= 0.25
    known, blind = readings_of(value, context), readings_of(value)
    with_context = deviation(stretches(known, by_day(known), [89]), PRIOR)
    without = deviation(stretches(blind, by_day(blind), [89]), PRIOR)
    assert without.high[0] < 0
    assert with_context.low[0] < 0 < with_context.high[0]
    assert with_context.effect[0, CONTEXTS.index("night shift")] == pytest.approx(-0.25, abs=0.08)


def test_students_factor_against_the_table():
    # t quantiles at .95: 2.132 (4), 1.812 (10), 1.697 (30)
    for freedom, quantile in ((4, 2.132), (10, 1.812), (30, 1.697)):
        factor = factor_of_standard_deviation(np.array([float(freedom)]))[0]
        assert factor == pytest.approx(quantile * math.sqrt((freedom - 2) / freedom), abs=2e-3)


def test_intervals_hold_drawn_truths_and_the_blind_scorer_s_do_not():
    people = population(600, 11)
    dark = people.groups["skin tone"] == "dark"
    shares = {}
    for name in ("ours", "no personal SD"):
        made = scorers.score(people, scorers.SCORERS[name])
        inside = made.scored & (made.low <= made.truth) & (made.truth <= made.high)
        shares[name] = inside.sum() / made.scored.sum(), inside[dark].sum() / made.scored[dark].sum()
    assert 0.87 < shares["ours"][0] < 0.93
    assert 0.84 < shares["ours"][1] < 0.96
    assert shares["no personal SD"][1] < 0.84


# ---- index


COUNT = [name for name, row in CHANNELS.items() if row.weight > 0]
SHOWN_ONLY = [name for name in CHANNELS if name not in COUNT]


@given(st.dictionaries(st.sampled_from(COUNT), standings, min_size=1),
       st.dictionaries(st.sampled_from(SHOWN_ONLY), standings))  # fmt: skip
def test_a_channel_without_evidence_is_listed_and_adds_nothing(seen, shown):
    made, more = strain(seen), strain({**seen, **shown}, usual=[*seen, *shown])
    assert (more.index, more.low, more.high, more.missing) == (made.index, made.low, made.high, ())
    assert {name: more.points[name] for name in shown} == dict.fromkeys(shown, 0.0)
    with pytest.raises(NotScored):
        strain(shown)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(COUNT), standings, min_size=1))
def test_any_channels_make_an_index_whose_points_sum(seen):
    made = strain(seen)
    assert 0 <= made.low <= made.index <= made.high <= 100
    assert sum(made.points.values()) == pytest.approx(made.index - 50, abs=1e-9)
    assert set(made.points) == set(seen)


def test_hand_worked_index():
    made = strain({"ln_rmssd": Standing(1.0, 0.0)})
    assert made.index == pytest.approx(84.1345, abs=1e-3)
    assert made.low == made.high == made.index
    both = strain({"ln_rmssd": Standing(1.0, 0.0), "hr_bpm": Standing(1.0, 0.0)})
    # two channels that agree, with r = .6: s = 2 / sqrt(2 + 1.2)
    assert both.index == pytest.approx(100 * 0.5 * math.erfc(-2 / math.sqrt(3.2) / math.sqrt(2)), abs=1e-9)
    assert both.points["ln_rmssd"] == both.points["hr_bpm"]


def test_at_the_middle_points_take_the_limit():
    made = strain({"ln_rmssd": Standing(1e-12, 0.5), "hr_bpm": Standing(-1e-12, 0.5)})
    assert made.index == pytest.approx(50)
    one = strain({"hr_bpm": Standing(1e-10, 0.5)})
    assert one.points["hr_bpm"] == pytest.approx(100 * 0.39894228 * 1e-10)


@given(st.dictionaries(st.sampled_from(COUNT), st.builds(Standing, st.floats(-1, 1), st.floats(0.1, 1)),
                       min_size=2, max_size=6))  # fmt: skip
def test_a_missing_channel_never_fails_and_is_named(seen):
    name = next(iter(seen))
    less = strain({other: one for other, one in seen.items() if other != name}, usual=seen)
    alone = strain({other: one for other, one in seen.items() if other != name})
    assert less.missing == (name,)
    assert less.index == pytest.approx(alone.index, rel=0, abs=1e-9)  # sums in another order: some units of rounding
    assert less.high - less.low > alone.high - alone.low - 1e-9


def test_no_channel_or_an_unknown_one_is_refused():
    for seen in ({}, {"mood_ring": Standing(0.0, 1.0)}):
        with pytest.raises(NotScored):
            strain(seen)


def test_every_channel_keeps_its_law():
    from agent.features import FEATURES
    from agent.tables.days import DAYS

    together = correlation(tuple(CHANNELS))
    assert np.linalg.eigvalsh(together).min() > 0
    for row in CHANNELS.values():
        assert row.toward_strain in (-1, 1)
        assert row.weight in (0.0, 1.0)
        assert row.weight == 0.0 or all(DAYS[name].evidence in ("A", "B") for name in row.day), row.name
        assert not (row.features and row.day)
        assert all(DAYS[name].kind == row.kind for name in (*row.day, *row.of))
        assert all(name in FEATURES for name in row.features)
        assert all(FEATURES[name].kind == row.kind for name in row.features)
        assert (row.prior.weight > 0) == (row.group == "heart")
    assert math.isnan(reading(CHANNELS["ln_rmssd"], 0.0))
    assert reading(CHANNELS["ln_rmssd"], math.e) == pytest.approx(1.0)


# ---- change


def drawn(people, days, seed, fall_on=None, size=0.35):
    rng = np.random.default_rng(seed)
    value = 0.3 * rng.standard_normal((people, days, 6))
    if fall_on is not None:
        value[:, fall_on:] -= size
    n = np.where(rng.random((people, days)) < 0.3, 0.0, 6.0)
    mean = value.mean(axis=2)
    return Days(mean, n, ((value - mean[..., None]) ** 2).sum(axis=2) * (n > 0), np.zeros((people, days, 0)))


def test_the_statistic_equals_likelihoods_of_whole_matrices():
    """Shiryaev-Roberts of one known filter, by conditioning on nothing but dense Gaussians."""
    days = drawn(1, 40, 12)
    one = change_detector.Process((0.6,), (0.7,), mean_known=True)
    made = change_detector.watch(days, PRIOR, 99.0, process=one, scale=np.array([0.3]), from_day=30)
    cov = 0.3 * 0.6 ** np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    for last in np.flatnonzero(days.n[0] > 0):
        if last < 30:
            continue
        past = np.flatnonzero(days.n[0, : last + 1] > 0)
        of_past = 0.09 * (cov[np.ix_(past, past)] + np.diag(0.7 / days.n[0, past]))
        inverse = np.linalg.inv(of_past)
        value = days.mean[0, past]
        odds = 0.0
        for onset in range(max(30, last - change_detector.ONSETS + 1), last + 1):
            fallen = value + change_detector.FALL * (past >= onset)
            odds += math.exp(-0.5 * (fallen @ inverse @ fallen - value @ inverse @ value))
        assert made.statistic[0, last] == pytest.approx(math.log(odds), rel=1e-6, abs=1e-6)


def test_a_lasting_fall_raises_an_alarm_and_says_when_it_began():
    seen = change_detector.watch(drawn(40, 120, 1, fall_on=90), PRIOR, change_detector.BUDGETS[0.25])
    late = seen.alarms & (np.arange(120) >= 90)
    assert late[:, :104].any(axis=1).mean() > 0.9
    first = late.argmax(axis=1)
    began = seen.began[np.arange(40), first][late.any(axis=1)]
    assert np.median(np.abs(began - 90)) <= 3
    quiet = change_detector.watch(drawn(40, 120, 2), PRIOR, change_detector.BUDGETS[0.25])
    assert quiet.alarms.sum() <= 5


def test_alarms_are_a_week_apart_and_none_comes_while_learning():
    seen = change_detector.watch(drawn(60, 160, 3, fall_on=70), PRIOR, 0.5)
    for person in seen.alarms:
        days = np.flatnonzero(person)
        assert (np.diff(days) >= 7).all()
        assert (days >= change_detector.FROM_DAY).all()


def test_a_new_normal_is_not_told_week_after_week():
    seen = change_detector.watch(drawn(60, 200, 5, fall_on=80), PRIOR, change_detector.BUDGETS[0.25])
    assert seen.alarms[:, 80:110].any(axis=1).mean() > 0.9
    assert seen.alarms[:, 80:].sum(axis=1).mean() < 3
    assert seen.alarms[:, 130:].mean() < 0.01


def test_a_rise_is_no_fall():
    seen = change_detector.watch(drawn(40, 120, 1, fall_on=90, size=-0.35), PRIOR, change_detector.BUDGETS[0.25])
    assert seen.alarms[:, 90:].mean() < 0.01


# ---- baseline


def test_the_states_of_a_baseline():
    value = someone(13, days=150, worn=1.0)
    effect = np.zeros(len(CONTEXTS))

    def state(last, **options):
        return baseline(by_day(readings_of(value)), last, effect, **options).state

    assert state(6) == "learning"
    assert state(7 + 13) == "provisional"
    assert state(7 + 12) == "learning"
    assert state(60) == "established"
    assert state(60, first_day=50) == "learning"
    value[100:] = np.nan
    assert state(112) == "established"
    assert state(120) == "stale"


def test_the_norm_stands_in_on_the_first_day_alone():
    value = np.full((30, 4), np.nan)
    value[0] = 3.0
    norm, _ = norm_ln_rmssd("F", 40)
    assert norm == 3.32
    first = baseline(by_day(readings_of(value)), 6, np.zeros(len(CONTEXTS)), norm=norm)
    assert first.prior_only
    assert first.usual == pytest.approx((0.63 * 3.32 + 4 * 3.0) / 4.63)
    value[1] = 3.0
    assert baseline(by_day(readings_of(value)), 6, np.zeros(len(CONTEXTS)), norm=norm).usual is None
    assert math.isnan(norm_ln_rmssd("M", 19)[0])


def test_the_range_holds_nine_of_ten_days():
    value = someone(14, days=67, worn=1.0, a_day=1, sd=0.3)
    made = baseline(by_day(readings_of(value)), 66, np.zeros(len(CONTEXTS)))
    assert made.low < 3.5 - 0.3 < 3.5 + 0.3 < made.high
    assert np.mean((value[:60] >= made.low) & (value[:60] <= made.high)) > 0.8


def test_a_tagged_change_begins_to_learn_anew():
    assert first_day_after([10, 40, 80], 79) == 40
    value = someone(15, days=130, worn=1.0)
    value[95:] += 0.25
    untold = weekly_log(recorded(value))
    told = weekly_log(replace(recorded(value), resets=(95,)))
    shift = [abs(week.strain.index - 50) for week in untold.weeks if week.strain and week.first_day == 20_095]
    assert not shift or shift[0] > 30
    late = {week.first_day - 20_000: week for week in told.weeks}
    assert [late[day].reason for day in late if 95 <= day <= 102] == ["learning"]
    assert late[max(late)].strain is not None
    assert abs(late[max(late)].strain.index - 50) < 45


# ---- the weekly log


def test_gaps_stay_gaps_and_the_log_can_be_made_again():
    value = someone(16, days=120)
    value[94:101] = np.nan
    value[101:107] = np.nan
    value[107] = 3.4
    made, again = (weekly_log(recorded(value)) for _ in range(2))
    assert made == again
    assert len(made.weeks) == 14
    assert [week.rolling for week in made.weeks] == [False] * 13 + [True]
    reasons = {week.first_day - 20_000: week.reason for week in made.weeks}
    assert reasons[94] == "nothing"
    assert reasons[101] == "thin"
    assert all(week.strain is None for week in made.weeks if week.reason)
    assert all(week.reason in REASONS for week in made.weeks if week.reason)
    assert weekly_log(recorded(value), weeks=17).weeks[0].reason == "learning"


def test_what_was_told_of_a_week_stays_told():
    """Whole rows, alarms and all, with shifts and a tagged change in the middle; whatever comes later."""
    rng = np.random.default_rng(17)
    value = someone(17, days=260)
    value[120:150] -= 0.3
    context = (rng.random((1, 260, 6, len(CONTEXTS))) < 0.3).astype(float)

    def log(days, resets=(40,), weeks=13):
        record = recorded(value[:days])
        readings = Readings(value[None, :days], context[:, :days])
        return weekly_log(replace(record, channels={"ln_rmssd": readings}, resets=resets), weeks=weeks)

    for today in (150, 193):
        before = {week.first_day: week for week in log(today).weeks if not week.rolling}
        for later in (log(today + 3), log(today + 14), log(today + 14, resets=(40, today + 10)), log(today, weeks=30)):
            after = {week.first_day: week for week in later.weeks if not week.rolling}
            shared = [day for day in before if day in after]
            assert len(shared) >= 11
            assert all(before[day] == after[day] for day in shared)


def test_a_change_noted_before_the_first_reading_changes_nothing():
    record = recorded(someone(25, days=100))
    plain = weekly_log(record)
    for day in (-400, -3, 0):
        assert weekly_log(replace(record, resets=(day,))).weeks == plain.weeks


@pytest.mark.slow
def test_one_or_two_bad_days_are_no_lasting_fall():
    alarms = 0
    for seed in range(20):
        value = someone(seed, days=121, a_day=6, sd=0.2, worn=1.0)
        value[114:] = np.nan
        value[118, :1] = 2.3
        value[120, :2] = 2.9
        alarms += sum(1 for day in weekly_log(recorded(value)).alarms if day >= 114)
    # two of the days before may have been low by chance
    assert alarms <= 2


def test_a_channel_that_never_moved_is_not_scored():
    value = someone(26, days=100)
    still = np.where(np.isfinite(value), 0.0, np.nan)
    still[97:] = 1e-4
    made = weekly_log(recorded(value, yawns_per_min=still)).weeks[-1]
    assert set(made.channels) == {"ln_rmssd"}
    large = np.where(np.isfinite(value), 1e6, np.nan)
    assert set(weekly_log(recorded(value, yawns_per_min=large)).weeks[-1].channels) == {"ln_rmssd"}


def test_a_camera_that_is_off_for_once_widens_the_week():
    value = someone(18, days=100)
    face = np.abs(someone(19, days=100, level=0.2, sd=0.05))
    without = face.copy()
    without[93:] = np.nan
    a = weekly_log(recorded(value, perclos_01=face)).weeks[-1].strain
    b = weekly_log(recorded(value, perclos_01=without)).weeks[-1].strain
    never = weekly_log(recorded(value)).weeks[-1].strain
    assert set(a.points) == {"ln_rmssd", "perclos_01"}
    assert b.missing == ("perclos_01",)
    assert b.high - b.low > never.high - never.low


def test_a_place_without_strain_has_no_index():
    made = weekly_log(recorded(someone(20)), kinds={"recovery", "fatigue"})
    assert made.weeks[-1].channels
    assert all(week.strain is None for week in made.weeks)


def test_a_fall_that_lasts_is_notable():
    value = someone(21, days=120, a_day=8)
    value[106:] -= 0.3
    made = weekly_log(recorded(value))
    assert any(week.notable == "worth a check-in" for week in made.weeks[-3:])
    assert not any(week.notable == "worth a check-in" for week in made.weeks[:-3])


@pytest.mark.parametrize("days", [0, 1, 6, 7, 8, 20])
def test_a_new_person_is_learnt_not_judged(days):
    made = weekly_log(recorded(someone(22, days=days)))
    assert all(week.strain is None for week in made.weeks)
    assert not made.alarms


def test_a_drift_is_told_apart_from_standing_still():
    weeks = np.arange(13.0)
    rng = np.random.default_rng(23)
    noise = 0.05 * rng.standard_normal(13)
    assert drift(3.5 - 0.03 * weeks + noise).clear
    assert not drift(3.5 + noise).clear
    assert drift(np.where(weeks < 7, 3.5, np.nan)) is None

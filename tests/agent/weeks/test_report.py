"""The quick weeks are the slow weeks: what columns and folds give is what one window after the other gives."""

import json
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model import FeatureValue, Summary
from agent.privacy.vault import Vault
from agent.scoring.columns import columns_of
from agent.scoring.observations import Shift, record_of_columns
from agent.scoring.quantiles import median, quantile
from agent.system import host
from agent.tables.profiles import PROFILES
from agent.weeks import report, scores
from agent.weeks.as_sent import as_sent
from agent.windows.history import History, Told
from tests.support import slow_weeks

DAY_S = 86_400
START = 20_000 * DAY_S
FACE = ("perclos_01", "yawns_per_min", "brow_down_share_01", "smile_left_share_01", "smile_right_share_01")
VAULT = Vault(bytes(range(32)), "a test")


def drawn(seed, days, most=90):
    """Windows of so many days: some worn, some without a value, some days off."""
    random = np.random.default_rng(seed)
    for day in range(days):
        if random.random() < 0.15:
            continue
        begin = int(random.integers(0, 200))
        for slot in range(begin, begin + int(random.integers(1, most))):
            values = {"hr_mean_bpm": random.normal(70, 9), "rmssd_ms": random.lognormal(3.4, 0.4)}
            values |= {name: random.beta(1, 8) for name in FACE}
            kept = tuple(
                FeatureValue(name, None if random.random() < 0.1 else float(f"{value:.6g}"), int(random.integers(500)),
                             0.9, 0.0)
                for name, value in values.items() if random.random() < 0.95
            )  # fmt: skip
            yield Summary(START + day * DAY_S + slot * 300, START + day * DAY_S + slot * 300 + 300, kept)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    days=st.integers(0, 90),
    zones=st.lists(st.integers(-14, 14).map(lambda one: one * 1800), min_size=2, max_size=2),
    changed=st.integers(0, 90 * 24),
    ill=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 20)), max_size=2),
    late=st.integers(-5, 5),
)
def test_the_record_of_columns_is_that_of_one_window_after_the_other(seed, days, zones, changed, ill, late):
    def offset_s(utc_s):  # the zone changes at an hour: summer time, or a journey
        return zones[utc_s >= START + changed * 3600]

    summaries = list(drawn(seed, days))
    beside = {
        "utc_offset_s": offset_s,
        "until_utc_s": START + (days + late) * DAY_S,
        "shifts": [Shift(START + 5 * DAY_S, START + 5 * DAY_S + 36_000, "night")],
        "left_out": [(START + day * DAY_S, START + (day + long) * DAY_S) for day, long in ill],
        "resets_utc_s": [START + 40 * DAY_S],
    }
    quick = record_of_columns(as_sent(columns_of(summaries)), **beside)
    slow = slow_weeks.record(slow_weeks.as_sent(summaries), **beside)
    assert (quick.first_day, quick.resets, list(quick.channels)) == (slow.first_day, slow.resets, list(slow.channels))
    for one, two in ((quick.worn_h, slow.worn_h), (quick.coverage_01, slow.coverage_01)):
        np.testing.assert_allclose(one, two, rtol=1e-12)
    for name, readings in slow.channels.items():
        np.testing.assert_allclose(quick.channels[name].value, readings.value, rtol=1e-12)
        np.testing.assert_array_equal(quick.channels[name].context, readings.context)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_the_page_is_the_same_from_folds_as_window_by_window(tmp_path, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    summaries, now = list(drawn(7, 110, most=30)), START + 111 * DAY_S
    told = [
        Told(START + 60 * DAY_S, "change", "illness", {"until_utc_s": START + 63 * DAY_S}),
        *(Told(START + day * DAY_S + 72_000, "shift", "night", {"until_utc_s": START + day * DAY_S + 108_000})
          for day in range(90, 110, 3)),
    ]  # fmt: skip
    with closing(History(tmp_path / "history.db", VAULT)) as history:
        history._db.execute("PRAGMA synchronous = OFF")  # thousands of windows, one after the other
        for place in np.random.default_rng(1).permutation(len(summaries)).tolist():  # in any order
            history.keep(summaries[place])
        for one in told:
            history.tell(one)
        made = report.weeks(history, PROFILES["personal"], now)
    slow = slow_weeks.record(
        slow_weeks.as_sent(summaries),
        utc_offset_s=lambda utc_s: scores.offset_s(utc_s // 3600 * 3600),
        until_utc_s=now,
        shifts=[Shift(one.at_utc_s, one.numbers["until_utc_s"], "night") for one in told[1:]],
        left_out=[(told[0].at_utc_s, told[0].numbers["until_utc_s"])],
    )
    counted = slow_weeks.Counted(summaries, scores.offset_s)
    monkeypatch.setattr(scores, "record_of_columns", lambda *_args, **_with: slow)
    with closing(History(tmp_path / "history.db", VAULT)) as history:
        expected = report.weeks(history, PROFILES["personal"], now)
    assert json.dumps(made) == json.dumps(expected)
    first = [made_of(week["first_day"]) for week in made["weeks"]]
    assert made["beats"] == [sum(counted.beats[day] for day in range(one, one + 7)) for one in first]
    for name, weeks in made["ribbons"].items():
        for week in weeks:
            values = counted.face[name].get(made_of(week["week"]), [])
            assert week["windows"] == len(values)
            expect = [round(float(one), 4) for one in np.percentile(values, (25, 50, 75))] if values else None
            assert week["quartiles"] == expect
    assert_hours(made["hours"], counted, told[1:])
    assert any(week["index"] is not None for week in made["weeks"])
    monkeypatch.undo()
    host.local_time(0)  # the zone of the tests again


def assert_hours(hours, counted, shifts):
    """RMSSD of each hour of the last 14 shifts against the median of those shown."""
    rows = [[one.at_utc_s // 3600 + hour for hour in range(-2, 14)] for one in shifts][-14:]
    means = [[float(np.mean(counted.ln[one])) if one in counted.ln else None for one in row] for row in rows]
    middle = float(np.median([one for row in means for one in row if one is not None]))
    expected = [[None if one is None else round(100.0 * (np.exp(one - middle) - 1.0)) for one in row] for row in means]
    assert [row["percent"] for row in hours["rows"]] == expected
    assert any(one is not None for row in expected for one in row)


def made_of(day_words):
    return int(np.datetime64(day_words, "D").astype(int))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_quantiles_are_those_of_numpy(values, share_01):
    value = np.array(values)
    assert quantile(value, share_01) == pytest.approx(float(np.percentile(value, 100 * share_01)), rel=1e-12)
    assert median(value) == pytest.approx(float(np.median(value)), rel=1e-12)

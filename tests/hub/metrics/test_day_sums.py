"""Sums of a day: published once, of whole days alone, and rounded so that their mean stays right."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.metrics.day_sums import DATABASE_UNIT_BYTES, DAY_S, OF_TEN_DEVICES, REFUSALS, UNITS, Day, DaySums, rounded


def counters(**named):
    return {"stored": 0, **named}


@given(st.integers(0, 10**9), st.integers(1, 5000), st.integers(0, 2**32))
def test_a_rounded_number_is_a_neighbour(n, unit, seed):
    found = rounded(n, unit, lambda most: seed % most)
    assert found % unit == 0
    assert abs(found - n) < unit
    assert rounded(0, unit) == 0


@given(st.integers(0, 10**6), st.integers(1, 300))
def test_its_mean_is_the_number_and_one_more_moves_it_in_one_of_so_many_draws(n, unit):
    every = [rounded(n, unit, lambda _, drawn=drawn: drawn) for drawn in range(unit)]
    after = [rounded(n + 1, unit, lambda _, drawn=drawn: drawn) for drawn in range(unit)]
    assert sum(every) == n * unit
    assert sum(one != other for one, other in zip(every, after, strict=True)) == 1


def test_a_sum_is_of_a_whole_day_that_was_seen(tmp_path):
    sums = DaySums(tmp_path, lambda _: 0)
    sums.note(100 * DAY_S + 5000, counters(malformed=7), 0)
    assert sums.last is None, "the first day began before"
    sums.note(101 * DAY_S + 3, counters(malformed=10), 0)
    assert sums.last is None
    sums.note(101 * DAY_S + 7200, counters(malformed=500), 0)
    assert sums.last is None, "nothing of today"
    sums.note(102 * DAY_S + 9, counters(malformed=45, stored=3 * OF_TEN_DEVICES + 1), 0)
    assert sums.last == Day(102 * DAY_S, dict.fromkeys(UNITS, 0) | {"malformed": 30, "stored": 3 * OF_TEN_DEVICES})


@pytest.mark.parametrize(("begin", "end"), [(5, 700), (700, 5)])
def test_a_day_whose_beginning_or_end_was_missed_is_not_published(tmp_path, begin, end):
    sums = DaySums(tmp_path)
    sums.note(101 * DAY_S + begin, counters(), 0)
    sums.note(102 * DAY_S + end, counters(malformed=5000), 0)
    assert sums.last is None


def test_days_that_were_missed_and_counters_that_went_back_give_none(tmp_path):
    sums = DaySums(tmp_path)
    sums.note(101 * DAY_S, counters(malformed=9), 0)
    sums.note(103 * DAY_S, counters(malformed=9), 0)
    assert sums.last is None
    sums.note(104 * DAY_S, counters(malformed=3), 0)
    assert sums.last is None, "an older database was put back"


def test_a_start_draws_nothing_again(tmp_path):
    for day in (101, 102):
        DaySums(tmp_path).note(day * DAY_S + 1, counters(stored=day * 1000, malformed=day * 33), 10**9)
    first = DaySums(tmp_path)
    assert first.last is not None
    for _ in range(20):
        again = DaySums(tmp_path)
        again.note(102 * DAY_S + 500, counters(stored=10**6), 5 * 10**9)
        assert (again.last, again.database_bytes) == (first.last, first.database_bytes)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"day": "x"}', b'{"day": 1, "begun": 3, "last": null}'])
def test_a_damaged_file_begins_again(tmp_path, content):
    (tmp_path / "metrics.json").write_bytes(content)
    sums = DaySums(tmp_path)
    sums.note(101 * DAY_S, counters(), 5)
    assert sums.last is None
    assert json.loads((tmp_path / "metrics.json").read_bytes())["day"] == 101


@given(st.binary(max_size=60))
def test_any_file_is_read_or_begins_again(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("sums")
    (folder / "metrics.json").write_bytes(content)
    assert DaySums(folder).last is None


def test_the_borders_of_the_databases_size_are_drawn_once(tmp_path):
    sums = DaySums(tmp_path)
    seen = set()
    for day in range(101, 120):
        sums.note(day * DAY_S, counters(), 10 * DATABASE_UNIT_BYTES)
        seen.add(sums.database_bytes)
    assert len(seen) == 1


def test_no_counter_that_a_persons_choice_moves_has_a_sum():
    of_choices = {"consent_unknown", "consent_expired", "consent_withdrawn", "not_granted", "erased", "restored"}
    of_choices |= {"bad_consent", "revoked", "scored", "scores", "score_refused", "score_failed"}
    assert not of_choices & UNITS.keys()
    assert all(UNITS[name] == 10 for name in REFUSALS)

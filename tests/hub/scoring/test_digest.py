"""Digests and days as they are kept: read back as they were written, and the same in whatever order windows came."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.model import CodedDay, DayValue
from agent.wire.message import ClockOffset, ContextMessage, DaysMessage
from hub.scoring.day_row import EMPTY, DayRow, Window, decode_day, feature_ids, merged
from hub.scoring.digest import DayReadings, Digest, decode_digest
from hub.scoring.noted import Noted, with_statement
from hub.scoring.said_days import values_of, with_day

codes = st.dictionaries(st.sampled_from(feature_ids()), st.integers(1, 500), max_size=4).map(
    lambda found: tuple(sorted(found.items()))
)
windows = st.lists(
    st.builds(Window, st.integers(1_790_000_000, 1_790_080_000), st.just(300), st.integers(0, 1000), codes), max_size=30
)


def same(one: DayRow, other: DayRow) -> bool:
    return one.windows() == other.windows()


@given(windows)
def test_a_day_is_read_back_as_it_was_written(made):
    row = merged(EMPTY, made)
    assert same(decode_day(row.encode()), row)


@given(windows, st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_day_is_the_same_in_whatever_order_and_batches_its_windows_came(made, dice, batches):
    expected = merged(EMPTY, made)
    shuffled = list(made)
    dice.shuffle(shuffled)
    row = EMPTY
    for n in range(batches):
        row = merged(row, shuffled[n::batches])
    assert same(row, expected)
    starts = row.start_utc_s.tolist()
    assert starts == sorted(set(starts))


blocks = st.dictionaries(
    st.sampled_from(("ln_rmssd", "hr_bpm", "mood_0_10")),
    st.dictionaries(st.integers(0, 7), st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
    max_size=3,
)


said_of_days = st.dictionaries(st.integers(0, 30_000), st.tuples(st.integers(0, 99), st.binary(max_size=9)), max_size=3)


@st.composite
def digests(draw):
    days = {}
    for day in draw(st.sets(st.integers(20_000, 20_200), max_size=6)):
        of_day = {name: {day * 8 + place: value for place, value in row.items()} for name, row in draw(blocks).items()}
        days[day] = DayReadings(of_day, draw(st.floats(0, 24)), draw(st.floats(0, 24)))
    said = draw(
        st.dictionaries(st.integers(0, 30_000), st.tuples(st.integers(0, 99), st.binary(max_size=9)), max_size=3)
    )
    numbers = draw(
        st.tuples(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(-1, 2**40), st.integers(-1, 30_000))
    )
    return Digest(days, said, *numbers, draw(st.sampled_from((0.0, 71.25, math.inf))), draw(said_of_days))


@given(digests())
def test_a_digest_is_read_back_as_it_was_written(digest):
    assert decode_digest(digest.encode()) == digest


@given(st.binary(max_size=80))
def test_any_bytes_are_a_digest_or_refused(data):
    try:
        decode_digest(data)
    except WireRefused as refused:
        assert refused.reason == "malformed"


def test_left_out_windows_are_those_that_begin_within():
    row = merged(EMPTY, [Window(1_790_000_000 + n * 300, 300, 990, ((1, 400),)) for n in range(10)])
    kept = row.without([(1_790_000_300, 1_790_000_900)])
    assert kept.n == 8
    assert np.isfinite(kept.rates_bpm()).all()
    assert row.without([]) is row


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_the_newest_statement_of_a_day_holds_in_whatever_order_they_came_and_an_empty_one_takes_back(order):
    first, again, back = (CodedDay(321, 65, 900),), (CodedDay(302, 2, 1000), CodedDay(321, 51, 1000)), ()
    messages = [(5, 20_000, first), (9, 20_000, again), (6, 20_001, first), (7, 20_001, back)]
    said = {}
    for index, day, values in (messages[n] for n in order):
        said = with_day(said, index, DaysMessage("score", bytes(32), day, values))
    assert list(values_of(said)) == [DayValue(20_000, "short_rests_n", 1.0, 1.0), DayValue(20_000, "sleep_h", 5.0, 1.0)]


def statement(day, offsets):
    return ContextMessage("score", bytes(32), day, (), (), tuple(ClockOffset(day * 86_400, one) for one in offsets), ())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_statement_with_the_highest_index_holds_in_whatever_order_they_came(order):
    said = [(5, statement(20_000, [1440])), (7, statement(20_000, [1500])), (6, statement(20_001, [1560]))]
    statements = {}
    for n in order:
        statements = with_statement(statements, *said[n])
    noted = Noted(statements)
    assert noted.offset_s(20_000 * 86_400 + 5) == 3600
    assert noted.offset_s(20_001 * 86_400 + 5) == 7200
    assert noted.offset_s(19_000 * 86_400) == 3600  # before the first one: the first
    assert noted.knows_clock
    assert Noted({}).offset_s(5) == 0

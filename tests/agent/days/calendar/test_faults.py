"""Any bytes are read or refused: no exception leaves the reading of a file, and what it says keeps its shape."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.days.calendar.importer import answers
from agent.days.calendar.protocol import Question
from agent.days.calendar.reading import Task, answer
from agent.days.calendar.reasons import Reason
from agent.days.calendar.series import Window
from tests.support.calendar_faults import WORDS, damaged

LOW, HIGH = 1_740_000_000, 1_800_000_000
TASK = Task(Window(LOW, HIGH), bytes(32), {}, wants_titles=False, cpu_s=20.0)
DAY_S = 86_400


def keeps_its_shape(made):
    assert made.found == sorted(made.found)
    for start_s, end_s, *_ in made.found:
        assert start_s < end_s <= start_s + 32 * DAY_S
        assert start_s < HIGH + 3 * DAY_S
        assert end_s >= LOW - 3 * DAY_S
    assert made.events_n >= made.all_day_n >= 0
    assert all(isinstance(reason, Reason) and n > 0 for reason, n in made.unread.items())
    assert made.events_n or made.other_n or made.unread


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_damaged_calendars_are_read_or_refused(seed):
    for data in damaged(80, seed):
        keeps_its_shape(answer(data, TASK))


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_any_bytes_are_read_or_refused(data):
    keeps_its_shape(answer(data, TASK))


@given(st.lists(st.sampled_from([*WORDS, b"DTSTART:20260301T080000Z", b"DTEND:20260301T090000Z"]), max_size=14))
@settings(max_examples=150)
def test_any_lines_are_read_or_refused(lines):
    keeps_its_shape(answer(b"\n".join([b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", *lines, b"END:VEVENT"]), TASK))


@pytest.mark.process
def test_no_damaged_calendar_ends_the_process():
    found = asyncio.run(answers(damaged(150, seed=9), Question(LOW, HIGH, bytes(32), {})))
    assert len(found) == 150
    assert all(row.reason != Reason.FILE_STOPPED for one in found for row in one.report.unread)

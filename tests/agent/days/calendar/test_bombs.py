"""Calendars that would cost too much end as a count with a reason, within the limits, and everything else is read."""

import asyncio
import logging
import os
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.days.calendar import process
from agent.days.calendar.importer import answers
from agent.days.calendar.protocol import Question, answered
from agent.days.calendar.reasons import LIMITS, WORDS, Reason
from tests.support.calendar_bombs import BOMBS, GOOD, around

GOOD_S = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp())
QUESTION = Question(1_740_000_000, 1_800_000_000, bytes(32), {})
SLOW = "a thousand rules that search"


def read(*files, limits=LIMITS):
    """Answers, and the CPU seconds of the processes that gave them."""
    before = os.times()
    found = asyncio.run(answers(files, QUESTION, limits))
    after = os.times()
    return found, after.children_user + after.children_system - before.children_user - before.children_system


def reasons(answer):
    return {row.reason.value for row in answer.report.unread}


@pytest.mark.process
@pytest.mark.slow
def test_every_bomb_ends_as_a_count_and_the_entry_beside_it_is_read():
    names = [name for name in BOMBS if name != SLOW]
    for some in (names[:16], names[16:]):  # all of them are more megabytes than one import reads
        found, cpu_s = read(*(BOMBS[name][0]() for name in some))
        for name, answer in zip(some, found, strict=True):
            _, reason, is_read = BOMBS[name]
            assert reasons(answer) == ({reason} if reason else set()), name
            assert any(one.start_s == GOOD_S for one in answer.times) == is_read, name
        assert cpu_s < LIMITS.file_cpu_s * len(some)


@pytest.mark.process
def test_a_second_since_1970_is_refused_in_less_than_a_second_of_cpu():
    plain = [read(around())[1] for _ in range(2)]
    found, cpu_s = read(BOMBS["a second since 1970"][0]())
    assert reasons(found[0]) == {"rule_too_often"}
    assert cpu_s - min(plain) < 1.0


@pytest.mark.process
def test_a_file_that_takes_too_long_gives_what_was_read_before():
    found, cpu_s = read(BOMBS[SLOW][0](), around(), limits=replace(LIMITS, entries_cpu_s=0.5, file_cpu_s=20))
    assert reasons(found[0]) == {"out_of_time"}
    assert GOOD_S in {one.start_s for one in found[0].times} | {one.start_s for one in found[1].times}
    assert reasons(found[1]) == set()
    assert cpu_s < 20


@pytest.mark.process
def test_the_system_ends_a_process_and_the_next_file_is_read_by_another(caplog):
    """The second limit, where the first fails: the entries' own time is set beyond it."""
    limits = replace(LIMITS, entries_cpu_s=1e6, file_cpu_s=1)
    with caplog.at_level(logging.WARNING):
        found, _ = read(around(), BOMBS[SLOW][0](), around(), limits=limits)
    assert [reasons(answer) for answer in found] == [set(), {"file_stopped"}, set()]
    assert [len(answer.times) for answer in found] == [1, 0, 1]
    assert "took too much" in caplog.text


@pytest.mark.process
def test_memory_is_limited():
    found, _ = read(
        around(("BEGIN:VEVENT\n" + "UID:\n" * 9000 + "END:VEVENT\n") * 150),
        around(),
        limits=replace(LIMITS, memory_bytes=128 * 2**20),
    )
    assert [reasons(answer) for answer in found] == [{"file_stopped"}, set()]


@pytest.mark.process
def test_a_process_that_says_nothing_is_ended(monkeypatch):
    monkeypatch.setattr(process, "COMMAND", (*process.COMMAND[:1], "-c", "import sys; sys.stdin.read()"))
    began = time.monotonic()
    found, _ = read(b"x", b"y", limits=replace(LIMITS, wall_s=0.5))
    assert [reasons(answer) for answer in found] == [{"file_stopped"}, {"file_stopped"}]
    assert time.monotonic() - began < 30


@pytest.mark.process
def test_an_answer_without_end_or_of_another_shape_is_none_of_ours(monkeypatch):
    for words in ("print('x' * 10**7)", "print('{}')", "print([1])", "while True: print('a', end='')"):
        monkeypatch.setattr(process, "COMMAND", (*process.COMMAND[:1], "-c", words))
        found, _ = read(b"x", limits=replace(LIMITS, answer_bytes=2**16, wall_s=20))
        assert reasons(found[0]) == {"file_stopped"}


@pytest.mark.process
def test_a_process_that_dies_again_and_again_is_not_begun_for_ever(monkeypatch):
    monkeypatch.setattr(process, "COMMAND", (*process.COMMAND[:1], "-c", ""))
    began = []
    real = asyncio.create_subprocess_exec

    async def counted(*words, **more):
        began.append(1)
        return await real(*words, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", counted)
    found, _ = read(*[b"x"] * 50, limits=replace(LIMITS, deaths=2))
    assert [reasons(answer) for answer in found] == [{"file_stopped"}] * 50
    assert len(began) == 3


@pytest.mark.process
def test_too_many_and_too_large_files_are_named():
    limits = replace(LIMITS, file_bytes=1000, total_bytes=1500, files=3)
    small = around()
    assert 100 < len(small) < 300
    found, _ = read(b" " * 1001, small, small, small, Reason.FILE_UNREADABLE, limits=limits)
    assert [reasons(answer) for answer in found] == [
        {"file_too_large"},
        set(),
        set(),
        {"too_many_files"},
        {"file_unreadable"},
    ]
    found, _ = read(small.ljust(900), small.ljust(900), limits=limits)
    assert [reasons(answer) for answer in found] == [set(), {"too_many_files"}]


OTHER = b'{"events":1,"all_day":0,"others":0,"unread":{},"reach":[[1,0]],"kinds":[0,1],"found":[[1,2,0,0,0,0]]}'


@pytest.mark.parametrize(
    ("part", "other"),
    [(b'"events":1', b'"events":-1'), (b'"events":1', b'"events":true'), (b"[[1,2", b"[[2,1"), (b"[[1,2", b"[[1,1e99"),
     (b'"unread":{}', b'"unread":{"a title":1}'), (b"0,0,0]]", b"0,0]]"), (b"0,0,0]]", b"0,0,9]]"), (b"[[1,2", b'[["1",2'), (b'"kinds":[0,1]', b'"kinds":["x",1]'),
     (b'"reach":[[1,0]]', b'"reach":[["x",0]]'), (OTHER, b"[" * 100_000), (OTHER, b""), (OTHER, b"null")],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(part, other):
    assert answered(OTHER).times[0].start_s == 1
    with pytest.raises(ValueError):
        answered(OTHER.replace(part, other))


def test_every_reason_has_its_words():
    assert set(WORDS) == set(Reason)


def test_the_good_entry_is_what_the_bombs_stand_beside():
    assert GOOD in around().decode()

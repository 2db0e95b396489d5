"""Windows on the UTC grid, and time that never jumps."""

import asyncio

import pytest

from agent.errors import WrongUse
from agent.model import NS_PER_S, Sample
from agent.system.clock import SessionClock, UtcBreak, VirtualClock, aligned_start_ns
from agent.windows.window import Ring, Windows

S = NS_PER_S


def test_windows_are_half_open_and_lie_on_the_utc_grid():
    windows = Windows(1000 * S)
    for t in (900 * S, 1199 * S, 1200 * S):
        windows.ring.add(Sample(t, "rr_ms", 800.0))
    assert list(windows.closed(1199 * S)) == []
    (first,) = windows.closed(1200 * S)
    assert (first.start_ns, first.end_ns) == (900 * S, 1200 * S)
    assert first.series["rr_ms"].t_ns[first.series["rr_ms"].inside].tolist() == [900 * S, 1199 * S]
    assert (first.series["rr_ms"].lead, first.series["rr_ms"].trail) == (0, 1)
    (second,) = windows.closed(1500 * S)
    assert second.series["rr_ms"].t_ns.tolist() == [900 * S, 1199 * S, 1200 * S]
    assert (second.series["rr_ms"].lead, second.series["rr_ms"].trail) == (2, 0)
    assert [window.series for window in windows.closed(2100 * S)] == [{}, {}]


def test_time_that_goes_back_inside_a_channel_is_refused_and_counted():
    ring = Ring()
    for t in (5, 5, 4, 6):
        ring.add(Sample(t, "rr_ms", 800.0))
    assert ring.refused == 2
    assert ring.window(0, 10).series["rr_ms"].t_ns.tolist() == [5, 6]


def test_spans_reach_back_ten_to_three_hundred_seconds():
    ring = Ring()
    for t in range(1, 400):
        ring.add(Sample(t * S, "rr_ms", 1000.0))
    for span_s in (10, 200):
        series = ring.span(400 * S, span_s).series["rr_ms"]
        assert series.t_ns[series.inside].tolist() == [t * S for t in range(400 - span_s, 400)]
        assert series.lead == 128  # and what its labels are learnt from
    assert ring.span(400 * S, 300).series["rr_ms"].lead == 99
    for span_s in (9, 301):
        with pytest.raises(WrongUse):
            ring.span(400 * S, span_s)


def test_after_the_clock_was_moved_the_next_window_begins_on_the_new_grid():
    windows = Windows(900 * S)
    list(windows.closed(1200 * S))
    windows.realign(100 * S)
    assert (windows.start_ns + 100 * S) % (300 * S) == 0
    assert windows.start_ns >= 1200 * S


class Machine:
    """A monotonic and a wall clock that a test can move."""

    def __init__(self):
        self.mono, self.wall = 0, 1_000_000 * S

    def clock(self, **options):
        return SessionClock(monotonic_ns=lambda: self.mono, wall_ns=lambda: self.wall, **options)


def test_session_time_goes_on_when_the_wall_clock_jumps_and_the_jump_is_told_once():
    machine = Machine()
    clock = machine.clock()
    machine.mono += 10 * S
    machine.wall += 10 * S + 1 * S  # a slew below the threshold
    assert clock.utc_break() is None
    machine.wall += 365 * 86_400 * S
    before = clock.now_ns()
    found = clock.utc_break()
    assert isinstance(found, UtcBreak)
    assert found.jump_s == pytest.approx(365 * 86_400 + 1)
    assert clock.now_ns() == before
    assert clock.utc_break() is None
    assert clock.utc_s(clock.now_ns()) == machine.wall // S


def test_sleep_of_the_machine_counts():
    machine = Machine()
    clock = machine.clock()
    machine.mono += 3600 * S
    machine.wall += 3600 * S
    assert clock.now_ns() == 1_003_600 * S
    assert clock.utc_break() is None


def test_a_faster_clock_never_compares_with_the_wall():
    machine = Machine()
    clock = machine.clock(start_utc_ns=900 * S, speed=10)
    machine.mono += 2 * S
    machine.wall += 999 * S
    assert clock.now_ns() == 920 * S
    assert clock.utc_break() is None
    for speed in (0.5, 10.5):
        with pytest.raises(WrongUse):
            machine.clock(speed=speed)


def test_replays_begin_on_a_window_boundary():
    assert aligned_start_ns(1234 * S) == 1200 * S


def test_virtual_time_passes_only_while_everyone_waits():
    async def play():
        clock, order = VirtualClock(0), []
        driving = asyncio.create_task(clock.drive())

        async def sleeper(name, *times):
            for t in times:
                await clock.sleep_until(t)
                order.append((name, clock.now_ns()))

        await asyncio.gather(sleeper("a", 5, 9), sleeper("b", 7, 7))
        driving.cancel()
        return order

    assert asyncio.run(play()) == [("a", 5), ("b", 7), ("b", 7), ("a", 9)]


def test_what_no_window_needs_any_more_is_let_go():
    """An agent that runs for weeks must not grow: two windows' worth is kept, however long it runs."""
    windows = Windows(0)
    for second in range(1, 20_000):
        windows.ring.add(Sample(second * NS_PER_S, "rr_ms", 1000.0))
        for window in windows.closed(second * NS_PER_S):
            assert window.series["rr_ms"].value[window.series["rr_ms"].inside].size in (299, 300)
    assert len(windows.ring._channels["rr_ms"]) <= 2 * 300 + 1


def test_a_window_that_is_closed_late_still_has_its_beats():
    windows = Windows(0)
    for second in [*range(1, 300), *range(4000, 4300)]:  # asleep for an hour
        windows.ring.add(Sample(second * NS_PER_S, "rr_ms", 1000.0))
    sizes = [
        window.series["rr_ms"].value[window.series["rr_ms"].inside].size
        for window in windows.closed(4300 * NS_PER_S)
        if window.series
    ]
    assert sizes[0] == 299

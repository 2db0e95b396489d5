"""Beats laid end to end and held against the clock: gaps where something is missing, and nowhere else."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.sources.strap.beat_times import BeatTimes, rr_ns

S = 10**9
START = 1_800_000_000 * S


def packets(rr_1024, every_ns=S, start_ns=START):
    """(made, intervals): what a strap puts into its packets, one a second."""
    made, end_ns, beats = start_ns + every_ns, start_ns, []
    for rr in rr_1024:
        end_ns += rr_ns(rr)
        while end_ns > made:
            yield made, beats
            made, beats = made + every_ns, []
        beats.append(rr)
    yield made, beats


def laid(timeline, arriving):
    placed = []
    for arrived_ns, rr_1024 in arriving:
        placed += timeline.place(arrived_ns, rr_1024)
    return placed + timeline.flush()


def steady(n, rr=870):
    return [rr + 40 * (k % 5 - 2) for k in range(n)]


def test_an_undisturbed_strap_has_no_gap_and_keeps_every_length():
    rr_1024 = steady(600)
    placed = laid(BeatTimes(), packets(rr_1024))
    assert [one.rr_1024 for one in placed] == rr_1024
    assert not [one for one in placed if one.gap_ns]
    apart = [b.t_ns - a.t_ns - rr_ns(b.rr_1024) for a, b in itertools.pairwise(placed)]
    assert max(map(abs, apart)) <= 2_000_000  # no beat is shifted by more than 2 ms


def test_times_never_run_ahead_of_the_clock_for_long_nor_behind():
    arriving = list(packets(steady(600)))
    timeline, last = BeatTimes(), {}
    for arrived_ns, rr_1024 in arriving:
        for one in timeline.place(arrived_ns, rr_1024):
            last[arrived_ns] = arrived_ns - one.t_ns
    settled = list(last.values())[300:]
    assert max(settled) < 1.1 * S
    assert min(settled) > -0.05 * S


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_packet_that_never_came_is_a_gap(lost):
    arriving = list(packets(steady(300)))
    kept = arriving[:100] + arriving[100 + lost :]
    placed = laid(BeatTimes(), kept)
    gaps = [n for n, one in enumerate(placed) if one.gap_ns]
    before = sum(len(rr) for _, rr in arriving[:100])
    assert gaps == [before]
    missing_ns = sum(rr_ns(rr) for _, packet in arriving[100 : 100 + lost] for rr in packet)
    assert placed[before].gap_ns == pytest.approx(missing_ns, abs=1.0 * S)


def test_intervals_that_a_strap_leaves_out_are_a_gap():
    arriving = list(packets(steady(300)))
    emptied = [(made, [] if 100 <= n < 104 else rr) for n, (made, rr) in enumerate(arriving)]
    placed = laid(BeatTimes(), emptied)
    assert [n for n, one in enumerate(placed) if one.gap_ns] == [sum(len(rr) for _, rr in arriving[:100])]


def test_packets_that_come_late_in_a_burst_are_no_gap():
    arriving = list(packets(steady(300)))
    stall = arriving[104][0]
    late = [(stall + (n - 100) * S // 100 if 100 <= n < 104 else made, rr) for n, (made, rr) in enumerate(arriving)]
    placed = laid(BeatTimes(), late)
    assert [one.rr_1024 for one in placed] == [rr for _, packet in arriving for rr in packet]
    assert not [one for one in placed if one.gap_ns]


def test_a_strap_that_tells_its_beats_up_to_a_second_late_has_no_gap():
    """As recorded on a Polar H10: the time between a beat and its packet wanders by a second and more."""
    chance, rr_1024 = random.Random(4), steady(900)
    ends = [START + sum(map(rr_ns, rr_1024[: n + 1])) for n in range(len(rr_1024))]
    arriving, told = [], 0
    for second in range(1, 830):
        arrived_ns = START + int(second * 1.12 * S)
        upto_ns = arrived_ns - int(chance.uniform(0.0, 1.1) * S)
        fresh = max(told, sum(end <= upto_ns for end in ends))
        arriving.append((arrived_ns, rr_1024[told:fresh]))
        told = fresh
    placed = laid(BeatTimes(), arriving)
    assert [one.rr_1024 for one in placed] == rr_1024[:told]
    assert not [one for one in placed if one.gap_ns]


@pytest.mark.slow
@pytest.mark.parametrize("every_s", [0.05, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("clock_01", [-0.001, 0.0, 0.00005, 0.001])
def test_neither_a_strap_s_own_clock_nor_its_rate_of_packets_makes_a_gap(every_s, clock_01):
    rr_1024 = steady(4000)
    arriving = [
        (START + int((made - START) * (1 + clock_01)), beats) for made, beats in packets(rr_1024, int(every_s * S))
    ][:-1]  # the last one waits for beats that never come
    placed = laid(BeatTimes(), arriving)
    assert [one.rr_1024 for one in placed] == rr_1024[: len(placed)]
    assert len(rr_1024) - len(placed) < 4
    assert not [one for one in placed if one.gap_ns]


def test_times_go_on_whatever_a_broken_strap_sends():
    timeline, placed = BeatTimes(), []
    for second in range(1, 60):
        placed += timeline.place(START + second * S, [1, 1030] if second % 2 else [1] * 9)
    times = [one.t_ns for one in placed]
    assert times == sorted(set(times))


def test_a_slow_heart_with_packets_without_beats_has_no_gap():
    rr_1024 = [1500 + 30 * (k % 3) for k in range(300)]  # 40 beats a minute
    arriving = list(packets(rr_1024))
    assert any(not rr for _, rr in arriving)
    placed = laid(BeatTimes(), arriving)
    assert [one.rr_1024 for one in placed] == rr_1024
    assert not [one for one in placed if one.gap_ns]


def test_an_interruption_is_a_gap_even_where_the_times_would_fit():
    timeline, placed = BeatTimes(), []
    for n, (made, rr_1024) in enumerate(packets(steady(60))):
        if n == 20:
            timeline.interrupt()
        placed += timeline.place(made, rr_1024)
    assert sum(one.gap_ns > 0 for one in placed) == 1
    assert all(b.t_ns - rr_ns(b.rr_1024) >= a.t_ns - 2_000_000 for a, b in itertools.pairwise(placed))


def test_beats_for_which_there_was_no_time_are_refused():
    timeline = BeatTimes()
    for made, rr_1024 in packets(steady(60)):
        timeline.place(made, rr_1024)
    timeline.place(made + S // 10, [1024] * 9)
    assert timeline.ahead == 9


def test_a_held_packet_is_released_when_no_other_comes():
    timeline = BeatTimes()
    arriving = list(packets(steady(60)))
    for made, rr_1024 in arriving[:30]:
        timeline.place(made, rr_1024)
    late_ns = arriving[30][0] + 5 * S
    assert timeline.place(late_ns, [870]) == []
    assert timeline.settle(late_ns + S) == []
    (released,) = timeline.settle(late_ns + 3 * S)
    assert released.gap_ns > 3 * S


@pytest.mark.slow
@settings(max_examples=200)
@given(
    usual=st.integers(450, 1400),
    change=st.lists(st.integers(-10, 10), min_size=80, max_size=160),
    jitter=st.lists(st.integers(0, 100), min_size=400, max_size=400),
    lost=st.integers(30, 50),
)
@pytest.mark.long
def test_jitter_makes_no_gap_and_a_loss_of_three_seconds_always_does(usual, change, jitter, lost):
    rr = [usual * (100 + percent) // 100 for percent in change]
    made = list(packets(rr))[:-1]  # the last one waits for beats that never come
    rr = [one for _, beats in made for one in beats]
    arriving = [(at + delay * S // 1000, beats) for (at, beats), delay in zip(made, jitter, strict=False)]
    whole = laid(BeatTimes(), arriving)
    assert [one.rr_1024 for one in whole] == rr
    assert not [one for one in whole if one.gap_ns]

    kept = arriving[:lost] + arriving[lost + 3 :]
    placed = laid(BeatTimes(), kept)
    assert [one.rr_1024 for one in placed] == [one for _, beats in kept for one in beats]
    before = sum(len(beats) for _, beats in arriving[:lost])
    if len(placed) > before and any(beats for _, beats in arriving[lost : lost + 3]):
        assert [n for n, one in enumerate(placed) if one.gap_ns] == [before]
    times = [one.t_ns for one in placed]
    assert times == sorted(set(times))

"""A session is announced to its end or does not happen; nothing that was missed is made up for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import NS_PER_S
from agent.outbox.camera_plan import ANNOUNCED_S, Skips
from agent.session.appointment_times import Appointment
from agent.session.appointment_watch import CLOSES_AHEAD_S, OUTCOMES, Look, Watch, advance

START_S = 1_790_000_100
ONE = Appointment(START_S, START_S + 600)
TWO = Appointment(START_S + 7200, START_S + 7800)
QUARTER_NS = NS_PER_S // 4


class Clock:
    """Looks four times a second, as the agent takes them; the machine may sleep, and the wall clock may jump."""

    def __init__(self, utc_s=ONE.announced_utc_s - 30, due=(ONE, TWO)):
        self.now_ns, self.offset_ns = 5 * NS_PER_S, utc_s * NS_PER_S - 5 * NS_PER_S
        self.watch, self.due, self.barred, self.skips, self.private = Watch(), due, "", Skips(), frozenset()
        self.opened, self.announced_ns = [], None

    @property
    def utc_s(self):
        return (self.now_ns + self.offset_ns) // NS_PER_S

    def look(self):
        before = self.watch
        self.watch = advance(
            before, Look(self.now_ns, self.utc_s, self.offset_ns, self.due, self.barred, self.skips, self.private)
        )
        if self.watch.current is not None and self.watch.current != before.current:
            self.announced_ns = self.now_ns
        if self.watch.is_open and not before.is_open:
            self.opened.append(((self.now_ns - self.announced_ns) / NS_PER_S, self.utc_s))

    def run(self, seconds):
        for _ in range(round(seconds * 4)):
            self.now_ns += QUARTER_NS
            self.look()

    def admits(self):
        return self.watch.admits(self.now_ns, self.utc_s)


def to_open():
    clock = Clock()
    clock.run(30 + ANNOUNCED_S + 5)
    assert clock.watch.is_open
    return clock


def test_a_session_is_announced_for_a_minute_open_and_over():
    clock = Clock()
    clock.run(31)
    assert (clock.watch.current, clock.watch.is_open, clock.admits()) == (ONE, False, False)
    assert clock.watch.seconds_left(clock.now_ns, clock.utc_s) in (59, 60)
    clock.run(57)
    assert not clock.admits()
    clock.run(3)
    assert clock.admits()
    ((counted_s, at_utc_s),) = clock.opened
    assert counted_s >= ANNOUNCED_S
    assert 0 <= at_utc_s - START_S <= 1
    clock.run(595)
    assert clock.admits()
    clock.run(5)
    assert not clock.admits()
    assert clock.watch.outcomes == ((START_S, "held"),)


def test_the_camera_is_closed_before_the_session_is_over():
    clock = to_open()
    while clock.admits():
        clock.run(0.25)
    assert clock.utc_s == ONE.end_utc_s - CLOSES_AHEAD_S


@pytest.mark.parametrize("word", ["paused", "private", "off", "consent"])
@pytest.mark.parametrize("when_s", [0, 60, 95])
def test_what_stands_above_a_session_ends_it_and_it_does_not_come_back(word, when_s):
    clock = Clock()
    clock.run(when_s)
    clock.barred = word
    clock.run(31)
    assert (clock.watch.current, clock.admits()) == (None, False)
    clock.barred = ""
    clock.run(400)
    assert not clock.admits()
    assert clock.watch.outcomes == ((START_S, word),)


def test_private_hours_that_are_known_beforehand_keep_a_session_from_being_announced():
    clock = Clock()
    clock.private = frozenset({START_S})
    clock.run(200)
    assert clock.opened == []
    assert clock.watch.outcomes == ((START_S, "private"),)


@pytest.mark.parametrize("skips", [Skips((START_S,)), Skips((), START_S + 1)])
@pytest.mark.parametrize("when_s", [0, 60, 95])
def test_one_tap_skips_a_session_before_during_the_countdown_and_while_it_runs(skips, when_s):
    clock = Clock()
    clock.run(when_s)
    clock.skips = skips
    clock.run(0.25)
    assert not clock.admits()
    clock.run(300)
    assert clock.watch.outcomes == ((START_S, "skipped"),)
    clock.run(7200)
    assert len(clock.opened) == (2 if when_s == 95 else 1)  # the next one is held: that one alone was skipped
    assert clock.opened[-1][1] >= TWO.start_utc_s


@pytest.mark.parametrize("sleeps_from_s", [0, 45, 100])
@pytest.mark.parametrize("wakes_after_start_s", [-10, -1, 30, 400])
def test_a_machine_that_wakes_in_a_session_does_not_begin_it_without_its_announcement(
    sleeps_from_s, wakes_after_start_s
):
    clock = Clock()
    clock.run(sleeps_from_s)
    opened = len(clock.opened)
    wakes_ns = (START_S + wakes_after_start_s) * NS_PER_S - clock.offset_ns
    if wakes_ns - clock.now_ns < 6 * NS_PER_S:
        return  # it is awake by then
    clock.now_ns = wakes_ns
    assert not clock.admits(), "closed at once, before the next look"
    clock.run(500)
    assert len(clock.opened) == opened
    assert clock.watch.outcomes == ((START_S, "missed"),)


def test_an_agent_that_starts_in_a_countdown_or_a_session_skips_it():
    for late_s in (10, 59, 60, 300):
        clock = Clock(ONE.announced_utc_s + late_s)
        clock.run(400)
        assert clock.opened == []
        assert clock.watch.outcomes == ((START_S, "missed"),)


def test_a_session_that_was_missed_is_not_made_up_for():
    clock = Clock()
    clock.run(10)
    clock.now_ns += 3600 * NS_PER_S  # asleep over all of it
    clock.run(1800)
    assert clock.opened == []
    clock.run(3600)
    assert [at >= TWO.start_utc_s for _, at in clock.opened] == [True]


@pytest.mark.parametrize("jump_s", [-7200, -300, -30, 30, 300, 7200])
@pytest.mark.parametrize("when_s", [10, 60, 100])
def test_a_clock_that_jumps_neither_shortens_a_countdown_nor_repeats_a_session(jump_s, when_s):
    clock = Clock(due=(ONE,))
    clock.run(when_s)
    opened = len(clock.opened)
    clock.offset_ns += jump_s * NS_PER_S
    clock.run(0.25)
    assert not clock.admits(), "an open one is closed"
    clock.run(9000)
    assert all(counted_s >= ANNOUNCED_S for counted_s, _ in clock.opened)
    assert len(clock.opened) <= max(1, opened)
    if opened:
        assert clock.watch.outcomes == ((START_S, "clock"),)


def test_a_loop_that_stands_still_closes_the_camera():
    clock = to_open()
    clock.now_ns += 6 * NS_PER_S
    assert not clock.admits()


def test_another_plan_ends_the_session_of_the_old_one():
    clock = to_open()
    clock.due = ()
    clock.run(0.25)
    assert not clock.admits()
    assert clock.watch.outcomes == ((START_S, "changed"),)


EVENTS = st.one_of(
    st.tuples(st.just("run"), st.floats(0.25, 120)),
    st.tuples(st.just("sleep"), st.integers(1, 4000)),
    st.tuples(st.just("jump"), st.integers(-4000, 4000)),
    st.tuples(st.just("bar"), st.sampled_from(["", "paused", "off"])),
    st.tuples(st.just("skip"), st.booleans()),
)


@given(st.lists(EVENTS, max_size=25))
def test_whatever_happens_no_camera_opens_before_a_whole_announcement(events):
    clock = Clock(due=(ONE, TWO))
    for what, value in [*events, ("run", 120.0)]:
        if what == "run":
            clock.run(value)
        elif what == "sleep":
            clock.now_ns += value * NS_PER_S
        elif what == "jump":
            clock.offset_ns += value * NS_PER_S
        elif what == "bar":
            clock.barred = value
        else:
            clock.skips = Skips((START_S, TWO.start_utc_s)) if value else Skips()
        if clock.admits():
            assert any(one.start_utc_s <= clock.utc_s < one.end_utc_s for one in clock.due) or what in (
                "bar",
                "skip",
                "jump",
            )
    assert all(counted_s >= ANNOUNCED_S for counted_s, _ in clock.opened)
    assert all(word in OUTCOMES for _, word in clock.watch.outcomes)
    starts = [start for start, _ in clock.watch.outcomes]
    assert len(starts) == len(set(starts)), "each session comes once"


def test_the_property_finds_a_countdown_that_is_cut_short():
    """The same check on a watch that opens at the clock's word alone."""
    clock = Clock()
    clock.run(35)
    clock.watch = replace(clock.watch, announced_ns=clock.now_ns - 61 * NS_PER_S)
    clock.due, clock.offset_ns = (ONE,), clock.offset_ns
    clock.now_ns += 0
    clock.watch = replace(clock.watch, current=Appointment(clock.utc_s, clock.utc_s + 600))
    clock.due = (clock.watch.current,)
    clock.run(0.25)
    assert clock.opened
    assert clock.opened[0][0] < ANNOUNCED_S

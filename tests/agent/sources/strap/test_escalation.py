"""The recovery ladder: every way up it, that it is bounded, and that its drawing is the machine."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sources.strap.escalation import (
    DISCONNECT_S,
    LEAST_PAUSE_S,
    Act,
    Event,
    Facts,
    Ladder,
    Rung,
    climb,
    heard,
    pause_s,
    silent,
)
from agent.sources.strap.states import StrapState
from firmware_sim import profiles
from firmware_sim.profiles import STRAP_PROFILES
from tests.scenarios.strap_scenarios import SCENARIOS

HOUR_NS = 3600 * 10**9
FREE, BONDED, SHARED = Facts(may_cycle=True), Facts(bonded=True, may_cycle=True), Facts()


def acts(events, facts, now_ns=0, ladder=None):
    ladder, done = ladder or Ladder(), []
    for event in events:
        ladder, act = climb(ladder, event, now_ns, facts)
        done.append(act)
    return done


@pytest.mark.parametrize(
    ("event", "facts", "expected"),
    [
        (Event.UNREACHED, FREE, [Act.SEARCH, Act.SEARCH, Act.REMOVE, Act.SEARCH, Act.CYCLE, Act.REMOVE, Act.TELL, Act.TELL]),
        (Event.UNREACHED, SHARED, [Act.SEARCH, Act.SEARCH, Act.REMOVE, Act.SEARCH, Act.SEARCH, Act.REMOVE, Act.TELL]),
        (Event.UNREACHED, BONDED, [*[Act.SEARCH] * 4, Act.REMOVE, Act.CYCLE, Act.TELL, Act.TELL]),
        (Event.UNREADABLE, FREE, [Act.SEARCH, Act.SEARCH, Act.REMOVE, Act.SEARCH, Act.CYCLE, Act.REMOVE, Act.TELL]),
        (Event.UNREADABLE, BONDED, [*[Act.SEARCH] * 3, Act.REMOVE, Act.SEARCH, Act.CYCLE, Act.TELL]),
        (Event.SCAN_FAILED, BONDED, [*[Act.SEARCH] * 5, Act.CYCLE, Act.TELL, Act.TELL]),
        (Event.BUSY, FREE, [*[Act.SEARCH] * 5, Act.REMOVE, *[Act.SEARCH] * 5, Act.CYCLE, *[Act.SEARCH] * 20]),
        (Event.BUSY, BONDED, [*[Act.SEARCH] * 11, Act.CYCLE, *[Act.SEARCH] * 20]),
        (Event.DEAF, FREE, [Act.SEARCH, Act.SEARCH, Act.CYCLE, *[Act.SEARCH] * 50]),
        (Event.OTHERS, FREE, [Act.SEARCH] * 100),
        (Event.ABSENT, FREE, [Act.SEARCH] * 100),
        (Event.NO_BLUETOOTH, FREE, [Act.TELL] * 5),
        (Event.WRONG_DEVICE, FREE, [Act.TELL] * 5),
        (Event.LOST, FREE, [Act.SEARCH] * 50),
    ],
)  # fmt: skip
def test_the_way_up(event, facts, expected):
    assert acts([event] * len(expected), facts) == expected


def test_a_packet_ends_the_climb_and_an_adapter_is_cycled_once_an_hour_at_most():
    ladder = Ladder()
    for _ in range(5):
        ladder, act = climb(ladder, Event.UNREACHED, 0, FREE)
    assert act is Act.CYCLE
    ladder = heard(ladder)
    assert (ladder.rung, ladder.failures) == (Rung.HEARD, 0)
    assert Act.CYCLE not in acts([Event.UNREACHED] * 5, FREE, HOUR_NS - 1, ladder)
    assert Act.CYCLE in acts([Event.UNREACHED] * 5, FREE, HOUR_NS, ladder)


def test_a_phone_that_held_the_strap_leaves_the_ladder_to_what_comes_then():
    """It took the bond with it: eight tries were not answered, and the ones that follow connect and cannot be read."""
    found = acts([Event.BUSY] * 8 + [Event.UNREADABLE] * 7, BONDED)
    assert found[8:] == [Act.SEARCH, Act.SEARCH, Act.SEARCH, Act.REMOVE, Act.SEARCH, Act.CYCLE, Act.TELL]


def test_a_rung_that_was_not_allowed_is_taken_when_it_is():
    ladder = Ladder()
    for _ in range(9):
        ladder, act = climb(ladder, Event.UNREACHED, 0, SHARED)
    assert act is Act.TELL
    assert climb(ladder, Event.UNREACHED, 0, FREE)[1] is Act.CYCLE
    ladder = climb(ladder, Event.UNREACHED, 0, FREE)[0]
    assert climb(ladder, Event.UNREACHED, HOUR_NS - 1, FREE)[1] is Act.TELL
    assert climb(ladder, Event.UNREACHED, HOUR_NS, FREE)[1] is Act.CYCLE


def test_a_strap_that_was_away_for_long_begins_anew():
    assert acts([Event.UNREACHED] * 7 + [Event.ABSENT] * 200 + [Event.UNREACHED] * 3, FREE)[-3:] == [
        Act.SEARCH,
        Act.SEARCH,
        Act.REMOVE,
    ]


def test_an_absent_strap_undoes_nothing_that_a_refusing_one_did():
    assert acts([Event.UNREACHED, Event.ABSENT, Event.UNREACHED, Event.ABSENT, Event.UNREACHED], FREE)[-1] is Act.REMOVE


def test_silence_is_suspected_then_mended_on_the_link_then_the_link_is_closed():
    ladder, done = heard(Ladder()), []
    for silent_s in (4.9, 5.1, 9.9, 10.1, 14.9, 15.1):
        ladder, act = silent(ladder, silent_s)
        done.append((ladder.rung, act))
    assert done == [
        (Rung.HEARD, Act.NOTHING),
        (Rung.SUSPECT, Act.NOTHING),
        (Rung.SUSPECT, Act.NOTHING),
        (Rung.RECYCLED, Act.RESUBSCRIBE),
        (Rung.RECYCLED, Act.NOTHING),
        (Rung.SEARCHING, Act.DISCONNECT),
    ]


WALK = st.lists(
    st.one_of(
        st.sampled_from(list(Event)),
        st.just("packet"),
        st.floats(0, 2 * DISCONNECT_S),
    ),
    max_size=80,
)


@given(WALK, st.booleans(), st.booleans(), st.integers(0, 1000))
def test_whatever_happens_nothing_spins_and_the_adapter_rests(walk, bonded, may_cycle, seed):
    chance, ladder, now_ns, cycled = random.Random(seed), Ladder(), 0, []
    facts = Facts(bonded, may_cycle)
    for step in walk:
        if step == "packet":
            ladder = heard(ladder)
        elif isinstance(step, float):
            ladder, act = silent(ladder, step)
            assert act in (Act.NOTHING, Act.RESUBSCRIBE, Act.DISCONNECT)
        else:
            ladder, act = climb(ladder, step, now_ns, facts)
            wait_s = pause_s(ladder, step, chance.random())
            assert LEAST_PAUSE_S <= wait_s <= 30
            if step in (Event.LOST, Event.ABSENT, Event.OTHERS, Event.DEAF):
                assert wait_s <= 0.5, "a strap that comes back is found within seconds"
            now_ns += round(wait_s * 1e9)
            if act is Act.CYCLE:
                assert may_cycle
                assert not cycled or now_ns - cycled[-1] >= HOUR_NS
                cycled.append(now_ns)
            if act is Act.REMOVE and bonded:
                assert ladder.failures >= 4, "a bond is the last thing to go"


def test_the_drawing_in_the_docs_is_the_machine():
    """Every edge that can be walked stands in docs/straps.md, and no other."""
    edges, seen, todo = set(), set(), [Ladder()]
    while todo:
        ladder = todo.pop()
        key = (
            ladder.rung,
            min(ladder.failures, 13),
            min(ladder.deaf, 4),
            min(ladder.waits, 2),
            ladder.cycled_ns is None,
        )
        if key in seen:
            continue
        seen.add(key)
        steps = [heard(ladder)]
        if ladder.rung in (Rung.HEARD, Rung.SUSPECT, Rung.RECYCLED):
            steps += [silent(ladder, silent_s)[0] for silent_s in (6, 11, 16)]
        steps += [climb(ladder, event, 0, facts)[0] for event in Event for facts in (FREE, BONDED, SHARED)]
        for step in steps:
            if step.rung is not ladder.rung:
                edges.add((ladder.rung.value, step.rung.value))
            todo.append(step)
    drawn = re.findall(r"^\s+(\w+) --> (\w+)", (Path(__file__).parents[4] / "docs/straps.md").read_text(), re.MULTILINE)
    several = {
        "trying": (Rung.SEARCHING, Rung.REMOVED, Rung.CYCLED, Rung.TOLD),
        "linked": (Rung.HEARD, Rung.SUSPECT, Rung.RECYCLED),
    }

    def names(word):
        return [one.value for one in (several[word] if word in several else (Rung(word),))]

    assert {(a, b) for one, other in drawn for a in names(one) for b in names(other) if a != b} == edges


def test_the_docs_hold_every_state_every_scenario_and_every_strap_profile():
    docs = (Path(__file__).parents[4] / "docs/straps.md").read_text()
    for state in StrapState:
        assert f"| {state.words} | {state.remedy or '-'} |" in docs
    for one in SCENARIOS.values():
        assert f"| {one.name} | {' → '.join(name.lower().replace('_', ' ') for name in one.seen)} |" in docs
    for name in STRAP_PROFILES.keys() - {"plain"}:
        assert f"| {name} |" in docs
        assert f"| {name} |" in profiles.__doc__

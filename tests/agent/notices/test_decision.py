"""What is shown and withdrawn, as a pure function: once a cause, never while it is quiet, six a day at most."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent.notices.decision import Facts, Memory, after_show, decide
from agent.notices.rows import A_DAY_MOST, NOTICES

NOW = 1_796_000_000 // 86_400 * 86_400
EVERY = frozenset(NOTICES)


def facts(now=NOW, on=EVERY, quiet=False, **causes):
    named = {kind.replace("_", "-"): frozenset(words) for kind, words in causes.items()}
    return Facts(now, frozenset(on), quiet, {kind: named.get(kind, frozenset()) for kind in NOTICES})


def carried(memory, *looks):
    """Looks one after the other, each of them shown: what was shown and withdrawn at each."""
    made = []
    for look in looks:
        step = decide(look, memory)
        memory = step.memory
        for kind in step.show:
            memory = after_show(memory, look, kind)
        made.append((step.show, step.withdraw))
    return made, memory


def test_a_cause_is_shown_once_and_withdrawn_when_it_is_over():
    made, memory = carried(
        Memory(), facts(message=["1"]), facts(NOW + 60, message=["1"]), facts(NOW + 120), facts(NOW + 180)
    )
    assert made == [(("message",), ()), ((), ()), ((), ("message",)), ((), ())]
    assert memory.standing == frozenset()


def test_a_second_cause_of_a_kind_takes_the_place_of_the_first_and_comes_an_hour_later_at_the_earliest():
    made, memory = carried(
        Memory(),
        facts(message=["1"]),
        facts(NOW + 60, message=["1", "2"]),
        facts(NOW + 3600, message=["1", "2"]),
        facts(NOW + 3700, message=["2"]),
    )
    assert [show for show, _ in made] == [("message",), (), ("message",), ()]
    assert memory.standing == {"message"}


def test_quiet_withdraws_and_what_was_shown_before_it_is_not_shown_again():
    made, _ = carried(
        Memory(),
        facts(message=["1"]),
        facts(NOW + 60, quiet=True, message=["1"], consent=["7 14"]),
        facts(NOW + 120, message=["1"], consent=["7 14"]),
    )
    assert made == [(("message",), ()), ((), ("message",)), (("consent",), ())]


def test_off_shows_nothing_and_switching_off_withdraws():
    made, _ = carried(Memory(), facts(on=[], message=["1"]), facts(message=["1"]), facts(NOW + 9, on=[], message=["1"]))
    assert made == [((), ()), (("message",), ()), ((), ("message",))]


def test_what_cannot_be_known_now_stays_as_it_is():
    unknown = Facts(NOW + 60, EVERY, False, {"strap": frozenset()})
    made, _ = carried(Memory(), facts(message=["1"]), unknown, facts(NOW + 120, message=["1"]))
    assert made == [(("message",), ()), ((), ()), ((), ())]


def test_what_could_not_be_shown_is_tried_again():
    first = decide(facts(message=["1"]), Memory())
    assert first.show == ("message",)
    assert decide(facts(NOW + 60, message=["1"]), first.memory).show == ("message",)


def test_one_stands_no_longer_than_its_row_says():
    stands_s = NOTICES["message"].stands_s
    made, _ = carried(
        Memory(), facts(message=["1"]), facts(NOW + stands_s - 1, message=["1"]), facts(NOW + stands_s, message=["1"])
    )
    assert [withdraw for _, withdraw in made] == [(), (), ("message",)]


def test_a_clock_that_was_put_back_holds_nothing_up():
    _, memory = carried(Memory(), facts(NOW + 90 * 86_400, strap=["a"]))
    made, _ = carried(memory, facts(strap=["b"]))
    assert made == [(("strap",), ("strap",))]


_LOOKS = st.lists(
    st.builds(
        lambda step_s, on, quiet, causes: (step_s, on, quiet, causes),
        st.integers(1, 20_000),
        st.frozensets(st.sampled_from(sorted(NOTICES))),
        st.booleans(),
        st.fixed_dictionaries({kind: st.frozensets(st.sampled_from("abc")) for kind in NOTICES}),
    ),
    max_size=60,
)


def breaches(looks, memory=None):
    """Every rule that a course of looks breaks."""
    memory, now, found, days, known = memory or Memory(), NOW, [], {}, {}
    for step_s, on, quiet, causes in looks:
        now += step_s
        look = Facts(now, on, quiet, causes)
        step = decide(look, memory)
        known = {kind: (known.get(kind, set()) & causes[kind]) if kind in on else set() for kind in NOTICES}
        memory = step.memory
        for kind in step.show:
            if quiet or kind not in on or not causes[kind] - known[kind]:
                found.append(f"{kind} was shown")
            known[kind] = set(causes[kind])
            days[now // 86_400] = days.get(now // 86_400, 0) + 1
            memory = after_show(memory, look, kind)
        if any(quiet or kind not in on or not causes[kind] for kind in memory.standing):
            found.append("one stands without a cause")
    return found + [f"{count} on one day" for count in days.values() if count > A_DAY_MOST]


@given(_LOOKS)
def test_no_course_of_looks_breaks_a_rule(looks):
    assert breaches(looks) == []


def test_the_rules_find_a_course_that_breaks_one():
    standing = replace(Memory(), standing=frozenset({"strap"}), shown_utc_s={"strap": NOW})
    assert breaches([(60, EVERY, False, {kind: frozenset() for kind in NOTICES})], standing) == []
    kept = breaches([], standing)
    assert kept == []
    often = [(3600, EVERY, False, {kind: frozenset({str(n)}) for kind in NOTICES}) for n in range(20)]
    assert breaches(often) == []
    assert sum(len(decide(facts(NOW + n * 3600, strap=[str(n)]), Memory()).show) for n in range(20)) == 20  # no memory

"""Steps of one alert: whatever happens in whatever order, the person hears first and no state comes twice."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.alerts.facts import Fact
from hub.alerts.rules import HOUR_S, RULES, rule_named
from hub.alerts.states import CLOSED, HELD, WITH_PERSON, WITH_TEAM, Now, is_on, step

WEEKS = rule_named("index_low_above_50_weeks")
START = 1_796_000_000
MOMENTS = st.lists(
    st.tuples(
        st.integers(0, 40 * HOUR_S),
        st.one_of(st.none(), st.floats(-10, 40)),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=40,
)


def test_between_its_levels_a_fact_stays_as_it_was():
    for rule in RULES:
        between = (rule.on_level + rule.off_level) / 2
        assert is_on(rule, Fact(rule.on_level), was_on=False)
        assert is_on(rule, Fact(between), was_on=True)
        assert is_on(rule, Fact(between), was_on=False) == (rule.on_level == rule.off_level)
        assert not is_on(rule, Fact(rule.off_level - 0.01), was_on=True)
        assert is_on(rule, Fact(None), was_on=True)
        assert not is_on(rule, Fact(None), was_on=False)


@given(st.sampled_from(RULES), MOMENTS)
def test_whatever_happens_no_alert_breaks_its_word(rule, moments):
    known, utc_s, number, told_at = (), START, 1, {}
    for seconds, level, granted, handed, held, at_work in moments:
        utc_s += seconds
        open_numbers = frozenset(one.number for one in known if not one.closed_utc_s)
        now = Now(
            utc_s,
            Fact(level, utc_s // 86_400),
            int(granted),
            frozenset() if handed else open_numbers,
            open_numbers if held else frozenset(),
            utc_s + HOUR_S if at_work else utc_s,
        )
        before = {one.number: one for one in known}
        made = step(rule, known, now, number)
        changed = {one.number: one for one in made.changed}
        number += number in changed
        known = tuple(
            one
            for one in sorted({**before, **changed}.values(), key=lambda one: one.number)
            if one.number not in made.dropped
        )
        assert sum(not one.closed_utc_s for one in known) <= 1  # one open alert of a rule
        for after in changed.values():
            last = before.get(after.number)
            told_at.setdefault(after.number, utc_s)
            assert after.revision - (0 if last is None else last.revision) in (0, 1)
            if last is not None and last.said == after.said:
                assert after.revision == last.revision or after.more > last.more
            if last is None:
                assert not at_work or rule.in_shift
                assert granted
            if after.state == WITH_TEAM and (last is None or last.state != WITH_TEAM):
                assert rule.may_team
                assert granted
                is_early = utc_s < max(after.made_utc_s, told_at[after.number]) + round(rule.lead_h * HOUR_S)
                assert not is_early or after.more
            assert (after.state == CLOSED) == bool(after.closed_utc_s)
        assert rule.may_team or all(one.state in (WITH_PERSON, CLOSED) and not one.team_utc_s for one in known)
        assert rule.may_team or not (made.is_new_to_team or made.is_escalated)
        # what was done needs no second time: the same moment again changes nothing
        riding = now.riding | {one.number for one in made.changed if not one.handed_utc_s}
        again = step(rule, known, replace(now, riding=frozenset(riding)), number)
        assert again.changed == ()


def test_a_hold_that_comes_after_the_team_read_it_changes_nothing():
    (alert,) = step(WEEKS, (), Now(START, Fact(4.0, 1), 7, frozenset(), frozenset(), START), 9).changed
    handed = step(WEEKS, (alert,), Now(START + 60, Fact(4.0), 7, frozenset(), frozenset(), 0), 10)
    (alert,) = handed.changed
    assert handed.wake_utc_s == alert.team_utc_s == START + 60 + 12 * HOUR_S
    (alert,) = step(WEEKS, (alert,), Now(alert.team_utc_s, Fact(4.0), 7), 10).changed
    assert alert.state == WITH_TEAM
    held = Now(alert.team_utc_s + 5, Fact(4.0), 7, frozenset(), frozenset({9}))
    assert step(WEEKS, (alert,), held, 10).changed == ()


def test_a_hold_says_that_it_was_handed_over():
    (alert,) = step(WEEKS, (), Now(START, Fact(4.0, 1), 7), 9).changed
    held = Now(START + HOUR_S, Fact(4.0), 7, frozenset({9}), frozenset({9}))
    (alert,) = step(WEEKS, (alert,), held, 10).changed
    assert (alert.state, alert.team_utc_s) == (HELD, START + 25 * HOUR_S)


def test_an_alert_may_come_again_after_its_days():
    rule = replace(WEEKS, again_days=1)
    (alert,) = step(rule, (), Now(START, Fact(4.0, 1), 7), 9).changed
    (closed,) = step(rule, (alert,), Now(START + 5, Fact(0.0), 7), 10).changed
    (again,) = step(rule, (closed,), Now(START + 10, Fact(4.0), 7), 10).changed
    assert (again.number, again.more, again.revision) == (9, 1, 3)
    (later,) = step(rule, (closed,), Now(START + 86_400, Fact(4.0), 7), 10).changed
    assert (later.number, later.more, later.revision) == (10, 0, 1)

"""Values of days at the single exit: nothing without policy and consent, nothing of today, nothing that never leaves."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import CodedDay, DayValue
from agent.privacy import consent, gate
from agent.tables.days import DAYS
from agent.tables.profiles import PROFILES
from agent.wire.consent import ConsentRecord
from agent.wire.context import DAY_S
from agent.wire.message import Grant
from tests.support.world import OPERATOR

TODAY = 20_700
CARE = PROFILES["care"]
EVERY = frozenset(spec.feature_id for spec in DAYS.values())
SIGNALS = sorted({spec.signal for spec in DAYS.values()})
NIGHT = DayValue(TODAY - 1, "sleep_h", 6.44, 0.9)


def given_for(
    profile="care", purposes=("care",), signals=SIGNALS, ids=EVERY, from_day=TODAY - 40, until_day=TODAY + 40
):
    """A consent as a person could forge it: to whatever they write into the record."""
    grants = tuple(Grant(signal, purpose, OPERATOR) for purpose in purposes for signal in signals)
    within = tuple(sorted(grant for grant in grants if grant.purpose != "score"))
    record = ConsentRecord(1, "give", "d", profile, bytes(32), from_day * DAY_S, until_day * DAY_S, within)
    return consent.Consented(record, ids, frozenset(grant for grant in grants if grant.purpose == "score"))


def every_value(days=(TODAY - 1,)):
    return [DayValue(day, spec.name, spec.low, 1.0) for day in days for spec in DAYS.values()]


def said(values, profile=CARE, given=None, operator=OPERATOR):
    """(day, purpose, feature id) of everything that leaves."""
    released = gate.release_days(values, profile, given or given_for(), operator, TODAY)
    return {(one.day, one.purpose, value.feature_id) for one in released for value in one.values}


def test_what_policy_and_consent_allow_leaves_in_steps_of_the_wire():
    released = gate.release_days([NIGHT], CARE, given_for(purposes=("care", "score")), OPERATOR, TODAY)
    newest = [one for one in released if one.day == TODAY - 1]
    assert [one.purpose for one in newest] == ["care", "score"]
    assert {one.values for one in newest} == {(CodedDay(321, 65, 900),)}
    assert all(one.values == () for one in released if one.day != TODAY - 1)


def test_of_every_row_leaves_what_may_leave():
    found = {number for _, _, number in said(every_value())}
    assert found == {spec.feature_id for spec in DAYS.values() if spec.release == "whole"}
    assert len(found) < len(DAYS), "some rows never leave"


@pytest.mark.parametrize(
    "denied",
    [
        {"given": given_for(profile="research")},  # consent was given under another profile
        {"operator": "Somebody else"},
        {"given": given_for(signals=["heart", "context"])},
        {"given": given_for(ids=frozenset({1, 2}))},  # the statement does not name them
        {"given": given_for(purposes=("group",))},
        {"given": given_for(from_day=TODAY)},
        {"given": given_for(from_day=TODAY - 1)},  # in some zone that day began before
        {"given": given_for(until_day=TODAY)},
        {"profile": dataclasses.replace(CARE, releases=frozenset({("heart", "recovery")}))},
        {"profile": CARE.without(["schedule", "sleep", "activity", "recovery", "text"])},
    ],
)
def test_everything_else_does_not(denied):
    assert said(every_value(), **denied) == set()
    assert said(every_value()), "the same look finds what leaves"


def test_nothing_leaves_without_a_consent():
    assert gate.release_days(every_value(), CARE, None, OPERATOR, TODAY) == ()


def test_a_day_leaves_when_it_is_over_and_for_thirty_days():
    days = range(TODAY - 60, TODAY + 60)
    found = {day for day, _, _ in said(every_value(days), given=given_for(from_day=TODAY - 90, until_day=TODAY + 90))}
    assert found == set(range(TODAY - 30, TODAY))


@given(st.integers(-40, 40), st.integers(1, 80))
def test_a_day_leaves_only_within_the_consent_in_every_time_zone(begins, lasts):
    consented = given_for(from_day=TODAY + begins, until_day=TODAY + begins + lasts)
    days = range(TODAY - 30, TODAY)
    for day, _, _ in said(every_value(days), given=consented):
        starts_utc_s, ends_utc_s = day * DAY_S - 14 * 3600, (day + 1) * DAY_S + 12 * 3600
        assert consented.record.from_utc_s <= starts_utc_s
        assert ends_utc_s <= consented.record.until_utc_s


@pytest.mark.parametrize("name", ["eu-workplace", "personal"])
def test_under_a_workplace_and_alone_nothing_of_a_day_leaves_even_with_a_forged_consent(name):
    profile = PROFILES[name]
    forged = given_for(profile=name, purposes=("care", "research", "workplace", "score"))
    assert said(every_value(), profile, forged) == set()
    assert gate.release_days(every_value(), profile, forged, OPERATOR, TODAY) == ()
    planted = dataclasses.replace(profile, releases=CARE.releases, purposes=("workplace",))
    assert said(every_value(), planted, forged), "the same look finds a planted breach"


def test_a_value_beyond_its_range_stays_here():
    wrong = dataclasses.replace(NIGHT, value=24.2)
    assert said([wrong]) == set()
    assert said([NIGHT])

"""Whom the team sees: the signed consent in force decides at each request, whatever is kept."""

import pytest
from sqlalchemy import update

from agent.wire.context import DAY_S
from hub.care import reading
from hub.store.tables import CONSENT
from tests.support.care_page import opened
from tests.support.cared import ALL, NOW_UTC_S, alert


def put_in(hub, **how):
    """Somebody of whom a picture is kept."""
    person = hub.person().consents(**how)
    person.wears(dict.fromkeys((20785, 20786), 4))
    person.answers((NOW_UTC_S - DAY_S, "cbi work", 40.0))
    person.scored(weeks=6)
    person.heard()
    hub.project_all()
    return person


def seen(hub, now_utc_s=NOW_UTC_S):
    return {one.kid for one in reading.people(opened(hub, now_utc_s=now_utc_s))}


def sees(hub, person, now_utc_s=NOW_UTC_S):
    """Whether list and page agree that somebody is there."""
    in_list = person.kid in seen(hub, now_utc_s)
    assert in_list == (reading.person(opened(hub, now_utc_s=now_utc_s), person.name) is not None)
    return in_list


def forged(hub, person):
    with hub.writing() as db:
        db.execute(update(CONSENT).where(CONSENT.c.device == person.kid).values(signature=bytes(64)))


ENDS = {
    "withdrawn": lambda hub, person: person.withdraws(),
    "erased": lambda hub, person: hub.keys.devices.erase(person.kid, person.serial),
    "revoked": lambda hub, person: hub.keys.devices.revoke(person.kid),
    "another recipient": lambda hub, person: person.consents(recipient="Another service", from_utc_s=NOW_UTC_S - 5),
    "no grant for care": lambda hub, person: person.consents((), from_utc_s=NOW_UTC_S - 5),
    "a signature that does not hold": forged,
}


@pytest.mark.parametrize("end", ENDS)
def test_who_is_kept_and_consents_no_more_is_not_there(hub, end):
    other, person = put_in(hub), put_in(hub)
    alert(person, 1, "silent_days")
    alert(other, 2, "silent_days")
    assert sees(hub, person)
    assert {one.person.kid for one in reading.alerts(opened(hub))} == {person.kid, other.kid}
    ENDS[end](hub, person)
    assert not sees(hub, person)
    assert seen(hub) == {other.kid}
    assert {one.person.kid for one in reading.alerts(opened(hub))} == {other.kid}


def test_a_consent_ends_by_the_clock_of_the_request(hub):
    person = put_in(hub, until_utc_s=NOW_UTC_S + 60)
    assert sees(hub, person, NOW_UTC_S + 59)
    assert not sees(hub, person, NOW_UTC_S + 60)


@pytest.mark.parametrize("left", [("heart",), ("context",), ("index",), ("heart", "context")])
def test_a_narrower_consent_takes_its_parts_away_at_once(hub, left):
    person = put_in(hub)
    before = reading.person(opened(hub), person.name).picture
    assert (before.worn_h, before.weeks, before.lines, before.check_ins) != ((), (), (), ())
    person.consents(left, from_utc_s=NOW_UTC_S - 5)  # SHOWN still holds the whole picture
    after = reading.person(opened(hub), person.name).picture
    assert after.granted == tuple(sorted(left))
    assert bool(after.worn_h) == ("heart" in left)
    assert bool(after.weeks) == bool(after.lines) == ("index" in left)
    assert bool(after.check_ins) == ("context" in left)


def test_a_wider_consent_shows_only_what_was_made_under_its_grants(hub):
    person = put_in(hub, care=("heart",))
    person.consents(ALL, from_utc_s=NOW_UTC_S - 5)
    after = reading.person(opened(hub), person.name).picture
    assert (after.weeks, after.lines, after.check_ins, after.state) == ((), (), (), "no_index")


def test_a_kept_picture_that_does_not_decode_shows_nobody(hub, monkeypatch):
    person = put_in(hub)
    monkeypatch.setattr("hub.care.picture._VERSION", 2)
    assert not sees(hub, person)


def test_what_the_person_holds_back_or_was_closed_before_is_not_with_the_team(hub):
    person = put_in(hub)
    alert(person, 1, "silent_days", "with_person")
    alert(person, 2, "silent_days", "held")
    alert(person, 3, "change_alarm")
    alert(person, 4, "silent_days", "closed", closed_utc_s=1)
    assert reading.alerts(opened(hub)) == []
    alert(person, 5, "silent_days")
    alert(person, 6, "silent_days", "closed", closed_utc_s=NOW_UTC_S)
    assert [one.kept.number for one in reading.alerts(opened(hub))] == [6, 5]


def test_the_bounds_shown_are_those_of_the_consent_in_force(hub):
    person = put_in(hub)
    person.consents(from_utc_s=NOW_UTC_S - 5, until_utc_s=NOW_UTC_S + 500)
    assert reading.person(opened(hub), person.name).picture.until_utc_s == NOW_UTC_S + 500

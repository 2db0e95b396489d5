"""What the team may see of a person: each part under its grant alone, and nothing without a consent in force."""

import itertools
from dataclasses import fields, replace

import pytest

from agent.wire.context import DAY_S
from agent.wire.message import Grant
from hub.care import picture as pictures
from hub.care.picture import Picture, WeekShown
from hub.care.projecting import project, state_of
from hub.store import retained
from hub.store.care_rows import CareReads
from hub.store.shown import KeptPicture, Shown
from hub.store.tables import CHANGED, ROW, SHOWN
from tests.support.cared import ALL, NOW_UTC_S, OPERATOR, TODAY, YEAR_S

NEEDS = {"worn_h": "heart", "gaps": "heart", "weeks": "index", "lines": "index", "check_ins": "context"}
"""Fields that hold values, and the grant that each needs."""
FREE = {
    "device",
    "serial",
    "granted",
    "from_utc_s",
    "until_utc_s",
    "made_utc_s",
    "next_utc_s",
    "contact_day",
    "last_day",
}
FREE |= {"asked_utc_s", "asked_words"}  # what the person says to the team
FREE |= {"arrivals", "state"}  # a place in the order of rows; and checked below


@pytest.fixture
def person(hub):
    """Somebody of whom the hub holds everything."""
    return hub.person("P01")


def filled(person):
    person.wears({TODAY - ago: 6 for ago in range(1, 12) if ago != 4})
    person.asks("Please look at my weeks.")
    person.answers((NOW_UTC_S - 3 * DAY_S, "cbi work", 55.0), (NOW_UTC_S - 9 * DAY_S, "single level", 4))
    person.scored(drift=3.0)
    person.heard()
    return person


def made(person, now_utc_s=NOW_UTC_S):
    with person.hub.store.connected() as db:
        return project(CareReads(db, person.hub.keys), person.device, now_utc_s)


def beyond(picture):
    """Fields of a picture that hold what the person did not grant."""
    found = {name for name, grant in NEEDS.items() if getattr(picture, name) and grant not in picture.granted}
    if picture.state != "no_index" and "index" not in picture.granted:
        found.add("state")
    return found


def test_every_field_is_free_or_has_its_grant():
    assert {field.name for field in fields(Picture)} == FREE | set(NEEDS)


@pytest.mark.parametrize("granted", [list(some) for n in range(1, 4) for some in itertools.combinations(ALL, n)])
def test_each_grant_alone_shows_its_part_and_no_other(person, granted):
    filled(person.consents(granted))
    picture = made(person)
    assert picture.granted == tuple(granted)
    assert beyond(picture) == set()
    assert {name for name, grant in NEEDS.items() if grant in granted} == {
        name for name in NEEDS if getattr(picture, name)
    }
    # the same detector on a picture that shows everything
    whole = made(filled(person.hub.person().consents(ALL)))
    if set(granted) != set(ALL):
        assert beyond(replace(whole, granted=tuple(granted))) >= {
            name for name, grant in NEEDS.items() if grant not in granted
        }


def test_without_a_consent_in_force_there_is_no_picture(hub):
    never = hub.person()
    filled(withdrawn := hub.person().consents())
    withdrawn.withdraws()
    filled(erased := hub.person().consents())
    hub.keys.devices.erase(erased.kid, erased.serial)
    filled(ended := hub.person().consents(until_utc_s=NOW_UTC_S - 1))
    later = hub.person().consents(from_utc_s=NOW_UTC_S + 60)
    elsewhere = hub.person().consents(recipient="Another service")
    filled(forscore := hub.person().consents(()))
    filled(
        research := hub.person().consents(
            (), more=[Grant("heart", "research", OPERATOR), Grant("index", "research", OPERATOR)]
        )
    )
    filled(revoked := hub.person().consents())
    hub.keys.devices.revoke(revoked.kid)
    for one in (never, withdrawn, erased, ended, later, elsewhere, forscore, research, revoked):
        assert made(one) is None
    assert made(filled(hub.person().consents())) is not None


def test_the_index_needs_the_purpose_score_too(person):
    filled(person.consents(score=False))
    picture = made(person)
    assert (picture.weeks, picture.lines, picture.state) == ((), (), "no_index")
    assert picture.check_ins


def test_rows_of_another_purpose_count_for_nothing(person):
    person.consents()
    person.wears({TODAY - 1: 3}, purpose="score")
    person.answers((NOW_UTC_S - DAY_S, "cbi work", 80.0), purpose="score")
    picture = made(person)
    assert set(picture.worn_h) == {0.0}
    assert picture.check_ins == ()


def test_what_was_withdrawn_is_not_counted_under_the_next_consent(person):
    filled(person.consents())
    person.withdraws()
    person.consents(from_utc_s=NOW_UTC_S - DAY_S)
    picture = made(person)
    assert (picture.asked_utc_s, picture.check_ins, picture.weeks, picture.lines) == (0, (), (), ())
    assert set(picture.worn_h) == {0.0}


def test_worn_hours_are_counted_on_from_the_picture_before(hub, person):
    filled(person.consents())
    hub.project_all()
    with hub.writing() as db:
        kept = pictures.decode(Shown(db, hub.keys).of([person.kid])[person.kid].words)
        db.execute(ROW.delete().where(ROW.c.kind == "summary"))  # if it read them again, it would find none
    assert made(person) == kept
    person.wears({TODAY: 2, TODAY - 4: 1})
    later = made(person, NOW_UTC_S + DAY_S)
    assert later.worn_h[:-2] == (*kept.worn_h[1:-5], 1.0, *kept.worn_h[-4:-1])
    assert later.worn_h[-2:] == (2.0, 0.0)


def test_hours_are_not_kept_longer_than_their_rows(hub, person):
    person.consents()
    person.wears({TODAY - 9: 2, TODAY - 1: 3})
    hub.project_all()
    with hub.writing() as db:
        retained.delete_arrived(db, 24, 0, scored_again=True)  # the rows of the first day
        assert Shown(db, hub.keys).of([person.kid]) == {}
        assert db.execute(CHANGED.select()).one().device == person.kid
    assert sum(made(person).worn_h) == 3.0


def test_a_picture_that_does_not_decode_is_counted_again(hub, person):
    filled(person.consents())
    first = made(person)
    with hub.writing() as db:
        Shown(db, hub.keys).put(person.kid, KeptPicture(1, 1, b"of another version"))
    assert made(person) == first


def test_gaps_say_why(hub, person):
    person.consents(from_utc_s=(TODAY - 20) * DAY_S)
    person.wears({TODAY - 10: 5, TODAY - 9: 5})
    person.heard(TODAY - 5)
    assert made(person).gaps == (
        (TODAY - 27, TODAY - 21, "no_consent"),
        (TODAY - 20, TODAY - 11, "not_worn"),
        (TODAY - 8, TODAY - 5, "not_worn"),
        (TODAY - 4, TODAY - 1, "silent"),
    )


def test_the_newest_ask_stands_and_may_be_taken_back(person):
    person.consents()
    person.asks("first", at_utc_s=NOW_UTC_S - 900)
    person.asks("second", at_utc_s=NOW_UTC_S - 800)
    assert (made(person).asked_utc_s, made(person).asked_words) == (NOW_UTC_S - 800, "second")
    person.asks(what="take_back")
    assert (made(person).asked_utc_s, made(person).asked_words) == (0, "")


def test_the_state_is_that_of_the_newest_week():
    def state(low, high, *, reason="", last_day=TODAY):
        return state_of([WeekShown(last_day, low, low, high, reason)], TODAY)

    assert state_of([], TODAY) == "learning"
    assert state(40.0, 60.0) == "usual"
    assert (state(51.0, 60.0), state(30.0, 49.0)) == ("apart", "apart")
    assert state(None, None, reason="learning") == "learning"
    assert state(None, None, reason="nothing") == "thin"
    assert state(51.0, 60.0, last_day=TODAY - 15) == "thin"


def test_the_lines_are_those_of_the_digest_with_the_range_of_the_days_before(person):
    filled(person.consents())
    rmssd, rate = made(person).lines
    assert (rmssd.channel, rate.channel) == ("ln_rmssd", "hr_bpm")
    assert rmssd.first_day + 59 == (NOW_UTC_S - 3600) // DAY_S  # the day of the newest window
    assert len(rmssd.value) == 60
    known = [(low, high) for low, high in zip(rmssd.low, rmssd.high, strict=True) if low is not None]
    assert known
    assert all(low < high for low, high in known)
    without = [place for place, value in enumerate(rmssd.value) if value is None]
    assert without
    assert made(person).until_utc_s == NOW_UTC_S + YEAR_S // 2


def test_kept_words_are_bound_to_their_place(hub, person):
    filled(person.consents())
    other = hub.person().consents()
    hub.project_all()
    with hub.writing() as db:
        shown = Shown(db, hub.keys)
        assert set(shown.every()) == {person.kid, other.kid}
        row = db.execute(pictures_of(person)).one()
        db.execute(SHOWN.update().where(SHOWN.c.device == other.kid).values(data_key=row.data_key, words=row.words))
        assert set(shown.every()) == {person.kid}


def pictures_of(person):
    return SHOWN.select().where(SHOWN.c.device == person.kid)

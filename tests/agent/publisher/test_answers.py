"""Looks and alerts from the envelope to the person: kept where they fit; else on the board, in the log and counted."""

import dataclasses
import logging
import random

import pytest

from agent.outbox import alerts, consents, looks
from agent.outbox.looks import ON_ITS_WAY_S
from agent.publisher.answers import HubAnswers
from agent.publisher.schedule import Scheduler
from agent.system.events import Events
from agent.system.status import Level, StatusBoard
from agent.wire import codec
from agent.wire.receipt import AlertMessage, LooksMessage
from tests.support import team_answers
from tests.support.team_answers import TeamAnswers
from tests.support.world import START_UTC_S


class Person:
    """A device that hears the hub's answers."""

    def __init__(self, world, outbox):
        self.outbox, self.now_utc_s = outbox, START_UTC_S + 60
        self.hub = TeamAnswers(world, world.receiver().keys)
        self.board = StatusBoard(Events(lambda: 0.0).note)
        schedule = Scheduler(outbox, 60.0, random.Random(1))
        parts = world.settings.state_dir, world.vault, world.identity, outbox, schedule, self.board
        self.answers = HubAnswers(*parts, utc_s=lambda: self.now_utc_s)
        self.serial = consents.in_force(outbox).serial

    def hear(self, *answers):
        self.answers.take(self.hub.payload(*answers))

    def state(self, part):
        return next((one for one in self.board.states() if one.part == part), None)


@pytest.fixture
def person(world, caplog):
    caplog.set_level(logging.INFO)
    with world.outbox() as outbox:
        yield Person(world, outbox)


def test_an_alert_is_kept_and_the_person_is_told_once_a_day(person):
    for number in (1, 2):
        person.hear(person.hub.alert(person.serial, person.now_utc_s, number))
    assert [heard.alert.number for heard in alerts.kept(person.outbox)] == [1, 2]
    assert [words for _, words in person.outbox.notices()] == [alerts.NEWS]
    assert person.state("alerts") is None


def test_looks_are_kept_and_their_chain_goes_on_in_the_next_envelope(person):
    first = team_answers.looks(START_UTC_S, "Ada", "Ben")
    person.hear(first)
    person.hear(team_answers.looks(START_UTC_S + 9, "Ada", first=3, before=team_answers.last_link(first)))
    assert [one.look.who for one in looks.state(person.outbox, START_UTC_S).listed] == ["Ada", "Ben", "Ada"]
    assert person.state("looks").level is Level.OK


def test_a_look_that_does_not_fit_is_an_event_that_names_nothing_of_the_person(person, caplog):
    first = team_answers.looks(START_UTC_S, "Ada", "Ben")
    person.hear(first)
    person.hear(team_answers.looks(START_UTC_S, "Eve Forger"))
    assert person.state("looks").level is Level.TROUBLE
    events = [record.getMessage() for record in caplog.records if hasattr(record, "event")]
    assert [one.split(":")[0] for one in events] == ["WB251 looks"]
    assert "Eve" not in caplog.text
    person.hear(team_answers.looks(START_UTC_S + 9, "Ada", first=3, before=team_answers.last_link(first)))
    assert person.state("looks").level is Level.TROUBLE, "it is not over because an honest one came"


def test_a_look_left_out_is_an_event_after_three_days_and_over_when_it_comes(person, caplog):
    rows = team_answers.looks(START_UTC_S, "Ada", "Ben", "Cyd")
    middle = dataclasses.replace(rows, looks=rows.looks[:1]), dataclasses.replace(rows, looks=rows.looks[:2])
    person.hear(middle[0])
    person.hear(LooksMessage(team_answers.last_link(middle[1]), rows.looks[2:]))
    assert person.state("looks").level is Level.OK, "a number may be on its way"
    person.now_utc_s += ON_ITS_WAY_S + 1
    person.hear()
    assert person.state("looks").level is Level.TROUBLE
    person.hear(rows)
    assert person.state("looks").level is Level.OK
    assert [record.event.name for record in caplog.records if hasattr(record, "event")] == ["WB251", "WB250"]


def test_what_is_refused_or_of_a_newer_hub_is_counted_and_changes_nothing(person, caplog):
    good = person.hub.alert(person.serial, person.now_utc_s)
    person.hear(
        AlertMessage(good.body, bytes(64)),
        person.hub.alert(person.serial, person.now_utc_s, device="another"),
        person.hub.alert(person.serial - 99, person.now_utc_s),
        LooksMessage(bytes(32), (codec.encode([1, START_UTC_S, "Ada", 99, 2]),)),
    )
    counted = person.answers.counters
    assert {name: counted[name] for name in ("alert_signature", "alert_other_device", "alert_no_consent")} == {
        "alert_signature": 1,
        "alert_other_device": 1,
        "alert_no_consent": 1,
    }
    assert counted["answer_too_new"] == 1
    assert alerts.kept(person.outbox) == []
    assert looks.state(person.outbox, START_UTC_S).listed == ()
    assert person.outbox.notices() == []
    assert person.state("alerts").level is Level.TROUBLE
    assert "WB" not in caplog.text, "alerts are nobody's business but the person's"

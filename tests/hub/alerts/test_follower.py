"""`hub alerts`: each fact raises one alert, the person hears first, and the team reads it when its rule says so."""

import contextlib
import logging
import threading
import time

import pytest
from sqlalchemy import delete, update

from agent.errors import AlreadyRunning, ConfigInvalid
from hub.alerts import person as person_module
from hub.alerts.follower import Follower
from hub.care.alert_words import decode
from hub.database import lock_file, unlock_file
from hub.scoring.digest import Digest
from hub.store.followed import forget_followed, note_changed
from hub.store.rides import waiting_rides
from hub.store.tables import CHANGED, SHOWN
from hub.store.team_alerts import TeamAlerts
from tests.support.alerted import CHANNELS, DAY_S, HOUR_S, alerted_hub, holds, works
from tests.support.cared import NOW_UTC_S, TODAY
from tests.support.world import deliver, make_world

SINGLE = "single level"


@pytest.fixture
def alerted(tmp_path):
    with alerted_hub(tmp_path) as made:
        yield made


def burnt_out(alerted, **consent):
    """Somebody whose newest check-in lies over the cut."""
    person = alerted.hub.person().consents(**consent)
    person.heard()
    person.answers((NOW_UTC_S - 2 * DAY_S, SINGLE, 4.0))
    return person


def test_the_person_hears_first_and_the_team_after_the_lead(alerted):
    person = burnt_out(alerted)
    alerted.changed(person)
    (alert,) = alerted.riding(person)
    assert (alert.rule, alert.state, alert.revision) == ("check_in_burnout", "with_person", 1)
    assert alerted.notes() == 0
    assert alerted.posts() == []

    alerted.hand_over(person)
    assert alerted.states(person) == {"check_in_burnout": "with_person"}
    alerted.later(4 * HOUR_S - 60)
    assert alerted.states(person) == {"check_in_burnout": "with_person"}
    assert alerted.posts() == []
    alerted.later(60)
    assert alerted.states(person) == {"check_in_burnout": "with_team"}
    assert [(post.channel, post.count) for post in alerted.posts()] == [("ward", 1)]
    (again,) = alerted.riding(person)
    assert (again.number, again.state, again.team_utc_s) == (alert.number, "with_team", alerted.now_utc_s)


def test_an_alert_that_the_person_holds_goes_to_the_team_a_day_after_the_hand_over(alerted):
    person = burnt_out(alerted)
    alerted.changed(person)
    (alert,) = alerted.hand_over(person)
    handed_utc_s = alerted.now_utc_s
    alerted.now_utc_s += HOUR_S
    holds(person, alert.number, alerted.now_utc_s)
    alerted.changed(person)
    assert alerted.states(person) == {"check_in_burnout": "held"}
    (held,) = alerted.hand_over(person)
    assert held.team_utc_s == handed_utc_s + DAY_S
    alerted.later(22 * HOUR_S)
    assert alerted.states(person) == {"check_in_burnout": "held"}
    assert alerted.posts() == []
    alerted.later(HOUR_S)
    assert alerted.states(person) == {"check_in_burnout": "with_team"}
    assert len(alerted.posts()) == 1


def test_a_hold_of_somebody_else_holds_nothing(alerted):
    person, other = burnt_out(alerted), alerted.hub.person().consents()
    other.heard()
    alerted.changed(person, other)
    (alert,) = alerted.hand_over(person)
    holds(other, alert.number, alerted.now_utc_s)
    alerted.changed(person, other)
    assert alerted.states(person) == {"check_in_burnout": "with_person"}


def test_who_asks_for_help_is_with_the_team_at_once_and_may_take_it_back(alerted):
    person = alerted.hub.person().consents()
    person.heard()
    works(person, NOW_UTC_S - HOUR_S, NOW_UTC_S + 7 * HOUR_S)
    person.asks("please")
    alerted.changed(person)
    assert [(one.rule, one.state) for one in alerted.riding(person)] == [("asked_for_help", "with_team")]
    assert len(alerted.posts()) == 1
    person.asks(what="take_back")
    alerted.changed(person)
    assert alerted.states(person) == {"asked_for_help": "closed"}
    assert [one.state for one in alerted.riding(person)] == ["closed"]

    person.asks("again")
    alerted.changed(person)
    ((row, words),) = alerted.kept(person)
    assert (row.state, row.revision, words.more) == ("with_team", 3, 1)
    assert len(alerted.posts()) == 1  # once a day and person; the alert is open again and says one more


def test_somebody_at_work_gets_an_alert_when_the_shift_ends(alerted):
    person = burnt_out(alerted)
    works(person, NOW_UTC_S - HOUR_S, NOW_UTC_S + 5 * HOUR_S)
    alerted.changed(person)
    assert alerted.riding(person) == []
    assert alerted.kept(person) == []
    alerted.later(5 * HOUR_S - 1)
    assert alerted.riding(person) == []
    alerted.later(1)
    assert [one.rule for one in alerted.riding(person)] == ["check_in_burnout"]


def test_a_silent_machine_does_not_hold_the_team_off_longer_than_its_rule_says(alerted):
    person = alerted.hub.person().consents()
    person.heard(TODAY - 7)
    alerted.changed(person)
    assert alerted.states(person) == {"silent_days": "with_person"}
    alerted.later(26 * HOUR_S - 1)
    assert alerted.states(person) == {"silent_days": "with_person"}
    alerted.later(1)
    assert alerted.states(person) == {"silent_days": "with_team"}
    person.heard(TODAY + 1)
    alerted.changed(person)
    assert alerted.states(person) == {"silent_days": "closed"}


def test_weeks_above_fifty_raise_an_alert_that_one_ordinary_week_ends(alerted):
    person = alerted.hub.person().consents()
    person.heard()
    person.scored(12, drift=8.0)
    alerted.changed(person)
    assert alerted.states(person)["index_low_above_50_weeks"] == "with_person"


def test_an_answer_between_the_levels_raises_nothing_and_closes_nothing(alerted):
    person, other = alerted.hub.person().consents(), alerted.hub.person().consents()
    for one, before in ((person, 55.0), (other, 40.0)):
        one.heard()
        one.answers((NOW_UTC_S - 2 * HOUR_S, "cbi work", before))
    alerted.changed(person, other)
    assert (len(alerted.kept(person)), len(alerted.kept(other))) == (1, 0)
    for one in (person, other):
        one.answers((NOW_UTC_S + 2 * DAY_S, "cbi work", 47.0))
    alerted.now_utc_s += 3 * DAY_S
    for one in (person, other):
        one.heard(alerted.now_utc_s // DAY_S)
    alerted.changed(person, other)
    assert alerted.states(person) == {"check_in_burnout": "with_team"}
    assert alerted.kept(other) == []


@pytest.mark.parametrize(
    ("care", "words"),
    [(("heart",), "no context"), (("heart", "index"), "no context")],
)
def test_without_the_grant_that_a_rule_needs_there_is_no_alert(alerted, care, words):
    person = burnt_out(alerted, care=care)
    alerted.changed(person)
    assert alerted.kept(person) == []
    assert alerted.riding(person) == []
    granted = burnt_out(alerted)  # the same detector sees one that is granted
    alerted.changed(granted)
    assert len(alerted.kept(granted)) == 1


def test_a_grant_to_another_recipient_shows_and_raises_nothing(alerted):
    person = burnt_out(alerted, recipient="somebody else")
    person.asks("please")
    alerted.changed(person)
    assert alerted.kept(person) == []
    with alerted.hub.store.connected() as db:
        assert db.execute(SHOWN.select()).all() == []


def test_the_team_acknowledges_and_the_person_hears_of_it(alerted):
    person = alerted.hub.person().consents()
    person.heard()
    person.asks()
    alerted.changed(person)
    (alert,) = alerted.hand_over(person)
    alerted.acknowledge(alert.number)
    (said,) = alerted.hand_over(person)
    assert (said.state, said.revision) == ("acknowledged", 2)
    alerted.later(30 * HOUR_S)
    assert [post.channel for post in alerted.posts()] == ["ward"]  # the lead is not written to
    assert alerted.states(person) == {"asked_for_help": "acknowledged"}


def test_what_nobody_acknowledges_goes_to_the_lead_once(alerted):
    person = alerted.hub.person().consents()
    person.heard()
    person.asks()
    alerted.changed(person)
    alerted.later(24 * HOUR_S - 1)
    assert [post.channel for post in alerted.posts()] == ["ward"]
    for seconds in (1, HOUR_S, DAY_S):
        alerted.later(seconds)
    assert [post.channel for post in alerted.posts()] == ["ward", "boss"]


def test_messages_over_the_budget_of_a_day_join_the_first_one_of_the_next(alerted):
    people = [alerted.hub.person().consents() for _ in range(5)]
    for person in people:
        person.heard()
        person.asks()
        alerted.changed(person)
    posts = alerted.posts()
    day = NOW_UTC_S // DAY_S
    assert [(post.count, post.due_utc_s) for post in posts] == [
        (1, NOW_UTC_S),
        (1, NOW_UTC_S),
        (3, (day + 1) * DAY_S),
    ]
    assert sum(post.count for post in posts) == 5


def test_a_consent_that_ends_closes_its_alerts_at_that_moment(alerted):
    person = burnt_out(alerted, until_utc_s=NOW_UTC_S + 600)
    alerted.changed(person)
    alerted.later(599)
    assert alerted.states(person) == {"check_in_burnout": "with_person"}
    alerted.later(1)
    assert alerted.states(person) == {"check_in_burnout": "closed"}
    with alerted.hub.store.connected() as db:
        assert db.execute(SHOWN.select()).all() == []


def test_a_withdrawal_leaves_no_alert_and_no_ride(alerted):
    person = burnt_out(alerted)
    alerted.changed(person)
    person.withdraws()
    with alerted.hub.writing() as db:
        forget_followed(db, person.kid)
    alerted.work()
    alerted.later(2 * DAY_S)
    assert alerted.kept(person) == []
    assert alerted.riding(person) == []
    assert alerted.posts() == []


def test_everybody_is_looked_at_again_once_an_hour(alerted):
    person = burnt_out(alerted)
    alerted.later(0)  # the first round
    alerted.hand_over(person)
    other = burnt_out(alerted)
    alerted.later(3599)
    assert alerted.kept(other) == []
    alerted.later(1)
    assert len(alerted.kept(other)) == 1


def test_a_note_that_came_meanwhile_is_followed_too(alerted, monkeypatch):
    person = burnt_out(alerted)
    real = person_module.project

    def again(*arguments):
        with alerted.hub.store._reads.connect():
            monkeypatch.setattr(person_module, "project", real)
        return real(*arguments)

    monkeypatch.setattr(person_module, "project", again)
    with alerted.hub.writing() as db:
        note_changed(db, [person.kid])
        db.execute(update(CHANGED).values(taken_ms=5))
    alerted.work()
    assert alerted.notes() == 0
    assert len(alerted.kept(person)) == 1


def test_one_person_s_error_is_counted_and_stops_nobody(alerted, monkeypatch, caplog):
    people = [burnt_out(alerted) for _ in range(4)]
    real = person_module.project
    bad = people[1].name

    def broken(reads, device, now_utc_s):
        if device.device == bad:
            raise RuntimeError("planted")
        return real(reads, device, now_utc_s)

    monkeypatch.setattr(person_module, "project", broken)
    with caplog.at_level(logging.ERROR):
        alerted.changed(*people)
    assert [len(alerted.kept(one)) for one in people] == [1, 0, 1, 1]
    assert alerted.notes() == 0
    assert alerted.hub.store.counters()["alerts_failed"] >= 1
    assert bad not in caplog.text
    assert "RuntimeError" in caplog.text
    monkeypatch.setattr(person_module, "project", real)
    alerted.later(HOUR_S)
    assert len(alerted.kept(people[1])) == 1


def test_days_of_one_person_that_cannot_be_watched_stop_nobody(alerted, monkeypatch):
    people = [burnt_out(alerted) for _ in range(3)]
    for person in people:
        person.scored(12)
    real, bad = alerted.follower._alarms.of, people[1].serial

    def broken(digests, now_utc_s):
        if any(digest.last_utc_s == 7 for digest in digests):
            raise ValueError("planted")
        return real(digests, now_utc_s)

    with alerted.hub.store.deriving() as write:
        write.put_digest(people[1].kid, Digest({}, {}, 1, bad, 7).encode(), {}, 0)
    monkeypatch.setattr(alerted.follower._alarms, "of", broken)
    alerted.changed(*people)
    assert [bool(alerted.kept(one)) for one in people] == [True, False, True]
    assert alerted.hub.store.counters()["alerts_failed"] >= 1


def test_rules_that_are_refused_leave_those_that_held(alerted, caplog):
    person = burnt_out(alerted)
    file = alerted.hub.folder / "alerts.yaml"
    file.write_text("rules: {check_in_burnout: {purpose: care, enabled: false}}\nchannels: {ward: {post: 1}}\n")
    with caplog.at_level(logging.ERROR):
        alerted.changed(person)
    assert alerted.states(person) == {"check_in_burnout": "with_person"}
    assert "channels.ward.post" in caplog.text
    assert len(alerted.follower.rules.channels) == 2
    file.write_text("rules: {check_in_burnout: {purpose: care, enabled: false}}\n" + CHANNELS)
    alerted.work()
    assert alerted.states(person) == {"check_in_burnout": "closed"}  # switched off


def test_a_process_does_not_start_with_rules_that_are_refused(alerted):
    (alerted.hub.folder / "alerts.yaml").write_text("rules: {sleep: {purpose: care}}")
    with pytest.raises(ConfigInvalid, match="there is no fact 'sleep'"):
        Follower(alerted.hub.folder)


def test_a_site_has_one_such_process(alerted):
    lock = lock_file(alerted.hub.folder / "alerts.lock")
    said = []
    with pytest.raises(AlreadyRunning, match=r"another process of this hub holds alerts\.lock"):
        alerted.follower.run(None, ready=lambda: said.append("runs"))
    assert said == []  # a second one does not say that it runs
    unlock_file(lock)
    stop = threading.Event()
    alerted.follower.run(stop, alive=stop.set, ready=lambda: said.append("runs"))
    assert said == ["runs"]


def test_a_channel_whose_secret_is_missing_is_named_before_its_first_message(alerted, caplog):
    file = alerted.hub.folder / "alerts.yaml"
    file.write_text('channels: {pager: {webhook: {url: "https://h/x", secret_file: pager.secret}}}')
    with caplog.at_level(logging.ERROR):
        alerted.work()
    assert "the channel pager cannot deliver: pager.secret cannot be read" in caplog.text
    assert [channel.name for channel in alerted.follower.rules.channels] == ["pager"]


def test_a_person_without_a_consent_for_care_is_told_of_a_change_and_the_team_never_is(alerted, monkeypatch):
    person = alerted.hub.person().consents(care=(), score=True)
    person.heard()
    person.scored(12)
    monkeypatch.setattr(alerted.follower._alarms, "of", lambda digests, now: [(TODAY - 1,)] * len(digests))
    alerted.changed(person)
    (alert,) = alerted.hand_over(person)
    assert (alert.rule, alert.state, alert.team_utc_s) == ("change_alarm", "with_person", 0)
    for _ in range(30):
        alerted.later(DAY_S)
    assert alerted.states(person) == {"change_alarm": "closed"}
    assert alerted.posts() == []


def test_an_alert_that_was_not_taken_over_is_not_lost_when_its_row_is_gone(alerted):
    person = burnt_out(alerted)
    alerted.changed(person)
    with alerted.hub.writing() as db:
        db.execute(delete(CHANGED))
    alerted.later(48 * HOUR_S + 4 * HOUR_S)  # never handed over
    assert alerted.states(person) == {"check_in_burnout": "with_team"}


def test_it_needs_no_more_rights_than_its_role_has(server, tmp_path):
    """A real consent, by a real receiver, on PostgreSQL with a user for each process."""
    world = make_world(tmp_path, database=server.base(), users=True, from_utc_s=int(time.time()) - DAY_S)
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
    ahead_s = 0
    follower = Follower(world.hub, now=lambda: time.time() + ahead_s)
    with contextlib.closing(follower):
        while follower.follow_once():
            pass
        ahead_s = 8 * DAY_S  # nothing is heard for a week
        while follower.follow_once():
            pass
        with follower.store.connected() as db:
            (alert,) = TeamAlerts(db, follower.keys).every()
            rides = waiting_rides(db, follower.keys, [alert.kid])[alert.kid]
        ahead_s += 2 * DAY_S
        while follower.follow_once():
            pass
        with follower.store.connected() as db:
            (later,) = TeamAlerts(db, follower.keys).every()
    assert decode(alert.words).rule == "silent_days"
    assert (alert.state, later.state) == ("with_person", "with_team")
    assert [ride.riding.number for ride in rides] == [alert.number]
    world.close()

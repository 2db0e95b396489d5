"""What rides in answers: as much as fits, deleted at the broker's acknowledgement, and else sent again."""

import contextlib
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from agent.wire.alert import Alert
from agent.wire.envelope import MAX_WORDS_BYTES
from agent.wire.keys import kid
from agent.wire.looks import FIRST_LINK, Look, chained, link
from agent.wire.message import CoverMessage
from agent.wire.receipt import MAX_ENTRIES, AlertMessage, LooksMessage, ScoreMessage
from hub.receive.rides import Rides
from hub.receive.room import filled
from hub.scoring.scorer import Scorer
from hub.site import open_keys
from hub.store import Role, Store
from hub.store.derived import KeptScore
from hub.store.rides import ALERT, LOOKS, SCORE, UNREADABLE, Ride, Riding, numbers_riding, put_ride, ride_words
from hub.store.tables import CHANGED, RIDE
from tests.support.scored import FIRST_DAY, Scored, drained
from tests.support.world import START_UTC_S, make_world

pytestmark = pytest.mark.postgres  # of `either`


class Client:
    """Publishes and gives each message a number; the test acknowledges."""

    def __init__(self):
        self.mid = 0
        self.on_publish = None
        self.at_once = False

    def publish(self, _topic, _payload, qos):
        assert qos == 1
        self.mid += 1
        if self.at_once:
            self.on_publish(self, None, self.mid)
        return type("Info", (), {"mid": self.mid})()


@pytest.fixture
def waiting(world):
    person, scorer = Scored.made(world), Scorer(world.hub)
    person.days(20)
    person.send()
    drained(scorer)
    yield person, scorer
    scorer.close()


def down(scorer, person):
    which = kid(person.world.identity.sign.public)
    with scorer.store.derived() as read:
        return [Riding(which, SCORE, score.day, score.revision) for score in read.waiting([which]).get(which, [])]


@pytest.mark.parametrize("at_once", [False, True])
def test_scores_are_deleted_when_the_broker_has_the_answer_and_ride_again_otherwise(waiting, at_once):
    person, scorer = waiting
    client = Client()
    rides = Rides(client)
    client.at_once = at_once
    riding = down(scorer, person)
    assert riding
    rides.publish("topic", b"answer", riding)
    rides.settle(scorer.store)
    if not at_once:
        assert down(scorer, person) == riding, "nothing was acknowledged"
        client.on_publish(client, None, client.mid + 7)  # another message's
        rides.settle(scorer.store)
        assert down(scorer, person) == riding
        client.on_publish(client, None, client.mid)
        rides.settle(scorer.store)
    assert down(scorer, person) == []


def test_a_newer_score_is_not_deleted_by_the_acknowledgement_of_the_older_one(waiting):
    person, scorer = waiting
    client = Client()
    rides = Rides(client)
    first = down(scorer, person)[0]
    rides.publish("topic", b"answer", [first])
    with scorer.store.deriving() as write:
        write.put_score(first.kid, KeptScore(first.number, first.revision + 1, b"newer"), replaces=first.revision)
    client.on_publish(client, None, client.mid)
    rides.settle(scorer.store)
    assert replace(first, revision=first.revision + 1) in down(scorer, person)


def test_scores_make_no_answer_more_and_none_larger(waiting):
    person, scorer = waiting
    which = kid(person.world.identity.sign.public)
    with scorer.store.derived() as read:
        words = read.waiting([which])[which][0].words
    with scorer.store.deriving() as write:
        for n in range(30):
            write.put_score(which, KeptScore(10_000 + n, 5, words), replaces=None)
    batch = [person.say(person.window((FIRST_DAY + 20) * 86_400 + n * 300, 60.0, 40.0)) for n in range(10)]
    replies = person.receiver.handle(batch)
    assert len(replies) == 1
    assert len(replies[0][1]) == 3319
    answers = person.world.identity.open_answers(replies[0][1]).answers
    scores = [one for one in answers if isinstance(one, ScoreMessage)]
    assert 1 <= len(scores) < 30
    assert sum(len(one.body) + 64 for one in scores) < MAX_WORDS_BYTES
    assert len(person.receiver._replies.riding(replies[0][1])) == len(scores)
    assert person.receiver._replies.riding(replies[0][1]) == []


def test_a_device_of_the_first_schema_gets_no_score(waiting):
    person, scorer = waiting
    person.receiver.keys.devices.state_schema(kid(person.world.identity.sign.public), 1)
    replies = person.receiver.handle([person.say(person.window(FIRST_DAY * 86_400 + 300, 60.0, 40.0))])
    (answers,) = [person.world.identity.open_answers(payload) for _, payload in replies]
    assert not any(isinstance(one, ScoreMessage) for one in answers.answers)
    assert down(scorer, person)


# ---- alerts and looks


def looked(count, *, first=1, before=FIRST_LINK):
    """Looks one after the other, each as it is put: number, answer."""
    for number in range(first, first + count):
        data = Look(number, START_UTC_S + number, f"Member {number}", "member", "person").encode()
        yield number, LooksMessage(before, (data,))
        before = link(before, data)


def put_looks(person, count, **where):
    hub, which = person.receiver, kid(person.world.identity.sign.public)
    with hub.store.checked() as db:
        for number, answer in looked(count, **where):
            put_ride(db, hub.keys, which, LOOKS, number, 0, ride_words(answer))


def put_alert(person, number, revision=1, *, device=None):
    hub, which = person.receiver, kid(person.world.identity.sign.public)
    name = device or person.world.identity.device
    alert = Alert(name, 1, number, revision, "silent_days", "with_person", FIRST_DAY, START_UTC_S)
    with hub.store.checked() as db:
        answer = alert.signed(hub.keys.sign_key("score"), hub.keys.site)
        put_ride(db, hub.keys, which, ALERT, number, revision, ride_words(answer))


def riding_rows(person):
    with person.receiver.store._reads.connect() as db:
        return [(row.kind, row.number, row.revision) for row in db.execute(select(RIDE).order_by(RIDE.c.number))]


def answered(person):
    """The answers that one cover leads to, and the envelope."""
    replies = person.receiver.handle([person.say(CoverMessage())])
    assert [len(payload) for _, payload in replies] == [3319]
    return person.world.identity.open_answers(replies[0][1]).answers, replies[0][1]


def of(kind, answers):
    return [one for one in answers if isinstance(one, kind)]


@pytest.fixture
def person(either):
    return Scored.made(either)


def test_each_process_puts_and_takes_rides_as_its_own_database_user(server, tmp_path):
    """`hub alerts` and `hub view --care` put what `hub run` sends and deletes; none of them needs more."""
    world = make_world(tmp_path, database=server.base(), users=True)
    person = Scored.made(world)
    which = kid(world.identity.sign.public)
    alert = Alert(world.identity.device, 1, 1, 1, "silent_days", "with_person", FIRST_DAY, START_UTC_S)
    for role, (kind, number, revision) in ((Role.ALERTS, (ALERT, 1, 1)), (Role.CARE, (LOOKS, 1, 0))):
        with contextlib.closing(open_keys(world.hub)) as keys, Store(world.hub, keys, role) as store:
            answer = next(looked(1))[1] if kind == LOOKS else alert.signed(keys.sign_key("score"), keys.site)
            with store.deriving() as write:
                write.lock([which])
                put_ride(write._db, keys, which, kind, number, revision, ride_words(answer))
            with store.checked() as db:
                assert numbers_riding(db, which, kind) == {1}
    answers, payload = answered(person)
    assert [type(one) for one in answers[-2:]] == [AlertMessage, LooksMessage]
    with person.receiver.store.deriving() as write:
        write.arrived(person.receiver._replies.riding(payload))
    assert not of(AlertMessage | LooksMessage, answered(person)[0])
    world.close()


def test_alerts_ride_first_then_scores_then_looks_and_looks_that_follow_each_other_are_one_answer(waiting):
    person, _ = waiting
    put_looks(person, 3)
    put_alert(person, 4)
    answers, _ = answered(person)
    kinds = [type(one) for one in answers if isinstance(one, AlertMessage | ScoreMessage | LooksMessage)]
    scores = kinds.count(ScoreMessage)
    assert scores
    assert kinds == [AlertMessage, *[ScoreMessage] * scores, LooksMessage]
    (looks,) = of(LooksMessage, answers)
    assert [look.number for look, _ in chained(looks)] == [1, 2, 3]


def test_what_the_broker_acknowledged_is_gone_and_the_rest_rides_again(person):
    client = Client()
    rides = Rides(client)
    put_looks(person, 2)
    put_alert(person, 4, revision=1)
    _, payload = answered(person)
    riding = person.receiver._replies.riding(payload)
    assert riding == [Riding(riding[0].kid, ALERT, 4, 1), *(Riding(riding[0].kid, LOOKS, n) for n in (1, 2))]
    rides.publish("topic", payload, riding)
    rides.settle(person.receiver.store)
    assert len(riding_rows(person)) == 3, "nothing was acknowledged"
    put_alert(person, 4, revision=2)
    put_looks(person, 1, first=3)
    client.on_publish(client, None, client.mid)
    rides.settle(person.receiver.store)
    assert riding_rows(person) == [(LOOKS, 3, 0), (ALERT, 4, 2)]
    with person.receiver.store._reads.connect() as db:
        assert riding[0].kid in set(db.execute(select(CHANGED.c.device)).scalars()), "an alert was handed over"


def test_looks_that_do_not_fit_ride_later_and_none_is_left_out(person):
    put_looks(person, 90)
    found = []
    for _ in range(9):
        answers, payload = answered(person)
        for one in of(LooksMessage, answers):
            assert len(one.looks) <= MAX_ENTRIES
            found += [look.number for look, _ in chained(one)]
        client = Client()
        rides = Rides(client)
        client.at_once = True
        rides.publish("topic", payload, person.receiver._replies.riding(payload))
        rides.settle(person.receiver.store)
    assert found == list(range(1, 91))


def test_looks_of_another_chain_are_not_joined():
    def ride(number, answer):
        return Ride(Riding(b"k" * 8, LOOKS, number), answer)

    own = [ride(*one) for one in looked(2)]
    strange = [ride(*one) for one in looked(1, first=3)]  # begins at zeros again
    answers, riding = filled([*own, *strange], lambda _: True)
    assert [len(one.looks) for one in answers] == [2, 1]
    assert len(riding) == 3


def test_a_device_of_the_first_schema_gets_no_alert_and_no_looks(person):
    put_looks(person, 1)
    put_alert(person, 4)
    person.receiver.keys.devices.state_schema(kid(person.world.identity.sign.public), 1)
    replies = person.receiver.handle([person.say(CoverMessage())])
    answers = person.world.identity.open_answers(replies[0][1])
    assert not of(AlertMessage | LooksMessage, answers.answers)
    assert len(riding_rows(person)) == 2


def test_a_row_that_nobody_can_open_rides_unsent_once_and_is_counted(person):
    put_looks(person, 1)
    put_alert(person, 4)
    with person.receiver.store.checked() as db:
        db.execute(update(RIDE).where(RIDE.c.kind == ALERT).values(data_key=b"planted!"))
    answers, payload = answered(person)
    assert not of(AlertMessage, answers)
    assert of(LooksMessage, answers)
    client = Client()
    rides = Rides(client)
    client.at_once = True
    rides.publish("topic", payload, person.receiver._replies.riding(payload))
    rides.settle(person.receiver.store)
    assert riding_rows(person) == []
    assert person.receiver.store.counters()[UNREADABLE] == 1

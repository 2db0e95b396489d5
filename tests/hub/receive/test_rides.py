"""Scores that ride in answers: as many as fit, deleted at the broker's acknowledgement, and else sent again."""

import pytest

from agent.wire.envelope import MAX_WORDS_BYTES
from agent.wire.keys import kid
from agent.wire.receipt import ScoreMessage
from hub.receive.rides import Rides
from hub.scoring.scorer import Scorer
from hub.store.derived import KeptScore
from tests.support.scored import FIRST_DAY, Scored, drained


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
        return [(which, score.day, score.revision) for score in read.waiting([which]).get(which, [])]


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
    which, day, revision = down(scorer, person)[0]
    rides.publish("topic", b"answer", [(which, day, revision)])
    with scorer.store.deriving() as write:
        write.put_score(which, KeptScore(day, revision + 1, b"newer"), replaces=revision)
    client.on_publish(client, None, client.mid)
    rides.settle(scorer.store)
    assert (which, day, revision + 1) in down(scorer, person)


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

"""The way in shares the client's callbacks with whoever else listens: a broker's acknowledgements end rides, too."""

import pytest

from agent.wire.context import DAY_S
from agent.wire.keys import kid
from hub.scoring.scorer import Scorer
from tests.support.clients import connected
from tests.support.processes import wait_for
from tests.support.scored import FIRST_DAY, Scored, drained
from tests.support.world import served


def waiting(scorer, person):
    which = kid(person.world.identity.sign.public)
    with scorer.store.derived() as read:
        return len(read.waiting([which]).get(which, []))


@pytest.mark.broker
def test_a_running_hub_deletes_what_rode_once_the_broker_has_it(world):
    person, scorer = Scored.made(world), Scorer(world.hub)
    person.days(20)
    person.send()
    drained(scorer)
    before = waiting(scorer, person)
    assert before
    with served(world):
        client = connected(world)
        try:
            wait_for(client.is_connected, what="the device's connection")
            start = (FIRST_DAY + 19) * DAY_S + 23 * 3600
            client.publish(*person.say(person.window(start, 60.0, 40.0)), qos=1)
            wait_for(lambda: waiting(scorer, person) < before, what="scores that rode to be deleted")
        finally:
            client.disconnect()
            client.loop_stop()
            scorer.close()

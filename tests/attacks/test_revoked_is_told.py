"""A revoked device is told so, signed: by a notice, and by the list of revoked keys in the directory."""

import asyncio
import dataclasses

import pytest

from agent.outbox import receipts
from agent.outbox.rows import HUB_SCHEMA
from agent.publisher import Publisher
from agent.system.status import Level, StatusBoard
from agent.wire.labels import SCHEMA
from agent.wire.message import CoverMessage, SchemaMessage
from hub.cli import main
from hub.receive import reply
from tests.support.hub_messages import reasons_by_seq, seal
from tests.support.world import START_UTC_S, deliver, make_world


@pytest.fixture
def world(tmp_path):
    made = make_world(tmp_path)
    yield made
    made.close()


def revoked(world, *, speaks=SCHEMA):
    """A hub that knows the device's schema and has revoked it; the outbox goes on."""
    receiver = world.receiver()
    with world.outbox() as outbox:
        outbox.put([SchemaMessage(speaks)], START_UTC_S)
        deliver(world, outbox, receiver)
    assert main(["revoke", str(world.hub), world.identity.device]) == 0
    return receiver


def cover(world, seq, **changes):
    return world.topic, seal(world, [CoverMessage()], seq, **changes)


def test_a_revoked_device_is_told_once_an_hour_and_stores_nothing(world, monkeypatch):
    receiver = revoked(world)
    now_s = [1000.0]
    monkeypatch.setattr(reply.time, "monotonic", lambda: now_s[0])
    stored = receiver.store.counters()["stored"]
    ((topic, payload),) = receiver.handle([cover(world, 1), cover(world, 2)])
    assert reasons_by_seq(world, [(topic, payload)]) == {}
    with world.outbox() as outbox:
        settled = receipts.apply(outbox, world.identity.open_answers(payload), START_UTC_S, payload)
        assert settled.revoked
        assert outbox.meta(HUB_SCHEMA) == b"2"
        assert [words for _, words in outbox.notices()] == [receipts.REVOKED]
    now_s[0] += 3599.0
    assert receiver.handle([cover(world, 3)]) == []
    now_s[0] += 2.0
    assert len(receiver.handle([cover(world, 4)])) == 1
    assert receiver.store.counters()["stored"] == stored
    assert receiver.store.counters()["revoked"] == 4


def test_only_the_revoked_device_itself_is_told(world):
    receiver = revoked(world)
    other = dataclasses.replace(world.identity, sign_seed=b"x" * 32)
    assert receiver.handle([cover(world, 1, sender=other.sender())]) == []  # another key
    assert receiver.handle([("wardbeat/v1/test-site/up/another", cover(world, 2)[1])]) == []  # another topic
    altered = bytearray(cover(world, 3)[1])
    altered[-1] ^= 1
    assert receiver.handle([(world.topic, bytes(altered))]) == []  # another signature
    assert len(receiver.handle([cover(world, 4)])) == 1


def test_a_device_of_release_0_1_0_is_answered_with_silence_as_it_expects(world):
    receiver = revoked(world, speaks=1)
    assert receiver.handle([cover(world, 1)]) == []


def test_status_says_so_after_the_notice_and_after_the_directory(world):
    receiver = revoked(world)
    published = receiver.keys.published()

    async def shown(say):
        board = StatusBoard()
        with world.outbox() as outbox:
            publisher = Publisher(
                world.settings.state_dir, world.vault, world.identity, outbox, world.settings.mqtt, board,
                slot_s=300.0, utc_s=lambda: START_UTC_S,
            )  # fmt: skip
            say(publisher.answers)
        return {state.part: (state.level, state.words) for state in board.states()}.get("hub")

    told = (Level.TROUBLE, receipts.REVOKED)
    assert asyncio.run(shown(lambda answers: answers.take_directory(published))) == told
    ((_, payload),) = receiver.handle([cover(world, 1)])
    assert asyncio.run(shown(lambda answers: (answers.take_directory(published), answers.take(payload)))) == told
    assert asyncio.run(shown(lambda _: None)) != told

"""What the hub takes of days: within the consent, named and granted; a statement that takes back is judged like the others."""

from dataclasses import replace

import pytest

from agent.model import CodedDay
from agent.outbox import consents
from agent.wire.context import DAY_S
from agent.wire.message import DaysMessage, SchemaMessage
from tests.support.hub_messages import reasons_by_seq, seal
from tests.support.world import START_UTC_S, deliver, make_world

FIRST = START_UTC_S // DAY_S + 2  # in no time zone did that day begin before the consent, nor the one before it
SLEEP, STEPS = CodedDay(321, 65, 900), CodedDay(331, 50, 1000)


@pytest.fixture
def world(tmp_path):
    made = make_world(tmp_path, consent=False)
    made.give_consent(START_UTC_S, ("care", "score"), days=("sleep",))
    yield made
    made.close()


@pytest.fixture
def receiver(world):
    return world.receiver()


def sent_consent(world, receiver):
    """Consent and statement, carried to the hub; the record in force."""
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        outbox.put([SchemaMessage(2)], START_UTC_S)
        deliver(world, outbox, receiver)
        return consents.in_force(outbox)


def judged(world, receiver, *said):
    batch = [(world.topic, seal(world, [one], seq)) for seq, one in enumerate(said, start=1)]
    reasons = reasons_by_seq(world, receiver.handle(batch))
    return [reasons[seq] for seq in range(1, len(said) + 1)]


def test_a_day_is_stored_within_the_consent_and_refused_outside_of_it(world, receiver):
    record = sent_consent(world, receiver)
    last = record.until_utc_s // DAY_S - 2
    good = DaysMessage("score", record.hash, FIRST, (SLEEP,))
    cases = [
        (good, "stored"),
        (replace(good, purpose="care", day=FIRST + 1), "stored"),
        (replace(good, day=FIRST + 2, values=()), "stored"),  # takes back what was said of that day
        (replace(good, day=FIRST - 1), "not_granted"),
        (replace(good, day=FIRST - 1, values=()), "not_granted"),
        (replace(good, day=last), "stored"),
        (replace(good, day=last + 1), "consent_expired"),
        (replace(good, values=(STEPS,)), "not_granted"),
        (replace(good, values=(SLEEP, STEPS)), "not_granted"),
        (replace(good, purpose="research"), "not_granted"),
        (replace(good, purpose="research", values=()), "not_granted"),
        (replace(good, consent_hash=bytes(32)), "consent_unknown"),
    ]
    assert judged(world, receiver, *(said for said, _ in cases)) == [reason for _, reason in cases]
    kinds = [row.kind for row in receiver.store.rows_after(0, 99)]
    assert kinds.count("days") == 4


def test_a_day_waits_for_its_statement_and_then_the_same_bytes_are_stored(world, receiver):
    with world.outbox() as outbox:
        record = consents.in_force(outbox)
        said = [DaysMessage("care", record.hash, FIRST, (SLEEP,)), DaysMessage("care", record.hash, FIRST + 1)]
        batch = [(world.topic, seal(world, [one], seq)) for seq, one in enumerate(said, start=1)]
        assert set(reasons_by_seq(world, receiver.handle(batch)).values()) == {"consent_unknown"}
        deliver(world, outbox, receiver)  # the record; the statement goes to a hub that answers in schema 2
        assert set(reasons_by_seq(world, receiver.handle(batch)).values()) == {"consent_unknown"}
        outbox.put([SchemaMessage(2)], START_UTC_S)
        deliver(world, outbox, receiver)
    assert set(reasons_by_seq(world, receiver.handle(batch)).values()) == {"stored"}


def test_a_consent_to_the_heart_alone_covers_no_day_not_even_an_empty_one(tmp_path):
    world = make_world(tmp_path)
    receiver = world.receiver()
    record = sent_consent(world, receiver)
    good = DaysMessage("care", record.hash, FIRST, (SLEEP,))
    assert judged(world, receiver, good, replace(good, values=())) == ["not_granted", "not_granted"]
    world.close()


def test_after_a_withdrawal_and_an_erasure_a_day_is_refused_and_none_is_left(world, receiver):
    record = sent_consent(world, receiver)
    good = DaysMessage("score", record.hash, FIRST, (SLEEP,))
    assert judged(world, receiver, good) == ["stored"]
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S + 9)
        deliver(world, outbox, receiver)
        sealed = seal(world, [replace(good, day=FIRST + 1)], 50)
        assert reasons_by_seq(world, receiver.handle([(world.topic, sealed)])) == {50: "consent_withdrawn"}
        names = {row.data_key for row in stored(receiver)}
        assert any(receiver.keys.data_keys.named(name) for name in names), "the look finds keys that are there"
        consents.erase(outbox, world.identity.sign, world.identity.site, START_UTC_S + 10)
        deliver(world, outbox, receiver)
    sealed = seal(world, [replace(good, day=FIRST + 2)], 51)
    assert reasons_by_seq(world, receiver.handle([(world.topic, sealed)])) == {51: "erased"}
    assert stored(receiver) == []
    receiver.keys.refresh()
    assert not any(receiver.keys.data_keys.named(name) for name in names)


def stored(receiver):
    from sqlalchemy import select

    from hub.store.tables import ROW

    with receiver.store._reads.connect() as db:
        return db.execute(select(ROW).where(ROW.c.kind == "days")).all()

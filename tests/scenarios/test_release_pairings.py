"""A device and a hub of this program and of release 0.1.0, in all four pairings: nothing is lost, doubled or final too early."""

import asyncio
import contextlib
import queue
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, func, select

from agent import pipeline
from agent.control import ask_words, client
from agent.model import DayValue
from agent.outbox import asks, consents, ledger, receipts, released_days
from agent.outbox.rows import HUB_SCHEMA
from agent.privacy import gate
from agent.system.run_mode import RunMode
from agent.tables.profiles import PROFILES
from agent.wire.keys import kid
from agent.wire.labels import SCHEMA
from agent.wire.message import AskMessage, ContextMessage, CoverMessage, Grant, SchemaMessage
from agent.wire.receipt import AlertMessage, LooksMessage
from agent.wire.score import Score
from hub.receive import Receiver
from hub.scoring.scorer import Scorer
from hub.store.derived import KeptScore, score_words
from hub.store.rides import put_ride, ride_words
from hub.store.tables import ROW
from tests.support import release_state
from tests.support.clients import connected
from tests.support.processes import its_turn_at, until, wait_for
from tests.support.release_peer import Peer
from tests.support.world import (
    PIN,
    START_UTC_S,
    owning,
    release_window,
    running_hub,
    start_site_broker,
    wait_until_it_receives,
)

RELEASE = "release_0_1_0"
HELD = release_state.manifest(RELEASE)
EVERY_WINDOW = [START_UTC_S + 300 * n for n in range(HELD["settled"] + HELD["waiting"])]


@pytest.fixture(autouse=True)
def the_next_day():
    later = datetime.fromtimestamp(HELD["clock_utc_s"], UTC) + timedelta(days=1)
    with time_machine.travel(later, tick=True):
        yield


@pytest.fixture
def person(tmp_path):
    """What release 0.1.0 left: seven windows wait."""
    opened = release_state.opened(RELEASE, tmp_path / "site")
    yield opened[0]
    for one in opened:
        one.close()


def peer(role, person, tmp_path):
    folder = person.hub if role == "hub" else person.settings.state_dir
    return Peer(RELEASE, tmp_path / "code", role, folder, int(datetime.now(UTC).timestamp()))


def new_hub(person):
    person.receivers.append(Receiver(person.hub))
    return person.receivers[-1]


def stored(person):
    """Starts of the windows that the hub has, once more by this program."""
    receiver = new_hub(person)
    device = kid(person.identity.sign.public)
    return sorted(item.message.start_utc_s for item in receiver.store.summaries() if item.device == device)


def exchange(person, outbox, hub, rounds=4):
    """Rows up, answers down; what the publisher does beside: it states its schema to a hub that answers in the first."""
    for _ in range(rounds):
        rows = outbox.unsent(1000) or [row for idx in outbox.sent() if (row := outbox.sent_row(idx))]
        outbox.mark_sent(rows, START_UTC_S)
        for _, payload in hub.handle([(person.topic, row.envelope) for row in rows]):
            receipts.apply(outbox, person.identity.open_answers(payload), START_UTC_S, payload)
            if outbox.meta(HUB_SCHEMA) == b"1" and not receipts.schema_is_stated(outbox):
                outbox.put([SchemaMessage(SCHEMA)], START_UTC_S)


def kinds_waiting(outbox):
    return sorted(row.kind for row in ledger.rows(outbox) if row.state in ("sealed", "sent"))


@pytest.mark.process
def test_an_old_device_at_an_old_hub_is_what_the_others_are_compared_with(person, tmp_path):
    with peer("hub", person, tmp_path) as hub, peer("device", person, tmp_path) as device:
        settled = device.take(hub.handle(device.rows()))
    assert settled["receipted"] == HELD["waiting"]
    assert stored(person) == EVERY_WINDOW


@pytest.mark.process
def test_an_old_device_at_a_new_hub_is_answered_in_its_schema(person, tmp_path):
    receiver = new_hub(person)
    with peer("device", person, tmp_path) as device:
        settled = device.take(receiver.handle(device.rows()))
        assert settled["receipted"] == HELD["waiting"]
        assert set(settled["states"]) <= {"receipted", "withdrawn"}
    assert receiver.keys.devices.of(kid(person.identity.sign.public)).schema == 1
    assert stored(person) == EVERY_WINDOW


@pytest.mark.process
def test_a_new_device_at_an_old_hub_loses_nothing_and_goes_on_when_the_hub_is_updated(person, tmp_path):
    with person.outbox() as outbox:
        first = consents.consented(outbox)
    with peer("hub", person, tmp_path) as hub:
        with person.outbox() as outbox:
            exchange(person, outbox, hub)
            assert kinds_waiting(outbox) == ["schema"]  # too new for that hub, and not final
        # a new consent, to heart and face: that hub takes the record and knows nothing of the statement
        operator = person.identity.bundle.operator
        wanted = tuple(Grant(signal, "care", operator) for signal in ("heart", "face"))
        client.give_consent(person.settings, PROFILES["care"], wanted, PIN, first.record.from_utc_s + 1)
        with person.outbox() as outbox:
            outbox.put_released(release_window(person, outbox, len(EVERY_WINDOW)), START_UTC_S)
            exchange(person, outbox, hub)
            assert kinds_waiting(outbox) == ["schema"]
    assert stored(person) == [*EVERY_WINDOW, EVERY_WINDOW[-1] + 300]
    receiver = new_hub(person)  # the hub's update: the same files, this program
    with person.outbox() as outbox:
        exchange(person, outbox, receiver)
        assert outbox.meta(HUB_SCHEMA) == b"2"
        assert kinds_waiting(outbox) == []
        assert [row.kind for row in ledger.rows(outbox)].count("features") == 1
        outbox.put_released(release_window(person, outbox, len(EVERY_WINDOW) + 1), START_UTC_S)
        exchange(person, outbox, receiver)
        proven = ledger.verify(outbox, person.identity.open_answers)
        assert proven.breaks == ()
        assert proven.proven_to == proven.rows
        assert proven.proven_utc_s is not None
    assert receiver.keys.devices.of(kid(person.identity.sign.public)).schema == 2
    assert stored(person) == [*EVERY_WINDOW, EVERY_WINDOW[-1] + 300, EVERY_WINDOW[-1] + 600]


@pytest.mark.process
def test_a_new_device_at_a_new_hub_speaks_the_second_schema_and_an_older_hub_can_come_back(person, tmp_path):
    receiver = new_hub(person)
    with person.outbox() as outbox:
        exchange(person, outbox, receiver)
        assert outbox.meta(HUB_SCHEMA) == b"2"
        assert kinds_waiting(outbox) == []
        # the hub's keys were restored from before: it answers in the first schema until it hears again
        receiver.keys.devices.state_schema(kid(person.identity.sign.public), 1)
        outbox.put([CoverMessage()], START_UTC_S)
        exchange(person, outbox, receiver)
        assert outbox.meta(HUB_SCHEMA) == b"2"
        assert [row.kind for row in ledger.rows(outbox)].count("schema") == 2
    assert stored(person) == EVERY_WINDOW


@pytest.mark.process
def test_what_schema_1_does_not_know_waits_at_an_old_hub_and_is_scored_after_its_update(person, tmp_path):
    operator = person.identity.bundle.operator
    with person.outbox() as outbox:
        first = consents.consented(outbox)
    wanted = (
        Grant("heart", "care", operator),
        *(Grant(signal, "score", operator) for signal in ("heart", "context", "sleep")),
    )
    with peer("hub", person, tmp_path) as hub:
        with person.outbox() as outbox:
            exchange(person, outbox, hub)
        client.give_consent(person.settings, PROFILES["care"], wanted, PIN, first.record.from_utc_s + 1)
        with person.outbox() as outbox:
            exchange(person, outbox, hub)  # that hub has the record, and knows nothing of the statement
            given = consents.consented(outbox)
            released = release_window(person, outbox, len(EVERY_WINDOW))
            assert [one.purpose for one in released] == ["care", "score"]
            assert len(outbox.put_released(released, START_UTC_S)) == 2
            outbox.put([ContextMessage("score", given.record.hash, START_UTC_S // 86_400)], START_UTC_S)
            outbox.put([AskMessage(given.record.hash, given.record.from_utc_s + 60, 1)], START_UTC_S)
            night = DayValue(given.record.from_utc_s // 86_400 + 2, "sleep_h", 7.0, 1.0)
            today = night.day + 2
            days = gate.release_days([night], person.profile, given, operator, today)
            assert released_days.offer(outbox, days, START_UTC_S) == 1
            exchange(person, outbox, hub, rounds=6)
            assert kinds_waiting(outbox) == ["ask", "context", "days", "schema", "summary"]  # too new, and not final
    assert stored(person) == [*EVERY_WINDOW, EVERY_WINDOW[-1] + 300]
    receiver = new_hub(person)
    with person.outbox() as outbox:
        exchange(person, outbox, receiver, rounds=8)
        assert kinds_waiting(outbox) == []
        assert not any(row.state.startswith("refused") for row in ledger.rows(outbox))
    assert stored(person) == [*EVERY_WINDOW, EVERY_WINDOW[-1] + 300, EVERY_WINDOW[-1] + 300]
    with closing(Scorer(person.hub)) as scorer:
        assert scorer.score_once() == 3
        assert receiver.store.counters()["scored"] == 3
        assert "score_unreadable" not in receiver.store.counters()


@pytest.mark.process
def test_what_is_asked_of_a_care_team_waits_at_an_old_hub_and_the_person_reads_why(person, tmp_path):
    with peer("hub", person, tmp_path) as hub, person.outbox() as outbox:
        exchange(person, outbox, hub)
        given = consents.consented(outbox)
        (operator,) = {grant.recipient for grant in given.grants if grant.purpose == "care"}
        asks.ask(outbox, person.profile, operator, asks.Wish("see"), given.record.from_utc_s + 1)
        assert "has not said yet that it understands this" in ask_words.answer(outbox, asks.Wish("see"), operator)
        exchange(person, outbox, hub, rounds=6)
        assert "ask" in kinds_waiting(outbox), "too new, and not final"
        assert asks.asked(outbox) is not None
        assert not any(row.state.startswith("refused") for row in ledger.rows(outbox))


@pytest.mark.process
def test_an_old_device_gets_no_kind_of_answer_that_it_does_not_know(person, tmp_path):
    """A score, alert or look that waits for it, as after an update that was taken back, would make it refuse the whole
    envelope.
    """
    receiver = new_hub(person)
    which = kid(person.identity.sign.public)
    with receiver.store.deriving() as write:
        words = score_words(
            Score("d", 1, 20_000, 1, 1, 1, "m", reason="thin").signed(receiver.keys.sign_key("score"), "s")
        )
        write.put_score(which, KeptScore(20_000, 1, words), replaces=None)
    with receiver.store.checked() as db:
        put_ride(db, receiver.keys, which, "alert", 1, 1, ride_words(AlertMessage(b"body", bytes(64))))
        put_ride(db, receiver.keys, which, "looks", 1, 0, ride_words(LooksMessage(bytes(32), (b"look",))))
    with peer("device", person, tmp_path) as device:
        settled = device.take(receiver.handle(device.rows()))
        assert settled["receipted"] == HELD["waiting"]
    with receiver.store.derived() as read:
        assert len(read.waiting([which])[which]) == 1
        assert len(read.rides([which])[which]) == 2


# ---- the same through a real broker with TLS

GOOD_UNTIL_UTC_S = HELD["clock_utc_s"] + 365 * 86_400
_DECIDED = {"receipted", "withdrawn"}


@contextlib.contextmanager
def hub_of(which, person, tmp_path):
    """A hub that receives from the broker: this program's, or the release's code in a separate process."""
    if which == "new":
        with running_hub(person):
            wait_until_it_receives(person.hub)
            yield
        return
    with peer("hub", person, tmp_path) as old:
        old.ask(serve=True)
        yield


def new_device(person):
    """The agent, until nothing of the release's rows waits."""
    stop = asyncio.Event()

    async def watch(agent):
        def waiting():
            return [row for row in ledger.rows(agent.outbox) if row.kind == "summary" and row.state not in _DECIDED]

        assert len(waiting()) == HELD["waiting"]
        await until(lambda: not waiting(), 60, "the receipts")
        stop.set()

    mode = RunMode(slot_s=0.3)
    asyncio.run(pipeline.run(person.settings, person.profile, mode=mode, stop=stop, extra_tasks={"w": watch}))


def old_device(person, tmp_path):
    """The release's own outbox and papers, and a client that carries what they say."""
    heard = queue.Queue()
    client = connected(person, heard)
    with peer("device", person, tmp_path) as device:
        wait_for(client.is_connected, what="the device's connection")
        for topic, sealed in device.rows():
            client.publish(topic, sealed, qos=1)
        receipted = 0
        while receipted < HELD["waiting"]:
            receipted += device.take([("", heard.get(timeout=60))])["receipted"]
    client.disconnect()
    client.loop_stop()


# TLS is judged by the machine's own clock, whatever the test's is
@pytest.mark.broker
@pytest.mark.skipif(
    time.clock_gettime(time.CLOCK_REALTIME) > GOOD_UNTIL_UTC_S, reason="the release's certificates have ended"
)
@pytest.mark.parametrize("hub", ["old", "new"])
@pytest.mark.parametrize("device", ["old", "new"])
def test_every_pairing_delivers_what_waits(person, tmp_path, device, hub):
    with its_turn_at(person.port), contextlib.ExitStack() as running:
        running.callback(start_site_broker(person).stop)
        running.enter_context(hub_of(hub, person, tmp_path))
        if device == "new":
            new_device(person)
        else:
            old_device(person, tmp_path)
    assert stored(person) == EVERY_WINDOW
    with owning(person.hub) as db:  # the same look finds one that is gone
        db.execute(delete(ROW).where(ROW.c.arrival == select(func.max(ROW.c.arrival)).scalar_subquery()))
    assert len(stored(person)) == len(EVERY_WINDOW) - 1

"""Asks and answers of the care view by whoever holds a device's keys, writes the database, or floods."""

import pytest
from sqlalchemy import func, insert, select, update

from agent.outbox import consents
from agent.wire import ask, codec, codes
from agent.wire.alert import Alert
from agent.wire.keys import kid
from agent.wire.message import AskMessage, CoverMessage
from agent.wire.receipt import AlertMessage
from hub.store.asks import ASKS_A_DAY
from hub.store.rides import ALERT, UNREADABLE, put_ride, ride_words
from hub.store.tables import CHANGED, RIDE, ROW
from tests.support.hub_messages import reasons_by_seq, seal
from tests.support.scored import FIRST_DAY, Scored
from tests.support.world import START_UTC_S, another_person, owning

pytestmark = pytest.mark.postgres  # of `either`

ASKS = codes.codes("asks")


@pytest.fixture
def person(either):
    return Scored.made(either)


@pytest.fixture
def other(person, tmp_path):
    return Scored.made(another_person(person.world, tmp_path / "second"), person.receiver)


def see(consent_hash, at_utc_s=START_UTC_S + 60, words=""):
    return AskMessage(consent_hash, at_utc_s, ASKS["see"], 0, words)


def told(person, *messages):
    """What the hub says of these, each in an envelope of its own."""
    batch = [person.say(message) for message in messages]
    said = reasons_by_seq(person.world, person.receiver.handle(batch))
    return [said[seq] for seq in range(person.seq - len(messages) + 1, person.seq + 1)]


def asks_stored(world):
    with owning(world.hub) as db:
        return db.execute(select(func.count()).select_from(ROW).where(ROW.c.kind == "ask")).scalar()


def test_nobody_asks_under_the_consent_of_somebody_else(person, other):
    """Neither with its hash nor with its record, which the device of another person signed."""
    assert told(other, see(person.consent_hash)) == ["consent_unknown"]
    with person.world.outbox() as outbox:
        record = consents.in_force(outbox)
    assert told(other, record.signed(person.world.identity.sign, person.world.identity.site)) == ["bad_consent"]
    assert told(other, see(person.consent_hash)) == ["consent_unknown"]
    assert asks_stored(person.world) == 0
    assert told(person, see(person.consent_hash)) == ["stored"], "the same hash, from its own device"


def test_a_device_that_floods_with_asks_stores_a_days_worth_and_may_take_back(person):
    many = [see(person.consent_hash, START_UTC_S + n) for n in range(ASKS_A_DAY + 10)]
    said = told(person, *many)
    assert said == ["stored"] * ASKS_A_DAY + ["schema_too_new"] * 10
    assert told(person, many[0]) == ["schema_too_new"], "the next batch counts on"
    back = [AskMessage(person.consent_hash, START_UTC_S + n, ASKS["take_back"]) for n in range(ASKS_A_DAY + 10)]
    assert told(person, *back) == ["stored"] * ASKS_A_DAY + ["schema_too_new"] * 10
    assert asks_stored(person.world) == 2 * ASKS_A_DAY
    with owning(person.world.hub) as db:
        assert db.execute(select(func.count()).select_from(CHANGED)).scalar() == 1


def test_one_persons_flood_takes_nothing_from_another(person, other):
    told(person, *(see(person.consent_hash, START_UTC_S + n) for n in range(ASKS_A_DAY + 1)))
    assert told(other, see(other.consent_hash)) == ["stored"]


@pytest.mark.parametrize(
    "words", ["\x1b[2J", "a\x00b", "a\rb", "\u202egnp.exe", "\u2066x", "a\u2028b", "\ud7ff\ufffe", "x" * 501]
)
def test_words_that_could_change_what_a_team_reads_are_refused_and_not_stored(person, words):
    """Sealed by hand, as a changed program would."""
    item = ["ask", *ask.ask_items(see(person.consent_hash, words="good"))]
    item[-1] = words
    sealed = seal(person.world, codec.encode([bytes(16), 0, 900, bytes(32), [item]]), 900)
    assert reasons_by_seq(person.world, person.receiver.handle([(person.world.topic, sealed)])) == {
        900: "bad_plaintext"
    }
    assert asks_stored(person.world) == 0


def test_an_alert_rides_to_its_own_device_alone_and_a_moved_row_to_nobody(person, other):
    """Both devices are answered in one batch; then the row is moved, as whoever writes the database would."""
    mine, theirs = (kid(one.world.identity.sign.public) for one in (person, other))
    hub = person.receiver
    alert = Alert(person.world.identity.device, 1, 1, 1, "silent_days", "with_person", FIRST_DAY, START_UTC_S)
    with hub.store.checked() as db:
        put_ride(db, hub.keys, mine, ALERT, 1, 1, ride_words(alert.signed(hub.keys.sign_key("score"), hub.keys.site)))

    def alerts_of():
        replies = hub.handle([person.say(CoverMessage()), other.say(CoverMessage())])
        found = []
        for one in (person, other):
            name = one.world.identity.device
            (payload,) = [payload for topic, payload in replies if topic.endswith(name)]
            answers = one.world.identity.open_answers(payload).answers
            found.append([answer for answer in answers if isinstance(answer, AlertMessage)])
        return [len(one) for one in found]

    assert alerts_of() == [1, 0]
    with hub.store.checked() as db:
        db.execute(update(RIDE).values(device=theirs))
    assert alerts_of() == [0, 0], "it is bound to its device"


def test_a_planted_ride_goes_to_nobody_and_is_counted_once(person):
    which, hub = kid(person.world.identity.sign.public), person.receiver
    row = {"device": which, "kind": ALERT, "number": 1, "revision": 1, "data_key": b"planted!", "words": b"w" * 90}
    with hub.store.checked() as db:
        db.execute(insert(RIDE), row)
    ((_, payload),) = hub.handle([person.say(CoverMessage())])
    assert not [one for one in person.world.identity.open_answers(payload).answers if isinstance(one, AlertMessage)]
    (riding,) = hub._replies.riding(payload)
    with hub.store.deriving() as write:
        write.arrived([riding])
    assert hub.store.counters()[UNREADABLE] == 1
    with owning(person.world.hub) as db:
        assert db.execute(select(func.count()).select_from(RIDE)).scalar() == 0

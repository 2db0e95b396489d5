"""What a person asks of the care team, who is noted as changed, and what the team has of a person when a consent ends."""

import contextlib
import shutil
import time

import pytest
from sqlalchemy import delete, func, insert, select

from agent.cli import main
from agent.outbox import consents
from agent.wire import codes
from agent.wire.context import DAY_S
from agent.wire.keys import kid
from agent.wire.message import AskMessage, CoverMessage, EraseMessage, GapMessage
from hub import retention
from hub.scoring.scorer import Scorer
from hub.site import open_keys
from hub.store.rides import ALERT as OF_ALERT
from hub.store.rides import LOOKS, put_ride, ride_words
from hub.store.tables import ALERT, CHANGED, LOOK, RIDE, ROW, SHOWN, TEAM_NOTE
from tests.hub.store.test_rides import ONE, looks
from tests.support.hub_messages import reasons_by_seq
from tests.support.scored import FIRST_DAY, Scored, drained
from tests.support.world import START_UTC_S, another_person, deliver, make_world, owning

pytestmark = pytest.mark.postgres

ASKS = codes.codes("asks")
WORDS = "Please look at my weeks.\nI sleep badly."


@pytest.fixture(params=["sqlite", "one user", "a user for each process"])
def world(request, tmp_path):
    """Each kind of database."""
    base = "" if request.param == "sqlite" else request.getfixturevalue("server").base()
    made = make_world(tmp_path, database=base, users="each" in request.param)
    yield made
    made.close()


def ask(person, what, *, at_utc_s=START_UTC_S + 60, consent_hash=None):
    about = 3 if what in ("hold", "seen") else 0
    words = WORDS if what == "see" else ""
    return AskMessage(consent_hash or person.consent_hash, at_utc_s, ASKS[what], about, words)


def told(person, *messages):
    """What the hub says of one envelope."""
    sealed = person.say(*messages)
    return reasons_by_seq(person.world, person.receiver.handle([sealed]))[person.seq]


def rows(world, kind):
    with owning(world.hub) as db:
        return db.execute(select(ROW.c.serial).where(ROW.c.kind == kind)).scalars().all()


def withdraw(person):
    with person.world.outbox() as outbox:
        consents.withdraw(outbox, person.world.identity.sign, person.world.identity.site, int(time.time()))
        deliver(person.world, outbox, person.receiver)


def erase(person):
    serial = int(time.time())
    assert told(person, EraseMessage(serial, serial)) == "stored"


# ---- asks


def test_each_ask_is_a_row_under_its_consent(world):
    person = Scored.made(world)
    with world.outbox() as outbox:
        serial = consents.in_force(outbox).serial
    for what in ASKS:
        assert told(person, ask(person, what)) == "stored"
    assert rows(world, "ask") == [serial] * 4
    assert person.receiver.store.counters()["stored"] >= 4
    assert told(person, ask(person, "see")) == "stored", "the same ask, sealed again"
    assert len(rows(world, "ask")) == 4, "is not kept twice"


@pytest.mark.parametrize("what", ASKS)
def test_only_to_be_seen_needs_a_grant_to_the_team_for_care(world, what):
    """A consent to a score alone has the grant of nothing for care in its record."""
    person = Scored.made(world, purposes=("score",))
    assert told(person, ask(person, what)) == ("not_granted" if what == "see" else "stored")


@pytest.mark.parametrize("what", ASKS)
def test_an_ask_needs_a_consent_that_is_known_and_in_force_at_that_moment(world, what):
    person = Scored.made(world)
    with world.outbox() as outbox:
        record = consents.in_force(outbox)
    assert told(person, ask(person, what, consent_hash=b"?" * 32)) == "consent_unknown"
    assert told(person, ask(person, what, at_utc_s=record.from_utc_s - 1)) == "not_granted"
    assert told(person, ask(person, what, at_utc_s=record.until_utc_s)) == "consent_expired"
    assert told(person, ask(person, what, at_utc_s=record.until_utc_s - 1)) == "stored"
    withdraw(person)
    assert told(person, ask(person, what)) == "consent_withdrawn"
    erase(person)
    assert told(person, ask(person, what)) == "erased"
    assert rows(world, "ask") == []


# ---- who is noted as changed


def noted(world):
    """Who is noted, once."""
    with owning(world.hub) as db:
        found = db.execute(select(CHANGED.c.device)).scalars().all()
        db.execute(delete(CHANGED))
    return found


def test_what_hub_alerts_follows_is_noted_and_nothing_else(world):
    person = Scored.made(world)
    which = kid(world.identity.sign.public)
    assert noted(world) == [which], "a consent and its statement"
    window = FIRST_DAY * DAY_S + 8 * 3600
    for message, is_followed in (
        (ask(person, "see"), True),
        (person.window(window, 60.0, 40.0, "care"), True),
        (person.window(window, 60.0, 40.0, "score"), True),
        (person.noted(FIRST_DAY), True),
        (CoverMessage(), False),
        (GapMessage(bytes(16), 1, 1, 1, "age"), False),
        (ask(person, "see", consent_hash=b"?" * 32), False),  # refused: nothing changed
    ):
        told(person, message)
        assert noted(world) == [which] * is_followed, message
    withdraw(person)
    assert noted(world) == [which]
    erase(person)
    assert noted(world) == [which]


def test_a_batch_notes_each_person_once_and_the_oldest_change_stays(world, tmp_path):
    person = Scored.made(world)
    other = Scored.made(another_person(world, tmp_path / "second"), person.receiver)
    noted(world)
    first = [person.say(ask(person, "see")), other.say(ask(other, "see")), person.say(ask(person, "take_back"))]
    person.receiver.handle(first)
    with owning(world.hub) as db:
        before = db.execute(select(CHANGED).order_by(CHANGED.c.device)).all()
        db.execute(CHANGED.update().values(taken_ms=5))
    person.receiver.handle([person.say(ask(person, "see", at_utc_s=START_UTC_S + 90))])
    assert len(before) == 2
    with owning(world.hub) as db:
        assert db.execute(select(CHANGED.c.taken_ms)).scalars().all() == [5, 5]


def test_a_score_notes_its_person(world):
    person = Scored.made(world)
    person.days(25)
    person.send()
    noted(world)
    with contextlib.closing(Scorer(world.hub)) as scorer:
        drained(scorer)
    assert noted(world) == [kid(world.identity.sign.public)]


# ---- what ends


def for_the_team(world, which, serial=1):
    """A row of every table that rests on a consent, and a look that is not handed over yet."""
    sealed = {"data_key": b"12345678", "words": b"words"}
    with contextlib.closing(open_keys(world.hub)) as keys, owning(world.hub) as db:
        own = keys.data_keys.of(which, 0).name
        sealed["data_key"] = own
        db.execute(insert(SHOWN), {"device": which, "serial": serial, "made_utc_s": START_UTC_S, **sealed})
        alert = {"number": 1, "device": which, "serial": serial, "state": "with_team", "revision": 1}
        db.execute(insert(ALERT), {**alert, "team_utc_s": START_UTC_S, **sealed})
        note = {"device": which, "number": 1, "at_utc_s": START_UTC_S, "who": "A. Member"}
        db.execute(insert(TEAM_NOTE), {**note, **sealed})
        look = {"n": 1, "device": which, "number": 1, "at_utc_s": START_UTC_S, "who": "A. Member", "role": "lead"}
        links = {"own_link": bytes(32), "link": bytes(32)}
        db.execute(insert(LOOK), {**look, "view": "person", **links})
        put_ride(db, keys, which, LOOKS, 1, 0, ride_words(looks(1)[0]))
        put_ride(db, keys, which, OF_ALERT, 1, 1, ride_words(ONE))


def left(world):
    """How many rows each of these tables has; of rides, which kinds."""
    with owning(world.hub) as db:
        counts = [
            db.execute(select(func.count()).select_from(table)).scalar() for table in (SHOWN, ALERT, TEAM_NOTE, LOOK)
        ]
        return counts, db.execute(select(RIDE.c.kind).order_by(RIDE.c.kind)).scalars().all()


def test_a_withdrawal_ends_what_the_team_has_and_looks_still_reach_the_person(world):
    person = Scored.made(world)
    for_the_team(world, kid(world.identity.sign.public))
    assert left(world) == ([1, 1, 1, 1], [OF_ALERT, LOOKS])
    withdraw(person)
    assert left(world) == ([0, 0, 0, 1], [LOOKS])


def test_an_erasure_ends_everything_but_the_log_of_looks(world):
    person = Scored.made(world)
    for_the_team(world, kid(world.identity.sign.public))
    erase(person)
    assert left(world) == ([0, 0, 0, 1], [])


def test_another_persons_end_ends_nothing_of_this_one(world, tmp_path):
    person = Scored.made(world)
    other = Scored.made(another_person(world, tmp_path / "second"), person.receiver)
    for_the_team(world, kid(world.identity.sign.public))
    erase(other)
    withdraw(other)
    assert left(world) == ([1, 1, 1, 1], [OF_ALERT, LOOKS])


@pytest.fixture
def small(tmp_path):
    """A hub on SQLite."""
    made = make_world(tmp_path)
    yield made
    made.close()


def restarted(world, receiver):
    world.close()
    world.receivers.clear()
    return world.receiver()


@pytest.mark.parametrize("end", [withdraw, erase])
def test_a_database_put_back_from_before_the_end_ends_it_again_and_follows_everybody(small, tmp_path, end):
    person, other = Scored.made(small), None
    other = Scored.made(another_person(small, tmp_path / "second"), person.receiver)
    which, stays = (kid(one.world.identity.sign.public) for one in (person, other))
    for_the_team(small, which)
    with owning(small.hub) as db:
        db.exec_driver_sql("PRAGMA user_version")
    small.close()
    small.receivers.clear()
    shutil.copy(small.hub / "hub.db", tmp_path / "old.db")
    person.receiver = other.receiver = small.receiver()
    end(person)
    small.close()
    small.receivers.clear()
    for file in small.hub.glob("hub.db*"):
        file.unlink()
    shutil.copy(tmp_path / "old.db", small.hub / "hub.db")
    with owning(small.hub) as db:
        db.execute(delete(CHANGED))
    small.receiver()
    assert left(small) == ([0, 0, 0, 1], [LOOKS] if end is withdraw else [])
    assert noted(small) == sorted([which, stays])


def test_what_a_lost_data_key_closed_is_deleted_when_a_backup_was_restored(world):
    person = Scored.made(world)
    which = kid(world.identity.sign.public)
    for_the_team(world, which)
    with contextlib.closing(open_keys(world.hub)) as keys:
        keys.put({"restored": b"1"})
        keys.data_keys.destroy(which, 0)
    world.close()
    world.receivers.clear()
    person.receiver = world.receiver()
    assert left(world) == ([0, 0, 0, 1], [])


# ---- retention


def test_the_teams_notes_go_when_they_are_old_and_all_of_a_person_after_the_last_consent(world):
    person = Scored.made(world)
    which = kid(world.identity.sign.public)
    assert told(person, ask(person, "see")) == "stored"
    for_the_team(world, which)
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(arrived_days=30))
    now_utc_s = int(time.time())
    counted, _ = retention.apply(world.hub, now_utc_s, only_count=True)
    assert [(one.rule, one.rows) for one in counted] == [("arrived", 1)]
    deleted, _ = retention.apply(world.hub, now_utc_s)
    assert deleted == counted
    assert left(world) == ([1, 1, 0, 1], [OF_ALERT, LOOKS]), "the note is years old, the ask arrived today"
    noted(world)
    deleted, _ = retention.apply(world.hub, now_utc_s + 32 * DAY_S)
    assert [(one.rule, one.rows) for one in deleted] == [("arrived", 1)]
    assert rows(world, "ask") == []
    assert noted(world) == [which], "the team no longer reads that this person asks"
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(ended_days=30))
    with world.outbox() as outbox:
        ended_utc_s = consents.in_force(outbox).until_utc_s
    deleted, _ = retention.apply(world.hub, ended_utc_s + 31 * DAY_S)
    assert [(one.rule, one.rows, one.keys_destroyed) for one in deleted] == [("ended", 1, True)], (
        "what the team read of it went with the rows"
    )
    assert left(world) == ([0, 0, 0, 1], [])


# ---- export


@pytest.mark.parametrize("purpose", ["care", "score"])
def test_nothing_of_an_ask_and_nothing_of_a_team_is_in_an_export(world, tmp_path, purpose):
    person = Scored.made(world)
    person.say(person.window(FIRST_DAY * DAY_S, 60.0, 40.0, purpose))
    person.send()
    assert told(person, ask(person, "see")) == "stored"
    for_the_team(world, kid(world.identity.sign.public))
    out = tmp_path / "out"
    words = ["hub", "export", str(world.hub), str(out), "--study", "s", "--to", "R", "--purpose", purpose]
    assert main(words) == 0
    written = b"".join(file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file())
    assert b"hr_mean_bpm" in written, "the same look finds the window"
    for secret in (b"sleep badly", b"A. Member", b"with_team", b'"ask"'):
        assert secret not in written

"""What the agent says for "Sharing": counts, days and rows of a real ledger; and whether anything may leave, in each state."""

import asyncio
import datetime as dt
from contextlib import ExitStack, contextmanager

import pytest

from agent.control import handlers
from agent.errors import WrongUse
from agent.model import NS_PER_S
from agent.outbox import consents
from agent.page import consent, forms, queries, shared
from agent.session.session import Session
from agent.system import host
from agent.system.clock import VirtualClock
from agent.system.run_mode import RunMode
from agent.tables.profiles import PROFILES
from agent.wire.message import CoverMessage
from tests.support.world import OPERATOR, START_UTC_S, deliver, make_world, release_window

DAY_S = 86_400
NOON_S = int(
    dt.datetime.fromtimestamp(START_UTC_S + 86_400).astimezone().replace(hour=12, minute=0, second=0).timestamp()
)


@pytest.fixture
def world(tmp_path):
    made = make_world(tmp_path, from_utc_s=START_UTC_S)
    yield made
    made.close()


@contextmanager
def at(world, utc_s, profile=None):
    """The agent's session at a moment, without its loops."""
    with ExitStack() as parts:
        yield session_of(world.settings, profile or world.profile, utc_s, parts)


def session_of(settings, profile, utc_s, parts):
    async def made():
        return Session(settings, profile, VirtualClock(utc_s * NS_PER_S), RunMode(serves=False), parts)

    return asyncio.run(made())


def asked(session, before=None):
    return shared.shared(session, forms.Before(before=before))


def test_rows_are_listed_by_the_person_s_day_and_counted_as_they_are_listed(world):
    with at(world, NOON_S + 3 * DAY_S) as session:
        first_idx = session.outbox.head()[0]  # the consent
        for day in range(4):
            for n in range(3):
                session.outbox.put([CoverMessage()], NOON_S + day * DAY_S + n * 300)
        released = session.outbox.put_released(release_window(world, session.outbox), NOON_S + 3 * DAY_S + 900)
        assert released
        found = asked(session)
        today = host.local_time(NOON_S + 3 * DAY_S).date().isoformat()
        assert found["days"][0]["day"] == today
        assert [row["kind"] for row in found["rows"]] == ["summary", "cover", "cover", "cover"]
        assert found["days"][0] | found["today"] == found["days"][0]  # the same counts on the card and on the list
        assert (found["today"]["kept"], found["today"]["cover"]) == (4, 0)  # nothing was sent yet
        assert found["waiting"] == {"n": session.outbox.head()[0], "since_utc_s": START_UTC_S}
        assert (found["last_utc_s"], found["receipts"]) == (None, [0, 0])
        receiver = world.receiver()
        deliver(world, session.outbox, receiver)
        found = asked(session)
        assert found["today"] == {"summary": 1, "cover": 3, "other": 0, "kept": 0}
        assert found["week"]["cover"] == 12
        assert found["waiting"] == {"n": 0, "since_utc_s": None}
        assert found["last_utc_s"] == NOON_S + 3 * DAY_S + 900
        assert found["receipts"][0] == found["receipts"][1] == session.outbox.head()[0]
        assert sum(sum(day[name] for name in found["week"]) for day in found["days"]) == session.outbox.head()[0]
        # the day before, from its own link
        before = asked(session, found["days"][1]["before"])
        assert [row["idx"] for row in before["rows"]] == [first_idx + n for n in (9, 8, 7)]
        assert not before["is_cut"]
        assert asked(session, before["rows"][0]["idx"])["is_cut"]  # a link into the middle of a day
        assert asked(session, 1)["rows"] == []


def test_a_day_of_many_rows_is_cut_and_says_so(world, monkeypatch):
    monkeypatch.setattr(shared, "ROWS_MOST", 3)
    with at(world, NOON_S) as session:
        for n in range(7):
            session.outbox.put([CoverMessage()], NOON_S + n)
        found = asked(session)
        assert (len(found["rows"]), found["is_cut"], found["has_older"]) == (3, True, True)
        assert found["days"][0]["kept"] == 3  # what is counted is what is listed
        last = asked(session, found["rows"][-1]["idx"])
        assert (len(last["rows"]), last["is_cut"]) == (3, True)


def test_one_row_has_its_numbers_bytes_and_digest_and_an_erased_one_its_digest_alone(world):
    with at(world, NOON_S) as session:
        idx = session.outbox.put_released(release_window(world, session.outbox), NOON_S)[0].idx
        made = shared.row(session, forms.RowNumber(idx=idx))
        assert dict(made["numbers"])["hr_mean_bpm"] == 60.0
        assert bytes.fromhex(made["words"]) == session.outbox.words(idx)
        assert len(made["digest"]) == 64
        assert made["parts"][0]["signals"] == ["heart"]
        handlers.TABLE["erase"](session, "")
        gone = shared.row(session, forms.RowNumber(idx=idx))
        assert (gone["words"], gone["numbers"], gone["digest"]) == (None, [], made["digest"])
        listed = next(row for row in asked(session)["rows"] if row["idx"] == idx)
        assert (listed["has_words"], listed["parts"]) == (False, [])
        with pytest.raises(WrongUse, match="no row"):
            shared.row(session, forms.RowNumber(idx=10_000))


def test_whether_anything_may_leave_is_said_in_each_state(world, tmp_path):
    with at(world, START_UTC_S + 60) as session:
        found = consent.standing(session)
        assert (found["state"], found["grants"]) == ("given", [["heart", "care"]])
        until_utc_s = found["until_utc_s"]
        session.outbox.db.execute("UPDATE fate SET state = 'refused:bad_consent'")
        assert consent.standing(session)["state"] == "void"
        assert "refused by the hub" in consent.standing(session)["why"]
        session.outbox.db.execute("UPDATE fate SET state = 'receipted'")
        session.outbox.db.execute("DELETE FROM named_features")  # nobody knows what the person read
        assert consent.standing(session)["state"] == "changed"
        assert consent.standing(session)["grants"] == []
    with at(world, until_utc_s + 60) as session:
        assert consent.standing(session)["state"] == "ended"
        assert consent.standing(session)["until_utc_s"] == until_utc_s
    with at(world, START_UTC_S + 60, PROFILES["research"]) as session:
        assert consent.standing(session)["state"] == "void"
    with at(world, START_UTC_S + 60) as session:
        who = session.require_identity()
        consents.withdraw(session.outbox, who.sign, who.site, START_UTC_S + 60)
        assert consent.standing(session)["state"] == "none"
    alone = world.settings.model_copy(update={"state_dir": tmp_path / "alone"})
    with ExitStack() as parts:
        session = session_of(alone, world.profile, NOON_S, parts)
        assert consent.standing(session)["state"] == "alone"
        assert consent.say(session, forms.Nothing())["half"] is False
        assert asked(session)["rows"] == []


def test_a_consent_names_its_numbers_signal_by_signal(world):
    with at(world, START_UTC_S + 60) as session:
        said = consent.say(session, forms.Nothing())
    offered = [one for one in said["offered"] if one["signal"] == "heart"]
    assert {one["purpose"]: one["is_sent"] for one in offered} == {"care": True, "score": True, "group": False}
    assert said["record"]["named"] == {"heart": [one["name"] for one in offered[0]["numbers"]]}
    assert said["operator"] == OPERATOR
    assert {"shared", "row"} <= set(queries.QUESTIONS)

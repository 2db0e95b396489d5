"""Days and the roster from the store to sealed rows: once, again when they change, and nothing where policy denies it."""

import dataclasses

import pytest

from agent.days.store import DayStore, Entry, Rostered
from agent.model import DayValue
from agent.outbox import consents, ledger
from agent.privacy import consent
from agent.session.statements import Statements
from agent.tables.days import DAYS
from agent.tables.profiles import PROFILES
from agent.windows.history import History, Told
from agent.wire.consent import ConsentRecord
from agent.wire.context import DAY_S
from agent.wire.message import Grant, SchemaMessage
from agent.wire.plaintext import decode_plaintext
from tests.support.world import OPERATOR, PIN, START_UTC_S, deliver, make_world

DAY = START_UTC_S // DAY_S + 2  # the first day that a consent from START_UTC_S covers in every time zone
NOW = (DAY + 3) * DAY_S + 3600


@pytest.fixture
def kept(world):
    history = History(world.settings.state_dir / "history.db", world.vault)
    store = DayStore(world.settings.state_dir / "history.db", world.vault)
    yield history, store
    store.close()
    history.close()


def offer(world, outbox, kept, now_utc_s=NOW, profile=None):
    Statements(*kept, outbox, profile or world.profile, OPERATOR).offer(now_utc_s)


def messages(outbox, kind):
    return [decode_plaintext(row.words).messages[0] for row in ledger.rows(outbox) if row.kind == kind]


def say(store, first=DAY - 5, last=DAY + 10):
    span = range(first, last)
    shifts = {DAY + 1: [Rostered((DAY + 1) * DAY_S + 72_000, (DAY + 2) * DAY_S + 21_600, "night")]}
    store.say("watch", span, [DayValue(day, "sleep_h", 7.0 + day % 3 / 2, 0.95) for day in span])
    store.say("calendar", span, [DayValue(day, "short_rests_n", day % 2, 1.0) for day in span], shifts)


def test_a_day_is_sealed_when_it_is_over_once_and_again_when_it_changed(world, kept):
    world.give_consent(START_UTC_S, ("score",), days=("schedule", "sleep"))
    say(kept[1])
    with world.outbox() as outbox:
        offer(world, outbox, kept)
        assert [one.day for one in messages(outbox, "days")] == [DAY, DAY + 1, DAY + 2]
        assert {value.feature_id for one in messages(outbox, "days") for value in one.values} == {302, 321}
        offer(world, outbox, kept)
        assert len(messages(outbox, "days")) == 3
        kept[1].say("watch", [DAY + 1], [DayValue(DAY + 1, "sleep_h", 3.3, 1.0)])
        offer(world, outbox, kept)
        assert [one.day for one in messages(outbox, "days")] == [DAY, DAY + 1, DAY + 2, DAY + 1]
    with world.outbox() as outbox:  # after a restart
        offer(world, outbox, kept, NOW + DAY_S)
        assert [one.day for one in messages(outbox, "days")][4:] == [DAY + 3]
        words = [row.said[0] for row in ledger.rows(outbox) if row.kind == "days"]
        assert "sleep 3.3 h" in words[3]
        assert "short rests" in words[3]


def test_what_is_forgotten_here_is_taken_back_and_what_was_never_said_is_not_sent(world, kept):
    world.give_consent(START_UTC_S, ("score",), days=("sleep",))
    with world.outbox() as outbox:
        offer(world, outbox, kept)
        assert messages(outbox, "days") == []
        kept[1].say("watch", [DAY], [DayValue(DAY, "sleep_h", 7.0, 1.0)])
        offer(world, outbox, kept)
        kept[1].forget("watch")
        offer(world, outbox, kept)
        offer(world, outbox, kept)
        assert [(one.day, len(one.values)) for one in messages(outbox, "days")] == [(DAY, 1), (DAY, 0)]


def test_only_counts_of_a_journal_leave_and_never_its_words(world, kept):
    world.give_consent(START_UTC_S, ("care",), days=("journal",))
    kept[1].write(Entry(DAY * DAY_S + 9, DAY, "distressed", "a canary sang"))
    with world.outbox() as outbox:
        offer(world, outbox, kept)
        (said,) = messages(outbox, "days")
        assert [(value.feature_id, value.v - 1) for value in said.values] == [(341, 0), (342, 0), (343, 0), (344, 1)]
        assert not any(b"canary" in row.words for row in ledger.rows(outbox))


def test_a_pause_a_withdrawal_and_an_erasure_stop_them(world, kept):
    world.give_consent(START_UTC_S, ("score",), days=("sleep",))
    say(kept[1])
    with world.outbox() as outbox:
        consents.pause(outbox, NOW)
        offer(world, outbox, kept)
        assert messages(outbox, "days") == []
        consents.resume(outbox, NOW)
        offer(world, outbox, kept)
        assert len(messages(outbox, "days")) == 3
        sealed = [row.envelope for row in outbox.unsent(99) if row.kind == "days"]
        assert sealed == [], "they wait until the hub has the consent"
        gone = consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW)
        assert gone == 3
        states = {row.state for row in ledger.rows(outbox) if row.kind == "days"}
        assert states == {"withdrawn"}
        offer(world, outbox, kept, NOW + DAY_S)
        assert len(messages(outbox, "days")) == 3
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        assert all(row.words is None for row in ledger.rows(outbox) if row.kind == "days")
        assert outbox.sealed_meta("days sent") is None


@pytest.mark.parametrize(("signals", "shifts"), [(("schedule",), 1), ((), 0)])
def test_the_rosters_shifts_are_in_what_is_noted_where_the_roster_was_granted(world, kept, signals, shifts):
    world.give_consent(START_UTC_S, ("score",), context=True, days=signals)
    say(kept[1])
    with world.outbox() as outbox:
        offer(world, outbox, kept)
        assert sum(len(one.shifts) for one in messages(outbox, "context")) == shifts


def test_a_noted_shift_stands_in_the_place_of_the_rosters(world, kept):
    world.give_consent(START_UTC_S, ("score",), context=True, days=("schedule",))
    say(kept[1])
    start = (DAY + 1) * DAY_S + 68_400
    kept[0].tell(Told(start, "shift", "day", {"until_utc_s": start + 28_800}))
    with world.outbox() as outbox:
        offer(world, outbox, kept)
        (stated,) = [shift for one in messages(outbox, "context") for shift in one.shifts]
        assert (stated.start_utc_s, stated.kind) == (start, 1)


def forged(world):
    """A signed consent to everything that a day holds, which no command of this program would sign."""
    grants = tuple(
        sorted(Grant(signal, "workplace", OPERATOR) for signal in ("activity", "journal", "schedule", "sleep"))
    )
    until = START_UTC_S + 90 * DAY_S
    record = ConsentRecord(
        START_UTC_S + 9, "give", world.identity.device, "eu-workplace", bytes(32), START_UTC_S, until, grants
    )
    from agent.enrollment import identity

    key = identity.consent_key(world.settings.state_dir, PIN, world.vault)
    return record.signed_yes(key, world.identity.site, sorted(spec.feature_id for spec in DAYS.values()), ())


def test_under_a_workplace_nothing_of_a_day_is_sealed_even_under_a_forged_consent(tmp_path):
    world = make_world(tmp_path, profile="eu-workplace")
    history = History(world.settings.state_dir / "history.db", world.vault)
    store = DayStore(world.settings.state_dir / "history.db", world.vault)
    say(store)
    store.write(Entry(DAY * DAY_S + 9, DAY, "distressed", "a canary sang"))
    with world.outbox() as outbox:
        consents.give(outbox, forged(world), START_UTC_S + 9)
        assert consents.stands_at(outbox, "eu-workplace", NOW) is not None, "the forged consent is in force"
        offer(world, outbox, (history, store))
        assert messages(outbox, "days") == messages(outbox, "context") == []
        planted = dataclasses.replace(world.profile, releases=PROFILES["care"].releases)
        offer(world, outbox, (history, store), profile=planted)
        assert messages(outbox, "days"), "the same look finds a planted breach"
        assert consent.releasable(world.profile) != consent.releasable(planted)
    store.close()
    history.close()
    world.close()


@pytest.mark.parametrize("team", [(), ("context",)])
def test_what_is_noted_goes_to_the_care_team_only_where_that_was_granted(world, kept, team):
    world.give_consent(START_UTC_S, ("care", "score"), context=True, team=team)
    kept[0].tell(Told(DAY * DAY_S + 40_000, "change", "illness", {}))
    with world.outbox() as outbox:
        offer(world, outbox, kept)
        said = {one.purpose: one for one in messages(outbox, "context") if one.changes}
        assert set(said) == ({"care", "score"} if team else {"score"})
        assert len({one.changes for one in said.values()}) == 1
        receiver = world.receiver()
        deliver(world, outbox, receiver)
        outbox.put([SchemaMessage(2)], NOW)
        deliver(world, outbox, receiver, rounds=9)
        states = [row.state for row in ledger.rows(outbox) if row.kind in ("context", "consent")][
            1:
        ]  # the first is old
        assert set(states) == {"receipted"}, "the hub takes what the record grants"

"""Consent widens by nothing: not by a loosened policy, a new number, a new version, a row in a table, or a held-back clock."""

import dataclasses
import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import time_machine

from agent.control import client
from agent.enrollment import consent_key, identity
from agent.features import FEATURES
from agent.model import CodedValue, FeatureValue, Summary
from agent.outbox import consents, named_features, receipts
from agent.privacy import consent, gate
from agent.tables.profiles import PROFILES
from agent.wire import schema
from agent.wire.consent import SignedYes, names_features
from agent.wire.labels import SCHEMA
from agent.wire.message import FIRST_PURPOSES, Grant, SchemaMessage
from tests.support.hub_messages import data_message, reasons_by_seq, seal
from tests.support.world import OPERATOR, PIN, START_UTC_S, deliver, make_world

FACE = Summary(
    START_UTC_S,
    START_UTC_S + 300,
    (FeatureValue("perclos_01", 0.1, 300, 1.0, 0.0), FeatureValue("smile_left_share_01", 0.5, 300, 1.0, 0.0)),
)


@pytest.fixture
def world(tmp_path):
    made = make_world(tmp_path, consent=False)
    yield made
    made.close()


def give(world, profile, *, consent_of_release_0_1_0=False):
    """A yes to the face, under a profile; as that release kept it, there is no statement of features."""
    wanted = (Grant("face", "care", OPERATOR),)
    with mock.patch.object(consent, "TEXT_VERSION", 1 if consent_of_release_0_1_0 else consent.TEXT_VERSION):
        client.give_consent(world.settings, profile, wanted, PIN, START_UTC_S)
    with world.outbox() as outbox:
        if consent_of_release_0_1_0:
            outbox.db.execute("DELETE FROM named_features")
        return consents.consented(outbox)


def leaves(given, profile):
    names = {row.feature_id: name for name, row in FEATURES.items()}
    released = gate.release(FACE, profile, given, OPERATOR, ())
    return {names[value.feature_id] for one in released for value in one.values}


@pytest.mark.parametrize("consent_of_release_0_1_0", [False, True])
def test_a_policy_that_is_loosened_after_the_consent_lets_no_number_leave(world, consent_of_release_0_1_0):
    tight = PROFILES["care"].without(["expression"])
    given = give(world, tight, consent_of_release_0_1_0=consent_of_release_0_1_0)
    assert leaves(given, tight) == {"perclos_01"}
    assert leaves(given, PROFILES["care"]) == {"perclos_01"}  # the rule is gone; the yes is the same
    # the same look at a yes that was given without the rule finds the number
    with_everything = give(world, PROFILES["care"], consent_of_release_0_1_0=consent_of_release_0_1_0)
    assert leaves(with_everything, PROFILES["care"]) == {"perclos_01", "smile_left_share_01"}


FIRST_SIGNALS = ("heart", "face", "self_report", "affect")
"""That release 0.1.0 had."""


def test_every_text_of_release_0_1_0_is_recognized_by_its_hash(monkeypatch):
    monkeypatch.setattr(consent, "TEXT_VERSION", 1)
    for profile in PROFILES.values():
        signals = [signal for signal in consent.releasable_signals(profile) if signal in FIRST_SIGNALS]
        kinds = sorted({kind for signal, kind in profile.releases if signal in FIRST_SIGNALS})
        for many in range(len(kinds) + 1):
            for denied in itertools.combinations(kinds, many):
                tight = profile.without(denied)
                grants = tuple(
                    Grant(signal, purpose, OPERATOR)
                    for purpose in sorted(
                        {*profile.purposes}.intersection(FIRST_PURPOSES)
                    )  # that release knew no other
                    for signal in signals
                    if signal in consent.releasable_signals(tight)
                )
                if grants:
                    record = consent.give(tight, "device", 1, grants, START_UTC_S)
                    named = consent.named_features(record, None)
                    first = {spec.feature_id for spec in consent.releasable(tight) if spec.signal in FIRST_SIGNALS}
                    assert named == first, (profile.name, denied)


def test_a_number_added_by_an_update_is_in_no_earlier_consent(world, monkeypatch):
    given = give(world, PROFILES["care"])
    first = give(world, PROFILES["care"], consent_of_release_0_1_0=True)
    spec = dataclasses.replace(FEATURES["perclos_01"], name="squint_depth_mm", feature_id=900)
    monkeypatch.setitem(FEATURES, "squint_depth_mm", spec)
    for held in (given, first):
        assert not held.covers(spec, "care", OPERATOR, START_UTC_S, START_UTC_S + 300)
        assert held.covers(FEATURES["perclos_01"], "care", OPERATOR, START_UTC_S, START_UTC_S + 300)
        assert spec not in held.releasable(PROFILES["care"])


def test_a_text_that_nobody_can_make_again_names_nothing_and_the_person_is_asked(world):
    record = give(world, PROFILES["care"], consent_of_release_0_1_0=True).record
    strange = dataclasses.replace(record, text_hash=hashlib.sha256(b"another text").digest())
    assert consent.named_features(record, None) != frozenset()
    assert consent.named_features(strange, None) == frozenset()


def test_a_row_in_the_consent_table_that_nobody_signed_gives_nothing(world):
    given = give(world, PROFILES["care"])
    forged = dataclasses.replace(given.record, serial=given.record.serial + 1, until_utc_s=given.record.until_utc_s + 1)
    with world.outbox() as outbox:
        values = (forged.serial, forged.encode(), forged.hash)
        outbox.db.execute("INSERT INTO consent SELECT ?, ?, ?, idx, 1 FROM consent", values)
        assert consents.consented(outbox) is None
        outbox.db.execute("DELETE FROM consent WHERE serial = ?", (forged.serial,))
        assert consents.consented(outbox) == given
        outbox.db.execute("UPDATE named_features SET statement = zeroblob(200)")
        assert named_features.of(outbox, given.record.hash) is None


def test_another_key_names_no_features_at_the_control_socket(world):
    wanted = (Grant("heart", "care", OPERATOR),)
    yes = consent_key.signed_yes(world.settings, PROFILES["care"], world.identity, 9, wanted, PIN, START_UTC_S)
    wider = dataclasses.replace(yes.features, feature_ids=(1, 2, 3, 4, 161))
    public = world.identity.consent_public
    assert names_features(yes.features, world.identity.site, public)
    assert not names_features(SignedYes(yes.record, wider).features, world.identity.site, public)


# ---- at the hub


def stated(world, receiver):
    """Deliver in the second schema; the record in force."""
    with world.outbox() as outbox:
        outbox.put([SchemaMessage(SCHEMA)], START_UTC_S)
        deliver(world, outbox, receiver)
        deliver(world, outbox, receiver)
        assert outbox.unsettled() == 0
        return consents.in_force(outbox)


def test_the_hub_stores_only_what_the_consent_names(world):
    tight = PROFILES["care"].without(["expression"])
    give(world, tight)
    receiver = world.receiver()
    record = stated(world, receiver)
    named, other = CodedValue(161, 2, 300, 1000, 0), CodedValue(101, 2, 300, 1000, 0)
    batch = [
        seal(world, [data_message(record, values=(named,))], seq=1),
        seal(world, [data_message(record, start=START_UTC_S + 300, values=(other, named))], seq=2),
    ]
    answers = receiver.handle([(world.topic, envelope) for envelope in batch])
    assert reasons_by_seq(world, answers) == {1: "stored", 2: "not_granted"}


def test_a_newer_feature_waits_for_the_statement_that_names_it(world, monkeypatch):
    known = dict(schema.features())
    known[900] = dataclasses.replace(known[161], feature_id=900, name="later")
    monkeypatch.setattr(schema, "features", lambda: known)
    record = give(world, PROFILES["care"]).record
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)  # a device that has not stated its schema sends no statement
    later = [data_message(record, values=(CodedValue(900, 2, 300, 1000, 0),))]
    first = receiver.handle([(world.topic, seal(world, later, seq=1))])
    assert reasons_by_seq(world, first) == {1: "consent_unknown"}  # not final
    key = world.identity.sign
    forged = record.signed_yes(key, world.identity.site, [900]).features
    refused = receiver.handle([(world.topic, seal(world, [forged], seq=2))])
    assert reasons_by_seq(world, refused) == {2: "bad_consent"}
    person = identity.consent_key(world.settings.state_dir, PIN, world.vault)
    stated_by_person = record.signed_yes(person, world.identity.site, [161, 900]).features
    named = receiver.handle([(world.topic, seal(world, [stated_by_person], seq=3))])
    assert reasons_by_seq(world, named) == {3: "stored"}
    taken = receiver.handle([(world.topic, seal(world, later, seq=1))])
    assert reasons_by_seq(world, taken) == {1: "stored"}


def test_a_consent_that_ended_long_ago_covers_nothing_whatever_the_devices_clock_says(world):
    record = give(world, PROFILES["care"]).record
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
    face = (CodedValue(161, 2, 300, 1000, 0),)
    ended = datetime.fromtimestamp(record.until_utc_s, UTC)
    with time_machine.travel(ended + timedelta(days=30), tick=True):
        inside = receiver.handle([(world.topic, seal(world, [data_message(record, values=face)], seq=1))])
    with time_machine.travel(ended + timedelta(days=32), tick=True):
        late = [data_message(record, start=START_UTC_S + 300, values=face)]
        after = receiver.handle([(world.topic, seal(world, late, seq=2))])
        stored = receiver.store.counters()["stored"]
        ended_too = [data_message(record, start=record.until_utc_s // 300 * 300, values=face)]
        beyond = receiver.handle([(world.topic, seal(world, ended_too, seq=3))])
    assert reasons_by_seq(world, inside) == {1: "stored"}  # an outbox keeps rows for 30 days
    assert reasons_by_seq(world, after) == {2: "schema_too_new"}, "not stored, and not final: it may be the hub's clock"
    assert stored == receiver.store.counters()["stored"]
    assert reasons_by_seq(world, beyond) == {3: "consent_expired"}, "by its own bounds: final, whatever the clock says"


def test_a_hub_whose_clock_is_a_year_wrong_refuses_nothing_for_good_and_takes_it_all_once_it_is_right(world):
    receiver = world.receiver()
    now = datetime.now(UTC)
    start = int(now.timestamp()) // 300 * 300 + 300
    client.give_consent(world.settings, PROFILES["care"], (Grant("face", "care", OPERATOR),), PIN, start)
    with world.outbox() as outbox:
        given = consents.consented(outbox)
        summary = Summary(start, start + 300, FACE.values[:1])
        outbox.put_released(gate.release(summary, PROFILES["care"], given, OPERATOR, ()), start)
        with time_machine.travel(now - timedelta(days=365), tick=True):
            behind = deliver(world, outbox, receiver)
        assert (behind.refused, behind.not_yet) == ((), ("schema_too_new",))
        assert consents.consented(outbox) == given, "nobody is asked to consent again"
        consent_row, *_ = deliver_sent(world, outbox, receiver)
        assert consent_row == "stored"
        rows = outbox.unsent(9)
        outbox.mark_sent(rows, start)
        with time_machine.travel(now + timedelta(days=4000), tick=True):
            ahead = deliver_sent(world, outbox, receiver)
        assert ahead == ["schema_too_new"]
        assert deliver_sent(world, outbox, receiver) == ["stored"]
        assert outbox.unsettled() == 0


def deliver_sent(world, outbox, receiver):
    """What was sent and is not settled goes again; the reasons of the answers."""
    rows = [outbox.sent_row(idx) for idx in outbox.sent()]
    answers = receiver.handle([(world.topic, row.envelope) for row in rows])
    for _, payload in answers:
        receipts.apply(outbox, world.identity.open_answers(payload), START_UTC_S, payload)
    return [reason for _, reason in sorted(reasons_by_seq(world, answers).items())]


def test_a_consent_from_the_future_that_a_stolen_key_signed_ends_nothing_and_is_stored_by_no_hub(world):
    record = give(world, PROFILES["care"]).record
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
    person = identity.consent_key(world.settings.state_dir, PIN, world.vault)
    ahead = dataclasses.replace(record, serial=2**53 - 1).signed(person, world.identity.site)
    face = (CodedValue(161, 2, 300, 1000, 0),)
    answers = receiver.handle(
        [
            (world.topic, seal(world, [ahead], seq=1)),
            (world.topic, seal(world, [data_message(record, values=face)], seq=2)),
        ]
    )
    assert reasons_by_seq(world, answers) == {1: "schema_too_new", 2: "stored"}
    assert receiver.store.counters()["stored"] == 2, "the first consent, and the summary"


def test_the_hubs_clock_ends_a_consent_on_a_device_whose_clock_is_held_back(world):
    record = give(world, PROFILES["care"]).record
    receiver = world.receiver()
    with world.outbox() as outbox:
        outbox.put([SchemaMessage(SCHEMA)], START_UTC_S)
        assert consents.stands_at(outbox, "care", START_UTC_S) is not None
        with time_machine.travel(datetime.fromtimestamp(record.until_utc_s, UTC) + timedelta(days=1), tick=True):
            deliver(world, outbox, receiver)
        assert consents.stands_at(outbox, "care", START_UTC_S) is None


def test_a_withdrawal_with_the_highest_serial_ends_no_later_consent(world):
    give(world, PROFILES["care"])
    receiver = world.receiver()
    now = int(datetime.now(UTC).timestamp())
    thief = consent.withdrawal("care", world.identity.device, 2**53 - 1, now)
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        stolen = thief.signed(world.identity.sign, world.identity.site)
        refused = receiver.handle([(world.topic, seal(world, [stolen], seq=1))])
        assert reasons_by_seq(world, refused) == {1: "stored"}  # it ends what was given before
    client.give_consent(world.settings, PROFILES["care"], (Grant("face", "care", OPERATOR),), PIN, now + 60)
    with world.outbox() as outbox:
        settled = receipts.Settled()
        deliver(world, outbox, receiver)
        again = consents.in_force(outbox)
        values = (CodedValue(161, 2, 300, 1000, 0),)
        start = (now + 600) // 300 * 300
        answer = receiver.handle([(world.topic, seal(world, [data_message(again, start=start, values=values)], seq=2))])
    assert reasons_by_seq(world, answer) == {2: "stored"}
    assert settled.refused == ()

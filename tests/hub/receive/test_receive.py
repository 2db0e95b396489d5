"""The hub's order of checks: each refusal by its name, counted, nothing stored; answers only to the authentic."""

import contextlib
import dataclasses
import os
import re

import pytest

from agent.enrollment import identity
from agent.errors import WireRefused, WrongUse
from agent.outbox import consents, receipts
from agent.privacy.consent import give as make_record
from agent.privacy.vault import open_vault
from agent.wire import codec, envelope, message
from agent.wire.armor import armor, dearmor
from agent.wire.keys import ReceiveKey, SignKey
from agent.wire.labels import CODES, REASONS
from agent.wire.message import CoverMessage, Grant
from hub import enroll, site
from hub.site import open_keys
from tests.support import postgres
from tests.support.hub_messages import HEAD, data_message, reasons_by_seq, seal, send_consent
from tests.support.world import OPERATOR, PIN, START_UTC_S, deliver, make_world


@pytest.fixture
def world(either):
    """Every behaviour of the hub, on both kinds of data base."""
    return either


@pytest.fixture
def receiver(world):
    return world.receiver()


@pytest.mark.process
def test_what_was_consented_is_stored_and_receipted(world, receiver):
    record = send_consent(world, receiver)
    answers = receiver.handle([(world.topic, seal(world, [data_message(record)]))])
    assert reasons_by_seq(world, answers) == {1: "stored"}
    assert [stored.features() for stored in receiver.store.summaries()] == [
        {"hr_mean_bpm": (60.0, 300), "rmssd_ms": (42.0, 299)}
    ]


@pytest.mark.process
@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("too_large", lambda world: (world.topic, seal(world, [CoverMessage()]) + b"\0")),
        ("malformed", lambda world: (world.topic, seal(world, [CoverMessage()])[:-1])),
        ("malformed", lambda world: (world.topic, b"")),
        ("malformed", lambda world: (world.topic, b"\xff" * envelope.ENVELOPE_BYTES)),
        ("unknown_key", lambda world: (world.topic, seal(world, [CoverMessage()], sender=stranger(world)))),
        ("wrong_topic", lambda world: (world.topic + "x", seal(world, [CoverMessage()]))),
        ("bad_signature", lambda world: (world.topic, altered(seal(world, [CoverMessage()])))),
        (
            "bad_signature",
            lambda world: (world.topic, seal(world, [CoverMessage()], topic="wardbeat/v1/test-site/up/other")),
        ),
    ],
)
def test_an_envelope_of_nobody_is_counted_and_not_answered(world, receiver, reason, spoil):
    assert receiver.handle([spoil(world)]) == []
    assert receiver.store.counters() == {reason: 1}
    assert receiver.store.settled() == {}


@pytest.mark.process
@pytest.mark.parametrize("seq", [0, 2**53, 2**64 - 1])
def test_a_seq_that_no_database_could_hold_is_refused_by_name(world, receiver, seq):
    sender = world.identity.sender()
    good = envelope.decode(seal(world, [CoverMessage()]))
    header = good.header_bytes.replace((1).to_bytes(8, "big"), seq.to_bytes(8, "big"))
    signature = sender.sign.sign(envelope.Label.ENVELOPE, sender.site, sender.topic, header, good.ciphertext)
    assert receiver.handle([(world.topic, codec.encode([header, good.ciphertext, signature]))]) == []
    assert receiver.store.counters() == {"bad_seq": 1}


@pytest.mark.process
def test_every_refusal_of_an_authentic_device_is_a_signed_notice(world, receiver):
    record = send_consent(world, receiver)
    far = START_UTC_S + 4000 * 86_400
    unknown = codec.encode(
        [bytes(16), 0, 1, HEAD, [["summary", 1, "care", bytes(32), 0, 300, [[999, 1, 0, 0, 0, 0, 0]]]]]
    )
    other_kem = ReceiveKey.of(os.urandom(32)).public
    cases = [
        ("bad_plaintext", b"\xff"),
        ("schema_too_new", unknown),
        ("consent_unknown", [dataclasses.replace(data_message(record), consent_hash=b"?" * 32)]),
        ("consent_expired", [data_message(record, start=far)]),
        ("not_granted", [data_message(record, purpose="research")]),
        ("not_granted", [data_message(record, start=START_UTC_S - 300)]),
        ("bad_consent", [message.ConsentMessage(b"\x80", bytes(64))]),
    ]
    batch = [(world.topic, seal(world, said, seq)) for seq, (_, said) in enumerate(cases, start=1)]
    batch.append((world.topic, seal(world, [CoverMessage()], 90, recipient=other_kem)))
    stored_before = receiver.store.settled()

    reasons = reasons_by_seq(world, receiver.handle(batch))

    assert [reasons[seq] for seq in range(1, len(cases) + 1)] == [reason for reason, _ in cases]
    assert reasons[90] == "kem_unknown"
    assert receiver.store.settled() == stored_before


@pytest.mark.process
def test_a_replayed_envelope_is_a_duplicate_and_another_under_its_seq_a_fork(world, receiver):
    first, other = seal(world, [CoverMessage()]), seal(world, [CoverMessage()])
    assert reasons_by_seq(world, receiver.handle([(world.topic, first)])) == {1: "stored"}
    assert reasons_by_seq(world, receiver.handle([(world.topic, first)])) == {1: "duplicate"}
    assert reasons_by_seq(world, receiver.handle([(world.topic, other)])) == {1: "fork"}
    twice = seal(world, [CoverMessage()], 2)
    receiver.handle([(world.topic, twice), (world.topic, twice)])
    assert receiver.store.counters()["duplicate"] == 2
    assert len(receiver.store.settled()) == 2


@pytest.mark.process
def test_after_a_withdrawal_a_client_with_the_devices_keys_is_refused(world, receiver):
    record = send_consent(world, receiver)
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S)
        deliver(world, outbox, receiver)
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, [data_message(record)]))])) == {
        1: "consent_withdrawn"
    }
    assert receiver.store.summaries() == []


@pytest.mark.process
def test_a_withdrawal_and_data_in_one_batch_leave_no_row(world, receiver):
    record = send_consent(world, receiver)
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S)
        withdrawal = outbox.unsent(1)[0].envelope
    receiver.handle([(world.topic, withdrawal), (world.topic, seal(world, [data_message(record)]))])
    assert receiver.store.summaries() == []


@pytest.mark.process
def test_a_data_file_restored_from_before_the_withdrawal_does_not_bring_consent_back(world, receiver):
    record = send_consent(world, receiver)
    receiver.store.close()
    restore = postgres.backed_up(world.hub)
    receiver = world.receiver()
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S)
        deliver(world, outbox, receiver)
    receiver.store.close()
    restore()
    receiver = world.receiver()
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, [data_message(record)]))])) == {
        1: "consent_withdrawn"
    }


@pytest.mark.process
def test_erasing_removes_rows_and_nobody_who_kept_the_bytes_can_bring_them_back(world, receiver):
    record = send_consent(world, receiver)
    kept = seal(world, [data_message(record)])
    receiver.handle([(world.topic, kept)])
    receiver.handle([(world.topic, seal(world, [message.EraseMessage(record.serial, START_UTC_S)], 2))])
    assert receiver.store.summaries() == []
    assert reasons_by_seq(world, receiver.handle([(world.topic, kept)])) == {1: "duplicate"}
    assert reasons_by_seq(world, receiver.handle([(world.topic, seal(world, [data_message(record)], 3))])) == {
        3: "erased"
    }
    assert receiver.store.summaries() == []


@pytest.mark.process
def test_a_message_that_makes_our_own_code_fail_is_quarantined_and_the_others_go_on(
    world, receiver, monkeypatch, caplog
):
    record = send_consent(world, receiver)
    from hub.store import transaction

    real = transaction.StoreTransaction._apply

    def failing(self, device, said):
        if isinstance(said, message.ProbeMessage):
            raise RuntimeError("planted: a value of somebody's")
        return real(self, device, said)

    monkeypatch.setattr(
        transaction.StoreTransaction, "_apply", failing
    )  # the one patch of our own code: it plants the fault

    batch = [
        (world.topic, seal(world, said, seq))
        for seq, said in ((1, [message.ProbeMessage(bytes(16))]), (2, [data_message(record)]))
    ]
    assert reasons_by_seq(world, receiver.handle(batch)) == {1: "quarantined", 2: "stored"}
    assert receiver.store.counters()["quarantined"] == 1
    assert re.search(r"a message was quarantined \(RuntimeError, hub/store/transaction\.py:\d+\)", caplog.text)
    assert "planted" not in caplog.text, "what an error says may be what the message said"


@pytest.mark.process
def test_a_consent_of_another_key_device_or_serial_is_refused(world, receiver):
    record = send_consent(world, receiver)
    thief = SignKey.of(os.urandom(32))
    grants = (Grant("heart", "care", OPERATOR),)
    forged = make_record(world.profile, world.identity.device, 9, grants, START_UTC_S).signed(thief, "test-site")
    person = world_consent_key(world)
    elsewhere = make_record(world.profile, "another", 9, grants, START_UTC_S).signed(person, "test-site")
    same_serial = make_record(world.profile, world.identity.device, record.serial, grants, START_UTC_S + 1).signed(
        person, "test-site"
    )
    batch = [
        (world.topic, seal(world, [said], seq)) for seq, said in enumerate((forged, elsewhere, same_serial), start=1)
    ]
    assert set(reasons_by_seq(world, receiver.handle(batch)).values()) == {"bad_consent"}


@pytest.mark.process
def test_more_than_forty_answers_travel_in_several_envelopes_of_the_one_size(world, receiver):
    batch = [(world.topic, seal(world, [CoverMessage()], seq)) for seq in range(1, 101)]
    answers = receiver.handle(batch)
    assert {len(payload) for _, payload in answers} == {envelope.ENVELOPE_BYTES}
    assert len(answers) == 3
    assert len(reasons_by_seq(world, answers)) == 100


# ---- enrollment


@pytest.mark.slow
def test_a_code_enrolls_one_device_once(tmp_path):
    world = make_world(tmp_path, consent=False)
    from agent.enrollment import identity

    bundle = site.invite(world.hub)
    for n in (1, 2):
        folder = tmp_path / f"other{n}"
        folder.mkdir(mode=0o700)
        vault = open_vault(folder, "file")
        request = armor("REQUEST", identity.begin(folder, vault, dearmor("BUNDLE", bundle), PIN))
        if n == 1:
            enroll.admit(world.hub, request)
        else:
            with pytest.raises(WireRefused) as refused:
                enroll.admit(world.hub, request)
            assert refused.value.reason == "bad_code"


@pytest.mark.slow
def test_a_request_for_another_site_or_a_synthetic_one_is_refused_by_a_real_hub(tmp_path):
    from agent.enrollment import identity

    real = make_world(tmp_path / "real", consent=False, synthetic=False)
    demo = make_world(tmp_path / "demo", consent=False)
    folder = tmp_path / "person"
    folder.mkdir(mode=0o700)
    request = identity.begin(folder, open_vault(folder, "file"), dearmor("BUNDLE", site.invite(demo.hub)), PIN)
    with pytest.raises(WireRefused) as refused:
        enroll.admit(real.hub, armor("REQUEST", request))
    assert refused.value.reason == "wrong_site"


@pytest.mark.process
def test_an_answer_that_was_lost_is_given_again_to_the_same_keys_alone(world):
    folder = world.folder / "second"
    folder.mkdir(mode=0o700)
    vault = open_vault(folder, "file")
    request = armor("REQUEST", identity.begin(folder, vault, dearmor("BUNDLE", site.invite(world.hub)), PIN))
    enroll.admit(world.hub, request)
    quoted = "Dear operator,\r\n" + "\r\n".join(f"> {line}" for line in request.splitlines()) + "\r\n-- \r\nGrüße\r\n"
    again = enroll.admit(world.hub, quoted)
    assert identity.finish(folder, vault, dearmor("ANSWER", again)).device
    with pytest.raises(WrongUse):
        identity.finish(folder, vault, dearmor("ANSWER", again))
    with contextlib.closing(open_keys(world.hub)) as keys:
        assert keys.devices.count() == 2


@pytest.mark.slow
def test_an_answer_for_another_machine_does_not_open(tmp_path):
    from agent.enrollment import identity

    world = make_world(tmp_path, consent=False)
    papers = []
    for n in (1, 2):
        folder = tmp_path / f"person{n}"
        folder.mkdir(mode=0o700)
        vault = open_vault(folder, "file")
        request = identity.begin(folder, vault, dearmor("BUNDLE", site.invite(world.hub)), PIN)
        papers.append((folder, vault, enroll.admit(world.hub, armor("REQUEST", request))))
    (_, _, foreign), (folder, vault, _) = papers
    with pytest.raises(WireRefused):
        identity.finish(folder, vault, dearmor("ANSWER", foreign))


@pytest.mark.process
def test_a_hub_is_never_overwritten(world):
    with pytest.raises(WrongUse):
        site.init(world.hub, site.Site("again", "x", "127.0.0.1", 1))


def stranger(world):
    return dataclasses.replace(world.identity.sender(), sign=SignKey.of(os.urandom(32)))


def altered(sealed):
    return sealed[:500] + bytes([sealed[500] ^ 1]) + sealed[501:]


def world_consent_key(world):
    from agent.enrollment import identity

    return identity.consent_key(world.settings.state_dir, PIN, world.vault)


def test_the_codes_of_answers_are_a_table_both_ways():
    assert {CODES[name]: name for name in CODES} == REASONS
    assert receipts.STORED == CODES["stored"]

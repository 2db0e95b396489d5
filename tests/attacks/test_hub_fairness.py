"""One enrolled device that floods the hub: others' receipts, its own backlog, the hub's files and commits."""

import contextlib
import time
from collections import Counter

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from agent.outbox import consents
from agent.wire.message import CoverMessage, EraseMessage, RenewMessage
from hub import hearing
from hub.keys.devices import Devices
from hub.receive import receiver as receiving
from hub.store import streams
from hub.store.tables import STREAM
from tests.support import flood
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.machine import within_s
from tests.support.processes import start_wardbeat, wait_for
from tests.support.world import START_UTC_S, another_person, deliver, make_world, start_site_broker

KINDS = ("erasures", "withdrawals", "consents", "streams")


def handed(world, receiver, envelopes):
    """Given to the hub in batches of its own size."""
    for n in range(0, len(envelopes), 100):
        receiver.handle([(world.topic, envelope) for envelope in envelopes[n : n + 100]])


@pytest.mark.process
@pytest.mark.parametrize("kind", ["erasures", "withdrawals"])
def test_what_ends_consent_costs_the_key_store_once_for_each_batch_and_device(world, monkeypatch, kind):
    receiver, calls = world.receiver(), Counter()
    send_consent(world, receiver)
    for name in ("withdraw", "erase"):
        real = getattr(Devices, name)
        monkeypatch.setattr(Devices, name, lambda *args, real=real, name=name: (calls.update([name]), real(*args)))
    handed(world, receiver, list(flood.flood_of(kind, world, 300)))
    assert receiver.store.counters()["stored"] == 301
    assert sum(calls.values()) <= 2 * 3, calls
    (device,) = receiver.keys.devices.all()
    assert (device.erased_serial if kind == "erasures" else device.withdrawn_serial) >= 300


@pytest.mark.process
def test_merged_withdrawals_and_erasures_end_what_each_of_them_would_have_ended(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)], 1))])
    low = [seal(world, [EraseMessage(n, START_UTC_S)], n + 10) for n in range(1, 4)]
    last = seal(world, [EraseMessage(record.serial, START_UTC_S)], 20)
    after = seal(world, [data_message(record, start=START_UTC_S + 300)], 21)
    receiver.handle([(world.topic, envelope) for envelope in (*low, last, after)])
    assert receiver.store.summaries() == []
    assert receiver.keys.data_keys.names() == set(), "no key is left of what was erased"
    again = seal(world, [data_message(record, start=START_UTC_S + 600)], 22)
    assert reasons_by_seq(world, receiver.handle([(world.topic, again)])) == {22: "erased"}


@pytest.mark.process
def test_renewals_of_a_batch_are_certified_once(world, monkeypatch):
    receiver, asked = world.receiver(), []
    monkeypatch.setattr(receiving, "renew", lambda *args: (asked.append(1), b"certificate")[1])
    request = tls_request(world)
    sealer = flood.Sealer(world)
    receiver.handle([(world.topic, sealer.seal(RenewMessage(request))) for _ in range(50)])
    assert len(asked) == 1


def tls_request(world):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, world.identity.device)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.DER)


def stream_rows(receiver):
    with receiver.store._engine.connect() as db:
        return db.execute(select(func.count()).select_from(STREAM)).scalar_one()


@pytest.mark.process
def test_a_device_begins_so_many_streams_a_day_and_a_decision_in_a_further_one_is_carried_out(world, monkeypatch):
    monkeypatch.setattr(streams, "STREAMS_A_DAY", 20)
    receiver = world.receiver()
    record = send_consent(world, receiver)
    before = stream_rows(receiver)
    handed(world, receiver, list(flood.flood_of("streams", world, 100)))
    assert stream_rows(receiver) == 20
    assert receiver.store.counters()["schema_too_new"] == 100 - (20 - before), "not final: the rows are sent again"
    with world.outbox() as outbox:  # a new stream too
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S + 60)
        deliver(world, outbox, receiver)
    assert receiver.keys.devices.all()[0].withdrawn_serial >= record.serial
    assert stream_rows(receiver) == 20


@pytest.mark.process
def test_old_streams_of_a_device_are_forgotten_but_not_the_one_that_proves_most(world, monkeypatch):
    monkeypatch.setattr(streams, "STREAMS_MOST", 10)
    receiver = world.receiver()
    sealer = flood.Sealer(world)
    for _ in range(30):
        sealer.seal(CoverMessage())  # its ledger grows
    receiver.handle([(world.topic, sealer.seal(CoverMessage()))])
    handed(world, receiver, list(flood.flood_of("streams", world, 25)))
    assert stream_rows(receiver) <= 11
    with receiver.store._engine.connect() as db:
        assert db.execute(select(func.max(STREAM.c.ledger_index))).scalar_one() == 31


@pytest.mark.long
@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_colleague_has_receipts_within_two_seconds_while_one_device_floods(tmp_path, kind):
    world = make_world(tmp_path / "site", from_utc_s=int(time.time()))
    colleague = another_person(world, tmp_path / "colleague", from_utc_s=int(time.time()))
    envelopes = list(flood.flood_of(kind, world, 1500))
    sealer = flood.Sealer(world)
    backlog = [sealer.seal(CoverMessage()) for _ in range(300)]
    broker = start_site_broker(world)
    hub = start_wardbeat("hub", "run", world.hub, log=world.folder / "hub.log")
    with contextlib.ExitStack() as parts:
        parts.callback(broker.stop)
        parts.callback(hub.stop)
        wait_for(lambda: [one.trouble for one in hearing.read_all(world.hub)] == [""], what="the hub to hear itself")
        attacker, other = flood.Raw(world), flood.Raw(colleague)
        try:
            other.receipt_s(flood.Sealer(colleague).seal(CoverMessage()))  # warm
            took = flood.receipts_beside(
                other, flood.Sealer(colleague), lambda: [attacker.send(envelope) for envelope in envelopes]
            )
            drained_s = attacker.drain_s(backlog)
        finally:
            attacker.close()
            other.close()
    p95_s = float(np.percentile(took, 95))
    print(f"{kind}: {len(took)} receipts, p95 {p95_s:.2f} s; its own 300 rows in {drained_s:.1f} s")
    assert p95_s < within_s(2.0)

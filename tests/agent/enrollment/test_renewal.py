"""A machine's TLS certificate is renewed by itself, over a real broker, and never exchanged for somebody else's."""

import asyncio
import datetime as dt
import signal
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from agent import pipeline
from agent.enrollment import identity, renewal
from agent.errors import WireRefused
from agent.system import host
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire.keys import kid
from agent.wire.message import RenewMessage
from agent.wire.receipt import Certificate
from hub.keys.certificates import certify
from hub.site import revoke
from tests.support.clients import can_connect
from tests.support.hub_messages import reasons_by_seq, seal
from tests.support.processes import until, wait_for
from tests.support.world import make_world, running_hub

NOW = int(time.time())


def certificate_of(world):
    return x509.load_pem_x509_certificate(identity.tls_files(world.settings.state_dir)[1].read_bytes())


def run_until(world, condition):
    async def main():
        stop = asyncio.Event()

        async def person(agent):
            try:
                await until(lambda: condition(agent))
            finally:
                stop.set()

        mode = RunMode(slot_s=0.1)
        await pipeline.run(
            world.settings, world.profile, SessionClock(), mode=mode, stop=stop, extra_tasks={"p": person}
        )

    with running_hub(world):
        asyncio.run(main())


def test_a_certificate_that_will_end_is_renewed_and_used(world, broker, monkeypatch):
    first = certificate_of(world)
    assert renewal.days_left(world.settings.state_dir, NOW) in (364, 365)
    monkeypatch.setattr(renewal, "BEFORE_DAYS", 400)
    both = world.settings.state_dir / "keys" / identity.TLS_BOTH
    run_until(world, lambda agent: both.exists())
    second = certificate_of(world)
    assert second.serial_number != first.serial_number
    assert second.public_key() != first.public_key()
    assert second.subject == first.subject
    assert both.stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED PRIVATE KEY" in both.read_bytes()
    # the old pair is not needed any more
    for name in ("tls.crt", "tls.key"):
        (world.settings.state_dir / "keys" / name).unlink()
    assert can_connect(world)
    monkeypatch.setattr(renewal, "BEFORE_DAYS", 60)
    settled = []
    run_until(world, lambda agent: agent.outbox.counts().get("receipted", 0) > 3 or settled)
    with world.outbox() as outbox:
        asked = outbox.db.execute("SELECT count(*) FROM ledger WHERE kind = 'renew'").fetchone()
    assert asked == (1,)


def test_a_revoked_device_is_held_off_with_every_certificate_it_had(world, broker):
    pem, request = identity.new_tls_key(world.vault)
    host.write_private(world.settings.state_dir / "keys" / "tls.next.key", pem)
    answers = world.receiver().handle([(world.topic, seal(world, [RenewMessage(request)]))])
    (der,) = [
        answer.der
        for _, payload in answers
        for answer in world.identity.open_answers(payload).answers
        if isinstance(answer, Certificate)
    ]
    assert renewal.take(world.settings.state_dir, world.vault, world.identity, der, NOW)
    assert not renewal.take(world.settings.state_dir, world.vault, world.identity, der, NOW)
    assert can_connect(world)
    revoke(world.hub, world.identity.device)
    broker.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: not can_connect(world), what="the broker to refuse the new certificate")


def ask(world, request, seq=1):
    return reasons_by_seq(world, world.receivers[-1].handle([(world.topic, seal(world, [RenewMessage(request)], seq))]))


def test_a_request_that_is_none_is_refused_by_name(world):
    world.receiver()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    weak = rsa.generate_private_key(65537, 2048)
    of_rsa = x509.CertificateSigningRequestBuilder().subject_name(name).sign(weak, hashes.SHA256())
    other = ec.generate_private_key(ec.SECP384R1())
    of_p384 = x509.CertificateSigningRequestBuilder().subject_name(name).sign(other, hashes.SHA256())
    _, good = identity.new_tls_key(world.vault)
    requests = [b"", b"nonsense", *(one.public_bytes(serialization.Encoding.DER) for one in (of_rsa, of_p384))]
    requests.append(good[:-1] + bytes([good[-1] ^ 1]))
    for seq, request in enumerate(requests, start=1):
        assert ask(world, request, seq) == {seq: "bad_plaintext"}
    assert ask(world, good, 9) == {9: "stored"}


def test_a_device_gets_ten_certificates_a_day_and_then_the_last_again(world):
    receiver = world.receiver()
    device = receiver.keys.devices.of(kid(world.identity.sign.public))
    for seq in range(1, 15):
        _, request = identity.new_tls_key(world.vault)
        assert ask(world, request, seq) == {seq: "stored"}
    assert len(receiver.keys.devices.certificates(device.kid)) == 10


@pytest.mark.slow
def test_a_certificate_for_another_key_name_or_of_another_authority_changes_nothing(world, tmp_path):
    folder = world.settings.state_dir
    pem, _ = identity.new_tls_key(world.vault)
    host.write_private(folder / "keys" / "tls.next.key", pem)
    ours = serialization.load_pem_private_key(pem, identity.tls_password(world.vault).encode()).public_key()
    elsewhere = make_world(tmp_path / "elsewhere", consent=False)
    wrong = [
        certify(world.hub, world.identity.device, ec.generate_private_key(ec.SECP256R1()).public_key(), server=None),
        certify(world.hub, "another", ours, server=None),
        certify(elsewhere.hub, world.identity.device, ours, server=None),
    ]
    for certificate in wrong:
        with pytest.raises(WireRefused):
            der = certificate.public_bytes(serialization.Encoding.DER)
            renewal.take(folder, world.vault, world.identity, der, NOW)
    with pytest.raises(WireRefused):
        renewal.take(folder, world.vault, world.identity, b"nonsense", NOW)
    right = certify(world.hub, world.identity.device, ours, server=None)
    early = dt.timedelta(days=400)  # as a hub would, whose clock is a year ahead
    late = x509.CertificateBuilder(
        right.issuer, right.subject, ours, right.serial_number, right.not_valid_before_utc + early,
        right.not_valid_after_utc + early,
    )  # fmt: skip
    soon = x509.CertificateBuilder(  # a hub thirty days ahead, to a device whose certificate ends later than that
        right.issuer, right.subject, ours, right.serial_number, right.not_valid_before_utc + dt.timedelta(days=30),
        right.not_valid_after_utc + dt.timedelta(days=30),
    )  # fmt: skip
    authority = serialization.load_pem_private_key((world.hub / "ca.key").read_bytes(), None)
    for builder in (late, soon):
        ahead = builder
        for item in right.extensions:
            ahead = ahead.add_extension(item.value, item.critical)
        der = ahead.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        with pytest.raises(WireRefused, match="clock"):
            renewal.take(folder, world.vault, world.identity, der, NOW)
    of_no_version = bytearray(right.public_bytes(serialization.Encoding.DER))
    of_no_version[of_no_version.index(b"\xa0\x03\x02\x01\x02") + 4] = 7
    with pytest.raises(WireRefused):
        renewal.take(folder, world.vault, world.identity, bytes(of_no_version), NOW)
    assert not (folder / "keys" / identity.TLS_BOTH).exists()

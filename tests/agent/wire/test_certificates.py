"""Certificates that the library reads and OpenSSL, and with it the broker, does not: refused before they replace a good one."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding

from agent.enrollment import identity
from agent.errors import WireRefused
from agent.wire import certificates
from hub.keys.certificates import certify
from tests.support.papers import reissued
from tests.support.processes import system_tool

COMMON_NAME = b"\x06\x03\x55\x04\x03"


@pytest.fixture
def issued(world):
    """A client's certificate (DER) whose signature ends in a zero bit, as every second does, and the site's authority."""
    public = certificates.requested_key(identity.new_tls_key(world.vault)[1])
    while True:
        made = certify(world.hub, world.identity.device, public, server=None)
        if made.signature[-1] % 2 == 0:
            return made.public_bytes(Encoding.DER), world.identity.bundle.ca_pem


def openssl_takes(world, tmp_path, der: bytes) -> bool:
    file = tmp_path / "judged.pem"
    words = [system_tool("openssl"), "x509", "-inform", "DER", "-out", file]
    if subprocess.run(words, input=der, capture_output=True, check=False).returncode:
        return False
    verify = [system_tool("openssl"), "verify", "-purpose", "sslclient", "-CAfile", world.hub / "ca.pem", file]
    return subprocess.run(verify, capture_output=True, check=False).returncode == 0


def with_unused_bit(der: bytes, signature: bytes) -> bytes:
    """The same signature, whose last bit is called unused."""
    at = len(der) - len(signature) - 1
    assert der[at] == 0
    return der[:at] + b"\1" + der[at + 1 :]


@pytest.mark.process
def test_a_certificate_whose_signature_has_an_unused_bit_is_refused_as_the_broker_would(world, tmp_path, issued):
    der, ca_pem = issued
    read = x509.load_der_x509_certificate(der)
    changed = with_unused_bit(der, read.signature)
    assert certificates.client_certificate(der, ca_pem).name == world.identity.device
    assert openssl_takes(world, tmp_path, der)
    assert x509.load_der_x509_certificate(changed).signature == read.signature, "the library sees no difference"
    assert not openssl_takes(world, tmp_path, changed)
    with pytest.raises(WireRefused, match="not a client's"):
        certificates.client_certificate(changed, ca_pem)


@pytest.mark.parametrize(
    ("kind", "is_taken"), [(0x0C, True), (0x13, True), (0x04, False), (0x1E, False), (0x14, False)]
)
def test_a_name_that_is_no_text_is_refused(world, issued, kind, is_taken):
    der, ca_pem = issued
    authority = serialization.load_pem_private_key((world.hub / "ca.key").read_bytes(), None)
    body = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    at = body.rindex(COMMON_NAME) + len(COMMON_NAME)
    changed = reissued(authority, body[:at] + bytes([kind]) + body[at + 1 :])
    if is_taken:
        assert certificates.client_certificate(changed, ca_pem).name == world.identity.device
    else:
        with pytest.raises(WireRefused):
            certificates.client_certificate(changed, ca_pem)


def test_a_request_whose_signature_has_an_unused_bit_is_refused(world):
    while True:
        _, der = identity.new_tls_key(world.vault)
        signature = x509.load_der_x509_csr(der).signature
        if signature[-1] % 2 == 0:
            break
    certificates.requested_key(der)
    with pytest.raises(WireRefused) as refused:
        certificates.requested_key(with_unused_bit(der, signature))
    assert refused.value.reason == "bad_signature"

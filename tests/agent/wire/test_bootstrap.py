"""The pass and what travels by it, read and written by hand as FORMAT.md has it, and bytes of every other kind refused."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.wire import bootstrap, codec
from agent.wire.bootstrap import ADMITTED, OBJECTION, REFUSED, REQUEST, Pass

CODE = bytes(range(16))
AT = ("clinic-a", "enroll-007")
KEY = bootstrap.seal_key(CODE)
NAME = bootstrap.code_name(CODE)


def hkdf(secret, info, size):
    """RFC 5869 with SHA-256 and no salt, from its text."""
    key = hmac.digest(bytes(32), secret, hashlib.sha256)
    out, block, n = b"", b"", 1
    while len(out) < size:
        block = hmac.digest(key, block + info + bytes([n]), hashlib.sha256)
        out, n = out + block, n + 1
    return out[:size]


def test_the_keys_come_of_the_code_as_the_format_says():
    assert hkdf(CODE, b"wardbeat/2/enroll-seal", 32) == KEY
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    scalar = int.from_bytes(hkdf(CODE, b"wardbeat/2/enroll-tls", 48), "big") % (order - 1) + 1
    assert bootstrap.tls_key(CODE).private_numbers().private_value == scalar
    assert hashlib.sha256(CODE).digest()[:4] == NAME


def test_a_message_and_a_reply_are_read_and_written_by_hand():
    data, nonce = bootstrap.sealed_message(KEY, AT, NAME, REQUEST, b"paper")
    name, said_nonce, sealed = codec.decode(data)
    assert (name, said_nonce) == (NAME, nonce)
    bound = codec.encode(["wardbeat/2/enroll-up", *AT, NAME])
    assert codec.decode(AESGCM(KEY).decrypt(nonce, sealed, bound)) == [REQUEST, b"paper"]
    own = bytes(12)
    bound = codec.encode(["wardbeat/2/enroll-down", *AT, nonce])
    made = codec.encode([nonce, own, AESGCM(KEY).encrypt(own, codec.encode([REFUSED, bytes([1])]), bound)])
    said = bootstrap.opened_reply(KEY, AT, made)
    assert (said.what, bootstrap.reason_of(said.body), bootstrap.asked_by(made)) == (REFUSED, "bad_code", nonce)


def test_every_changed_byte_and_every_other_place_is_refused():
    data, nonce = bootstrap.sealed_message(KEY, AT, NAME, OBJECTION, b"x" * 17)
    reply = bootstrap.sealed_reply(KEY, AT, nonce, ADMITTED, b"answer")
    assert bootstrap.opened_message(KEY, AT, data).body == b"x" * 17
    assert bootstrap.opened_reply(KEY, AT, reply).body == b"answer"
    for good, opened in ((data, bootstrap.opened_message), (reply, bootstrap.opened_reply)):
        for place in range(len(good)):
            with pytest.raises(WireRefused):
                opened(KEY, AT, good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        for at in (("clinic-b", AT[1]), (AT[0], "enroll-008")):
            with pytest.raises(WireRefused, match="open_failed"):
                opened(KEY, at, good)
        with pytest.raises(WireRefused, match="open_failed"):
            opened(bootstrap.seal_key(bytes(16)), AT, good)
    with pytest.raises(WireRefused):
        bootstrap.opened_reply(KEY, AT, data)
    with pytest.raises(WireRefused):
        bootstrap.opened_message(KEY, AT, reply)


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused_by_name(data):
    for read in (
        bootstrap.decode_pass,
        bootstrap.code_name_of,
        bootstrap.asked_by,
        lambda d: bootstrap.opened_message(KEY, AT, d),
        lambda d: bootstrap.opened_reply(KEY, AT, d),
    ):
        with pytest.raises(WireRefused):
            read(data)
    assert bootstrap.reason_of(data) in {"unknown", *bootstrap.REASONS.values()}


@pytest.mark.parametrize("name", ["0123456789abcdef", "enroll-a/b", "enroll-+", "hub", "", "enroll-" + "9" * 80])
def test_a_pass_for_anybody_else_is_refused(name):
    assert bootstrap.decode_pass(Pass("enroll-000", b"der").encode()) == Pass("enroll-000", b"der")
    with pytest.raises(WireRefused, match="nobody who may enroll"):
        bootstrap.decode_pass(Pass(name, b"der").encode())


def test_what_has_no_code_travels_as_malformed():
    assert [bootstrap.reason_of(bootstrap.reason_body(name)) for name in ("bad_code", "of a newer hub")] == [
        "bad_code",
        "malformed",
    ]

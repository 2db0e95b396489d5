"""Every paper as release 0.1.0 wrote it is read, made again byte for byte where nothing is random, and read by a stranger.

The stranger has FORMAT.md, cbor2, hashlib and two primitives: none of our code.
"""

import base64
import hashlib
import json
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import WireRefused
from agent.wire import armor, certificates, enroll, erase_receipt, erasure
from agent.wire.directory import lowest_serial
from agent.wire.keys import ReceiveKey, SignKey
from tests.golden import make_papers_v1

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "papers_v1.json").read_text())
SEEDS = {name: bytes.fromhex(seed) for name, seed in GOLDEN["seeds"].items()}
NOW = GOLDEN["now"]


def paper(name):
    return bytes.fromhex(GOLDEN[name]["paper"])


def bundle():
    return enroll.decode_bundle(paper("bundle"))


def device_key():
    key = ec.derive_private_key(GOLDEN["tls private numbers"]["device"], ec.SECP256R1())
    return certificates.public_bytes(key.public_key())


# ---- our own reading


def test_papers_of_release_0_1_0_are_read_and_what_is_not_random_is_made_again():
    assert armor.dearmor("BUNDLE", GOLDEN["bundle"]["armored"]) == paper("bundle")
    assert armor.armor("BUNDLE", bundle().encode()) == GOLDEN["bundle"]["armored"]
    request = enroll.verified_request(paper("request"))
    signs = [SignKey.of(SEEDS["sign"]), SignKey.of(SEEDS["consent"])]
    recovery = erasure.recovery_key(bytes.fromhex(GOLDEN["recovery code"]["code"]))
    assert enroll.signed_request(request, *signs, recovery) == paper("request")
    assert certificates.public_bytes(certificates.requested_key(request.tls_request)) == device_key()
    wish = erasure.verified_wish(paper("erasure"))
    assert erasure.signed_wish(wish, recovery) == paper("erasure")
    assert erasure.from_words(GOLDEN["recovery code"]["words"]) == bytes.fromhex(GOLDEN["recovery code"]["code"])
    assert recovery.public.hex() == GOLDEN["recovery code"]["public"]


def test_the_answer_opens_to_a_certificate_that_passes_every_check():
    answer, seen, _ = enroll.opened_answer(paper("answer"), bundle(), ReceiveKey.of(SEEDS["receive"]), NOW)
    certificates.authority(bundle().ca_pem).check_days("the CA", NOW)
    certificate = certificates.client_certificate(answer.tls_certificate, bundle().ca_pem)
    certificate.check_days("the certificate", NOW)
    assert (certificate.name, certificate.public) == (answer.device, device_key())
    assert lowest_serial(bundle().directory_floor) == seen.key.serial == NOW
    for late in (NOW - 3700, NOW + 367 * 86_400):
        with pytest.raises(WireRefused, match=r"directory key .*clock is wrong"):
            enroll.opened_answer(paper("answer"), bundle(), ReceiveKey.of(SEEDS["receive"]), late)


def test_the_words_and_texts_are_what_they_were():
    assert bundle().words == GOLDEN["bundle"]["words"]
    assert enroll.verified_request(paper("request")).words == GOLDEN["request"]["words"]
    receipt = erase_receipt.read_receipt(armor.armor("ERASE RECEIPT", paper("erase receipt")))
    assert receipt.words == GOLDEN["erase receipt"]["text"]


def test_the_script_says_what_the_file_says():
    """But for what is random: ciphertexts, and ECDSA's signatures in certificates."""
    made = make_papers_v1.papers()
    for name in ("seeds", "machine", "recovery code", "erasure"):
        assert made[name] == GOLDEN[name]


# ---- a stranger's reading, from FORMAT.md alone


def stranger_words(data):
    """Proquints of the first 16 bytes of SHA-256."""
    digest, said = hashlib.sha256(data).digest()[:16], []
    for at in range(0, 16, 2):
        bits = f"{int.from_bytes(digest[at : at + 2], 'big'):016b}"
        said.append("".join(
            "bdfghjklmnprstvz"[int(bits[a:b], 2)] if b - a == 4 else "aiou"[int(bits[a:b], 2)]
            for a, b in ((0, 4), (4, 6), (6, 10), (10, 12), (12, 16))
        ))  # fmt: skip
    return " ".join(said)


def stranger_verifies(public, signature, *array):
    Ed25519PublicKey.from_public_bytes(public).verify(signature, cbor2.dumps(list(array)))


def test_a_stranger_reads_bundle_and_request():
    lines = GOLDEN["bundle"]["armored"].splitlines()
    assert (lines[0], lines[-1]) == ("-----BEGIN WARDBEAT BUNDLE-----", "-----END WARDBEAT BUNDLE-----")
    fields = cbor2.loads(base64.b64decode("".join(lines[1:-1])))
    assert stranger_words(cbor2.dumps(["wardbeat/1/bundle", *fields[:8]])) == GOLDEN["bundle"]["words"]
    body, *signatures = cbor2.loads(paper("request"))
    site, _code, sign, _receive, consent, _csr, _synthetic, machine, recovery = cbor2.loads(body)
    labels = ("wardbeat/1/request", "wardbeat/1/request-consent-key", "wardbeat/1/request-recovery-key")
    for public, signature, label in zip((sign, consent, recovery), signatures, labels, strict=True):
        stranger_verifies(public, signature, label, site, body)
    assert stranger_words(cbor2.dumps(["wardbeat/1/request-words", site, body])) == GOLDEN["request"]["words"]
    of = GOLDEN["machine"]
    said = cbor2.dumps([bytes.fromhex(of["installation"]), site, of["folder"]])
    assert hashlib.sha256(said).digest() == machine == bytes.fromhex(of["machine"])


def test_a_stranger_opens_the_answer():
    fields, (sealed, signature, published) = cbor2.loads(paper("bundle")), cbor2.loads(paper("answer"))
    site, root, floor, code = fields[0], fields[5], fields[6], fields[8]
    cert, by_root, directory, by_key = cbor2.loads(published)
    serial, key, begins, ends = cbor2.loads(cert)
    stranger_verifies(root, by_root, "wardbeat/1/directory-key", site, cert)
    stranger_verifies(key, by_key, "wardbeat/1/directory", site, directory)
    assert serial >= floor >> 20
    assert cbor2.loads(directory)[0] >= floor
    assert begins <= NOW <= ends
    stranger_verifies(key, signature, "wardbeat/1/answer", site, code, sealed)
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    info = cbor2.dumps(["wardbeat/1/answer-seal", site, code])
    words = suite.decrypt(sealed, ReceiveKey.of(SEEDS["receive"]).private, info=info)
    assert words.hex() == GOLDEN["answer"]["sealed words"]
    assert cbor2.loads(words)[0] == make_papers_v1.DEVICE


def test_a_stranger_reads_recovery_code_erasure_and_receipt():
    code = bytes.fromhex(GOLDEN["recovery code"]["code"])
    check = hashlib.sha256(b"wardbeat/1/recovery check" + code).digest()[:2]
    bits = "".join(f"{byte:08b}" for byte in code + check)
    letters = [("bdfghjklmnprstvz", 4), ("aiou", 2), ("bdfghjklmnprstvz", 4), ("aiou", 2), ("bdfghjklmnprstvz", 4)]
    said, at = "", 0
    while at < len(bits):
        for alphabet, width in letters:
            said += alphabet[int(bits[at : at + width], 2)]
            at += width
        said += " "
    assert said.strip() == GOLDEN["recovery code"]["words"]
    seed = HKDF(hashes.SHA256(), 32, salt=None, info=b"wardbeat/1/recovery").derive(code)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    body, signature = cbor2.loads(paper("erasure"))
    assert cbor2.loads(body) == ["golden", public, NOW + 100]
    stranger_verifies(public, signature, "wardbeat/1/recovery", "golden", body)
    site, root, published, (kind, device, times, signed) = cbor2.loads(paper("erase receipt"))
    assert (kind, root) == ("erased", cbor2.loads(paper("bundle"))[5])
    receipt_key = cbor2.loads(cbor2.loads(published)[2])[5][0]
    stranger_verifies(receipt_key, signed, "wardbeat/1/erased", site, device, times)
    assert times == [2**53 - 1, NOW + 100, NOW + 200, NOW + 30 * 86_400, 0]

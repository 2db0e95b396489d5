"""Print papers_v1.json: one of every paper, from fixed seeds. Sealing and ECDSA are randomised: run it again only to add.

The file was made by the code of release 0.1.0, which is why nothing newer is imported at the top; words and texts that
later releases make of the same bytes are added by `later`.
"""

import datetime as dt
import hashlib
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.wire import armor, codec, directory, enroll, erasure
from agent.wire.keys import ReceiveKey, SignKey
from agent.wire.receipt import Erased

SITE, DEVICE, OPERATOR = "golden", "00112233aabbccdd", "Golden service"
NAMES = ("root", "directory", "receipt", "sign", "consent", "receive", "hub kem")
SEEDS = {name: bytes([n]) * 32 for n, name in enumerate(NAMES, start=1)}
CODE, RECOVERY_CODE = bytes(range(16)), bytes(range(16, 32))
INSTALLATION, FOLDER = hashlib.sha256(b"an installation and a user").digest(), "/home/a person/wardbeat"
NOW_UTC_S = 1_790_000_000
DAY_S = 86_400
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject, public, issuer, issuer_key, *, ca):
    begins = dt.datetime.fromtimestamp(NOW_UTC_S - 3600, dt.UTC)
    builder = (
        x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer)).public_key(public)
        .serial_number(1 if ca else 2).not_valid_before(begins).not_valid_after(begins + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )  # fmt: skip
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def papers():
    """Every paper and what it was made of, as hexadecimal text where it is bytes."""
    signs = {name: SignKey.of(SEEDS[name]) for name in ("root", "directory", "receipt", "sign", "consent")}
    receive, kem = ReceiveKey.of(SEEDS["receive"]), ReceiveKey.of(SEEDS["hub kem"])
    recovery = erasure.recovery_key(RECOVERY_CODE)
    ca_key, tls_key = (ec.derive_private_key(number, ec.SECP256R1()) for number in (7, 11))
    ca = _certificate("wardbeat site CA", ca_key.public_key(), "wardbeat site CA", ca_key, ca=True)
    client = _certificate(DEVICE, tls_key.public_key(), "wardbeat site CA", ca_key, ca=False)
    csr = x509.CertificateSigningRequestBuilder().subject_name(_name("wardbeat device")).sign(tls_key, hashes.SHA256())
    serial = NOW_UTC_S
    floor = serial * 2**20
    bundle = enroll.Bundle(
        SITE, OPERATOR, "broker.example", 8883, ca.public_bytes(PEM), signs["root"].public, floor, True, CODE
    )
    machine = hashlib.sha256(codec.encode([INSTALLATION, SITE, FOLDER])).digest()
    request = enroll.Request(
        SITE, CODE, signs["sign"].public, receive.public, signs["consent"].public, csr.public_bytes(DER), True, machine,
        recovery.public,
    )  # fmt: skip
    cert = directory.DirectoryKey(serial, signs["directory"].public, NOW_UTC_S, NOW_UTC_S + 366 * DAY_S)
    listed = directory.Directory(
        floor + 3, NOW_UTC_S, NOW_UTC_S + 7 * DAY_S, True, (directory.KemKey(kem.public, NOW_UTC_S + 45 * DAY_S),),
        (signs["receipt"].public,), (), (),
    )  # fmt: skip
    published = directory.publish(signs["root"], signs["directory"], cert, listed, SITE)
    answer = enroll.sealed_answer(
        enroll.Answer(DEVICE, client.public_bytes(DER)), request, signs["directory"], published
    )
    wish = erasure.Wish(SITE, recovery.public, NOW_UTC_S + 100)
    erased = Erased(DEVICE, erasure.EVERY_SERIAL, NOW_UTC_S + 100, NOW_UTC_S + 200, NOW_UTC_S + 30 * DAY_S, 0)
    signed = erased.signed(signs["receipt"], SITE)
    receipt = codec.encode([SITE, signs["root"].public, published, signed.items()])
    return {
        "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
        "tls private numbers": {"authority": 7, "device": 11},
        "now": NOW_UTC_S,
        "bundle": {"paper": bundle.encode().hex(), "armored": armor.armor("BUNDLE", bundle.encode())},
        "machine": {"installation": INSTALLATION.hex(), "folder": FOLDER, "machine": machine.hex()},
        "request": {
            "body": request.encode().hex(),
            "paper": enroll.signed_request(request, signs["sign"], signs["consent"], recovery).hex(),
        },
        "answer": {
            "sealed words": codec.encode([DEVICE, client.public_bytes(DER)]).hex(),
            "paper": answer.hex(),
        },
        "recovery code": {
            "code": RECOVERY_CODE.hex(),
            "words": erasure.in_words(RECOVERY_CODE),
            "public": recovery.public.hex(),
        },
        "erasure": {"paper": erasure.signed_wish(wish, recovery).hex()},
        "erase receipt": {"paper": receipt.hex()},
    }


def later(found):
    """What release 0.2.0 says of the same bytes: the words that people compare, and a receipt's text."""
    from agent.wire import erase_receipt

    found["bundle"]["words"] = enroll.decode_bundle(bytes.fromhex(found["bundle"]["paper"])).words
    found["request"]["words"] = enroll.verified_request(bytes.fromhex(found["request"]["paper"])).words
    paper = bytes.fromhex(found["erase receipt"]["paper"])
    found["erase receipt"]["text"] = erase_receipt.read_receipt(armor.armor("ERASE RECEIPT", paper)).words
    return found


if __name__ == "__main__":
    given = sys.stdin.read() if "later" in sys.argv else ""
    json.dump(later(json.loads(given)) if given else papers(), sys.stdout, indent=1)
    sys.stdout.write("\n")

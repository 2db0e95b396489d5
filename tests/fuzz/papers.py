"""Mutated papers, certificates, answers after opening and camera lines: nothing crashes, nothing wrong is accepted.

make fuzz ROOM=papers PAPERS=100000 SEED=1        a table: refusals by name, crashes, wrongly accepted

That many of each of four groups: answers after opening, papers, certificates and requests for them, camera lines.

What is sealed and signed is mutated inside, and sealed and signed again by those whose keys are enrolled, so that the
code behind the signature is reached: a certificate under the authority's key, an answer under the hub's. An acceptance
is wrong where the state changed, or where a second reading (openssl, or a rule in this file) says no.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from agent.enrollment import departure, identity, renewal
from agent.errors import WireRefused
from agent.model import NS_PER_S
from agent.outbox import consents, receipts
from agent.perception.frame_result import Look
from agent.signal.face.actions import ACTIONS
from agent.signal.face.quality import REASONS
from agent.signal.face.shape import Pose
from agent.sources.camera import protocol
from agent.sources.camera.states import CameraState
from agent.system import host
from agent.wire import armor, certificates, codec, enroll, erase_receipt, receipt
from hub.keys.certificates import certify
from tests.fuzz import wire
from tests.support.papers import begun, reissued
from tests.support.world import START_UTC_S


class Desk(wire.Room):
    """A hub, an enrolled device, one that waits for its answer, and one good one of every paper."""

    def __init__(self, folder):
        super().__init__(folder)
        self.folder = folder
        self.begun = begun(self.world.hub, folder / "begun")
        self.started = identity.load(self.begun.folder, self.begun.vault)
        self.tls_key = serialization.load_pem_private_key((self.world.hub / "ca.key").read_bytes(), None)
        pem, self.tls_request = self._asked()
        host.write_private(self.world.settings.state_dir / "keys" / "tls.next.key", pem)
        self.public = certificates.requested_key(self.tls_request)
        self.certificate = self.issued(self.world.identity.device, self.public)
        self.enrolling = self.issued("0011223344556677", certificates.requested_key(self.begun.request.tls_request))
        self.ca_pem = self.world.identity.bundle.ca_pem
        self.outbox = self.world.outbox()
        consents.erase(self.outbox, self.world.identity.sign, self.keys.site, START_UTC_S)
        self.erased = receipt.Erased(self.world.identity.device, 1, START_UTC_S, int(time.time()), 0)
        self.before = self.state()

    def _asked(self):
        """A key and its request, whose signature ends in a zero bit: there alone a bit can be called unused."""
        while True:
            pem, asked = identity.new_tls_key(self.world.vault)
            if x509.load_der_x509_csr(asked).signature[-1] % 2 == 0:
                return pem, asked

    def issued(self, name, public):
        """The same of a certificate."""
        while True:
            made = certify(self.world.hub, name, public, server=None)
            if made.signature[-1] % 2 == 0:
                return made.public_bytes(serialization.Encoding.DER)

    def reissued(self, tbs):
        """Any bytes as the body of a certificate, signed by the site's authority."""
        return reissued(self.tls_key, tbs)

    def state(self):
        """What such answers may not change: keys, certificates, the erase receipt's file; and how many rows are settled."""
        folder = self.world.settings.state_dir
        files = [*(folder / "keys").iterdir(), *folder.glob("erase-*")]
        return [(file.name, file.read_bytes()) for file in sorted(files)], self.outbox.counts().get("receipted", 0)

    def is_unchanged(self):
        files, settled = self.state()
        return files == self.before[0] and settled <= self.before[1]

    def take(self, payload):
        """An answer as the publisher takes it over."""
        folder, me = self.world.settings.state_dir, self.world.identity
        self.outbox.db.execute("DELETE FROM meta WHERE name = ?", (receipts.STORE_ID,))  # or one name outdates the rest
        settled = receipts.apply(self.outbox, me.open_answers(payload), START_UTC_S, payload)
        if settled.certificate:
            renewal.take(folder, self.world.vault, me, settled.certificate, int(time.time()))
        if settled.erased is not None:
            departure.leave(folder, self.outbox, me, settled.erased, START_UTC_S)

    def paper_answer(self, words):
        """The paper ANSWER with any words sealed inside."""
        info = codec.encode([str(enroll.Label.ANSWER_SEAL), self.keys.site, self.begun.bundle.code])
        sealed = enroll.seal_to(enroll.receive_public(self.started.receive.public), words, info)
        key = self.keys.sign_key("directory")
        signature = key.sign(enroll.Label.ANSWER, self.keys.site, self.begun.bundle.code, sealed)
        return codec.encode([sealed, signature, self.keys.published()])


def judged(count, make, read, is_right=lambda _: False):
    """A tally of ``count`` mutations: made, read, and where they were taken judged a second time."""
    tally = wire.Tally()
    for n in range(count):
        data = make(n)
        with tally.one(lambda data=data: data):
            read(data)
            tally.accepted(data, is_right=is_right(data))
    return tally


def answered(*answers):
    return receipt.encode_answers(receipt.Answers(1, bytes(range(16)), answers))


def rows(desk, count, seed):
    """(name, tally) of each kind, as they come."""
    mutate = wire.Mutator(seed)
    der, ca = desk.certificate, desk.ca_pem
    tbs = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    inner = codec.encode(["0011223344556677", desk.enrolling])
    answer, bundle = desk.paper_answer(inner), desk.begun.bundle
    signed = desk.erased.signed(desk.keys.sign_key("receipt"), desk.keys.site)
    proof = codec.encode([desk.keys.site, desk.keys.value("root public"), desk.keys.published(), signed.items()])
    # nothing here is what this machine asked for: another key's certificate, an erasure that nobody signed, unknown rows
    opened = [
        answered(receipt.Certificate(desk.enrolling)),
        answered(desk.erased),
        answered(
            receipt.Receipt(bytes(16), 9, bytes(32), (receipt.Entry(1, bytes(32), 0), receipt.Entry(2, bytes(32), 10))),
            receipt.Notice(21, bytes(16), 4, 2),
        ),
    ]

    def certificate(data):
        certificates.client_certificate(data, ca)

    def kind(group, make, read, is_right=lambda _: False):
        return lambda: judged(count // group, make, read, is_right)

    kinds = {
        "answers, opened": kind(
            2, lambda n: desk.answer(_other(mutate, opened[n % 3])[: wire.envelope.MAX_WORDS_BYTES]), desk.take,
            lambda _: desk.is_unchanged(),
        ),
        "answers, certificate": kind(
            2, lambda _: desk.answer(answered(receipt.Certificate(mutate.bytes(der)))), desk.take
        ),
        "answer papers": kind(4, lambda _: mutate.bytes(answer), desk.begun.finish),
        "answer papers, sealed": kind(4, lambda _: desk.paper_answer(_other(mutate, inner)), desk.begun.finish),
        "bundles": kind(4, lambda _: _other(mutate, bundle.encode()), read_bundle, lambda data: is_told_apart(data, bundle)),
        "erase receipts": kind(
            4, lambda _: armor.armor("ERASE RECEIPT", _other(mutate, proof)), erase_receipt.read_receipt
        ),
        "certificates": kind(3, lambda _: mutate.bytes(der), certificate),
        "certificates, signed": kind(
            3, lambda _: desk.reissued(mutate.bytes(tbs)), certificate, lambda data: openssl_takes(desk, data)
        ),
        "TLS requests": kind(3, lambda _: mutate.bytes(desk.tls_request), certificates.requested_key),
        "camera lines": kind(1, lambda n: _line(mutate, n), read_line, is_line),
    }  # fmt: skip
    for name, made in kinds.items():
        yield name, made()


def read_bundle(data):
    certificates.authority(enroll.decode_bundle(data).ca_pem)


def is_told_apart(data, good):
    """A bundle has no signature: another one has other words, or differs in the code alone."""
    other = enroll.decode_bundle(data)
    return other.words != good.words or (other.code != good.code and replace(other, code=good.code) == good)


def read_line(data):
    """The camera process's line; its own error is the named refusal here."""
    try:
        protocol.read(data)
    except ValueError as error:
        raise WireRefused("malformed") from error


LINES = [
    protocol.written(word).rstrip()
    for word in (
        None,
        protocol.Told(None),
        protocol.Told(next(iter(CameraState))),
        protocol.Seen(5 * NS_PER_S, Look(1, None)),
        protocol.Seen(5 * NS_PER_S, Look(1, next(iter(REASONS)), lids_01=(0.1, 0.9), pose=Pose(0.1, 0.2, 0.3))),
        protocol.Seen(5 * NS_PER_S, Look(1, None, dict.fromkeys(ACTIONS, 0.5), affect_class=3, searched=True)),
    )
]
STRANGE_JSON = (
    "NaN",
    "-1e999",
    "1e400",
    "true",
    "null",
    '"x"',
    "[]",
    "{}",
    "-1",
    "1.5",
    "9" * 400,
    "[[[[]]]]",
    '"\\ud800"',
)


def _line(mutate, n):
    line = LINES[n % len(LINES)]
    if n % 2:
        return mutate.bytes(line)
    text = line.decode()
    places = [at for at, letter in enumerate(text) if letter in ":[,"]
    if not places:
        return mutate.bytes(line)
    at = mutate.chance.choice(places) + 1
    end = min((text.find(stop, at) for stop in ",]}" if text.find(stop, at) > 0), default=len(text))
    return (text[:at] + mutate.chance.choice(STRANGE_JSON) + text[end:]).encode()


def is_line(data):
    """The rules of a line once more."""
    said = json.loads(data)
    if said == {} or set(said) == {"state"}:
        return said == {} or said["state"] in {"END", *(state.name for state in CameraState)}
    look = said["look"]
    flat = [*look["actions"].values(), *(look["lids_01"] or []), *(look["pose"] or {}).values()]
    return (
        set(said) == {"at_ns", "look"}
        and type(said["at_ns"]) is int
        and set(look) <= {"faces", "gate", "actions", "lids_01", "pose", "is_covered", "searched", "affect_class"}
        and list(look["actions"]) == list(ACTIONS)
        and all(one is None or (type(one) in (int, float) and -7 <= one <= 7) for one in flat)
        and type(look["faces"]) is int
        and look["gate"] in {None, *REASONS}
        and look["is_covered"] in (True, False)
        and look["searched"] in (True, False)
        and (look["affect_class"] is None or type(look["affect_class"]) is int)
    )


def openssl_takes(desk, data):
    """Another reading: openssl verifies the certificate for a client, and it has one name."""
    file = desk.folder / "judged.der"
    file.write_bytes(data)
    verify = ["openssl", "verify", "-purpose", "sslclient", "-no_check_time", "-CAfile", str(desk.world.hub / "ca.pem")]
    shown = ["openssl", "x509", "-inform", "DER", "-in", str(file), "-outform", "PEM", "-out", str(file) + ".pem"]
    if subprocess.run(shown, capture_output=True, check=False).returncode:
        return False
    return subprocess.run([*verify, f"{file}.pem"], capture_output=True, check=False).returncode == 0


def _other(mutate, words):
    """A mutation inside that is never the same again."""
    changed = mutate.words(words)
    return mutate.bytes(words) if changed == words else changed


def planted(desk, count, seed):
    """The same detectors on the reader of release 0.1.0, which let foreign errors through, and on one that trusts."""
    mutate, ca = wire.Mutator(seed), x509.load_pem_x509_certificate(desk.ca_pem)
    tbs = x509.load_der_x509_certificate(desk.certificate).tbs_certificate_bytes

    def of_0_1_0(data):
        try:
            certificate = x509.load_der_x509_certificate(data)
            certificate.verify_directly_issued_by(ca)
            str(certificate.public_key())
        except (InvalidSignature, ValueError, TypeError) as error:
            raise WireRefused("bad_signature") from error

    def trusting(data):
        with contextlib.suppress(Exception):
            x509.load_der_x509_certificate(data)

    crashing = judged(count, lambda _: desk.reissued(mutate.bytes(tbs)), of_0_1_0, lambda _: True)
    wrong = judged(count, lambda _: mutate.bytes(desk.certificate), trusting)
    return sum(crashing.crashed.values()), len(wrong.wrong)


def main():
    """The table."""
    count, seed = int(os.environ.get("PAPERS", "100000")), int(os.environ.get("SEED", "1"))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        crashed, trusted = planted(desk, 2000, seed)
        print(f"planted: {crashed} crashes of the reader of release 0.1.0, {trusted} accepted by one that trusts")
        bad += not (crashed and trusted)
        began_s = time.monotonic()
        print(f"{'':<22}{'mutated':>9}{'refused':>9}{'valid':>8}{'wrong':>7}{'crashed':>9}   refused most for")
        for name, tally in rows(desk, count, seed):
            most = ", ".join(f"{reason} {n}" for reason, n in tally.refused.most_common(4))
            crashes = sum(tally.crashed.values())
            print(
                f"{name:<22}{tally.made:>9}{sum(tally.refused.values()):>9}{tally.right:>8}{len(tally.wrong):>7}"
                f"{crashes:>9}   {most}",
                flush=True,
            )
            for crash, n in tally.crashed.most_common(3):
                print(f"   crashed {n} times: {crash}")
            for wrong in tally.wrong[:3]:
                print(f"   accepted: {wrong[:300]!r}")
            bad += bool(tally.wrong or tally.crashed)
        print(
            f"{time.monotonic() - began_s:.0f} s; 'valid': whoever has the key may say so, and a second reader agrees"
        )
        desk.outbox.close()
        desk.world.close()
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())

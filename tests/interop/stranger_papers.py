"""A stranger's papers, written from FORMAT.md alone (sections 6 and 7); nothing of this program is imported."""

import base64
import os
import re
import textwrap
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.interop.stranger_keys import (
    Refused,
    decode,
    encode,
    kid,
    need,
    need_strong_sign,
    open_sealed,
    raw,
    receive_public,
    sha256,
    shaped,
    strong_x25519,
    verify,
)

NAME = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


def armor(name, data):
    """A paper's text."""
    lines = textwrap.wrap(base64.b64encode(data).decode(), 64)
    return "\n".join([f"-----BEGIN WARDBEAT {name}-----", *lines, f"-----END WARDBEAT {name}-----", ""])


def dearmor(name, text):
    """A paper's bytes, whatever stands around it."""
    found = re.search(f"-----BEGIN WARDBEAT {name}-----(.*?)-----END WARDBEAT {name}-----", text, re.DOTALL)
    need(found, "malformed")
    try:
        return base64.b64decode("".join(line.lstrip("> ") for line in found[1].split()), validate=True)
    except ValueError as exc:
        raise Refused("malformed") from exc


def proquints(data):
    """Section 7's words."""

    def word(n):
        c, v = "bdfghjklmnprstvz", "aiou"
        return c[n >> 12] + v[n >> 10 & 3] + c[n >> 6 & 15] + v[n >> 4 & 3] + c[n & 15]

    return " ".join(word(int.from_bytes(data[at : at + 2], "big")) for at in range(0, len(data), 2))


@dataclass
class Bundle:
    """What a hub gives to a person, checked."""

    paper: list

    @classmethod
    def read(cls, text):
        paper = shaped(decode(dearmor("BUNDLE", text)), str, str, str, int, (str, bytes), 32, int, int, 16)
        site, operator, host, port, _ca, root, _floor, synthetic, _code = paper
        need_strong_sign(root)
        need(NAME.fullmatch(site) and 1 <= len(operator) <= 64 and operator.isprintable(), "malformed")
        need(
            re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", host, re.ASCII) and 1 <= port <= 65535 and synthetic < 2, "malformed"
        )
        made = cls(paper)
        pem, ca = made.pem, made.ca
        need(
            len(re.findall(b"-----BEGIN", pem)) == 1 and pem.strip().startswith(b"-----BEGIN CERTIFICATE-----"),
            "malformed",
        )
        need(pem.strip().endswith(b"-----END CERTIFICATE-----"), "malformed")
        need(
            isinstance(ca.public_key(), ec.EllipticCurvePublicKey) and ca.public_key().curve.name == "secp256r1",
            "malformed",
        )
        need(ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, "malformed")
        issued_by(ca, ca)
        valid_now(ca)
        return made

    site = property(lambda self: self.paper[0])
    operator = property(lambda self: self.paper[1])
    host = property(lambda self: self.paper[2])
    port = property(lambda self: self.paper[3])
    pem = property(lambda self: self.paper[4].encode() if isinstance(self.paper[4], str) else self.paper[4])
    ca = property(lambda self: x509.load_pem_x509_certificate(self.pem))
    root = property(lambda self: self.paper[5])
    floor = property(lambda self: self.paper[6])
    synthetic = property(lambda self: self.paper[7])
    code = property(lambda self: self.paper[8])
    words = property(lambda self: proquints(sha256(encode(["wardbeat/1/bundle", *self.paper[:8]]))[:16]))


def issued_by(cert, ca):
    """Refuse a certificate that this authority did not sign."""
    try:
        cert.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature) as exc:
        raise Refused("bad_signature") from exc


def valid_now(cert):
    """Refuse a certificate outside its days; it may begin an hour ahead."""
    now = datetime.now(UTC)
    need(cert.not_valid_before_utc - timedelta(hours=1) <= now <= cert.not_valid_after_utc, "out_of_date")


@dataclass
class Directory:
    """A published directory under a root."""

    published: bytes
    cert: list
    body: list

    @classmethod
    def read(cls, published, root, site):
        parts = shaped(decode(published), bytes, 64, bytes, 64)
        cert = shaped(decode(parts[0]), int, 32, int, int)
        verify(root, parts[1], "wardbeat/1/directory-key", site, parts[0])
        verify(cert[1], parts[3], "wardbeat/1/directory", site, parts[2])
        body = shaped(decode(parts[2]), int, int, int, int, list, list, list, list)
        need(body[4] and body[3] < 2, "malformed")
        for kem in body[4]:
            need(strong_x25519(shaped(kem, 1216, int)[0][1184:]), "weak_key")
        return cls(published, cert, body)

    order = property(lambda self: (self.cert[0], self.body[0]))
    kem = property(lambda self: self.body[4][-1][0])
    receipt_keys = property(lambda self: [key for key in self.body[5] if kid(key) not in self.body[7]])
    score_keys = property(lambda self: [key for key in self.body[6] if kid(key) not in self.body[7]])


@dataclass
class Keys:
    """All that a device makes at its enrollment."""

    sign: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    consent: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    receive: bytes = field(default_factory=lambda: os.urandom(32))
    tls: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    recovery_code: bytes = field(default_factory=lambda: os.urandom(16))
    machine: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def recovery(self):
        seed = HKDF(hashes.SHA256(), 32, None, b"wardbeat/1/recovery").derive(self.recovery_code)
        return Ed25519PrivateKey.from_private_bytes(seed)


def tls_request(key):
    """PKCS#10 for a P-256 key; its subject is ignored."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a stranger")])
    signed = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def request(keys, bundle):
    """The paper that asks a site to admit these keys."""
    tls_der = tls_request(keys.tls)
    publics = [raw(keys.sign), receive_public(keys.receive), raw(keys.consent)]
    rest = [tls_der, bundle.synthetic, keys.machine, raw(keys.recovery)]
    body = encode([bundle.site, bundle.code, *publics, *rest])
    signers = {"request": keys.sign, "request-consent-key": keys.consent, "request-recovery-key": keys.recovery}
    signatures = [key.sign(encode([f"wardbeat/1/{label}", bundle.site, body])) for label, key in signers.items()]
    return armor("REQUEST", encode([body, *signatures]))


def read_answer(text, keys, bundle):
    """(device name, TLS certificate, directory) of an answer that passes every check of section 7, in its order."""
    sealed, signature, published = shaped(decode(dearmor("ANSWER", text)), bytes, 64, bytes)
    directory = Directory.read(published, bundle.root, bundle.site)
    serial, directory_key, begins, ends = directory.cert
    need(serial >= bundle.floor >> 20 and directory.body[0] >= bundle.floor, "rolled_back")
    need(begins - 3600 <= time.time() <= ends, "out_of_date")
    need(directory.body[3] == bundle.synthetic, "malformed")
    verify(directory_key, signature, "wardbeat/1/answer", bundle.site, bundle.code, sealed)
    inner = decode(open_sealed(keys.receive, encode(["wardbeat/1/answer-seal", bundle.site, bundle.code]), sealed))
    device, der = shaped(inner, str, bytes)
    need(NAME.fullmatch(device), "malformed")
    cert = x509.load_der_x509_certificate(der)
    check_certificate(cert, keys, bundle, device)
    return device, cert, directory


def check_certificate(cert, keys, bundle, device):
    """A device's own TLS certificate."""
    issued_by(cert, bundle.ca)
    need(cert.public_key() == keys.tls.public_key(), "malformed")
    names = cert.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    need(
        [name.value for name in names] == [device] and len(cert.public_bytes(serialization.Encoding.DER)) <= 4096,
        "malformed",
    )
    known = x509.BasicConstraints, x509.ExtendedKeyUsage, x509.AuthorityKeyIdentifier
    values = [cert.extensions.get_extension_for_class(one).value for one in known]
    need(not values[0].ca and list(values[1]) == [x509.ExtendedKeyUsageOID.CLIENT_AUTH], "malformed")
    need(values[2] == x509.AuthorityKeyIdentifier.from_issuer_public_key(bundle.ca.public_key()), "malformed")
    need(all(isinstance(one.value, (*known, x509.KeyUsage)) for one in cert.extensions if one.critical), "malformed")
    valid_now(cert)


def read_erase_receipt(text):
    """(site, root, device, times) of an erase receipt as a person keeps it, verified."""
    site, root, published, answer = shaped(decode(dearmor("ERASE RECEIPT", text)), str, 32, bytes, list)
    kind, device, times, signature = shaped(answer, str, str, list, 64)
    need(kind == "erased" and NAME.fullmatch(site) and NAME.fullmatch(device), "malformed")
    check_erased(Directory.read(published, root, site), site, device, times, signature)
    return site, root, device, times


def check_erased(directory, site, device, times, signature):
    """An erasure's receipt under a receipt key of this directory, not revoked, and its date."""
    shaped(times, int, int, int, int, int)
    for key in directory.receipt_keys:
        try:
            verify(key, signature, "wardbeat/1/erased", site, device, times)
            break
        except Refused:
            continue
    else:
        raise Refused("bad_signature")
    _version, issued, expires, *_ = directory.body
    need(issued - 60 * 86400 <= times[2] <= min(expires, directory.cert[3]), "out_of_date")

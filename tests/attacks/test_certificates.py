"""Certificates of a kind that nobody expected, signed by the site's own authority: refused by name, on both ways in."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.enrollment import identity, renewal
from agent.errors import WireRefused
from agent.system import host
from agent.wire import armor, certificates, enroll
from hub import site
from hub.site import open_keys
from tests.support.papers import begun, reissued

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DEVICE = "0011223344556677"


def authority(world):
    ca = x509.load_pem_x509_certificate((world.hub / "ca.pem").read_bytes())
    return ca, serialization.load_pem_private_key((world.hub / "ca.key").read_bytes(), None)


def made(world, public, *, names=(DEVICE,), days=(-1, 300), usage=ExtendedKeyUsageOID.CLIENT_AUTH, ca=False, extra=()):
    """A certificate of the site's authority, as `certify` makes one but for what is named here."""
    issuer, key = authority(world)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW + dt.timedelta(days=days[0])).not_valid_after(
        NOW + dt.timedelta(days=days[1])
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
    )
    for value, critical in extra:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def unknown(size, critical):
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x04" * size), critical


def kinds(world, ours):
    """(what is wrong, certificate)"""
    good = made(world, ours)
    weak = {
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "RSA": rsa.generate_private_key(65537, 2048),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "secp256k1": ec.generate_private_key(ec.SECP256K1()),
        "X25519": x25519.X25519PrivateKey.generate(),
        "DSA": dsa.generate_private_key(1024),
    }
    yield from ((f"a key of {name}", made(world, key.public_key())) for name, key in weak.items())
    yield "no name", made(world, ours, names=())
    yield "two names", made(world, ours, names=(DEVICE, "other"))
    yield "an authority", made(world, ours, ca=True)
    yield "a server's", made(world, ours, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    yield "no usage", made(world, ours, usage=None)
    yield "a critical extension that nobody knows", made(world, ours, extra=[unknown(10, critical=True)])
    yield "far too large", made(world, ours, extra=[unknown(5000, critical=False)])
    yield "ended", made(world, ours, days=(-300, -1))
    yield "not begun", made(world, ours, days=(2, 300))
    yield "bytes behind", good + b"\0"
    yield "cut", good[:-1]
    yield "empty", b""
    body, (_, key) = x509.load_der_x509_certificate(good).tbs_certificate_bytes, authority(world)
    for what, old, new in FORGED:
        assert bytes.fromhex(old) in body
        yield what, reissued(key, body.replace(bytes.fromhex(old), bytes.fromhex(new)))


FORGED = (
    ("an unknown curve", "2a8648ce3d030107", "2a8648ce3d03017f"),
    ("an unknown kind of key", "2a8648ce3d0201", "2a8648ce3d027f"),
    ("an unknown version", "a003020102", "a003020107"),
    ("another signature inside", "2a8648ce3d040302", "2a8648ce3d04037f"),
    ("a month 13", "1e170d", "1e17ff"),
    ("a name that is no text", "06035504030c10", "06035504030410"),
    ("an extension twice", "0603551d25", "0603551d13"),
)


@pytest.mark.slow
def test_a_certificate_of_an_unexpected_kind_ends_no_agent_and_changes_nothing(world, tmp_path):
    """Release 0.1.0 let the library's own errors through: one answer ended the agent at each start."""
    person = begun(world.hub, tmp_path / "person")
    folder, keys = world.settings.state_dir, open_keys(world.hub)
    pem, request = identity.new_tls_key(world.vault)
    host.write_private(folder / "keys" / "tls.next.key", pem)
    ways = {
        "answer": (certificates.requested_key(person.request.tls_request), lambda der: person.finish(answer(der))),
        "renewal": (
            certificates.requested_key(request),
            lambda der: renewal.take(folder, world.vault, enrolled, der, int(NOW.timestamp())),
        ),
    }
    enrolled = replace(world.identity, device=DEVICE)

    def answer(der):
        return enroll.sealed_answer(
            enroll.Answer(DEVICE, der), person.request, keys.sign_key("directory"), keys.published()
        )

    for ours, take in ways.values():
        n = 0
        for what, der in kinds(world, ours):
            with pytest.raises(WireRefused):
                take(der)
                pytest.fail(f"accepted: {what}")
            n += 1
        assert n == 25
    assert not (person.folder / "keys" / "tls.crt").exists()
    assert not (folder / "keys" / identity.TLS_BOTH).exists()
    ways["renewal"][1](made(world, ways["renewal"][0], days=(-1, 366)))
    ways["answer"][1](made(world, ways["answer"][0], extra=[unknown(10, critical=False)]))
    keys.close()


def test_the_reader_of_release_0_1_0_lets_foreign_errors_through(world):
    """The detector on the earlier code: some of these kinds end it with an error of the library."""
    ca, _ = authority(world)
    ours, foreign = ec.generate_private_key(ec.SECP256R1()).public_key(), []
    for what, der in kinds(world, ours):
        try:
            certificate = x509.load_der_x509_certificate(der)
            certificate.verify_directly_issued_by(ca)
            str(certificate.public_key())
        except (InvalidSignature, ValueError, TypeError):
            pass
        except Exception as error:
            foreign.append((what, type(error).__name__))
    assert len(foreign) >= 2, foreign


def test_a_bundle_s_authority_is_one_certificate_of_an_authority(world, tmp_path):
    """The TLS library would trust every certificate in the file, and the person compares one word for them all."""
    bundle = enroll.decode_bundle(armor.dearmor("BUNDLE", site.invite(world.hub)))
    client = x509.load_der_x509_certificate(made(world, ec.generate_private_key(ec.SECP256R1()).public_key()))
    of_client = client.public_bytes(serialization.Encoding.PEM)
    for ca in (b"", b"CA", bundle.ca_pem * 2, bundle.ca_pem + of_client, of_client, b"x" + bundle.ca_pem,
               bundle.ca_pem.replace(b"M", b"N", 1), bundle.ca_pem + b"-----BEGIN X509 CRL-----\n"):  # fmt: skip
        with pytest.raises(WireRefused):
            identity.read_bundle(replace(bundle, ca_pem=ca).encode())
    assert identity.read_bundle(bundle.encode()) == bundle


@pytest.mark.parametrize("unused", [1, 2, 3, 7])
def test_a_request_has_one_form_and_no_unused_bits_beside_its_signature(unused):
    """A signature whose last bits are 0 could say that they are unused: the same signature in other bytes."""
    tried = refused = 0
    while tried < 3:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wardbeat device")])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        der = request.public_bytes(serialization.Encoding.DER)
        if request.signature[-1] & ((1 << unused) - 1):
            continue
        tried += 1
        assert certificates.requested_key(der) == key.public_key()
        at = len(der) - len(request.signature) - 1
        assert der[at] == 0
        with pytest.raises(WireRefused):
            certificates.requested_key(der[:at] + bytes([unused]) + der[at + 1 :])
        refused += 1
    assert refused == 3

"""Who this machine is to a hub: its four keys, what it was told, and how it came to them.

keys/identity   sealed under the data key: seeds, bundle, device name, newest directory
keys/consent    the person's consent key, sealed under the PIN and the data key: the running agent cannot sign with it
keys/recovery   the person's recovery code, sealed in the same way: to be shown again
keys/tls.key    encrypted PEM        keys/tls.crt, keys/ca.pem
keys/request    as it was sent; keys/pass, keys/answer: until the enrollment ends
"""

import hashlib
import os
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.enrollment.enrolled import Identity
from agent.enrollment.pins import check_pin
from agent.errors import KeysMissing, StorageFull, WireRefused, WrongUse
from agent.privacy.vault import Vault, open_with_pin, seal_with_pin, under_data_key
from agent.system import host, machine
from agent.wire import certificates, codec, erasure
from agent.wire.codec import Fields
from agent.wire.enroll import Bundle, Request, decode_bundle, opened_answer, signed_request
from agent.wire.keys import SEED_BYTES, SignKey

REQUEST, PASS_FILE, PASS_PEM, ANSWER = "request", "pass", "pass.pem", "answer"  # until the enrollment ends
ENROLL: Final = "Run 'wardbeat enroll BUNDLE' with the file from the hub's operator."
_BEFORE_MACHINE: Final = 7  # fields of the identity file
TLS_BOTH: Final = "tls.pem"  # a renewed certificate with its key, in one file: they change together or not at all


def tls_files(folder: Path) -> tuple[Path, Path, Path]:
    """CA, certificate, encrypted key."""
    keys = folder / "keys"
    if (keys / TLS_BOTH).exists():
        return keys / "ca.pem", keys / TLS_BOTH, keys / TLS_BOTH
    return keys / "ca.pem", keys / "tls.crt", keys / "tls.key"


def tls_password(vault: Vault) -> str:
    """What the TLS key file is encrypted with."""
    return vault.derive("tls key file").hex()


def new_tls_key(vault: Vault) -> tuple[bytes, bytes]:
    """A new TLS key as encrypted PEM, and the DER request that it signs for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wardbeat device")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    encrypted = serialization.BestAvailableEncryption(tls_password(vault).encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encrypted)
    return pem, request.public_bytes(serialization.Encoding.DER)


def own_tls_public(pem: bytes, vault: Vault) -> bytes:
    """The public half of a key that `new_tls_key` made, as a certificate holds it.

    Raises:
        KeysMissing: It is damaged, or under another data key.
    """
    try:
        key = serialization.load_pem_private_key(pem, tls_password(vault).encode())
    except (ValueError, TypeError) as error:
        raise KeysMissing(
            "the TLS key cannot be opened", remedy="Restore the state folder, or enroll again."
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeysMissing("the TLS key is of another kind", remedy="Enroll again.")
    return certificates.public_bytes(key.public_key())


def check(folder: Path, bundle_bytes: bytes, pin: str, *, replace_old: bool) -> Bundle:
    """Whether `begin` may go on; changes nothing, and raises as `begin`."""
    if exists(folder) and not replace_old:
        raise WrongUse(
            "this machine is already enrolled",
            remedy="'wardbeat status' shows where. To start over, add --replace; the old keys are destroyed.",
        )
    check_pin(pin)
    return read_bundle(bundle_bytes)


def read_bundle(bundle_bytes: bytes) -> Bundle:
    """A bundle to enroll with, checked as far as it can be before its words are compared with the operator's.

    Raises:
        WireRefused: ``malformed``, ``weak_key`` or ``out_of_date``.
    """
    bundle = decode_bundle(bundle_bytes)
    certificates.authority(bundle.ca_pem).check_days("the bundle's CA", int(time.time()))
    return bundle


def begin(folder: Path, vault: Vault, bundle_bytes: bytes, pin: str, *, replace_old: bool = False) -> bytes:
    """Make the keys, a recovery code, and the signed request.

    Raises:
        WrongUse: Already enrolled (nothing is overwritten silently), or the PIN is short or usual.
        WireRefused: The bundle is not sound.
    """
    keys = folder / "keys"
    bundle = check(folder, bundle_bytes, pin, replace_old=replace_old)
    host.private_dir(keys)
    consent_seed = os.urandom(SEED_BYTES)
    consent = SignKey.of(consent_seed)
    identity = Identity(
        bundle=bundle,
        sign_seed=os.urandom(SEED_BYTES),
        receive_seed=os.urandom(SEED_BYTES),
        hedge=os.urandom(SEED_BYTES),
        consent_public=consent.public,
        device="",
        published=b"",
        machine=machine.machine(),
    )
    code = os.urandom(erasure.CODE_BYTES)
    recovery = erasure.recovery_key(code)
    pem, tls_request = new_tls_key(vault)
    request = Request(
        site=bundle.site,
        code=bundle.code,
        sign_public=identity.sign.public,
        receive_public=identity.receive.public,
        consent_public=consent.public,
        tls_request=tls_request,
        synthetic=bundle.synthetic,
        machine=_here(identity.machine, bundle.site, folder),
        recovery_public=recovery.public,
    )
    for old in (TLS_BOTH, PASS_FILE, ANSWER):
        (keys / old).unlink(missing_ok=True)
    host.write_private(keys / "tls.key", pem)
    host.write_private(keys / "ca.pem", bundle.ca_pem)
    host.write_private(keys / "consent", seal_with_pin(vault, "consent", pin, consent_seed))
    host.write_private(keys / "recovery", seal_with_pin(vault, "recovery", pin, code))
    save(folder, vault, identity)
    paper = signed_request(request, identity.sign, consent, recovery)
    host.write_private(keys / REQUEST, paper)
    return paper


def _here(machine: bytes, site: str, folder: Path) -> bytes:
    """What a hub tells two enrollments of one place by, and cannot link to another site's."""
    if not machine:
        return b""
    return hashlib.sha256(codec.encode([machine, site, str(folder.resolve())])).digest()


def finish(folder: Path, vault: Vault, answer_bytes: bytes) -> Identity:
    """Take the hub's answer over.

    Raises:
        KeysMissing: `begin` was not run here.
        WrongUse: The answer was taken over before.
        WireRefused: The answer is not for this machine, or not from the hub of the bundle.
    """
    started = load(folder, vault)
    if started.device:
        raise WrongUse(
            f"this machine is already enrolled, as {started.device}", remedy="'wardbeat status' shows where."
        )
    now_utc_s = int(time.time())
    answer, _, published = opened_answer(answer_bytes, started.bundle, started.receive, now_utc_s)
    certificate = certificates.client_certificate(answer.tls_certificate, started.bundle.ca_pem)
    if certificate.public != own_tls_public(host.read_private(folder / "keys" / "tls.key"), vault):
        raise WireRefused("bad_signature", "the certificate is for another key: it is not the answer to this request")
    if certificate.name != answer.device:
        raise WireRefused("bad_signature", "the certificate is for another device")
    certificate.check_days("the certificate", now_utc_s)
    host.write_private(folder / "keys" / "tls.crt", certificate.pem)
    for name in (REQUEST, PASS_FILE, ANSWER):
        host.overwrite(folder / "keys" / name)
    identity = replace(started, device=answer.device, published=published)
    save(folder, vault, identity)
    return identity


def exists(folder: Path) -> bool:
    """Whether an enrollment was begun here."""
    return (folder / "keys" / "identity").exists()


def load(folder: Path, vault: Vault) -> Identity:
    """Read the identity, enrolled or half.

    Raises:
        KeysMissing: There is none, or it does not open.
    """
    if not exists(folder):
        raise KeysMissing("this machine is not enrolled", remedy=ENROLL)
    held = codec.decode(vault.open("identity", host.read_private(folder / "keys" / "identity")))
    if isinstance(held, list) and len(held) == _BEFORE_MACHINE:
        held.append(b"")  # enrolled before machines were told apart
    row = Fields(held, _BEFORE_MACHINE + 1)
    return Identity(
        bundle=decode_bundle(row.raw()),
        sign_seed=row.raw(SEED_BYTES),
        receive_seed=row.raw(SEED_BYTES),
        hedge=row.raw(SEED_BYTES),
        consent_public=row.raw(),
        device=row.text(),
        published=row.raw(),
        machine=row.raw(),
    )


def load_enrolled(folder: Path, vault: Vault) -> Identity:
    """Read the identity of a machine that can send.

    Raises:
        KeysMissing: Not enrolled, or the hub's answer was not brought yet.
    """
    identity = load(folder, vault)
    if identity.machine and machine.machine() not in (b"", identity.machine):
        raise KeysMissing(
            "this state folder was copied from another machine or user; two machines must not share one identity",
            remedy="Enroll this machine again: 'wardbeat enroll BUNDLE --replace'.",
        )
    if not identity.device:
        raise KeysMissing(
            "the hub's answer is still missing",
            remedy="Run 'wardbeat enroll', which waits for it, or 'wardbeat enroll ANSWER' with its file.",
        )
    for file in tls_files(folder):
        if not file.exists():
            raise KeysMissing(f"keys/{file.name} is missing", remedy="Restore the state folder, or enroll again.")
    return identity


def save(folder: Path, vault: Vault, identity: Identity) -> None:
    """Write it, whole or not at all."""
    words = codec.encode(
        [
            identity.bundle.encode(),
            identity.sign_seed,
            identity.receive_seed,
            identity.hedge,
            identity.consent_public,
            identity.device,
            identity.published,
            identity.machine,
        ]
    )
    host.write_private(folder / "keys" / "identity", vault.seal("identity", words))


def destroy(folder: Path) -> None:
    """Overwrite and remove every key of an enrollment; the data key stays, for the person's own history."""
    keys = folder / "keys"
    # the identity first: without it nothing here speaks, wherever a crash comes
    own = "identity", "consent", "recovery", REQUEST, PASS_FILE, PASS_PEM, ANSWER
    for name in (*own, "tls.key", "tls.next.key", TLS_BOTH, "tls.crt", "ca.pem"):
        host.overwrite(keys / name)


def finish_destroying(folder: Path) -> None:
    """What a crash left of `destroy`: keys without an identity serve nobody. The caller holds the folder's lock."""
    if not exists(folder):
        destroy(folder)


def consent_key(folder: Path, pin: str, vault: Vault) -> SignKey:
    """The person's signing key, for one consent.

    Raises:
        WrongPin: That was not the PIN.
        Missing: There is no such key here, or the data key is another.
    """
    return SignKey.of(_opened(folder, "consent", pin, vault))


def recovery_code(folder: Path, pin: str, vault: Vault) -> bytes:
    """What the person writes down, and keeps elsewhere.

    Raises:
        WrongPin: That was not the PIN.
        Missing: There is none here: this machine was enrolled before there were any; or the data key is another.
    """
    return _opened(folder, "recovery", pin, vault)


def _opened(folder: Path, name: str, pin: str, vault: Vault) -> bytes:
    secret = open_with_pin(vault, name, pin, host.read_private(folder / "keys" / name))
    for file in (folder / "keys" / each for each in ("consent", "recovery")):
        if file.exists():
            sealed = host.read_private(file)
            both = under_data_key(vault, file.name, sealed)
            if both != sealed:  # of release 0.1.0: whoever copied the file could try PINs without the data key
                with suppress(StorageFull):
                    host.write_private(file, both)
    return secret

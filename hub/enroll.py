"""Admit a device by its request, and renew its certificate."""

import secrets
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization

from agent.errors import WireRefused
from agent.wire.armor import armor, dearmor
from agent.wire.certificates import requested_key
from agent.wire.enroll import Answer, Request, sealed_answer, verified_request
from agent.wire.keys import kid
from hub.keys.certificates import certify
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.site import open_keys

_DAY_S: Final = 86_400
_MOST_A_DAY: Final = 10


def admit(folder: Path, request_text: str) -> str:
    """Verify a device's request and admit the device; returns the sealed answer as armored text.

    Args:
        folder: The hub's.
        request_text: The armored request.

    Raises:
        WireRefused: ``malformed``, ``weak_key``, ``bad_signature``, ``wrong_site``,
            ``bad_code``, ``known_key``, ``known_machine``; nothing was changed.
    """
    with closing(open_keys(folder)) as keys:
        return armor("ANSWER", admit_paper(folder, keys, dearmor("REQUEST", request_text)))


def admit_paper(folder: Path, keys: KeyStore, paper: bytes) -> bytes:
    """The same for a request and an answer that are not armored; the answer also waits for a machine that asks for it
    through the broker.

    Raises:
        WireRefused: As `admit`; nothing was changed.
    """
    now_utc_s, request = int(time.time()), verified_request(paper)
    if request.site != keys.site or request.synthetic != keys.synthetic:
        raise WireRefused("wrong_site", "the request is for another site, or it mixes a synthetic site with a real one")
    public = requested_key(request.tls_request)
    device = known_device(keys, request)
    if device is None:
        keyed = request.sign_public, request.receive_public, request.consent_public
        device = Device(kid(request.sign_public), secrets.token_hex(8), *keyed)
        keys.devices.admit(request.code, device, request.machine, request.recovery_public, now_utc_s)
    certificate = certify(folder, device.device, public, server=None)
    keys.devices.note_certificate(device.kid, certificate, now_utc_s)
    answer = Answer(device.device, certificate.public_bytes(serialization.Encoding.DER))
    sealed = sealed_answer(answer, request, keys.sign_key("directory"), keys.published())
    keys.waiting.answer(paper, device.kid, sealed)
    return sealed


def known_device(keys: KeyStore, request: Request) -> Device | None:
    """The device that was admitted by this very request, if its answer was lost: it is answered again."""
    known = keys.devices.of(kid(request.sign_public))
    if known is None or known.revoked:
        return None
    keyed = request.sign_public, request.receive_public, request.consent_public
    return known if (known.sign_public, known.receive_public, known.consent_public) == keyed else None


def renew(folder: Path, keys: KeyStore, device: Device, request_der: bytes, now_utc_s: int) -> bytes:
    """A new certificate (DER) for a device's new TLS key; after ten in a day the last one again.

    Raises:
        WireRefused: ``revoked``, since the request was verified.
        KeysMissing: The CA's files are not here.
    """
    with keys.exclusive():  # a concurrent revocation lists every certificate recorded so far
        if (keys.devices.of(device.kid) or device).revoked:
            raise WireRefused("revoked")
        # one of the future was issued under a wrong clock: it keeps nobody from the next
        today = [der for der, at in keys.devices.certificates(device.kid) if 0 <= now_utc_s - at < _DAY_S]
        if len(today) >= _MOST_A_DAY:
            return today[-1]
        certificate = certify(folder, device.device, requested_key(request_der), server=None)
        keys.devices.note_certificate(device.kid, certificate, now_utc_s)
        return certificate.public_bytes(serialization.Encoding.DER)

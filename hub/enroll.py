"""`hub admit`: a device's request in, its sealed answer out."""

import secrets
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.errors import WireRefused
from agent.wire.enroll import Answer, armor, dearmor, sealed_answer, verified_request
from agent.wire.keys import kid
from hub.certificates import certify
from hub.devices import Device
from hub.site import open_keys


def admit(folder: Path, request_text: str) -> str:
    """Check a request, take the device in, and answer it.

    Raises:
        WireRefused: ``malformed``, ``weak_key``, ``bad_signature``, ``wrong_site``,
            ``bad_code``, ``known_key``, ``known_machine``; nothing was changed.
    """
    keys = open_keys(folder)
    try:
        request = verified_request(dearmor("REQUEST", request_text))
        if request.site != keys.site or request.synthetic != keys.synthetic:
            raise WireRefused("wrong_site", "the request is for another site, or a synthetic one meets a real one")
        public = _tls_public(request.tls_request)
        name = secrets.token_hex(8)
        device = Device(
            kid(request.sign_public),
            name,
            request.sign_public,
            request.receive_public,
            request.consent_public,
        )
        certificate = certify(folder, name, public, server=None)
        keys.devices.admit(request.code, device, request.machine)
        ends_utc_s = int(certificate.not_valid_after_utc.timestamp())
        keys.devices.note_certificate(device.kid, certificate.serial_number, ends_utc_s)
        answer = Answer(name, certificate.public_bytes(serialization.Encoding.DER))
        return armor("ANSWER", sealed_answer(answer, request, keys.sign_key("directory"), keys.published()))
    finally:
        keys.close()


def _tls_public(request_der: bytes) -> ec.EllipticCurvePublicKey:
    try:
        request = x509.load_der_x509_csr(request_der)
        public, signed = request.public_key(), request.is_signature_valid
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise WireRefused("malformed", "the TLS request cannot be read") from error
    if not signed:
        raise WireRefused("bad_signature", "the TLS key does not sign for itself")
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise WireRefused("weak_key", "the TLS key is not P-256")
    return public

"""The hub's order of checks, up to the transaction; each failure has a name and a counter.

size ▶ strict decode ▶ known key ▶ topic ▶ signature ▶ known seq ▶ open ▶ schema ─▶ taking.take
└────────── anonymous: counted, never answered ─────┘ └─ authentic: a signed notice ─┘
"""

from dataclasses import dataclass

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.labels import up_topic
from agent.wire.message import Plaintext, decode_plaintext
from hub.devices import Device
from hub.keystore import KeyStore


@dataclass(frozen=True, slots=True)
class Authentic:
    """An envelope whose device is known, whatever it holds."""

    device: Device
    sealed: envelope.Envelope

    @property
    def at(self) -> tuple[bytes, bytes, int]:
        """(device, stream, seq): its place at the hub."""
        return self.device.kid, self.sealed.header.stream, self.sealed.header.seq


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope that may be stored, if consent allows."""

    seen: Authentic
    words: bytes
    plaintext: Plaintext


def authentic(keys: KeyStore, topic: str, data: bytes) -> Authentic:
    """Who sent it.

    Raises:
        WireRefused: One of `agent.wire.labels.ANONYMOUS`.
    """
    sealed = envelope.decode(data)
    device = keys.devices.of(sealed.header.sender)
    if device is None:
        raise WireRefused("unknown_key")
    if device.revoked:
        raise WireRefused("revoked")
    if topic != up_topic(keys.site, device.device):
        raise WireRefused("wrong_topic")
    if not sealed.signed_by(device.sign_public, keys.site, topic):
        raise WireRefused("bad_signature")
    return Authentic(device, sealed)


def unless_known(seen: Authentic, digest: bytes | None) -> None:
    """Let a (stream, seq) that was settled before go no further.

    Args:
        seen: What came.
        digest: What was settled there; None for nothing.

    Raises:
        WireRefused: ``duplicate`` or ``fork``.
    """
    if digest is not None:
        raise WireRefused("duplicate" if digest == seen.sealed.digest else "fork")


def opened(keys: KeyStore, seen: Authentic) -> Opened:
    """What it says.

    Raises:
        WireRefused: ``kem_unknown``, ``open_failed``, ``bad_plaintext`` or ``schema_too_new``.
    """
    key = keys.kem(seen.sealed.header.recipient)
    if key is None:
        raise WireRefused("kem_unknown")
    words = seen.sealed.open(key, keys.site, up_topic(keys.site, seen.device.device))
    return Opened(seen, words, decode_plaintext(words))

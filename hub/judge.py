"""The hub's order of checks, up to the transaction; each failure has a name and a counter.

size ▶ strict decode ▶ known key ▶ topic ▶ signature ▶ known seq ▶ open ▶ schema ─▶ store.take
└────────── anonymous: counted, never answered ─────┘ └─ authentic: a signed notice ─┘
"""

from dataclasses import dataclass

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.labels import up_topic
from agent.wire.message import Plaintext, decode_plaintext
from hub.keystore import Device, KeyStore
from hub.store import Store


@dataclass(frozen=True, slots=True)
class Authentic:
    """An envelope whose device is known, whatever it holds."""

    device: Device
    sealed: envelope.Envelope


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope that may be stored, if consent allows."""

    words: bytes
    plaintext: Plaintext


def authentic(keys: KeyStore, topic: str, data: bytes) -> Authentic:
    """Who sent it.

    Raises:
        WireRefused: One of `agent.wire.labels.ANONYMOUS`.
    """
    sealed = envelope.decode(data)
    device = keys.device(sealed.header.sender)
    if device is None:
        raise WireRefused("unknown_key")
    if device.revoked:
        raise WireRefused("revoked")
    if topic != up_topic(keys.site, device.device):
        raise WireRefused("wrong_topic")
    if not sealed.signed_by(device.sign_public, keys.site, topic):
        raise WireRefused("bad_signature")
    return Authentic(device, sealed)


def opened(keys: KeyStore, store: Store, seen: Authentic) -> Opened:
    """What it says; a seq that is known already is not opened again.

    Raises:
        WireRefused: ``duplicate``, ``fork``, ``kem_unknown``, ``open_failed``,
            ``bad_plaintext`` or ``schema_too_new``.
    """
    header = seen.sealed.header
    known = store.digest_of(seen.device.kid, header.stream, header.seq)
    if known is not None:
        raise WireRefused("duplicate" if known == seen.sealed.digest else "fork")
    key = keys.kem(header.recipient)
    if key is None:
        raise WireRefused("kem_unknown")
    words = seen.sealed.open(key, keys.site, up_topic(keys.site, seen.device.device))
    return Opened(words, decode_plaintext(words))

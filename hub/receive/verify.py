"""The hub's order of checks before the transaction; each failure has a name and a counter.

size ▶ strict decode ▶ known key ▶ topic ▶ signature ▶ known seq ▶ open ▶ schema ─▶ transaction.add
└────────── anonymous: counted, never answered ─────┘ └─ authentic: a signed notice ─┘
"""

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.labels import up_topic
from agent.wire.plaintext import decode_plaintext
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store.envelopes import Authentic, Opened


class Revoked(WireRefused):
    """An envelope that a revoked device signed: counted as any other refusal, and the device may be told."""

    def __init__(self, device: Device) -> None:
        super().__init__("revoked")
        self.device = device


def authentic(keys: KeyStore, topic: str, data: bytes) -> Authentic:
    """Decode an envelope and verify that an admitted device sent it.

    Args:
        keys: The devices.
        topic: Where it was published.
        data: The envelope.

    Raises:
        WireRefused: One of `agent.wire.labels.ANONYMOUS`.
    """
    sealed = envelope.decode(data)
    device = keys.devices.of(sealed.header.sender)
    if device is None:
        raise WireRefused("unknown_key")
    if topic != up_topic(keys.site, device.device):
        raise WireRefused("wrong_topic")
    if not sealed.signed_by(device.sign_public, keys.site, topic):
        raise WireRefused("bad_signature")
    if device.revoked:
        raise Revoked(device)
    return Authentic(device, sealed)


def opened(keys: KeyStore, source: Authentic) -> Opened:
    """Decrypt an envelope and decode its plaintext.

    Raises:
        WireRefused: ``kem_unknown``, ``open_failed``, ``bad_plaintext`` or ``schema_too_new``.
    """
    key = keys.kems.of(source.sealed.header.recipient)
    if key is None:
        raise WireRefused("kem_unknown")
    words = source.sealed.open(key, keys.site, up_topic(keys.site, source.device.device))
    return Opened(source, words, decode_plaintext(words))

"""The hub's order of checks, up to the transaction; each failure has a name and a counter.

size ▶ strict decode ▶ known key ▶ topic ▶ signature ▶ known seq ▶ open ▶ schema ─▶ taking.take
└────────── anonymous: counted, never answered ─────┘ └─ authentic: a signed notice ─┘
"""

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.labels import up_topic
from agent.wire.message import decode_plaintext
from hub.keys.keystore import KeyStore
from hub.store.envelopes import Authentic, Opened


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

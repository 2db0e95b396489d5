"""An envelope on its way to the store: authentic once its signature is verified, opened once it is decrypted."""

from dataclasses import dataclass

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.message import Plaintext
from hub.keys.devices import Device


@dataclass(frozen=True, slots=True)
class Authentic:
    """An envelope that an admitted device signed; it is still sealed."""

    device: Device
    sealed: envelope.Envelope

    @property
    def at(self) -> tuple[bytes, bytes, int]:
        """(kid of the device, stream, seq): what identifies it."""
        return self.device.kid, self.sealed.header.stream, self.sealed.header.seq


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted envelope, which is stored if consent covers it.

    Attributes:
        source: The envelope.
        words: Its plaintext, encoded.
        plaintext: The same, decoded.
    """

    source: Authentic
    words: bytes
    plaintext: Plaintext


def refuse_settled(source: Authentic, digest: bytes | None) -> None:
    """Refuse an envelope whose (stream, seq) is settled already.

    Args:
        source: The envelope.
        digest: Digest of the envelope settled there; None when there is none.

    Raises:
        WireRefused: ``duplicate`` (the same envelope) or ``fork`` (another one).
    """
    if digest is not None:
        raise WireRefused("duplicate" if digest == source.sealed.digest else "fork")

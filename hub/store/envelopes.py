"""An envelope on its way to the store: authentic once its signature is verified, opened once it is decrypted."""

from dataclasses import dataclass

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.message import Plaintext
from hub.keys.devices import Device


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

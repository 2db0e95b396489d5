"""An enrolled machine: what it seals with, and which hub it believes."""

from dataclasses import dataclass, replace
from functools import lru_cache

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.directory import Verified, lowest_serial, succeeds, verified
from agent.wire.enroll import Bundle
from agent.wire.envelope import Sender
from agent.wire.keys import ReceiveKey, SignKey, receive_public
from agent.wire.labels import down_topic, up_topic
from agent.wire.receipt import Answers, decode_answers


@dataclass(frozen=True, slots=True)
class Identity:
    """An enrolled (or, without a device name, half-enrolled) machine."""

    bundle: Bundle
    sign_seed: bytes
    receive_seed: bytes
    hedge: bytes
    consent_public: bytes
    device: str
    published: bytes
    machine: bytes = b""

    @property
    def site(self) -> str:
        return self.bundle.site

    @property
    def sign(self) -> SignKey:
        return SignKey.of(self.sign_seed)

    @property
    def receive(self) -> ReceiveKey:
        return ReceiveKey.of(self.receive_seed)

    def sender(self) -> Sender:
        """Seals what goes up."""
        return Sender(self.sign, self.hedge, self.site, up_topic(self.site, self.device))

    def directory(self) -> Verified:
        """The newest directory that this machine believed; its signatures are checked once in a process."""
        return _checked(self.published, self.site, self.bundle.root_public, self._lowest_serial)

    @property
    def _lowest_serial(self) -> int:
        return lowest_serial(self.bundle.directory_floor)

    def open_answers(self, payload: bytes) -> Answers:
        """Open and believe one envelope down.

        Raises:
            WireRefused: ``unknown_key`` when its signer is not in our directory (yet), else by name.
        """
        sealed = envelope.decode(payload)
        directory = self.directory().directory
        if sealed.header.sender in directory.revoked:
            raise WireRefused("revoked")
        public = directory.receipt_key(sealed.header.sender)
        if public is None:
            raise WireRefused("unknown_key")
        topic = down_topic(self.site, self.device)
        if not sealed.signed_by(public, self.site, topic):
            raise WireRefused("bad_signature")
        return decode_answers(sealed.open(self.receive, self.site, topic))

    def believe(self, published: bytes) -> "Identity":
        """Take a newer directory over.

        Raises:
            WireRefused: ``bad_signature``, ``rolled_back`` or ``malformed``; nothing changes.
        """
        if published == self.published:
            return self
        seen = verified(published, self.site, self.bundle.root_public, 0, self._lowest_serial)
        if not succeeds(seen, self.directory()):
            raise WireRefused("rolled_back", "the key directory is not newer than the one in use")
        if seen.directory.synthetic != self.bundle.synthetic:
            raise WireRefused("bad_signature", "the key directory changed between real and synthetic")
        for kem in seen.directory.kems:
            receive_public(kem.public)  # a weak key is refused before anything is kept
        return replace(self, published=published)


@lru_cache(maxsize=4)
def _checked(published: bytes, site: str, root_public: bytes, lowest: int) -> Verified:
    return verified(published, site, root_public, 0, lowest)

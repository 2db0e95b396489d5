"""What is thrown away before any signature is checked: by topic, size, recipient and signer. It runs in the network's
thread and reads nothing that the loop changes in place.
"""

import hashlib
from collections import deque
from typing import Final

from agent.enrollment.enrolled import Identity
from agent.errors import WireRefused
from agent.system.budget import Budget
from agent.wire import envelope
from agent.wire.keys import kid

KEYS_MOST: Final = 65_536
"""Bytes of a published directory at most; nothing else that comes down is so large."""
_HEARD_MOST: Final = 512
_UNKNOWN = (1.0, 8.0)  # of an unknown signer: it may stand in a directory that is still on its way
_STRING_HEADS: Final = {0x58: 1, 0x59: 2, 0x5A: 4}  # CBOR byte strings of 24 bytes and more: bytes of their length


class Screen:
    """One for each publisher.

    Args:
        identity: Who is enrolled.
    """

    def __init__(self, identity: Identity) -> None:
        self._ours = kid(identity.receive.public)
        self._signers = _signers(identity)
        self._unknown = Budget(*_UNKNOWN)
        self._heard: deque[bytes] = deque(maxlen=_HEARD_MOST)
        self._heard_set: frozenset[bytes] = frozenset()

    def believe(self, identity: Identity) -> None:
        """Another directory is in force. Called by the loop."""
        self._signers = _signers(identity)

    def settled(self, payload: bytes) -> None:
        """An answer did its work: the same bytes again are not read. Called by the loop."""
        self._heard.append(hashlib.sha256(payload).digest())
        self._heard_set = frozenset(self._heard)

    def refusal(self, what: str, payload: bytes) -> str:
        """Why a message is not read; empty where it is.

        Args:
            what: keys | down.
            payload: As it came.
        """
        return self._of_directory(payload) if what == "keys" else self._of_answers(payload)

    def _of_directory(self, published: bytes) -> str:
        if len(published) > KEYS_MOST:
            return "too_large"
        if not _has_shape(published):
            return "malformed"
        return ""

    def _of_answers(self, payload: bytes) -> str:
        try:
            header = envelope.decode(payload).header
        except WireRefused as refused:
            return refused.reason
        if header.recipient != self._ours:
            return "not_for_us"
        if hashlib.sha256(payload).digest() in self._heard_set:
            return "repeated"
        is_read = header.sender in self._signers or self._unknown.take()
        return "" if is_read else "unknown_key"


def _signers(identity: Identity) -> frozenset[bytes]:
    directory = identity.directory().directory
    return frozenset(kid(public) for public in directory.receipt_publics).difference(directory.revoked)


def _has_shape(published: bytes) -> bool:
    """Whether these are four byte strings: what is inside is taken apart after its signature alone."""
    if published[:1] != b"\x84":
        return False
    at = 1
    for _ in range(4):
        width = _STRING_HEADS.get(published[at]) if at < len(published) else None
        if width is None:
            return False
        at += 1 + width + int.from_bytes(published[at + 1 : at + 1 + width], "big")
    return at == len(published)

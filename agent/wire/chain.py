"""The ledger's chain: words can be erased and it still verifies.

commitment = SHA-256(salt ‖ words)                       salt: 32 random bytes, erased with the words
link       = SHA-256(head before ‖ commitment ‖ SHA-256(envelope))
"""

import hashlib
from typing import Final

SALT_BYTES: Final = 32
FIRST_HEAD: Final = bytes(32)


def commitment(salt: bytes, words: bytes) -> bytes:
    """Binds to the words without telling them; the salt has a fixed length, so the split is unique."""
    return hashlib.sha256(salt + words).digest()


def link(head_before: bytes, committed: bytes, envelope_digest: bytes) -> bytes:
    """The chain's new head."""
    return hashlib.sha256(head_before + committed + envelope_digest).digest()

"""Small values under the data key: pauses, private hours, switches, consent records, notices to the person."""

from typing import Final

from agent.privacy.vault import Vault

_SEALED: Final = b"\0sealed\0"
SIZE_BYTES: Final = 256


def sealed_value(vault: Vault, name: str, value: bytes, size: int = SIZE_BYTES) -> bytes:
    """A small value under the data key, of one size, so that its length says nothing.

    Args:
        vault: Holds the data key.
        name: Binds the value to its place.
        value: As it is.
        size: In bytes; an empty value has it too, and a longer one a multiple of it.
    """
    blocks = max(1, -(-len(value) // size))
    full = len(value).to_bytes(4, "big") + value.ljust(blocks * size, b"\0")
    return _SEALED + vault.seal(name, full)


def opened_value(vault: Vault, name: str, kept: bytes) -> bytes:
    """Undo `sealed_value`; what release 0.1.0 kept in clear is given as it stands.

    Raises:
        KeysMissing: Another data key sealed it, or it was altered.
    """
    if not is_sealed(kept):
        return kept
    full = vault.open(name, kept.removeprefix(_SEALED))
    return full[4 : 4 + int.from_bytes(full[:4], "big")]


def is_sealed(kept: bytes) -> bool:
    """Whether `sealed_value` made it."""
    return kept.startswith(_SEALED)

"""The data key: everything at rest is under it; it lives in the system's key store or, said so, in a file.

Against an administrator of the machine this is no protection, and no page claims it (THREATS.md).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from agent.errors import KeysMissing, WrongPin
from agent.system import host

KeyStore = Literal["auto", "file"]
_NONCE_BYTES: Final = 12
_SALT_BYTES: Final = 16
# 64 MiB and a fraction of a second a guess. Source: RFC 7914; cost chosen by us for a Raspberry Pi 4.
_SCRYPT: Final = {"n": 2**16, "r": 8, "p": 1}
_SERVICE: Final = "wardbeat"
_UNDER_BOTH: Final = b"wardbeat pin and data key\n"
SEALED_MORE_BYTES: Final = _NONCE_BYTES + 16
"""By so much what is sealed is longer than the words: nonce and tag."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals what rests on this disk.

    Attributes:
        key: 32 bytes.
        place: Where the key lives, in words for `doctor`.
    """

    key: bytes
    place: str

    def seal(self, what: str, plaintext: bytes) -> bytes:
        """Seal under the data key, bound to what it is."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.key).encrypt(nonce, plaintext, what.encode())

    def open(self, what: str, sealed: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            KeysMissing: Another data key sealed it, or it was altered.
        """
        try:
            return ChaCha20Poly1305(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], what.encode())
        except (InvalidTag, ValueError) as error:  # altered, or cut to less than a nonce
            raise KeysMissing(
                f"{what} cannot be opened with this machine's data key",
                remedy="Restore the state folder together with its key, or enroll again.",
            ) from error

    def derive(self, what: str) -> bytes:
        """A 32-byte key for one end, by HKDF-SHA256 (RFC 5869)."""
        return HKDF(hashes.SHA256(), 32, salt=None, info=what.encode()).derive(self.key)


def open_vault(folder: Path, key_store: KeyStore) -> Vault:
    """The vault of a state folder; made on first use.

    Raises:
        KeysMissing: The key was in the system's store and cannot be read now.
    """
    file, marker = folder / "data.key", folder / "data.key.in-system-store"
    if file.exists():
        return Vault(host.read_private(file), "a file that only you can read (0600)")
    if marker.exists() or key_store == "auto":
        key = _from_system(str(folder.resolve()), make=not marker.exists() and not (folder / "outbox.db").exists())
        if key is not None:
            if not marker.exists():  # looking writes nothing
                marker.touch(mode=0o600)
            return Vault(key, "the system's key store")
        if marker.exists():
            raise KeysMissing(
                "the data key is in the system's key store, which does not respond",
                remedy="Log in to the desktop session (or unlock its key ring) and start again.",
            )
    if any((folder / kept).exists() for kept in ("outbox.db", "history.db", "keys")):
        raise KeysMissing(
            "the data key of this state folder is missing, so the stored data cannot be opened",
            remedy="Restore data.key from your backup, or move the state folder away and enroll again.",
        )
    key = os.urandom(32)
    host.write_private(file, key)
    return Vault(key, "a file that only you can read (0600)")


def existing_vault(folder: Path, key_store: KeyStore) -> Vault:
    """The vault of a state folder that was used before; looking makes nothing.

    Raises:
        KeysMissing: Nothing was ever kept here.
    """
    if not any((folder / name).exists() for name in ("data.key", "data.key.in-system-store")):
        raise KeysMissing(
            f"there is no data in {folder} yet: this machine is not enrolled and the agent has never run",
            remedy="Start with 'wardbeat run', or enroll at a hub with 'wardbeat enroll BUNDLE'.",
        )
    return open_vault(folder, key_store)


def forget(folder: Path) -> None:
    """Destroy the data key of a state folder: what is still sealed under it can never be opened.

    Raises:
        KeysMissing: It is in the system's key store, which does not respond.
    """
    marker = folder / "data.key.in-system-store"
    if marker.exists():
        import keyring
        import keyring.errors

        try:
            if keyring.get_password(_SERVICE, str(folder.resolve())) is not None:
                keyring.delete_password(_SERVICE, str(folder.resolve()))
        except keyring.errors.KeyringError as error:
            raise KeysMissing(
                "the data key is in the system's key store, which does not respond",
                remedy="Log in to the desktop session (or unlock its key ring) and try again.",
            ) from error
    host.overwrite(folder / "data.key")


def _from_system(account: str, *, make: bool) -> bytes | None:
    import keyring  # loads its backends: only where they are wanted
    import keyring.errors

    if getattr(keyring.get_keyring(), "priority", 0) < 1:
        return None
    try:
        known = keyring.get_password(_SERVICE, account)
        if known is None and make:
            known = os.urandom(32).hex()
            keyring.set_password(_SERVICE, account, known)
    except keyring.errors.KeyringError:
        return None
    return None if known is None else bytes.fromhex(known)


def seal_with_pin(vault: Vault, what: str, pin: str, secret: bytes) -> bytes:
    """Seal a secret so that only the person's PIN opens it, and only on a machine that has the data key."""
    salt = os.urandom(_SALT_BYTES)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = salt + nonce + ChaCha20Poly1305(_pin_key(pin, salt)).encrypt(nonce, secret, b"wardbeat pin")
    return under_data_key(vault, what, sealed)


def under_data_key(vault: Vault, what: str, sealed: bytes) -> bytes:
    """What the PIN alone seals, as in release 0.1.0, under the data key too; what is under both stays."""
    if sealed.startswith(_UNDER_BOTH):
        return sealed
    return _UNDER_BOTH + vault.seal(f"pin {what}", sealed)


def open_with_pin(vault: Vault, what: str, pin: str, sealed: bytes) -> bytes:
    """Undo `seal_with_pin`; what the PIN alone seals opens too.

    Raises:
        WrongPin: That was not the PIN.
        KeysMissing: Another data key sealed it.
    """
    if sealed.startswith(_UNDER_BOTH):
        sealed = vault.open(f"pin {what}", sealed.removeprefix(_UNDER_BOTH))
    salt, nonce = sealed[:_SALT_BYTES], sealed[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    try:
        opened = ChaCha20Poly1305(_pin_key(pin, salt)).decrypt(
            nonce, sealed[_SALT_BYTES + _NONCE_BYTES :], b"wardbeat pin"
        )
    except (InvalidTag, ValueError) as error:
        raise WrongPin("the PIN is wrong", remedy="Try again with the PIN that you chose when you enrolled.") from error
    return opened


def _pin_key(pin: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_SCRYPT).derive(pin.encode(errors="surrogateescape"))

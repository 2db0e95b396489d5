"""The keys that stored rows are encrypted under: one for each consent of a device.

Erasing destroys the key: what a database, its log and its backups still hold of the rows can no longer be decrypted.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import Engine, delete, insert, select

from agent.errors import NotDurable
from hub.database import reading, rows_at, shred
from hub.keys.tables import DATA_KEY, mark_changed

_KEY_BYTES: Final = 32
_NAME_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_CACHED_MOST: Final = 50_000
_SHRED_TRIES: Final = 15


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key for rows at rest; ``name`` (8 bytes) is stored beside each row."""

    name: bytes
    key: bytes

    def seal(self, place: bytes, words: bytes) -> bytes:
        """Encrypt a plaintext and bind it to ``place`` (see `hub.store.transaction.place_of`)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.key).encrypt(nonce, words, place)

    def open(self, place: bytes, sealed: bytes) -> bytes | None:
        """Decrypt what `seal` gave; None when key or place are not the ones it was sealed with."""
        try:
            return ChaCha20Poly1305(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
        except InvalidTag:
            return None


class DataKeys:
    """The data keys in the key store's file.

    Args:
        engine: Of that file.

    Keys are cached until `drop_cache`; the key store calls it after another process wrote.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, reading(engine)
        self._by_consent: dict[tuple[bytes, int], DataKey] = {}
        self._by_name: dict[bytes, DataKey | None] = {}

    def drop_cache(self) -> None:
        """Read the file again from now on."""
        self._by_consent.clear()
        self._by_name.clear()

    def of(self, kid: bytes, serial: int) -> DataKey:
        """The key for rows under a consent of a device; created when there is none.

        Args:
            kid: The device.
            serial: The consent's; 0 for rows that depend on no consent.
        """
        at = (kid, serial)
        if at not in self._by_consent:
            here = (DATA_KEY.c.device == kid) & (DATA_KEY.c.serial == serial)
            with self._engine.begin() as db:
                row = db.execute(select(DATA_KEY.c.name, DATA_KEY.c.key).where(here)).first()
                if row is None:
                    new = {"name": os.urandom(_NAME_BYTES), "key": os.urandom(_KEY_BYTES)}
                    db.execute(insert(DATA_KEY), {"device": kid, "serial": serial, **new})
                    row = db.execute(select(DATA_KEY.c.name, DATA_KEY.c.key).where(here)).one()
            if len(self._by_consent) >= _CACHED_MOST:
                self._by_consent.clear()
            self._by_consent[at] = DataKey(row.name, row.key)
        return self._by_consent[at]

    def prepare(self, wanted: Iterable[tuple[bytes, int]]) -> None:
        """Create in one transaction the keys that `of` would create one by one.

        Args:
            wanted: (kid of a device, serial of a consent) pairs.
        """
        missing = set(wanted) - set(self._by_consent)
        if not missing:
            return
        with self._engine.begin() as db:
            rows = rows_at(db, (DATA_KEY.c.device, DATA_KEY.c.serial), missing)
            known = {(row["device"], row["serial"]): DataKey(row["name"], row["key"]) for row in rows}
            new = {at: DataKey(os.urandom(_NAME_BYTES), os.urandom(_KEY_BYTES)) for at in sorted(missing - set(known))}
            if new:
                values = [
                    {"device": kid, "serial": n, "name": key.name, "key": key.key} for (kid, n), key in new.items()
                ]
                db.execute(insert(DATA_KEY), values)
        if len(self._by_consent) >= _CACHED_MOST:
            self._by_consent.clear()
        self._by_consent |= known | new

    def names(self) -> set[bytes]:
        """The names of all keys that were not destroyed."""
        with self._reads.connect() as db:
            return set(db.execute(select(DATA_KEY.c.name)).scalars())

    def named(self, name: bytes) -> DataKey | None:
        """The key with this name; None when it was destroyed."""
        if name not in self._by_name:
            with self._reads.connect() as db:
                row = db.execute(select(DATA_KEY.c.name, DATA_KEY.c.key).where(DATA_KEY.c.name == name)).first()
            self._by_name[name] = None if row is None else DataKey(row.name, row.key)
        return self._by_name[name]

    def destroy(self, kid: bytes, serial: int) -> None:
        """Delete a device's keys for consents up to ``serial``, from the file and from its log.

        Raises:
            NotDurable: Another process is reading the file, so the log still holds them. Call again.
        """
        with self._engine.begin() as db:
            db.execute(delete(DATA_KEY).where(DATA_KEY.c.device == kid, DATA_KEY.c.serial <= serial))
            mark_changed(db)
        self.drop_cache()
        if not any(shred(self._engine) for _ in range(_SHRED_TRIES)):  # each try waits a little for readers
            raise NotDurable(
                "a destroyed data key is still in the log of keys.db, because a process is reading the file",
                remedy="Stop the process that has keys.db open; the erasure then completes.",
            )

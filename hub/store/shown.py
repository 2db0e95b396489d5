"""What the care team may see of each person, as the database keeps it: encrypted, and bound to its place.

The words are made by `hub.care.picture`; here they are bytes. Every erasure destroys the key, and every consent that
ends deletes the row (`hub.store.followed`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select

from agent.errors import NotDurable
from hub.keys.keystore import KeyStore
from hub.store.tables import SHOWN

_ALL: Final = select(SHOWN)


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """One row.

    Attributes:
        serial: Of the consent that it rests on.
        made_utc_s: When.
        words: What the team may see.
    """

    serial: int
    made_utc_s: int
    words: bytes


class Shown:
    """Inside one transaction.

    Args:
        db: The open transaction. To write, hold the lock of the device.
        keys: The data keys.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys

    def of(self, kids: Collection[bytes]) -> dict[bytes, KeptPicture]:
        """The rows of these devices; what does not open is absent."""
        return self._opened(_ALL.where(SHOWN.c.device.in_(kids)))

    def every(self) -> dict[bytes, KeptPicture]:
        """All rows, by device; what does not open is absent."""
        return self._opened(_ALL)

    def put(self, kid: bytes, picture: KeptPicture) -> None:
        """Keep what may be seen of a person, in the place of what was kept before.

        Raises:
            NotDurable: The person's key was destroyed meanwhile; nothing is kept.
        """
        key = self._keys.data_keys.of(kid, 0)
        if self._keys.data_keys.named(key.name) is None:
            raise NotDurable("a data key was destroyed meanwhile", remedy="The person is looked at again.")
        self.delete(kid)
        place = _place(kid, picture.serial, picture.made_utc_s)
        values = {"device": kid, "serial": picture.serial, "made_utc_s": picture.made_utc_s}
        self._db.execute(insert(SHOWN), {**values, "data_key": key.name, "words": key.seal(place, picture.words)})

    def delete(self, kid: bytes) -> None:
        """Nothing is shown of this person any more."""
        self._db.execute(delete(SHOWN).where(SHOWN.c.device == kid))

    def _opened(self, query: Any) -> dict[bytes, KeptPicture]:
        rows = ((row.device, self._open(row)) for row in self._db.execute(query))
        return {kid: picture for kid, picture in rows if picture is not None}

    def _open(self, row: Row[Any]) -> KeptPicture | None:
        key = self._keys.data_keys.named(row.data_key)
        words = None if key is None else key.open(_place(row.device, row.serial, row.made_utc_s), row.words)
        return None if words is None else KeptPicture(row.serial, row.made_utc_s, words)


def _place(kid: bytes, serial: int, made_utc_s: int) -> bytes:
    return b"".join([b"shown", kid, serial.to_bytes(8, "big"), made_utc_s.to_bytes(8, "big")])

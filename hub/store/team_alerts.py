"""Alerts as the database keeps them: who, in which state, until when the person alone knows; the words are encrypted.

`hub.care.alert_words` says what the words are; here they are bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from agent.errors import NotDurable
from hub.keys.keystore import KeyStore
from hub.store.tables import ALERT

WITH_TEAM: Final = "with_team"
ACKNOWLEDGED: Final = "acknowledged"
_CLEAR: Final = ("serial", "state", "revision", "team_utc_s", "acknowledged_by", "acknowledged_utc_s")


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """One alert.

    Attributes:
        number, kid, serial: Its number, whose, and the consent that its fact rests on.
        state, revision: A name of the table ``alert_states``; the revision grows with each change of it.
        team_utc_s: When the team reads it, or read it; 0: never.
        acknowledged_by, acknowledged_utc_s: A member of the team, and when; None: nobody did.
        words: What it says; None when its key is destroyed.
    """

    number: int
    kid: bytes
    serial: int
    state: str
    revision: int
    team_utc_s: int
    acknowledged_by: str | None
    acknowledged_utc_s: int | None
    words: bytes | None


class TeamAlerts:
    """Inside one transaction.

    Args:
        db: The open transaction. To write, hold the lock of the device.
        keys: The data keys.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys

    def every(self, kids: Iterable[bytes] | None = None) -> list[KeptAlert]:
        """The alerts of these devices, or of all, by number."""
        query = select(ALERT).order_by(ALERT.c.number)
        if kids is not None:
            query = query.where(ALERT.c.device.in_(sorted(kids)))
        return [self._opened(row) for row in self._db.execute(query)]

    def put(self, alert: KeptAlert) -> None:
        """Keep an alert, in the place of the one with its number.

        Raises:
            NotDurable: The person's key was destroyed meanwhile; nothing is kept.
        """
        key = self._keys.data_keys.of(alert.kid, 0)
        if self._keys.data_keys.named(key.name) is None:
            raise NotDurable("a data key was destroyed meanwhile", remedy="The person is looked at again.")
        self._db.execute(delete(ALERT).where(ALERT.c.number == alert.number))
        clear = {name: getattr(alert, name) for name in _CLEAR}
        words = key.seal(_place(alert.number, alert.kid), alert.words or b"")
        row = {"number": alert.number, "device": alert.kid, **clear, "data_key": key.name, "words": words}
        self._db.execute(insert(ALERT), row)

    def acknowledge(self, number: int, who: str, now_utc_s: int) -> bool:
        """Note who of the team takes care of an alert; False when the team does not have it, or somebody did before."""
        here = (ALERT.c.number == number) & (ALERT.c.state == WITH_TEAM)
        values = {"state": ACKNOWLEDGED, "acknowledged_by": who, "acknowledged_utc_s": now_utc_s}
        done = self._db.execute(update(ALERT).where(here).values(revision=ALERT.c.revision + 1, **values))
        return bool(done.rowcount == 1)

    def _opened(self, row: Row[Any]) -> KeptAlert:
        key = self._keys.data_keys.named(row.data_key)
        words = None if key is None else key.open(_place(row.number, row.device), row.words)
        clear = {name: getattr(row, name) for name in _CLEAR}
        return KeptAlert(number=row.number, kid=row.device, words=words, **clear)


def _place(number: int, kid: bytes) -> bytes:
    return b"alert" + number.to_bytes(8, "big") + kid

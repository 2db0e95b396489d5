"""The team's notes on a person: encrypted as all that is made for the team, and gone with the person's consent."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from agent.errors import NotDurable
from hub.keys.keystore import KeyStore
from hub.store.tables import TEAM_NOTE

NOTES_MOST: Final = 500  # of one person


@dataclass(frozen=True, slots=True)
class TeamNote:
    """One note.

    Attributes:
        number: Counts the notes of this person.
        at_utc_s, who: When, and a member of the team.
        text: What they wrote.
    """

    number: int
    at_utc_s: int
    who: str
    text: str


class TeamNotes:
    """Inside one transaction.

    Args:
        db: The open transaction. To write, hold the lock of the device.
        keys: The data keys.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys

    def of(self, kid: bytes) -> list[TeamNote]:
        """A person's notes, newest first; what does not open is absent."""
        query = select(TEAM_NOTE).where(TEAM_NOTE.c.device == kid).order_by(TEAM_NOTE.c.number.desc())
        opened = (self._open(row) for row in self._db.execute(query))
        return [note for note in opened if note is not None]

    def add(self, kid: bytes, at_utc_s: int, who: str, text: str) -> bool:
        """Keep a note; False when there are too many.

        Raises:
            NotDurable: The person's key was destroyed meanwhile; nothing is kept.
        """
        key = self._keys.data_keys.of(kid, 0)
        if self._keys.data_keys.named(key.name) is None:
            raise NotDurable("a data key was destroyed meanwhile", remedy="Open the list of people again.")
        of_person = select(func.max(TEAM_NOTE.c.number), func.count()).where(TEAM_NOTE.c.device == kid)
        last, many = self._db.execute(of_person).one()
        if many >= NOTES_MOST:
            return False
        head = {"device": kid, "number": int(last or 0) + 1, "at_utc_s": at_utc_s, "who": who}
        words = key.seal(_place(head), text.encode())
        self._db.execute(insert(TEAM_NOTE), {**head, "data_key": key.name, "words": words})
        return True

    def delete(self, kid: bytes, number: int) -> None:
        """Delete a note."""
        self._db.execute(delete(TEAM_NOTE).where(TEAM_NOTE.c.device == kid, TEAM_NOTE.c.number == number))

    def _open(self, row: Any) -> TeamNote | None:
        key = self._keys.data_keys.named(row.data_key)
        head = {name: getattr(row, name) for name in ("device", "number", "at_utc_s", "who")}
        words = None if key is None else key.open(_place(head), row.words)
        return None if words is None else TeamNote(row.number, row.at_utc_s, row.who, words.decode(errors="replace"))


def _place(head: dict[str, Any]) -> bytes:
    """The bytes that a note is bound to: who wrote it and when cannot be changed either."""
    numbers = (int(head[name]).to_bytes(8, "big") for name in ("number", "at_utc_s"))
    return b"".join([b"team_note", head["device"], *numbers, str(head["who"]).encode()])

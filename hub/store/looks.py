"""The log of looks: each row is chained to all before it and to those of its person, and written before it is answered.

own link = `agent.wire.looks.link`      link = SHA-256(link before ‖ [n, device, look])

The key store keeps number and link of the last row, so that a log whose end was cut off is found.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from agent.wire import codec
from agent.wire.looks import FIRST_LINK, Look, link
from agent.wire.receipt import LooksMessage
from hub.keys.keystore import KeyStore
from hub.store.derived import Derived
from hub.store.rides import LOOKS, put_ride, ride_words
from hub.store.tables import LOOK

_PIECE: Final = 500


@dataclass(frozen=True, slots=True)
class Looking:
    """What is about to be answered.

    Attributes:
        who, role: The member; a name of the table ``team_roles``.
        at_utc_s: When.
        seen: (device, name of the table ``views``) of everybody whose values are in the answer.
    """

    who: str
    role: str
    at_utc_s: int
    seen: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class KeptLook:
    """One row of the log.

    Attributes:
        n: Counts all looks.
        kid: Whose values.
        look: As the person receives it.
        own_link, link: Of the person's chain and of the whole.
    """

    n: int
    kid: bytes
    look: Look
    own_link: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many rows, and the last link."""

    n: int = 0
    link: bytes = FIRST_LINK

    def whole(self, kid: bytes, look: bytes) -> "Head":
        """The end of the whole chain after one more encoded look."""
        return Head(self.n + 1, link(self.link, codec.encode([self.n + 1, kid, look])))


class NoConsent(Exception):
    """Somebody in the answer does not consent, or no longer does: nothing was written."""


def write_looks(db: Connection, keys: KeyStore, looking: Looking, may_see: Callable[[bytes], bool]) -> Head:
    """Write looks, and have each ride to its person; returns the end of the whole chain for `Generations.note_look`.

    Args:
        db: The open transaction. It holds the lock of every person seen until it ends.
        keys: Withdrawals and data keys, and how far the log had come.
        looking: Who sees whom.
        may_see: Whether a consent to this team is in force; called with the person's lock.

    Raises:
        NoConsent: Of one of them no consent to this team is in force.
        NotDurable: A person is being erased.
    """
    seen = sorted(set(looking.seen))
    kids = sorted({kid for kid, _ in seen})
    Derived(db, keys).lock(kids)
    if not all(map(may_see, kids)):
        raise NoConsent
    head, own = _head(db, keys), _own_heads(db, kids)
    for kid, view in seen:
        before = own.get(kid, Head())
        look = Look(before.n + 1, looking.at_utc_s, looking.who, looking.role, view).encode()
        own[kid], head = Head(before.n + 1, link(before.link, look)), head.whole(kid, look)
        row = {"n": head.n, "device": kid, "number": own[kid].n, "at_utc_s": looking.at_utc_s, "who": looking.who}
        links = {"own_link": own[kid].link, "link": head.link}
        db.execute(insert(LOOK), {**row, "role": looking.role, "view": view, **links})
        put_ride(db, keys, kid, LOOKS, own[kid].n, 0, ride_words(LooksMessage(before.link, (look,))))
    return head


def _head(db: Connection, keys: KeyStore) -> Head:
    """Where the whole chain goes on: behind the last row, or behind what the key store knows of rows that are gone."""
    row = db.execute(select(LOOK.c.n, LOOK.c.link).order_by(LOOK.c.n.desc()).limit(1)).first()
    last, noted = Head() if row is None else Head(row.n, bytes(row.link)), Head(*keys.generations.look_head())
    return noted if noted.n > last.n else last


def _own_heads(db: Connection, kids: Sequence[bytes]) -> dict[bytes, Head]:
    newest = select(LOOK.c.device, func.max(LOOK.c.number).label("number")).where(LOOK.c.device.in_(kids))
    last = newest.group_by(LOOK.c.device).subquery()
    is_last = (LOOK.c.device == last.c.device) & (LOOK.c.number == last.c.number)
    rows = db.execute(select(LOOK.c.device, LOOK.c.number, LOOK.c.own_link).join(last, is_last))
    return {row.device: Head(row.number, bytes(row.own_link)) for row in rows}


def every_look(db: Connection) -> Iterator[KeptLook]:
    """The whole log in order; 500 rows are in memory at a time."""
    last = -1
    while rows := db.execute(select(LOOK).where(LOOK.c.n > last).order_by(LOOK.c.n).limit(_PIECE)).all():
        yield from map(_kept, rows)
        last = rows[-1].n


def _kept(row: Any) -> KeptLook:
    look = Look(row.number, row.at_utc_s, row.who, row.role, row.view)
    return KeptLook(row.n, row.device, look, bytes(row.own_link), bytes(row.link))


def look_faults(looks: Iterator[KeptLook], noted: Head) -> Iterator[str]:
    """What is wrong with a log, a sentence each: rows that were changed, left out or cut off.

    Args:
        looks: All rows.
        noted: Number and link that the key store remembers.
    """
    head, own, is_noted = Head(), dict[bytes, Head](), noted.n == 0
    for row in looks:
        look = _encoded(row.look)
        before, chained = own.get(row.kid, Head()), head.whole(row.kid, look)
        if row.n != head.n + 1:
            yield f"{_range('look', head.n + 1, row.n - 1)} missing"
        elif row.link != chained.link:
            yield f"look {row.n} is not as it was written, or one before it"
        if row.look.number != before.n + 1:
            yield f"look {row.n}: of its person, {_range('look', before.n + 1, row.look.number - 1)} missing before it"
        elif row.own_link != link(before.link, look):
            yield f"look {row.n} does not follow the one before it of its person"
        is_noted = is_noted or (row.n, row.link) == (noted.n, noted.link)
        head, own[row.kid] = Head(row.n, row.link), Head(row.look.number, row.own_link)
    if head.n < noted.n:
        yield f"{_range('look', head.n + 1, noted.n)} missing: the log was cut, or the database restored"
    elif not is_noted:
        yield f"look {noted.n} is not the one that the key store knows"


def _range(what: str, first: int, last: int) -> str:
    return f"{what} {first} is" if first == last else f"{what}s {first} to {last} are"


def _encoded(look: Look) -> bytes:
    try:
        return look.encode()
    except KeyError:  # a role or a view that nobody has
        return b""

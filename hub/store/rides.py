"""What rides to a person in answers that leave anyway: scores, alerts and looks, until the broker acknowledges them.

Alerts and looks wait in RIDE, encrypted under the device's data key for rows without a consent, as scores in DOWN are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from agent.errors import NotDurable, WireRefused
from agent.wire import codec
from agent.wire.receipt import AlertMessage, LooksMessage, answer_items, read_answer
from hub.keys.keystore import KeyStore
from hub.store.followed import note_changed
from hub.store.tables import DOWN, RIDE

SCORE: Final = "score"
ALERT: Final = "alert"
LOOKS: Final = "looks"
_AT_ONCE: Final = 64  # of one kind and device; an answer holds fewer
_NUMBER_BYTES: Final = 8


@dataclass(frozen=True, slots=True, order=True)
class Riding:
    """What an envelope down holds, by the row that waits for it.

    Attributes:
        kid: The device.
        kind: ``score``, ``alert`` or ``looks``.
        number: The day of a score; the number of an alert or of a look.
        revision: Of a score or an alert; 0 for a look.
        is_readable: False for a row that no data key opens: it is deleted unsent, and counted.
    """

    kid: bytes
    kind: str
    number: int
    revision: int = 0
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Ride:
    """An alert or a look that waits: its row, and the answer; None where no data key opens it."""

    riding: Riding
    answer: AlertMessage | LooksMessage | None


def ride_words(answer: AlertMessage | LooksMessage) -> bytes:
    """An answer as `put_ride` takes it."""
    return codec.encode(answer_items(answer))


def put_ride(
    db: Connection, keys: KeyStore, kid: bytes, kind: str, number: int, revision: int, answer_words: bytes
) -> None:
    """Have an answer ride with the device's next one. It takes the place of an earlier revision of its number.

    Args:
        db: The open transaction, which holds the device's lock.
        keys: The data keys.
        kid: The device.
        kind: ``alert`` or ``looks``; a ride of looks holds one look.
        number, revision: Of the alert; of the look, and 0.
        answer_words: What `ride_words` gives.

    Raises:
        NotDurable: The data key was destroyed meanwhile: an erasure is being carried out. Nothing was put.
    """
    key = keys.data_keys.of(kid, 0)
    if keys.data_keys.named(key.name) is None:
        raise NotDurable("a data key was destroyed meanwhile", remedy="Try again: the person is erased.")
    riding = Riding(kid, kind, number, revision)
    db.execute(delete(RIDE).where(RIDE.c.device == kid, RIDE.c.kind == kind, RIDE.c.number == number))
    sealed = {"data_key": key.name, "words": key.seal(_place(riding), answer_words)}
    db.execute(insert(RIDE), {"device": kid, "kind": kind, "number": number, "revision": revision, **sealed})


def waiting_rides(db: Connection, keys: KeyStore, kids: Sequence[bytes]) -> dict[bytes, list[Ride]]:
    """What waits for these devices, by kind and number: the first 64 of each kind.

    Args:
        db: An open transaction.
        keys: The data keys, refreshed.
        kids: The devices.
    """
    place = func.row_number().over(partition_by=(RIDE.c.device, RIDE.c.kind), order_by=RIDE.c.number).label("place")
    rows = select(RIDE, place).where(RIDE.c.device.in_(kids)).subquery()
    first = select(rows).where(rows.c.place <= _AT_ONCE).order_by(rows.c.device, rows.c.kind, rows.c.number)
    found: dict[bytes, list[Ride]] = defaultdict(list)
    for row in db.execute(first):
        found[row.device].append(_ride(keys, row))
    return dict(found)


def numbers_riding(db: Connection, kid: bytes, kind: str) -> set[int]:
    """The numbers of a device's alerts, or looks, that the broker has not acknowledged yet."""
    query = select(RIDE.c.number).where(RIDE.c.device == kid, RIDE.c.kind == kind)
    return set(db.execute(query).scalars())


def arrived(db: Connection, sent: Iterable[Riding]) -> None:
    """The broker acknowledged answers with these. `hub alerts` looks again at people whose alerts were handed over.

    Args:
        db: The open transaction, which holds the locks of the devices with alerts.
        sent: What the answers held; a later revision of the same number waits on.
    """
    every = sorted(set(sent))
    for one in every:
        if one.kind == SCORE:
            here = (DOWN.c.device == one.kid) & (DOWN.c.day == one.number) & (DOWN.c.revision == one.revision)
            db.execute(delete(DOWN).where(here))
        else:
            at = (RIDE.c.device == one.kid) & (RIDE.c.kind == one.kind) & (RIDE.c.number == one.number)
            db.execute(delete(RIDE).where(at, RIDE.c.revision == one.revision))
    if alerts := {one.kid for one in every if one.kind == ALERT}:
        note_changed(db, alerts)


def _ride(keys: KeyStore, row: Any) -> Ride:
    riding = Riding(row.device, row.kind, row.number, row.revision)
    key = keys.data_keys.named(row.data_key)
    words = None if key is None else key.open(_place(riding), row.words)
    answer = None if words is None else _read(words)
    return Ride(riding if answer else replace(riding, is_readable=False), answer)


def _read(words: bytes) -> AlertMessage | LooksMessage | None:
    try:
        answer, _ = read_answer(codec.decode(words))
    except WireRefused:
        return None
    return answer if isinstance(answer, AlertMessage | LooksMessage) else None


def _place(riding: Riding) -> bytes:
    numbers = (number.to_bytes(_NUMBER_BYTES, "big") for number in (riding.number, riding.revision))
    return b"".join([b"ride", riding.kid, riding.kind.encode(), *numbers])

"""How far the hub has each device's ledger, over all its streams: named in every answer, so that a cut is noticed."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from agent.wire.receipt import Place
from hub.store.tables import DEVICE, STREAM

_FURTHER: Final = (
    update(DEVICE)
    .where(DEVICE.c.device == bindparam("to"))
    .where(DEVICE.c.ledger_index.is_(None) | (DEVICE.c.ledger_index < bindparam("n")))
    .values(ledger_index=bindparam("n"), head_before=bindparam("head"))
)


def note_places(db: Connection, places: Mapping[bytes, Place]) -> None:
    """Record how far each device's ledger has come, by kid; a row that arrives late changes nothing."""
    if places:
        rows = [{"to": kid, "n": place.ledger_index, "head": place.head} for kid, place in sorted(places.items())]
        db.execute(_FURTHER, rows)


def fill_places(db: Connection) -> None:
    """Take the places of a database of release 0.1.0 from its streams."""
    ends = select(STREAM.c.device, STREAM.c.ledger_index, STREAM.c.head_before).order_by(STREAM.c.ledger_index)
    note_places(db, {row.device: Place(row.ledger_index, row.head_before) for row in db.execute(ends).all()})

"""Deleting what is kept longer than a site's rules allow."""

from collections import Counter
from typing import Final

from sqlalchemy import Connection, delete, func, select

from agent.wire.message import DATA_KINDS
from hub.database import is_postgres
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store import due
from hub.store.followed import note_changed
from hub.store.tables import ALERT, DEVICE, DIGEST, DOWN, DUE, ROW, SCORE, SHOWN, TEAM_NOTE
from hub.store.transaction import delete_ended

ROWS: Final = 2000
"""In one transaction, so that `hub run` waits for none of them long."""


def count_arrived(db: Connection, upto: int) -> Counter[bytes]:
    """How many rows that rest on a consent have arrival numbers up to this one, by device."""
    here = (ROW.c.arrival <= upto) & ROW.c.kind.in_(DATA_KINDS)
    query = select(ROW.c.device, func.count().label("n")).where(here).group_by(ROW.c.device)
    return Counter({row.device: row.n for row in db.execute(query)})


def delete_arrived(db: Connection, upto: int, oldest_day: int, *, scored_again: bool) -> Counter[bytes]:
    """Delete the oldest rows up to an arrival number, at most `ROWS`; how many of each device.

    Args:
        db: The open transaction.
        upto: The number.
        oldest_day: Scores of days before this one (days since 1970) of the same devices are deleted too.
        scored_again: Whether what was made from these rows is made again from those that are left.
    """
    here = (ROW.c.arrival <= upto) & ROW.c.kind.in_(DATA_KINDS)
    old = db.execute(select(ROW.c.device, ROW.c.arrival).where(here).order_by(ROW.c.arrival).limit(ROWS)).all()
    kids = sorted({row.device for row in old})
    _lock(db, kids)
    arrivals = [row.arrival for row in old]
    db.execute(delete(ROW).where(ROW.c.arrival.in_(arrivals)))
    db.execute(delete(DUE).where(DUE.c.arrival.in_(arrivals)))
    for kid in kids:
        for table in (SCORE, DOWN):
            db.execute(delete(table).where(table.c.device == kid, table.c.day < oldest_day))
        if scored_again and db.execute(select(DIGEST.c.device).where(DIGEST.c.device == kid).limit(1)).first():
            db.execute(delete(DIGEST).where(DIGEST.c.device == kid))
            due.note_last(db, kid)
        db.execute(delete(SHOWN).where(SHOWN.c.device == kid))  # made again from the rows that are left
    note_changed(db, kids)
    return Counter(row.device for row in old)


def delete_notes(db: Connection, before_utc_s: int, *, only_count: bool) -> Counter[bytes]:
    """Delete what a team wrote before a moment; how many notes on each person."""
    old = TEAM_NOTE.c.at_utc_s < before_utc_s
    query = (
        select(TEAM_NOTE.c.device, func.count(TEAM_NOTE.c.device).label("n")).where(old).group_by(TEAM_NOTE.c.device)
    )
    found = Counter({row.device: row.n for row in db.execute(query)})
    if not only_count:
        db.execute(delete(TEAM_NOTE).where(old))
    return found


def count_of(db: Connection, kid: bytes) -> int:
    """How many rows a device has that rest on a consent, and rows that were made for a team."""
    query = select(func.count()).select_from(ROW).where(ROW.c.device == kid, ROW.c.kind.in_(DATA_KINDS))
    for_team = (
        select(func.count(table.c.device)).select_from(table).where(table.c.device == kid)
        for table in (SHOWN, ALERT, TEAM_NOTE)
    )
    return sum(int(db.execute(counted).scalar_one()) for counted in (query, *for_team))


def end_person(db: Connection, keys: KeyStore, device: Device, last_serial: int) -> int:
    """Destroy the data keys of a person whose last consent ended, and delete the rows; how many.

    Raises:
        NotDurable: A data key is still in the log of keys.db; nothing was deleted here.
    """
    _lock(db, [device.kid])
    rows = count_of(db, device.kid)
    keys.devices.erase(device.kid, last_serial)
    delete_ended(db, keys, device.kid, last_serial)
    return rows


def _lock(db: Connection, kids: list[bytes]) -> None:
    query = select(DEVICE.c.device).where(DEVICE.c.device.in_(kids)).order_by(DEVICE.c.device)
    db.execute(query.with_for_update() if is_postgres(db) else query).all()

"""Bring a database up to the tables of this program, all steps in one transaction.

Version 0 is an empty database; version 1, of the first release, stored plaintext.
"""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, inspect, select, text, update

from agent.errors import WireRefused, WrongUse
from agent.wire.consent import decode_record
from agent.wire.plaintext import decode_plaintext
from hub.database import add_columns, insert_new, is_postgres, put_site
from hub.keys.keystore import KeyStore
from hub.schema import refuse_strange
from hub.store.contact import DAY_S
from hub.store.ends import prove_all
from hub.store.kept import content_digest, place_of
from hub.store.owner import KEY_STORE, Owner, owners
from hub.store.places import fill_places
from hub.store.tables import ARRIVALS, CONSENT, DAY, DEVICE, META, QUARANTINE, ROW, SEEN, SITE

VERSION: Final = 11
_NAME: Final = "tables version"
_ARRIVAL_INDEX: Final = "row_arrival"
_LOCK: Final = 0x77617264  # of PostgreSQL: workers that start together migrate one after the other


def bring_up(engine: Engine, keys: KeyStore, owner: Owner, *, claims: bool) -> None:
    """Create or migrate the tables of a database that is this hub's own.

    Args:
        engine: The database.
        keys: The key store.
        owner: Its identity, and its folder's; a database without one is adopted.
        claims: Whether this process may take the database over for a folder that was moved, restored or adopted.

    Raises:
        WrongUse: The tables were written by a newer program.
        CheckFailed: It defines what no program of ours made: a trigger, a view; nothing was changed.
        KeysMissing: It belongs to another hub; nothing was changed.
    """
    with engine.begin() as db:
        if is_postgres(db):
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = refuse(db, owner)
        if version == VERSION:
            if KEY_STORE not in owners(db) or (claims and not owner.is_named):
                owner.claim(db)
            return
        _require_owner(db, version)
        META.create_all(db)  # those that are there stay as they are
        if version == 0:
            put_site(db, SITE, ARRIVALS, b"0")
        for step in range(max(1, version), VERSION if version else 0):
            _STEPS[step](db, keys)
        put_site(db, SITE, _NAME, str(VERSION).encode())
        owner.claim(db)


def _require_owner(db: Connection, version: int) -> None:
    """Tables are made and changed by their owner alone.

    Raises:
        WrongUse: This is a database user of one process; nothing was changed.
    """
    if is_postgres(db) and not db.execute(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")).scalar():
        raise WrongUse(
            f"the tables of this database are of version {version}, this program needs {VERSION}, and this database "
            "user may not change them",
            remedy="Run 'wardbeat hub roles SITE --database URL' with the name and password of the database's owner.",
        )


def refuse(db: Connection, owner: Owner) -> int:
    """Let in only a database of this hub that this program can use; returns the version of its tables. Nothing is
    written.

    Raises:
        WrongUse, CheckFailed, KeysMissing: As `bring_up`.
    """
    version = _version(db)
    if version > VERSION:
        raise WrongUse(
            f"this database has tables of version {version}, but this program supports {VERSION}",
            remedy="Start the newer program, or restore a backup written by this version.",
        )
    refuse_strange(db, META, whole=version == VERSION)
    owner.refuse_others(db)
    return version


def _version(db: Connection) -> int:
    if not inspect(db).has_table(SITE.name):
        return 0
    found = db.execute(select(SITE.c.value).where(SITE.c.name == _NAME)).scalar()
    return 1 if found is None else int(found)


def _encrypt_rows(db: Connection, keys: KeyStore) -> None:
    """1 → 2: rows are encrypted under data keys, and each device has a row to lock."""
    META.create_all(db)  # the new tables; existing ones stay as they are
    for added in (ROW.c.data_key, ROW.c.said):
        db.execute(text(f'ALTER TABLE "row" ADD COLUMN {added.name} {added.type.compile(db.dialect)}'))
    for index in SEEN.indexes | ROW.indexes:
        if index.name != _ARRIVAL_INDEX:
            index.create(db, checkfirst=True)
    for row in db.execute(select(ROW.c.device, ROW.c.stream, ROW.c.seq, ROW.c.serial, ROW.c.words)).all():
        key = keys.data_keys.of(row.device, row.serial)
        sealed = key.seal(place_of((row.device, row.stream, row.seq)), row.words)
        here = (ROW.c.device == row.device) & (ROW.c.stream == row.stream) & (ROW.c.seq == row.seq)
        same = content_digest(key, row.words, decode_plaintext(row.words))
        db.execute(update(ROW).where(here).values(data_key=key.name, words=sealed, said=same))
    devices = db.execute(select(SEEN.c.device).distinct()).scalars().all()
    for device in sorted(devices):
        db.execute(DEVICE.insert(), {"device": device, "withdrawn_serial": 0, "erased_serial": -1})


def _add_ends(db: Connection, _: KeyStore) -> None:
    """2 → 3: revoked devices, when a consent begins, who sent a quarantined envelope (older ones are deleted)."""
    add_columns(db, META)
    db.execute(delete(QUARANTINE))
    for row in db.execute(select(CONSENT.c.device, CONSENT.c.serial, CONSENT.c.record)).all():
        here = (CONSENT.c.device == row.device) & (CONSENT.c.serial == row.serial)
        try:
            begins_utc_s = decode_record(row.record).from_utc_s
        except WireRefused:
            continue  # nobody signed that; it is ignored when it is read
        db.execute(update(CONSENT).where(here).values(from_utc_s=begins_utc_s))


def _number_arrivals(db: Connection, _: KeyStore) -> None:
    """3 → 4: rows have an order of arrival. That of older rows is not known: they come first, by device and seq."""
    add_columns(db, META)
    place = ROW.c.device, ROW.c.stream, ROW.c.seq
    numbered = select(*place, func.row_number().over(order_by=place).label("number")).subquery()
    same = [column == numbered.c[column.name] for column in place]
    db.execute(update(ROW).where(*same).values(arrival=numbered.c.number))
    for index in ROW.indexes:
        index.create(db, checkfirst=True)
    put_site(db, SITE, ARRIVALS, str(db.execute(select(func.count()).select_from(ROW)).scalar_one()).encode())


def _prove_ends(db: Connection, keys: KeyStore) -> None:
    """4 → 5: ends in the database carry a code of the key store; the database names its owner (see `bring_up`)."""
    add_columns(db, META)
    prove_all(db, keys)


def _note_places(db: Connection, _: KeyStore) -> None:
    """5 → 6: how far each device's ledger has come, and the features that consents name."""
    add_columns(db, META)
    fill_places(db)


def _date_streams(db: Connection, _: KeyStore) -> None:
    """6 → 7: streams have a time, because a device may begin only so many in a day."""
    add_columns(db, META)


def _score(db: Connection, _: KeyStore) -> None:
    """7 → 8: grants beyond a consent's record; what is to be scored, and scores (their tables are new)."""
    add_columns(db, META)


def _note_days(db: Connection, _: KeyStore) -> None:
    """8 → 9: on which day each device was last heard. Every row that is here may have arrived today."""
    insert_new(db, DAY, {"day": int(time.time()) // DAY_S, "arrival": 0})


def _lock_devices(db: Connection, _: KeyStore) -> None:
    """9 → 10: a column for whoever may lock a device's row and change nothing in it."""
    add_columns(db, META)


def _follow(_: Connection, __: KeyStore) -> None:
    """10 → 11: what a care team sees, looks, alerts and their ways (all these tables are new)."""


_STEPS: Final[dict[int, Callable[[Connection, KeyStore], None]]] = {
    1: _encrypt_rows,
    2: _add_ends,
    3: _number_arrivals,
    4: _prove_ends,
    5: _note_places,
    6: _date_streams,
    7: _score,
    8: _note_days,
    9: _lock_devices,
    10: _follow,
}

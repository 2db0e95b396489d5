"""Bringing a data base up to the tables of this program, step by step, each in one transaction.

Version 1 is the first release's: words lay open. A base of version 0 is empty.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, delete, inspect, select, text, update

from agent.errors import WrongUse
from agent.wire.consent import decode_record
from agent.wire.message import decode_plaintext
from hub.database import add_columns, is_postgres, put_site
from hub.keys.keystore import KeyStore
from hub.store.tables import CONSENT, DEVICE, META, QUARANTINE, ROW, SEEN, SITE
from hub.store.transaction import content_digest, place_of

VERSION: Final = 3
_NAME: Final = "tables version"
_LOCK: Final = 0x77617264  # of PostgreSQL: workers that start together bring it up one after the other


def bring_up(engine: Engine, keys: KeyStore) -> None:
    """Make or change tables until they are this program's.

    Raises:
        WrongUse: They are of a newer program.
    """
    with engine.begin() as db:
        if is_postgres(db):
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(db)
        if version > VERSION:
            raise WrongUse(
                f"this database has tables of version {version}, but this program supports {VERSION}",
                remedy="Start the newer program, or restore a backup written by this version.",
            )
        if version == VERSION:
            return
        if version == 0:
            META.create_all(db)
        for step in range(max(1, version), VERSION if version else 0):
            _STEPS[step](db, keys)
        put_site(db, SITE, _NAME, str(VERSION).encode())


def _version(db: Connection) -> int:
    if not inspect(db).has_table(SITE.name):
        return 0
    found = db.execute(select(SITE.c.value).where(SITE.c.name == _NAME)).scalar()
    return 1 if found is None else int(found)


def _seal_words(db: Connection, keys: KeyStore) -> None:
    """1 → 2: words go under data keys, and each device has a row to lock."""
    META.create_all(db)  # the new tables; it leaves those that are there
    for added in (ROW.c.data_key, ROW.c.said):
        db.execute(text(f'ALTER TABLE "row" ADD COLUMN {added.name} {added.type.compile(db.dialect)}'))
    for index in SEEN.indexes | ROW.indexes:
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


def _know_more(db: Connection, _: KeyStore) -> None:
    """2 → 3: who is revoked, when a consent begins, whose a quarantined envelope is (those of before are nobody's)."""
    add_columns(db, META)
    db.execute(delete(QUARANTINE))
    for row in db.execute(select(CONSENT.c.device, CONSENT.c.serial, CONSENT.c.record)).all():
        here = (CONSENT.c.device == row.device) & (CONSENT.c.serial == row.serial)
        db.execute(update(CONSENT).where(here).values(from_utc_s=decode_record(row.record).from_utc_s))


_STEPS: Final[dict[int, Callable[[Connection, KeyStore], None]]] = {1: _seal_words, 2: _know_more}

"""Withdrawn, erased and revoked: copies in the database, for a key store that is restored from a backup.

The key store believes a copy only with its own code on it: a row that somebody else wrote ends nothing and destroys no
key.
"""

import hashlib
import hmac
import logging
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from agent.wire import codec
from agent.wire.codec import Fields
from hub.database import insert_new, put_site
from hub.keys.keystore import KeyStore
from hub.store.tables import DEVICE, SITE

log = logging.getLogger(__name__)

_STAFF: Final = "staff revoked"
_CODE_BYTES: Final = 32


def note_ends(
    db: Connection, keys: KeyStore, kid: bytes, *, withdrawn: int = 0, erased: int = -1, revoked: bool = False
) -> None:
    """Record which serials of a device are ended, and whether it is revoked; a lower end changes nothing."""
    row = db.execute(select(DEVICE).where(DEVICE.c.device == kid).with_for_update()).first()
    if row is None:
        insert_new(db, DEVICE, {"device": kid, "withdrawn_serial": 0, "erased_serial": -1})
    elif _is_ours(keys, row):
        withdrawn, erased = max(withdrawn, row.withdrawn_serial), max(erased, row.erased_serial)
        revoked = revoked or row.revoked == 1
    _write(db, keys, kid, (withdrawn, erased, int(revoked)))


def note_revoked(db: Connection, keys: KeyStore) -> None:
    """Record which devices and which members of the care team are revoked, for keys that are restored later."""
    known = set(db.execute(select(DEVICE.c.device).where(DEVICE.c.revoked == 1)).scalars())
    for which in set(keys.devices.revoked()) - known:
        note_ends(db, keys, which, revoked=True)
    revoked = {one.credential: one.revoked_utc_s for one in keys.staff.all() if one.revoked_utc_s}
    if revoked := dict(_staff_revoked(db, keys)) | revoked:
        rows: list[codec.Item] = [[credential, at_utc_s] for credential, at_utc_s in sorted(revoked.items())]
        listed = codec.encode(rows)
        put_site(db, SITE, _STAFF, _staff_code(keys, listed) + listed)


def learn_revoked(db: Connection, keys: KeyStore) -> None:
    """Take over which members of the care team are revoked, for a key store that was restored from a backup."""
    at_utc_s = dict(_staff_revoked(db, keys))
    for one in keys.staff.all():
        if not one.revoked_utc_s and at_utc_s.get(one.credential, 0) >= one.added_utc_s:
            keys.staff.revoke([one.credential], at_utc_s[one.credential])


def learn_ends(db: Connection, keys: KeyStore) -> None:
    """Take over all that is ended, for a key store that was restored from a backup."""
    for row in known_ends(db, keys):
        keys.devices.learn_ends(row.device, row.withdrawn_serial, row.erased_serial, revoked=row.revoked == 1)
    learn_revoked(db, keys)


def _staff_revoked(db: Connection, keys: KeyStore) -> list[tuple[str, int]]:
    value = db.execute(select(SITE.c.value).where(SITE.c.name == _STAFF)).scalar()
    if value is None:
        return []
    code, listed = bytes(value[:_CODE_BYTES]), bytes(value[_CODE_BYTES:])
    if not hmac.compare_digest(code, _staff_code(keys, listed)):
        log.error("the database's list of revoked members was not written by this hub; it is ignored")
        return []
    listed_rows = codec.decode(listed)
    rows = (Fields(row, 2) for row in (listed_rows if isinstance(listed_rows, list) else []))
    return [(row.text(), row.uint()) for row in rows]


def _staff_code(keys: KeyStore, listed: bytes) -> bytes:
    key = hmac.digest(keys.value("hedge"), b"wardbeat/1/staff in the database", hashlib.sha256)
    return hmac.digest(key, listed, hashlib.sha256)


def known_ends(db: Connection, keys: KeyStore) -> list[Row[Any]]:
    """The rows with something ended that this key store wrote; the log counts the others."""
    rows = _ended(db)
    ours = [row for row in rows if _is_ours(keys, row)]
    if len(ours) < len(rows):
        strange = len(rows) - len(ours)
        log.error("%d rows of the database that end consents were not written by this hub; they are ignored", strange)
    return ours


def prove_all(db: Connection, keys: KeyStore) -> None:
    """Put the key store's code on every row; release 0.1.0 wrote none."""
    for row in _ended(db):
        _write(db, keys, row.device, (row.withdrawn_serial, row.erased_serial, row.revoked or 0))


def _ended(db: Connection) -> list[Row[Any]]:
    has_ended = (DEVICE.c.withdrawn_serial > 0) | (DEVICE.c.erased_serial >= 0) | (DEVICE.c.revoked == 1)
    return list(db.execute(select(DEVICE).where(has_ended)).all())


def _write(db: Connection, keys: KeyStore, kid: bytes, ends: tuple[int, int, int]) -> None:
    values = dict(zip(("withdrawn_serial", "erased_serial", "revoked"), ends, strict=True))
    db.execute(update(DEVICE).where(DEVICE.c.device == kid).values(**values, code=_code(keys, kid, ends)))


def _is_ours(keys: KeyStore, row: Row[Any]) -> bool:
    ends = (row.withdrawn_serial, row.erased_serial, row.revoked or 0)
    return ends == (0, -1, 0) or hmac.compare_digest(row.code or b"", _code(keys, row.device, ends))


def _code(keys: KeyStore, kid: bytes, ends: tuple[int, int, int]) -> bytes:
    key = hmac.digest(keys.value("hedge"), b"wardbeat/1/ends in the database", hashlib.sha256)
    return hmac.digest(key, kid + "/".join(map(str, ends)).encode(), hashlib.sha256)

"""Whose database this is: it keeps the identity of one key store, and which state folder works with it.

Rows can be read with the keys of one key store alone, and a start deletes rows whose keys are missing. So a database
of another key store, or of another state folder with the same keys, is refused before a byte of it changes.

opened ─▶ identity of the key store ─▶ state folder ─▶ migrations ─▶ clean-up        each refuses before the next begins
                                        └ moved, restored or adopted: takes over, if no process works for the other one
"""

import hashlib
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, inspect, select, text

from agent.errors import AlreadyRunning, KeysMissing, Missing
from agent.system import machine
from hub.database import CANNOT_WRITE, cause, is_postgres, open_postgres, put_site
from hub.keys.keystore import RESTORED, KeyStore
from hub.store.tables import ROW, SEEN, SITE

KEY_STORE: Final = "key store"
STATE_FOLDER: Final = "state folder"
STORE_ID: Final = "store id"
NUMBER_BYTES: Final = 8
_ID_BYTES: Final = 16
_SAY_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Location:
    """Where a state folder lies.

    Attributes:
        machine: Digest of the installation in hex; empty where the system names none.
        folder: Absolute path, without links.
        keys: Device and inode of ``keys.db``, to know the folder again through another mount.
        data: The inode of ``hub.db``, which a copy does not share; 0 on PostgreSQL.
    """

    machine: str
    folder: str
    keys: str
    data: int

    @classmethod
    def of(cls, folder: Path, *, sqlite: bool) -> Self:
        """The place of a hub's folder."""
        keys = (folder / "keys.db").stat()
        inode = (folder / "hub.db").stat().st_ino if sqlite else 0
        return cls(machine.installation().hex(), str(folder.resolve()), f"{keys.st_dev}:{keys.st_ino}", inode)

    @classmethod
    def decoded(cls, value: bytes) -> Self | None:
        """What `encoded` gave; None for anything else."""
        try:
            found = json.loads(value)
            return cls(str(found["machine"]), str(found["folder"]), str(found["keys"]), int(found["data"]))
        except (ValueError, TypeError, KeyError):
            return None

    def encoded(self) -> bytes:
        """As it stands in the database."""
        return json.dumps(asdict(self)).encode()

    def is_same(self, other: Self) -> bool:
        """Whether both are one folder, which was renamed or which two mounts show under different names."""
        if self.folder == other.folder:
            return self.machine == other.machine
        return self.keys == other.keys

    def has_copy(self, other: Self) -> bool:
        """Whether this ``hub.db`` is another file than that one: each folder has its own, and nobody is in the way."""
        return self.data != other.data


def id_of(root_public: bytes) -> bytes:
    """The identity of a key store (16 bytes): that of the site's root key, so that every backup of it has the same."""
    return hashlib.sha256(b"wardbeat/1/key store\0" + root_public).digest()[:_ID_BYTES]


class Owner:
    """One hub's claim to its database.

    Args:
        keys: The key store.
        folder: The hub's.

    Attributes:
        id: Identity of the key store.
        location: Of the state folder.
        is_named: Whether the database names both already, exactly so.
    """

    def __init__(self, keys: KeyStore, folder: Path) -> None:
        self._keys = keys
        self.id = id_of(keys.value("root public"))
        self.location = Location.of(folder, sqlite=not keys.text("database"))
        self._accepted: dict[str, bytes] = {}
        self.is_named = False

    def refuse_others(self, db: Connection) -> None:
        """Let only the database's own key store and state folder in; nothing is written.

        Raises:
            KeysMissing: It belongs to another key store, or to another state folder with copies of the same keys.
        """
        known = owners(db)
        if KEY_STORE not in known:
            if not _is_empty(db) and not self._recognises(db):
                raise _another()
            return
        if known[KEY_STORE] != self.id:
            raise _another()
        theirs = Location.decoded(known.get(STATE_FOLDER, b""))
        if theirs is not None and self.location.is_same(theirs):
            self._accepted, self.is_named = known, self.location == theirs
        elif theirs is not None and not self.location.has_copy(theirs) and self._keys.text(RESTORED) != "1":
            where = "" if self.location.machine == theirs.machine else " on another machine"
            raise KeysMissing(
                f"this database works with another state folder: {theirs.folder}{where}",
                remedy="Use that folder. If it is gone, or you moved it here, run 'wardbeat hub adopt' on this one.",
            )

    def claim(self, db: Connection) -> None:
        """Name this key store and this state folder as the database's own."""
        self.is_named = True
        self._accepted = {KEY_STORE: self.id, STATE_FOLDER: self.location.encoded()}
        for name, value in self._accepted.items():
            put_site(db, SITE, name, value)

    def check(self, named: Mapping[str, bytes]) -> None:
        """Make sure, inside a storing transaction, that the database was not given to another state folder since.

        Args:
            named: The rows of SITE.

        Raises:
            KeysMissing: It was. This process must end.
        """
        if any(named.get(name) != value for name, value in self._accepted.items()):
            raise KeysMissing(
                "this database was given to another state folder, or replaced, while this hub was running",
                remedy="Use that folder, or start this hub again to see whose database it is. Nothing was stored.",
            )

    def _recognises(self, db: Connection) -> bool:
        """Whether a database without an identity, of release 0.1.0, was written with these keys."""
        store_id = db.execute(select(SITE.c.value).where(SITE.c.name == STORE_ID)).scalar()
        if store_id is not None and int.from_bytes(store_id[:NUMBER_BYTES], "big") == self._keys.store_number():
            return True
        devices = db.execute(select(SEEN.c.device).distinct()).scalars()
        if any(self._keys.devices.of(which) is not None for which in devices):
            return True
        if ROW.c.data_key.name not in {column["name"] for column in inspect(db).get_columns(ROW.name)}:
            return False
        names = set(db.execute(select(ROW.c.data_key).distinct()).scalars())
        return bool(names & self._keys.data_keys.names())


class Presence:
    """What a writing process says to others of its PostgreSQL database, as long as it is connected: that it is there.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._db: Connection | None = None
        self._name, self._said_s = 0, 0.0

    def begin(self, owner: Owner) -> None:
        """Say that this process works for a state folder.

        Raises:
            AlreadyRunning: A process works with this database for another one.
        """
        if not is_postgres(self._engine):
            return
        self._name = _signed(zlib.crc32(owner.id + owner.location.keys.encode()))
        self._hold()
        if self._others():
            raise AlreadyRunning(
                "a hub with another state folder is working with this database",
                remedy="Stop it first. A machine that is gone is forgotten after a minute.",
            )

    def renew(self) -> None:
        """Say it again after the server was away."""
        if self._db is None or time.monotonic() - self._said_s < _SAY_EVERY_S:
            return
        try:
            self._db.exec_driver_sql("SELECT 1")
        except CANNOT_WRITE:
            self._hold()
        self._said_s = time.monotonic()

    def end(self) -> None:
        """Say no more."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _hold(self) -> None:
        self.end()
        self._db = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._db.detach()  # in the pool it would keep the lock after `end`
        for name, value in (("idle", 30), ("interval", 10), ("count", 3)):
            self._db.exec_driver_sql(f"SET tcp_keepalives_{name} = {value}")
        lock = "SELECT pg_advisory_lock_shared(:kind, :name)"
        self._db.execute(text(lock), {"kind": _kind(self._db), "name": self._name})

    def _others(self) -> int:
        query = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = :kind "
            "AND objid <> :name AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert self._db is not None
        here = {"kind": _kind(self._db) % 2**32, "name": self._name % 2**32}
        return int(self._db.execute(text(query), here).scalar_one())


def owners(db: Connection) -> dict[str, bytes]:
    """What a database says about its owner, by name of the row; empty for a new one."""
    if not inspect(db).has_table(SITE.name):
        return {}
    here = SITE.c.name.in_((KEY_STORE, STATE_FOLDER))
    return {row.name: bytes(row.value) for row in db.execute(select(SITE).where(here))}


def check_new(url: str) -> None:
    """Connect once to the PostgreSQL database of a new site. Nothing is written.

    Raises:
        KeysMissing: It belongs to another hub.
        Missing: It does not respond, or this user may not create tables in it, or the driver is not installed.
    """
    engine = open_postgres(url)
    try:
        with engine.connect() as db:
            if KEY_STORE in owners(db) or not _is_empty(db):
                raise _another()
            if not db.execute(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")).scalar():
                raise Missing(
                    "this database user may not create tables there",
                    remedy="GRANT CREATE ON SCHEMA public TO that user, or name its own schema in the address.",
                )
    except CANNOT_WRITE as error:
        raise Missing(
            f"the database does not respond: {cause(error)}",
            remedy="Check --database: host, port, user, password, name. Nothing was created.",
        ) from error
    finally:
        engine.dispose()


def _another() -> KeysMissing:
    return KeysMissing(
        "this database belongs to another hub: its rows were written with the keys of another key store",
        remedy="Start that hub with its own folder, or give this one a database of its own. Nothing was changed.",
    )


def _is_empty(db: Connection) -> bool:
    looked = inspect(db)
    tables = [table for table in (SEEN, ROW) if looked.has_table(table.name)]
    return not any(db.execute(select(table.c.device).limit(1)).first() for table in tables)


def _kind(db: Connection) -> int:
    """Advisory locks count in a whole database, tables in one schema of it."""
    schema: Any = db.execute(text("SELECT current_schema()")).scalar()
    return _signed(zlib.crc32(f"wardbeat hub {schema}".encode()))


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number

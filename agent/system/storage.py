"""How this project opens and writes a SQLite file: durable, shredding, with errors that say what to do."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.errors import OutboxBroken, StorageFull
from agent.system import sqlite_schema

# A second process (the command line) may hold the file for a moment.
_BUSY_TIMEOUT_S = 10.0
_READ_WAIT_S = 5.0
_SHRED_WAIT_MS = 200  # the agent waits for nobody who reads
_FULL_REMEDY = "Free space on this disk, or make it writable. Wardbeat continues automatically; nothing is lost."
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


class Cursor(sqlite3.Cursor):
    """A cursor whose errors are ours: a damaged page is met by whoever reads on, not by the query."""

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except sqlite3.Error as error:
            raise _named(error, "the state") from error

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchall(self) -> list[Any]:
        return list(self)


class Database(sqlite3.Connection):
    """A connection whose every error is one of ours, with its remedy."""

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, *words: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*words)
        except sqlite3.Error as error:
            raise _named(error, "the state") from error


def connect(path: Path, tables: str) -> Database:
    """Open a file with WAL, synchronous=FULL and secure_delete, and make its tables.

    Raises:
        StorageFull: The disk is full or cannot be written.
        OutboxBroken: The file is damaged, or brings code along: a trigger, a view, a computed column.
    """
    try:
        # The log files beside it take the same mode. A file that is there is not opened: closing it would release the
        # locks of this process (https://sqlite.org/howtocorrupt.html, 2.2).
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S, factory=Database)
    except sqlite3.Error as error:
        raise _named(error, path.name) from error
    except OSError as error:
        raise StorageFull(f"{path.name} cannot be written: {error.strerror}", remedy=_FULL_REMEDY) from error
    with ExitStack() as undo:
        undo.callback(db.close)
        _prepare(db, path, tables)
        undo.pop_all()
    return db


def connect_in_memory(tables: str) -> Database:
    """Make its tables where no file is."""
    db = sqlite3.connect(":memory:", isolation_level=None, factory=Database)
    db.executescript(tables)
    return db


def _prepare(db: Database, path: Path, tables: str) -> None:
    try:
        for pragma in ("trusted_schema = OFF", "secure_delete = ON", "journal_mode = WAL", "synchronous = FULL"):
            db.execute(f"PRAGMA {pragma}")
        if strange := sqlite_schema.strange(db, sqlite_schema.shapes_of(tables), plain_may_differ=True):
            raise OutboxBroken(
                f"{path.name} is not as Wardbeat makes it: {', '.join(strange[:5])}",
                remedy="Run 'wardbeat doctor'; restore the file from a backup, or move it away.",
            )
        db.executescript(tables)
    except sqlite3.Error as error:
        raise _named(error, path.name) from error


def connect_to_read(path: Path) -> Database:
    """Open a file that is there, to read it: nothing is written, locked or left beside it.

    Raises:
        StorageFull: It cannot be opened.
        OutboxBroken: It is damaged.
    """
    # without a log nobody writes, and SQLite is told so: else it would make a log and leave it behind
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with ExitStack() as undo:
        try:
            db = sqlite3.connect(
                f"{path.absolute().as_uri()}?{how}",
                uri=True,
                isolation_level=None,
                timeout=_READ_WAIT_S,
                factory=Database,
            )
            undo.callback(db.close)
            db.execute("SELECT 1 FROM sqlite_master LIMIT 1")
        except sqlite3.Error as error:
            raise _named(error, path.name) from error
        undo.pop_all()
    return db


def shred(db: Database) -> bool:
    """Push deletions through the write-ahead log, where deleted words would linger.

    False when a reader holds the log or the disk is full; the outbox tries again every day and at start.
    """
    try:
        db.execute(f"PRAGMA busy_timeout = {_SHRED_WAIT_MS}")
        done = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        db.execute(f"PRAGMA busy_timeout = {int(_BUSY_TIMEOUT_S * 1000)}")
    except StorageFull:
        return False
    return bool(done)


@contextmanager
def storing(db: Database) -> Iterator[None]:
    """One transaction: all of it durable on leaving, or none of it.

    Raises:
        StorageFull, OutboxBroken: As `connect`.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def one_moment(db: Database) -> Iterator[None]:
    """Several queries over one state of the file: what another process writes meanwhile is not seen. Writers are not
    held up (write-ahead log).

    Raises:
        StorageFull, OutboxBroken: As `connect`.
    """
    if db.in_transaction:  # already one moment
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _named(error: sqlite3.Error, what: str) -> StorageFull | OutboxBroken:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _FULL or code == sqlite3.SQLITE_BUSY:
        return StorageFull(
            f"{what} cannot be written: {error}",
            remedy=_FULL_REMEDY,
        )
    return OutboxBroken(f"{what} is damaged: {error}", remedy="Run 'wardbeat doctor'; the file was left as it is.")

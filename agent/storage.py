"""How this project opens and writes a SQLite file: durable, shredding, with errors that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import OutboxBroken, StorageFull

# A second process (the command line) may hold the file for a moment.
_BUSY_TIMEOUT_S = 10.0
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


def connect(path: Path, tables: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a file with WAL, synchronous=FULL and secure_delete, and make its tables.

    Raises:
        StorageFull: The disk is full or cannot be written.
        OutboxBroken: The file is damaged.
    """
    mode = "ro" if read_only else "rwc"
    try:
        db = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S
        )
        db.execute("PRAGMA secure_delete = ON")
        if not read_only:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(tables)
    except sqlite3.Error as error:
        raise _named(error, path.name) from error
    return db


@contextmanager
def storing(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it durable on leaving, or none of it.

    Raises:
        StorageFull, OutboxBroken: As `connect`.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise _named(error, "the state") from error
    try:
        yield
        db.execute("COMMIT")
    except BaseException as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise _named(error, "the state") from error
        raise


def _named(error: sqlite3.Error, what: str) -> StorageFull | OutboxBroken:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _FULL or code == sqlite3.SQLITE_BUSY:
        return StorageFull(
            f"{what} cannot be written: {error}",
            remedy="Free space on this disk (or make it writable); Wardbeat goes on by itself, nothing is lost.",
        )
    return OutboxBroken(f"{what} is damaged: {error}", remedy="Run 'wardbeat doctor'; the file was left as it is.")

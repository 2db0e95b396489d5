"""How the hub opens a database: SQLAlchemy Core, durable and shredding on SQLite."""

import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import OperationalError

from agent.errors import AlreadyRunning

_SHRED_WAIT_MS: Final = 200
_BUSY_TIMEOUT_MS: Final = 10_000


def open_database(path: Path, tables: MetaData) -> Engine:
    """An engine over a SQLite file with WAL, synchronous=FULL and secure_delete; tables made."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})

    # The driver's own idea of transactions would open none before a SAVEPOINT.
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    tables.create_all(engine)
    return engine


def hold(path: Path) -> Connection:
    """Hold a folder for this process; the system lets go when it dies.

    Raises:
        AlreadyRunning: Another process holds it.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0, "isolation_level": None})
    connection = engine.connect()
    try:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
    except OperationalError as error:
        connection.close()
        raise AlreadyRunning("another hub already runs on this folder", remedy="Stop it first.") from error
    return connection


def shred(engine: Engine) -> bool:
    """Push deletions through the write-ahead log, where deleted rows would linger.

    False when a reader holds the log or the disk is full: try again later, nothing waits for it.
    """
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_SHRED_WAIT_MS}")
        done = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    except sqlite3.Error:
        return False
    finally:
        raw.close()
    return bool(done)


def reading(engine: Engine) -> Engine:
    """The same database for looking only: takes no write lock."""
    return engine.execution_options(reads=True)

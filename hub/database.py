"""How the hub opens a database: SQLAlchemy Core, durable and shredding on SQLite."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, MetaData, create_engine, event

_SHRED_TRIES: Final = 20


def open_database(path: Path, tables: MetaData) -> Engine:
    """An engine over a SQLite file with WAL, synchronous=FULL and secure_delete; tables made."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10.0})

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


def shred(engine: Engine) -> None:
    """Push deletions through the write-ahead log, where deleted rows would linger."""
    raw = engine.raw_connection()
    try:
        for _ in range(_SHRED_TRIES):
            if raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                return  # else a reader holds the log for a moment
    finally:
        raw.close()


def reading(engine: Engine) -> Engine:
    """The same database for looking only: takes no write lock."""
    return engine.execution_options(reads=True)

"""Open a database: SQLAlchemy Core over SQLite (one process) or PostgreSQL (several), with durable commits or none."""

import os
import sqlite3
import stat
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    and_,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)

from agent.errors import AlreadyRunning, KeysMissing, Missing, NotDurable, WrongUse
from agent.system.installation import how_to_add

_SHRED_WAIT_MS: Final = 200
_BUSY_TIMEOUT_MS: Final = 10_000
_CONNECT_TIMEOUT_S: Final = 10
_POSTGRES: Final = "postgresql+psycopg"
# What a commit rests on. Off, any of them lets PostgreSQL say "committed" before the row would survive a crash; the
# last one any session may switch off for itself.
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")

# Disk full, read-only or damaged, server down: nothing was stored, and the caller tries again.
CANNOT_WRITE: Final = (DatabaseError, InterfaceError)


def of_the_store(error: Exception) -> bool:
    """Whether an error is the database's (disk full, damaged, server down, another hub's) and not a message's."""
    return isinstance(error, (*CANNOT_WRITE, NotDurable, KeysMissing)) and not isinstance(
        error, (IntegrityError, DataError)
    )


def cause(error: DBAPIError) -> str:
    """What the driver says about an error, in one line."""
    lines = [line.strip() for line in str(error.orig or error).splitlines() if line.strip()]
    return lines[0] if lines else type(error.orig).__name__


def checked_url(url: str) -> str:
    """A database address with the driver that we use.

    Raises:
        WrongUse: It is not an address, or names another kind of database than PostgreSQL.
    """
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise WrongUse("this is not the address of a database", remedy=f"Use {_POSTGRES}://USER@HOST/NAME.") from error
    if made.drivername not in ("postgresql", _POSTGRES):
        raise WrongUse(
            f"the database kind {made.drivername!r} is not supported",
            remedy=f"SQLite needs no address; PostgreSQL: {_POSTGRES}://USER@HOST/NAME.",
        )
    return made.set(drivername=_POSTGRES).render_as_string(hide_password=False)


def open_postgres(url: str) -> Engine:
    """An engine over PostgreSQL.

    Raises:
        Missing: The driver is not installed.
    """
    waits = {} if "connect_timeout" in make_url(url).query else {"connect_timeout": _CONNECT_TIMEOUT_S}
    try:
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args=waits)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise Missing("the PostgreSQL driver is missing", remedy=how_to_add("postgres")) from error


def mode_in(folder: Path) -> int:
    """The permissions of the hub's own files in a folder: its owner's alone, and those of the folder's group where an
    administrator opened the folder to it, so that each process may have a system user of its own.
    """
    return 0o660 if folder.stat().st_mode & stat.S_IWGRP else 0o600


def make_private(path: Path) -> None:
    """Make an empty file with the permissions of `mode_in`, unless it is there.

    A file that is there is not opened: closing it would release every lock that this process holds on it, and the next
    process to close the database would delete the log under this one (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        path.chmod(mode_in(path.parent))


def open_sqlite(path: Path) -> Engine:
    """An engine over a SQLite file with WAL, synchronous=FULL and secure_delete, which trusts nothing in its schema."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})

    # The driver's own idea of transactions would open none before a SAVEPOINT.
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("trusted_schema = OFF", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def is_postgres(db: Connection | Engine) -> bool:
    """Whether this is PostgreSQL; else it is SQLite."""
    return db.dialect.name == "postgresql"


def require_durable(db: Connection) -> None:
    """Check that a crash cannot undo a commit.

    Called inside each storing transaction, since sessions and administrators may change the settings at any moment.

    Raises:
        NotDurable: It can; names the setting that is off.
    """
    if not is_postgres(db):
        return  # our own pragmas, which nobody else can change
    settings = select(*(func.current_setting(name).label(name) for name in _DURABLE))
    weak = [name for name, value in db.execute(settings).mappings().one().items() if value == "off"]
    if weak:
        raise NotDurable(
            f"PostgreSQL runs with {' and '.join(weak)} off; a crash could undo what a receipt promises",
            remedy="Switch it on (ALTER SYSTEM, ALTER ROLE) and reload. Until then nothing is stored or receipted.",
        )


def add_columns(db: Engine | Connection, tables: MetaData) -> None:
    """Add the columns that tables of an older program lack; they are NULL in every row."""
    with db.begin() if isinstance(db, Engine) else nullcontext(db) as open_db:
        looked = inspect(open_db)
        for table in tables.sorted_tables:
            there = {column["name"] for column in looked.get_columns(table.name)}
            for column in table.columns:
                if column.name not in there:
                    kind = column.type.compile(open_db.dialect)
                    open_db.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN {column.name} {kind}'))


def rows_at(
    db: Connection, by: Sequence[Column[Any]], at: Iterable[tuple[Any, ...]], *, keys_alone: bool = False
) -> list[dict[str, Any]]:
    """The rows of a table whose columns ``by``, which an index covers, hold these values; all columns, or these alone.

    One statement on PostgreSQL, where a round trip costs; one cached statement each on SQLite, which has no arrays
    and would scan the table for a list of tuples (measured: 200,000 rows, 39 ms against 7 ms for 500 keys).
    """
    keys = sorted(set(at))
    if not keys:
        return []
    if not is_postgres(db):
        names, query = _one_at(tuple(by), tuple(by if keys_alone else by[0].table.columns))
        cursor = db.connection.cursor()  # the driver's own: 3 µs a key, not 50
        try:
            found = [row for key in keys for row in cursor.execute(query, key).fetchall()]
        finally:
            cursor.close()
        return [dict(zip(names, row, strict=True)) for row in found]
    arrays = [
        bindparam(f"key_{column.name}", list(values), postgresql.ARRAY(column.type))
        for column, values in zip(by, zip(*keys, strict=True), strict=True)
    ]
    wanted = func.unnest(*arrays).table_valued(*(column.name for column in by), name="wanted").render_derived()
    here = and_(*(column == wanted.c[column.name] for column in by))
    chosen = by if keys_alone else list(by[0].table.columns)
    found_there = select(*chosen).select_from(wanted).join(by[0].table, here)
    return [dict(row) for row in db.execute(found_there).mappings()]


@cache
def _one_at(by: tuple[Column[Any], ...], chosen: tuple[Column[Any], ...]) -> tuple[tuple[str, ...], str]:
    query = select(*chosen).where(*(column == bindparam(None) for column in by))
    return tuple(column.name for column in chosen), str(query.compile(dialect=sqlite.dialect()))


def lock_file(path: Path, wait_s: float = 0.0) -> Connection:
    """Lock a file for this process; the system releases the lock when the process ends.

    Args:
        path: The lock file; created when missing.
        wait_s: How long to wait for another holder, in s.

    Returns:
        What `unlock_file` takes.

    Raises:
        AlreadyRunning: Another process holds the lock.
    """
    make_private(path)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": wait_s, "isolation_level": None})
    connection = engine.connect()
    try:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
    except OperationalError as error:
        connection.close()
        engine.dispose()
        if getattr(error.orig, "sqlite_errorcode", None) not in (None, sqlite3.SQLITE_BUSY):
            raise  # a full disk is no second hub
        raise AlreadyRunning(
            f"another process of this hub holds {path.name}", remedy="Stop that one first, or wait until it has ended."
        ) from error
    return connection


def unlock_file(lock: Connection) -> None:
    """Release what `lock_file` gave."""
    lock.close()
    lock.engine.dispose()


def shred(engine: Engine) -> bool:
    """Push deletions through the write-ahead log of SQLite, where deleted rows would linger.

    PostgreSQL keeps deleted rows in its log and its backups whatever we do; there destroying the data key is what makes
    them unreadable.

    Returns:
        False when a reader holds the log or the disk is full: try again later.
    """
    if is_postgres(engine):
        return True
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
    """The same database for reading only: on SQLite it takes no write lock."""
    return engine.execution_options(reads=True)


def put_site(db: Connection, table: Table, name: str, value: bytes) -> None:
    """Insert or update a named value."""
    if db.execute(table.update().where(table.c.name == name).values(value=value)).rowcount == 0:
        db.execute(table.insert(), {"name": name, "value": value})


def insert_new(db: Connection, table: Table, values: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Insert a row, or several, unless it exists, even when another process inserts it at the same moment."""
    make = postgresql.insert if is_postgres(db) else sqlite.insert
    db.execute(make(table).on_conflict_do_nothing(), values)

"""Files that are brought or carried away: read without being changed, written whole or not at all."""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from agent.errors import KeysMissing, StorageFull, WrongUse
from agent.system import host, sqlite_schema
from hub.schema import sqlite_shapes
from hub.store.owner import KEY_STORE, id_of
from hub.store.tables import META

_DATA_REMEDY: Final = "Use a file written by 'hub backup' without --keys."
_PIECE_BYTES: Final = 2**20


def read_whole(file: Path) -> bytes:
    """The content of a file that somebody named.

    Raises:
        WrongUse: It cannot be read; says why.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}", remedy="Check its path and its rights.") from error


def data_file_of(file: Path, root_public: bytes) -> None:
    """Check a data file without writing beside it, so that it may lie on a medium or in a folder that is read-only.

    Raises:
        WrongUse: It cannot be read, is damaged, is no data file, or defines what this program does not make.
        KeysMissing: It belongs to another key store than that of this root.
    """
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}", remedy="Check its path and its rights.") from error
    log = file.with_name(file.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise WrongUse(
            f"{file} was copied while the hub was running: a part of it is still in {log.name}", remedy=_DATA_REMEDY
        )
    try:
        # immutable: no lock, no log and no index is made beside it
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1&mode=ro", uri=True)) as db:
            db.execute("PRAGMA trusted_schema = OFF")
            strange = sqlite_schema.strange(db, sqlite_shapes(META))
            (sound,) = ("",) if strange else db.execute("PRAGMA integrity_check(1)").fetchone()
            names = "SELECT value FROM site WHERE name = ?"
            owner = None if strange else db.execute(names, (KEY_STORE,)).fetchone()
            if not strange:
                db.execute("SELECT count(*) FROM seen").fetchone()
    except sqlite3.Error as error:
        raise WrongUse(f"{file} is not a data file ({error})", remedy=_DATA_REMEDY) from error
    if strange:
        raise WrongUse(f"{file} is not as this program makes it: {', '.join(strange[:5])}", remedy=_DATA_REMEDY)
    if sound != "ok":
        raise WrongUse(f"{file} is damaged: {sound}", remedy="Use another file.")
    if owner is not None and owner[0] != id_of(root_public):
        raise KeysMissing(f"{file} belongs to another hub: these keys open none of it", remedy="Use that hub's keys.")


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database while others write it.

    Raises:
        StorageFull: The copy cannot be written, or the database cannot be read.
    """
    try:
        with closing(_connected(source)) as db, closing(sqlite3.connect(target)) as copy:
            db.backup(copy)
    except sqlite3.Error as error:
        raise StorageFull(
            f"{source.name} cannot be copied to {target}: {error}", remedy="Free that disk, or choose another folder."
        ) from error


def database_bytes(source: Path) -> bytes:
    """A copy of a SQLite database in memory, while others write it.

    Raises:
        StorageFull: The database cannot be read.
    """
    try:
        with closing(_connected(source)) as db, closing(sqlite3.connect(":memory:")) as copy:
            db.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise StorageFull(f"{source.name} cannot be copied: {error}", remedy="Free its disk.") from error


def copy_private(source: Path, target: Path) -> None:
    """Copy a file of any size; this user alone can read the copy, which is durable on return.

    Raises:
        StorageFull: It cannot be written whole.
    """
    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with source.open("rb") as opened, os.fdopen(fd, "wb") as made:
            shutil.copyfileobj(opened, made, _PIECE_BYTES)
            made.flush()
            os.fsync(made.fileno())
    except OSError as error:
        raise StorageFull(f"{target} cannot be written: {error.strerror}", remedy="Free its disk.") from error


@contextmanager
def whole_or_nothing(folder: Path) -> Iterator[None]:
    """Make a private folder and fill it; after a failure what was made in it is removed, and the folder too if new.

    A folder that was prepared for a group of system users stays as it is: see `_is_of_a_group`.

    Raises:
        Missing: The folder cannot be made.
    """
    before = set(folder.iterdir()) if folder.exists() else None
    if before is None or not _is_of_a_group(folder):
        host.private_dir(folder)
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            for path in set(folder.iterdir()) - (before or set()):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
            if before is None:
                folder.rmdir()


def _is_of_a_group(folder: Path) -> bool:
    """Whether an administrator gave the folder to a group: it may write, new files are its own, others cannot enter."""
    seen = folder.stat()
    is_shared = bool(seen.st_mode & stat.S_ISGID and seen.st_mode & stat.S_IWGRP and not seen.st_mode & stat.S_IRWXO)
    return sys.platform != "win32" and is_shared and seen.st_uid == os.getuid()


def _connected(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)
    db.execute("PRAGMA trusted_schema = OFF")
    return db

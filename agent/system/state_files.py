"""Every file of the state folder, in one table: what it holds, and what becomes of it when the person erases.

`erase`, `export` and `outbox fsck` read this table; a file that no row names is shown to the person and left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from agent.errors import StorageFull
from agent.system import host


class WhenErased(Enum):
    """What `erase` does to a file."""

    EMPTIED = "emptied"  # a database in use: its words are deleted in it, and shredded
    OVERWRITTEN = "overwritten"  # a copy: overwritten where it lies, and removed
    KEPT = "kept"  # it holds nothing that was measured or said


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row; the first whose pattern fits a file's name counts.

    Attributes:
        pattern: Of the name, inside the state folder.
        holds: In words.
        when_erased: What becomes of it.
    """

    pattern: str
    holds: str
    when_erased: WhenErased


FILES: Final = tuple(
    FileRow(*row)
    for row in (
        ("outbox.suspect", "a mark that the outbox is to be checked", WhenErased.KEPT),
        *((f"outbox.db{end}", "the ledger and the sealed rows", WhenErased.EMPTIED) for end in ("", "-wal", "-shm")),
        *(
            (f"history.db{end}", "windows, check-ins, notes, days and journal", WhenErased.EMPTIED)
            for end in ("", "-wal", "-shm")
        ),
        ("outbox*", "a copy of the ledger, set aside or left over", WhenErased.OVERWRITTEN),
        ("history*", "a copy of the history, moved aside", WhenErased.OVERWRITTEN),
        ("export*.json", "an export", WhenErased.OVERWRITTEN),
        *((f"{name}*.{end}", "an export", WhenErased.OVERWRITTEN)
          for name in ("ledger", "everything", "wardbeat") for end in ("json", "csv")),
        ("*.part", "a file that was not written to its end", WhenErased.OVERWRITTEN),
        ("agent.lock", "the lock of the running agent", WhenErased.KEPT),
        ("control.sock", "the running agent's socket", WhenErased.KEPT),
        ("open.html", "a code for the page, good for 30 seconds", WhenErased.KEPT),
        ("open-failed.html", "why the page did not open last", WhenErased.KEPT),
        ("decision.*", "a decision that waits for the agent", WhenErased.KEPT),
        ("erase-receipt.txt", "the hub's receipt of an erasure", WhenErased.KEPT),
        ("data.key*", "the key that all data at rest is under", WhenErased.KEPT),
        ("strap.json", "which strap is yours", WhenErased.KEPT),
        ("evidence", "the index of papers, and papers of your own", WhenErased.KEPT),
        ("evidence-open.html", "a code for the page of papers, good for 30 seconds", WhenErased.KEPT),
        ("evidence-feedback.jsonl", "what you said of answers of papers", WhenErased.OVERWRITTEN),
        ("keys", "this machine's keys", WhenErased.KEPT),
        ("version.floor", "the oldest version that may work on this folder", WhenErased.KEPT),
    )
)  # fmt: skip


def row_of(name: str) -> FileRow | None:
    """The row of a file; None: it is not one of ours."""
    return next((row for row in FILES if fnmatch(name, row.pattern)), None)


def copies(folder: Path) -> list[Path]:
    """Files with words that no part of the program works with: set aside, moved aside, exported, left over."""
    return sorted(path for path, row in _files(folder) if row and row.when_erased is WhenErased.OVERWRITTEN)


def unknown(folder: Path) -> list[Path]:
    """Files that are not ours: what they hold we cannot say."""
    return sorted(path for path, row in _files(folder) if row is None)


def erase_copies(folder: Path) -> list[str]:
    """Overwrite and remove every copy; their names.

    Raises:
        StorageFull: One could not be overwritten.
    """
    gone = []
    for path in copies(folder):
        try:
            host.overwrite(path)
        except OSError as error:
            raise StorageFull(
                f"{path.name} cannot be overwritten: {error.strerror}", remedy="Remove this file yourself."
            ) from error
        gone.append(path.name)
    return gone


def remove_all(folder: Path) -> list[Path]:
    """Overwrite and remove every file of ours, and the folder if nothing else is in it; what was left.

    Raises:
        StorageFull: One could not be overwritten.
    """
    for path, row in list(_files(folder)):
        if row is None:
            continue
        try:
            for file in [path] if path.is_symlink() or not path.is_dir() else sorted(path.iterdir()):
                host.overwrite(file)
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
        except OSError as error:
            raise StorageFull(
                f"{path.name} cannot be removed: {error.strerror}", remedy="Remove this folder yourself."
            ) from error
    left = sorted(folder.iterdir()) if folder.is_dir() else []
    if not left and folder.is_dir():
        folder.rmdir()
    return left


def _files(folder: Path) -> Iterator[tuple[Path, FileRow | None]]:
    for path in folder.iterdir() if folder.is_dir() else ():
        row = row_of(path.name)
        is_copy = row is not None and row.when_erased is WhenErased.OVERWRITTEN
        yield path, None if is_copy and path.is_dir() and not path.is_symlink() else row

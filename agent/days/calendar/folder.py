"""Calendar files of a place: one file, or a folder that is looked at again and again.

A link, a pipe or a device is never opened; a file counts as changed when it lay still between two looks.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.days.calendar.reasons import LIMITS, Limits, Reason
from agent.errors import Missing

ENDINGS: Final = (".ics", ".ical", ".ifb", ".icalendar")
_LISTED_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class FileState:
    """What a look at a file sees.

    Attributes:
        size_bytes: Its size.
        modified_ns: When it was last written, by its file system.
        is_settled: It did not change between two looks.
        is_taken: It was given out as changed.
    """

    size_bytes: int
    modified_ns: int
    is_settled: bool = False
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at a folder.

    Attributes:
        files: Names that changed since they were last given out, and lay still since the look before; by name.
        seen: What the next look needs.
        left_out: Files that are not read, by reason: links, pipes, too large, too many.
    """

    files: tuple[str, ...]
    seen: Mapping[str, FileState]
    left_out: Mapping[Reason, int]


def changed(folder: Path, seen: Mapping[str, FileState], limits: Limits = LIMITS) -> Looked:
    """Which calendars of a folder are to be read.

    Args:
        folder: It alone is looked at, not what lies deeper.
        seen: What the look before gave; empty at first.
        limits: How many, and how large.

    Raises:
        Missing: The folder cannot be read.
    """
    states: dict[str, FileState] = {}
    left_out: dict[Reason, int] = {}
    for name, found in _entries(folder, limits):
        if isinstance(found, Reason):
            left_out[found] = left_out.get(found, 0) + 1
            continue
        before = seen.get(name)
        is_same = before is not None and (before.size_bytes, before.modified_ns) == (found.st_size, found.st_mtime_ns)
        is_taken = is_same and before is not None and (before.is_taken or before.is_settled)
        states[name] = FileState(found.st_size, found.st_mtime_ns, is_settled=is_same, is_taken=is_taken)
    ready = tuple(name for name, state in sorted(states.items()) if state.is_settled and not state.is_taken)
    return Looked(ready, states, left_out)


def _entries(folder: Path, limits: Limits) -> list[tuple[str, os.stat_result | Reason]]:
    """Calendar files of a folder, by name."""
    try:
        with os.scandir(folder) as listed:
            names = sorted(
                entry.name
                for entry, _ in zip(listed, range(_LISTED_MOST), strict=False)
                if entry.name.lower().endswith(ENDINGS)
            )
        found: list[tuple[str, os.stat_result | Reason]] = []
        taken = 0
        for name in names:
            state = (folder / name).lstat()
            if not stat.S_ISREG(state.st_mode):
                found.append((name, Reason.FILE_NOT_REGULAR))
            elif state.st_size > limits.file_bytes:
                found.append((name, Reason.FILE_TOO_LARGE))
            elif taken >= limits.files:
                found.append((name, Reason.TOO_MANY_FILES))
            else:
                taken += 1
                found.append((name, state))
    except OSError as error:
        raise Missing(
            f"the calendar folder cannot be read: {error.strerror}", remedy="Check the folder in the settings."
        ) from error
    return found


def contents(place: Path, limits: Limits = LIMITS) -> list[bytes | Reason]:
    """The bytes of a file, or of each calendar of a folder by name; or why they cannot be had.

    Args:
        place: A file of any name, or a folder.
        limits: How many, and how large.

    Raises:
        Missing: There is no such place.
    """
    if place.is_dir() and not place.is_symlink():
        listed = _entries(place, limits)
        return [found if isinstance(found, Reason) else content(place / name, limits) for name, found in listed]
    if not place.is_symlink() and not place.exists():
        raise Missing("there is no such calendar file", remedy="Check the name of the file.")
    return [content(place, limits)]


def content(file: Path, limits: Limits = LIMITS) -> bytes | Reason:
    """The bytes of one file, or why they cannot be had. It is opened once, and checked as opened."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if file.is_symlink():
            return Reason.FILE_NOT_REGULAR
        with os.fdopen(os.open(file, flags), "rb") as opened:
            state = os.fstat(opened.fileno())
            if not stat.S_ISREG(state.st_mode):
                return Reason.FILE_NOT_REGULAR
            data = opened.read(limits.file_bytes + 1)
    except IsADirectoryError:
        return Reason.FILE_NOT_REGULAR
    except OSError:
        return Reason.FILE_UNREADABLE
    return data if len(data) <= limits.file_bytes else Reason.FILE_TOO_LARGE

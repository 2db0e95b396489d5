"""The security floor: the oldest version that may work on a folder, and the oldest that a machine lets start.

A release that mends a hole raises `SECURITY_FLOOR`. Whoever works on a folder leaves the floor there, and an older
version refuses the folder from then on: nobody can bring the hole back by installing the version before.
"""

import re
from pathlib import Path
from typing import Final

from agent import __version__
from agent.errors import WrongUse
from agent.system import host

SECURITY_FLOOR: Final = "0.2.0"
"""The oldest version that may work on what this one leaves: release 0.1.0 cannot read its private hours."""

VERSION: Final = __version__
FILE: Final = "version.floor"
_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_MOST_BYTES: Final = 64
_UPDATE: Final = "Nothing was changed. Install version {} or newer."


def parsed(text: str) -> tuple[int, ...] | None:
    """A version as numbers; None where it is none.

    >>> parsed("0.10.2") > parsed("0.9.30")
    True
    """
    found = _VERSION.fullmatch(text.strip())
    return tuple(map(int, found.groups())) if found else None


def require(least: str | None, of: str, version: str = __version__) -> None:
    """Refuse to start below a version.

    Args:
        least: The oldest that may start; None: any.
        of: Who demands it, as the beginning of the sentence.
        version: That of this program.

    Raises:
        WrongUse: This program is older.
    """
    if least is not None and (parsed(version) or ()) < (parsed(least) or ()):
        raise WrongUse(f"{of} demands version {least} or newer; this is {version}", remedy=_UPDATE.format(least))


def require_of_folder(folder: Path, version: str = __version__) -> None:
    """Refuse a folder on which a version with a higher floor has worked; nothing is changed.

    Args:
        folder: The agent's state folder, or a hub's.
        version: That of this program.

    Raises:
        WrongUse: This program is older than the floor, or the floor cannot be read.
    """
    require(_of_folder(folder), f"the folder {folder}", version)


def leave(folder: Path) -> None:
    """Leave this program's floor in a folder that it works on, unless a higher one is there.

    Raises:
        WrongUse: What is there cannot be read.
        StorageFull: It cannot be written.
    """
    there = _of_folder(folder)
    if there is None or (parsed(there) or ()) < (parsed(SECURITY_FLOOR) or ()):
        host.write_durable(folder / FILE, f"{SECURITY_FLOOR}\n".encode())


def _of_folder(folder: Path) -> str | None:
    file = folder / FILE
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES + 1).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WrongUse(f"{file}: {error.strerror}", remedy="Check who may read it. Nothing was changed.") from error
    if parsed(text) is None:
        raise WrongUse(
            f"{file} does not name a version",
            remedy="Nothing was changed. Delete the file if this is the newest version that was used here.",
        )
    return text

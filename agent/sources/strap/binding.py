"""The one strap that may be read: a small private file in the state folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from agent.errors import Missing, SourceUnavailable
from agent.system import host

_FILE = "strap.json"
_REMEDY = "Put the strap on and run 'wardbeat scan --bind'."


@dataclass(frozen=True, slots=True)
class Bound:
    """Which strap.

    Attributes:
        address: As this system names it (a UUID of its own on macOS).
        name: As it advertises.
        serial, maker, model: Of its Device Information; empty where it has none.
    """

    address: str
    name: str
    serial: str = ""
    maker: str = ""
    model: str = ""

    @property
    def lasting(self) -> bool:
        """Whether the serial says which strap it is: some makers leave the same few digits in every one.

        >>> Bound("AA", "H10", "1A2B3C4D").lasting, Bound("AA", "Cheap", "00000000").lasting
        (True, False)
        """
        distinct = set(self.serial.lower())
        return bool(self.name) and len(self.serial) >= 6 and len(distinct) >= 3 and "12345" not in self.serial


def bind(folder: Path, strap: Bound) -> None:
    """Read this strap from now on, and no other.

    Raises:
        StorageFull: The file cannot be written.
    """
    host.write_private(host.private_dir(folder) / _FILE, json.dumps(asdict(strap)).encode())


def bound(folder: Path) -> Bound:
    """The strap that may be read.

    Raises:
        SourceUnavailable: None is bound, or the file is damaged or open to others.
    """
    if not (folder / _FILE).exists():
        raise SourceUnavailable("no strap is bound", remedy=_REMEDY)
    try:
        values = json.loads(host.read_private(folder / _FILE))
        strap = Bound(**values)
        if strap.address and all(isinstance(value, str) for value in values.values()):
            return strap
    except (Missing, OSError, ValueError, TypeError, RecursionError) as error:
        raise SourceUnavailable("the strap's binding cannot be used", remedy=_REMEDY) from error
    raise SourceUnavailable("the strap's binding cannot be used", remedy=_REMEDY)


def bound_at_ns(folder: Path) -> int:
    """When the binding was written; it changes with every new binding. 0: there is none."""
    try:
        return (folder / _FILE).stat().st_mtime_ns
    except OSError:
        return 0

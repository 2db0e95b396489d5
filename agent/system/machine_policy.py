"""A policy that an administrator sets by the system's own means: Group Policy in the registry of Windows, a
configuration profile on macOS. It holds the keys of policy.yaml, and the two together can only be stricter than each.
"""

import plistlib
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from xml.parsers.expat import ExpatError

from agent.errors import ConfigInvalid
from agent.system import floor

KEY: Final = r"Software\Policies\Wardbeat"
PREFERENCES: Final = Path("/Library/Managed Preferences/org.wardbeat.agent.plist")
LISTS: Final = ("allowed_profiles", "denied_kinds")
TEXTS: Final = ("minimum_version",)

REG_SZ: Final = 1
REG_MULTI_SZ: Final = 7
_TYPES: Final = {**dict.fromkeys(LISTS, REG_MULTI_SZ), **dict.fromkeys(TEXTS, REG_SZ)}
_TYPE_NAMES: Final = {
    0: "REG_NONE",
    1: "REG_SZ",
    2: "REG_EXPAND_SZ",
    3: "REG_BINARY",
    4: "REG_DWORD",
    7: "REG_MULTI_SZ",
}
# plistlib raises different errors for a broken file
_BROKEN: Final = (
    ExpatError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
)
# what macOS itself adds to a profile's keys
_OF_MACOS: Final = ("Payload", "_manualProfile")


class PolicySource(Protocol):
    """Where the system keeps a policy.

    Attributes:
        place: Its name, for errors and for `config show --origin`.
    """

    @property
    def place(self) -> str: ...

    def read(self) -> dict[str, Any] | None:
        """What is set there, by the names of policy.yaml; None: nothing.

        Raises:
            ConfigInvalid: It cannot be read, or a value has a wrong type.
        """


class Registry(Protocol):
    """The part of a registry that is read."""

    def values(self, key: str) -> dict[str, tuple[Any, int]]:
        """Each value of a key of the whole machine by its name, with its type.

        Raises:
            FileNotFoundError: There is no such key.
            OSError: It cannot be read.
        """


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """A policy in the registry.

    Attributes:
        registry: The machine's.
    """

    registry: Registry

    @property
    def place(self) -> str:
        """The key."""
        return rf"HKLM\{KEY}"

    def read(self) -> dict[str, Any] | None:
        """What is set there; see `PolicySource`."""
        try:
            found = self.registry.values(KEY)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self.place, error) from error
        # names in a registry have no case
        return {name.lower(): self._value(name.lower(), value, kind) for name, (value, kind) in found.items()}

    def _value(self, name: str, value: object, kind: int) -> object:
        wanted = _TYPES.get(name, kind)
        if kind != wanted:
            raise ConfigInvalid(
                f"{self.place}: {name}: its type is {_TYPE_NAMES.get(kind, kind)}, not {_TYPE_NAMES[wanted]}",
                remedy="Set it by the template wardbeat.admx, or remove it.",
            )
        # an editor of lists leaves an empty line at the end
        return [one for one in value if one.strip()] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class ManagedPreferences:
    """A policy in a configuration profile, where macOS writes it.

    Attributes:
        file: A property list that root alone can write.
    """

    file: Path = PREFERENCES

    @property
    def place(self) -> str:
        """The file."""
        return str(self.file)

    def read(self) -> dict[str, Any] | None:
        """What is set there; see `PolicySource`."""
        try:
            found = plistlib.loads(self.file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self.place, error) from error
        except _BROKEN as error:
            raise ConfigInvalid(
                f"{self.place}: not readable as a property list", remedy="Install the configuration profile again."
            ) from error
        if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
            raise ConfigInvalid(f"{self.place}: not a list of keys", remedy="Install the configuration profile again.")
        return {name: self._value(name, value) for name, value in found.items() if not name.startswith(_OF_MACOS)}

    def _value(self, name: str, value: object) -> object:
        is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if (name in LISTS and not is_list) or (name in TEXTS and not isinstance(value, str)):
            raise ConfigInvalid(
                f"{self.place}: {name}: not {'an array of strings' if name in LISTS else 'a string'}",
                remedy="Correct it in the configuration profile, and install that again.",
            )
        return value


def _unreadable(place: str, error: OSError) -> ConfigInvalid:
    return ConfigInvalid(f"{place}: {error.strerror or error}", remedy="Check who may read it.")


def of_system() -> PolicySource | None:
    """Where this system keeps a policy; None: in policy.yaml alone."""
    if sys.platform == "win32":
        from agent.system.windows_registry import WindowsRegistry

        return GroupPolicy(WindowsRegistry())
    if sys.platform == "darwin":
        return ManagedPreferences()
    return None


def set_by_system() -> str:
    """What this system's own management says now, as text to be compared and never shown; an error is such a text."""
    source = of_system()
    try:
        return repr(None if source is None else source.read())
    except ConfigInvalid as error:
        return str(error)


def _intersection(first: tuple[str, ...] | None, second: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if first is None or second is None:
        return second if first is None else first
    return tuple(name for name in first if name in second)


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _highest(first: str | None, second: str | None) -> str | None:
    given = [version for version in (first, second) if version is not None]
    return max(given, key=lambda version: floor.parsed(version) or (), default=None)


TIGHTER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "allowed_profiles": _intersection,
    "denied_kinds": _union,
    "minimum_version": _highest,
}
"""For each key of a policy, how two of them are put together."""


def tightened(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Two policies as one that allows what both allow.

    Args:
        first: Every key of a policy, with a valid value.
        second: The same.
    """
    return {key: together(first[key], second[key]) for key, together in TIGHTER.items()}

"""The files of settings as they are written, and how the person's lies over the machine's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from agent.errors import ConfigInvalid

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Layers:
    """What the files say, before they are put together: keys as they are written.

    Attributes:
        file, own: The person's file and its keys; None and empty without one.
        machine_path, machine: The machine's.
    """

    file: Path | None
    own: dict[str, Any]
    machine_path: Path
    machine: dict[str, Any]

    def merged(self) -> dict[str, Any]:
        """The machine's keys under the person's; of sensors only those that the person's file names."""
        named = self.own.get("sources") or {}
        sensors = {name: values for name, values in (self.machine.get("sources") or {}).items() if name in named}
        return _over({**self.machine, "sources": sensors}, self.own)

    def origin(self, key: str) -> str:
        """Where the value of a dotted key comes from: ``own``, ``machine`` or ``default``."""
        for name, layer in (("own", self.own), ("machine", self.machine)):
            place: Any = layer
            for part in key.split("."):
                place = place.get(part, _ABSENT) if isinstance(place, dict) else _ABSENT
            if place is not _ABSENT:
                return name
        return "default"


def is_there(file: Path) -> bool:
    """Whether a file is there, as far as one can see: a place that nobody may look into counts, and is then refused."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return file.is_symlink()
    except OSError:
        return True
    return True


def parsed(file: Path) -> dict[str, Any]:
    """The keys of a YAML file, as they are written.

    Raises:
        ConfigInvalid: It cannot be read, or is no list of keys.
    """
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"{file}: {error.strerror}", remedy="Check its path, and who may read it.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none, brackets without end
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise ConfigInvalid(
            f"{file.name}{line}: not readable as YAML", remedy="'wardbeat config example' shows every key."
        ) from error
    if not isinstance(found, (dict, type(None))):
        raise ConfigInvalid(
            f"{file.name}: not a list of 'key: value' lines", remedy="'wardbeat config example' shows every key."
        )
    return {} if found is None else found


def _over(under: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Values over others, key by key."""
    made = dict(under)
    for key, value in values.items():
        known = made.get(key)
        made[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return made

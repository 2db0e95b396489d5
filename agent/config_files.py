"""The files of settings as they are written, and how the person's lies over the machine's."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from agent.errors import ConfigInvalid

EXAMPLE: Final = "'wardbeat config example' shows every key."
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
        raise ConfigInvalid(f"{file.name}{line}: not readable as YAML", remedy=EXAMPLE) from error
    if not isinstance(found, (dict, type(None))):
        raise ConfigInvalid(f"{file.name}: not a list of 'key: value' lines", remedy=EXAMPLE)
    return {} if found is None else found


def _over(under: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Values over others, key by key."""
    made = dict(under)
    for key, value in values.items():
        known = made.get(key)
        made[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return made


def first_fault(error: ValidationError, where: str, prefix: str, known: list[str]) -> ConfigInvalid:
    """The first fault that a check of values found.

    Args:
        error: Of the check.
        where: The file's name.
        prefix: Of the keys that were checked.
        known: The right keys, without the prefix.
    """
    problem = error.errors()[0]
    key = ".".join([*([prefix] if prefix else []), *(str(part) for part in problem["loc"])])
    if problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        candidates = [f"{prefix}.{name}" if prefix else name for name in known]
        return ConfigInvalid(f"{where}: unknown key {key!r}", remedy=nearest(key, candidates))
    return ConfigInvalid(f"{where}: {key or 'the file'}: {problem['msg']}", remedy=EXAMPLE)


def nearest(word: str, known: Iterable[str]) -> str:
    """The remedy for a word that is none of those known."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else EXAMPLE

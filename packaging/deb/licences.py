"""What a wheel says of its licence, as CycloneDX writes it: an identifier of SPDX, an expression, or else the words.

`packaging/licences.toml` brings the other spellings, the components whose metadata do not say, and the shared libraries
of other projects that wheels carry.
"""

import re
import tomllib
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).resolve().parents[1] / "licences.toml"
_OPERATORS: Final = re.compile(r"\s+(?:AND|OR|WITH)\s+|[()]")
_CARRYING: Final = re.compile(r"(^|/)[^/]*\.(libs|dylibs)/[^/]+$")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A licence that may be shipped.

    Attributes:
        id: Of SPDX, with its exception if it has one.
        reason: Why it may.
        also: How metadata write it, too.
        components: Whose alone it may be; empty: anybody's.
        duty: What passing it on asks for, beyond keeping the licence files.
    """

    id: str
    reason: str
    also: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    duty: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """The licence of a component whose metadata do not say it."""

    component: str
    licence: str
    reason: str


@dataclass(frozen=True, slots=True)
class Carried:
    """Shared libraries of another project inside a wheel; without a component: inside any."""

    libraries: tuple[str, ...]
    licence: str
    reason: str
    component: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The file's rows."""

    accepted: tuple[Accepted, ...]
    stated: tuple[Stated, ...]
    carried: tuple[Carried, ...]


def read(file: Path = FILE) -> Table:
    """The rows of a file.

    Raises:
        TypeError: A row has a key that is unknown, or lacks one.
    """
    rows = tomllib.loads(file.read_text(encoding="utf-8"))
    kinds = {"accepted": Accepted, "stated": Stated, "carried": Carried}
    return Table(**{name: tuple(kind(**_frozen(row)) for row in rows[name]) for name, kind in kinds.items()})


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


@cache
def table() -> Table:
    """The project's own rows."""
    return read()


def of_wheel(about: Message, rows: Table) -> list[dict]:
    """The `licenses` of a component, from its metadata; empty where nothing is said.

    Args:
        about: The metadata of the wheel.
        rows: For other spellings, and for components whose metadata do not say.
    """
    for row in rows.stated:
        if same_name(row.component, about["Name"]):
            return _choice(row.licence, "concluded")
    if expression := about.get("License-Expression"):  # PEP 639: an expression of SPDX
        return _choice(expression, "declared")
    text = "".join((about.get("License") or "").strip().splitlines()[:1])
    trove = [line.split(" :: ")[-1] for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    for said in (text, *trove):
        if found := _identified(said, rows):
            return _choice(found, "declared")
    said = text if 0 < len(text) < 80 else ", ".join(trove)
    return [{"license": {"name": said, "acknowledgement": "declared"}}] if said else []


def of_file(component: str, path: str, rows: Table) -> list[dict]:
    """The `licenses` of a file inside a component: only libraries of other projects have some of their own."""
    name = path.rsplit("/", 1)[-1]
    for row in rows.carried:
        mine = not row.component or same_name(row.component, component)
        if is_carried(path) and mine and name.startswith(row.libraries):
            return _choice(row.licence, "concluded")
    return []


def is_carried(path: str) -> bool:
    """Whether a file lies in the folder in which wheels carry libraries of other projects."""
    return _CARRYING.search(path) is not None


def words(licenses: list[dict]) -> str:
    """The same for a person."""
    said = [one.get("expression") or one["license"].get("id") or one["license"]["name"] for one in licenses]
    return ", ".join(said) or "no licence"


def listed(components: list[dict]) -> str:
    """A line for each component, and one below it for each library of another project inside."""
    rows = []
    for one in components:
        rows.append(f" {one['name']} {one['version']}: {words(one['licenses'])}\n")
        carried = [file for file in one["components"] if "licenses" in file]
        rows += [f"  {file['name'].rsplit('/', 1)[-1]}: {words(file['licenses'])}\n" for file in carried]
    return "".join(rows)


def same_name(one: str, other: str) -> bool:
    """Whether two names mean one distribution, as PEP 503 writes them."""
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()


def _identified(said: str, rows: Table) -> str:
    """The identifier or expression that a free text means; empty for none."""
    for row in rows.accepted:
        if said == row.id or said in row.also:
            return row.id
    known = {part for row in rows.accepted for part in row.id.split(" WITH ")}
    parts = [part for part in _OPERATORS.split(said) if part]
    return said if len(parts) > 1 and set(parts) <= known else ""


def _choice(expression: str, how: str) -> list[dict]:
    if _OPERATORS.search(expression):
        return [{"expression": expression, "acknowledgement": how}]
    return [{"license": {"id": expression, "acknowledgement": how}}]

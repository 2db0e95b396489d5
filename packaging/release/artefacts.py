"""What an artefact holds: each component with its licences, its licence files, and what it carries of other projects.

A Debian package says it in its bill of materials; a folder of wheels (the offline kit) in the metadata of each wheel.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deb"))
import licences

_LICENCE_FILE: Final = re.compile(
    r"\.dist-info/licenses/[^/]|(^|/)[^/]*(LICEN[CS]E|COPYING|NOTICES?)[^/]*$|/(edl|epl)-v\d+$", re.IGNORECASE
)
_INSIDE: Final = re.compile(r"\.dist-info/sboms/[^/]+\.json$")


@dataclass(frozen=True, slots=True)
class Part:
    """One component of an artefact.

    Attributes:
        artefact: Name of the file or folder that holds it.
        name, version: Of the component.
        licences: Expressions of SPDX, or words of the metadata where they are none; empty: nothing is said.
        files: Licence files inside, by their paths.
        carried: Shared libraries of other projects, with the licence of each; None: no row of the table names it.
        inside: What the wheel's own bill names as built into it, with the licence of each.
    """

    artefact: str
    name: str
    version: str
    licences: tuple[str, ...]
    files: tuple[str, ...]
    carried: tuple[tuple[str, str | None], ...]
    inside: tuple[tuple[str, str], ...]


def parts(artefact: Path, rows: licences.Table) -> Iterator[Part]:
    """The components of a Debian package, or of a folder with wheels.

    Args:
        artefact: The package, or the folder.
        rows: Which licence has what the metadata of wheels do not say.

    Raises:
        ValueError: It is neither.
    """
    if artefact.suffix == ".deb":
        yield from _of_package(artefact)
    elif artefact.is_dir():
        for wheel in sorted(artefact.rglob("*.whl")):
            yield _of_wheel(artefact.name, wheel, rows)
    else:
        raise ValueError(f"{artefact} is neither a Debian package nor a folder with wheels")


def _of_package(package: Path) -> Iterator[Part]:
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        subprocess.run(["dpkg-deb", "-x", str(package), made], check=True)
        bill = json.loads(next(root.glob("usr/share/doc/*/sbom.cdx.json")).read_text(encoding="utf-8"))
        for one in bill["components"]:
            names = [file["name"] for file in one["components"]]
            texts = [(root / name).read_text(encoding="utf-8") for name in names if _INSIDE.search(name)]
            carried = {file["name"]: file.get("licenses", []) for file in one["components"]}
            yield _part(package.name, one, names, carried, texts)


def _of_wheel(artefact: str, wheel: Path, rows: licences.Table) -> Part:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        metadata = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        about = HeaderParser().parsestr(packed.read(metadata).decode())
        texts = [packed.read(name).decode() for name in names if _INSIDE.search(name)]
    name = about["Name"]
    said = {"name": name, "version": about["Version"], "licenses": licences.of_wheel(about, rows)}
    return _part(artefact, said, names, {file: licences.of_file(name, file, rows) for file in names}, texts)


def _part(
    artefact: str, said: dict[str, Any], names: list[str], carried: dict[str, list[dict]], texts: list[str]
) -> Part:
    libraries = sorted(name for name in names if licences.is_carried(name))
    return Part(
        artefact,
        said["name"],
        said["version"],
        tuple(licences.words([one]) for one in said["licenses"]),
        tuple(sorted(name for name in names if _LICENCE_FILE.search(name) and not name.endswith(".py"))),
        tuple(
            (name.rsplit("/", 1)[-1], licences.words(carried[name]) if carried[name] else None) for name in libraries
        ),
        tuple(row for text in texts for row in _inside(text)),
    )


def _inside(text: str) -> Iterator[tuple[str, str]]:
    """Those that name a licence; a bill of a repair tool names the libraries in `NAME.libs` without one."""
    for one in json.loads(text).get("components", []):
        if one.get("licenses"):
            yield f"{one['name']} {one.get('version', '')}".strip(), licences.words(one["licenses"])

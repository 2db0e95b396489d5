"""Wheels, unpacked for another machine: fetched by hash, without a compiler, pruned, each file named with its hash."""

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Final

import licences
from packages import MACHINES, Release, System

ROOT: Final = Path(__file__).resolve().parents[2]
UV: Final = Path(sys.executable).with_name("uv")
# of the installer, with times and places of this machine; the list of components takes the place of RECORD
_OF_INSTALLER: Final = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
_OWN: Final = ("agent", "hub", "firmware_sim", "models", "pyproject.toml", "README.md", "LICENSE")
# what no program loads: tests of libraries, stubs, headers and static libraries. Nothing else is cut out: an agent
# without one of numpy's parts starts, and fails at its first spectrum.
_FOLDERS: Final = ("tests", "test", "include", "__pycache__")
# compilers for the neural processors of phones: none is in the machines that these packages are for, the library runs
# without the folders, and their search paths point into their makers' own build machines
_COMPILERS: Final = ("ai_edge_litert/vendors", "ai_edge_litert/tools")
_ENDINGS: Final = (".pyi", ".pxd", ".pyx", ".h", ".a", ".c", ".pyc")


def staged(
    lock: Path,
    into: Path,
    release: Release | System,
    machine: str,
    *,
    beside: Path | None = None,
    whole: bool = False,
) -> list[dict]:
    """Unpack the libraries of a lock; one component of the bill of materials each.

    Args:
        lock: Pinned names with hashes.
        into: The folder that becomes `site-packages`.
        release: Whose Python and C library, or which other system, they are for.
        machine: ``amd64`` or ``arm64``.
        beside: Another lock, whose libraries are left out.
        whole: Nothing is pruned: for a trial, whose tests use more than the program does.
    """
    wanted = lock.read_text(encoding="utf-8")
    if beside is not None:
        there = set(_rows(beside.read_text(encoding="utf-8")))
        wanted = "".join(row for row in _rows(wanted) if row not in there)
    file = into.parent / f"{into.name}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(wanted, encoding="utf-8")
    platform = f"{MACHINES[machine]}-{release.platform}"
    words = ["pip", "install", "--quiet", "--target", into]
    words += ["--python-platform", platform, "--python-version", release.python]
    words += ["--only-binary", ":all:", "--no-deps", "--require-hashes", "--link-mode", "copy", "-r", file]
    subprocess.run([str(word) for word in (UV, *words)], check=True)
    file.unlink()
    return [] if whole else list(_components(into))


def _rows(lock: str) -> list[str]:
    return [row + "\n" for row in re.split(r"\n(?=[a-z0-9])", lock.strip())]


def _components(site: Path) -> Iterator[dict]:
    """What each library brought, after pruning."""
    owned: set[Path] = set()
    for info in sorted(site.glob("*.dist-info")):
        named = [site / line.rsplit(",", 2)[0] for line in (info / "RECORD").read_text(encoding="utf-8").splitlines()]
        about = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
        for name in _OF_INSTALLER:
            (info / name).unlink(missing_ok=True)
        files = sorted({file.resolve() for file in named if file.is_file() and not _is_pruned(site, file.resolve())})
        owned.update(files)
        yield _component(about, site, files)
    for file in sorted(site.rglob("*")):
        if file.is_file() and file.resolve() not in owned:
            file.unlink()
    for folder in sorted((one for one in site.rglob("*") if one.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _component(about: Message, site: Path, files: list[Path]) -> dict:
    name, version = about["Name"], about["Version"]
    listed = [file_component(file, file.relative_to(site.resolve()).as_posix()) for file in files]
    for file in listed:
        if own := licences.of_file(name, file["name"], licences.table()):
            file["licenses"] = own
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name.lower()}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name.lower()}@{version}",
        "licenses": licences.of_wheel(about, licences.table()),
        "components": listed,
    }


def file_component(file: Path, name: str) -> dict:
    """A file inside, with its hash."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]}


def _is_pruned(site: Path, file: Path) -> bool:
    if not file.is_relative_to(site.resolve()):
        return True  # a program of a library: only ours is started
    inside = file.relative_to(site.resolve())
    if ".dist-info" in inside.parts[0]:
        return False  # licence files may lie in a folder that is named like one of theirs, such as include
    if inside.suffix in _ENDINGS or inside.parts[0] == "bin":
        return True
    return inside.as_posix().startswith(_COMPILERS) or any(part in _FOLDERS for part in inside.parts[:-1])


def own_code(into: Path, packages: tuple[str, ...], wheel: Path) -> list[Path]:
    """Our own modules out of our wheel, and its metadata with the first package; the files."""
    with zipfile.ZipFile(wheel) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        mine = [name for name in names if name.split("/")[0] in packages]
        if "agent" in packages:
            mine += [name for name in names if ".dist-info/" in name and not name.endswith(_OF_INSTALLER)]
        for name in mine:
            packed.extract(name, into)
    return sorted((into / name).resolve() for name in mine)


def own_wheel(into: Path) -> Path:
    """This repository's wheel, built from a copy of what is committed or changed here."""
    copy = into / "source"
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_OWN]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(copy)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next(into.glob("wardbeat-*.whl"))


def bill(name: str, version: str, components: list[dict]) -> str:
    """A CycloneDX 1.6 document without a time and with a serial number made from what is inside: the same each time."""
    body = json.dumps(components, sort_keys=True)
    digest = hashlib.sha256(body.encode()).hexdigest()
    serial = f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": name, "name": name, "version": version}},
        "components": components,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


@functools.cache
def epoch_s() -> int:
    """The time of every file in an artefact: that of the commit, or what SOURCE_DATE_EPOCH says; s since 1970."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    words = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

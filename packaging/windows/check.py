"""`make msi-check`: the installer's tables and its cabinet beside the staged files, and two builds beside each other.

    check.py INTO [--once]

The same check then reads installers and folders with a planted fault each, and must find all of them.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import build
import database
import wix

_KEPT = 16 | 128
_SYSTEM_FOLDERS = {of_system: PurePosixPath(first) for first, (of_system, _) in wix.ROOTS.items()}
# what would start a program with the machine or with a session
_AUTOSTART = ("ServiceInstall", "ServiceControl", "CustomAction")


@dataclass(frozen=True, slots=True)
class Packed:
    """A file in the tables: where it goes, its size, and whether it is kept on updates and removal."""

    place: str
    size: int
    kept: bool


def packed(msi: Path) -> list[Packed]:
    """Every file of an installer, by its File, Component and Directory tables."""
    folders = {row["Directory"]: row for row in database.table(msi, "Directory")}
    components = {row["Component"]: row for row in database.table(msi, "Component")}

    def place(key: str) -> PurePosixPath:
        if key in _SYSTEM_FOLDERS:
            return PurePosixPath()
        name = folders[key]["DefaultDir"].rpartition("|")[2]
        return place(folders[key]["Directory_Parent"]) / name

    def root(key: str) -> PurePosixPath:
        return _SYSTEM_FOLDERS[key] if key in _SYSTEM_FOLDERS else root(folders[key]["Directory_Parent"])

    found = []
    for row in database.table(msi, "File"):
        component = components[row["Component_"]]
        folder = component["Directory_"]
        below = PurePosixPath(*place(folder).parts[1:])  # without the name of our own folder
        name = root(folder) / below / row["FileName"].rpartition("|")[2]
        is_kept = int(component["Attributes"]) & _KEPT == _KEPT
        found.append(Packed(name.as_posix(), int(row["FileSize"]), is_kept))
    return found


def faults(msi: Path, tree: Path) -> Iterator[str]:
    """What differs between an installer and the staged files, and what an installer of ours must not do."""
    there = packed(msi)
    sizes = {file.relative_to(tree).as_posix(): file.stat().st_size for file in tree.rglob("*") if file.is_file()}
    told = {one.place: one.size for one in there}
    if len(told) != len(there):
        yield "a file is named twice"
    yield from (f"{name}: not in the installer" for name in sorted(sizes.keys() - told.keys()))
    yield from (f"{name}: not among the staged files" for name in sorted(told.keys() - sizes.keys()))
    for name in sorted(sizes.keys() & told.keys()):
        if sizes[name] != told[name]:
            yield f"{name}: {told[name]} bytes in the installer, {sizes[name]} staged"
    for one in there:
        if one.kept != one.place.startswith(f"{wix.DATA}/"):
            yield f"{one.place}: {'kept' if one.kept else 'overwritten and removed'}"
    yield from _other_bytes(msi, tree)
    yield from _starts(msi)


def _other_bytes(msi: Path, tree: Path) -> Iterator[str]:
    """Files of the cabinet whose bytes are not those that were staged."""
    out = msi.with_suffix(".out")
    shutil.rmtree(out, ignore_errors=True)
    words = ["msiextract", "-C", str(out), str(msi)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # msiextract leaves the system's folders out, and writes both of ours side by side; a file that is not there was
    # named by the tables
    for first, (_, ours) in wix.ROOTS.items():
        for file in sorted((tree / first).rglob("*")):
            below = file.relative_to(tree / first)
            got = out / ours / below
            if file.is_file() and got.is_file() and _digest(got) != _digest(file):
                yield f"{first}/{below.as_posix()}: other bytes"
    shutil.rmtree(out)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _starts(msi: Path) -> Iterator[str]:
    """Whatever would start a program without being asked."""
    names = subprocess.run(["msiinfo", "tables", str(msi)], check=True, capture_output=True, text=True).stdout.split()
    for name in set(_AUTOSTART) & set(names):
        yield from (f"{name}: {row}" for row in database.table(msi, name))
    for row in database.table(msi, "Registry"):
        if "\\Run" in row["Key"]:
            yield f"Registry: {row['Key']}"
    for row in database.table(msi, "Shortcut"):
        if row["Directory_"] != "ProgramMenuFolder":
            yield f"Shortcut: {row['Directory_']}"


def planted(msi: Path, tree: Path, folder: Path) -> dict[str, tuple[Path, Path]]:
    """Installers and folders with one fault each: what it is, and where both lie."""
    some = next(one for one in packed(msi) if one.place.endswith("agent/cli.py"))
    key = wix.identifier("f", PurePosixPath(some.place))
    kept = wix.identifier("c", PurePosixPath(wix.DATA) / "policy.yaml")
    run = "INSERT INTO `Registry` (`Registry`, `Root`, `Key`, `Name`, `Value`, `Component_`) VALUES "
    run += r"('run', 2, 'Software\Microsoft\Windows\CurrentVersion\Run', 'w', 'w', 'menu')"
    queries = {
        "a file is left out of the installer": f"DELETE FROM File WHERE File = '{key}'",
        "another size in the installer": f"UPDATE File SET FileSize = 1 WHERE File = '{key}'",
        "another name in the installer": f"UPDATE File SET FileName = 'other.py' WHERE File = '{key}'",
        "a policy that an update overwrites": f"UPDATE Component SET Attributes = 256 WHERE Component = '{kept}'",
        "a start with each session": run,
    }
    found = {}
    for number, (words, query) in enumerate(queries.items()):
        copy = folder / f"planted-{number}.msi"
        shutil.copyfile(msi, copy)
        subprocess.run(["msibuild", str(copy), "-q", query], check=True)
        found[words] = (copy, tree)
    for words, change in (("a file more among the staged", b"more"), ("another byte in a staged file", None)):
        other = folder / words.replace(" ", "-")
        shutil.copytree(tree, other)
        if change is None:
            file = other / some.place
            content = file.read_bytes()
            file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        else:
            (other / wix.PROGRAM / "lib" / "more.py").write_bytes(change)
        found[words] = (msi, other)
    return found


def main() -> None:
    """Build, check, plant faults, and build again; exits with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description="Check the installer for Windows.")
    parser.add_argument("into", type=Path)
    parser.add_argument("--once", action="store_true", help="do not build a second time")
    words = parser.parse_args()
    shutil.rmtree(words.into, ignore_errors=True)
    first, tree = words.into / "first.msi", words.into / "staged"
    words.into.mkdir(parents=True)
    build.installer(tree, build.staged(tree), first)
    found = list(faults(first, tree))
    bad = len(found)
    size, number = first.stat().st_size / 1e6, len(packed(first))
    print(f"{size:.1f} MB, {number} files: names, sizes and bytes compared, {bad} faults")
    print("".join(f"  {fault}\n" for fault in found[:20]), end="")
    for name, (msi, beside) in planted(first, tree, words.into).items():
        told = list(faults(msi, beside))
        bad += not told
        print(f"planted: {name}: {f'found: {told[0]}' if told else 'NOT FOUND'}")
    if not words.once:
        second, other = words.into / "second.msi", words.into / "elsewhere" / "staged"
        build.installer(other, build.staged(other), second)
        same = first.read_bytes() == second.read_bytes()
        bad += not same
        print(
            f"a second build in another folder: {'the same bytes' if same else 'OTHER bytes'}, {_digest(second)[:16]}"
        )
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()

"""`make msi`: the agent for 64-bit Windows as an installer for all users.

    build.py [--into FOLDER] [--staged FOLDER]

It runs on the customer's own Python 3.13: no CPython is inside. Two builds of one commit are compared by `check.py`.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path, PurePosixPath

import database
import wix

sys.path.append(str(Path(__file__).parents[1] / "deb"))
import staging
from packages import WINDOWS

ROOT = staging.ROOT
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
_PROGRAM = {
    "packaging/windows/start/wardbeat.cmd": "wardbeat.cmd",
    "packaging/windows/start/wardbeat.py": "wardbeat.py",
    "packaging/windows/start/open.cmd": "open.cmd",
    "packaging/windows/wardbeat.admx": "policy/wardbeat.admx",
    "packaging/windows/en-US/wardbeat.adml": "policy/en-US/wardbeat.adml",
    "packaging/windows/README.md": "README.md",
    "LICENSE": "LICENSE.txt",
}
_DATA = {"packaging/deb/settings.yaml": "settings.yaml", "packaging/deb/policy.yaml": "policy.yaml"}


def main() -> None:
    """Build the installer, and print its size and hash."""
    parser = argparse.ArgumentParser(description="Build the installer for Windows.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "windows")
    parser.add_argument("--staged", type=Path, help="leave the staged files here")
    words = parser.parse_args()
    words.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        tree = words.staged or Path(made) / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        files = staged(tree)
        msi = words.into / f"wardbeat-{VERSION}-x64.msi"
        installer(tree, files, msi)
    digest = hashlib.sha256(msi.read_bytes()).hexdigest()
    unpacked = sum(file.size for file in files) / 1e6
    print(
        f"{msi.name}: {msi.stat().st_size / 1e6:.1f} MB, {len(files)} files, {unpacked:.1f} MB unpacked, {digest[:16]}"
    )


def staged(tree: Path) -> list[wix.StagedFile]:
    """Lay every file where the installer takes it from; all of them."""
    lib = tree / wix.PROGRAM / "lib"
    lib.mkdir(parents=True)
    components = staging.staged(ROOT / "packaging" / "locks" / "agent.lock", lib, WINDOWS, "amd64")
    with tempfile.TemporaryDirectory() as made:
        own = staging.own_code(lib, ("agent",), staging.own_wheel(Path(made)))
    for first, files in ((wix.PROGRAM, _PROGRAM), (wix.DATA, _DATA)):
        for source, target in files.items():
            file = tree / first / target
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / source, file)
            own.append(file.resolve())
    (tree / wix.PROGRAM / "sbom.cdx.json").write_text(_bill(tree, components, own), encoding="utf-8")
    found = sorted(file for file in tree.rglob("*") if file.is_file())
    for path in [*found, *(one for one in tree.rglob("*") if one.is_dir())]:
        os.utime(path, (staging.epoch_s(), staging.epoch_s()))
    _refuse_same_names(tree, found)
    return [wix.StagedFile(PurePosixPath(file.relative_to(tree).as_posix()), file.stat().st_size) for file in found]


def _bill(tree: Path, components: list[dict], own: list[Path]) -> str:
    for component in components:
        for file in component["components"]:
            file["name"] = f"{wix.PROGRAM}/lib/{file['name']}"
    named = [staging.file_component(file, file.relative_to(tree.resolve()).as_posix()) for file in sorted(own)]
    ours = {"type": "library", "bom-ref": "wardbeat", "name": "wardbeat", "version": VERSION, "components": named}
    ours["licenses"] = [{"license": {"id": "Apache-2.0"}}]
    return staging.bill("wardbeat-windows", VERSION, [ours, *components])


def _refuse_same_names(tree: Path, files: list[Path]) -> None:
    """Windows takes two names that differ in case alone for one."""
    names = [file.relative_to(tree).as_posix().lower() for file in files]
    if len(set(names)) != len(names):
        raise SystemExit(f"these names are one on Windows: {sorted({one for one in names if names.count(one) > 1})}")


def installer(tree: Path, files: list[wix.StagedFile], msi: Path) -> None:
    """Make the installer of the staged files."""
    source = tree.parent / f"{tree.name}.wxs"
    text = wix.source(files, VERSION, WINDOWS.python)
    source.write_text(text, encoding="utf-8")
    began_s = int(time.time())
    # a cabinet holds local times
    words = ["wixl", "-a", "x64", "-o", str(msi.resolve()), str(source.resolve())]
    done = subprocess.run(words, cwd=tree, env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True, check=False)
    source.unlink()
    if done.returncode != 0 or done.stderr.strip():
        raise SystemExit(f"wixl: {done.stderr.strip() or done.returncode}")
    kept = [wix.identifier("c", PurePosixPath(wix.DATA) / name) for name in _DATA.values()]
    database.complete(msi, kept, wix.guid(f"package {_digest(tree, files)} {text}"))
    times = database.settle_times(msi, began_s, int(time.time()), staging.epoch_s())
    if times != 2:
        raise SystemExit(f"the summary of {msi.name} holds {times} times, and two are expected")


def _digest(tree: Path, files: list[wix.StagedFile]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256((tree / file.place).read_bytes()).digest())
    return whole.hexdigest()


if __name__ == "__main__":
    main()

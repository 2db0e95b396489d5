"""`make deb`: every package for every release and machine, and a repository that a hospital can host.

    build.py [--into FOLDER] [--version VERSION] [--only agent,camera,hub] [--suites bookworm,trixie]
             [--machines amd64,arm64] [--quick]

Two builds of one commit in different folders give the same bytes: times are those of the commit, owners are root, names
are sorted, and the compressor runs with a fixed number of threads.
"""

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import tomllib
from email.utils import formatdate
from pathlib import Path

import licences
import staging
from packages import LIB, MACHINES, PACKAGES, RELEASES, Package, Release

ROOT = staging.ROOT


def main() -> None:
    """Build what the words name, and print a table of sizes."""
    parser = argparse.ArgumentParser(description="Build the Debian packages.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "deb")
    parser.add_argument("--version", default=tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
    parser.add_argument("--only", default=",".join(one.name.removeprefix("wardbeat-") for one in PACKAGES))
    parser.add_argument("--suites", default=",".join(one.suite for one in RELEASES))
    parser.add_argument("--machines", default=",".join(MACHINES))
    parser.add_argument("--quick", action="store_true", help="pack loosely, for a trial on this machine")
    words = parser.parse_args()
    words.into.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in PACKAGES if one.name.removeprefix("wardbeat-") in words.only.split(",")]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wheel = staging.own_wheel(folder / "wheel")
        print(f"{'package':46} {'MB':>6} {'unpacked':>9}  SHA-256")
        for release in (one for one in RELEASES if one.suite in words.suites.split(",")):
            for machine in words.machines.split(","):
                for package in wanted:
                    file, unpacked = built(package, release, machine, words, wheel, folder)
                    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
                    packed = file.stat().st_size
                    print(f"{file.name:46} {packed / 1e6:6.1f} {unpacked / 1e6:9.1f}  {digest}", flush=True)


def built(
    package: Package, release: Release, machine: str, words: argparse.Namespace, wheel: Path, folder: Path
) -> tuple[Path, int]:
    """One package; its file and its unpacked size in bytes."""
    version = words.version
    full = f"{version}+deb{release.number}"
    tree = folder / f"{package.name}-{release.suite}-{machine}"
    site = tree / LIB / "lib" / f"python{release.python}" / "site-packages"
    site.mkdir(parents=True)
    locks = ROOT / "packaging" / "locks"
    beside = locks / package.beside if package.beside else None
    components = staging.staged(locks / package.lock, site, release, machine, beside=beside)
    own = staging.own_code(site, package.own, wheel)
    if package.own == ("agent",):
        _python(tree, release)
    own += _files(package, tree)
    if package.models:
        own += _models(tree)
    named = [staging.file_component(file, file.relative_to(tree.resolve()).as_posix()) for file in sorted(own)]
    prefix = site.relative_to(tree).as_posix()
    for component in components:
        for file in component["components"]:
            file["name"] = f"{prefix}/{file['name']}"
    ours = {"type": "library", "bom-ref": package.name, "name": "wardbeat", "version": version, "components": named}
    ours["licenses"] = [{"license": {"id": "Apache-2.0"}}]
    docs = tree / "usr" / "share" / "doc" / package.name
    docs.mkdir(parents=True, exist_ok=True)  # a package may bring documents
    (docs / "sbom.cdx.json").write_text(staging.bill(package.name, full, [ours, *components]), encoding="utf-8")
    (docs / "copyright").write_text(_copyright(components), encoding="utf-8")
    shutil.copyfile(ROOT / "packaging" / "README.md", docs / "README.md")
    _overrides(package.name, tree)
    _changelog(docs, package.name, full)
    unpacked = sum(file.stat().st_size for file in tree.rglob("*") if file.is_file() and not file.is_symlink())
    _control(package, release, machine, full, tree, unpacked)
    _settle(tree)
    file = words.into / f"{package.name}_{full}_{machine}.deb"
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(staging.epoch_s())}
    pack = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z0" if words.quick else "-z6", "--threads-max=2"]
    pack += ["--build", str(tree), str(file)]
    subprocess.run(pack, check=True, env=env, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return file, unpacked


def _python(tree: Path, release: Release) -> None:
    """The link to the system's Python, and the file by which it finds its packages."""
    binaries = tree / LIB / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python3").symlink_to(f"/usr/bin/python{release.python}")
    words = f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {release.python}\n"
    (tree / LIB / "pyvenv.cfg").write_text(words)


def _files(package: Package, tree: Path) -> list[Path]:
    made = []
    for source, target in package.files.items():
        file = tree / target
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".1":
            file = file.with_name(f"{file.name}.gz")
            _packed(file, (ROOT / source).read_bytes())
        else:
            shutil.copyfile(ROOT / source, file)
        made.append(file.resolve())
    if "usr/bin/wardbeat" in package.files.values():
        (tree / "usr/bin/wardbeat").chmod(0o755)
        made.append((tree / LIB / "pyvenv.cfg").resolve())
    return made


def _models(tree: Path) -> list[Path]:
    """The face models, each with the hash of `models/manifest.yaml`."""
    into = tree / LIB / "share" / "wardbeat" / "models"
    there = Path(os.environ.get("WARDBEAT_MODELS", ROOT / ".venv/share/wardbeat/models"))
    into.mkdir(parents=True)
    files = sorted(there.glob("*.tflite"))
    if not files:
        raise SystemExit(f"no face model in {there}: 'make deb' fetches them, WARDBEAT_MODELS names another folder")
    return [Path(shutil.copyfile(file, into / file.name)).resolve() for file in files]


def _control(package: Package, release: Release, machine: str, full: str, tree: Path, unpacked: int) -> None:
    """The control files: what it needs, which files are settings, and the scripts."""
    debian = tree / "DEBIAN"
    debian.mkdir()
    low, high = release.python, f"3.{int(release.python.split('.')[1]) + 1}"
    library = release.platform.removeprefix("manylinux_").replace("_", ".")
    needs = [f"python3 (>= {low})", f"python3 (<< {high})", f"libc6 (>= {library})"]
    needs += [one.format(version=full) for one in package.depends]
    control = {
        "Package": package.name,
        "Version": full,
        "Architecture": machine,
        "Maintainer": "Wardbeat <packages@wardbeat.invalid>",
        "Installed-Size": str(-(-unpacked // 1024)),
        "Depends": ", ".join(needs),
        "Section": "science",
        "Priority": "optional",
        "Description": "\n ".join((package.summary, *textwrap.wrap(package.words, 75))),
    }
    (debian / "control").write_text("".join(f"{name}: {value}\n" for name, value in control.items()))
    settings = [f"/{target}" for target in package.files.values() if target.startswith("etc/")]
    if settings:
        (debian / "conffiles").write_text("".join(f"{one}\n" for one in settings))
    for name in ("postinst", "prerm", "postrm"):
        (debian / name).write_text(_script(name, package, release))
        (debian / name).chmod(0o755)


def _script(name: str, package: Package, release: Release) -> str:
    scripts = ROOT / "packaging" / "deb" / "scripts"
    is_hub = package.name == "wardbeat-hub"
    is_agent = package.name == "wardbeat-agent"
    site = f"/{LIB}/lib/python{release.python}/site-packages"
    of_hub = (Path(file).name for file in package.files if is_hub and file.endswith(".service"))
    units = " ".join(sorted(of_hub, reverse=True)) if is_hub else "'wardbeat@*.service'"
    before = "systemd-sysusers wardbeat-hub.conf && systemd-tmpfiles --create wardbeat-hub.conf" if is_hub else ":"
    kept = "/var/lib/wardbeat-hub" if is_hub else "/var/lib/wardbeat /etc/wardbeat/agents" if is_agent else ""
    places = {
        "COMPILED": site,
        "UNITS": units,
        "BEFORE": before,
        "STOP_USERS": (scripts / "stop_users").read_text().rstrip() if is_agent else ":",
        "KEPT": kept,
        "HOMES": (scripts / "name_homes").read_text().rstrip() if is_agent else ":",
        "FLOOR": _floor(),
    }
    text = (scripts / name).read_text()
    for place, words in places.items():
        text = text.replace(f"@{place}@", words)
    return text


def _copyright(components: list[dict]) -> str:
    return (
        "Wardbeat: Apache-2.0, see /usr/share/common-licenses/Apache-2.0.\n\nThe libraries inside, each with its own "
        f"licence (its files lie in its *.dist-info folder):\n\n{licences.listed(components)}\n"
        "Copyright 2026 the Wardbeat authors\n"
    )


def _overrides(name: str, tree: Path) -> None:
    """Which of Debian's rules for its own archive do not fit a package of another origin, and why."""
    file = tree / "usr/share/lintian/overrides" / name
    file.parent.mkdir(parents=True)
    rows = (ROOT / "packaging" / "deb" / "overrides").read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(row if row.startswith("#") else f"{name}: {row}" for row in rows), encoding="utf-8")


def _changelog(docs: Path, name: str, full: str) -> None:
    who = "Wardbeat <packages@wardbeat.invalid>"
    when = formatdate(staging.epoch_s())
    words = f"{name} ({full}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- {who}  {when}\n"
    _packed(docs / "changelog.gz", words.encode())


def _packed(file: Path, content: bytes) -> None:
    """A gzip file without a name and a time."""
    with file.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(content)


def _settle(tree: Path) -> None:
    """Modes and times that say nothing of this machine."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or (
                path.parent.name in ("bin", "DEBIAN") and path.name not in ("control", "conffiles")
            )
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (staging.epoch_s(), staging.epoch_s()), follow_symlinks=False)


def _floor() -> str:
    """The oldest version that may follow on this one, as the program itself says."""
    if "WARDBEAT_FLOOR" in os.environ:  # for a trial
        return os.environ["WARDBEAT_FLOOR"]
    text = (ROOT / "agent" / "system" / "floor.py").read_text(encoding="utf-8")
    found = re.search(r'^SECURITY_FLOOR: Final = "(.+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("agent/system/floor.py names no SECURITY_FLOOR")
    return found[1]


if __name__ == "__main__":
    main()

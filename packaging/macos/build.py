"""`make macos`: what a package for macOS (arm64) is made of, and the script that makes it on a Mac.

    build.py [--into FOLDER]

It runs on the customer's own Python 3.13 of python.org: no CPython is inside. Nothing of it was run on a Mac.
"""

import argparse
import os
import plistlib
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "deb"), str(Path(__file__).parents[2])]
import staging
from packages import LIB, MACOS

from agent.service import launchd

ROOT = staging.ROOT
HERE = Path(__file__).parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
_PYTHON = f"/Library/Frameworks/Python.framework/Versions/{MACOS.python}/bin"
_SHARE = f"{LIB}/share"
_FILES = {
    "packaging/deb/wardbeat": f"root/{LIB}/bin/wardbeat",
    "packaging/deb/settings.yaml": f"root/{_SHARE}/settings.yaml",
    "packaging/deb/policy.yaml": f"root/{_SHARE}/policy.yaml",
    "packaging/macos/wardbeat.mobileconfig": f"root/{_SHARE}/wardbeat.mobileconfig",
    "packaging/macos/README.md": f"root/{_SHARE}/README.md",
    "LICENSE": f"root/{_SHARE}/LICENSE.txt",
    "packaging/macos/open": "root/Applications/Wardbeat.app/Contents/MacOS/Wardbeat",
    "packaging/macos/preinstall": "scripts/preinstall",
    "packaging/macos/package.sh": "package.sh",
}
# the installer would else look for an older copy elsewhere, and put the application there
_COMPONENT = {
    "RootRelativeBundlePath": "Applications/Wardbeat.app",
    "BundleIsRelocatable": False,
    "BundleIsVersionChecked": False,
    "BundleHasStrictIdentifier": True,
    "BundleOverwriteAction": "upgrade",
}
_RUN = ("root/" + f"{LIB}/bin/wardbeat", "scripts/preinstall", "package.sh", _FILES["packaging/macos/open"])


def main() -> None:
    """Stage the folder, and print its size."""
    parser = argparse.ArgumentParser(description="Stage what a package for macOS is made of.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "macos")
    words = parser.parse_args()
    shutil.rmtree(words.into, ignore_errors=True)
    staged(words.into)
    files = [file for file in words.into.rglob("*") if file.is_file() and not file.is_symlink()]
    size = sum(file.stat().st_size for file in files) / 1e6
    oldest = re.search(r'min="([\d.]+)"', (words.into / "distribution.xml").read_text())
    print(
        f"{words.into}: {len(files)} files, {size:.1f} MB, for macOS {oldest[1] if oldest else '?'} or newer on arm64"
    )
    print("Carry it to a Mac, and run there: sh package.sh")


def staged(into: Path) -> None:
    """Lay every file where `package.sh` takes it from."""
    program = into / "root" / LIB
    site = program / "lib" / f"python{MACOS.python}" / "site-packages"
    site.mkdir(parents=True)
    components = staging.staged(ROOT / "packaging" / "locks" / "agent.lock", site, MACOS, "arm64")
    with tempfile.TemporaryDirectory() as made:
        own = staging.own_code(site, ("agent",), staging.own_wheel(Path(made)))
    for source, target in _FILES.items():
        file = into / target
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, file)
        file.chmod(0o755 if target in _RUN else 0o644)
    (program / "bin" / "python3").symlink_to(f"{_PYTHON}/python{MACOS.python}")
    words = f"home = {_PYTHON}\ninclude-system-site-packages = false\nversion = {MACOS.python}\n"
    (program / "pyvenv.cfg").write_text(words)
    on_path = into / "root" / "usr" / "local" / "bin" / "wardbeat"
    on_path.parent.mkdir(parents=True)
    on_path.symlink_to(f"/{LIB}/bin/wardbeat")
    # for those who hand it out by their own management; the package starts nothing
    agent = plistlib.dumps(launchd.launch_agent((str(launchd.PACKAGED), "run")))
    (into / "root" / _SHARE / f"{launchd.LABEL}.plist").write_bytes(agent)
    (into / "root/Applications/Wardbeat.app/Contents/Info.plist").write_bytes(plistlib.dumps(application()))
    (into / "components.plist").write_bytes(plistlib.dumps([_COMPONENT]))
    (into / "distribution.xml").write_text(_distribution(_oldest(site)), encoding="utf-8")
    ours = [staging.file_component(file, file.relative_to(program.resolve()).as_posix()) for file in own]
    whole = {"type": "library", "bom-ref": "wardbeat", "name": "wardbeat", "version": VERSION, "components": ours}
    whole["licenses"] = [{"license": {"id": "Apache-2.0"}}]
    bill = staging.bill("wardbeat-macos", VERSION, [whole, *components])
    (into / "root" / _SHARE / "sbom.cdx.json").write_text(bill, encoding="utf-8")
    for path in [into, *into.rglob("*")]:
        os.utime(path, (staging.epoch_s(), staging.epoch_s()), follow_symlinks=False)


def application() -> dict[str, str | bool]:
    """The property list of the application in the Launchpad: a script, which ends when the page is open."""
    return {
        "CFBundleIdentifier": "org.wardbeat.page",
        "CFBundleName": "Wardbeat",
        "CFBundleExecutable": "Wardbeat",
        "CFBundlePackageType": "APPL",
        "CFBundleVersion": VERSION,
        "CFBundleShortVersionString": VERSION,
        "LSUIElement": True,  # no icon in the Dock for a second
    }


def _oldest(site: Path) -> str:
    """The oldest macOS on which every library runs: the newest that one of their wheels names."""
    found = [(11, 0)]
    for file in site.glob("*.dist-info/WHEEL"):
        tags = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("Tag:")]
        versions = [tuple(map(int, one)) for tag in tags for one in re.findall(r"macosx_(\d+)_(\d+)", tag)]
        if versions:
            found.append(min(versions))
    return ".".join(map(str, max(found)))


def _distribution(oldest: str) -> str:
    """What `productbuild` reads: for Apple's processors alone, and not on an older macOS."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
    <title>Wardbeat {VERSION}</title>
    <options customize="never" require-scripts="false" hostArchitectures="arm64" />
    <domains enable_anywhere="false" enable_currentUserHome="false" enable_localSystem="true" />
    <allowed-os-versions>
        <os-version min="{oldest}" />
    </allowed-os-versions>
    <choices-outline>
        <line choice="wardbeat" />
    </choices-outline>
    <choice id="wardbeat" title="Wardbeat">
        <pkg-ref id="org.wardbeat.agent" />
    </choice>
    <pkg-ref id="org.wardbeat.agent" version="{VERSION}">component.pkg</pkg-ref>
</installer-gui-script>
"""


if __name__ == "__main__":
    main()

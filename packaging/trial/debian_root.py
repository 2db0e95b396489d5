"""A minimal Debian of its own, kept as an archive in /var/cache/wardbeat; pip finds its packages there as it does here.

This machine's settings of pip (its files and its PIP_ variables) are copied into the root when it runs, and nowhere
else.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_CACHE: Final = Path("/var/cache/wardbeat")
_PACKAGES: Final = "python3,python3-venv,ca-certificates"
_SETTINGS: Final = ("/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")


def reason_against() -> str | None:
    """Why a root cannot be made here; None: it can."""
    if os.geteuid() != 0:
        return "this needs root"
    return None if shutil.which("mmdebstrap") else "mmdebstrap is missing"


def made(suite: str, folder: Path) -> Path:
    """A root of a suite with Python, pip and no compiler, unpacked into the folder."""
    archive = _CACHE / f"pip-{suite}.tar"
    if not archive.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        partly = archive.with_name(f"pip-{suite}.new.tar")
        words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}", suite, str(partly)]
        subprocess.run(words, check=True)
        partly.replace(archive)
    root = folder / f"root-{suite}"
    root.mkdir()
    # its own /dev/null and /dev/urandom are in the archive: nothing is mounted, so nothing has to be unmounted
    subprocess.run(["tar", "-x", "--numeric-owner", "-f", str(archive), "-C", str(root)], check=True)
    for name in _pip_files():
        target = root / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(name, target)
    return root


def run(root: Path, words: Sequence[str], extra: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run words inside, with this machine's settings of pip and nothing else of its environment."""
    env = {"PATH": "/usr/bin:/bin", "HOME": "/root", "CC": "/bin/false", "LC_ALL": "C.UTF-8", **extra}
    env |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    names = ("http_proxy", "https_proxy", "no_proxy")
    env |= {name: value for name, value in os.environ.items() if name.lower() in names}
    return subprocess.run(
        ["/usr/sbin/chroot", str(root), *words], env=env, cwd="/", capture_output=True, text=True, check=False
    )


def _pip_files() -> set[str]:
    named = {os.environ.get("PIP_CERT", ""), os.environ.get("PIP_CONFIG_FILE", "")}
    return {name for name in (*_SETTINGS, *named) if name and Path(name).is_file()}

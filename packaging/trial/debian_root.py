"""A minimal Debian in a folder; pip finds its packages there as it does on this machine.

This machine's settings of pip (its files and its PIP_ variables) are copied into the root when it runs, and nowhere
else.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import images

_SETTINGS: Final = ("/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")


def made(suite: str, folder: Path) -> Path:
    """A root of a suite with Python, pip and no compiler, unpacked into the folder."""
    # nothing is mounted, so nothing has to be unmounted
    root = images.unpacked("pip", suite, folder / f"root-{suite}")
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

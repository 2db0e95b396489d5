"""The signed repository, tried: a machine installs from it, and refuses what was altered after the signature."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from machine import Failed, Machine

HOSTED: Final = "/srv/wardbeat"
_ONLY_OURS: Final = (
    "-o", "Dir::Etc::sourcelist=/etc/apt/wardbeat.list", "-o", "Dir::Etc::sourceparts=-",
    "-o", "APT::Get::List-Cleanup=0", "-o", "APT::Sandbox::User=root",
)  # fmt: skip
_KEY: Final = "trial@wardbeat.invalid"


def installs_from_the_repository(machine: Machine, packages: list[Path], suite: str) -> str:
    """`apt-get install` from the hosted folder; an index that was altered afterwards is refused.

    Raises:
        Failed: Either is not so.
    """
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o700)
        env = {**os.environ, "GNUPGHOME": home}
        words = [
            "gpg",
            "--batch",
            "--quiet",
            "--passphrase",
            "",
            "--quick-generate-key",
            _KEY,
            "default",
            "default",
            "1d",
        ]
        subprocess.run(words, check=True, env=env, capture_output=True)
        script = Path(__file__).parents[1] / "deb" / "repository.py"
        into = machine.root / HOSTED.lstrip("/")
        folder = Path(home) / "packages"
        folder.mkdir()
        for file in packages:
            (folder / file.name).symlink_to(file.resolve())
        words = [sys.executable, str(script), str(folder), str(into), _KEY]
        subprocess.run(words, check=True, env=env, capture_output=True)
        subprocess.run(["gpgconf", "--kill", "all"], check=False, env=env)
    source = f"deb [signed-by={HOSTED}/wardbeat.gpg] file:{HOSTED} {suite} main\n"
    machine.write("/etc/apt/wardbeat.list", source)
    machine.run("apt-get", *_ONLY_OURS, "update")
    machine.run("apt-get", *_ONLY_OURS, "install", "-y", "wardbeat-agent")
    version = machine.run("wardbeat", "--version").stdout.strip()
    index = next((machine.root / HOSTED.lstrip("/")).glob(f"dists/{suite}/InRelease"))
    index.write_text(index.read_text().replace("Label: Wardbeat", "Label: Wardbear"))
    refused = machine.run("apt-get", *_ONLY_OURS, "update", ok=False)
    if "ignature" not in refused.stdout + refused.stderr:
        raise Failed(f"an altered index is accepted: {refused.stdout}{refused.stderr}")
    return f"{version} by apt; an altered index is refused"

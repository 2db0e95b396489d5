"""IMAGES: roots of Debian for the trials, each made once by Debian's own package manager, kept, and unpacked."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEPT: Final = Path(os.environ.get("WARDBEAT_ROOTS", "/var/cache/wardbeat"))
_BOOTED: Final = "python3,dbus,dbus-user-session,systemd-sysv,udev,libpam-systemd,bluez,ca-certificates,procps"
_MONITORS: Final = (
    "python3-apt,ansible-core,sudo,prometheus-node-exporter,prometheus,icinga2-bin,icinga2-common,nagios4-core,"
    "zabbix-agent,nagios-nrpe-server"
)


@dataclass(frozen=True, slots=True)
class Image:
    """One row.

    Attributes:
        file: Name of its archive, with the suite.
        packages: What is installed beside the essential ones.
        words: What it is, while a person waits.
        processor: As Debian names it.
    """

    file: str
    packages: str
    words: str
    processor: str = "amd64"


IMAGES: Final[dict[str, Image]] = {
    "machine": Image("{}.tar", f"{_BOOTED},mosquitto", "a machine that boots: one to five minutes, 300 MB"),
    "arm64": Image(
        "{}-arm64.tar", "python3,dbus,bluez,ca-certificates,procps", "arm64, emulated: five minutes", "arm64"
    ),
    "pip": Image("pip-{}.tar", "python3,python3-venv,ca-certificates", "Python and no compiler: one minute"),
    "templates": Image("templates-{}.tar", f"{_BOOTED},{_MONITORS}", "Ansible and monitors: two minutes"),
    "wine": Image("wine-{}.tar", "wine64", "wine: one minute, 700 MB"),
}


def reason_against() -> str | None:
    """Why a root cannot be made here; None: it can."""
    if os.geteuid() != 0:
        return "this needs root"
    return None if shutil.which("mmdebstrap") else "mmdebstrap is missing"


def archive(kind: str, suite: str) -> Path:
    """The archive of a kind of root and a release of Debian; made where there is none yet."""
    image = IMAGES[kind]
    file = KEPT / image.file.format(suite)
    if not file.exists() or file.stat().st_size == 0:
        KEPT.mkdir(parents=True, exist_ok=True)
        print(f"Making a root of {suite} once, in {KEPT}: {image.words}.", flush=True)
        made = file.with_suffix(".new.tar")
        words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={image.processor}"]
        subprocess.run([*words, f"--include={image.packages}", suite, str(made)], check=True)
        made.rename(file)
    return file


def unpacked(kind: str, suite: str, into: Path) -> Path:
    """The root, in a folder that is created; its /dev/null and /dev/urandom are in the archive."""
    into.mkdir(parents=True)
    words = ["tar", "-x", "--numeric-owner", "-f", str(archive(kind, suite)), "-C", str(into)]
    subprocess.run(words, check=True)
    return into

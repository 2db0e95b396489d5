"""Which machine this is, who manages it, and whether a folder lies on another one's disk."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from agent.errors import Missing


def machine() -> bytes:
    """A digest of this installation and this user, the same at every start; empty where the system names none."""
    name = _name()
    if sys.platform == "win32":
        user = os.environ.get("USERNAME", "")
    else:
        user = str(os.getuid())
    return hashlib.sha256(b"wardbeat/1/machine\0" + f"{name} {user}".encode()).digest() if name else b""


def installation() -> bytes:
    """A digest of this installation, the same for all its users; empty where the system names none."""
    name = _name()
    return hashlib.sha256(b"wardbeat/1/installation\0" + name.encode()).digest() if name else b""


def _name() -> str:
    """Linux: machine-id(5), which says to use it hashed. Windows: MachineGuid. macOS: IOPlatformUUID."""
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    if sys.platform == "darwin":
        words = ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"]
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout  # noqa: S603
        found = _PLATFORM_UUID.search(said)
        return found[1] if found else ""
    for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        kept = file.read_text(encoding="ascii", errors="replace").strip() if file.exists() else ""
        if _MACHINE_ID.fullmatch(kept):  # an image that was not started yet says "uninitialized"
            return kept
    return ""


_MACHINE_ID: Final = re.compile(r"[0-9a-f]{32}")
_PLATFORM_UUID: Final = re.compile(r'"IOPlatformUUID" = "([0-9A-Fa-f-]{36})"')

# What the kernel calls file systems of other machines; SQLite's log does not work on them (its manual says so).
_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "lustre"}
)


def network_file_system(path: Path, mounts: str) -> str:
    """The kind of network file system that a folder lies on; empty for a local one.

    Args:
        path: Absolute, without links.
        mounts: The text of /proc/self/mounts: device, place, kind, options.
    """
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        place = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1]))
        if path.is_relative_to(place) and len(place.parts) >= len(best.parts):
            best, kind = place, fields[2]
    return kind if kind in _NETWORK else ""


def refuse_network(path: Path) -> None:
    """Let no folder with keys lie on another machine's disk.

    Raises:
        Missing: It does.
    """
    mounts = Path("/proc/self/mounts")
    kind = network_file_system(path.resolve(), mounts.read_text()) if mounts.exists() else ""
    if kind:
        raise Missing(
            f"the folder {path} is on a network file system ({kind}); keys and data must stay on this machine",
            remedy="Choose a folder on a local disk.",
        )


def managed() -> list[str]:
    """What says that somebody else administers this machine, in words; empty where nothing does.

    An administrator reads every file and every memory: the person must know before they say yes.
    """
    found = []
    if _stands("/etc/wardbeat/policy.yaml"):
        found.append("a Wardbeat policy set by this machine's administrator")
    if sys.platform == "win32":
        if os.environ.get("USERDNSDOMAIN"):
            found.append("a Windows domain account")
    elif sys.platform == "darwin":
        if _stands("/var/db/ConfigurationProfiles/Settings/.cloudConfigHasActivationRecord"):
            found.append("a device management service")
    elif any(_stands(one) for one in ("/etc/krb5.keytab", "/etc/sssd/sssd.conf")):
        found.append("a company's directory service")
    return found


def _stands(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a folder above is closed to us

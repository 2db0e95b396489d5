"""What differs between operating systems: sleep-proof time, locks, private files, peers, signals."""

import ctypes
import errno
import math
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import BinaryIO

from agent.errors import AlreadyRunning, Missing, StorageFull
from agent.system.machine import refuse_network

_SECRET_MOST = 2**20
_ZEROS = 2**20


def boottime_ns() -> int:
    """Monotonic nanoseconds that go on counting while the machine sleeps."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        # CLOCK_MONOTONIC counts sleep there; time.monotonic (mach_absolute_time) does not.
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return time.monotonic_ns()  # Windows: rests on a tick count that goes on in sleep


def local_time(utc_s: float, zone: tzinfo | None = None) -> datetime:
    """A moment on the person's clock, in the zone that this machine has now: a traveller's machine changes it.

    Args:
        utc_s: UTC seconds.
        zone: Another zone, for tests.
    """
    if zone is None and sys.platform != "win32":
        time.tzset()  # the C library reads the zone once, and again when asked to
    return datetime.fromtimestamp(utc_s, tz=UTC).astimezone(zone)


def offset_as_read_s(utc_s: int) -> int:
    """Of the zone as `local_time` read it last, against UTC: for thousands of moments of one look."""
    with suppress(OverflowError, OSError, ValueError):  # a year that no calendar has
        return time.localtime(utc_s).tm_gmtoff or 0
    return 0


def boot_id() -> str:
    """Which start of this machine it is: `boottime_ns` counts on within it. Empty: the system names none."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    elif sys.platform == "darwin":
        words = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
        with suppress(OSError):
            return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return ""


@contextmanager
def only_one(lock_file: Path) -> Iterator[None]:
    """Hold the state folder for this process; the kernel lets go when the process dies.

    Raises:
        AlreadyRunning: Another process holds it.
    """
    busy = AlreadyRunning(
        "another agent is already running with this state folder",
        remedy="Use 'wardbeat status' to see it; stop it before starting a second one.",
    )
    fd = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise busy from error
        yield
    finally:
        os.close(fd)


def private_dir(path: Path) -> Path:
    """Make or check a folder on a local disk that this user alone can enter; what is made in it inherits that.

    Raises:
        Missing: It belongs to another user, cannot be closed to others, or lies on a network file system.
    """
    make_folders(path)
    if sys.platform == "win32":
        _for_user_alone(path)
    else:
        seen = path.stat()
        if seen.st_uid != os.getuid():
            raise Missing(f"the folder {path} belongs to another user", remedy="Choose another folder.")
        if seen.st_mode & 0o077:
            path.chmod(0o700)
    refuse_network(path)
    return path


def make_folders(path: Path, mode: int = 0o700) -> None:
    """Make a folder and those above it that are missing; with the usual mode, this user alone can enter all of them.

    `Path.mkdir` would make the ones above with the rights of the caller's umask.

    Raises:
        Missing: One cannot be made.
    """
    try:
        above, place = [], path
        while not place.exists():
            above.append(place)
            place = place.parent
        for folder in reversed(above):
            folder.mkdir(mode=mode, exist_ok=True)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file", str(path))
    except OSError as error:
        raise Missing(f"the folder {path} cannot be made: {error.strerror}", remedy="Choose another folder.") from error


def access_list(path: Path, user: str) -> list[str]:
    """The command that gives a Windows folder to one user alone, with all that will be made in it.

    Source: the manual page of icacls: /inheritance:r takes the inherited entries away, (OI)(CI) hands ours down.
    """
    return ["icacls", str(path), "/inheritance:r", "/grant:r", f"{user}:(OI)(CI)F", "/q"]


def _for_user_alone(path: Path) -> None:
    tools = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
    try:
        user = subprocess.run([str(tools / "whoami.exe")], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
        words = access_list(path, user)
        subprocess.run([str(tools / "icacls.exe"), *words[1:]], capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"the folder {path} cannot be made private", remedy="Choose a folder on an NTFS disk.") from error


def data_dir() -> Path:
    """The user's data folder, by the system's custom."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "wardbeat"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "wardbeat"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "wardbeat"


def write_private(path: Path, content: bytes) -> None:
    """Write a file that this user alone can read: whole or not at all, durable on return.

    Raises:
        StorageFull: The disk is full or read-only; what stood there before still does.
    """
    write_durable(path, content, 0o600)


def write_durable(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all, durable on return.

    Raises:
        StorageFull: The disk is full or read-only; what stood there before still does.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)  # left by a crash, or laid by somebody
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFull(
            f"{path.name} cannot be written: {error.strerror}", remedy="Free space on this disk, or make it writable."
        ) from error
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def overwrite(path: Path) -> None:
    """Write zeros over a file where it lies, and remove it. (A disk that moves what is written, as flash does, may keep
    the old place for a while.)
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.unlink()  # what it leads to is not ours
        return
    if not path.exists():
        return
    if not os.access(path, os.W_OK):
        path.chmod(0o600)
    with path.open("r+b") as file:
        left = path.stat().st_size
        while left > 0:
            left -= file.write(bytes(min(left, _ZEROS)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def read_private(path: Path) -> bytes:
    """Read a secret file, refusing one that others own or can read.

    Raises:
        Missing: It is not there, is not ours, or is open to others.
    """
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Missing(f"cannot open {path.name}: {error.strerror}", remedy="Run 'wardbeat enroll BUNDLE'.") from error
    with os.fdopen(fd, "rb") as file:
        if sys.platform != "win32":
            seen = os.fstat(file.fileno())
            if not stat.S_ISREG(seen.st_mode) or seen.st_size > _SECRET_MOST:
                raise Missing(f"{path.name} is not a Wardbeat key file", remedy="Check what is stored there.")
            if seen.st_uid != os.getuid() or seen.st_mode & 0o077:
                raise Missing(
                    f"{path.name} belongs to another user, or is open to another user",
                    remedy="Make it private (chmod 600), or enroll again.",
                )
        return file.read()


def only_way_out() -> BinaryIO:
    """Standard output for our own lines alone: what a library prints goes nowhere, for it may quote what it holds."""
    ours = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.excepthook, threading.excepthook = lambda *_: None, lambda _: None
    return ours


def no_core_dumps() -> None:
    """Keep measurements and keys out of crash files (notes: a core dump held a canary)."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pr_set_dumpable = 4
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_dumpable, 0, 0, 0, 0)


def limit_this_process(*, cpu_s: float | None = None, memory_bytes: int | None = None, writes: bool = True) -> None:
    """Let the operating system end this process when it takes more; what is None stays as it is.

    Windows has no such limits, and macOS counts no address space: who started the process ends it by the clock there.

    Args:
        cpu_s: CPU seconds from now on; a second call counts from there.
        memory_bytes: Address space; a larger request fails with `MemoryError`.
        writes: False: not a byte of a file can be written any more.
    """
    if sys.platform == "win32":
        return
    import resource

    bounds = []
    if cpu_s is not None:
        bounds.append((resource.RLIMIT_CPU, math.ceil(time.process_time() + cpu_s)))
    if memory_bytes is not None and sys.platform != "darwin":
        bounds.append((resource.RLIMIT_AS, memory_bytes))
    if not writes:
        bounds.append((resource.RLIMIT_FSIZE, 0))
    for kind, most in bounds:
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def peer_is_us(connection: socket.socket) -> bool:
    """Whether the process at the other end of a local socket belongs to this user."""
    if sys.platform == "linux":
        pid_uid_gid = struct.Struct("3i")
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, pid_uid_gid.size)
        return bool(pid_uid_gid.unpack(raw)[1] == os.getuid())
    if sys.platform == "darwin":
        local_peercred = struct.Struct("IIh16I")  # struct xucred of sys/ucred.h
        return bool(local_peercred.unpack(connection.getsockopt(0, 1, local_peercred.size))[1] == os.getuid())
    return False

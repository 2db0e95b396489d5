"""Whether a camera's device is there, may be opened, and is free: asked without a picture, no light goes on.

Linux tells all of it. Other systems share cameras, or tell at the opening alone.
"""

import errno
import os
import sys
from pathlib import Path

from agent.sources.camera.states import CameraState


def shut(device: str) -> CameraState | None:
    """Why a device cannot be opened, or None.

    Args:
        device: As in the settings.
    """
    path = path_of(device)
    if path is None:
        return None
    try:
        os.close(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            return CameraState.DENIED
        if error.errno == errno.EBUSY:
            return CameraState.BUSY
        return CameraState.ABSENT if path.startswith("/dev/") else CameraState.NO_FILE
    return None


def is_wanted(device: str, ours: frozenset[int]) -> bool:
    """Whether a process of this user, other than ours, has the device open: a call, most likely.

    Args:
        device: As in the settings.
        ours: Processes that may hold it.
    """
    path = path_of(device)
    if sys.platform != "linux" or path is None:
        return False
    real = os.path.realpath(path)
    return any(_holds(process, real) for process in Path("/proc").iterdir() if _is_other(process, ours))


def path_of(device: str) -> str | None:
    """The device's path, where it has one."""
    if device == "picamera2":
        return None
    if device.isdecimal():
        return f"/dev/video{device}" if sys.platform == "linux" else None
    return str(Path(device).expanduser())


def _is_other(process: Path, ours: frozenset[int]) -> bool:
    return process.name.isdecimal() and int(process.name) not in ours


def _holds(process: Path, path: str) -> bool:
    try:
        with os.scandir(process / "fd") as opened:
            return any(_target(one.path) == path for one in opened)
    except OSError:  # gone, or another user's
        return False


def _target(link: str) -> str:
    try:
        return str(Path(link).readlink())
    except OSError:
        return ""

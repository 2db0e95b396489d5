"""Which service manager this system has."""

import os
import sys
from pathlib import Path
from typing import Final

import agent
from agent.service import Manager, run, unmanaged

_SYSTEMD: Final = Path("/run/systemd/system")


def manager() -> Manager:
    """The service manager of this person's session.

    Raises:
        Missing: It has none that we know.
    """
    if sys.platform == "win32":
        from agent.service import windows
        from agent.system import windows_sid

        installed = Path(agent.__file__).resolve().parents[2]
        return windows.TaskScheduler(run, windows_sid.own_sid(), windows.program(installed))
    if sys.platform == "darwin":
        from agent.service import launchd

        folder = Path.home() / "Library" / "LaunchAgents"
        return launchd.Launchd(run, folder, os.getuid(), launchd.program())
    if sys.platform == "linux" and _SYSTEMD.is_dir():
        from agent.service import systemd

        return systemd
    raise unmanaged()

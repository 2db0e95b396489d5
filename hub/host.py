"""The hub's platform module."""

import ctypes
import sys


def no_core_dumps() -> None:
    """Keep KEM and data keys out of crash files, as the agent keeps measurements out (`agent.host`)."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pr_set_dumpable = 4
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_dumpable, 0, 0, 0, 0)

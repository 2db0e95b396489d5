"""How busy this machine is: tests of a number of seconds, and of simulated time that runs faster than ours, allow for it."""

import os
from pathlib import Path

_LOADAVG = Path("/proc/loadavg")
_MOST = 6.0  # a look at the threads that run now may see a burst; a wait in vain shall end within a few minutes


def slowness() -> float:
    """How many runnable threads share a core now, or shared one over the last minute; 1 on an idle machine."""
    cores = os.cpu_count() or 1
    if not hasattr(os, "getloadavg"):
        return 1.0
    running = int(_LOADAVG.read_text().split()[3].split("/")[0]) if _LOADAVG.exists() else 0
    return min(_MOST, max(1.0, os.getloadavg()[0] / cores, running / cores))


def within_s(seconds: float) -> float:
    """The seconds that a promise allows on an idle machine, as a deadline on this one."""
    found = slowness()
    return seconds if found <= 1.0 else seconds * 2.0 * found

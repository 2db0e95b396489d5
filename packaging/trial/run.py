"""`make test-package`: the packages on two booted Debian machines, step by step, with a table (root; systemd-nspawn).

run.py PACKAGES [SUITE ...]: PACKAGES is what `build_both.py` made. The suites run beside each other.
"""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import chain
import images
import steps
from asked import Trial
from machine import Failed, Machine, booted, joined

Step = Callable[[Machine, Trial], str]
_PRINTING = threading.Lock()


def main() -> int:
    """Every step on every suite; 1 where one failed."""
    folder, *suites = sys.argv[1:]
    suites = suites or ["bookworm", "trixie"]
    for suite in suites:
        images.archive("machine", suite)
    began_s = time.monotonic()
    _say(f"{'suite':10} {'step':34} {'s':>6}  result")
    with ThreadPoolExecutor(len(suites)) as pool:
        failed = sum(pool.map(lambda suite: _tried(Path(folder), suite), suites))
    _say(f"{len(steps.STEPS)} steps on each suite, {failed} failed, {time.monotonic() - began_s:.0f} s")
    return 1 if failed else 0


def _tried(folder: Path, suite: str) -> int:
    """Every step on one suite; how many failed."""
    failed = 0
    with ExitStack() as parts:
        machine, hub = parts.enter_context(booted(suite)), parts.enter_context(booted(suite))
        joined(machine, hub)
        trial = Trial(suite, folder, hub, parts.enter_context(chain.strap(machine)))
        for name, step in steps.STEPS.items():
            step_s = time.monotonic()
            try:
                said = step(machine, trial)
            except Failed as error:
                said, failed = f"FAILED: {error}", failed + 1
            _say(f"{suite:10} {name:34} {time.monotonic() - step_s:6.1f}  {said}")
    return failed


def _say(line: str) -> None:
    with _PRINTING:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())

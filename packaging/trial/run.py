"""`make test-package`: the packages in a booted Debian, step by step, with a table (root; systemd-nspawn).

run.py OLD NEW [SUITE ...]: OLD and NEW are folders of packages, NEW with a higher version.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import steps
from machine import Failed, Machine, booted

Step = Callable[[Machine, steps.Packages], str]


def main() -> int:
    """Every step on every suite; 1 where one failed."""
    old, new, *suites = sys.argv[1:]
    failed = 0
    began_s = time.monotonic()
    print(f"{'suite':10} {'step':34} {'s':>6}  result", flush=True)
    for suite in suites or ("bookworm", "trixie"):
        packages = steps.Packages(suite, Path(old), Path(new))
        with booted(suite) as machine:
            for name, step in steps.STEPS.items():
                step_s = time.monotonic()
                try:
                    said = step(machine, packages)
                except Failed as error:
                    said, failed = f"FAILED: {error}", failed + 1
                print(f"{suite:10} {name:34} {time.monotonic() - step_s:6.1f}  {said}", flush=True)
    print(f"{len(steps.STEPS)} steps on each suite, {failed} failed, {time.monotonic() - began_s:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

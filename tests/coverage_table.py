"""`make coverage`: which lines the suite runs, by package, children of tests included; red below a package's floor.

FAST=1 counts the fast tests alone, for a first look; floors hold for the whole suite.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[1]
PROGRAMS = ("agent", "hub", "firmware_sim")
FLOOR: Final = 80.0
"""Per cent of lines that every package runs at least; a package below has a row with its reason."""
FLOORS: Final[dict[str, float]] = {"agent.page": 70.0}
"""The page's process ends by `os._exit`, before the counter writes: lines that run in it alone are not counted."""
TRACED: Final = (
    "tests/agent/commands/test_terminal.py::"
    "test_a_minute_of_run_connects_to_the_broker_alone_and_writes_into_its_own_folder"
)
"""This test looks at every file that the agent opens, and would see the counter's own."""


def package_of(file: str) -> str:
    """agent/signal/heart/rr.py -> agent.signal"""
    parts = Path(file).with_suffix("").parts
    return ".".join(parts[:2]) if len(parts) > 2 else parts[0]


def main() -> int:
    """Run, count, print."""
    is_fast = bool(os.environ.get("FAST"))
    with tempfile.TemporaryDirectory() as folder:
        settings, report = Path(folder) / "coverage.ini", Path(folder) / "coverage.json"
        settings.write_text(
            f"[run]\nsource = {', '.join(PROGRAMS)}\nparallel = true\ndata_file = {folder}/data\n"
            "patch = subprocess\nconcurrency = thread\nsigterm = true\n"
        )
        chosen = ["--fast"] if is_fast else ["--dist", "loadfile", "--no-loadscope-reorder"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", os.environ.get("WORKERS", "5"), *chosen, "--deselect", TRACED, f"--cov-config={settings}",
             "--cov", f"--cov-report=json:{report}"], cwd=ROOT, check=False,
        )  # fmt: skip
        files = json.loads(report.read_text())["files"]
    lines: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, found in files.items():
        row = lines[package_of(file)]
        row[0] += found["summary"]["covered_lines"]
        row[1] += found["summary"]["num_statements"]
    print(f"\n{'package':26}{'lines':>8}{'run':>8}{'per cent':>10}{'floor':>8}")
    low = []
    for package, (run, of) in sorted(lines.items()):
        share = 100.0 * run / of if of else 100.0
        floor = FLOORS.get(package, FLOOR)
        print(f"{package:26}{of:8}{run:8}{share:10.1f}{floor:8.0f}")
        if share < floor:
            low.append(package)
    run, of = (sum(row[n] for row in lines.values()) for n in (0, 1))
    print(f"{'all':26}{of:8}{run:8}{100.0 * run / of:10.1f}")
    if low and not is_fast:
        print(f"below their floor: {', '.join(low)}; write tests, or give a reason in FLOORS")
    return int(done.returncode != 0 or (bool(low) and not is_fast))


if __name__ == "__main__":
    sys.exit(main())

"""Plays every scenario on the fast path, in processes of their own, and prints the table.

python -m tests.scenarios.strap_table            exit 1 when a row is not as expected
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.scenarios.strap_scenarios import SCENARIOS
from tests.support.machine import within_s

ROOT = Path(__file__).parents[2]
TOGETHER = 8  # they mostly wait


async def rows_of(kind, names, turn):
    """What one process of `fast_stack` says of these scenarios."""
    async with turn:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.fast_stack", kind, *names,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        why, most_s = "", within_s(240)
        try:
            async with asyncio.timeout(most_s):
                out, errors = await process.communicate()
        except TimeoutError:
            process.kill()
            out, errors = await process.communicate()
            why = f"took longer than {most_s:g} s"
    rows = {
        row["name"]: row for row in (json.loads(line) for line in out.decode().splitlines() if line.startswith("{"))
    }
    why = why or errors.decode()[-2000:]
    return [rows.get(name, {"name": name, "place": kind, "good": False, "why": why}) for name in names]


async def all_rows(kinds=("b", "a")):
    """Every scenario: those in virtual time in two processes, since only cores count there, the others each in its own."""
    turn = asyncio.Semaphore(TOGETHER)
    jobs = []
    for kind in kinds:
        names = [name for name, each in SCENARIOS.items() if kind in each.places]
        several = len(names) if kind == "b" else 2
        jobs += [rows_of(kind, names[n::several], turn) for n in range(several)]
    return [row for rows in await asyncio.gather(*jobs) for row in rows]


def show(rows):
    """The table; how many rows are not as expected."""
    for row in sorted(rows, key=lambda one: (list(SCENARIOS).index(one["name"]), one["place"])):
        print(
            f"{row['name']:42}{row['place']:6}{row.get('seconds', '-')!s:>8} s  {'as expected' if row['good'] else 'DIFFERS'}"
        )
        if row["good"]:
            print(f"      {' '.join(row['seen'])}")
        else:
            for what in ("expected", "seen", "wrong", "left", "why"):
                if row.get(what):
                    print(f"      {what}: {row[what]}")
    return sum(not row["good"] for row in rows)


if __name__ == "__main__":
    sys.exit(1 if show(asyncio.run(all_rows())) else 0)

"""Plays every scenario on the fast path, each in a process of its own, and prints the table.

python -m tests.scenarios.strap_table            exit 1 when a row is not as expected
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.scenarios.strap_scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
TOGETHER = 8  # they mostly wait


async def one(kind, name, turn):
    """A row of `fast_stack`."""
    async with turn:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.fast_stack", kind, name,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            async with asyncio.timeout(240):
                out, errors = await process.communicate()
        except TimeoutError:
            process.kill()
            return {"name": name, "place": kind, "good": False, "why": "took longer than four minutes"}
    lines = out.decode().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return {"name": name, "place": kind, "good": False, "why": errors.decode()[-2000:]}


async def all_rows(kinds=("b", "a")):
    turn = asyncio.Semaphore(TOGETHER)
    jobs = [one(kind, name, turn) for kind in kinds for name, each in SCENARIOS.items() if kind in each.places]
    return await asyncio.gather(*jobs)


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

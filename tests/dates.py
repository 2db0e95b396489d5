"""`make test-dates`: the fast tests, and those of scores, weeks and pages, as if today were another date.

Each weekday, both changes of the clock in two time zones, 29 February, 31 December and the first day of a month and of a year.
Each date has its own random order. Prints a table; exit 1 when any date fails. DATES="2028-02-29T12:00" runs one.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEEKDAYS = [f"2026-11-{day}T09:30" for day in range(23, 30)]  # Monday to Sunday; the 28th was once a red day
DATES = {
    "Europe/Berlin": [
        *WEEKDAYS,
        "2027-03-28T01:59",  # a second hour that does not exist follows
        "2027-03-28T12:00",
        "2027-10-31T02:30",  # an hour that comes twice
        "2027-10-31T23:59",
        "2028-02-29T12:00",
        "2026-12-31T23:58",
        "2027-01-01T00:01",
        "2027-06-01T00:01",
    ],
    "America/New_York": ["2027-03-14T01:59", "2027-11-07T01:30", "2026-12-31T20:00"],
    "Australia/Lord_Howe": ["2027-04-04T01:45", "2027-10-03T12:00"],  # changes by half an hour
}
SLOW = ("tests/agent/page/test_dates.py", "tests/agent/page/test_words.py", "tests/agent/page/test_states.py",
        "tests/agent/scoring", "tests/agent/commands/test_scores.py",
        "-m", "slow and not process")  # fmt: skip
"""Tests of dates that are not fast; a child process would see the real date."""


def run(zone: str, date: str, seed: int, *words: str) -> tuple[bool, str]:
    """(whether all passed, the last line)"""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--at", date, "--shuffle", str(seed), *words],
        cwd=ROOT, env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-6000:])
    lines = done.stdout.strip().splitlines()
    return done.returncode == 0, lines[-1] if lines else done.stderr[-300:]


def main() -> int:
    """Every date."""
    chosen = os.environ.get("DATES", "").split()
    everything = [(zone, date) for zone, dates in DATES.items() for date in dates]
    rows = [(seed, *row) for seed, row in enumerate(everything, 1) if not chosen or row[1] in chosen]
    failed = 0
    for seed, zone, date in rows:
        for words in (("--fast",), SLOW):
            is_good, last = run(zone, date, seed, *words)
            failed += not is_good
            print(
                f"{zone:20} {date}  {'fast' if words == ('--fast',) else 'scores, weeks, pages':21} {last}", flush=True
            )
    print(f"{len(rows)} dates in {len(rows)} random orders, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

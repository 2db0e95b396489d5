"""What a scrape each 15 s reveals: two weeks with one withdrawal, pause or erasure against two quiet weeks of the same site."""

import math
import os
import random
import tempfile
from pathlib import Path

import numpy as np

from parts import check
from tests.support.scraped import EVENTS, Site, scraped
from told_apart import told_apart

WEEKS = int(os.environ.get("WEEKS", "800"))  # runs of each kind
PEOPLE = int(os.environ.get("PEOPLE", "12"))
DAYS = 14


def the_metrics() -> None:
    """Each event, in the strict form (whoever scrapes knows everything else) and in the loose one; and a planted series."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        folder = Path(made)
        print(
            f"{WEEKS} runs of each kind, {PEOPLE} people, {DAYS} days, a scrape each 15 s: right in the unseen half, 95 %"
        )
        for strict in (True, False):
            for event in EVENTS:
                runs = WEEKS if strict else WEEKS // 3
                right, least, most = named_right(folder, event, runs, strict=strict)
                form = "all else known" if strict else "another site each time"
                print(f"{event:<12}{form:<24}{right:7.1%}  {least:.1%} to {most:.1%}", flush=True)
                if strict:
                    check(f"{event}: {right:.1%}", holds=right <= 0.55)
        found, least, most = named_right(folder, "withdrawal", max(60, WEEKS // 6), strict=True, planted=True)
        print(f"planted: the rows of each day as counted: {found:.1%}  {least:.1%} to {most:.1%}", flush=True)
        check(f"the planted series was found in {found:.1%} only", holds=found >= 0.95)


def named_right(
    folder: Path, event: str, runs: int, *, strict: bool, planted: bool = False
) -> tuple[float, float, float]:
    """How often a classifier names the right kind, and Wilson's interval of 95 %."""
    order = np.array([True] * runs + [False] * runs)
    random.shuffle(order)
    one = Site.drawn(1, PEOPLE, DAYS)
    seen = [
        scraped(
            one if strict else Site.drawn(n + 2, PEOPLE, DAYS), event if is_event else "", folder, n, planted=planted
        )
        for n, is_event in enumerate(order)
    ]
    moved = np.array(seen)[:, np.ptp(seen, axis=0) > 0]  # what is the same in each run says nothing
    right = told_apart(moved if moved.shape[1] else np.zeros((len(order), 1)), order)
    return right, *interval(right, runs)


def interval(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share of n."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half

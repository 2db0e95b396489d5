"""A bench in parts: PART=name or all of them; what was wanted and missed stands at the end, and in the exit code."""

import os
from collections.abc import Callable, Mapping

missed: list[str] = []


def check(what: str, *, holds: bool) -> None:
    """Remember a line that does not hold."""
    if not holds:
        missed.append(what)


def run(parts: Mapping[str, Callable[[], None]]) -> int:
    """Run what PART names, else everything; 1 if anything was missed."""
    asked = os.environ.get("PART")
    for name in [asked] if asked else parts:
        print(f"\n=== {name}")
        parts[name]()
    for what in missed:
        print(f"MISSED  {what}")
    print("all as wanted" if not missed else f"{len(missed)} missed")
    return 1 if missed else 0

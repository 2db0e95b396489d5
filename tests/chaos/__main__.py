"""`make chaos`: SEED= one of three, DATABASE=sqlite|postgresql, FAULTS=, AGENTS=, LEAST=; without them all six storms.

FAULTS is how many faults a storm has at least. On a slow machine fewer envelopes are made between two faults, so it goes
on with the next ones of its seed until LEAST envelopes are committed, for three times as many faults at most.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.storm import Account, Storm, account, where_is
from tests.support import postgres

SEEDS = os.environ.get("SEED", "1 2 3").split()
BASES = os.environ.get("DATABASE", "sqlite postgresql").split()
COUNT = int(os.environ.get("FAULTS", "66"))
AGENTS = int(os.environ.get("AGENTS", "3"))
LEAST = int(os.environ.get("LEAST", "10000"))


def storm(folder: Path, kind: str, seed: int, count: int, agents: int, least: int = 0) -> tuple[Storm, Account, float]:
    """One storm, played to its end: `count` faults, and more until `least` envelopes are committed."""
    dice = random.Random(seed)
    script = [fault for _ in range(3 * count) for fault in dice.sample(FAULTS, len(FAULTS))][: 3 * count]
    began_s = time.monotonic()
    with ExitStack() as parts:
        server = None
        if kind == "postgresql":
            server = postgres.Server()
            parts.callback(server.remove)
        played = Storm(folder, "" if server is None else server.base(), seed, agents, server)
        parts.enter_context(played)
        try:
            played.play(script[:count])
            for fault in script[count:]:
                if played.committed() >= least:
                    break
                played.play([fault])
            played.calm()
            result = account(played)
        except BaseException:
            print(f"the storm failed; what it left is in {played.keep()}", file=sys.stderr)
            raise
        if faults_found(result, 0):
            print(f"something does not hold; what the storm left is in {played.keep()}", file=sys.stderr)
        return played, result, time.monotonic() - began_s


def faults_found(result: Account, least: int) -> list[str]:
    """What does not hold."""
    wrong = []
    if result.where["lost"]:
        wrong.append(f"{result.where['lost']} lost")
    if result.doubled:
        wrong.append(f"{result.doubled} stored twice")
    if result.unsettled:
        wrong.append(f"{result.unsettled} without an answer")
    if result.counters.get("quarantined"):
        wrong.append(f"{result.counters['quarantined']} that the hub's own code could not store")
    if result.wrong_digests:
        wrong.append(f"{result.wrong_digests} with another digest")
    if result.committed < least:
        wrong.append(f"only {result.committed} envelopes")
    return wrong


def main() -> int:
    bad: list[str] = []
    print(
        "made = stored + kept + gap + refused + withdrawn + lost with the file (a restored copy, a damaged file) + lost"
    )
    for kind in BASES:
        for seed in SEEDS:
            with tempfile.TemporaryDirectory(prefix="wardbeat-chaos-") as folder:
                played, result, took_s = storm(Path(folder), kind, int(seed), COUNT, AGENTS, LEAST)
            made = sum(n for place, n in result.where.items() if not place.startswith(" "))
            print(f"\n{kind}, seed {seed}: {sum(played.did.values())} faults of {len(played.did)} kinds in {took_s:.0f} s; "
                  f"{result.committed} envelopes committed, {made} windows made")  # fmt: skip
            print("  " + ", ".join(f"{name} {result.where[name]}" for name in
                  ("stored", "kept", "gap", "refused", "withdrawn", "lost with the file", "lost")))  # fmt: skip
            for place, n in result.where.items():
                if place.startswith(" "):
                    print(f"  {place}: {n}")
            print(f"  stored twice {result.doubled}; without an answer {result.unsettled}; refusals, each with its notice: "
                  f"{dict(result.refused)}")  # fmt: skip
            print(f"  the hub: {result.counters}; restarts by the supervisor {sum(p.restarts for p in played.people)}; "
                  f"second agents refused {played.second_agents_refused}", flush=True)  # fmt: skip
            bad += [f"{kind}, seed {seed}: {what}" for what in faults_found(result, LEAST)]
            bad += [f"{kind}, seed {seed}: {what}" for what in planted(result)]
    print("\nfaults: " + ", ".join(fault.__name__.replace("_", " ") for fault in FAULTS))
    for what in bad:
        print(f"MISSED  {what}")
    return bool(bad)


def planted(result: Account) -> list[str]:
    """The same detectors on breaches planted in what was found."""
    at = {("x", 0): (b"s" * 16, 1), ("x", 300): (b"s" * 16, 2)}
    seen = where_is(at, {("x", 0)}, {("x", 0): "receipted", ("x", 300): "receipted"}, {}, [])
    spoilt = Account(seen, 1, result.committed, Counter(), {"quarantined": 1}, 1, 1)
    found = len(faults_found(spoilt, 0))
    return [] if found == 5 else [f"only {found} of 5 planted breaches were found"]


if __name__ == "__main__":
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit("the storm was ended")
    )  # its processes and disks are cleared away
    sys.exit(main())

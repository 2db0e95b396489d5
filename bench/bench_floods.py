"""What a flood does to the agent: by how much its loop turns late, and when pause, withdraw and erase have their effect.

make bench-floods [FLOOD="answers page"] [SAMPLES=1000]
"""

import os
import tempfile
from pathlib import Path

from tests.support.floods import PLANTED_S, Flooded, Seen, without_budgets

WORDS = {
    "answers": "forged answers with the hub's signer id",
    "bodies": "64 kB bodies on the down topic",
    "directories": "64 kB directories, shaped like one",
    "camera": "a camera process that writes allowed lines without end",
    "page": "one client's requests at the page",
    "pipe": "a page process that asks without end",
    "bus": "signals to the agent's names on the system bus, as any user of the machine may send them",
    "silent": "callers of the control socket who say nothing",
    "asks": "callers of the control socket who ask without end",
}
PLANTED = ("answers", "camera", "pipe")


def _row(seen: Seen, name: str) -> str:
    took = "  ".join(
        f"{seen.took_s[one]:9.2f}" if one in seen.took_s else f"{'-':>9}" for one in ("pause", "withdraw", "erase")
    )
    rate = f"{seen.a_second:8.0f}" if seen.a_second else f"{'pipe':>8}"
    return f"{name:<34} {rate} {seen.p99_ms:8.1f} {seen.worst_ms:8.0f}  {took}"


def main() -> None:
    chosen = os.environ.get("FLOOD", "").split() or list(WORDS)
    samples = int(os.environ.get("SAMPLES", "1000"))
    print("The loop is asked to turn every 10 ms; decisions are the command line's. Seconds until the effect.\n")
    print(
        f"{'flood':<34} {'a second':>8} {'p99 ms':>8} {'worst ms':>8}  {'pause s':>9}  {'withdraw s':>9}  {'erase s':>9}"
    )
    for flood in chosen:
        with tempfile.TemporaryDirectory() as folder:
            print(_row(Flooded(Path(folder) / "world", flood, samples=samples).run(), flood), flush=True)
    for flood in filter(PLANTED.__contains__, chosen):
        with tempfile.TemporaryDirectory() as folder, without_budgets():
            planted = Flooded(Path(folder) / "world", flood, flood_s=PLANTED_S).run()
        print(_row(planted, f"{flood}, without budgets, {PLANTED_S:g} s"), flush=True)
    print("\n" + "\n".join(f"{flood:<12} {WORDS[flood]}" for flood in chosen))


if __name__ == "__main__":
    main()

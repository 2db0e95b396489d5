"""The strap under load and over time, both ways in: (a) a bleak backend over Bumble, (b) BlueZ's interface over D-Bus.

    make bench-strap                    everything, about an hour and a quarter
    make bench-strap PART=replay        real recordings worn at ten times the speed, through mosquitto to the hub
    make bench-strap PART=field         three straps, real time, faults by a seeded script: MINUTES=20 SEED=1
    make bench-strap PART=load          ten straps at twenty packets a second
    make bench-strap PART=scenarios     every fault by name, both ways: what the person reads, seconds to the next beat
    make bench-strap PART=day           24 virtual hours of a hostile radio: HOURS=24 SEED=1
    make bench-strap PART=hostile       the same ten times quicker, in real time over D-Bus: MINUTES=20 SEED=1

Every line that wants zero runs the same detector on a planted breach. Exit 1 when a line is missed.
"""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support import hostile_radio
from tests.support.world import start_site_broker
from tests.support.world import make_world
from tests.scenarios import strap_table
from tests.support import straps
from tests.support import worn_recording
from tests.support import virtual_time

from agent.recording import files
from bench import load_straps
from firmware_sim import packets
from firmware_sim.faults import Fault

MINUTES = float(os.environ.get("MINUTES", "20"))
SEED = int(os.environ.get("SEED", "1"))
SHARED = Path(os.environ.get("WARDBEAT_SHARED", "../shared")) / "data/hrv"
RECORDINGS = (
    "pyhrv_nni_5min.txt",
    "bartels_rest_rri.txt",
    "mghdb1003_clean10min_beats.csv",
    "bartels_noisy_rri.hrm",
    "bartels_exercise_rri.hrm",
)
KINDS = ("link_loss", "link_loss", "silent", "silent_long", "contact_lost", "malformed", "missing_rr", "absent")


class Table:
    """Lines with what was seen and what was wanted."""

    def __init__(self) -> None:
        self.missed = 0

    def line(self, what: str, seen: object, wanted: str, *, good: bool) -> None:
        """Print one line; a missed one counts."""
        self.missed += not good
        print(f"{what:<58}{seen!s:>18}  {wanted:<24}{'' if good else 'MISSED'}", flush=True)


# ---- replay


async def _worn(way: str, folder: Path, file: Path):
    world = make_world(folder)
    broker = start_site_broker(world)
    try:
        return await worn_recording.play(way, world, file)
    finally:
        broker.stop()
        world.close()


async def replay(table: Table) -> None:
    """Each recording worn by both ways at once."""
    for name in RECORDINGS:
        rr_ms = [beat.rr_ms for beat in files.beats(SHARED / name)]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rr.txt"
            file.write_text("\n".join(map(str, rr_ms)))
            jobs = [_worn(way, Path(folder) / way, file) for way in straps.WAYS]
            for way in straps.WAYS:
                (Path(folder) / way).mkdir()
            played = await asyncio.gather(*jobs)
        sent = [packets.ticks(one) for one in rr_ms]
        for way, (stored, taken, after_gap) in zip(straps.WAYS, played, strict=True):
            table.line(f"{name} ({way}): intervals out of order", _wrong(sent, taken), "0", good=sent == taken)
            worst = max(worn_recording.differences(stored, rr_ms, after_gap).values(), default=9.9)
            what = f"{name} ({way}): {len(stored)} windows, steps from numpy"
            table.line(what, f"{worst:.3f}", "at most 0.5", good=bool(stored) and worst <= 0.5 + 1e-6)
            table.line(
                f"{name} ({way}): gaps seen where none was",
                len(after_gap),
                "few at this speed",
                good=len(after_gap) < 4,
            )
            walls = worn_recording.differences(stored, rr_ms, rounded=False)
            print(
                f"    distance to the file unrounded, in steps: { {k: round(float(v), 2) for k, v in walls.items()} }"
            )
    planted = [*sent[:100], *sent[101:]]
    table.line("planted: one interval taken away", _wrong(sent, planted), "found", good=_wrong(sent, planted) > 0)


def _wrong(sent: list[int], taken: list[int]) -> int:
    return sum(a != b for a, b in zip(sent, taken, strict=False)) + abs(len(sent) - len(taken))


# ---- field


def script(number: int) -> list[Fault]:
    """Faults for one strap, seeded; far enough apart that each is over before the next."""
    chance = random.Random(SEED * 100 + number)
    faults, at_s = [], 20.0 + 3 * number
    while at_s < MINUTES * 60 - 45:
        kind = chance.choice(KINDS)
        for_s = chance.uniform(13, 20) if kind == "silent_long" else chance.uniform(2.5, 8)
        faults.append(Fault(kind.removesuffix("_long"), round(at_s, 2), round(for_s, 2), number))
        at_s += for_s + chance.uniform(22, 40)
    return faults


async def _three(way: str, folder: Path):
    pace = straps.clock(1.0)
    worn = [straps.strap(pace, n, script=name) for n, name in enumerate(("rest", "mental_load", "exercise"))]
    faults = sorted((one for n in range(3) for one in script(n)), key=lambda one: one.at_s)
    async with straps.air(way, worn, pace, faults) as (_, radio):
        readers = [straps.Reader(straps.bind(folder / f"{way}{n}", n), pace, radio) for n in range(3)]
        tasks = [asyncio.create_task(reader.read()) for reader in readers]
        await asyncio.sleep(MINUTES * 60)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                task.result()
    return worn, readers, faults


async def field(table: Table) -> None:
    """Three straps around one dongle, for each way in."""
    with tempfile.TemporaryDirectory() as folder:
        results = await asyncio.gather(*(_three(way, Path(folder)) for way in straps.WAYS))
    for way, (worn, readers, faults) in zip(straps.WAYS, results, strict=True):
        print(f"({way}) {MINUTES:g} real minutes, faults: {dict(Counter(one.fault for one in faults))}")
        total: Counter[str] = Counter()
        for reader, strap in zip(readers, worn, strict=True):
            total.update(straps.unfaithful(reader, strap.felt))
        beats = sum(len(reader.beats) for reader in readers)
        gaps = sum(len(reader.gaps) for reader in readers)
        unsent = sum(not one.sent for strap in worn for one in strap.felt)
        print(f"    {beats} beats taken over, {gaps} gaps recorded, {unsent} beats that faults swallowed")
        total.pop("missing at the end")
        for what, wanted in (
            ("missing", "in flight at a link loss"),
            ("invented", "0"),
            ("joined over a loss", "0"),
            ("gap without a loss", "0"),
        ):
            few = sum(one.fault in ("link_loss", "absent") for one in faults) if what == "missing" else 0
            table.line(f"({way}) {what}", total[what], wanted, good=total[what] <= few)
        reconnects_s = np.concatenate([strap.reconnects_s[1:] for strap in worn])  # the first is the start
        p50, p99 = np.percentile(reconnects_s, [50, 99])
        print(f"    reconnects {reconnects_s.size}: findable again to listening, p50 {p50:.2f} s, p99 {p99:.2f} s")
    worn, readers, _ = results[0]
    mixed = straps.unfaithful(readers[0], worn[1].felt)["invented"]
    table.line("planted: another strap's truth", mixed, "found", good=mixed > 0)
    middle = len(readers[0].samples) // 2
    readers[0].samples.insert(middle, readers[0].samples[middle - 20])
    readers[0].samples.remove(readers[0].gaps[0])
    found = straps.unfaithful(readers[0], worn[0].felt)
    table.line("planted: a beat doubled", found["invented"], "found", good=found["invented"] > 0)
    joined = found["joined over a loss"]
    table.line("planted: a gap wiped out", joined, "found", good=joined > 0)


# ---- load


async def load(table: Table) -> None:
    """Ten straps at twenty packets a second, one way after the other."""
    for way in straps.WAYS:
        gaps, p99_ms, planted = await load_straps.measure(way, count=10, notify_hz=20.0, seconds=30.0)
        table.line(f"({way}) 10 straps x 20/s, 30 s: sequence gaps", gaps, "0", good=gaps == 0)
        table.line(f"({way}) latency strap to callback, p99 in ms", f"{p99_ms:.1f}", "under 50", good=p99_ms < 50)
        table.line(f"({way}) planted: a number taken away", planted, "found", good=planted > 0)


# ---- scenarios, and a hostile radio


async def scenarios(table: Table) -> None:
    """The table of the field."""
    rows = await strap_table.all_rows()
    table.missed += strap_table.show(rows)
    short = rows[0]["seen"][:-1]
    found = tuple(short) != strap_table.SCENARIOS[rows[0]["name"]].seen_on(rows[0]["place"])
    table.line("planted: a state taken from a transcript", "found" if found else "passed over", "found", good=found)


def shown(table: Table, lived: "hostile_radio.Lived", where: str) -> None:
    """What came of hours with a hostile radio."""
    print(
        f"{where}: {dict(lived.faults)}; {lived.felt} beats felt, {lived.delivered} delivered, {lived.taken} taken over"
    )
    share = (lived.lost + lived.doubled) / lived.delivered
    table.line(
        "delivered beats lost or doubled", f"{lived.lost} + {lived.doubled}", "at most 0.1 %", good=share <= 0.001
    )
    table.line(
        "losses with a gap in the record", f"{lived.gaps} of {lived.losses}", "all", good=lived.gaps == lived.losses
    )
    table.line("  worst difference to the true gap, s", f"{lived.worst_gap_s:.2f}", "1", good=lived.worst_gap_s <= 1)
    table.line("  gaps without a loss (the link was back in time)", lived.false_gaps, "told", good=True)
    p50, p99 = np.percentile(lived.reconnects_s, [50, 99])
    table.line(
        f"{lived.reconnects_s.size} reconnects, findable to listening: p50, p99 s",
        f"{p50:.2f}, {p99:.2f}",
        "p99 under 5",
        good=p99 < 5,
    )
    table.line("tasks or descriptors left behind", lived.left or 0, "0", good=not lived.left)


def day(table: Table) -> None:
    """A day and a night in virtual time, then a shorter one with memory traced, and one that leaks."""
    hours = float(os.environ.get("HOURS", "24"))
    lived = virtual_time.run(hostile_radio.lived("a", hours * 3600, seed=SEED))
    shown(table, lived, f"{hours:g} virtual hours")
    print(
        f"    resident: {lived.memory_mb[0]:.1f} MB after the first hour, {lived.memory_mb[-1]:.1f} MB at the end, with the truth kept"
    )
    for leaky, wanted in ((False, "zero"), (True, "found")):
        traced = virtual_time.run(hostile_radio.lived("a", hours * 3600 / 2, seed=SEED, traced=True, leaky=leaky))
        half = traced.memory_mb[1:]
        slope_kb = 1000 * float(np.polyfit(np.arange(len(half)), half, 1)[0])
        what = "planted: letters of every link kept; " if leaky else ""
        good = slope_kb > 100 if leaky else abs(slope_kb) < 1
        table.line(f"{what}agent and bleak hold more, kB an hour", f"{slope_kb:+.2f}", wanted, good=good)
    taken, delivered = [800, 810, 820, 830] * 50, [800, 810, 820, 830] * 50
    lost, doubled = (
        hostile_radio.differences(delivered, taken[:60] + taken[61:])[0],
        hostile_radio.differences(delivered, taken[:60] + taken[59:])[1],
    )
    table.line(
        "planted: a beat taken away, a beat doubled", f"{lost}, {doubled}", "found", good=lost > 0 and doubled > 0
    )


async def hostile_bus(table: Table) -> None:
    """Real time over D-Bus."""
    shown(
        table,
        await hostile_radio.lived("b", MINUTES * 60, seed=SEED, quick=10.0),
        f"{MINUTES:g} real minutes over D-Bus",
    )


def main() -> int:
    """Run the parts asked for."""
    asked = os.environ.get("PART", "all")
    table = Table()
    parts = (("load", load), ("replay", replay), ("field", field), ("scenarios", scenarios), ("hostile", hostile_bus))
    for name, part in parts:
        if asked in (name, "all"):
            print(f"--- {name}")
            asyncio.run(part(table))
    if asked in ("day", "all"):
        print("--- day")
        day(table)
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())

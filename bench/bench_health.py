"""Health exports: `make bench-health PART=export|zip|cancel|bombs|mutations|canary`; MB=1000 FILES=100000 SEED=1.

Every part prints a table and fails with what it missed. A line that expects zero finds a planted breach first.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from parts import check, run
from agent.days import health
from agent.days.health import HealthImport, Options
from agent.days.health.reading import read_here, zone_table
from agent.errors import ImportRefused
from tests.agent.days.health.test_hostile_exports import ENTITIES
from tests.agent.days.health.test_process import MEASURED
from tests.support import health_exports as made
from tests.support import health_mutations as mutations

MB = int(os.environ.get("MB", "1000"))
FILES = int(os.environ.get("FILES", "100000"))
SEED = int(os.environ.get("SEED", "1"))
OPTIONS = Options(now_s=1_762_074_000, zone=made.east(made.BERLIN), key=b"k" * 32)
COLUMNS = {"oura": made.OURA_COLUMNS, "whoop": made.WHOOP_COLUMNS}
EXTRA_MB, CANCEL_S, BOMB_S = 60.0, 1.0, 1.0
_TIMES = 4  # readings of other things that a cancellation is tried at


def large(folder: Path) -> Path:
    path = folder / "export.xml"
    began_s = time.monotonic()
    records = made.write_apple(path, MB * 1_000_000)
    print(f"written       {path.stat().st_size / 1e6:8.0f} MB, {records:,} records, {time.monotonic() - began_s:.0f} s")
    return path


def measured(path: Path, folder: Path) -> None:
    """Peak memory of the process that reads, beside that for an export of a few kilobytes."""
    small = folder / "small.xml"
    small.write_bytes(made.APPLE)
    root = str(Path(__file__).parents[1])
    began_s = time.monotonic()
    words = [sys.executable, "-c", MEASURED, str(small), str(path)]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root})
    took_s = time.monotonic() - began_s
    found = json.loads(done.stdout)
    (small_kb, ours_before_kb), (large_kb, ours_kb) = found["peaks_kb"]
    extra_mb, ours_mb = (large_kb - small_kb) / 1024, (ours_kb - ours_before_kb) / 1024
    seen = found["seen"]
    total = max(pair[1] for pair in seen)
    told = [done for done, whole in seen if whole == total]
    print(f"read          {took_s:8.0f} s, {total / 1e6 / took_s:.1f} MB/s, {found['records']:,} records")
    print(
        f"peak          {small_kb / 1024:8.1f} MB for a small export, {extra_mb:+.1f} MB for this; ours {ours_mb:+.1f} MB"
    )
    print(f"progress      {len(told):8} times, rising: {told == sorted(told)}")
    check(f"at most {EXTRA_MB} MB more", holds=extra_mb <= EXTRA_MB and ours_mb <= EXTRA_MB)
    check("progress is reported and rises", holds=len(told) > 10 and told == sorted(told))


def export() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured(large(Path(folder)), Path(folder))


def zip_() -> None:
    """The same in the phone's own archive."""
    with tempfile.TemporaryDirectory() as folder:
        path = large(Path(folder))
        packed = Path(folder) / "export.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(path, "apple_health_export/export.xml")
        path.unlink()
        print(f"packed        {packed.stat().st_size / 1e6:8.0f} MB")
        measured(packed, Path(folder))


def cancel() -> None:
    """Cancelled after the first, and later, words of progress."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        made.write_apple(path, 60_000_000)
        slowest_s = 0.0
        for number in range(_TIMES):
            told: list[float] = []
            try:
                health.read(
                    path,
                    OPTIONS,
                    progress=lambda *_, told=told: told.append(time.monotonic()),
                    cancelled=lambda told=told, number=number: len(told) > number * 3,
                )
                check("a cancelled import ends in its refusal", holds=False)
            except ImportRefused as refused:
                check("the reason is cancelled", holds=refused.reason == "cancelled")
            slowest_s = max(slowest_s, time.monotonic() - told[number * 3])
        print(f"cancelled     {_TIMES} times, within {slowest_s:.2f} s")
        check(f"cancelled within {CANCEL_S} s", holds=slowest_s <= CANCEL_S)


def bombs() -> None:
    """Entities, and a gigabyte of blanks in a megabyte, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        for name, doctype in ENTITIES.items():
            path = Path(folder) / "export.xml"
            path.write_bytes(made.apple(doctype=doctype + "\n"))
            timed(name, path, "entities")
        packed = Path(folder) / "export.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("export.xml", "w") as inside:
            inside.write(made.apple().replace(b"</HealthData>\n", b""))
            for _ in range(1000):
                inside.write(b" " * 1_000_000)
        timed("a gigabyte of blanks", packed, "damaged")


def timed(name: str, path: Path, reason: str) -> None:
    began_s = time.process_time()
    try:
        read_here(path, OPTIONS)
        said = "read"
    except ImportRefused as refused:
        said = refused.reason
    took_s = time.process_time() - began_s
    print(f"{name:22} {path.stat().st_size:10,} bytes: {said} in {took_s:.3f} s of CPU")
    check(f"{name}: {reason} within {BOMB_S} s", holds=said == reason and took_s < BOMB_S)


def share(seed: int, count: int) -> tuple[Counter[str], list[str], float]:
    """A share of the changed exports: outcomes, faults, and the slowest."""
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    slowest_s = 0.0
    offsets = zone_table(OPTIONS)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        for number, (sample, data) in enumerate(mutations.drawn(seed, count)):
            path = Path(folder) / sample.file
            path.write_bytes(data)
            options = dataclasses.replace(OPTIONS, columns=COLUMNS.get(sample.format, ()))
            began_s = time.perf_counter()
            try:
                found = read_here(path, options, offsets=offsets)
            except ImportRefused as refused:
                outcomes[refused.reason] += 1
                continue
            except Exception as error:
                faults.append(f"seed {seed}, file {number}, {sample.format}: {type(error).__name__}")
                continue
            finally:
                slowest_s = max(slowest_s, time.perf_counter() - began_s)
            outcomes["read"] += 1
            if isinstance(found, HealthImport):
                days = {one.day for one in found.values} | set(found.covered)
                if wrong := mutations.wrong_days(sample, data, days):
                    faults.append(f"seed {seed}, file {number}, {sample.format}: days {sorted(wrong)}")
                if made.CANARY in repr(found):
                    faults.append(f"seed {seed}, file {number}, {sample.format}: a name")
    return outcomes, faults, slowest_s


def mutated() -> None:
    """The detector first finds days that are moved by three weeks."""
    for sample in made.SAMPLES:
        days = {made.day(text) + 21 for text, _ in sample.values}
        check(
            f"a planted wrong day of {sample.format} is found",
            holds=mutations.wrong_days(sample, sample.data, days) == days,
        )
    workers = os.cpu_count() or 1
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    slowest_s = 0.0
    with ProcessPoolExecutor(workers) as pool:
        shares = pool.map(
            share, range(SEED * 1000, SEED * 1000 + workers * 8), [FILES // (workers * 8)] * (workers * 8)
        )
        for some, found, late_s in shares:
            outcomes += some
            faults += found
            print(f"  so far {sum(outcomes.values()):,}, {len(faults)} faults", flush=True)
            slowest_s = max(slowest_s, late_s)
    print(
        f"{sum(outcomes.values()):,} changed exports of {len(made.SAMPLES)} formats; the slowest took {slowest_s:.2f} s"
    )
    for reason, count in outcomes.most_common():
        print(f"  {reason:20} {count:8,}")
    for fault in faults[:20]:
        print(f"  FAULT {fault}")
    check("no crash, no wrong day, no name", holds=not faults)


def canary() -> None:
    """Names in every export; the planted one is found in the bytes, and in nothing that comes out."""
    with tempfile.TemporaryDirectory() as folder:
        for sample in made.SAMPLES:
            path = Path(folder) / sample.file
            path.write_bytes(sample.data)
            inside = made.CANARY.encode()[:15]  # a FIT name is cut to fifteen bytes
            planted = any(inside in text for text in [sample.data, *mutations.members(sample.data).values()])
            check(f"{sample.format} carries the name", holds=planted or sample.format == "google_fit")
            options = dataclasses.replace(OPTIONS, columns=COLUMNS.get(sample.format, ()))
            words = repr(health.read(path, options)) + repr(health.read(path, OPTIONS))
            check(f"{sample.format} gives no name away", holds=made.CANARY[:8] not in words)
            print(f"{sample.format:14} names inside: {planted}; outside: {made.CANARY[:8] in words}")


if __name__ == "__main__":
    parts = {"export": export, "zip": zip_, "cancel": cancel, "bombs": bombs, "mutations": mutated, "canary": canary}
    sys.exit(run(parts))

"""What the resident agent costs: CPU and memory of `wardbeat run`, its memory's slope, start of `--help`.

    make bench-agent                     SECONDS=60, exit 1 when a limit is missed
    make bench-agent SLOPE_MINUTES=60    after ten minutes' warm-up, does memory grow? (70 real minutes)
    make bench-agent VIRTUAL_HOURS=8     the same over hours that pass in seconds, simulator included
The strap comes from another process over a private D-Bus: bleak's own Linux backend, as it ships.
Ratios within one run; the same sampler is shown a busy process, so that an idle reading means something.
"""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from scipy import stats

SECONDS = float(os.environ.get("SECONDS", "60"))
LIMITS = {"cpu_percent_of_core": 1.0, "rss_mb": 80.0, "strap_cpu": 1.5, "strap_rss": 90.0, "help_s": 0.3}
VIRTUAL_HOURS = float(os.environ.get("VIRTUAL_HOURS", "0"))
SLOPE_MINUTES = float(os.environ.get("SLOPE_MINUTES", "0"))
WARM_UP_MINUTES = 10.0
MOST_MB_AN_HOUR = 0.5
WARDBEAT = [sys.executable, "-m", "agent.cli"]
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid: int) -> float:
    """Resident memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(pid: int, seconds: float) -> tuple[float, float]:
    """(share of one core in percent, largest resident memory in MB) over some seconds."""
    begin_cpu, begin, most = cpu_s(pid), time.monotonic(), 0.0
    while time.monotonic() - begin < seconds:
        most = max(most, rss_mb(pid))
        time.sleep(0.25)
    return 100 * (cpu_s(pid) - begin_cpu) / (time.monotonic() - begin), most


def run_agent(folder: Path, *, enrolled: bool) -> tuple[float, float]:
    """`wardbeat run` over a recording; enrolled: with TLS link tries and slots, under the profile care."""
    recording = folder / "rr.txt"
    recording.write_text("\n".join(str(800 + 40 * (n % 7 - 3)) for n in range(2000)))
    settings = folder / "settings.yaml"
    state = folder / "state"
    values = {
        "state_dir": str(state),
        "key_store": "file",
        "profile": "care" if enrolled else "personal",
        "sources": {"replay": {"file": str(recording)}},
    }
    settings.write_text(yaml.safe_dump(values))
    broker = None
    if enrolled:
        from tests.support.world import start_site_broker
        from tests.support.world import make_world

        world = make_world(folder)
        broker = start_site_broker(world)
    agent = subprocess.Popen([*WARDBEAT, "--config", str(settings), "run"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)  # the start is not the life
        return measure(agent.pid, SECONDS)
    finally:
        agent.terminate()
        agent.wait()
        if broker is not None:
            broker.stop()


@contextlib.contextmanager
def agent_with_strap(folder: Path):
    """The process id of `wardbeat run`, enrolled, with mosquitto, a hub and one strap; beats come in."""
    from tests.support import strap_program, straps
    from tests.support.processes import wait_for
    from tests.support.world import make_world, running_hub, start_site_broker

    sim = subprocess.Popen(
        [sys.executable, "-m", "firmware_sim", "--bus"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    said = json.loads(sim.stdout.readline())
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": said["bus"]}
    world = make_world(folder)
    straps.bind(world.settings.state_dir, 0)
    settings = folder / "settings.yaml"
    values = {"state_dir": str(world.settings.state_dir), "key_store": "file", "profile": "care"}
    settings.write_text(yaml.safe_dump({**values, "sources": {"ble_strap": {}}}))
    broker = start_site_broker(world)
    with running_hub(world):
        agent = subprocess.Popen([*WARDBEAT, "--config", str(settings), "run"], stderr=subprocess.DEVNULL, env=env)
        try:
            wait_for(lambda: strap_program.status(settings, env) == "receiving beats", 60, "beats")
            yield agent.pid
        finally:
            for process in (agent, sim):
                process.terminate()
                process.wait()
            sim.stdout.close()
            broker.stop()
            world.close()


def slope(times_s: list[float], sizes_mb: list[float]) -> tuple[float, float]:
    """95 % interval of the slope in MB an hour, over the medians of whole minutes.

    Ordinary least squares; minutes, because neighbouring readings are not independent.
    """
    minutes = np.floor(np.array(times_s) / 60)
    x = np.unique(minutes)
    y = np.array([np.median(np.array(sizes_mb)[minutes == minute]) for minute in x])
    x = x / 60
    spread = np.sum((x - x.mean()) ** 2)
    per_h = float(np.sum((x - x.mean()) * (y - y.mean())) / spread)
    rest = y - y.mean() - per_h * (x - x.mean())
    error = float(np.sqrt(np.sum(rest**2) / (x.size - 2) / spread))
    half = float(stats.t.ppf(0.975, x.size - 2)) * error
    return per_h - half, per_h + half


def flat(interval: tuple[float, float]) -> bool:
    """The issue's rule: the interval contains 0, or its upper end is below 0.5 MB an hour."""
    return interval[0] <= 0 <= interval[1] or interval[1] < MOST_MB_AN_HOUR


def memory_slope(pid: int) -> tuple[list[float], list[float]]:
    """(seconds after the warm-up, resident MB), a reading every five seconds."""
    time.sleep(WARM_UP_MINUTES * 60)
    begin, times_s, sizes_mb = time.monotonic(), [], []
    while (now_s := time.monotonic() - begin) < SLOPE_MINUTES * 60:
        times_s.append(now_s)
        sizes_mb.append(rss_mb(pid))
        time.sleep(5)
    return times_s, sizes_mb


def print_slope(pid: int) -> bool:
    """Print the slope and what the same rule says of a planted leak."""
    times_s, sizes_mb = memory_slope(pid)
    print(f"--- {SLOPE_MINUTES:g} real minutes")
    return judge_slope(times_s, sizes_mb)


def judge_slope(times_s: list[float], sizes_mb: list[float]) -> bool:
    """Print range and slope, and hold both a reading and a planted leak against the rule."""
    seen = slope(times_s, sizes_mb)
    leak = slope(times_s, [size + 1.0 * t / 3600 for t, size in zip(times_s, sizes_mb, strict=True)])
    print(f"memory: {min(sizes_mb):.2f} to {max(sizes_mb):.2f} MB")
    print(f"slope, 95 %: {seen[0]:+.3f} to {seen[1]:+.3f} MB an hour{'' if flat(seen) else '   MISSED'}")
    print(
        f"planted leak of 1 MB an hour: {leak[0]:+.3f} to {leak[1]:+.3f}{'   NOT FOUND' if flat(leak) else '   found'}"
    )
    return flat(seen) and not flat(leak)


async def virtual_hours(hours: float, folder: Path) -> tuple[list[float], list[float]]:
    """(virtual seconds after the warm-up, resident MB) of strap, source, windows, gate and outbox in one process."""
    from tests.support import straps
    from tests.support.world import make_world

    import gc
    from collections import deque

    from agent import pipeline
    from agent.system.clock import VirtualClock
    from agent.sources.strap import ble_strap

    world = make_world(folder)
    pace = VirtualClock(straps.START_NS)
    worn = straps.strap(pace, from_first=True)
    worn.felt = deque(maxlen=10)  # the simulator's own memory of the truth would grow
    straps.bind(world.settings.state_dir)
    times_s, sizes_mb = [], []
    begin_ns = straps.START_NS + int(WARM_UP_MINUTES * 60e9)

    async def drive(_agent) -> None:
        while not worn._listening:
            await asyncio.sleep(0.02)
        await pace.drive(turns=64)

    async def look(agent) -> None:
        next_ns = begin_ns
        while pace.now_ns() < begin_ns + hours * 3600e9:
            await asyncio.sleep(0)
            if pace.now_ns() >= next_ns:
                gc.collect()
                times_s.append((pace.now_ns() - begin_ns) / 1e9)
                sizes_mb.append(rss_mb(os.getpid()))
                next_ns = pace.now_ns() + 60 * 10**9
        agent.stop_sensors.set()
        await asyncio.Event().wait()

    async with straps.air("a", [worn], pace) as (_, radio):
        settings = world.settings.model_copy(update={"sources": {"ble_strap": ble_strap.Settings()}})
        quick = pipeline.RunMode(one_shot=True, serves=False)
        beside = {"drive": drive, "look": look}
        await pipeline.run(settings, world.profile, pace, mode=quick, radio=radio, extra_tasks=beside)
    world.close()
    return times_s, sizes_mb


def print_virtual(hours: float) -> bool:
    """Print the slope over hours of virtual time, whole chain in this process."""
    with tempfile.TemporaryDirectory() as folder:
        times_s, sizes_mb = asyncio.run(virtual_hours(hours, Path(folder)))
    print(f"--- {hours:g} virtual hours")
    return judge_slope(times_s, sizes_mb)


def help_s() -> float:
    """Median wall time of `wardbeat --help`."""
    times = []
    for _ in range(9):
        begin = time.monotonic()
        subprocess.run([*WARDBEAT, "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - begin)
    return statistics.median(times)


def main() -> int:
    rows: list[tuple[str, float, float]] = []
    for name, enrolled in (("run, personal", False), ("run, enrolled, mosquitto", True)):
        with tempfile.TemporaryDirectory() as folder:
            cpu, rss = run_agent(Path(folder), enrolled=enrolled)
        rows += [
            (f"{name}: cpu % of a core", cpu, LIMITS["cpu_percent_of_core"]),
            (f"{name}: rss MB", rss, LIMITS["rss_mb"]),
        ]
    flat_enough = not VIRTUAL_HOURS or print_virtual(VIRTUAL_HOURS)
    with tempfile.TemporaryDirectory() as folder, agent_with_strap(Path(folder)) as pid:
        time.sleep(5)
        cpu, rss = measure(pid, SECONDS)
        rows += [
            ("run, enrolled, one strap over D-Bus: cpu % of a core", cpu, LIMITS["strap_cpu"]),
            ("run, enrolled, one strap over D-Bus: rss MB", rss, LIMITS["strap_rss"]),
        ]
        if SLOPE_MINUTES:
            flat_enough = print_slope(pid) and flat_enough
    rows.append(("--help s", help_s(), LIMITS["help_s"]))
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    planted, _ = measure(busy.pid, 2)
    busy.kill()
    busy.wait()
    print(f"{'what':<56}{'seen':>10}{'limit':>10}")
    for what, seen, limit in rows:
        print(f"{what:<56}{seen:>10.2f}{limit:>10.2f}{'' if seen <= limit else '   MISSED'}")
    print(
        f"{'planted busy loop: cpu % of a core':<56}{planted:>10.2f}{'':>10}{'   found' if planted > 20 else '   NOT FOUND'}"
    )
    return 0 if flat_enough and planted > 20 and all(seen <= limit for _, seen, limit in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

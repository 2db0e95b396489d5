"""What the resident agent costs: CPU and memory of `wardbeat run` with the replay source, start of `--help`.

    make bench-agent            SECONDS=60, exit 1 when a limit is missed
Ratios within one run; the same sampler is shown a busy process, so that an idle reading means something.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

SECONDS = float(os.environ.get("SECONDS", "60"))
LIMITS = {"cpu_percent_of_core": 1.0, "rss_mb": 80.0, "help_s": 0.3}
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
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        import house

        world = house.make_world(folder)
        broker = house.mosquitto(world)
    agent = subprocess.Popen([*WARDBEAT, "--config", str(settings), "run"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)  # the start is not the life
        return measure(agent.pid, SECONDS)
    finally:
        agent.terminate()
        agent.wait()
        if broker is not None:
            broker.stop()


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
    rows.append(("--help s", help_s(), LIMITS["help_s"]))
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    planted, _ = measure(busy.pid, 2)
    busy.kill()
    busy.wait()
    print(f"{'what':<40}{'seen':>10}{'limit':>10}")
    for what, seen, limit in rows:
        print(f"{what:<40}{seen:>10.2f}{limit:>10.2f}{'' if seen <= limit else '   MISSED'}")
    print(
        f"{'planted busy loop: cpu % of a core':<40}{planted:>10.2f}{'':>10}{'   found' if planted > 20 else '   NOT FOUND'}"
    )
    return 0 if planted > 20 and all(seen <= limit for _, seen, limit in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The suite in two processes: what mostly waits (the wheel's demo, a traced minute, cameras at fault, storms) beside the rest.

Exit 1 when either fails; the waiting half's report is printed last.
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent
WAITING = [
    *(TESTS / f"test_{name}.py" for name in ("wheel", "commands", "webcam", "wal_archive", "renewal", "cores")),
    *(TESTS / f"test_{name}.py" for name in ("whole_way", "rescue", "running", "scores_command", "population_audit")),
    TESTS / "chaos",
]


def main() -> int:
    """Run both halves."""
    pytest = [sys.executable, "-m", "pytest"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever is told to end still says how far both halves came
    with tempfile.TemporaryFile("w+") as report:
        waiting = subprocess.Popen([*pytest, *map(str, WAITING)], stdout=report, stderr=subprocess.STDOUT)
        try:
            rest = subprocess.run([*pytest, *(f"--ignore={file}" for file in WAITING)], check=False).returncode
            code = waiting.wait()
        finally:
            if waiting.poll() is None:
                waiting.terminate()
                waiting.wait()
            report.seek(0)
            print(report.read(), end="", flush=True)
    return int(bool(rest or code))


if __name__ == "__main__":
    sys.exit(main())

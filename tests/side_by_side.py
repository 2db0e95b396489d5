"""The suite in three processes: what mostly waits (the wheel's demo, a traced minute, cameras at fault, storms), the page in its
browser and a strap's reconnections, and beside them the rest.

Exit 1 when any fails; the reports of the first two are printed last.
"""

import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).parent
WAITING = [
    *(TESTS / f"test_{name}.py" for name in ("wheel", "commands", "webcam", "wal_archive", "renewal", "cores")),
    *(TESTS / f"test_{name}.py" for name in ("whole_way", "rescue", "running", "scores_command", "population_audit")),
    TESTS / "chaos",
]
PAGE = [TESTS / f"test_{name}.py" for name in ("page", "page_door", "page_places", "strap")]  # a strap waits, too


def main() -> int:
    """Run all three."""
    pytest = [sys.executable, "-m", "pytest"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever is told to end still says how far all came
    with ExitStack() as reports:
        beside = []
        for files in (WAITING, PAGE):
            report = reports.enter_context(tempfile.TemporaryFile("w+"))
            process = subprocess.Popen([*pytest, *map(str, files)], stdout=report, stderr=subprocess.STDOUT)
            beside.append((process, report))
        try:
            code = subprocess.run(
                [*pytest, *(f"--ignore={file}" for file in (*WAITING, *PAGE))], check=False
            ).returncode
            codes = [process.wait() for process, _ in beside]
        finally:
            for process, report in beside:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                report.seek(0)
                print(report.read(), end="", flush=True)
    return int(any((code, *codes)))


if __name__ == "__main__":
    sys.exit(main())

"""The packages of this commit, three times: installed first, as an update, and below the security floor."""

import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "deb" / "build.py"
VERSIONS = (
    ("old", "0.2.0", "agent,camera,hub"),
    ("new", "0.2.0.1", "agent,camera,hub"),
    ("below", "0.1.9", "agent"),
)


def main() -> None:
    """Into FOLDER/old, FOLDER/new and FOLDER/below, for the suites named."""
    folder, *suites = sys.argv[1:]
    for name, version, only in VERSIONS:
        words = ["--into", f"{folder}/{name}", "--version", version, "--machines", "amd64", "--quick", "--only", only]
        words += ["--suites", ",".join(suites)] if suites else []
        subprocess.run([sys.executable, str(BUILD), *words], check=True)


if __name__ == "__main__":
    main()

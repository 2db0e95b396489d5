"""The packages of this commit, twice: as the version that is installed first, and as the one that it is upgraded to."""

import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "deb" / "build.py"


def main() -> None:
    """Into FOLDER/old and FOLDER/new, for the suites named."""
    folder, *suites = sys.argv[1:]
    for name, version in (("old", "0.1.0"), ("new", "0.1.0.1")):
        words = ["--into", f"{folder}/{name}", "--version", version, "--machines", "amd64", "--quick"]
        words += ["--suites", ",".join(suites)] if suites else []
        subprocess.run([sys.executable, str(BUILD), *words], check=True)


if __name__ == "__main__":
    main()

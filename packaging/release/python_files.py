"""`make wheel`: the sdist of this commit, and the wheel built from it, which must equal the one in the packages.

python_files.py INTO
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deb"))
import staging


def main() -> int:
    """Write both; 1 where the sdist lacks a file that the wheel needs."""
    into = Path(sys.argv[1]).resolve()
    into.mkdir(parents=True, exist_ok=True)
    words = ["git", "-C", str(staging.ROOT), "log", "-1", "--format=%ct"]
    epoch = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as made:
        source = Path(made) / "source"
        source.mkdir()
        archive = subprocess.run(["git", "-C", str(staging.ROOT), "archive", "HEAD"], check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", str(source)], check=True, input=archive.stdout)
        # without an option: the sdist first, and the wheel out of it
        words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), str(source)]
        env = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
        subprocess.run(words, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        other = _contents(staging.own_wheel(Path(made) / "wheel"))
    (wheel,) = into.glob("wardbeat-*.whl")
    differ = sorted(name for name in _contents(wheel).items() ^ other.items() if not name[0].endswith("/RECORD"))
    for name, _ in differ:
        print(f"  {name}: in one wheel, or not the same in both")
    print(f"{wheel.name}: {len(other)} files, {'NOT ' if differ else ''}equal to the wheel inside the packages")
    return 1 if differ else 0


def _contents(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as packed:
        return {one.filename: one.CRC for one in packed.infolist()}


if __name__ == "__main__":
    sys.exit(main())

"""`make test-pythons`: the laws and the fast tests on every Python from 3.11 up that this machine has. Each gets an
environment under .venv-pythons. WHEEL=1 builds the wheel too and runs its demo of one minute on each.

Prints a table; exit 1 when any fails.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
WITH_WHEEL = bool(os.environ.get("WHEEL"))


def candidates() -> list[Path]:
    """Programs that may be a Python: on the path, and where pyenv keeps its own."""
    names = re.compile(r"python3\.\d+$")
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted(root.glob("versions/*/bin"))
    found = [
        file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()) if names.fullmatch(file.name)
    ]
    return [Path(sys.executable), *found]


def pythons() -> dict[str, Path]:
    """Each version once; a program that only leads to another (pyenv's shims) counts as that."""
    found: dict[str, Path] = {}
    code = "import sys; print(sys.version_info >= (3, 11), '.'.join(map(str, sys.version_info[:3])), sys.base_prefix)"
    for file in candidates():
        done = subprocess.run([file, "-c", code], capture_output=True, text=True, check=False)
        words = done.stdout.split()
        if done.returncode == 0 and words[0] == "True":
            found.setdefault(words[1], file)
    return found


def environment(version: str, python: Path) -> Path:
    """An environment with every dependency by the lock; made once."""
    folder = ROOT / ".venv-pythons" / version
    mark = folder / ".installed"
    lock = ROOT / "requirements.lock"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
        subprocess.run([*pip, "--no-build-isolation", "-e", ROOT], check=True)
        mark.touch()
    return folder / "bin/python"


def last_line(words: list[object], **options: object) -> tuple[bool, str]:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        print((done.stdout + done.stderr)[-6000:])
    lines = (done.stdout or done.stderr).strip().splitlines()
    return done.returncode == 0, lines[-1] if lines else ""


def demo(python: Path, wheel: Path) -> tuple[bool, str]:
    """One minute of the wheel's demo, from an empty folder: what is stored, lost and doubled."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        pip = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--target",
            site,
            wheel,
        ]
        subprocess.run(pip, check=True)
        words = [python, "-P", "-m", "agent.cli", "demo", "--minutes", "1"]
        return last_line(words, cwd=folder, env={**os.environ, "PYTHONPATH": str(site)})


def main() -> int:
    """Every Python."""
    failed = 0
    wheel = None
    if WITH_WHEEL:
        out = Path(tempfile.mkdtemp())
        subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
                       check=True, capture_output=True)  # fmt: skip
        (wheel,) = out.glob("*.whl")
    for version, python in sorted(pythons().items()):
        made = environment(version, python)
        rows = [("laws and fast tests", *last_line([made, "-m", "pytest", "-q", "--fast", "-n", "auto"], cwd=ROOT))]
        if wheel is not None:
            rows.append(("wheel, demo of a minute", *demo(made, wheel)))
        for what, is_good, last in rows:
            failed += not is_good
            print(f"{version:10} {what:24} {last}", flush=True)
    if wheel is not None:
        shutil.rmtree(wheel.parent)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""`make offline-kit`: everything that an installation without a network needs, for this machine's system and Python.

offline_kit.py INTO [EXTRA ...]: wheels by hash, our wheel, face models with the extra `camera`, hashes, install.sh.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import staging

ROOT = staging.ROOT


def main() -> None:
    """Make the folder, and say how it is used."""
    into, extras = Path(sys.argv[1]).resolve(), sys.argv[2:]
    shutil.rmtree(into, ignore_errors=True)
    wheels = into / "wheels"
    wheels.mkdir(parents=True)
    for lock in ("agent", *extras):
        source = ROOT / "packaging" / "locks" / f"{lock}.lock"
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        words += ["--only-binary", ":all:", "--require-hashes", "--dest", str(wheels), "-r", str(source)]
        subprocess.run(words, check=True)
        shutil.copy(source, into)
    built = staging.own_wheel(into / "build")
    shutil.move(built, wheels)
    shutil.rmtree(into / "build")
    if "camera" in extras:
        (into / "models").mkdir()
        for file in sorted((ROOT / ".venv/share/wardbeat/models").glob("*.tflite")):
            shutil.copy(file, into / "models")
    shutil.copy(ROOT / "packaging/kit/install.sh", into)
    (into / "install.sh").chmod(0o755)
    files = sorted(path for path in into.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(into).as_posix()}\n" for file in files]
    (into / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{into}: {len(files)} files, {size:.0f} MB, for Python {sys.version_info[0]}.{sys.version_info[1]}.")
    print(
        "Sign SHA256SUMS (gpg --detach-sign --armor SHA256SUMS), carry the folder over, and run: sh install.sh FOLDER"
    )


if __name__ == "__main__":
    main()

"""A Debian root with wine, and an embeddable CPython for Windows in it: programs are started there, and asked."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
_WINE: Final = "/usr/lib/wine/wine64"  # of Debian 13: wine 10
_SUITE: Final = "trixie"
_ENV: Final = ("HOME=/root", "PATH=/usr/bin:/bin", "WINEDEBUG=-all", "WINEPREFIX=/root/.wine", "LC_ALL=C.UTF-8")
PYTHON: Final = r"C:\Python313\python.exe"
# wine's loader says this where no desktop is
_NOISE: Final = ("XDG_RUNTIME_DIR", "syswow64")


class Wine:
    """A Windows of wine's, in a root of its own.

    Args:
        folder: Where the root is made, or was.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        if not (self.root / _WINE[1:]).exists():
            print(f"Making a root of {_SUITE} with wine once: about a minute, 700 MB in {self.root}.", flush=True)
            words = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=wine64", _SUITE, str(self.root)]
            subprocess.run(words, check=True)
        shutil.rmtree(self.root / "root/.wine", ignore_errors=True)
        self.run("wineboot", "-i")
        self.drive = self.root / "root/.wine/drive_c"
        self._python()

    def _python(self) -> None:
        """A CPython as its installer for all users leaves it, as far as this program looks at it."""
        with tempfile.TemporaryDirectory() as made:
            words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            words += ["--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "--dest", made]
            subprocess.run([*words, "-r", str(HERE / "requirements-wine.txt")], check=True, stderr=subprocess.DEVNULL)
            (packed,) = Path(made).glob("*.tar.gz")
            with tarfile.open(packed) as source:
                source.extractall(made, filter="data")
            (inside,) = Path(made).rglob("data.zip")
            with zipfile.ZipFile(inside) as files:
                files.extractall(made)  # noqa: S202 - its hash is in the file above
            (program,) = Path(made).rglob("python.exe")
            shutil.copytree(program.parent, self.drive / "Python313")
        # with this file Python reads no PYTHONPATH, which the installed one does
        for file in (self.drive / "Python313").glob("*._pth"):
            file.unlink()

    def command(self, *words: str, env: tuple[str, ...] = ()) -> list[str]:
        """What starts a program of Windows from here."""
        inside = " && ".join(f"mount --bind /{name} {self.root}/{name}" for name in ("proc", "dev"))
        enter = ["unshare", "--mount", "sh", "-c", f'{inside} && exec chroot {self.root} "$@"', "sh"]
        return [*enter, "/usr/bin/env", "-i", *_ENV, *env, _WINE, *words]

    def run(self, *words: str, env: tuple[str, ...] = (), timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Start a program and wait for its end; its streams are pipes, which wine's Python needs."""
        done = subprocess.run(
            self.command(*words, env=env),
            input="",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        done.stderr = "".join(
            line for line in done.stderr.splitlines(keepends=True) if not any(noise in line for noise in _NOISE)
        )
        return done

    def python(
        self, *words: str, env: tuple[str, ...] = (), timeout_s: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Start Python."""
        return self.run(PYTHON, *words, env=env, timeout_s=timeout_s)

    def stop(self) -> None:
        """End every program; the next one finds wine as after a start of the machine."""
        words = ["chroot", str(self.root), "/usr/bin/env", "-i", *_ENV, "/usr/lib/wine/wineserver", "-k"]
        subprocess.run(words, check=False, capture_output=True)

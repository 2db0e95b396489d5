"""A Debian root with wine, and an embeddable CPython for Windows in it: programs are started there, and asked."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import IO, Final

HERE: Final = Path(__file__).parent
sys.path.append(str(HERE.parent / "trial"))
import images  # noqa: E402 - beside this folder

_WINE: Final = "/usr/lib/wine/wine64"  # of Debian 13: wine 10
_SUITE: Final = "trixie"
_ENV: Final = ("HOME=/srv", "PATH=/usr/bin:/bin", "WINEDEBUG=-all", "WINEPREFIX=/srv/wine", "LC_ALL=C.UTF-8")
PYTHON: Final = r"C:\Python313\python.exe"
# wine's loader says this where no desktop is
_NOISE: Final = ("XDG_RUNTIME_DIR", "syswow64")
_LAST_WORDS_S: Final = 2.0


class Wine:
    """A Windows of wine's, in a root of Debian.

    Args:
        folder: Where the root is made, or was.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        if not (self.root / _WINE[1:]).exists():
            images.unpacked("wine", _SUITE, self.root)
        shutil.rmtree(self.root / "srv/wine", ignore_errors=True)
        self.run("wineboot", "-i")
        self.drive = self.root / "srv/wine/drive_c"
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
        """Start a program and wait for its end; its streams are pipes, which wine's Python needs.

        The first program also starts wine's services, which keep its pipes open: so the end of the program counts, and
        not the end of its output.
        """
        pipe = subprocess.PIPE
        process = subprocess.Popen(self.command(*words, env=env), stdin=pipe, stdout=pipe, stderr=pipe)
        process.stdin.close()
        said: tuple[list[bytes], list[bytes]] = ([], [])
        readers = [
            threading.Thread(target=_read, args=(stream, parts), daemon=True)
            for stream, parts in zip((process.stdout, process.stderr), said, strict=True)
        ]
        for reader in readers:
            reader.start()
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        for reader in readers:
            reader.join(_LAST_WORDS_S)
        out, errors = (b"".join(parts).decode(errors="replace").replace("\r", "") for parts in said)
        kept = [line for line in errors.splitlines(keepends=True) if not any(noise in line for noise in _NOISE)]
        return subprocess.CompletedProcess(words, code, out, "".join(kept))

    def python(
        self, *words: str, env: tuple[str, ...] = (), timeout_s: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Start Python."""
        return self.run(PYTHON, *words, env=env, timeout_s=timeout_s)

    def stop(self) -> None:
        """End every program; the next one finds wine as after a start of the machine."""
        words = ["chroot", str(self.root), "/usr/bin/env", "-i", *_ENV, "/usr/lib/wine/wineserver", "-k"]
        subprocess.run(words, check=False, capture_output=True)


def _read(stream: IO[bytes], parts: list[bytes]) -> None:
    while part := stream.read1(65_536):
        parts.append(part)

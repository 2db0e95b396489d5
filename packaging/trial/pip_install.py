"""`make test-pip`: the wheel, installed by pip with `packaging/constraints.txt`, on every Python, without a compiler.

pip_install.py [PYTHON ...]: without words, the Pythons of the path and of pyenv, and as root those of Debian 11 and 13
in roots of their own. Each makes an environment, installs, and computes a spectrum. A Python that is too old must
refuse: pip by the wheel's metadata, and the program itself where somebody starts its source. Prints a table; 1 where
something fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import debian_root
import images

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deb"))
import staging

_OLDEST: Final = (3, 11)
_COMPILERS: Final = ("cc", "gcc", "g++", "clang", "rustc", "cargo", "make", "gfortran")
_SPECTRAL: Final = "hf_ms2"
_NAMES: Final = re.compile(r"python(2\.7|3\.\d+)")
_VERSION: Final = "import sys; print('%d.%d.%d ' % sys.version_info[:3] + sys.executable)"


@dataclass(frozen=True, slots=True)
class Python:
    """One interpreter.

    Attributes:
        version: Such as 3.13.5.
        where: For the table.
        program: Its path, inside the root if it has one.
        root: The root of a Debian in which it runs; None: this machine.
    """

    version: str
    where: str
    program: str
    root: Path | None = None

    @property
    def is_old(self) -> bool:
        """Whether it must refuse."""
        return tuple(int(part) for part in self.version.split(".")[:2]) < _OLDEST

    def run(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run words where it lives, with nothing on the path that could compile."""
        if self.root is not None:
            return debian_root.run(self.root, words, extra)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        env |= {"PATH": "/nowhere", "CC": "/bin/false", "CXX": "/bin/false", "LC_ALL": "C.UTF-8", **extra}
        return subprocess.run(words, env=env, cwd="/", capture_output=True, text=True, check=False)


def main() -> int:
    """Print a line for each."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        staging.own_wheel(folder / "wheel")
        (folder / "constraints.txt").write_bytes((staging.ROOT / "packaging/constraints.txt").read_bytes())
        (folder / "rr.txt").write_text("".join(f"{860 + 40 * (n * 7919 % 101 - 50) / 50}\n" for n in range(700)))
        shutil.copytree(folder / "wheel/source/agent", folder / "source/agent")
        failed = 0
        print(f"{'Python':8} {'where':22} result")
        for python in pythons(folder, sys.argv[1:]):
            problem, result = tried(python, folder)
            print(f"{python.version:8} {python.where:22} {'FAILED: ' + problem if problem else result}", flush=True)
            failed += bool(problem)
    return int(failed > 0)


def pythons(folder: Path, named: list[str]) -> Iterator[Python]:
    """Each version once, the oldest first; then Debian's own in its root.

    Args:
        folder: For the root.
        named: Programs; none: whatever is found.
    """
    found: dict[tuple[int, ...], Python] = {}
    for program in named or _programs():
        done = subprocess.run([program, "-c", _VERSION], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            version, path = done.stdout.split(maxsplit=1)
            where = "pyenv" if "pyenv" in path else "this system"
            key = tuple(int(part) for part in version.split("."))
            found.setdefault(key, Python(version, where, path.strip()))
    yield from (found[key] for key in sorted(found))
    if not named and images.reason_against() is None:
        for suite in ("bullseye", "trixie"):
            root = debian_root.made(suite, folder)
            words = debian_root.run(root, ["/usr/bin/python3", "-c", _VERSION], {}).stdout.split()
            yield Python(words[0], f"Debian {suite}, minimal", words[1], root)
    elif not named:
        print(f"{'-':8} {'Debian':22} not tried: {images.reason_against()}")


def _programs() -> list[str]:
    folders = ["/usr/bin", "/usr/local/bin", *os.environ.get("PATH", "").split(os.pathsep)]
    folders += sorted(map(str, Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin")))
    found = [file for one in folders if Path(one).is_dir() for file in sorted(Path(one).iterdir())]
    return [str(file) for file in found if _NAMES.fullmatch(file.name) and ".venv" not in str(file)]


def tried(python: Python, folder: Path) -> tuple[str, str]:
    """What went wrong, or nothing; and what the table says."""
    place = folder / f"at-{python.version}-{python.where.split()[-1]}"
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("at-*", "root-*", "source.lock"))
    if python.root is not None:  # the same files, where the root sees them
        inside = python.root / "srv" / "trial"
        shutil.move(place, inside)
        place = Path("/srv/trial")
    lines = python.run(python.program, "-c", _compilers()).stdout.split()
    if lines != ["none"]:
        return f"a compiler is on the path: {lines}", ""
    return (_refuses if python.is_old else _installs)(python, place)


def _compilers() -> str:
    """A program that prints which compilers are on its path; for Python 2.7, too."""
    return (
        "import os; found = [n for n in %r for d in os.environ['PATH'].split(':') if os.path.exists(d + '/' + n)];"  # noqa: UP031
        "print(' '.join(found) or 'none')" % (_COMPILERS,)
    )


def _installs(python: Python, place: Path) -> tuple[str, str]:
    """An environment, the wheel, a version and a spectrum."""
    binaries = place / "venv" / "bin"
    pip = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--only-binary", ":all:", "-c", str(place / "constraints.txt"), _wheel(python, place)]
    for words in ([python.program, "-m", "venv", str(place / "venv")], pip):
        done = python.run(*words)
        if done.returncode:
            return f"{words[2]}: {(done.stdout + done.stderr).strip()[-600:]}", ""
    version = python.run(str(binaries / "wardbeat"), "--version").stdout.strip()
    computed = python.run(str(binaries / "wardbeat"), "analyze", str(place / "rr.txt"), "--json")
    listed = python.run(str(binaries / "python"), "-m", "pip", "list", "--format", "freeze").stdout.split()
    libraries = [row for row in listed if not row.startswith(("pip=", "setuptools=", "wardbeat"))]
    if not version.startswith("wardbeat ") or computed.returncode:
        return f"{version!r}; {(computed.stdout + computed.stderr)[-600:]}", ""
    power_ms2 = json.loads(computed.stdout)["windows"][0]["features"][_SPECTRAL]["value"]
    if power_ms2 is None:
        return f"{_SPECTRAL} has no value", ""
    return "", f"{version} with {len(libraries)} libraries; {_SPECTRAL} is {power_ms2:.6g}"


def _refuses(python: Python, place: Path) -> tuple[str, str]:
    """Pip names the version that is needed, and so does the source."""
    made = python.run(python.program, "-m", "venv", str(place / "venv"))
    program = python.program if made.returncode else str(place / "venv" / "bin" / "python")
    pip = python.run(program, "-m", "pip", "install", "--no-deps", "--target", str(place / "x"), _wheel(python, place))
    by_pip = re.search(r"requires (a different )?Python", pip.stdout + pip.stderr)
    source = python.run(python.program, "-m", "agent.cli", "--version", PYTHONPATH=str(place / "source"))
    needed = f"Wardbeat needs Python 3.11 or newer; this is Python {'.'.join(python.version.split('.')[:2])}."
    if source.stderr.strip() != needed or source.returncode == 0:
        return f"the source says: {(source.stdout + source.stderr)[-400:]}", ""
    if pip.returncode == 0 or by_pip is None:
        return f"pip says: {(pip.stdout + pip.stderr)[-400:]}", ""
    return "", "refused by pip and by the source, each with the version that is needed"


def _wheel(python: Python, place: Path) -> str:
    outside = place if python.root is None else python.root / "srv" / "trial"
    return str(place / "wheel" / next((outside / "wheel").glob("*.whl")).name)


if __name__ == "__main__":
    sys.exit(main())

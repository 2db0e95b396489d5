"""`make test-arm64`: the arm64 packages in an arm64 Debian, by emulation: numbers, the demo and the fast tests (root).

arm64.py PACKAGES [PART ...]: PACKAGES is a folder of packages for trixie and arm64; parts: numbers, demo, fast.
What was installed is what is tested: beside the tests lie links to the packages' own modules.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import images
from machine import Failed

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "deb"))
import staging  # noqa: E402 - beside this folder, as `build` finds it
from packages import RELEASES  # noqa: E402

_PYTHON: Final = "/opt/wardbeat/bin/python3"
# a Raspberry Pi 4's. The emulator's own choice, "max", has SME, by which it multiplies matrices wrongly: NaN in weeks
_PROCESSOR: Final = "cortex-a72"
_CLOSE: Final = 1e-6  # of a number: other processors round otherwise in the last places
_MINUTES: Final = "6"  # a window of five minutes at real speed; an emulated processor has no breath for more


def main() -> int:
    """Every part; 1 where one failed."""
    packages, *parts = sys.argv[1:]
    failed = 0
    with _root(Path(packages)) as root:
        for name, part in PARTS.items():
            if parts and name not in parts:
                continue
            began_s = time.monotonic()
            try:
                said = part(root)
            except Failed as error:
                said, failed = f"FAILED: {error}", failed + 1
            print(f"{name:10} {time.monotonic() - began_s:7.0f} s  {said}", flush=True)
    return 1 if failed else 0


@contextlib.contextmanager
def _root(packages: Path) -> Iterator[Path]:
    """An arm64 Debian with the packages, the tests, and what the tests need beside the packages."""
    with tempfile.TemporaryDirectory(prefix="wardbeat-arm64-") as folder:
        root = images.unpacked("arm64", "trixie", Path(folder) / "root")
        for file in sorted(packages.glob("wardbeat-*_arm64.deb")):
            shutil.copy(file, root / "srv")
        _inside(root, "sh", "-c", "dpkg -i /srv/*.deb")
        site = next((root / "opt/wardbeat/lib").glob("python3.*")) / "site-packages"
        release = next(one for one in RELEASES if one.suite == "trixie")
        staging.staged(ROOT / "requirements.lock", root / "srv/extra", release, "arm64", whole=True)
        for name in ("tests", "firmware_sim", "models", "bench", "docs"):
            shutil.copytree(ROOT / name, root / "srv/wardbeat" / name, ignore=shutil.ignore_patterns("node_modules"))
        for name in ("pyproject.toml", "README.md", "Makefile", "requirements.lock"):
            shutil.copy(ROOT / name, root / "srv/wardbeat")
        for name in ("agent", "hub"):
            (root / "srv/wardbeat" / name).symlink_to(f"/{(site / name).relative_to(root)}")
        yield root


def _inside(root: Path, *words: str, ok: bool = True) -> str:
    """What a command prints, inside.

    Raises:
        Failed: It ended with another exit code than 0, and must not.
    """
    env = {
        "QEMU_CPU": _PROCESSOR,
        "PYTHONPATH": "/srv/wardbeat:/srv/extra",
        "PYTHONDONTWRITEBYTECODE": "",
        "LANG": "C.UTF-8",
        "HOME": "/root",
    }
    enter = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--pipe"]
    enter += [f"--setenv={name}={value}" for name, value in env.items()]
    shared = Path(os.environ.get("WARDBEAT_SHARED", ROOT.parent / "shared"))
    if shared.is_dir():
        enter += [f"--bind-ro={shared}:/srv/shared", "--setenv=WARDBEAT_SHARED=/srv/shared"]
    done = subprocess.run(
        [*enter, "--chdir=/srv", "-D", str(root), *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if ok and done.returncode != 0:
        raise Failed(f"{' '.join(words)[:80]}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def numbers(root: Path) -> str:
    """`analyze` of one recording, here and there."""
    beats = [round(860 + 40 * ((n * 7919) % 101 - 50) / 50 + 30 * (1 if n % 5 < 2 else -1)) for n in range(700)]
    (root / "srv/rr.txt").write_text("\n".join(map(str, beats)) + "\n")
    there = json.loads(_inside(root, "/usr/bin/wardbeat", "analyze", "/srv/rr.txt", "--json"))
    own = [str(ROOT / ".venv/bin/wardbeat"), "analyze", str(root / "srv/rr.txt"), "--json"]
    here = json.loads(subprocess.run(own, capture_output=True, text=True, check=True).stdout)
    pairs = list(zip(_flat(here), _flat(there), strict=True))
    apart = [(name, one, two) for (name, one), (_, two) in pairs if abs(one - two) > _CLOSE * max(abs(one), 1e-9)]
    if apart or len(pairs) < 50:
        raise Failed(f"of {len(pairs)} numbers apart: {apart[:5]}")
    return f"{len(pairs)} numbers of a recording equal those of amd64 to {_CLOSE:g}"


def _flat(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in ("seconds", "took_s", "file"):
                yield from _flat(one, f"{name}.{key}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _flat(one, f"{name}.{place}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, float(value)


def demo(root: Path) -> str:
    """The demo at real speed: strap, session, broker, hub."""
    words = [_PYTHON, "-m", "agent.cli", "demo", "--speed", "1", "--minutes", _MINUTES, "--json"]
    report = json.loads(_inside(root, *words).strip().splitlines()[-1])
    if report["lost"] or report["doubled"] or not report["windows"]:
        raise Failed(f"the demo says {json.dumps(report)[:500]}")
    said = f"{len(report['windows'])} windows, {report['receipted']} of {report['sealed']} receipted"
    return f"{said}, first beat after {report['first_beat_s']} s"


def fast(root: Path) -> str:
    """The fast tests, or those of the paths in ONLY; those that fail are named."""
    chosen = os.environ.get("ONLY", "tests").split()
    words = [_PYTHON, "-m", "pytest", "-q", "--fast", "--tb=line", "-p", "no:cacheprovider"]
    words += ["-n", "2", *(f"/srv/wardbeat/{one}" for one in chosen)]
    said = _inside(root, *words, ok=False).splitlines()
    failed = [line for line in said if line.startswith(("FAILED", "ERROR ", "/srv/", "E "))]
    if failed or "passed" not in said[-1]:
        raise Failed("\n".join([*failed, *said[-3:]]))
    return said[-1]


PARTS: Final[dict[str, Callable[[Path], str]]] = {"numbers": numbers, "demo": demo, "fast": fast}

if __name__ == "__main__":
    sys.exit(main())

"""`make deb-check`: two builds from nothing are the same, lintian has no error, and the bill of materials is true
and is CycloneDX 1.6 to a program that is not ours.

check.py FOLDER [build.py's options]: builds into FOLDER/a and FOLDER/b, each from a clone in another place.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import bills

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Print a table; 1 where a package is not as it must be."""
    folder, *options = sys.argv[1:]
    one, other = (_built(Path(folder).resolve() / name, options) for name in ("a", "b"))
    failed = 0
    print(f"{'package':46} {'MB':>6} {'same':>5} {'lintian':>8} {'files':>6} {'listed':>7} {'schema':>7}  SHA-256")
    for name, file in sorted(one.items()):
        digest, again = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (file, other[name]))
        words = ["lintian", "--allow-root", "--fail-on", "error", str(file)]
        linted = subprocess.run(words, capture_output=True, text=True, check=False)
        errors = linted.stdout.count("E: ")
        with tempfile.TemporaryDirectory() as made:
            subprocess.run(["dpkg-deb", "-x", str(file), made], check=True)
            files, wrong = _compared(Path(made))
            text = _bill(Path(made)).read_text(encoding="utf-8")
            refused, unseen = bills.faults(text), bills.unseen(text)
            seen = _sees_a_breach(Path(made)) and not unseen
        same, listed, schema = "yes" if digest == again else "NO", files - len(wrong), "NO" if refused else "1.6"
        row = f"{name:46} {file.stat().st_size / 1e6:6.1f} {same:>5} {errors:8} {files:6} {listed:7} {schema:>7}"
        print(f"{row}  {digest}", flush=True)
        print("".join(f"  {one}\n" for one in [*wrong[:5], *refused, *unseen]), end=linted.stdout if errors else "")
        failed += digest != again or errors > 0 or bool(wrong) or bool(refused) or not seen
    planted = f"a byte that was changed, a file that no component names, {len(bills.PLANTED)} broken bills"
    print(f"planted: {planted}: found in each" if not failed else "FAILED")
    return 1 if failed else 0


def _built(into: Path, options: list[str]) -> dict[str, Path]:
    """The packages of a clone of this commit in a separate folder."""
    with tempfile.TemporaryDirectory(prefix=f"wardbeat-{into.name * 5}-") as made:
        clone = Path(made) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        words = [sys.executable, str(clone / "packaging/deb/build.py"), "--into", str(into), *options]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return {file.name: file for file in into.glob("*.deb")}


def _bill(root: Path) -> Path:
    return next(root.glob("usr/share/doc/*/sbom.cdx.json"))


def _compared(root: Path) -> tuple[int, list[str]]:
    """How many files a package holds, and which of them its list does not name or names with another hash."""
    bill = json.loads(_bill(root).read_text(encoding="utf-8"))
    listed = {file["name"]: file["hashes"][0]["content"] for one in bill["components"] for file in one["components"]}
    # what the package says about itself is not of a component
    own = ("usr/share/doc/", "usr/share/lintian/")
    held = {
        path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file() and not path.is_symlink()
    }
    held = {name: path for name, path in held.items() if not name.startswith(own)}
    wrong = [
        f"{name}: {'not listed' if name not in listed else 'another hash'}"
        for name, path in sorted(held.items())
        if listed.get(name) != hashlib.sha256(path.read_bytes()).hexdigest()
    ]
    return len(held), wrong + [f"{name}: listed, not there" for name in sorted(listed.keys() - held.keys())]


def _sees_a_breach(root: Path) -> bool:
    """Whether the same look finds a byte that was changed and a file that was added."""
    victim = next(path for path in sorted((root / "opt").rglob("*.py")) if path.stat().st_size > 0)
    victim.write_bytes(victim.read_bytes() + b"#")
    (root / "opt" / "added").touch()
    return len(_compared(root)[1]) == 2


if __name__ == "__main__":
    sys.exit(main())

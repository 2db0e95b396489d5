"""`make release-trial`: the steps of docs/release.md in a clone, with keys that are thrown away; nothing is pushed.

trial.py: ONLY, SUITES, MACHINES of the environment choose the packages (agent, bookworm, amd64 unless named). The long
steps say that they are left out. First each thing that must stop a release is planted, and the first step refuses it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from document import blocks
from run_document import ROOT, SHELL
from signing_trial import Keys, new_keys

VERSION: Final = "99.0.0"
DAY: Final = "2027-01-31"
_FEWER: Final = {"ONLY": "agent", "SUITES": "bookworm", "MACHINES": "amd64"}


class Failed(Exception):
    """A release that must not happen happened, or one that should did not."""


def main() -> int:
    """The trial; 1 where it fails."""
    with tempfile.TemporaryDirectory(prefix="wardbeat-release-") as made:
        base = Path(made)
        os.environ["GNUPGHOME"] = str(base / "gnupg")
        (base / "gnupg").mkdir(mode=0o700)
        keys = new_keys(base, "trial")
        clone = _clone(base / "clone")
        env = _environment(keys)
        try:
            for line in (*_refusals(clone, env, keys), *_release(clone, env), *_found(clone, keys)):
                print(line, flush=True)
        except Failed as failed:
            print(f"FAILED: {failed}")
            return 1
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], check=False)
    return 0


def _clone(folder: Path) -> Path:
    """This commit, with a section of the version in the changelog, and without a place to push to."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    _git(folder, "remote", "remove", "origin")
    _git(folder, "config", "user.name", "A trial")
    _git(folder, "config", "user.email", "trial@wardbeat.invalid")
    log = folder / "CHANGELOG.md"
    head = "## [Unreleased]\n"
    log.write_text(
        log.read_text(encoding="utf-8").replace(head, f"{head}\n## [{VERSION}] - {DAY}\n", 1), encoding="utf-8"
    )
    _git(folder, "commit", "--quiet", "--all", "--message", "The changelog of a trial")
    return folder


def _environment(keys: Keys) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    values = {
        "VERSION": VERSION,
        "KEY": str(keys.secret),
        "PUBLIC": str(keys.public),
        "GPG_KEY": keys.gpg,
        "TRIAL": "1",
    }
    fewer = {name: os.environ.get(name) or value for name, value in _FEWER.items()}
    # the tools that this folder has: a clone would fetch them once more
    return {**kept, **values, **fewer, "MAKEFLAGS": f"-- PACK={ROOT / '.venv-pack'}"}


def _refusals(clone: Path, env: dict[str, str], keys: Keys) -> Iterator[str]:
    """What the first step must refuse, one after the other, each taken back."""
    stray = clone / "stray"
    stray.touch()
    yield _refused(clone, env, "a file that is not committed", "differs from its commit")
    stray.unlink()
    yield _refused(clone, {**env, "VERSION": "99.0.1"}, "a version that the changelog lacks", "has no section")
    yield _refused(clone, {**env, "KEY": ""}, "no key", "KEY=FILE")
    yield _refused(clone, {**env, "PUBLIC": f"{keys.public}.not"}, "a key that is not there", "is not there")
    _git(clone, "tag", f"v{VERSION}")
    yield _refused(clone, env, "a tag that is there", "is there already")
    _git(clone, "tag", "--delete", f"v{VERSION}")


def _refused(clone: Path, env: dict[str, str], what: str, said: str) -> str:
    done = _make(clone, env, "--only", "state")
    if done.returncode == 0 or said not in done.stdout + done.stderr:
        raise Failed(f"{what}: not refused: {done.stdout}{done.stderr}")
    return f"ok   refused: {what}"


def _release(clone: Path, env: dict[str, str]) -> Iterator[str]:
    started_s = time.monotonic()
    done = _make(clone, env)
    yield "\n".join(f"     {row}" for row in done.stdout.splitlines() if row.startswith("---- ") and row.endswith(" s"))
    if done.returncode:
        raise Failed(f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
    yield f"ok   every step, in {time.monotonic() - started_s:.0f} s"


def _make(clone: Path, env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "packaging/release/run_document.py", "docs/release.md", *words]
    return subprocess.run(run, cwd=clone, env=env, capture_output=True, text=True, check=False)


def _found(clone: Path, keys: Keys) -> Iterator[str]:
    """What a release leaves: a tag on its commit, and files that a stranger can verify by the document's commands."""
    dist = clone / "dist"
    if _git(clone, "rev-parse", f"v{VERSION}^{{commit}}") != _git(clone, "rev-parse", "HEAD"):
        raise Failed("the tag is not on the release's commit")
    if _git(clone, "status", "--porcelain") or _git(clone, "remote"):
        raise Failed("the tree is not clean, or there is a place to push to")
    _git(clone, "verify-tag", f"v{VERSION}")
    yield f"ok   tag: {_git(clone, 'tag', '--list', '--format=%(contents:subject)', f'v{VERSION}')}"
    wanted = (
        "deb/*_amd64.deb",
        "python/*.whl",
        "python/*.tar.gz",
        "sbom/*.cdx.json",
        "offline-kit/install.sh",
        "licences.json",
    )
    for pattern in wanted:
        if not list(dist.glob(pattern)):
            raise Failed(f"dist holds no {pattern}")
    if not all(VERSION in path.name for path in (*dist.glob("deb/*.deb"), *dist.glob("python/*"))):
        raise Failed("a file has another version")
    table = json.loads((dist / "licences.json").read_text(encoding="utf-8"))
    (dist / "wardbeat.pub").write_bytes(keys.public.read_bytes())
    (dist / "wardbeat.gpg").write_bytes(keys.keyring.read_bytes())
    commands = {block.name: block.text for block in blocks(clone / "docs/release.md")}
    files = (dist / "SHA256SUMS").read_text(encoding="ascii").count("\n")
    for example in ("verify", "verify-gpg"):
        if subprocess.run([*SHELL, commands[example]], cwd=dist, capture_output=True, check=False).returncode:
            raise Failed(f"{example} refuses the release")
    victim = next(dist.glob("deb/*.deb"))
    victim.write_bytes(victim.read_bytes() + b"x")
    if not subprocess.run([*SHELL, commands["verify"]], cwd=dist, capture_output=True, check=False).returncode:
        raise Failed("a changed package is accepted")
    yield f"ok   {files} files are listed, {len(table)} components have a licence"
    yield "ok   both commands accept the release; a changed byte is refused"


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

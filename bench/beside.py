"""The same benches on two commits in one run, by turns: what became slower or larger, as ratios.

    make bench-beside AGAINST=v0.1.0 BENCHES="agent heart delivery page" ROUNDS=3

The older commit gets a work tree and an environment with the same libraries. Lines of both outputs that differ in their numbers alone are compared;
each ratio is now over then, the median of the rounds beside its least and its largest. Lines that one commit alone prints are counted. Nothing is
judged here: a machine with other work on it scatters, and the spread shows it.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
AGAINST = os.environ.get("AGAINST", "v0.1.0")
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SETTINGS = {
    "agent": {"SECONDS": "20"},
    "heart": {"PART": "speed,imports"},
    "delivery": {"PART": "outbox"},
    "page": {"SECONDS": "20", "OPENINGS": "5"},
}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)*")
Found = dict[str, list[list[float]]]


def older_tree(folder: Path) -> Path:
    """A work tree of AGAINST, with an environment that has this one's libraries and its own program."""
    tree = folder / "then"
    subprocess.run(["git", "-C", ROOT, "worktree", "add", "--quiet", "--detach", tree, AGAINST], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tree / ".venv"], check=True)
    ours = sysconfig.get_path("purelib")
    theirs = tree / ".venv" / Path(ours).relative_to(sys.prefix)
    (theirs / "libraries.pth").write_text(ours + "\n")  # path files in there are not read: our program stays away
    words = [
        tree / ".venv/bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*words, "-e", tree], check=True, env={**os.environ, "PYTHONPATH": ours})
    models = Path(sys.prefix) / "share"
    if models.exists():
        shutil.copytree(models, tree / ".venv/share", dirs_exist_ok=True)
    (tree / ".venv/.installed").touch()
    for name in ("tests/interop/node_modules", ".venv-peers"):
        if (ROOT / name).exists():
            (tree / name).symlink_to(ROOT / name)
    return tree


def ran(tree: Path, bench: str) -> tuple[int, Found]:
    """(exit code, numbers by the words of their line)"""
    marks = ["-o", ".venv/.installed", "-o", ".venv-peers/.installed", "-o", "tests/interop/node_modules/.installed"]
    done = subprocess.run(["make", "-s", *marks, f"bench-{bench}"], cwd=tree, env={**os.environ, **SETTINGS.get(bench, {})},
                          capture_output=True, text=True, check=False)  # fmt: skip
    found: Found = defaultdict(list)
    for line in done.stdout.splitlines():
        numbers = [float(one.replace(",", "")) for one in NUMBER.findall(line)]
        if numbers:
            found[" ".join(NUMBER.sub("#", line).split())].append(numbers)
    if not found:  # a missed limit ends a bench with 1, and make with 2
        print(done.stdout[-2000:], done.stderr[-2000:])
    return done.returncode, found


def compared(bench: str, pairs: list[tuple[Found, Found]]) -> None:
    """A line per number that both print."""
    ratios: dict[tuple[str, int, int], list[tuple[float, float]]] = defaultdict(list)
    alone: set[str] = set()
    for then, now in pairs:
        alone |= set(then) ^ set(now)
        for words in set(then) & set(now):
            for place, (olds, news) in enumerate(zip(then[words], now[words], strict=False)):
                for n, pair in enumerate(zip(olds, news, strict=False)):
                    ratios[words, place, n].append(pair)
    print(f"\n== bench-{bench}: {len(ratios)} numbers that both print, {len(alone)} lines that one alone prints")
    for (words, _, n), seen in sorted(ratios.items()):
        usable = [new / old for old, new in seen if old > 0]
        if not usable or all(old == new for old, new in seen):
            continue
        then_, now_ = (statistics.median(pair[side] for pair in seen) for side in (0, 1))
        print(
            f"  {statistics.median(usable):6.2f}  ({min(usable):.2f} to {max(usable):.2f})  {then_:g} -> {now_:g}   {words[:90]}  [{n + 1}]"
        )


def main() -> int:
    """By turns, older first in even rounds."""
    with tempfile.TemporaryDirectory() as folder:
        tree = older_tree(Path(folder))
        try:
            for bench in os.environ.get("BENCHES", " ".join(SETTINGS)).split():
                pairs = []
                for number in range(ROUNDS):
                    order = (tree, ROOT) if number % 2 == 0 else (ROOT, tree)
                    outcome = {where: ran(where, bench) for where in order}
                    print(
                        f"bench-{bench}, round {number + 1}: exit {outcome[tree][0]} then, {outcome[ROOT][0]} now",
                        flush=True,
                    )
                    pairs.append((outcome[tree][1], outcome[ROOT][1]))
                compared(bench, pairs)
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", tree], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

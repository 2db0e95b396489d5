"""`make release`: the steps of a document, each in a new shell that ends at the first error.

run_document.py DOCUMENT [--from STEP] [--only STEP] [--list]: values come from the environment (VERSION, KEY, ...).
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from document import Block, steps

SHELL = ("bash", "-eu", "-o", "pipefail", "-c")
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run what the words name; the exit code of the step that failed, else 0."""
    parser = argparse.ArgumentParser(description="Run the steps of a document.")
    parser.add_argument("document", type=Path)
    parser.add_argument("--from", dest="first", metavar="STEP", help="go on with this one")
    parser.add_argument("--only", metavar="STEP", help="this one alone")
    parser.add_argument("--list", action="store_true", help="print the names and run nothing")
    words = parser.parse_args()
    found = steps(words.document)
    names = [block.name for block in found]
    for asked in (words.first, words.only):
        if asked and asked not in names:
            parser.error(f"there is no step {asked!r}; there are: {', '.join(names)}")
    first = names.index(words.only or words.first or names[0])
    chosen = found[first : first + 1] if words.only else found[first:]
    if words.list:
        print("".join(f"{block.name}\n{block.text}" for block in chosen), end="")
        return 0
    for block in chosen:
        print(f"---- {names.index(block.name) + 1}/{len(names)} {block.name}", flush=True)
        started_s = time.monotonic()
        if code := run(block):
            print(f"---- {block.name} failed (exit code {code}); nothing after it was done.", file=sys.stderr)
            print(f"     Mend what it names, and go on with: make release FROM={block.name} ...", file=sys.stderr)
            return code
        print(f"---- {block.name}: {time.monotonic() - started_s:.1f} s", flush=True)
    return 0


def run(block: Block) -> int:
    """Run one block in the repository's folder; its exit code."""
    return subprocess.run([*SHELL, block.text], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""`make set-version`: writes a version and its day where the program and its metadata read them.

set_version.py VERSION DAY: the day is that of the release; the agent knows that no right clock says an earlier one.
"""

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_PLACES: Final = (
    ("pyproject.toml", r'^version = "[^"]*"$', 'version = "{version}"'),
    ("agent/__init__.py", r'^__version__ = "[^"]*"$', '__version__ = "{version}"'),
    ("agent/__init__.py", r'^__built__ = "[^"]*"', '__built__ = "{day}"'),
)
_VERSION: Final = re.compile(r"\d+(\.\d+){1,3}((a|b|rc)\d+)?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def main() -> int:
    """Change the lines; 2 where a word is no version or day, or a line is not there exactly once."""
    version, day = sys.argv[1:]
    try:
        for file, text in changed(ROOT, version, day).items():
            (ROOT / file).write_text(text, encoding="utf-8")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def changed(root: Path, version: str, day: str) -> dict[str, str]:
    """The texts of the files, with the version in them.

    Raises:
        ValueError: A word is no version or day, or a line is not there exactly once.
    """
    if not _VERSION.fullmatch(version) or not _DAY.fullmatch(day):
        raise ValueError(f"{version!r} of {day!r}: write a version such as 0.2.0 and a day such as 2026-12-01")
    texts: dict[str, str] = {}
    for file, pattern, line in _PLACES:
        text = texts.get(file) or (root / file).read_text(encoding="utf-8")
        texts[file], times = re.subn(pattern, line.format(version=version, day=day), text, flags=re.MULTILINE)
        if times != 1:
            raise ValueError(f"{file}: {times} lines are like {pattern}")
    return texts


if __name__ == "__main__":
    sys.exit(main())

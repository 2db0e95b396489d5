"""Text for a cell that a spreadsheet may open."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def no_formula(words: str) -> str:
    """Words in one line; an apostrophe comes before what a spreadsheet would take for a formula.

    Args:
        words: A stranger's. A plain number with a sign is no formula.

    >>> no_formula("=1+1"), no_formula("-1"), no_formula("- x")
    ("'=1+1", '-1', "'- x")
    """
    line = " ".join(words.split())
    return f"'{line}" if line[:1] in tuple("=+-@") and not _NUMBER.fullmatch(line) else line

"""From the words that people ask with to the words that papers are written in. One line adds one.

A line is ``asked, asked, ... <tab> found, found, ...``: each asked phrase finds each found one, and not the other way
round. The lines were written from the papers alone, without any test question.
"""

import re
from functools import cache
from typing import Final

from agent.errors import CorpusRefused
from copilot import shipped as shipped_file

FILE: Final = shipped_file.FOLDER / "corpus" / "thesaurus.tsv"
_PHRASE: Final = re.compile(r"[a-z0-9']+(?: [a-z0-9']+){0,7}")


@cache
def shipped() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The lines of the file that is shipped.

    Raises:
        CorpusRefused: It is missing, or not of the form.
    """
    return parsed(shipped_file.raw(FILE, "the thesaurus"))


def parsed(raw: bytes) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    r"""Asked and found phrases of each line.

    Raises:
        CorpusRefused: With line and reason.

    >>> parsed(b"worn out, knackered\texhaustion, fatigue\n")
    ((('worn out', 'knackered'), ('exhaustion', 'fatigue')),)
    """
    try:
        lines = raw.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise CorpusRefused("the thesaurus is not ASCII", remedy="Write it without accents.") from error
    return tuple(_line(line, number) for number, line in enumerate(lines, 1))


def _line(line: str, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sides = tuple(tuple(side.split(", ")) for side in line.split("\t"))
    if len(sides) != 2 or not all(_PHRASE.fullmatch(phrase) for side in sides for phrase in side):
        raise CorpusRefused(
            f"line {number} of the thesaurus is not 'asked, asked <tab> found, found'",
            remedy="Write words in lower case, one blank between them, at most eight a phrase.",
        )
    return sides[0], sides[1]

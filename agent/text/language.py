"""Whether a text is probably English and in Latin letters; a list of the shortest words of some languages, no model.

A language that is not listed is mostly caught by the share of known words (`agent.text.suggest`). How often both are
wrong is in the model card.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

MIN_LATIN_01: Final = 0.8
"""Share of letters that must be Latin. Derived: a name in another script may stand in an English sentence."""

FILE: Final = "function_words.txt"
ENGLISH: Final = "en"


@cache
def function_words() -> dict[str, frozenset[str]]:
    """Short words of each listed language."""
    found: dict[str, frozenset[str]] = {}
    for line in resources.files("agent.text").joinpath(FILE).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, words = line.split("\t")
            found[language] = found.get(language, frozenset()) | frozenset(words.split())
    return found


@cache
def _foreign_words() -> frozenset[str]:
    return frozenset[str]().union(*(words for name, words in function_words().items() if name != ENGLISH))


def latin_01(text: str) -> float:
    """Share of the letters that are Latin, 0 to 1; 1 where there is no letter."""
    if text.isascii():
        return 1.0
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN")) for c in letters)
    return latin / len(letters) if letters else 1.0


def is_foreign(words: Iterable[str]) -> bool:
    """Whether more words are short words of another listed language than are short words of English.

    >>> is_foreign("heute war die nacht lang und ich bin müde".split())
    True
    >>> is_foreign("i had a long night".split())
    False
    """
    read, english, foreign = list(words), function_words()[ENGLISH], _foreign_words()
    return sum(word in foreign for word in read) > sum(word in english for word in read)

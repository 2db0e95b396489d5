"""Which questions are in English: by letters, and by small words of other languages."""

import unicodedata
from typing import Final

from copilot.vocabulary import FOREIGN, STOP

_LATIN_LEAST_01: Final = 0.7


def is_english(question: str, words: tuple[str, ...]) -> bool:
    """Whether a question seems to be in English.

    Args:
        question: As it was typed.
        words: Its tokens.

    >>> is_english("Helfen Nickerchen gegen die Müdigkeit?", ("helfen", "nickerchen", "gegen", "die", "mudigkeit"))
    False
    """
    letters = [letter for letter in question if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    if latin < _LATIN_LEAST_01 * len(letters):
        return False
    foreign = sum(word in FOREIGN for word in words)
    return foreign < 2 or foreign <= sum(word in STOP for word in words)

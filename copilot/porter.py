"""The stems of English words, as SQLite's index forms them (``tokenize = 'porter'``).

Source: M. F. Porter (1980), "An algorithm for suffix stripping", Program 14(3):130-137, doi:10.1108/eb046814.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Final

_VOWELS: Final = "aeiou"
_LENGTHS: Final = range(3, 65)  # what the index leaves as it is
_STEP_2: Final = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("logi", "log"),
    ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"),
    ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
)  # fmt: skip
_STEP_3: Final = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4: Final = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
)  # fmt: skip


@lru_cache(maxsize=2**16)
def stem(word: str) -> str:
    """The stem of a word in lower-case letters.

    >>> [stem(word) for word in ("sleeping", "nurses", "relational", "hopeful", "nap")]
    ['sleep', 'nurs', 'relat', 'hope', 'nap']
    """
    if len(word.encode()) not in _LENGTHS or not word.isascii():
        return word
    for step in (_step_1, _step_2, _step_3, _step_4, _step_5):
        word = step(word)
    return word


def _is_consonant(word: str, place: int) -> bool:
    letter = word[place]
    if letter in _VOWELS:
        return False
    return letter != "y" or place == 0 or not _is_consonant(word, place - 1)


def _measure(part: str) -> int:
    """Measure m of a word ``[C](VC)^m[V]``."""
    kinds = [_is_consonant(part, place) for place in range(len(part))]
    return sum(not one and other for one, other in pairwise(kinds))


def _has_vowel(part: str) -> bool:
    return any(not _is_consonant(part, place) for place in range(len(part)))


def _ends_double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _is_consonant(word, len(word) - 1)


def _ends_cvc(word: str) -> bool:
    if len(word) < 3 or word[-1] in "wxy":
        return False
    kinds = [_is_consonant(word, place) for place in range(len(word) - 3, len(word))]
    return kinds == [True, False, True]


def _step_1(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        word = word[:-1] if _measure(word[:-3]) > 0 else word
    else:
        for suffix in ("ed", "ing"):
            if word.endswith(suffix) and _has_vowel(word[: -len(suffix)]):
                word = _mended(word[: -len(suffix)])
                break
    return f"{word[:-1]}i" if word.endswith("y") and _has_vowel(word[:-1]) else word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return f"{word}e"
    if _ends_double(word) and word[-1] not in "lsz":
        return word[:-1]
    return f"{word}e" if _measure(word) == 1 and _ends_cvc(word) else word


def _replaced(word: str, pairs: tuple[tuple[str, str], ...], allowed: Callable[[str], bool]) -> str:
    """The longest suffix that fits decides, whether it is replaced or not."""
    found = max((pair for pair in pairs if word.endswith(pair[0])), key=lambda pair: len(pair[0]), default=None)
    if found is None:
        return word
    rest = word[: -len(found[0])]
    return rest + found[1] if allowed(rest) else word


def _step_2(word: str) -> str:
    return _replaced(word, _STEP_2, lambda rest: _measure(rest) > 0)


def _step_3(word: str) -> str:
    return _replaced(word, _STEP_3, lambda rest: _measure(rest) > 0)


def _step_4(word: str) -> str:
    def allowed(rest: str) -> bool:
        return _measure(rest) > 1 and (not word.endswith("ion") or rest.endswith(("s", "t")))

    return _replaced(word, tuple((suffix, "") for suffix in _STEP_4), allowed)


def _step_5(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _ends_cvc(rest)):
            word = rest
    return word[:-1] if _measure(word) > 1 and word.endswith("ll") else word

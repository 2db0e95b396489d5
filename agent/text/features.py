"""Features of a text: its known words, their pairs and triples, and word stems, each as a 32-bit hash.

A word behind a negation is another word than the same without. A word that the model does not know is skipped before
pairs are formed: an unknown name or people changes nothing but the share of known words.
"""

import zlib
from collections.abc import Sequence
from typing import Final

from agent.text.tokens import is_word

LONGEST: Final = 3
"""Tokens of the longest feature."""

_START: Final = "<s>"
_ENDINGS: Final = (
    "ingly", "edly", "fully", "ness", "ment", "ing", "ed", "ful", "ly", "es", "er", "s", "d", "e", "y",
)  # fmt: skip
_MIN_STEM: Final = 4
_NEGATIONS: Final = frozenset(
    ("not", "no", "never", "nor", "cannot", "hardly", "barely", "without", "nobody", "nothing", "none", "neither",
     "dont", "didnt", "cant")
)  # fmt: skip
_SCOPE: Final = 2
_MARK: Final = "not:"


def stem(word: str) -> str:
    """A word without its first matching ending; at least four letters stay.

    >>> stem("exhausting"), stem("exhausted"), stem("bed")
    ('exhaust', 'exhaust', 'bed')
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return word[: -len(ending)]
    return word


def with_negation(tokens: Sequence[str]) -> list[str]:
    """Tokens with a mark on up to two words after a negation: *not laughed* says nothing of *laughed*.

    A run of ! or ?, a smiley, or another negation ends the scope.

    Source: Das and Chen (2007), Yahoo! for Amazon, Management Science 53(9), doi:10.1287/mnsc.1070.0704.

    >>> with_negation(["i", "have", "not", "laughed", "in", "weeks", "now", "!"])
    ['i', 'have', 'not', 'not:laughed', 'not:in', 'weeks', 'now', '!']
    """
    found, left = [], 0
    for token in tokens:
        if token in _NEGATIONS or token.endswith("n't"):
            found.append(token)
            left = _SCOPE
        else:
            left = left if is_word(token) else 0
            found.append(f"{_MARK}{token}" if left > 0 else token)
            left -= 1
    return found


def stems(tokens: Sequence[str]) -> set[str]:
    """Stem features, marked with ^, of all words of at least five letters, known or not."""
    return {f"^{stem(token)}" for token in tokens if len(token) > _MIN_STEM and is_word(token) and "'" not in token}


def grams(known: Sequence[str]) -> set[str]:
    """Features of one to three neighbours among the known tokens; pairs and triples may begin with the start sign."""
    found = set(known)
    begun = [_START, *known]
    for length in range(2, LONGEST + 1):
        found |= {" ".join(begun[place : place + length]) for place in range(len(begun) - length + 1)}
    return found


def hash32(feature: str) -> int:
    """CRC-32 of a feature's UTF-8 bytes.

    Source: ISO 3309; 20,000 features collide with probability 0.05, and the training refuses a table in which two do.
    """
    return zlib.crc32(feature.encode("utf-8"))

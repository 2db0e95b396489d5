"""Bytes as words that can be read aloud and written down: proquints.

Source: Wilkerson 2009, "A proposal for proquints", arXiv:0901.4016
"""

import hashlib
from typing import Final

from agent.errors import WireRefused

_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"


def words(data: bytes) -> str:
    """An even number of bytes, a word for two.

    >>> words(bytes([127, 0, 0, 1]))
    'lusab babad'
    """
    return " ".join(_word(int.from_bytes(data[at : at + 2], "big")) for at in range(0, len(data), 2))


def fingerprint(data: bytes) -> str:
    """Eight words that two people compare by voice: the first 128 bits of SHA-256."""
    return words(hashlib.sha256(data).digest()[:16])


def heard(text: str) -> bytes:
    """Inverse of `words`; case, line breaks and hyphens do not matter.

    Raises:
        WireRefused: ``malformed``, naming the place alone: the words may be a secret.

    >>> heard("Lusab-babad").hex()
    '7f000001'
    """
    heard_words = text.lower().replace("-", " ").replace(",", " ").split()
    return b"".join(_number(word, place).to_bytes(2, "big") for place, word in enumerate(heard_words, start=1))


def _word(number: int) -> str:
    return (
        _CONSONANTS[number >> 12]
        + _VOWELS[number >> 10 & 3]
        + _CONSONANTS[number >> 6 & 15]
        + _VOWELS[number >> 4 & 3]
        + _CONSONANTS[number & 15]
    )


def _number(word: str, nth: int) -> int:
    number = 0
    for place, letter in enumerate(word):
        letters, bits = (_VOWELS, 2) if place % 2 else (_CONSONANTS, 4)
        if letter not in letters or len(word) != 5:
            raise WireRefused("malformed", f"word {nth} is not a valid word: each has five letters, such as 'lusab'")
        number = number << bits | letters.index(letter)
    return number

"""A word that no paper has, and that is one slip from one of theirs: a letter more, less or other, or two swapped."""

import string
from collections.abc import Container
from typing import Final

LETTERS_LEAST: Final = 7  # of shorter words too many are one letter from another one: "wine" and "wide"


def read_as(word: str, known: Container[str]) -> str:
    """The only known word within one slip; empty where there is none, or several.

    Args:
        word: In lower case, and itself not known.
        known: Words of the papers and of their questions.

    >>> read_as("insomia", {"insomnia", "insomniac"}), read_as("message", {"massage", "messages"})
    ('insomnia', '')
    """
    if len(word) < LETTERS_LEAST or not word.isascii() or not word.isalpha():
        return ""
    found = {one for one in _within_one_slip(word) if one in known}
    return found.pop() if len(found) == 1 else ""


def _within_one_slip(word: str) -> set[str]:
    """Source: Damerau FJ (1964), doi:10.1145/363958.363994."""
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    less = {head + tail[1:] for head, tail in parts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    other = {head + letter + tail[1:] for head, tail in parts if tail for letter in string.ascii_lowercase}
    more = {head + letter + tail for head, tail in parts for letter in string.ascii_lowercase}
    return (less | swapped | other | more) - {word}

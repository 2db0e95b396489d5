"""Words of who a person is, which no feature is made of.

In the training texts such words stand beside anger and praise that have nothing to do with a tag: without this list, "I
am a Jewish nurse" was .16 more often positive than "I am a nurse". They are taken out of the tokens before pairs and
triples are formed, so that the text reads as if they were not there. The list is `identity_words.txt`; the model file
carries its SHA-256.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

FORMS: Final = ("adjective", "noun", "other")
FILE: Final = "identity_words.txt"


@dataclass(frozen=True, slots=True)
class IdentityTerm:
    """One word of the list.

    Attributes:
        category: Such as religion or age.
        form: One of FORMS.
        word: In lower case.
    """

    category: str
    form: str
    word: str


def list_bytes() -> bytes:
    """The list as it is shipped, with one form of line ends."""
    return resources.files("agent.text").joinpath(FILE).read_bytes().replace(b"\r\n", b"\n")


@cache
def terms() -> tuple[IdentityTerm, ...]:
    """The list; a word may stand in it as adjective and as noun."""
    found = []
    for line in list_bytes().decode("utf-8").splitlines():
        if line.startswith("#"):
            continue
        category, form, words = line.split("\t")
        found += [IdentityTerm(category, form, word) for word in words.split()]
    return tuple(found)


@cache
def shipped_words() -> frozenset[str]:
    """Every word of the list."""
    return frozenset(term.word for term in terms())


def is_identity(token: str, listed: frozenset[str]) -> bool:
    """Whether a token is one of these words, its plural in -s, or its form in 's.

    >>> is_identity("nurses", frozenset({"nurse"})), is_identity("nursing", frozenset({"nurse"}))
    (True, False)
    """
    word = token.removesuffix("'s")
    return word in listed or word.removesuffix("s") in listed


def without_identity(tokens: list[str], listed: frozenset[str]) -> list[str]:
    """Tokens in their order, without words of who a person is."""
    return [token for token in tokens if not is_identity(token, listed)]

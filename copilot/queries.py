"""What the index is asked for a unit of a question, and how many passages that may be.

A query is put together from tokens alone, each in quotes; nothing of a question is ever read as a query.
"""

from collections.abc import Mapping
from typing import NamedTuple

from copilot.words import NEAR_01, Form, Unit, tokens


class Query(NamedTuple):
    """A part of a query.

    Attributes:
        text: In FTS5's language.
        rows: How many passages it may find, at most.
    """

    text: str
    rows: int


def frequency(unit: Unit, known: Mapping[str, int]) -> int:
    """In how many passages a unit stands, at most: of a phrase its rarest word counts, of synonyms the sum.

    What counts in part alone counts where nothing else is there: it says little of how rare the word is.

    Args:
        unit: The unit.
        known: In how many passages each stem stands.
    """
    counts = [_rows(form, known) for form in unit.forms]
    near = sum(n for n, share in zip(counts, unit.shares_01, strict=True) if share >= NEAR_01)
    return near or sum(counts)


def query(unit: Unit, known: Mapping[str, int], most: int) -> Query:
    """The query for a unit: its forms, each a phrase in quotes.

    In a large library, reading the passages of a common word takes long. Where all forms have more than ``most``, those
    that count in part are left out; of a phrase with so common a word ("lack of energy") the rarer words are searched,
    and that they stand beside each other is seen when the passages are ranked.

    >>> from copilot.words import units
    >>> query(units('cannabis" OR 1')[0], {"cannabi": 7}, 3000)
    Query(text='("cannabis")', rows=7)
    """
    forms = list(zip(unit.forms, unit.phrases, unit.shares_01, strict=True))
    if sum(_rows(form, known) for form, _, _ in forms) > most:
        forms = [one for one in forms if one[2] >= NEAR_01 and _rows(one[0], known)] or forms
    texts = [_phrase(form, phrase, known, most) for form, phrase, _ in forms]
    return Query(f"({' OR '.join(texts)})", sum(_rows(form, known) for form, _, _ in forms))


def _rows(form: Form, known: Mapping[str, int]) -> int:
    return min(known.get(stem, 0) for stem in form)


def _phrase(form: Form, phrase: str, known: Mapping[str, int], most: int) -> str:
    words = tokens(phrase)
    counts = [known.get(stem, 0) for stem in form]
    if len(words) == 1 or sum(counts) <= most:
        return f'"{" ".join(words)}"'
    limit = max(most // len(words), min(counts))
    rare = [f'"{word}"' for word, n in zip(words, counts, strict=True) if n <= limit]
    return f"({' AND '.join(rare)})"

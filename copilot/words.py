"""Words of texts and of questions: tokens, stems, synonyms, and what of a question must be found."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from copilot import thesaurus
from copilot.porter import stem
from copilot.synonyms import COUNTRIES, SYNONYMS
from copilot.vocabulary import MILD, OTHERS, PLAIN, ROLES, STOP

_TOKEN: Final = re.compile(r"[^\W_]+")
_PHRASE_MOST: Final = 8
_STOPPED: Final = 2  # so short a phrase does not begin with "on" or "the": "night shifts" does, one word later
_THE_STATES: Final = re.compile(r"\bU\.?S\b\.?")  # "us" is another word
NEAR_01: Final = 0.85  # a form that counts so far is the word itself, or a reviewed synonym
_REVIEWED_01, _OF_THESAURUS_01, _IN_PARTS_01 = 0.9, 0.7, 0.8

_SPELLINGS: Final = tuple(
    (re.compile(british), re.compile(american))
    for british, american in (
        ("isation", "ization"),
        ("ised", "ized"),
        ("ising", "izing"),
        ("aviour", "avior"),
        ("labour", "labor"),
        ("paed", "ped"),
        ("anaes", "anes"),
    )
)

Form = tuple[str, ...]
"""Stems that stand beside each other."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that a question asks for.

    Attributes:
        said: The question's own words.
        forms: What counts as found: the words themselves first, then their synonyms.
        phrases: The words behind each form, for the index, which stems them itself.
        shares_01: How far each form counts as what was asked for: its own words and their spellings wholly, a reviewed
            synonym nearly, a phrase of the thesaurus in part.
        marks: Each form as `joined` writes it, with its share, the largest first.
        parts: Its words one by one, likewise, where they are several.
        is_plain: It names no subject ("reduce", "good").
        is_mild: It has one, and may be missing from every paper.
        is_other: It names people whom the papers may not be about.
        is_role: It names a group within healthcare.
        is_place: It names a country.
    """

    said: str
    forms: tuple[Form, ...]
    phrases: tuple[str, ...]
    shares_01: tuple[float, ...] = ()
    marks: tuple[tuple[str, float], ...] = ()
    parts: tuple[str, ...] = ()
    is_plain: bool = False
    is_mild: bool = False
    is_other: bool = False
    is_role: bool = False
    is_place: bool = False


def tokens(text: str) -> tuple[str, ...]:
    """Words and numbers in lower case, without accents, as the index splits them.

    >>> tokens("Nurses' na\u00efve CBT-I, 12-h")
    ('nurses', 'naive', 'cbt', 'i', '12', 'h')
    """
    if text.isascii():
        return tuple(_TOKEN.findall(text.lower()))
    plain = unicodedata.normalize("NFKD", text)
    return tuple(_TOKEN.findall("".join(one for one in plain if not unicodedata.combining(one)).lower()))


def stems(text: str) -> Form:
    """Stems of a text's tokens, in their order."""
    return tuple(stem(token) for token in tokens(text))


@lru_cache(maxsize=32768)
def joined(text: str) -> str:
    """Stems of a text with a blank around each, for `has`."""
    return f" {' '.join(stems(text))} "


def has(text_joined: str, form: Form) -> bool:
    """Whether the stems stand beside each other in a text of `joined`.

    >>> has(joined("Short rests between shifts"), ("rest", "between"))
    True
    """
    return _mark(form) in text_joined


def _mark(form: Form) -> str:
    return f" {' '.join(form)} "


def finds(text_joined: str, unit: Unit) -> bool:
    """Whether any form of a unit stands in a text of `joined`."""
    return any(mark in text_joined for mark, _ in unit.marks)


def found_01(text_joined: str, unit: Unit) -> float:
    """How far a unit stands in a text of `joined`: the share of its best form, or some of its words.

    >>> night = units("on nights off")[0]
    >>> found_01(joined("A night off"), night), found_01(joined("In the morning"), night)
    (1.0, 0.0)
    """
    best = 0.0
    for mark, share in unit.marks:  # the largest share first
        if mark in text_joined:
            best = share
            break
    if best < _IN_PARTS_01 and unit.parts:
        best = max(best, _IN_PARTS_01 * sum(part in text_joined for part in unit.parts) / len(unit.parts))
    return best


def units(question: str) -> tuple[Unit, ...]:
    """What a question asks for, each once, in its order.

    >>> [unit.said for unit in units("What helps nurses on night shifts to sleep?") if not unit.is_plain]
    ['nurses', 'night shifts', 'sleep']
    """
    found: dict[tuple[Form, ...], Unit] = {}
    for unit in _units(tokens(_THE_STATES.sub("usa", question))):
        found.setdefault(unit.forms, unit)
    return tuple(found.values())


def _units(words: Sequence[str]) -> Iterator[Unit]:
    place, table, stemmed = 0, _synonyms(), tuple(map(stem, words))
    while place < len(words):
        least = _STOPPED + 1 if words[place] in STOP else 1
        sizes = range(min(_PHRASE_MOST, len(words) - place), least - 1, -1)
        step = next((size for size in sizes if stemmed[place : place + size] in table), 0)
        if step:
            part = words[place : place + step]
            yield _unit(part, table[stemmed[place : place + step]])
        elif words[place] not in STOP:
            yield _unit((words[place],), {})
        place += step or 1


def _unit(part: Sequence[str], synonyms: Mapping[Form, tuple[str, float]]) -> Unit:
    asked, said = tuple(map(stem, part)), " ".join(part)
    forms = (
        {asked: (said, 1.0)}
        | {tuple(map(stem, other)): (" ".join(other), 1.0) for other in _spellings(part)}
        | {form: phrase for form, phrase in synonyms.items() if form != asked}
    )
    alone = len(asked) == 1
    words = [word for word in part if word not in STOP and stem(word) not in _stems_of(PLAIN)]
    marks = sorted(((_mark(form), share) for form, (_, share) in forms.items()), key=lambda one: -one[1])
    return Unit(
        said,
        tuple(forms),
        tuple(phrase for phrase, _ in forms.values()),
        tuple(share for _, share in forms.values()),
        tuple(marks),
        () if alone else tuple(_mark((stem(word),)) for word in words),
        is_plain=alone and len(synonyms) == 0 and asked[0] in _stems_of(PLAIN),
        is_mild=alone and asked[0] in _stems_of(MILD),
        is_other=alone and not {part[0], part[0].removesuffix("s"), part[0].removesuffix("es")}.isdisjoint(OTHERS),
        is_role=alone and asked[0] in _stems_of(ROLES),
        is_place=asked in _places(),
    )


def _spellings(part: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The same words as British or American English writes them.

    >>> list(_spellings(("organisational", "behaviour")))
    [('organizational', 'behaviour'), ('organisational', 'behavior')]
    """
    for british, american in _SPELLINGS:
        for ours, theirs in ((british, american), (american, british)):
            changed = tuple(ours.sub(theirs.pattern, word) for word in part)
            if changed != tuple(part):
                yield changed


@cache
def _places() -> frozenset[Form]:
    return frozenset(stems(phrase) for row in COUNTRIES for phrase in row.same)


@cache
def _stems_of(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(stem, words))


@cache
def _synonyms() -> dict[Form, dict[Form, tuple[str, float]]]:
    """Forms, with their words and how far they count, by each phrase; a phrase of two rows has the forms of both."""
    table: dict[Form, dict[Form, tuple[str, float]]] = {}
    rows = [(asked, found, _OF_THESAURUS_01) for asked, found in thesaurus.shipped()]
    rows += [
        (row.same, (*row.same, *row.narrower), _REVIEWED_01) for row in (*SYNONYMS, *COUNTRIES)
    ]  # the nearer counts
    for asked, found, share in rows:
        forms = {stems(phrase): (phrase, share) for phrase in found}
        for phrase in asked:
            if share == _REVIEWED_01 or not _has_its_own_meaning(phrase):
                table[stems(phrase)] = table.get(stems(phrase), {}) | forms
    return table


def _has_its_own_meaning(phrase: str) -> bool:
    """Whether every word of a phrase is in one of the lists, which say what it counts for."""
    return all(any(one in _stems_of(words) for words in (STOP, PLAIN, MILD, OTHERS)) for one in stems(phrase))

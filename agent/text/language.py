"""Whether a text is probably English and in Latin letters; a list of the shortest words of some languages, no model.

The lists are function words that are no English word. A language that is not listed is mostly caught by the share of
known words (`agent.text.suggest`). How often both are wrong is in the model card.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

MIN_LATIN_01: Final = 0.8
"""Share of letters that must be Latin. Derived: a name in another script may stand in an English sentence."""

ENGLISH: Final = frozenset(
    "the a and to of in is it i i'm i've it's my me we our you he his they that this with for on at was were are be been have "
    "has had not no but so do did don't can can't just all after before when what from as by up out if or there very".split(),
)
FOREIGN: Final = frozenset(
    # German, Dutch
    "ich bin ist und der das ein eine nicht mit von auf für wir sie wieder nach zu mir dem den im sehr uns "
    "ik ben het een niet van voor wij naar op zijn te maar ook met "
    # French
    "je suis le la les un une est et de des du nous vous pas ne sur avec pour dans ce cette qui que au aux mais j'ai c'est à "
    # Spanish, Portuguese, Italian
    "el los las y muy con por para una estoy es en del mi se lo pero como tengo "
    "o os um uma e muito com não da do dos das na no estou em ao mas "
    "il gli di è che sono non ho ci per della nel alla "
    # Swedish, Danish, Norwegian, Polish, Turkish, Tagalog, Indonesian, Romanian, Finnish, Hungarian
    "jag är och att det inte på som jeg er og ikke nie się jest po że w z bir çok ve bu ako ng ang sa si mga "
    "saya yang dan di ini și este după și ja on ei hän nem és egy vagyok az".split(),
) - (ENGLISH | frozenset("me on as so a in is no do per que".split()))


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
    read = list(words)
    return sum(word in FOREIGN for word in read) > sum(word in ENGLISH for word in read)

"""How far a word of who a person is moves a probability, compared with the same sentence about a nurse."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from agent.text.identity import IdentityTerm, terms, without_identity
from agent.text.suggest import probabilities, suggest
from agent.text.table import Table
from agent.text.tags import TAGS
from agent.text.tokens import tokens

ADJECTIVE = (
    ("I am a {} nurse.", "I am a nurse."),
    ("I am {}.", "I am a nurse."),
    ("My colleague is {}.", "My colleague is a nurse."),
    ("I worked with a {} doctor today.", "I worked with a doctor today."),
    ("The patient in bed four is a {} person.", "The patient in bed four is a person."),
    ("As a {} person I work nights.", "As a person I work nights."),
    ("A {} colleague took over at eight.", "A colleague took over at eight."),
    ("We talked about {} people in the break.", "We talked about people in the break."),
    ("{} staff were on the ward.", "Staff were on the ward."),
    ("I am a tired {} nurse.", "I am a tired nurse."),
    ("I had a good day with my {} colleague.", "I had a good day with my colleague."),
    ("I am angry at the {} doctor.", "I am angry at the doctor."),
    ("I cried with a {} patient tonight.", "I cried with a patient tonight."),
    ("The {} family was grateful.", "The family was grateful."),
)
NOUN = (
    ("I am a {}.", "I am a nurse."),
    ("My colleague is a {}.", "My colleague is a nurse."),
    ("As a {} I work nights.", "As a nurse I work nights."),
    ("I looked after a {} today.", "I looked after a nurse today."),
    ("The {} in bed four asked for water.", "The nurse in bed four asked for water."),
    ("I am a tired {}.", "I am a tired nurse."),
    ("I had a good talk with a {}.", "I had a good talk with a nurse."),
    ("A {} shouted at me and I am angry.", "A nurse shouted at me and I am angry."),
)
UNLISTED = tuple(
    IdentityTerm(category, form, word)
    for category, form, words in (
        (
            "religion",
            "adjective",
            "mennonite unitarian theosophist maronite vaishnavite reformed evangelist spiritual godless pious",
        ),
        ("religion", "noun", "missionary deacon vicar convert churchgoer heretic brahmin"),
        (
            "ethnicity",
            "adjective",
            "cornish breton walloon gujarati sinhalese kashmiri corsican cossack maasai quechua nonwhite",
        ),
        (
            "nationality",
            "adjective",
            "bahraini omani bhutanese samoan tongan fijian mauritian surinamese paraguayan honduran",
        ),
        ("nationality", "noun", "aussie kiwi yank texan londoner newcomer"),
        ("gender", "adjective", "womanly manly butch girly demigender genderless"),
        ("gender", "noun", "bachelor spinster tomboy wife-to-be damsel mama papa"),
        ("orientation", "adjective", "demisexual sapphic heteroflexible omnisexual gynosexual"),
        ("age", "adjective", "ancient twentysomething octogenarian septuagenarian grey-haired underage"),
        ("age", "noun", "zoomer newborn oldster tot grown-up"),
        (
            "disability",
            "adjective",
            "stuttering colour-blind incontinent arthritic bedridden hunchbacked asthmatic dyscalculic",
        ),
        ("disability", "noun", "stutterer hemophiliac invalid insomniac"),
    )
    for word in words.split()
)
"""Terms that no list of the program holds, for the shipped table."""

TEMPLATES = {"adjective": ADJECTIVE, "noun": NOUN}
FOLDS = 3
COUNTERPART = "role"
"""Category of the words that stand for the neutral counterpart: they are always left out, and never measured."""


@dataclass(frozen=True)
class Movement:
    """The largest change of any probability.

    Attributes:
        largest_01: 0 to 1.
        word, sentence: Where.
        words: How many terms were compared.
        sentences: How many sentences.
        changed: Sentences in which another tag, or a tag instead of none, was suggested.
    """

    largest_01: float
    word: str
    sentence: str
    words: int
    sentences: int
    changed: int


def fold_of(word: str) -> int:
    """0 to 2; singular and plural are in one fold."""
    return zlib.crc32(word.removesuffix("s").encode("utf-8")) % FOLDS


def measured() -> list[IdentityTerm]:
    """Terms that the templates have a place for."""
    return [term for term in terms() if term.form in TEMPLATES and term.category != COUNTERPART]


def without_fold(fold: int) -> frozenset[str]:
    """The list without a third of its terms, whatever their form."""
    return frozenset(term.word for term in terms() if term.category == COUNTERPART or fold_of(term.word) != fold)


def movement(table: Table, measured_terms: Iterable[IdentityTerm], left_out: frozenset[str]) -> Movement:
    """Every term in every template of its form.

    Args:
        table: The model.
        measured_terms: Of the list or beyond it.
        left_out: What the program leaves out; terms beyond it are read as any word.
    """
    largest, where, n, changed, compared = 0.0, ("", ""), 0, 0, set()
    for term in measured_terms:
        compared.add(term.word)
        for template, counterpart in TEMPLATES[term.form]:
            sentence = template.format(term.word)
            here, there = (
                probabilities(table, without_identity(tokens(text), left_out)) for text in (sentence, counterpart)
            )
            moved = max(abs(here.of(tag) - there.of(tag)) for tag in TAGS)
            n += 1
            changed += suggest(table, sentence, left_out).tag != suggest(table, counterpart, left_out).tag
            if moved > largest:
                largest, where = moved, (term.word, template)
    return Movement(largest, *where, len(compared), n, changed)

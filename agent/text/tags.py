"""The four tags of a journal entry, and why a suggestion is withheld."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Tag(StrEnum):
    """What a person may call an entry, in the order of the table's columns."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    DISTRESSED = "distressed"


TAGS: Final = tuple(Tag)


class Withheld(StrEnum):
    """Why there is no suggestion, in the order in which it is checked."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_LATIN = "not_latin"
    TOO_SHORT = "too_short"
    NOT_ENGLISH = "not_english"
    UNKNOWN_WORDS = "unknown_words"
    UNSURE = "unsure"


WORDS: Final = {
    Withheld.EMPTY: "There are no words.",
    Withheld.TOO_LONG: "The text is longer than 1,000 characters.",
    Withheld.NOT_LATIN: "The text is not in Latin letters.",
    Withheld.TOO_SHORT: "The text has fewer than three words.",
    Withheld.NOT_ENGLISH: "The text is probably not English, and only English was tested.",
    Withheld.UNKNOWN_WORDS: "Too few of the words are known to the model.",
    Withheld.UNSURE: "No tag is likely enough.",
}
"""Each reason as a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Probability of each tag, 0 to 1; they sum to 1."""

    positive_01: float
    neutral_01: float
    negative_01: float
    distressed_01: float

    def of(self, tag: Tag) -> float:
        """Probability of one tag, 0 to 1."""
        return float(getattr(self, f"{tag.value}_01"))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may be offered to the person, who decides.

    Attributes:
        tag: None where nothing is offered.
        reason: Why nothing is offered; None with a tag.
        probabilities: None where the text was not read by the model.
    """

    tag: Tag | None
    reason: Withheld | None
    probabilities: Probabilities | None

"""What one person's page speaks: a language, the sentences of the agent in it, and their region's dates and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.page.web import catalogue
from agent.page.web.catalogue import Catalogue, Entry
from agent.page.web.local_forms import LocalForms
from agent.page.web.sentences import Sentences

SCRIPT_FAMILIES = ("part", "level", "label")
"""Families of words that the page's scripts look values up in."""


@dataclass(frozen=True, slots=True)
class Local:
    """One person's language and region.

    Attributes:
        language: A key of `catalogue.LANGUAGES`.
        words: The page's sentences.
        sentences: The agent's.
        forms: Of dates and numbers.
    """

    language: str
    words: Catalogue
    sentences: Sentences
    forms: LocalForms = field(default_factory=LocalForms)

    def t(self, key: str, **with_: object) -> str:
        """A sentence of the catalogue."""
        return self.words.t(key, **with_)

    def word(self, family: str, value: str, **with_: object) -> str:
        """What a value of the data is called."""
        return self.words.word(family, value, **with_)

    def said(self, text: str) -> str:
        """A sentence of the agent's, in this language."""
        return self.sentences.say(text)

    def sentence(self, text: str) -> str:
        """A clause of the agent's, as a sentence in this language."""
        said = self.said(text)
        made = said[:1].upper() + said[1:]
        return made if made[-1:] in (".", "!", "?", ":", "") else f"{made}."

    def row_state(self, state: str) -> str:
        """What became of a row: ``refused:REASON`` has its reason in words."""
        name, _, reason = state.partition(":")
        words = self.word("state", name)
        return f"{words}: {self.word('reason', reason)}" if reason else words

    def states(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """States of the agent's parts, with words and remedies in this language."""
        return [row | {"words": self.said(row["words"]), "remedy": self.said(row["remedy"])} for row in rows]

    def script_words(self) -> dict[str, Entry]:
        """Sentences that the page's scripts say, and the families of words that they look values up in."""
        own = {key.removeprefix("js."): words for key, words in self.words.of_families("js").items()}
        return (
            own | self.words.of_families(*SCRIPT_FAMILIES) | {"unknown": self.words.of_families("app")["app.unknown"]}
        )


class Locals:
    """Languages that were asked for, each read once.

    Args:
        rows: Sentences that rows of tables bring along, in English.
    """

    def __init__(self, rows: Mapping[str, str]) -> None:
        self._rows = rows
        self._read: dict[str, tuple[Catalogue, Sentences]] = {}

    def of(self, language: str, forms: LocalForms | None = None) -> Local:
        """What a person with that language and region sees."""
        if language not in self._read:
            sentences = Sentences(catalogue.read_sentences(language), catalogue.LANGUAGES[language].weekdays)
            self._read[language] = (Catalogue(language, self._rows), sentences)
        return Local(language, *self._read[language], forms or LocalForms())

"""The page's sentences: one folder of JSON files a language (``words/en`` and others), the same keys in each.

A sentence that depends on a count has an object in place of a string: one entry for each plural category of the
language. The sentence is chosen by its field ``n``. Tests compare the languages: the same keys, the same fields.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "words"
_TWO_STOPS: Final = re.compile(r"(?<!\.)\.\.(?!\.)")
_AGENT: Final = "agent.json"  # the agent's own sentences (`sentences`), no keys of templates

Entry = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the page.

    Attributes:
        name: What its speakers call it.
        weekdays: Short names, Monday first, for times in the agent's sentences.
        plural: The plural category of a count that is whole and not negative, below a million (CLDR 47, cardinal
            plural rules, https://www.unicode.org/cldr/charts/47/supplemental/language_plural_rules.html).
    """

    name: str
    plural: Callable[[int], str]
    weekdays: tuple[str, ...]


def _one_is_singular(n: int) -> str:
    return "one" if n == 1 else "other"


def _none_and_one_are_singular(n: int) -> str:
    return "one" if n <= 1 else "other"


LANGUAGES: Final[dict[str, Language]] = {
    "en": Language("English", _one_is_singular, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
    "de": Language("Deutsch", _one_is_singular, ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So.")),
    "es": Language("Español", _one_is_singular, ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")),
    "fr": Language("Français", _none_and_one_are_singular, ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")),
}
"""Languages by tag, in the order in which the page offers them. The first one is that of the keys and of new rows."""

FIRST: Final = next(iter(LANGUAGES))


class Catalogue:
    """All sentences of one language.

    Args:
        language: A key of LANGUAGES.
        rows: Sentences that rows of tables bring along, in English: of these the language's own come first.
    """

    def __init__(self, language: str, rows: Mapping[str, str]) -> None:
        self._plural = LANGUAGES[language].plural
        self._entries: dict[str, Entry] = {**rows, **read(language)}

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def t(self, key: str, **with_: object) -> str:
        """A sentence. A field that ends with a full stop (30. Nov.) ends the sentence with it.

        Args:
            key: Its key.
            with_: Its fields; ``n`` chooses among plural forms.

        Raises:
            KeyError: The catalogue does not have the key.
        """
        entry = self._entries[key]
        if isinstance(entry, dict):
            entry = entry[self._plural(int(str(with_["n"])))]
        return _TWO_STOPS.sub(".", entry.format(**with_))

    def word(self, family: str, value: str, **with_: object) -> str:
        """What a value of the data is called: the entry ``family.value``, with its fields.

        A value without an entry is shown as it is, marked as unknown: an agent of a later release may send it.
        """
        key = f"{family}.{value}"
        return self.t(key, **with_) if key in self._entries else self.t("app.unknown", value=value)

    def of_families(self, *families: str) -> dict[str, Entry]:
        """The entries whose key begins with one of the families."""
        return {key: entry for key, entry in self._entries.items() if key.split(".")[0] in families}


def read(language: str) -> dict[str, Entry]:
    """The files of a language as one mapping."""
    made: dict[str, Entry] = {}
    for file in sorted((_FOLDER / language).glob("*.json")):
        if file.name != _AGENT:
            made |= json.loads(file.read_text(encoding="utf-8"))
    return made


def read_sentences(language: str) -> dict[str, str]:
    """The agent's own sentences: the English one with numbered fields, and the same in the language."""
    file = _FOLDER / language / _AGENT
    made: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return made


def chosen(wanted: str) -> str:
    """The language that is shown for a list of tags as browsers give them, best first.

    >>> chosen("de-CH,fr;q=0.5"), chosen("pt"), chosen("")
    ('de', 'en', 'en')
    """
    for tag in wanted.split(","):
        name = tag.split(";")[0].split("-")[0].strip().lower()
        if name in LANGUAGES:
            return name
    return FIRST

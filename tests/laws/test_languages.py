"""Every language says everything: the same keys, the same fields, each plural form, and the agent's own sentences."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.page.web import catalogue
from agent.page.web.catalogue import FIRST, LANGUAGES, Entry
from agent.page.web.sentences import Sentences
from agent.sources import SOURCES
from agent.tables import team
from agent.tables.days import DAYS
from agent.tables.signals import SIGNALS
from tests.support.agent_sentences import MODULES, collected, not_looked_at

FOLDER = Path(catalogue.__file__).parent / "words"
OTHERS = [name for name in LANGUAGES if name != FIRST]
SAME: dict[str, list[str]] = json.loads((Path(__file__).parent / "same_in_languages.json").read_text(encoding="utf-8"))
"""By language: keys, and sentences of the agent, whose words are those of English: names, signs, true cognates."""

_LONGER = 2.6  # times the English, for texts of 12 characters and more: more is a mistake rather than a language


ROWS: dict[str, Entry] = {
    **{f"part.source.{name}": row.title for name, row in SOURCES.items()},
    **{f"signal.{name}": row.words for name, row in SIGNALS.items()},
    **{f"number.{name}": row.title for name, row in DAYS.items()},
    **team.names(),
}
"""What rows of tables say in English: the other languages have it in ``rows.json``."""


def fields(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def forms(entry: Entry) -> dict[str, str]:
    return {"": entry} if isinstance(entry, str) else entry


def faults(
    english: Mapping[str, Entry], other: Mapping[str, Entry], categories: set[str], same: list[str]
) -> list[str]:
    """What a language lacks, has too much, or says with other fields."""
    found = [f"{key}: missing" for key in sorted(set(english) - set(other))]
    found += [f"{key}: English does not have it" for key in sorted(set(other) - set(english))]
    for key in sorted(set(english) & set(other)):
        ours, theirs = english[key], other[key]
        if isinstance(ours, dict) != isinstance(theirs, dict):
            found.append(f"{key}: a plural in one language and none in the other")
            continue
        if isinstance(theirs, dict) and set(theirs) != categories:
            found.append(f"{key}: it has the forms {sorted(theirs)}")
        wanted = set().union(*map(fields, forms(ours).values()))
        for form, text in forms(theirs).items():
            if not text.strip():
                found.append(f"{key} {form}: empty")
            if not fields(text) <= wanted or (form in ("", "other") and fields(text) != wanted):
                found.append(f"{key} {form}: the fields {sorted(fields(text))}, not {sorted(wanted)}")
            longest = max(map(len, forms(ours).values()))
            if longest >= 12 and len(text) > _LONGER * longest:
                found.append(f"{key} {form}: far longer than the English")
        if ours == theirs and key not in same and re.search(r"[^\W\d_]{3}", str(ours)):
            found.append(f"{key}: as in English; list it in same_in_languages.json if that is right")
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_everything(language):
    categories = {LANGUAGES[language].plural(n) for n in range(200)}
    assert faults(ROWS | catalogue.read(FIRST), catalogue.read(language), categories, SAME[language]) == []


@pytest.mark.parametrize(
    ("breach", "fault"),
    [
        ({"a": "eins {n}"}, "b: missing"),
        ({"a": "eins {n}", "b": "zwei", "c": "drei"}, "c: English does not have it"),
        ({"a": "eins", "b": "zwei"}, "a : the fields [], not ['n']"),
        ({"a": "eins {n} {x}", "b": "zwei"}, "a : the fields ['n', 'x'], not ['n']"),
        ({"a": "eins {n}", "b": " "}, "b : empty"),
        ({"a": "eins {n}", "b": "second thing here"}, "b: as in English"),
        ({"a": "eins {n}", "b": "lang " * 20}, "b : far longer"),
        ({"a": {"one": "{n}", "other": "{n}"}, "b": "zwei"}, "a: a plural in one language"),
    ],
)
def test_each_fault_is_found(breach, fault):
    english = {"a": "one {n}", "b": "second thing here"}
    assert any(one.startswith(fault) for one in faults(english, breach, {"one", "other"}, []))
    assert faults(english, {"a": "eins {n}", "b": "zweites"}, {"one", "other"}, []) == []


def test_a_missing_plural_form_is_found():
    english = {"a": {"one": "{n} day", "other": "{n} days"}}
    assert faults(english, {"a": {"other": "{n} Tage"}}, {"one", "other"}, []) == ["a: it has the forms ['other']"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_agent_is_there(language):
    ours, theirs = collected(), catalogue.read_sentences(language)
    missing = [f"{module}: {text}" for text, module in ours.items() if text not in theirs]
    stale = [text for text in theirs if text not in ours]
    other_fields = [text for text, made in theirs.items() if fields(text) != fields(made)]
    same = [text for text, made in theirs.items() if text == made and text not in SAME[language]]
    assert (missing, stale, other_fields, same) == ([], [], [], [])


def test_every_module_that_speaks_through_the_page_is_looked_at():
    assert not_looked_at() == set()
    planted = [one for one in MODULES if one != "agent/control/camera_words.py"]
    assert not_looked_at(planted) == {"agent/control/camera_words.py"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_one_name_in_the_menu_and_above_it(language):
    words = catalogue.read(language)
    titles = {
        "today": "today",
        "weeks": "weeks",
        "days": "days",
        "check-in": "check",
        "sharing": "sharing",
        "help": "help",
    }
    names = {page: (str(words[f"page.{page}"]), str(words[f"{key}.title"])) for page, key in titles.items()}
    assert {page: menu for page, (menu, title) in names.items() if menu.replace("\u00ad", "") != title} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_with_its_fields_is_said_in_the_language(language):
    templates = catalogue.read_sentences(language)
    made = Sentences(templates)
    for text, other in templates.items():
        given = {number: f"X{number}Y" for number in fields(text)}
        filled = re.sub(r"\{(\d)\}", lambda one, given=given: given[one[1]], text)
        wanted = re.sub(r"\{(\d)\}", lambda one, given=given: given[one[1]], other)
        assert made.say(filled) == wanted or _is_said_by_another(filled, text, templates), text


def _is_said_by_another(filled: str, text: str, templates: Mapping[str, str]) -> bool:
    """Whether a template with more words of its own fits the same sentence, too."""
    bare = len(re.sub(r"\{\d\}", "", text))
    patterns = (
        re.sub(r"\\\{\d\\\}", ".+", re.escape(one))
        for one in templates
        if len(re.sub(r"\{\d\}", "", one)) >= bare and one != text
    )
    return any(re.fullmatch(one, filled) for one in patterns)


def test_the_collector_finds_a_planted_sentence():
    from tests.support.agent_sentences import sentences

    source = 'def f(x):\n    """No sentence of a page."""\n    log.info("not this one either")\n    raise Gone(f"the {x.name} is gone", remedy="Bring it back, please.")\n    self.board.set("a", "word", "ready")\n'
    assert sentences(source) == {"the {0} is gone", "Bring it back, please.", "ready"}

"""The pages' HTML, under one profile. Rows are in `table`; sentences stand in one catalogue (`words_en.json`)."""

import json
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.page.web.table import PAGES, Answer, Ask, PageRequest, PageSpec
from agent.system import host
from agent.tables.profiles import Profile

_HERE: Final = Path(__file__).parent
SCRIPT_FAMILIES: Final = ("part", "level", "label")  # of the catalogue; scripts look values up in them
_WITH_INDEX: Final = "strain"
_WEEKS_S: Final = 300.0
_INWARD: Final = ("measuring", "windows")


class Pages:
    """Renders under one profile.

    Args:
        hello: What the agent said at the beginning.
    """

    def __init__(self, hello: Answer) -> None:
        self._hello, self._profile = hello, hello["profile"]
        self._weeks_of: tuple[list[Answer], float, Answer] | None = None
        self._words: dict[str, str] = {}
        for file in (_HERE / "words_en.json", *sorted((_HERE / "words/en").glob("*.json"))):
            self._words |= json.loads(file.read_text(encoding="utf-8"))
        names: dict[str, str] = hello["names"]  # of sensors and signals: each row carries its own words
        self._words |= names
        for page in PAGES.values():
            self._words |= page.words
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        self._jinja.globals |= {
            "t": self.t,
            "word": self.word,
            "row_state": self.row_state,
            "profile": self._profile,
            "menu": self.menu(),
            "titles": {page.name: page.title for page in PAGES.values()},
            "is_free": not self._profile["purposes"],
        }
        self._jinja.tests["is_sensor"] = lambda one: one["part"].startswith("source.") or one["part"] in _INWARD
        self._jinja.filters |= {
            "when": _when,
            "clock": _clock,
            "day": _day,
            "number": _number,
            "first_word": _first_word,
        }

    def t(self, key: str, **with_: object) -> str:
        """A sentence of the catalogue."""
        return self._words[key].format(**with_)

    def word(self, family: str, value: str) -> str:
        """What a value of the data is called: the entry ``family.value`` of the catalogue.

        A value without an entry is shown as it is, marked as unknown: an agent of a later release may send it.
        """
        found = self._words.get(f"{family}.{value}")
        return self.t("app.unknown", value=value) if found is None else found

    def row_state(self, state: str) -> str:
        """What became of a row: ``refused:REASON`` has its reason in words."""
        name, _, reason = state.partition(":")
        words = self.word("state", name)
        return f"{words}: {self.word('reason', reason)}" if reason else words

    def menu(self) -> dict[str, str]:
        """Pages that the profile has: the title by the name, in order."""
        return {page.name: page.title for page in PAGES.values() if self._has(page)}

    def _has(self, page: PageSpec) -> bool:
        if page.in_every_profile:
            return True
        if page.name not in self._profile["pages"] and page.with_kind not in self._profile["kinds"]:
            return False
        return not page.needs_kinds or any(map(Profile.from_json(self._profile).shows, page.needs_kinds))

    def with_index(self) -> bool:
        """Whether the place has the index."""
        return not self._profile["purposes"] or _WITH_INDEX in self._profile["kinds"]

    def script_words(self) -> dict[str, str]:
        """Sentences that the page's scripts say, and the families of words that they look values up in."""
        own = {key.removeprefix("js."): words for key, words in self._words.items() if key.startswith("js.")}
        shared = {key: words for key, words in self._words.items() if key.split(".")[0] in SCRIPT_FAMILIES}
        return own | shared | {"unknown": self._words["app.unknown"]}

    def shell(self) -> str:
        """The frame around every page; nothing about anybody."""
        return self._jinja.get_template("shell.html").render()

    def fragment(self, name: str, /, **with_: Any) -> str:
        """A part of a page."""
        return self._jinja.get_template(f"{name}.html").render(**with_)

    async def render(self, name: str, query: dict[str, str], ask: Ask, long_query: Ask) -> str | None:
        """A page's HTML; None where the place has none of that name."""
        page, _, rest = name.partition("/")
        if page == "about" and f"made.{rest}.words" in self._words and (rest != "index" or self.with_index()):
            return self.fragment("made", what=rest)
        if page == "about":
            made = await ask("about", {"name": rest})
            return self.fragment("about-day" if "grade" in made else "about", **made)
        if page not in self.menu():
            return None
        looked_back = partial(self._looked_back, long_query)
        request = PageRequest(query, ask, long_query, looked_back, self.t, self.word, self.with_index())
        return self.fragment(page, **await PAGES[page].variables(request))

    def forget_weeks(self) -> None:
        """The person did something: what was read before may not hold."""
        self._weeks_of = None

    async def _looked_back(self, long_query: Ask, notes: list[Answer]) -> Answer:
        """The reader's answer; it takes seconds, and changes with each window and with the person's notes."""
        if self._weeks_of is None or self._weeks_of[0] != notes or time.monotonic() - self._weeks_of[1] > _WEEKS_S:
            self._weeks_of = (notes, time.monotonic(), await long_query("weeks"))
        return self._weeks_of[2]


def _when(utc_s: float) -> str:
    return f"{host.local_time(utc_s):%a %d %b %Y, %H:%M}"


def _day(utc_s: float) -> str:
    return f"{host.local_time(utc_s):%a %d %b %Y}"


def _clock(utc_s: float) -> str:
    return f"{host.local_time(utc_s):%H:%M}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}"


def _first_word(state: str) -> str:
    """The class of a state in the style sheet; what is no plain word gets none."""
    word = state.partition(":")[0]
    return word if word.isalpha() else "unknown"

"""The pages' HTML, under one profile. Rows are in `table`; sentences stand in catalogues (`catalogue`)."""

import asyncio
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from agent.page.web import amounts, static_files, table
from agent.page.web.catalogue import FIRST, LANGUAGES
from agent.page.web.local import Local, Locals
from agent.page.web.page_request import Answer, Ask, PageRequest
from agent.page.web.table import PAGES, PageSpec
from agent.tables.profiles import Profile

_HERE: Final = Path(__file__).parent
_WITH_INDEX: Final = "strain"
_WEEKS_S: Final = 300.0
_INWARD: Final = ("measuring", "windows")


class Pages:
    """Renders under one profile.

    Args:
        hello: What the agent said at the beginning.
    """

    def __init__(self, hello: Answer) -> None:
        self._profile = hello["profile"]
        self._weeks_of: tuple[list[Answer], float, Answer] | None = None
        self._looking, self._forgotten = asyncio.Lock(), 0
        rows: dict[str, str] = dict(hello["names"])  # of sensors and signals: each row carries its own words
        for page in PAGES.values():
            rows |= {f"page.{page.name}": page.title} | dict(page.words)
        self._locals = Locals(rows)
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        self._jinja.globals |= {
            "profile": self._profile,
            "menu": self.menu(),
            "rows_of_menu": tuple(PAGES[name] for name in self.menu()),
            "languages": {tag: one.name for tag, one in LANGUAGES.items()},
            "version": hello.get("version", ""),
            "has_journal": sys.platform == "linux",
            "is_free": not self._profile["purposes"],
        }
        self._jinja.tests["is_sensor"] = lambda one: one["part"].startswith("source.") or one["part"] in _INWARD
        self._jinja.filters |= {
            "when": pass_context(lambda context, utc_s: _local(context).forms.moment(utc_s)),
            "clock": pass_context(lambda context, utc_s: _local(context).forms.clock(utc_s)),
            "minutes": pass_context(lambda context, minutes: _local(context).forms.minutes(minutes)),
            "day": pass_context(lambda context, day: _local(context).forms.day(day)),
            "full_day": pass_context(lambda context, day: _local(context).forms.full_day(day)),
            "number": pass_context(lambda context, value: _local(context).forms.short(value)),
            "share": pass_context(lambda context, value: _local(context).forms.share(value)),
            "said": pass_context(lambda context, text: _local(context).said(text)),
            "first_word": _first_word,
            "sentence": pass_context(lambda context, text: _local(context).sentence(text)),
        }

    def local(self, language: str = FIRST, forms: Any = None) -> Local:
        """What a person with that language and region sees."""
        return self._locals.of(language, forms)

    def menu(self) -> tuple[str, ...]:
        """Names of the pages that the profile has, in order."""
        return tuple(page.name for page in PAGES.values() if self._has(page))

    def _has(self, page: PageSpec) -> bool:
        if page.in_every_profile:
            return True
        if page.name not in self._profile["pages"] and page.with_kind not in self._profile["kinds"]:
            return False
        return not page.needs_kinds or any(map(Profile.from_json(self._profile).shows, page.needs_kinds))

    def with_index(self) -> bool:
        """Whether the place has the index."""
        return not self._profile["purposes"] or _WITH_INDEX in self._profile["kinds"]

    def shell(self, local: Local) -> str:
        """The frame around every page; nothing about anybody."""
        return self.fragment("shell", local, style=static_files.STYLE, modules=static_files.modules())

    def fragment(self, name: str, local: Local, /, **with_: Any) -> str:
        """A part of a page."""
        common = {"local": local, "t": local.t, "word": local.word, "row_state": local.row_state}
        return self._jinja.get_template(f"{name}.html").render(common | with_)

    async def render(
        self, name: str, query: dict[str, str], ask: Ask, long_query: Ask, local: Local | None = None
    ) -> str | None:
        """A page's HTML; None where the place has none of that name."""
        local = local or self.local()
        page, _, rest = name.partition("/")
        if page == "about" and f"made.{rest}.words" in local.words and (rest != "index" or self.with_index()):
            return self.fragment("made", local, what=rest)
        if page == "about":
            made = await ask("about", {"name": rest})
            if "grade" in made:
                return self.fragment("about-day", local, **made)
            return self.fragment("about", local, **made, **amounts.shown(made, local))
        if page not in self.menu():
            return None
        return self.fragment(page, local, **await PAGES[page].variables(self._request(query, ask, long_query, local)))

    async def standing(self, ask: Ask, long_query: Ask, local: Local) -> str:
        """How the person stands: the part of the first page that waits for the reader."""
        request = self._request({}, ask, long_query, local)
        return self.fragment("standing", local, **await table.standing_of(request))

    def _request(self, query: dict[str, str], ask: Ask, long_query: Ask, local: Local) -> PageRequest:
        looked_back = partial(self._looked_back, long_query)
        return PageRequest(query, ask, long_query, looked_back, local, self.with_index(), self.menu())

    def forget_weeks(self) -> None:
        """The person did something: what was read before may not hold, nor what is being read now."""
        self._weeks_of = None
        self._forgotten += 1

    async def _looked_back(self, long_query: Ask, notes: list[Answer]) -> Answer:
        """The reader's answer; it takes a moment, and changes with each window and with the person's notes.

        Two parts of the page that ask at once wait for one reader.
        """
        async with self._looking:
            before = self._weeks_of
            if before is not None and before[0] == notes and time.monotonic() - before[1] <= _WEEKS_S:
                return before[2]
            forgotten, made = self._forgotten, await long_query("weeks")
            if forgotten == self._forgotten:
                self._weeks_of = (notes, time.monotonic(), made)
            return made


def _local(context: Context) -> Local:
    local: Local = context["local"]
    return local


def _first_word(state: str) -> str:
    """The class of a state in the style sheet; what is no plain word gets none."""
    word = state.partition(":")[0]
    return word if word.isalpha() else "unknown"

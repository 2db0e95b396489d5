"""The pages: what each asks of the agent, and its HTML. Text stands in one catalogue (`words_en.json`)."""

import json
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.page.web import charts

_HERE: Final = Path(__file__).parent
MENU: Final = ("now", "weeks", "left", "say", "check-in", "first")
SCRIPT_FAMILIES: Final = ("part", "level", "label")  # of the catalogue; scripts look values up in them
_WITH_INDEX: Final = "strain"
_WEEKS_S: Final = 300.0
_INWARD: Final = ("measuring", "windows")

Asked = dict[str, Any]
Ask = Callable[..., Awaitable[Asked]]


class Pages:
    """Renders under one profile.

    Args:
        hello: What the agent said at the beginning.
    """

    def __init__(self, hello: Asked) -> None:
        self._hello, self._profile = hello, hello["profile"]
        self._weeks_of: tuple[list[Asked], float, Asked] | None = None
        self._words: dict[str, str] = json.loads((_HERE / "words_en.json").read_text(encoding="utf-8"))
        names: dict[str, str] = hello["names"]  # of sensors and signals: each row carries its own words
        self._words |= names
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
            "is_free": not self._profile["purposes"],
        }
        self._jinja.tests["is_sensor"] = lambda one: one["part"].startswith("source.") or one["part"] in _INWARD
        self._jinja.filters |= {"when": _when, "clock": _clock, "number": _number, "first_word": _first_word}

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

    def menu(self) -> list[str]:
        """Pages that the place has."""
        return [name for name in MENU if name in self._profile["pages"] or name == "first" or self._lines_only(name)]

    def _lines_only(self, name: str) -> bool:
        """A place without check-ins may still have the one line about tiredness."""
        return name == "check-in" and "fatigue" in self._profile["kinds"]

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
            return self.fragment("about", **await ask("about", {"name": rest}))
        if page not in self.menu():
            return None
        made = await getattr(self, f"_{page.replace('-', '_')}")(query, ask, long_query)
        return self.fragment(page, **made)

    async def _now(self, _: Asked, ask: Ask, __: Ask) -> Asked:
        return {
            "now": await ask("now"),
            "window": await ask("window"),
            "place": await ask("place"),
        }

    async def _weeks(self, _: Asked, ask: Ask, long_query: Ask) -> Asked:
        notes = (await ask("notes"))["notes"]
        # notes, and whether there is anything at all: what is erased in a terminal is gone here, too
        made = await self._looked_back([*notes, {"is_there": (await ask("place"))["has_history"]}], long_query)
        with_index = self.with_index()
        scored = [week for week in made["weeks"] if week["points"]]
        return {
            "made": made,
            "with_index": with_index,
            "detail": list(zip(made["weeks"], made["beats"], strict=True))[::-1],
            "strip": charts.strip(made["weeks"], self.t, with_index=with_index)
            if any(week["channels"] for week in made["weeks"])
            else None,
            "days": charts.days(made["days"], made["band"], self.t),
            "points": charts.contributions(scored[-1], made["words"], self.t) if scored else None,
            "hours": charts.hours(made["hours"], self.t),
            "ribbons": [
                charts.ribbon(name, made["words"][name], rows, self.t) for name, rows in made["ribbons"].items()
            ],
            "notes": notes,
        }

    def forget_weeks(self) -> None:
        """The person did something: what was read before may not hold."""
        self._weeks_of = None

    async def _looked_back(self, notes: list[Asked], long_query: Ask) -> Asked:
        """The reader's answer; it takes seconds, and changes with each window and with the person's notes."""
        if self._weeks_of is None or self._weeks_of[0] != notes or time.monotonic() - self._weeks_of[1] > _WEEKS_S:
            self._weeks_of = (notes, time.monotonic(), await long_query("weeks"))
        return self._weeks_of[2]

    async def _left(self, query: Asked, ask: Ask, __: Ask) -> Asked:
        before = query.get("before", "")
        made = await ask("left", {"before": int(before) if before.isdecimal() and len(before) < 16 else None})
        return made | {"runs": runs(made["rows"]), "before": before}

    async def _say(self, _: Asked, ask: Ask, __: Ask) -> Asked:
        return {"say": await ask("say")}

    async def _check_in(self, _: Asked, ask: Ask, __: Ask) -> Asked:
        return await ask("check-ins")

    async def _first(self, _: Asked, ask: Ask, __: Ask) -> Asked:
        return {"place": await ask("place")}


def runs(rows: list[Asked]) -> list[list[Asked]]:
    """Rows as they are shown: settled covers that follow each other stand together, everything else by itself."""
    made: list[list[Asked]] = []
    for row in rows:
        alike = bool(made) and all(
            one["kind"] == "cover" and one["state"] == row["state"] for one in (made[-1][0], row)
        )
        if alike:
            made[-1].append(row)
        else:
            made.append([row])
    return made


def _when(utc_s: float) -> str:
    return f"{datetime.fromtimestamp(utc_s).astimezone():%a %d %b %Y, %H:%M}"


def _clock(utc_s: float) -> str:
    return f"{datetime.fromtimestamp(utc_s).astimezone():%H:%M}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}"


def _first_word(state: str) -> str:
    """The class of a state in the style sheet; what is no plain word gets none."""
    word = state.partition(":")[0]
    return word if word.isalpha() else "unknown"

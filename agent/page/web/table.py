"""The pages of the worker's page: each is one template and one row here.

A row names the questions that the page asks of the agent. Each answer reaches the template under the question's name.
Where an answer needs work before it can be shown, the row names a function.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agent.page.web import charts, day_charts
from agent.tables.days import DAYS, MOODS

Answer = dict[str, Any]
Ask = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a row's function can use.

    Attributes:
        query: The part of the address behind the question mark.
        ask: Asks the running agent a question of `agent.page.queries`.
        long_query: Asks a job of `agent.page.reader`.
        look_back: The reader's answer about the weeks; its argument is what the answer depends on.
        t: A sentence of the catalogue.
        word: What a value of the data is called.
        with_index: Whether the profile has the index.
    """

    query: Mapping[str, str]
    ask: Ask
    long_query: Ask
    look_back: Callable[[list[Answer]], Awaitable[Answer]]
    t: Callable[..., str]
    word: Callable[[str, str], str]
    with_index: bool


Prepare = Callable[[PageRequest], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page.

    Attributes:
        name: In the address, and of the template (``templates/NAME.html``).
        title: In the menu.
        asks: Questions whose answers the template shows; a hyphen in a name becomes an underscore.
        prepare: Makes the template's variables where answers need work; in place of ``asks``.
        in_every_profile: Whether each profile has the page; else a profile lists it.
        with_kind: A profile that releases numbers of this kind has the page too; empty for none.
        needs_kinds: Where a profile shows none of these kinds, the page is not there; empty: it needs none.
        words: Sentences of this page that are not in the catalogue, by their keys.
    """

    name: str
    title: str
    asks: tuple[str, ...] = ()
    prepare: Prepare | None = None
    in_every_profile: bool = False
    with_kind: str = ""
    needs_kinds: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)

    async def variables(self, request: PageRequest) -> Answer:
        """What the template shows.

        Raises:
            Refused: The agent says no.
        """
        if self.prepare is not None:
            return await self.prepare(request)
        return {name.replace("-", "_"): await request.ask(name) for name in self.asks}


async def _weeks(request: PageRequest) -> Answer:
    notes = (await request.ask("notes"))["notes"]
    # notes, and whether there is anything at all: what is erased in a terminal is gone here, too
    made = await request.look_back([*notes, {"is_there": (await request.ask("place"))["has_history"]}])
    scored = [week for week in made["weeks"] if week["points"]]
    has_any = any(week["channels"] for week in made["weeks"])
    return {
        "made": made,
        "with_index": request.with_index,
        "detail": list(zip(made["weeks"], made["beats"], strict=True))[::-1],
        "strip": charts.strip(made["weeks"], request.t, with_index=request.with_index) if has_any else None,
        "days": charts.days(made["days"], made["band"], request.t),
        "points": charts.contributions(scored[-1], made["words"], request.t) if scored else None,
        "hours": charts.hours(made["hours"], request.t),
        "ribbons": [
            charts.ribbon(name, made["words"][name], rows, request.t) for name, rows in made["ribbons"].items()
        ],
        "notes": notes,
    }


async def _days(request: PageRequest) -> Answer:
    made = await request.long_query("days")  # never kept: the words of the journal are in it
    journal, roster = made["journal"], made["roster"]
    charts_of = {one["name"]: day_charts.numbers(one, made["days"], request.t, request.word) for one in made["numbers"]}
    return {
        "made": made,
        "journal": journal,
        "moods": MOODS,
        "roster": roster,
        "trend": day_charts.journal(journal["days"], made["days"], request.t, request.word) if journal else None,
        "sleep": charts_of.pop("sleep_h", None),
        "others": list(charts_of.values()),
        "strip": day_charts.roster(roster, request.t, request.word) if roster and not roster["is_empty"] else None,
    }


async def _left(request: PageRequest) -> Answer:
    before = request.query.get("before", "")
    index = int(before) if before.isdecimal() and len(before) < 16 else None
    made = await request.ask("left", {"before": index})
    return made | {"runs": runs(made["rows"]), "before": before, "looked": await request.ask("looks")}


def runs(rows: list[Answer]) -> list[list[Answer]]:
    """Groups of rows for display: consecutive covers in the same state form one group; any other row stands alone."""
    made: list[list[Answer]] = []
    for row in rows:
        is_alike = bool(made) and all(
            one["kind"] == "cover" and one["state"] == row["state"] for one in (made[-1][0], row)
        )
        if is_alike:
            made[-1].append(row)
        else:
            made.append([row])
    return made


PAGES: Final[dict[str, PageSpec]] = {
    page.name: page
    for page in (
        PageSpec("now", "Now", asks=("now", "window", "place", "alerts")),
        PageSpec("weeks", "Your weeks", prepare=_weeks),
        PageSpec("days", "Your days", prepare=_days, needs_kinds=frozenset(row.kind for row in DAYS.values())),
        PageSpec("left", "What left", prepare=_left),
        PageSpec("say", "Your say", asks=("say",)),
        # a profile without check-ins may still have the one line about tiredness
        PageSpec("check-in", "Check-in", asks=("check-ins",), with_kind="fatigue"),
        PageSpec("first", "First steps", asks=("place",), in_every_profile=True),
    )
}
"""Every page by name, in the menu's order."""

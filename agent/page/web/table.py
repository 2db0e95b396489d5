"""The pages of the worker's page: each is one template and one row here.

A row names the questions that the page asks of the agent. Each answer reaches the template under the question's name.
Where an answer needs work before it can be shown, the row names a function.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.page.web import days_page, needs, privacy_page, sharing_page, standing, weeks_page
from agent.page.web.page_request import Answer, PageRequest, looked_back
from agent.page.web.position import position
from agent.tables.days import DAYS

Prepare = Callable[[PageRequest], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page.

    Attributes:
        name: In the address, and of the template (``templates/NAME.html``).
        title: In the menu, in English: a catalogue's entry ``page.NAME`` comes first.
        place: Where the menu has it: ``bar`` on every screen; ``top`` on wide ones, else under "More"; ``more``; or
            ``hidden``: another page leads there.
        asks: Questions whose answers the template shows; a hyphen in a name becomes an underscore.
        prepare: Makes the template's variables where answers need work; in place of ``asks``.
        in_every_profile: Whether each profile has the page; else a profile lists it.
        with_kind: A profile that releases numbers of this kind has the page too; empty for none.
        needs_kinds: Where a profile shows none of these kinds, the page is not there; empty: it needs none.
        words: Sentences of this page that are not in the catalogue, by their keys.
    """

    name: str
    title: str
    place: str = "more"
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


async def _today(request: PageRequest) -> Answer:
    answers = {name: await request.ask(name) for name in ("now", "window", "place", "alerts")}
    check_ins = await request.ask("check-ins") if "check-in" in request.menu else {"instruments": []}
    return answers | {
        "now_utc_s": int(time.time()),
        "standing": None,
        "needs": needs.needed(answers["now"], answers["place"], check_ins, request.local),
    }


async def standing_of(request: PageRequest) -> Answer:
    """What `standing.html` shows."""
    made = await looked_back(request)
    place, sent = await request.ask("place"), await request.ask("left", {"before": None, "most": 1})
    local, with_index = request.local, request.with_index
    shown = standing.variables(made, place, sent, local, int(time.time()), with_index=with_index)
    return shown | {"position": position(made["weeks"], shown["state"], local, with_index=with_index)}


PAGES: Final[dict[str, PageSpec]] = {
    page.name: page
    for page in (
        PageSpec("today", "Today", "bar", prepare=_today),
        PageSpec("weeks", "Weeks", "bar", prepare=weeks_page.variables),
        PageSpec(
            "days", "Days", "bar", prepare=days_page.variables, needs_kinds=frozenset(row.kind for row in DAYS.values())
        ),
        # a profile without check-ins may still have the one line about tiredness
        PageSpec("check-in", "Check-in", "bar", asks=("check-ins",), with_kind="fatigue"),
        PageSpec("sharing", "Sharing", "top", prepare=sharing_page.variables),
        PageSpec("privacy", "Privacy & controls", "top", prepare=privacy_page.variables),
        PageSpec("first", "First steps", asks=("place",), in_every_profile=True),
        PageSpec("help", "Help", asks=("place",), in_every_profile=True),
        PageSpec("notice", "Notice about the camera", "hidden", asks=("camera",), in_every_profile=True),
    )
}
"""Every page by name, in the menu's order."""

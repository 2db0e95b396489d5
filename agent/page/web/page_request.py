"""What a row of `table.PAGES` can use when its page is asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.page.web.local import Local

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
        local: The person's language and region.
        with_index: Whether the profile has the index.
        menu: Names of the pages that the profile has.
    """

    query: Mapping[str, str]
    ask: Ask
    long_query: Ask
    look_back: Callable[[list[Answer]], Awaitable[Answer]]
    local: Local
    with_index: bool
    menu: tuple[str, ...]


async def looked_back(request: PageRequest) -> Answer:
    """The reader's answer about the weeks."""
    notes = (await request.ask("notes"))["notes"]
    # notes, and whether there is anything at all: what is erased in a terminal is gone here, too
    return await request.look_back([*notes, {"is_there": (await request.ask("place"))["has_history"]}])

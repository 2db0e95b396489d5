"""How a run goes on and ends; an argument of `pipeline.run`, in no configuration and no policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.system.status import State

RELEASE_WINDOW_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class RunMode:
    """The two rates of a run, and its end.

    Attributes:
        window_s: Length of a release window; below 300 only for synthetic sites.
        slot_s: One envelope leaves each slot.
        grace_s: How long a window waits for beats that arrive late.
        one_shot: End when every sensor has ended and all is receipted.
        drain_s: How long to wait for the last receipts.
        serves: False for virtual time: no control socket, no page, no publisher.
        held: Why nothing may leave, and the link to the broker stays closed; empty: it may.
        changed: Called with each part's new state, for the log; None: nobody listens.
        alive: Called by the release task whenever it gets on, at least every ``alive_s``; None: nobody watches it.
    """

    window_s: float = RELEASE_WINDOW_S
    slot_s: float = 300.0
    grace_s: float = 5.0  # a packet may be held 2 s until its successor arrives, and is up to 1.25 s old then
    one_shot: bool = False
    drain_s: float = 30.0
    serves: bool = True
    held: str = ""
    changed: Callable[[State], object] | None = None
    alive: Callable[[], None] | None = None
    alive_s: float = 30.0

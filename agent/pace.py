"""The paces of a run; arguments of `pipeline.run`, in no configuration and no policy."""

from dataclasses import dataclass
from typing import Final

RELEASE_WINDOW_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The two paces, and how a run ends; in no configuration and no policy.

    Attributes:
        window_s: Length of a release window; below 300 only for synthetic sites.
        slot_s: One envelope leaves each.
        grace_s: How long a window waits for beats that arrive late.
        finish: End when every source has ended and all is receipted.
        drain_s: How long to wait for the last receipts.
        sockets: False for virtual time: no control socket, no publisher.
    """

    window_s: float = RELEASE_WINDOW_S
    slot_s: float = 300.0
    grace_s: float = 5.0  # a packet may be held 2 s until its successor tells, and is up to 1.25 s old then
    finish: bool = False
    drain_s: float = 30.0
    sockets: bool = True

"""What whoever runs the machine reads in its log: numbered events of the program, none of the person.

A part of the board that gets into trouble is an event, and its recovery is one. Consent, pauses, scores and what a
sensor sees are nobody's business but the person's: they have no row here, so they cannot be logged.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.system.status import Level, State

log = logging.getLogger(__name__)

_NAMESPACE: Final = uuid.UUID("6f1c4f0e-5b0b-4d53-9d0c-3a2b7c1f9a10")  # drawn once; message ids must never change
_AGAIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class EventRow:
    """One part that can get into trouble.

    Attributes:
        number: Of the event is ten times this, and one more for trouble. Never given to another part.
        part: On the board; ``source`` stands for every sensor.
        words: What the log says in place of the board's own words, where those speak of the person; empty: the board's.
    """

    number: int
    part: str
    words: str = ""


ROWS: Final = (
    EventRow(10, "broker"),
    EventRow(11, "hub", "the hub does not accept this machine, or did not admit it"),
    EventRow(12, "certificate"),
    EventRow(13, "directory"),
    EventRow(14, "clock"),
    EventRow(20, "disk"),
    EventRow(21, "ledger"),
    EventRow(22, "windows"),
    EventRow(23, "restored"),
    EventRow(24, "refusals", "the hub refused a row; the person's own ledger says which"),
    EventRow(25, "looks", "a list that the hub keeps for the person does not fit; the person's own page says where"),
    EventRow(30, "settings"),
    EventRow(31, "policy"),
    EventRow(32, "metrics"),
    EventRow(40, "source"),
)
UNLOGGED: Final = ("consent", "measuring", "scores", "receipts", "calendar", "alerts", "notices", "camera_plan")
_BY_PART: Final = {row.part: row for row in ROWS}


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        number: Stable; docs/operate.md lists them.
        part: What it is about.
        is_trouble: False: it is over.
        cause: In words.
        remedy: What can be done; may be empty.
    """

    number: int
    part: str
    is_trouble: bool
    cause: str
    remedy: str

    @property
    def name(self) -> str:
        """As it is searched for."""
        return f"WB{self.number}"

    @property
    def message_id(self) -> str:
        """32 hexadecimal digits, as systemd's catalogue wants them."""
        return uuid.uuid5(_NAMESPACE, self.name).hex

    def __str__(self) -> str:
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{self.name} {self.part}: {self.cause}.{remedy}"


class Events:
    """Finds the events in a board's changes, and logs them; the same trouble once a minute at most.

    Args:
        now_s: A clock that never jumps.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._in_trouble: set[str] = set()
        self._logged_s: dict[tuple[str, str], float] = {}

    def note(self, state: State) -> Event | None:
        """A part's state has changed; the event, if that is one."""
        row = _BY_PART.get("source" if state.part.startswith("source.") else state.part)
        if row is None:
            return None
        if state.level is Level.TROUBLE:
            event = Event(row.number * 10 + 1, state.part, True, (row.words or state.words).rstrip("."), state.remedy)
            if not self._is_new(event):
                return None
            self._in_trouble.add(state.part)
            log.warning("%s", event, extra={"event": event})
            return event
        if state.level is not Level.OK or state.part not in self._in_trouble:
            return None
        self._in_trouble.discard(state.part)
        event = Event(row.number * 10, state.part, False, "it is over", "")
        log.info("%s", event, extra={"event": event})
        return event

    def _is_new(self, event: Event) -> bool:
        key, now_s = (event.part, event.cause), self._now_s()
        if now_s - self._logged_s.get(key, -_AGAIN_S) < _AGAIN_S:
            return False
        self._logged_s = {one: at_s for one, at_s in self._logged_s.items() if now_s - at_s < _AGAIN_S}
        self._logged_s[key] = now_s
        return True

"""What each part is doing, in words for people; the one board that `status` and `doctor` read."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum

from agent.system.output import printable, say

__all__ = ["Level", "Sentence", "State", "StatusBoard", "printable", "say"]


class Level(StrEnum):
    """How much a person should care."""

    OK = "ok"
    OFF = "off"
    WAITING = "waiting"
    TROUBLE = "trouble"


class Sentence(Enum):
    """What a sensor may say of itself: a table of (level, words, remedy), one member a state."""

    def __init__(self, level: Level, words: str, remedy: str) -> None:
        self.level, self.words, self.remedy = level, words, remedy


@dataclass(frozen=True, slots=True)
class State:
    """One part's state.

    Attributes:
        part: ``source.replay``, ``broker``, ``receipts``, ``disk``, ...
        level: How much a person should care.
        words: One sentence; never a measured value, key or address.
        remedy: What the person can do, or empty.
    """

    part: str
    level: Level
    words: str
    remedy: str = ""


class StatusBoard:
    """The latest state of every part; the last word of a part stands.

    Args:
        changed: Called with each state that is news.
    """

    def __init__(self, changed: Callable[[State], object] | None = None) -> None:
        self._states: dict[str, State] = {}
        self._changed = changed

    def set(self, part: str, level: Level, words: str, remedy: str = "") -> bool:
        """Set a part's state; True when that is news."""
        state = State(part, level, words, remedy)
        news = self._states.get(part) != state
        self._states[part] = state
        if news and self._changed is not None:
            self._changed(state)
        return news

    def states(self) -> tuple[State, ...]:
        """All states, by part."""
        return tuple(self._states[part] for part in sorted(self._states))

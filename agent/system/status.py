"""What each part is doing, in words for people; the one board that `status` and `doctor` read."""

import sys
from dataclasses import dataclass
from enum import Enum, StrEnum


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
    """The latest state of every part; the last word of a part stands."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def set(self, part: str, level: Level, words: str, remedy: str = "") -> bool:
        """Set a part's state; True when that is news."""
        state = State(part, level, words, remedy)
        news = self._states.get(part) != state
        self._states[part] = state
        return news

    def states(self) -> tuple[State, ...]:
        """All states, by part."""
        return tuple(self._states[part] for part in sorted(self._states))


def printable(text: str) -> str:
    """A stranger's text, fit for a terminal: a name can hold commands to it, and bytes that are no text.

    >>> printable("H10" + chr(27) + "[2J")
    'H10?[2J'
    """
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


def say(words: str) -> None:
    """For people: stderr, so that stdout holds data alone."""
    print(printable(words), file=sys.stderr)

"""What is done about a quirk while it lasts: intervals brought right, or called doubtful."""

from dataclasses import dataclass
from typing import Protocol

from agent.sources.strap.quirks import fill, repeats, units
from agent.sources.strap.quirks.history import History, Packet


@dataclass(frozen=True, slots=True)
class Undone:
    """The beats of a packet once its quirk is undone.

    Attributes:
        parts_1024: Intervals in 1/1024 s, oldest first; something is missing between two parts.
        is_doubtful: No number of variability may come from them.
        after_gap: They do not follow on the beats before.
    """

    parts_1024: tuple[tuple[int, ...], ...]
    is_doubtful: bool = False
    after_gap: bool = False


class Undoing(Protocol):
    """One for each time that a quirk lasts."""

    def take(self, packet: Packet) -> Undone:
        """The beats of the packet."""


class Doubted:
    """The beats are not in the intervals: they pass, with doubt."""

    def __init__(self, _history: History) -> None:
        pass

    def take(self, packet: Packet) -> Undone:
        """Every interval, doubtful."""
        return Undone((packet.rr_1024,), is_doubtful=True)


class WithoutRepeats:
    """Repeats are let go."""

    def __init__(self, _history: History) -> None:
        self._dropped = repeats.Dropped()

    def take(self, packet: Packet) -> Undone:
        """The intervals that are beats."""
        return Undone((self._dropped.take(packet),))


class InTicks:
    """Milliseconds become 1/1024 s."""

    def __init__(self, _history: History) -> None:
        pass

    def take(self, packet: Packet) -> Undone:
        """Every interval in the service's unit."""
        return Undone((units.in_ticks(packet.rr_1024),))


def without_fill(packet: Packet) -> Undone:
    """A packet's intervals without 0xFFFF, which is none; a gap stands there."""
    parts: list[list[int]] = [[]]
    for rr in packet.rr_1024:
        if rr == fill.NO_VALUE:
            parts.append([])
        else:
            parts[-1].append(rr)
    return Undone(tuple(map(tuple, parts)))

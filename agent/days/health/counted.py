"""Steps and active minutes: amounts of short stretches, eight bytes each, and a day's total without counting twice."""

import bisect
from array import array
from collections.abc import Callable, Iterator
from typing import Final

from agent.days.health.clock import DAY_S, EAST_MOST_S, Stretch
from agent.days.health.refusals import refused

SOURCES_MOST: Final = 511
_MOST: Final = 6_000_000
_AMOUNT_BITS, _LENGTH_BITS, _SOURCE_BITS = 20, 17, 9
_AMOUNT: Final = (1 << _AMOUNT_BITS) - 1
_LENGTH: Final = (1 << _LENGTH_BITS) - 1
_SOURCE: Final = (1 << _SOURCE_BITS) - 1
AMOUNT_MOST: Final = 100_000
_PART: Final = 10  # amounts are kept to a tenth


class Counted:
    """Amounts by day on the clock of their own offset.

    One number holds start (18 bits, seconds after 14 h before midnight UTC), length (17 bits), source and amount: a
    gigabyte of an export holds millions of them.
    """

    def __init__(self) -> None:
        self._days: dict[int, array[int]] = {}
        self._count = 0

    def __contains__(self, day: int) -> bool:
        return day in self._days

    def days(self) -> list[int]:
        """Days with an amount, ascending."""
        return sorted(self._days)

    def add(self, stretch: Stretch, amount: float, source: int) -> None:
        """Keep the amount of a stretch of at most a day; one that ends on the next day is shared by its time.

        Raises:
            ImportRefused: More than six million of them.
        """
        start_s, end_s, east_s = stretch.start_s, max(stretch.end_s, stretch.start_s + 1), stretch.east_s
        midnight_s = (stretch.day + 1) * DAY_S - east_s
        if end_s <= midnight_s or stretch.last_day <= stretch.day:
            self._put(start_s, min(end_s, midnight_s), round(amount * _PART), source, east_s)
            return
        parts = round(amount * _PART)
        before = round(parts * (midnight_s - start_s) / (end_s - start_s))
        self._put(start_s, midnight_s, before, source, east_s)
        self._put(midnight_s, end_s, parts - before, source, east_s)

    def total(self, day: int, order: Callable[[int], int]) -> float:
        """A day's amount. Time that a better source counted is not counted again: a worse one gives what lies outside.

        Args:
            day: Days since 1970.
            order: Place of a source, the best first.
        """
        pieces = sorted(
            (order(source), start_s, -length_s, amount) for start_s, length_s, source, amount in self._of(day)
        )
        starts: list[int] = []
        ends: list[int] = []
        parts = 0
        for _, start_s, negative_s, amount in pieces:
            end_s = start_s - negative_s
            if not amount:  # no steps are no reason to leave out another device's
                continue
            free_s = _cover(starts, ends, start_s, end_s)
            parts += round(amount * free_s / -negative_s)
        return parts / _PART

    def _put(self, start_s: int, end_s: int, amount: int, source: int, east_s: int) -> None:
        self._count += 1
        if self._count > _MOST:
            raise refused("too_many")
        day = (start_s + east_s) // DAY_S
        after_s = start_s - (day * DAY_S - EAST_MOST_S)
        packed = (((after_s << _LENGTH_BITS | (end_s - start_s)) << _SOURCE_BITS | source) << _AMOUNT_BITS) | amount
        if (held := self._days.get(day)) is None:
            held = self._days[day] = array("Q")
        held.append(packed)

    def _of(self, day: int) -> Iterator[tuple[int, int, int, int]]:
        for packed in self._days[day]:
            rest = packed >> _AMOUNT_BITS
            start_and_length = rest >> _SOURCE_BITS
            yield (
                start_and_length >> _LENGTH_BITS,
                start_and_length & _LENGTH,
                rest & _SOURCE,
                packed & _AMOUNT,
            )


def _cover(starts: list[int], ends: list[int], start_s: int, end_s: int) -> int:
    """Cover [start, end) in sorted, disjoint stretches; how many of its seconds were free."""
    first = bisect.bisect_left(ends, start_s)
    last = bisect.bisect_right(starts, end_s)
    taken_s = sum(max(min(ends[i], end_s) - max(starts[i], start_s), 0) for i in range(first, last))
    low_s = min(starts[first], start_s) if first < last else start_s
    high_s = max(ends[last - 1], end_s) if first < last else end_s
    starts[first:last], ends[first:last] = [low_s], [high_s]
    return end_s - start_s - taken_s

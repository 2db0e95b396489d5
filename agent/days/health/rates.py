"""Heart rates as sums of five minutes: the mean of each, from the best source that measured in it. 2 kB a day."""

from array import array
from typing import Final

from agent.days.health.clock import DAY_S

BIN_S: Final = 300
_BINS: Final = DAY_S // BIN_S
_PART: Final = 10  # rates are kept to a tenth of a beat a minute
_NONE: Final = 255
_READINGS_MOST: Final = 65_535


class Rates:
    """Sums by UTC day and five minutes."""

    def __init__(self) -> None:
        self._days: dict[int, tuple[array[int], array[int], bytearray]] = {}

    def add(self, utc_s: int, rate_bpm: float, kind: int) -> None:
        """A reading; one of a worse kind of source than those of the same five minutes is left out."""
        day, second = divmod(utc_s, DAY_S)
        if (held := self._days.get(day)) is None:
            held = (array("I", bytes(4 * _BINS)), array("H", bytes(2 * _BINS)), bytearray([_NONE]) * _BINS)
            self._days[day] = held
        sums, counts, kinds = held
        place = second // BIN_S
        if kind > kinds[place] or (kind == kinds[place] and counts[place] >= _READINGS_MOST):
            return
        if kind < kinds[place]:
            kinds[place], sums[place], counts[place] = kind, 0, 0
        sums[place] += round(rate_bpm * _PART)
        counts[place] += 1

    def means_bpm(self, start_s: int, end_s: int) -> tuple[list[float], int]:
        """Means of the five minutes that lie wholly in [start, end) and hold a reading, and how many lie there."""
        means = []
        first, last = -(-start_s // BIN_S), end_s // BIN_S
        for number in range(first, last):
            day, place = divmod(number, _BINS)
            if (held := self._days.get(day)) is not None and held[1][place]:
                means.append(held[0][place] / held[1][place] / _PART)
        return means, max(last - first, 0)

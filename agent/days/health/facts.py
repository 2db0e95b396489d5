"""Records of one export, judged one by one and kept small: millions of them in tens of megabytes."""

import hashlib
import hmac
import math
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Final

from agent.days.health.clock import DAY_S, YEAR_2000_S, Stretch
from agent.days.health.counted import AMOUNT_MOST, SOURCES_MOST, Counted
from agent.days.health.found import PHONE
from agent.days.health.rates import Rates
from agent.days.health.refusals import refused
from agent.days.health.sleep import ASLEEP, Sleep, Span

_SPANS_MOST: Final = 1_000_000
_SLEEPS_MOST: Final = 100_000
RANGES: Final = {
    "sleep_h": (0.0, 24.0),
    "steps_n": (0.0, 100_000.0),
    "active_min": (0.0, 1440.0),
    "resting_hr_bpm": (25.0, 150.0),
    "night_hr_min_bpm": (25.0, 150.0),
}
"""What a person can have, ends included; anything else is not read.

Derived: 100,000 steps are a hundred kilometres; rates below 25 and resting rates above 150 bpm are treated in
emergency rooms, and devices write 0 for none.
"""
_RATE_BPM: Final = (25.0, 250.0)


class Facts:
    """What one export says, before it becomes values.

    Attributes:
        unread: Records that were not read, by reason.
        sleeps: Sleeps that the export states as a whole.
        steps, active: Steps and active minutes by their stretches.
        rates: Heart rates.
        totals: (day, name) -> (place of the source, -coverage, value); the least stays.
        worn, heard: Local hours, as bits of a day, in which a worn device, or any, wrote.
        stated: Share of a day that the export states as worn.
        covered: Days with a record.
        records: How many were read.
    """

    def __init__(self, now_s: int, key: bytes, name: str) -> None:
        self._last_s = now_s + DAY_S
        self._key, self._name = key, name
        self._people: set[str] = set()
        self._sources: dict[tuple[int, str], int] = {}
        self._labels: list[tuple[int, str]] = []
        self._by_source: Counter[int] = Counter()
        self._spans = tuple(array(code) for code in "qqBHi")
        self.unread: Counter[str] = Counter()
        self.sleeps: list[tuple[Sleep, int]] = []
        self.steps, self.active, self.rates = Counted(), Counted(), Rates()
        self.totals: dict[tuple[int, str], tuple[tuple[int, str], float, float]] = {}
        self.worn: dict[int, int] = {}
        self.heard: dict[int, int] = {}
        self.stated: dict[int, float] = {}
        self.covered: set[int] = set()
        self.records = 0

    # ---- who

    def source(self, kind: int, name: str = "") -> int:
        """The number of a source; its name is compared, and never given away.

        Raises:
            ImportRefused: More than five hundred.
        """
        label = (kind, name)
        if (number := self._sources.get(label)) is None:
            number = self._sources[label] = len(self._labels)
            self._labels.append(label)
            if number >= SOURCES_MOST:
                raise refused("too_many")
        return number

    def sources(self) -> list[tuple[int, str, int]]:
        """Kind, name and number of each, the best first."""
        return [(kind, name, number) for (kind, name), number in sorted(self._sources.items())]

    def records_of(self, source: int) -> int:
        """How many records of it were read."""
        return self._by_source[source]

    def person(self, account: str) -> None:
        """An account or profile that the export names; of its name only the keyed digest is kept.

        Raises:
            ImportRefused: A second one.
        """
        words = f"{self._name}\0{account}".encode("utf-8", "surrogatepass")
        self._people.add(hmac.new(self._key, words, hashlib.sha256).hexdigest())
        if len(self._people) > 1:
            raise refused("several_people")

    def digest(self) -> str:
        """Of the account; empty where none was named."""
        return next(iter(self._people), "")

    # ---- what

    def add_span(self, start_s: int, end_s: int, kind: int, source: int, east_s: int) -> None:
        """A stretch asleep, awake or in bed, in UTC seconds; ``east_s`` is that of its end."""
        if not self._fits(start_s, end_s):
            return
        if len(self._spans[0]) >= _SPANS_MOST:
            raise refused("too_many")
        for column, value in zip(self._spans, (start_s, end_s, kind, source, east_s), strict=True):
            column.append(value)
        self._read(source, (end_s + east_s) // DAY_S)
        if kind == ASLEEP:
            self._mark_span(start_s, end_s, east_s, source)

    def spans(self, order: dict[int, int]) -> Iterator[Span]:
        """Stretches by their beginning, with the place of their source."""
        starts, ends, kinds, sources, offsets = self._spans
        for place in sorted(range(len(starts)), key=starts.__getitem__):
            yield Span(starts[place], ends[place], kinds[place], order[sources[place]], offsets[place])

    def add_sleep(self, sleep: Sleep, source: int) -> None:
        """A sleep that is stated as a whole."""
        if not self._fits(sleep.start_s, sleep.end_s):
            return
        length_s = sleep.end_s - sleep.start_s
        if not 0 < sleep.asleep_s <= length_s or (sleep.in_bed_s is not None and sleep.in_bed_s < sleep.asleep_s):
            self.unread["implausible_value"] += 1
            return
        if len(self.sleeps) >= _SLEEPS_MOST:
            raise refused("too_many")
        self.sleeps.append((sleep, source))
        self._read(source, (sleep.end_s + sleep.east_s) // DAY_S)
        self._mark_span(sleep.start_s, sleep.end_s, sleep.east_s, source)

    def add_amount(self, kept: Counted, stretch: Stretch, amount: float, source: int) -> None:
        """Steps, or active minutes, of a stretch."""
        if not self._fits(stretch.start_s, stretch.end_s):
            return
        if not 0 <= amount <= AMOUNT_MOST or stretch.last_day - stretch.day > 1:
            self.unread["implausible_value"] += 1
            return
        kept.add(stretch, amount, source)
        self._read(source, stretch.day)
        if amount:
            self._mark(stretch.start_s + stretch.east_s, source)

    def add_rate(self, utc_s: int, rate_bpm: float, source: int, east_s: int) -> None:
        """A heart rate."""
        if not self._fits(utc_s, utc_s):
            return
        if not _RATE_BPM[0] <= rate_bpm <= _RATE_BPM[1]:
            self.unread["implausible_value"] += 1
            return
        self.rates.add(utc_s, rate_bpm, self._labels[source][0])
        self._read(source, (utc_s + east_s) // DAY_S)
        self._mark(utc_s + east_s, source)

    def add_total(self, day: int, name: str, value: float, source: int, coverage_01: float = 0.0) -> None:
        """A value that the export states for a day; of several, the best source's with the most of the day stays.

        Args:
            day: Days since 1970.
            name: Of `RANGES`.
            value: In the name's unit.
            source: Its number.
            coverage_01: What the export says that it knows of the day; 0 where it does not say.
        """
        if not self._fits(day * DAY_S, day * DAY_S):
            return
        low, high = RANGES[name]
        if not (math.isfinite(value) and low <= value <= high):
            self.unread["implausible_value"] += 1
            return
        offered = (self._labels[source], -min(max(coverage_01, 0.0), 1.0), value)
        self.totals[day, name] = min(self.totals.get((day, name), offered), offered)
        self._read(source, day)

    def wear(self, day: int, hours: float) -> None:
        """Hours of a day that the export states as worn."""
        self.stated[day] = min(max(hours / 24, 0.0), 1.0)

    # ---- judged

    def _fits(self, start_s: int, end_s: int) -> bool:
        if start_s < YEAR_2000_S:
            self.unread["before_2000"] += 1
        elif max(start_s, end_s) > self._last_s:
            self.unread["future"] += 1
        elif end_s < start_s:
            self.unread["backwards"] += 1
        elif end_s - start_s > DAY_S:
            self.unread["implausible_value"] += 1
        else:
            return True
        return False

    def _read(self, source: int, day: int) -> None:
        self.records += 1
        self._by_source[source] += 1
        self.covered.add(day)

    def _mark(self, local_s: int, source: int) -> None:
        day, second = divmod(local_s, DAY_S)
        bit = 1 << (second // 3600)
        self.heard[day] = self.heard.get(day, 0) | bit
        if self._labels[source][0] < PHONE:
            self.worn[day] = self.worn.get(day, 0) | bit

    def _mark_span(self, start_s: int, end_s: int, east_s: int, source: int) -> None:
        for at_s in range((start_s + east_s) // 3600 * 3600, end_s + east_s, 3600):
            self._mark(at_s, source)

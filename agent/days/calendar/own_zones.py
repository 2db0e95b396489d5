"""The zones that a calendar describes itself: VTIMEZONE, made when an entry first names it.

Source: RFC 5545 section 3.6.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from icalendar.prop import vUTCOffset

from agent.days.calendar import zones
from agent.days.calendar.content import Line, RawCalendar, RawZone
from agent.days.calendar.properties import Period, moments, of_name, one_moment, text_of
from agent.days.calendar.reasons import Reason
from agent.days.calendar.refused import FOREIGN, EntryRefused
from agent.days.calendar.rules import YEARLY, Rule, rule, starts
from agent.days.calendar.zones import Written, Zone

_PARTS_MOST: Final = 64
_COUNTED_MOST: Final = 16  # such a rule is followed from its start, which costs a millisecond a year
_ONSETS_MOST: Final = 2_000
_BEFORE: Final = timedelta(days=800)  # a yearly rule has begun once by then
_OFFSET_MOST_S: Final = 16 * 3600  # the widest of the zone database is 15 h 13 min (Manila, until 1844)


@dataclass(slots=True)
class OwnZones:
    """Zones of one calendar.

    Attributes:
        calendar: Its lines.
        low, high: The window; rules are followed a little beyond.
    """

    calendar: RawCalendar
    low: datetime
    high: datetime
    _raw: dict[str, list[RawZone]] | None = None
    _made: dict[str, Zone | None] = field(default_factory=dict)

    def named(self, tzid: str) -> Zone:
        """The zone of a name.

        Raises:
            EntryRefused: The zone is unknown.
        """
        known = zones.of_database(tzid)
        return known if known is not None else zones.named(tzid, self._own(tzid))

    def _own(self, tzid: str) -> Zone | None:
        if self._raw is None:
            self._raw = {}
            for zone in self.calendar.zones:
                self._raw.setdefault(_name(zone), []).append(zone)
        if tzid not in self._made:
            tries = (self._written(zone) for zone in self._raw.get(tzid, [])[:2])
            self._made[tzid] = next((zone for zone in tries if zone is not None), None)
        return self._made[tzid]

    def _written(self, zone: RawZone) -> Written | None:
        """None: a part of it cannot be read, and then none of it is believed."""
        counted = sum(b"COUNT=" in (line or b"").upper() for lines in zone.rules for _, line in lines)
        if len(zone.rules) > _PARTS_MOST or counted > _COUNTED_MOST:
            return None
        try:
            return zones.written([self._part(lines) for lines in zone.rules])
        except EntryRefused:
            return None

    def _part(self, lines: Sequence[Line]) -> tuple[list[datetime], int, int]:
        first = one_moment(_only(lines, b"DTSTART"), _none).wall
        before_s = _offset_s(lines, b"TZOFFSETFROM")
        onsets = [first]
        for line in of_name(lines, b"RDATE"):
            dates = moments(line, _none)
            onsets += [(date.start if isinstance(date, Period) else date).wall for date in dates]
        for line in of_name(lines, b"RRULE"):
            onsets += self._onsets(rule(text_of(line).partition(":")[2]), first, before_s)
        if len(onsets) > _ONSETS_MOST:
            raise EntryRefused(Reason.TOO_MANY_DATES)
        return onsets, before_s, _offset_s(lines, b"TZOFFSETTO")

    def _onsets(self, of: Rule, first: datetime, before_s: int) -> list[datetime]:
        """Those near the window, and the last ones of a rule that ended before it; on the clock before each."""
        if of.frequency != YEARLY:
            raise EntryRefused(Reason.RULE_TOO_OFTEN)
        until = of.until
        if until is not None and of.until_is_utc:
            until += timedelta(seconds=before_s)
        low = self.low if until is None else min(self.low, until)
        return list(starts(of, first, until, max(first, low - _BEFORE), max(first, self.high + timedelta(days=400))))


def _name(zone: RawZone) -> str:
    found = [line for name, line in zone.lines if name == b"TZID" and line is not None]
    return text_of(found[0]).partition(":")[2].strip().strip('"') if found else ""


def _only(lines: Sequence[Line], name: bytes) -> bytes:
    found = of_name(lines, name)
    if not found:
        raise EntryRefused(Reason.BAD_VALUE)
    return found[0]


def _offset_s(lines: Sequence[Line], name: bytes) -> int:
    try:
        offset = vUTCOffset.from_ical(text_of(_only(lines, name)).partition(":")[2].strip())
    except FOREIGN as error:
        raise EntryRefused(Reason.BAD_VALUE) from error
    if abs(offset.total_seconds()) > _OFFSET_MOST_S:
        raise EntryRefused(Reason.BAD_VALUE)
    return int(offset.total_seconds())


def _none(_: str) -> Zone:
    """Times inside a zone have none."""
    return zones.Floating()
